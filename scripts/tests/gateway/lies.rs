//! Providers that say more than was: each is found, is not signed for, and gets no more work.

use std::sync::Mutex;
use std::time::Instant;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use metering::Record;
use scripts::gateway::desk::Refusal;
use scripts::usage::{Entries, Entry};
use scripts::workload::jobs::ServedModule;

use super::*;

pub(super) type Lie = fn(&mut Invoked);

/// A provider that hosts honestly, and lies about what was used.
pub(super) async fn liar(world: &World, lie: Lie) -> Result<String> {
    let honest = serve(world.setting("").provider()?.router()).await?;
    let modules = format!("{}/modules", slot(&honest));
    let module = move |Path(module): Path<String>, headers: HeaderMap| async move {
        let request = reqwest::Client::new().get(format!("{modules}/{module}")).headers(headers);
        let served = answer::<ServedModule>(request).await.expect("it answers").1.expect("it has the module");
        axum::Json(served)
    };
    let invoke = move |headers: HeaderMap, input: axum::body::Bytes| async move {
        let request = reqwest::Client::new().post(slot(&honest) + "/invoke").headers(headers).body(input);
        let mut invoked = answer::<Invoked>(request).await.expect("it answers").1.expect("it runs");
        lie(&mut invoked);
        axum::Json(invoked)
    };
    let router = Router::new().route(&(slot("") + "/invoke"), post(invoke));
    serve(router.route(&(slot("") + "/modules/{module}"), get(module))).await
}

/// Of one record.
fn root_of(usage: &Entry) -> B256 {
    let mut tree = metering::Tree::default();
    tree.push(usage.record().leaf());
    tree.root()
}

fn first() -> Claim {
    Claim { target: target_of(SERVING), invocations: 1, amount: 1, usage_root: B256::ZERO }
}

