//! A gateway that was given no modules: it has them from the provider, by their hash, or forwards nothing.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::StatusCode;
use axum::routing::get;
use scripts::workload::jobs::ServedModule;

use super::lies::{Lie, is_found, liar};
use super::*;

/// Runs every input again, and has no folder of modules.
fn fetching(world: &World, provider: &str) -> Result<Arc<Desk<Ending>>> {
    let setting = world.setting(provider);
    setting.gateway_with(Options { one_in: 1, ..Options::new(setting.folder.join("gateway")) })
}

fn path(module: &str) -> String {
    slot("") + "/modules/" + module
}

#[tokio::test]
async fn a_module_is_fetched_from_the_provider_and_what_it_says_of_inputs_is_compared() -> Result<()> {
    let world = World::new(&[("forever", FOREVER)])?;
    let provider = serve(world.setting("").provider()?.router()).await?;
    let desk = fetching(&world, &provider)?;
    let gateway = serve(both(&desk)).await?;
    for number in 0..5 {
        assert_eq!(invoke(&gateway, vec![number; 100]).await?.output, Some(sha256(&[number; 100])));
    }
    let forever = format!("{}/invoke?module={}", slot(&gateway), world.modules[1]);
    let trapped: Invoked = answer(client().post(forever)).await?.1.map_err(anyhow::Error::msg)?;
    assert_eq!(trapped.usage.fuel, 100_000_000);
    let claim = claim(&provider).await?;
    assert_eq!(sign(&gateway, &claim).await?.map(|signed| signed.amount), Ok(claim.amount));
    assert_eq!((desk.counts.checked.get(), desk.counts.differences.get()), (6, 0));
    let unnamed = answer::<Invoked>(client().post(format!("{}/invoke?module={}", slot(&gateway), B256::ZERO))).await?;
    assert_eq!(unnamed, (404, Err("the deal names no such module".to_owned())));
    Ok(())
}

#[tokio::test]
async fn a_gateway_without_modules_finds_out_what_only_the_provider_measures() -> Result<()> {
    let lies: [(Lie, &str); 3] = [
        (|invoked| invoked.usage.fuel += 1, "the same input took"),
        (|invoked| invoked.usage.memory_mib += 1, "the same input took"),
        (|invoked| invoked.output = Some(Bytes::from(vec![0; 32])), "does not make of this input"),
    ];
    for (lie, why) in lies {
        let world = World::new(&[])?;
        let provider = liar(&world, lie).await?;
        is_found(&serve(both(&fetching(&world, &provider)?)).await?, why).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_provider_that_serves_another_module_or_none_gets_no_work() -> Result<()> {
    let other = ServedModule { module: Bytes::from(wat::parse_str(FOREVER)?) };
    let long = ServedModule { module: Bytes::from(vec![0; limits().module_bytes + 1_024]) };
    let answers = [
        (StatusCode::OK, serde_json::to_string(&other)?, "it is another module"),
        (StatusCode::OK, serde_json::to_string(&long)?, "more than"),
        (StatusCode::NOT_FOUND, String::new(), "status 404"),
    ];
    for (status, body, why) in answers {
        let serves = get(move || std::future::ready((status, body.clone())));
        let provider = serve(Router::new().route(&path("{module}"), serves)).await?;
        let world = World::new(&[])?;
        let desk = fetching(&world, &provider)?;
        let refused = invoke(&serve(both(&desk)).await?, b"input".to_vec()).await.expect_err(why).to_string();
        assert!(refused.contains("cannot be checked") && refused.contains(why), "{refused}");
        assert_eq!(desk.counts.forwarded.get(), 0);
    }
    Ok(())
}

#[tokio::test]
async fn a_provider_is_asked_for_a_module_once_by_all_who_need_it() -> Result<()> {
    let asked = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&asked);
    let slow = get(move || async move {
        count.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(300)).await;
        StatusCode::NOT_FOUND
    });
    let provider = serve(Router::new().route(&path("{module}"), slow)).await?;
    let world = World::new(&[])?;
    let gateway = serve(both(&fetching(&world, &provider)?)).await?;
    let all = (0..50).map(|_| {
        let gateway = gateway.clone();
        tokio::spawn(async move { invoke(&gateway, b"input".to_vec()).await.map(|_| ()) })
    });
    for one in all.collect::<Vec<_>>() {
        assert!(one.await?.is_err());
    }
    let asked = asked.load(Ordering::SeqCst);
    assert!(asked < 10, "{asked} questions");
    Ok(())
}

#[tokio::test]
async fn nothing_is_forwarded_to_a_serving_that_ended_while_its_module_was_fetched() -> Result<()> {
    let world = World::new(&[])?;
    let module = std::fs::read(world.folder.path().join("modules/hash.wasm"))?;
    let (asked, begun) = tokio::sync::oneshot::channel();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let turns = Arc::new(Mutex::new(Some((asked, ended))));
    let slow = get(move || async move {
        let (asked, ended) = turns.lock().expect("nobody panics under it").take().expect("it is asked once");
        asked.send(()).expect("the test waits for it");
        ended.await.expect("the test says when");
        axum::Json(ServedModule { module: module.into() })
    });
    let provider = serve(Router::new().route(&path("{module}"), slow)).await?;
    let desk = fetching(&world, &provider)?;
    let gateway = serve(both(&desk)).await?;
    let invoking = tokio::spawn(async move { invoke(&gateway, b"input".to_vec()).await });
    begun.await?;
    desk.update(BTreeMap::new(), NOW + 1);
    end.send(()).expect("the provider waits for it");
    let refused = invoking.await?.expect_err("nobody serves the slot").to_string();
    assert!(refused.contains("no served slot") && desk.counts.forwarded.get() == 0, "{refused}");
    Ok(())
}

#[tokio::test]
async fn a_module_is_served_to_its_customers_gateways_alone() -> Result<()> {
    let world = World::new(&[])?;
    let provider = serve(world.setting("").provider()?.router()).await?;
    let (target, module) = (target_of(SERVING), world.modules[0]);
    let ask = async |module: B256, signature: Option<Bytes>| {
        let request = client().get(provider.clone() + &path(&module.to_string()));
        let request = match signature {
            Some(signature) => request.header(usage::SIGNATURE_HEADER, signature.to_string()),
            None => request,
        };
        anyhow::Ok(answer::<ServedModule>(request).await?)
    };
    let ours = usage::sign_module(DOMAIN, &key(), target, module)?;
    let forged = usage::sign_module(DOMAIN, &PrivateKeySigner::random(), target, module)?;
    let others = usage::sign_module(DOMAIN, &key(), Target { serving: 4, ..target }, module)?;
    let invocations = usage::sign(DOMAIN, &key(), target, module, b"")?;
    assert_eq!((ask(module, None).await?.0, ask(module, Some(Bytes::new())).await?.0), (401, 401));
    for stranger in [forged, others, invocations] {
        assert_eq!(ask(module, Some(stranger)).await?.0, 403);
    }
    assert_eq!(ask(B256::ZERO, Some(ours.clone())).await?.0, 404);
    let served = ask(module, Some(ours)).await?.1.map_err(anyhow::Error::msg)?;
    assert_eq!(keccak256(&served.module), module);
    Ok(())
}
