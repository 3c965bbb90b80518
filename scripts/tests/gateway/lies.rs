//! Providers that say more than was: each is found, is not signed for, and gets no more work.

use std::sync::Mutex;
use std::time::Instant;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use metering::Record;
use scripts::usage::{Entries, Entry};

use super::*;

type Lie = fn(&mut Invoked);

/// A provider that hosts honestly, and lies about what was used.
async fn liar(world: &World, lie: Lie) -> Result<String> {
    let honest = serve(world.setting("").provider()?.router()).await?;
    let invoke = move |headers: HeaderMap, input: axum::body::Bytes| async move {
        let request = reqwest::Client::new().post(slot(&honest) + "/invoke").headers(headers).body(input);
        let mut invoked = answer::<Invoked>(request).await.expect("it answers").1.expect("it runs");
        lie(&mut invoked);
        axum::Json(invoked)
    };
    serve(Router::new().route(&(slot("") + "/invoke"), post(invoke))).await
}

fn first() -> Claim {
    Claim { target: target_of(SERVING), invocations: 1, amount: 1, usage_root: B256::ZERO }
}

async fn is_found(gateway: &str, why: &str) -> Result<()> {
    invoke(gateway, b"input".to_vec()).await?;
    let reason = sign(gateway, &first()).await?.expect_err("it lies");
    assert!(reason.contains(why) && reason.contains("differ"), "{reason}");
    let refused = invoke(gateway, b"input".to_vec()).await.expect_err("nothing more is forwarded");
    assert!(refused.to_string().contains("not paid further"), "{refused}");
    Ok(())
}