pub(super) async fn is_found(gateway: &str, why: &str) -> Result<()> {
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
        is_found(&serve(both(&world.setting(&provider).gateway()?)).await?, why).await?;
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
        is_found(&serve(both(&world.setting(&provider).wary()?)).await?, why).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_provider_that_shows_records_without_end_fills_no_memory() -> Result<()> {
    let lies: [Lie; 2] = [|invoked| invoked.usage.index = 1, |invoked| invoked.usage.index = u64::MAX];
    for lie in lies {
        let world = World::new(&[])?;
        let provider = liar(&world, lie).await?;
        is_found(&serve(both(&world.setting(&provider).gateway()?)).await?, "there can be no more than 1").await?;
    }
    let (provider, _) = unscrupulous(|| Some(StatusCode::BAD_GATEWAY), vec![record(u64::MAX, 0, 0)]).await?;
    let world = World::new(&[])?;
    let gateway = serve(both(&world.setting(&provider).gateway()?)).await?;
    assert!(invoke(&gateway, b"input".to_vec()).await.is_err());
    let reason = sign(&gateway, &first()).await?.expect_err("there is no such record");
    assert!(reason.contains("there can be no more than 1"), "{reason}");
    Ok(())
}

#[tokio::test]
async fn what_a_provider_refuses_has_no_record() -> Result<()> {
    let (provider, refused) = (StatusCode::SERVICE_UNAVAILABLE, Refused { reason: "there are too many".to_owned() });
    let refusing = post(move || std::future::ready((provider, axum::Json(refused.clone()))));
    let asked: Arc<Mutex<Option<B256>>> = Arc::default();
    let noted = Arc::clone(&asked);
    let note = axum::middleware::from_fn(move |request: axum::extract::Request, next: axum::middleware::Next| {
        let id = request.headers().get(usage::ID_HEADER).and_then(|id| id.to_str().ok()).and_then(|id| id.parse().ok());
        *noted.lock().expect("nobody panics under it") = id;
        next.run(request)
    });
    let refusing = Router::new().route(&(slot("") + "/invoke"), refusing).layer(note);
    let shown = Arc::clone(&asked);
    let show = get(move || {
        let id = shown.lock().expect("nobody panics under it").expect("a gateway names each invocation");
        std::future::ready(axum::Json(Entries { size: 1, entries: vec![Entry::new(id, &record(0, 0, 0))] }))
    });
    let provider = serve(refusing.route(&(slot("") + "/usage"), show)).await?;
    let world = World::new(&[])?;
    let gateway = serve(both(&world.setting(&provider).gateway()?)).await?;
    let refused = invoke(&gateway, b"input".to_vec()).await.expect_err("it is refused");
    assert!(refused.to_string().contains("503: there are too many"), "{refused}");
    let reason = sign(&gateway, &first()).await?.expect_err("it was refused");
    assert!(reason.contains("there can be no more than 0"), "{reason}");
    Ok(())
}

#[tokio::test]
async fn a_provider_that_sleeps_is_paid_for_what_its_fuel_takes() -> Result<()> {
    let sleep: Lie = |invoked| {
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_millis(600) {
            std::hint::spin_loop();
        }
        (invoked.usage.duration_ms, invoked.usage.charge) = (500, 500_000);
    };
    let world = World::new(&[])?;
    let provider = liar(&world, sleep).await?;
    is_found(&serve(both(&world.setting(&provider).gateway()?)).await?, "says 500 ms, and 1").await
}

#[tokio::test]
async fn a_provider_whose_word_is_taken_is_paid_for_a_core_in_the_measured_time_at_most() -> Result<()> {
    // As much fuel and memory as there may be, and time that it slept.
    let sleep: Lie = |invoked| {
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_millis(300) {
            std::hint::spin_loop();
        }
        let said = Record { memory_mib: 4, ..record(0, 300, 100_000_000) };
        (invoked.usage, invoked.output) = (Entry::new(invoked.usage.invocation, &said), Some(Bytes::new()));
    };
    let world = World::new(&[])?;
    let provider = liar(&world, sleep).await?;
    let gateway = serve(both(&world.setting(&provider).gateway()?)).await?;
    let begin = Instant::now();
    let usage_root = root_of(&invoke(&gateway, b"input".to_vec()).await?.usage);
    let measured = begin.elapsed();
    let claim = Claim { amount: 300_000, usage_root, ..first() };
    let signed = sign(&gateway, &claim).await?.map_err(anyhow::Error::msg)?;
    assert!(signed.amount <= 1_000 * measured.as_millis(), "{} for {measured:?}", signed.amount);
    let reason = sign(&gateway, &Claim { amount: 300_001, ..claim }).await?.expect_err("it is dearer");
    assert!(reason.contains("cost 300000"), "{reason}");
    Ok(())
}

#[tokio::test]
async fn a_provider_that_says_trapped_is_not_paid_where_the_module_does_not_trap() -> Result<()> {
    let world = World::new(&[])?;
    let lie: Lie = |invoked| (invoked.output, invoked.trap) = (None, Some("it gave up".to_owned()));
    let provider = liar(&world, lie).await?;
    is_found(&serve(both(&world.setting(&provider).wary()?)).await?, "does not make of this input").await
}

#[tokio::test]
async fn an_honest_provider_passes_every_check() -> Result<()> {
    let world = World::new(&[("forever", FOREVER)])?;
    let provider = serve(world.setting("").provider()?.router()).await?;
    let desk = world.setting(&provider).wary()?;
    let gateway = serve(both(&desk)).await?;
    for number in 0..19 {
        invoke(&gateway, vec![number; 100]).await?;
    }
    let forever = format!("{}/invoke?module={}", slot(&gateway), world.modules[1]);
    let trapped: Invoked = answer(client().post(forever)).await?.1.map_err(anyhow::Error::msg)?;
    assert_eq!(trapped.usage.fuel, 100_000_000);
    // Claimed at once, while the last are still being checked.
    let claim = claim(&provider).await?;
    let signed = sign(&gateway, &claim).await?.map_err(anyhow::Error::msg)?;
    assert_eq!((signed.invocations, signed.amount), (20, claim.amount));
    assert_eq!((desk.counts.checked.get(), desk.counts.differences.get()), (20, 0));
    Ok(())
}

/// None: not at all.
type Answer = fn() -> Option<StatusCode>;

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
        match (provider.answer)() {
            Some(status) => status,
            None => std::future::pending().await,
        }
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
    let (provider, _) = unscrupulous(|| Some(StatusCode::SERVICE_UNAVAILABLE), vec![record(0, 20_000, 1)]).await?;
    let world = World::new(&[])?;
    let gateway = serve(both(&world.setting(&provider).gateway()?)).await?;
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
    let gateway = serve(both(&world.setting(&provider).gateway()?)).await?;
    let broken = invoke(&gateway, b"input".to_vec()).await.expect_err("the line broke");
    assert!(broken.to_string().contains("no answer"), "{broken}");
    let reason = sign(&gateway, &first()).await?.expect_err("it was not measured");
    assert!(reason.contains("says 20000 ms"), "{reason}");
    Ok(())
}

