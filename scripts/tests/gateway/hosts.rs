//! What callers cost a host who hang up, come in numbers, or are nobody's gateway.

use futures::FutureExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::*;

/// Of a loaded machine; far less than a module may run.
const SOON: Duration = Duration::from_secs(20);

/// Ends neither by fuel, nor by time before whoever waits gives up; a test that fails waits for it all the same.
fn endless() -> Limits {
    Limits { fuel: u64::MAX >> 1, time: 3 * SOON, ..limits() }
}

/// Of the same customer, and of another.
const SECOND: Serving = Serving { deal: 9, ..SERVING };
const OTHER: Serving = Serving { deal: 8, ..SERVING };

fn slots(world: &World, servings: &[Serving]) -> BTreeMap<(DealId, u8), Hosted> {
    let hosted = |serving: Serving| {
        let customer = if serving == OTHER { Address::repeat_byte(6) } else { CUSTOMER };
        let (price, gateways) = (U96::from(PRICE), Arc::new(BTreeSet::from([key().address()])));
        Hosted { serving, price, customer, gateways, modules: world.modules.clone() }
    };
    servings.iter().map(|serving| ((DealId(serving.deal), serving.slot), hosted(*serving))).collect()
}

/// Asks for the endless module; whoever drops it hangs up.
fn hang(
    provider: &str,
    serving: Serving,
    module: B256,
    number: u8,
) -> Result<tokio::task::JoinHandle<reqwest::Result<reqwest::Response>>> {
    let id = B256::repeat_byte(number);
    let signature = usage::sign(DOMAIN, &key(), target_of(serving), id, b"")?;
    let request = asking_of(serving, provider, &signature, id, b"");
    Ok(tokio::spawn(request.query(&[("module", module.to_string())]).send()))
}

/// Waits until something runs.
async fn begun(hosting: &Hosting<Registered>) -> Result<()> {
    let running = async {
        while hosting.idle().now_or_never().is_some() {
            tokio::task::yield_now().await;
        }
    };
    Ok(timeout(SOON, running).await?)
}

#[tokio::test]
async fn who_hangs_up_pays_until_then_frees_the_core_and_pays_nothing_for_what_had_not_begun() -> Result<()> {
    let world = World::new(&[("forever", FOREVER)])?;
    let hosting = world.setting("").provider_with(endless())?;
    let provider = serve(hosting.router()).await?;
    // There are two cores, and the other is another customer's: one runs and the others wait.
    hosting.update(slots(&world, &[SERVING, OTHER]), NOW);
    let hangs = (1..=3).map(|number| hang(&provider, SERVING, world.modules[1], number)).collect::<Result<Vec<_>>>()?;
    begun(&hosting).await?;
    let gateway = serve(world.setting(&provider).gateway()?.router()).await?;
    let mut honest = tokio::spawn(async move { invoke(&gateway, b"input".to_vec()).await });
    assert!(timeout(Duration::from_millis(500), &mut honest).await.is_err(), "this customer has no second core");
    for hang in hangs {
        hang.abort();
    }
    assert_eq!(timeout(SOON, honest).await???.output, Some(sha256(b"input")));
    timeout(SOON, hosting.idle()).await?;
    let book = hosting.books().all().await.pop().context("there is a book")?;
    let entries = book.entries(0).entries;
    assert_eq!((entries.len(), hosting.counts.trapped.get()), (2, 1));
    assert!(entries[0].fuel > 0 && entries[0].charge > 0 && u128::from(entries[0].duration_ms) < SOON.as_millis());
    Ok(())
}

#[tokio::test]
async fn callers_of_one_customer_do_not_keep_anothers_from_running_however_many_deals_he_has() -> Result<()> {
    let world = World::new(&[("forever", FOREVER)])?;
    let hosting = world.setting("").provider_with(endless())?;
    hosting.update(slots(&world, &[SERVING, SECOND, OTHER]), NOW);
    let provider = serve(hosting.router()).await?;
    let mut hangs = Vec::new();
    for number in 1..=4 {
        hangs.push(hang(&provider, SERVING, world.modules[1], number)?);
        hangs.push(hang(&provider, SECOND, world.modules[1], number)?);
    }
    begun(&hosting).await?;
    let id = B256::repeat_byte(9);
    let signature = usage::sign(DOMAIN, &key(), target_of(OTHER), id, b"input")?;
    let request = asking_of(OTHER, &provider, &signature, id, b"input");
    let (status, invoked) = timeout(SOON, answer::<Invoked>(request)).await??;
    assert_eq!((status, invoked.map(|invoked| invoked.output)), (200, Ok(Some(sha256(b"input")))));
    for hang in hangs {
        hang.abort();
    }
    Ok(timeout(SOON, hosting.idle()).await?)
}