#[tokio::test]
async fn a_provider_that_says_more_than_was_measured_is_not_signed_for_and_gets_no_more_work() -> Result<()> {
    let lies: [(Lie, &str); 7] = [
        (|invoked| invoked.usage.charge += 1, "charges"),
        (|invoked| invoked.usage.duration_ms = 40_000, "measured"),
        (|invoked| invoked.usage.memory_mib = 5, "5 MiB, and a module may have 4"),
        (|invoked| invoked.usage.fuel = 100_000_001, "fuel, and a module may have 100000000"),
        (|invoked| (invoked.usage.duration_ms, invoked.usage.charge) = (0, 0), "no machine burns"),
        (|invoked| invoked.usage.invocation = B256::ZERO, "not forwarded"),
        (|invoked| invoked.usage.started_at_ms += 10_000_000, "begins"),
    ];
    for (lie, why) in lies {
        let world = World::new(&[])?;
        let provider = liar(&world, lie).await?;
        is_found(&serve(world.setting(&provider).gateway()?.router()).await?, why).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_gateway_that_has_the_module_finds_out_what_only_the_provider_measures() -> Result<()> {
    let lies: [(Lie, &str); 3] = [
        (|invoked| invoked.usage.fuel += 1, "the same input took"),
        (|invoked| invoked.usage.memory_mib += 1, "the same input took"),
        (|invoked| invoked.output = Some(Bytes::from(vec![0; 32])), "does not make of this input"),
    ];
    for (lie, why) in lies {
        let world = World::new(&[])?;
        let provider = liar(&world, lie).await?;
        is_found(&serve(world.setting(&provider).wary()?.router()).await?, why).await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_honest_provider_passes_every_check() -> Result<()> {
    let world = World::new(&[])?;
    let provider = serve(world.setting("").provider()?.router()).await?;
    let desk = world.setting(&provider).wary()?;
    let gateway = serve(desk.router()).await?;
    for number in 0..20 {
        invoke(&gateway, vec![number; 100]).await?;
    }
    // Claimed at once, while the last are still being checked.
    let claim = claim(&provider).await?;
    let signed = sign(&gateway, &claim).await?.map_err(anyhow::Error::msg)?;
    assert_eq!((signed.invocations, signed.amount), (20, claim.amount));
    assert_eq!((desk.counts.checked.get(), desk.counts.differences.get()), (20, 0));
    Ok(())
}

type Answer = fn() -> StatusCode;

/// How a provider without scruples answers, and what it shows of the last invocation.
#[derive(Clone)]
struct Unscrupulous {
    asked: Arc<Mutex<Option<B256>>>,
    answer: Answer,
    shows: Vec<Record>,
}

/// So long, for so much.
fn record(index: u64, duration_ms: u32, fuel: u64) -> Record {
    let charge = 1_000 * u128::from(duration_ms);
    Record { index, started_at_ms: NOW * 1_000, duration_ms, memory_mib: 1, fuel, charge }
}

async fn unscrupulous(answer: Answer, shows: Vec<Record>) -> Result<(String, Arc<Mutex<Option<B256>>>)> {
    let asked: Arc<Mutex<Option<B256>>> = Arc::default();
    let invoke = |State(provider): State<Unscrupulous>, headers: HeaderMap| async move {
        let id = headers.get(usage::ID_HEADER).and_then(|id| id.to_str().ok()).and_then(|id| id.parse().ok());
        *provider.asked.lock().expect("nobody panics under it") = id;
        (provider.answer)()
    };
    let show = |State(provider): State<Unscrupulous>| async move {
        let id = provider.asked.lock().expect("nobody panics under it").expect("a gateway names each invocation");
        let entries: Vec<Entry> = provider.shows.iter().map(|record| Entry::new(id, record)).collect();
        axum::Json(Entries { size: entries.len() as u64, entries })
    };
    let router = Router::new().route(&(slot("") + "/invoke"), post(invoke)).route(&(slot("") + "/usage"), get(show));
    let provider = Unscrupulous { asked: Arc::clone(&asked), answer, shows };
    Ok((serve(router.with_state(provider)).await?, asked))
}

#[tokio::test]
async fn a_provider_that_refuses_at_once_is_not_signed_for_a_long_run() -> Result<()> {
    let (provider, _) = unscrupulous(|| StatusCode::SERVICE_UNAVAILABLE, vec![record(0, 20_000, 1)]).await?;
    let world = World::new(&[])?;
    let gateway = serve(world.setting(&provider).gateway()?.router()).await?;
    assert!(invoke(&gateway, b"input".to_vec()).await.is_err());
    let reason = sign(&gateway, &first()).await?.expect_err("it did not run");
    assert!(reason.contains("says 20000 ms"), "{reason}");
    Ok(())
}

#[tokio::test]
async fn a_broken_line_is_paid_for_as_long_as_it_was_measured() -> Result<()> {
    // A server that panics closes the connection.
    let (provider, _) = unscrupulous(|| panic!("the line breaks"), vec![record(0, 20_000, 90_000_000)]).await?;
    let world = World::new(&[])?;
    let gateway = serve(world.setting(&provider).gateway()?.router()).await?;
    let broken = invoke(&gateway, b"input".to_vec()).await.expect_err("the line broke");
    assert!(broken.to_string().contains("no answer"), "{broken}");
    let reason = sign(&gateway, &first()).await?.expect_err("it was not measured");
    assert!(reason.contains("says 20000 ms"), "{reason}");
    Ok(())
}

#[tokio::test]
async fn a_provider_that_counts_an_invocation_twice_is_signed_for_once() -> Result<()> {
    let shows = vec![record(0, 0, 0), record(1, 0, 0)];
    let (provider, _) = unscrupulous(|| StatusCode::SERVICE_UNAVAILABLE, shows).await?;
    let world = World::new(&[])?;
    let gateway = serve(world.setting(&provider).gateway()?.router()).await?;
    assert!(invoke(&gateway, b"input".to_vec()).await.is_err());
    let reason = sign(&gateway, &Claim { invocations: 2, ..first() }).await?.expect_err("it was one");
    assert!(reason.contains("record 1 is of invocation") && reason.contains("has a record already"), "{reason}");
    Ok(())
}

#[tokio::test]
async fn what_a_killed_gateway_did_not_measure_is_bounded_by_fuel_and_limits() -> Result<()> {
    // Said to be of 20 seconds with little fuel, and with all there may be: that lasts two seconds on a slow core.
    for (fuel, most) in [(1, 1_000), (100_000_000, 2_000)] {
        let (provider, asked) = unscrupulous(|| StatusCode::SERVICE_UNAVAILABLE, vec![record(0, 20_000, fuel)]).await?;
        let world = World::new(&[])?;
        let gateway = Process::start("gateway", &world.setting(&provider)).await?;
        // The provider refuses; killed before it noted that, the gateway knows the same as of one that is still running.
        let _ = invoke(&gateway.url, b"input".to_vec()).await;
        gateway.kill().await?;
        assert!(asked.lock().expect("nobody panics under it").is_some(), "it was forwarded");
        let gateway = serve(world.setting(&provider).gateway()?.router()).await?;
        let reason = sign(&gateway, &first()).await?.expect_err("it was not measured");
        assert!(reason.contains(&format!("says 20000 ms, and {most} ms were measured")), "{reason}");
    }
    Ok(())
}

#[tokio::test]
async fn who_hangs_up_pays_until_then_and_not_for_what_had_not_begun() -> Result<()> {
    let forever = r#"(module (memory (export "memory") 1) (func (export "alloc") (param i32) (result i32) (i32.const 0))
        (func (export "run") (param i32 i32) (result i64) (loop (br 0)) (unreachable)))"#;
    let mut world = World::new(&[("forever", forever)])?;
    world.modules.remove(0);
    let limits = Limits { fuel: u64::MAX >> 1, time: Duration::from_secs(3), ..limits() };
    let hosting = world.setting("").provider_with(limits)?;
    let provider = serve(hosting.router()).await?;
    let mut hangs = Vec::new();
    let begin = Instant::now();
    // Two run side by side, the third waits for its turn.
    for number in 1..=3_u8 {
        let id = B256::repeat_byte(number);
        let signature = usage::sign(DOMAIN, &key(), target_of(SERVING), id, b"")?;
        let request = client().post(slot(&provider) + "/invoke").header(usage::ID_HEADER, id.to_string());
        let request = request.header(usage::SIGNATURE_HEADER, signature.to_string());
        hangs.push(tokio::spawn(request.timeout(Duration::from_millis(500)).send()));
    }
    for hang in hangs {
        assert!(hang.await?.is_err(), "nobody answers within half a second");
    }
    let hung_up = begin.elapsed();
    while hosting.counts.invocations.get() < 2 || hosting.counts.refused.get() < 1 {
        tokio::task::yield_now().await;
    }
    assert!(begin.elapsed() > hung_up + Duration::from_secs(1), "they ran on");
    let book = hosting.books().all().await.pop().context("there is a book")?;
    let durations: Vec<u32> = book.entries(0).entries.iter().map(|entry| entry.duration_ms).collect();
    assert_eq!(durations.len(), 2);
    assert!(durations.iter().all(|duration| *duration < 2_500), "{durations:?}");
    Ok(())
}