#[tokio::test]
async fn a_provider_that_counts_an_invocation_twice_is_signed_for_once() -> Result<()> {
    let shows = vec![record(0, 0, 0), record(1, 0, 0)];
    let (provider, _) = unscrupulous(|| Some(StatusCode::SERVICE_UNAVAILABLE), shows).await?;
    let world = World::new(&[])?;
    let gateway = serve(both(&world.setting(&provider).gateway()?)).await?;
    assert!(invoke(&gateway, b"input".to_vec()).await.is_err());
    let reason = sign(&gateway, &Claim { invocations: 2, ..first() }).await?.expect_err("it was one");
    assert!(reason.contains("record 1 is shown, and there can be no more than 1"), "{reason}");
    Ok(())
}

#[tokio::test]
async fn what_a_killed_gateway_did_not_measure_is_bounded_by_fuel_and_limits() -> Result<()> {
    // Said to be of 20 seconds with little fuel, and with all there may be: that lasts a second on a slow core.
    for (fuel, most) in [(1, 10), (100_000_000, 1_010)] {
        let (provider, asked) = unscrupulous(|| None, vec![record(0, 20_000, fuel)]).await?;
        let world = World::new(&[])?;
        let gateway = Process::start("gateway", &world.setting(&provider)).await?;
        let url = gateway.url.clone();
        let waits = tokio::spawn(async move { invoke(&url, b"input".to_vec()).await });
        while asked.lock().expect("nobody panics under it").is_none() {
            tokio::task::yield_now().await;
        }
        gateway.kill().await?;
        assert!(waits.await?.is_err(), "it was killed meanwhile");
        let gateway = serve(both(&world.setting(&provider).gateway()?)).await?;
        let reason = sign(&gateway, &first()).await?.expect_err("it was not measured");
        assert!(reason.contains(&format!("says 20000 ms, and {most} ms were measured")), "{reason}");
    }
    Ok(())
}

/// Invokes once through a gateway, and waits until it has looked at the answer; why another in its place does not sign.
async fn restarted(world: &World, desk: Arc<Desk<Ending>>, provider: &str, checks: u64) -> Result<String> {
    assert!(once(&desk).await.is_err(), "the provider answers nothing");
    while desk.counts.checked.get() < checks || Arc::strong_count(&desk) > 1 {
        tokio::task::yield_now().await;
    }
    drop(desk);
    let gateway = serve(both(&world.setting(provider).gateway()?)).await?;
    Ok(sign(&gateway, &first()).await?.expect_err("it was found out before"))
}

async fn once(desk: &Arc<Desk<Ending>>) -> Result<Invoked, Refusal> {
    desk.invoke(DealId(SERVING.deal), SERVING.slot, None, axum::body::Bytes::from_static(b"input")).await
}

