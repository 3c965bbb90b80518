//! Usage is paid by a voucher from a file, authors take their part; a computation is proved, and a bundle is believed by the chain alone.

use alloy::primitives::{B256, keccak256};
use anyhow::{Context as _, Result};
use metering::signing::Domain;
use metering::{Serving, Voucher};
use scripts::ids::{DealId, JobId};
use scripts::proof::bundle::{self, Bundle, Wrong};
use scripts::proof::check::{self, Verified};
use scripts::proof::circuit::{self, Circuit, Source, Work};
use scripts::proof::{self, GROTH16, RECEIPTS, gather};
use scripts::usage::{METERED, Signed};
use scripts::{author, gateway, keeper, offer, voucher};
use serde_json::Value;
use sqlx::PgPool;
use tests::actors::{Customer, Provider, key};
use tests::chain::days;
use tests::world::World;

const DAY: u64 = 86_400;

/// Ten metered units that Petra serves to Cora, with proofs of this kind.
async fn served(world: &World, kind: u8, key: B256, modules: &[B256]) -> Result<(Provider, Customer, DealId)> {
    let petra = world.provider("petra").await?;
    petra.stake("100000").await?;
    let terms = offer::Terms::new(0, 100, petra.units("1")?);
    let offer = petra.offer_with(&offer::Terms { payment_modes: 3, proof_kinds: 1 << kind, ..terms }).await?;
    let cora = world.customer("cora").await?;
    let mut job = cora.job(10, "2", 7, 28)?;
    job.payment_mode = METERED;
    job.proof_kind = kind;
    job.verification_key = key;
    job.modules = modules.to_vec();
    let deal = cora.open(job, &[offer]).await?;
    petra.ready(deal, 0).await?;
    Ok((petra, cora, deal))
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_voucher_from_a_file_pays_its_provider_and_the_authors(db: PgPool) -> Result<()> {
    let mut world = World::start(db).await?;
    let ann = world.party("ann").await?;
    let modules = [keccak256("hash"), keccak256("resize")];
    for (module, royalty) in modules.into_iter().zip(["0.05", "0.2"]) {
        author::publish(&ann.context, module, ann.units(royalty)?, "ipfs://module").await?;
    }
    let (petra, cora, deal) = served(&world, 0, B256::ZERO, &modules).await?;
    let signer = key("a gateway")?;
    gateway::set(&cora.context, signer.address(), cora.units("50")?).await?;
    world.advance(days(1)).await?;

    let (deployment, now) = (&world.deployment, petra.context.now().await?);
    let domain = Domain { chain_id: deployment.chain_id, contract: deployment.contracts.vouchers };
    let serving = Serving { deal: deal.0, slot: 0, number: 1, provider: petra.address };
    let amount = petra.units("80")?;
    let usage_root = keccak256("usage");
    let signed = Voucher { serving, amount, invocations: 5_000, from: now - 3_600, until: now, usage_root };
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("voucher.json");
    std::fs::write(&file, serde_json::to_string(&Signed::new(domain, &signer, &signed)?)?)?;
    let signed = voucher::read(&file)?;
    let shown = voucher::show(&petra.context, &signed).await?;
    assert!(shown.is_signed_by_key);
    assert_eq!((shown.amount.to_string(), shown.redeemed.to_string()), ("80".to_owned(), "0".to_owned()));

    // Anyone may redeem what is signed, and nothing else.
    let keeper = world.keeper.context.clone();
    let mut forged = signed.clone();
    forged.amount += 1;
    assert!(!voucher::show(&keeper, &forged).await?.is_signed_by_key);
    assert_eq!(tests::actors::refused(voucher::redeem(&keeper, &forged).await)?, "SignatureInvalid");
    // The day's cap is 50.
    let redeemed = voucher::redeem(&keeper, &signed).await?;
    assert_eq!((redeemed.paid.to_string(), redeemed.left.to_string()), ("50".to_owned(), "30".to_owned()));
    let again = tests::actors::refused(voucher::redeem(&keeper, &signed).await)?;
    assert_eq!(again, "CapReached");

    keeper::settle(&keeper, &[(deal, 0)]).await?;
    let earned = author::claim(&ann.context, ann.address).await?;
    // Of 1.25 a unit-day 0.25 are royalties: a fifth of what was paid; the fee is the provider's.
    assert_eq!((earned.claimed.to_string(), earned.earned), ("10".to_owned(), earned.claimed));
    assert_eq!(earned.paid.len(), 1);
    let nothing = author::claim(&ann.context, ann.address).await?;
    assert_eq!((nothing.paid.len(), nothing.claimed.units, nothing.earned), (0, 0, earned.earned));
    world.audit().await?;
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_circuits_proof_is_believed_by_the_chain_alone(db: PgPool) -> Result<()> {
    let mut world = World::start(db).await?;
    let registered = circuit::register(&world.operator.context, Circuit::Linear, Source::Demonstration).await?;
    let (petra, _, deal) = served(&world, GROTH16, registered.key, &[]).await?;
    let word = |byte| B256::left_padding_from(&[byte]);
    let work =
        |bias| Work::Linear { weights: [3; 16], bias, model_salt: word(1), features: [-5; 16], features_salt: word(2) };
    let roots = work(70).roots()?;
    let asked = proof::ask(&petra.context, deal, 0, roots.input_root).await?;
    let waiting = proof::ask(&petra.context, deal, 0, work(71).roots()?.input_root).await?;
    world.advance(days(1)).await?;
    assert!(
        circuit::prove(&petra.context, asked.job, work(71), Source::Demonstration).await.is_err(),
        "another model was asked for"
    );
    let attested = circuit::prove(&petra.context, asked.job, work(70), Source::Demonstration).await?;
    assert_eq!((attested.verdict, attested.output_root), ("proven", roots.output_root));
    world.synced().await?;

    let bundle = bundle::download(&world.api_url, asked.job).await?;
    assert_eq!(gather::gather(&petra.context, asked.job).await?, bundle, "the chain says what the API says");
    let verified = verify(&world, &bundle).await?;
    assert!(verified.is_shown() && verified.is_known);
    assert_eq!((verified.job, verified.output_root), (asked.job, roots.output_root));
    let (before, after) = (&bundle.job.not_before, &bundle.job.not_after);
    assert!(after - before >= DAY);
    every_change_is_refused(&world, &bundle).await?;
    let unproved = bundle::download(&world.api_url, waiting.job).await?;
    assert_eq!(gather::gather(&petra.context, waiting.job).await?, unproved);
    assert!(!verify(&world, &unproved).await?.is_shown());
    // It agrees with itself, as it says nothing twice of its chain.
    let elsewhere = verify(&world, &Bundle { chain_id: 1, ..unproved }).await.err().context("the chain is another")?;
    assert!(elsewhere.to_string().contains("it is of chain 1"), "{elsewhere:#}");
    assert!(bundle::download(&world.api_url, JobId(99)).await.is_err());

    // What the reorganisation took back is believed no more.
    world.reorg(2).await?;
    let refusal = verify(&world, &bundle).await.err().context("its block is gone")?;
    assert!(refusal.is::<Wrong>(), "{refusal:#}");
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn receipts_show_that_both_agree_and_no_more(db: PgPool) -> Result<()> {
    let mut world = World::start(db).await?;
    let (petra, cora, deal) = served(&world, RECEIPTS, B256::ZERO, &[]).await?;
    let asked = proof::ask(&cora.context, deal, 0, keccak256("input")).await?;
    let other = proof::ask(&cora.context, deal, 0, keccak256("input")).await?;
    let output = keccak256("output");
    let (petra, cora) =
        (petra.context.clone().signing_with(key("petra")?), cora.context.clone().signing_with(key("cora")?));
    let receipt = proof::receipt(&cora, asked.job, output).await?;
    let mut of_another = receipt.clone();
    of_another.job = other.job;
    assert!(proof::prove_receipts(&petra, &of_another).await.is_err(), "each job has a statement of its own");
    let attested = proof::prove_receipts(&petra, &receipt).await?;
    assert_eq!((attested.kind, attested.verdict), ("receipts", "agreed"));
    world.synced().await?;
    let verified = verify(&world, &bundle::download(&world.api_url, asked.job).await?).await?;
    assert!(verified.is_shown() && verified.means.contains("nothing shows the computation"));
    world.audit().await?;
    world.finish().await
}

async fn verify(world: &World, bundle: &Bundle) -> Result<Verified> {
    check::check(&world.operator.context.provider, bundle, Some(world.deployment.contracts.proofs)).await
}

/// Any field, any other chain, any other deployment.
async fn every_change_is_refused(world: &World, bundle: &Bundle) -> Result<()> {
    let provider = &world.operator.context.provider;
    let honest = serde_json::to_value(bundle)?;
    for path in leaves("", &honest) {
        let mut forged = honest.clone();
        let leaf = forged.pointer_mut(&path).context("a leaf")?;
        if let Some(number) = leaf.as_u64() {
            *leaf = (number + 1).into();
        } else if let Some(text) = leaf.as_str() {
            let (start, last) = text.split_at(text.len() - 1);
            *leaf = format!("{start}{}", if last == "1" { "2" } else { "1" }).into();
        }
        let Ok(forged) = serde_json::from_value::<Bundle>(forged) else { continue };
        let refusal = check::check(provider, &forged, None).await.err();
        let refusal = refusal.with_context(|| format!("{path} can be anything"))?;
        assert!(refusal.is::<Wrong>(), "{path}: {refusal:#}");
    }
    let elsewhere = check::check(provider, bundle, Some(world.deployment.contracts.sampled)).await;
    let refusal = elsewhere.err().context("it is of another deployment")?.to_string();
    assert!(refusal.contains("another deployment"), "{refusal}");
    let anonymous = check::check(provider, bundle, None).await?;
    assert!(!anonymous.is_known, "nobody said which deployment is believed");
    Ok(())
}

fn leaves(path: &str, value: &Value) -> Vec<String> {
    match value.as_object() {
        None => vec![path.to_owned()],
        Some(fields) => fields.iter().flat_map(|(name, value)| leaves(&format!("{path}/{name}"), value)).collect(),
    }
}
