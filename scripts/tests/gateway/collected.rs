//! What a provider asks gateways for, and asks again until it has it.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::routing::post;
use scripts::workload::Client;
use scripts::workload::collect::Asking;

use super::*;

fn asking(gateways: &[&str], within: Duration) -> Result<Asking> {
    let gateways = gateways.iter().map(|url| (*url).to_owned()).collect();
    Ok(Asking::new(CUSTOMER, gateways, Client::new(within)?))
}

#[tokio::test]
async fn a_gateway_that_signs_for_less_than_it_could_is_asked_again() -> Result<()> {
    let world = World::new(&[])?;
    let hosting = world.setting("").provider()?;
    let provider = serve(hosting.router()).await?;
    let (setting, ending) = (world.setting(&provider), Ending::default());
    let desk = setting.gateway_until(ending.clone(), Options::new(world.folder.path().join("gateway")))?;
    let gateway = serve(both(&desk)).await?;
    let use_at = async |time: u64| {
        desk.update(setting.served(&provider), time);
        hosting.update(setting.hosted(), time);
        invoke(&gateway, b"input".to_vec()).await
    };
    use_at(NOW).await?;
    let book = hosting.books().all().await.pop().context("there is a book")?;
    let ask = async |url: &str, end: u64, now: u64| {
        anyhow::ensure!(book.claim(Some(end)).is_some(), "nothing is to be claimed");
        asking(&[url], WITHIN)?.collect(&hosting, &book, (Some(end), now)).await
    };
    ask(&gateway, NOW + 900, NOW).await?;
    let first = book.voucher().context("it was kept")?;

    // One that says again what it said before.
    use_at(NOW + 100).await?;
    let replaying = serve(Router::new().route("/v1/vouchers", post(move || async move { axum::Json(first) }))).await?;
    let replayed = ask(&replaying, NOW + 900, NOW + 100).await.expect_err("it is not for what was claimed");
    assert!(replayed.to_string().contains("for 1 invocations of the 2"), "{replayed}");

    // One that has not seen yet that the serving ended before the third.
    use_at(NOW + 300).await?;
    let stale = ask(&gateway, NOW + 200, NOW + 400).await.expect_err("a voucher until after the end is not paid");
    assert!(stale.to_string().contains("the serving ends at"), "{stale}");
    ending.set(NOW + 200);
    desk.update(BTreeMap::new(), NOW + 400);
    let replayed = ask(&replaying, NOW + 200, NOW + 400).await.expect_err("the second came before the end");
    assert!(replayed.to_string().contains("for 1 invocations of the 3"), "{replayed}");
    ask(&gateway, NOW + 200, NOW + 400).await?;
    let paid = book.redeemable(Some(NOW + 200)).context("it can be redeemed")?;
    assert_eq!((paid.invocations, book.claim(Some(NOW + 200))), (2, None));
    Ok(())
}

#[tokio::test]
async fn a_gateway_that_accepts_and_never_answers_is_asked_once_in_a_round_and_another_for_all() -> Result<()> {
    let world = World::new(&[])?;
    let hosting = world.setting("").provider()?;
    let provider = serve(hosting.router()).await?;
    let desk = world.setting(&provider).gateway()?;
    let gateway = serve(both(&desk)).await?;
    let mut books = Vec::new();
    for slot in 1..=3 {
        let serving = Serving { slot, ..SERVING };
        let hosted = world.setting("").hosted().into_values().map(|hosted| Hosted { serving, ..hosted });
        hosting.update(hosted.map(|hosted| ((DealId(SERVING.deal), slot), hosted)).collect(), NOW);
        let served = world.setting("").served(&provider).into_values().map(|served| Served { serving, ..served });
        desk.update(served.map(|served| ((DealId(SERVING.deal), slot), served)).collect(), NOW);
        desk.invoke(DealId(SERVING.deal), slot, None, b"input"[..].into())
            .await
            .map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?;
        books.push(hosting.books().get(target_of(serving)).await?.context("there is a book")?);
    }
    let asked = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&asked);
    let never = post(move || {
        count.fetch_add(1, Ordering::SeqCst);
        std::future::pending::<()>()
    });
    let silent = serve(Router::new().route("/v1/vouchers", never)).await?;
    let mut round = asking(&[&silent, &gateway], Duration::from_secs(1))?;
    for book in &books {
        assert!(round.collect(&hosting, book, (None, NOW)).await?, "the other signs");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert!(books.iter().all(|book| book.voucher().is_some_and(|signed| signed.invocations == 1)));

    desk.invoke(DealId(SERVING.deal), 3, None, b"input"[..].into())
        .await
        .map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?;
    let mut alone = asking(&[&silent], Duration::from_secs(1))?;
    let first = alone.collect(&hosting, &books[2], (None, NOW)).await.expect_err("nobody answers").to_string();
    let second = alone.collect(&hosting, &books[2], (None, NOW)).await.expect_err("nobody is asked").to_string();
    assert!(first.contains("no answer") && second.contains("did not answer before"), "{first}; {second}");
    assert_eq!(asked.load(Ordering::SeqCst), 2, "the next round asks once more");
    Ok(())
}