#[tokio::test]
async fn a_gateway_that_restarts_pays_no_more_than_it_measured() -> Result<()> {
    // As much as its fuel could take, kept back until nobody remembers.
    let shows = vec![record(0, 900, 90_000_000)];
    let (provider, _) = unscrupulous(|| Some(StatusCode::SERVICE_UNAVAILABLE), shows).await?;
    let world = World::new(&[])?;
    let reason = restarted(&world, world.setting(&provider).gateway()?, &provider, 0).await?;
    assert!(reason.contains("says 900 ms"), "{reason}");
    Ok(())
}

#[tokio::test]
async fn a_gateway_that_restarts_remembers_what_it_found_out() -> Result<()> {
    let (provider, _) = unscrupulous(|| Some(StatusCode::OK), vec![record(0, 0, 0)]).await?;
    let world = World::new(&[])?;
    let reason = restarted(&world, world.setting(&provider).wary()?, &provider, 1).await?;
    assert!(reason.contains("does not make of this input"), "{reason}");

    let world = World::new(&[])?;
    let provider = liar(&world, |invoked| invoked.usage.charge += 1).await?;
    let desk = world.setting(&provider).gateway()?;
    assert!(once(&desk).await.is_ok(), "the first shows it");
    drop(desk);
    let refused = once(&world.setting(&provider).gateway()?).await.expect_err("it was found out before");
    assert!(refused.1.contains("not paid further"), "{refused:?}");
    Ok(())
}

/// Burns some 95 million of fuel, and answers nothing of its input.
const LONG: &str = r#"(module (memory (export "memory") 1)
    (func (export "alloc") (param i32) (result i32) (i32.const 0))
    (func (export "run") (param i32 i32) (result i64) (local i32)
        (loop (br_if 0 (i32.lt_u (local.tee 2 (i32.add (local.get 2) (i32.const 1))) (i32.const 14000000))))
        (i64.const 0)))"#;

/// Says after a second that `LONG` has no output, and so many milliseconds.
async fn without_output(duration_ms: u32) -> Result<(Arc<Desk<Ending>>, Result<Signed, String>)> {
    let late = move |headers: HeaderMap| async move {
        let id = headers.get(usage::ID_HEADER).and_then(|id| id.to_str().ok()).and_then(|id| id.parse().ok());
        tokio::time::sleep(Duration::from_secs(1)).await;
        let usage = Entry::new(id.expect("a gateway names each invocation"), &record(0, duration_ms, 90_000_000));
        axum::Json(Invoked { output: None, trap: Some("it ran for longer than it may".to_owned()), usage })
    };
    let provider = serve(Router::new().route(&(slot("") + "/invoke"), post(late))).await?;
    let world = World::new(&[("long", LONG)])?;
    let modules = Some(world.folder.path().join("modules"));
    let limits = Limits { time: Duration::from_millis(900), ..limits() };
    let options =
        Options { modules, one_in: 1, within: WITHIN, limits, ..Options::new(world.folder.path().join("gateway")) };
    let desk = Desk::new(DOMAIN, key(), Ending::default(), &options)?;
    desk.update(world.setting("").served(&provider), NOW);
    let gateway = serve(both(&desk)).await?;
    let long = format!("{}/invoke?module={}", slot(&gateway), world.modules[1]);
    let invoked: Invoked = answer(client().post(long)).await?.1.map_err(anyhow::Error::msg)?;
    let claim = Claim { amount: invoked.usage.charge, usage_root: root_of(&invoked.usage), ..first() };
    let signed = sign(&gateway, &claim).await?;
    Ok((desk, signed))
}

#[tokio::test]
async fn a_provider_that_ran_out_of_time_is_not_cut_off_and_one_that_gave_up_before_is() -> Result<()> {
    let (desk, signed) = without_output(900).await?;
    let signed = signed.map_err(anyhow::Error::msg)?;
    assert_eq!((signed.invocations, signed.amount), (1, 900_000));
    assert_eq!((desk.counts.checked.get(), desk.counts.differences.get()), (1, 0));
    let (desk, signed) = without_output(899).await?;
    let reason = signed.expect_err("it had time left");
    assert!(reason.contains("does not make of this input") && desk.counts.checked.get() == 1, "{reason}");
    Ok(())
}