#[tokio::test]
async fn nothing_begins_that_waited_for_a_core_while_its_serving_ended() -> Result<()> {
    let world = World::new(&[("forever", FOREVER)])?;
    let hosting = world.setting("").provider_with(endless())?;
    let provider = serve(hosting.router()).await?;
    hosting.update(slots(&world, &[SERVING, OTHER]), NOW);
    let first = hang(&provider, SERVING, world.modules[1], 1)?;
    begun(&hosting).await?;
    let id = B256::repeat_byte(2);
    let signature = usage::sign(DOMAIN, &key(), target_of(SERVING), id, b"input")?;
    let mut waits = tokio::spawn(answer::<Invoked>(asking(&provider, &signature, id, b"input")));
    assert!(timeout(Duration::from_millis(500), &mut waits).await.is_err(), "this customer has no second core");
    hosting.update(slots(&world, &[SECOND, OTHER]), NOW + 1);
    first.abort();
    let (status, refused) = timeout(SOON, waits).await???;
    assert!(status == 404 && refused.is_err_and(|reason| reason.contains("not served any more")));
    timeout(SOON, hosting.idle()).await?;
    assert_eq!(hosting.counts.invocations.get(), 1, "the first, until it hung up");
    Ok(())
}

#[tokio::test]
async fn who_finds_no_room_is_told_so_before_his_input_would_be_late() -> Result<()> {
    let world = World::new(&[])?;
    let provider = serve(world.setting("").provider()?.router()).await?;
    let (id, input) = (B256::repeat_byte(3), keccak256(b"input"));
    let ours = usage::sign(DOMAIN, &key(), target_of(SERVING), id, b"input")?;
    let (said, signed) = (usage::INPUT_HEADER, usage::SIGNATURE_HEADER);
    let head = format!(
        "POST /v1/deals/7/slots/1/invoke HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n{}: {id}\r\n{said}: {input}\r\n{signed}: {ours}",
        usage::INPUT_BYTES,
        usage::ID_HEADER,
    );
    // Gateways that announce as much as one customer may have here, and send nothing of it.
    let mut silent = Vec::new();
    for _ in 0..64 {
        let mut stream = TcpStream::connect(provider.trim_start_matches("http://")).await?;
        stream.write_all(format!("{head}\r\n\r\n").as_bytes()).await?;
        silent.push(stream);
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let came = std::time::Instant::now();
    let request = asking(&provider, &ours, id, b"input");
    let (status, refused) = timeout(SOON, answer::<Invoked>(request)).await??;
    assert!(status == 503 && refused.is_err_and(|reason| reason.contains("no room")));
    assert!(came.elapsed() < listen::BODY);
    drop(silent);
    assert_eq!(timeout(SOON, answer::<Invoked>(asking(&provider, &ours, id, b"input"))).await??.0, 200);
    Ok(())
}

/// Nobody may cause a call of the node.
struct Unasked;

impl Registry for Unasked {
    async fn signs(&self, _: Address, gateway: Address, _: u64, _: u64) -> Result<bool> {
        anyhow::bail!("the node was asked about {gateway}")
    }
}

/// The status that is answered to this head, without a byte of what it announces.
async fn status_of(provider: &str, head: &str) -> Result<String> {
    let mut stream = TcpStream::connect(provider.trim_start_matches("http://")).await?;
    stream.write_all(format!("{head}\r\n\r\n").as_bytes()).await?;
    let mut status = [0; 12];
    timeout(SOON, stream.read_exact(&mut status)).await??;
    Ok(String::from_utf8_lossy(&status[9..]).into_owned())
}

#[tokio::test]
async fn a_strangers_input_is_not_read_and_his_signature_asks_nobody() -> Result<()> {
    let world = World::new(&[])?;
    let folder = world.folder.path();
    let books = Books::new(folder.join("provider"), DOMAIN);
    let hosting = Arc::new(Hosting::new(books, Unasked, Some(folder.join("modules")), limits(), 2)?);
    let gateways = Arc::new(BTreeSet::from([key().address()]));
    let (price, modules) = (U96::from(PRICE), world.modules.clone());
    let hosted = Hosted { serving: SERVING, price, customer: CUSTOMER, gateways, modules };
    hosting.update(BTreeMap::from([((DealId(SERVING.deal), SERVING.slot), hosted)]), NOW);
    let provider = serve(hosting.router()).await?;
    let (id, input) = (B256::repeat_byte(3), keccak256(b"input"));
    let head = |deal: u64, length: &str, signature: &Bytes| {
        let path = format!("POST /v1/deals/{deal}/slots/1/invoke HTTP/1.1\r\nhost: a{length}");
        let (said, signed) = (usage::INPUT_HEADER, usage::SIGNATURE_HEADER);
        format!("{path}\r\n{}: {id}\r\n{said}: {input}\r\n{signed}: {signature}", usage::ID_HEADER)
    };
    let ours = usage::sign(DOMAIN, &key(), target_of(SERVING), id, b"input")?;
    let long = "\r\ncontent-length: 4194304";
    for _ in 0..50 {
        let forged = usage::sign(DOMAIN, &PrivateKeySigner::random(), target_of(SERVING), id, b"input")?;
        assert_eq!(status_of(&provider, &head(7, long, &forged)).await?, "403");
    }
    assert_eq!(status_of(&provider, &head(8, long, &ours)).await?, "404");
    assert_eq!(status_of(&provider, &head(7, "\r\ncontent-length: 4194305", &ours)).await?, "413");
    assert_eq!(status_of(&provider, &head(7, "\r\ntransfer-encoding: chunked", &ours)).await?, "411");
    // What a gateway signed for is the input that it said.
    let request = asking(&provider, &ours, id, b"input").body("other");
    assert_eq!(answer::<Invoked>(request).await?.0, 403);
    assert_eq!(answer::<Invoked>(asking(&provider, &ours, id, b"input")).await?.0, 200);
    assert_eq!((hosting.counts.refused.get(), hosting.counts.invocations.get()), (54, 1));
    Ok(())
}

#[tokio::test]
async fn who_does_not_pay_has_his_credit_and_no_more_until_something_is_redeemed() -> Result<()> {
    let world = World::new(&[])?;
    let books = || Books::new(world.folder.path().join("provider"), DOMAIN);
    let hosting = Hosting::new(books(), Registered, Some(world.folder.path().join("modules")), limits(), 2)?;
    // Each invocation costs a thousand or more.
    let hosting = Arc::new(hosting.with_credit(2_000));
    hosting.update(world.setting("").hosted(), NOW);
    let provider = serve(hosting.router()).await?;
    let gateway = serve(both(&world.setting(&provider).gateway()?)).await?;
    let mut ran = 0;
    let refused = loop {
        match invoke(&gateway, b"input".to_vec()).await {
            Ok(_) if ran < 10 => ran += 1,
            Ok(_) => anyhow::bail!("it runs for nothing"),
            Err(refused) => break refused.to_string(),
        }
    };
    assert!(refused.contains("402") && refused.contains("until a voucher is redeemed"), "{refused}");
    assert!((1..=2).contains(&ran), "{ran}");

    // What was signed for and not redeemed is owed, too; what was refused has no record.
    let claim = claim(&provider).await?;
    let signed = sign(&gateway, &claim).await?.map_err(anyhow::Error::msg)?;
    let book = hosting.books().get(target_of(SERVING)).await?.context("there is a book")?;
    book.keep(DOMAIN, signed.clone(), None).await?;
    assert!(invoke(&gateway, b"input".to_vec()).await.is_err() && book.owed() == signed.amount);
    book.paid(signed.amount);
    assert!(invoke(&gateway, b"input".to_vec()).await.is_ok() && book.owed() > 0);
    Ok(())
}
