//! Solvers that propose, better each other, and get deals going.

use std::sync::Arc;
use std::time::Duration;

use alloy::primitives::{B256, keccak256};
use anyhow::{Context as _, Result};
use contracts::Matching;
use scripts::ids::OfferId;
use scripts::proof::GROTH16;
use scripts::solver::{self, Counts, Options, Runner};
use scripts::{author, customer, offer};
use serde_json::json;
use sqlx::PgPool;
use tests::actors::{Actor, flt};
use tests::world::World;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A solver that runs beside the test until it is stopped.
struct Running {
    counts: Arc<Counts>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<Arc<Counts>>>,
}

impl Running {
    fn start(actor: &Actor) -> Result<Self> {
        let runner = Runner::open(actor.context.clone(), Options::new(flt("1000")?))?;
        let (stop, stopped) = oneshot::channel();
        let counts = runner.counts();
        let task = tokio::spawn(runner.run(async {
            let _ = stopped.await;
        }));
        Ok(Self { counts, stop, task })
    }

    async fn stop(self) -> Result<()> {
        self.stop.send(()).ok().context("the solver runs")?;
        self.task.await??;
        Ok(())
    }
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn two_solvers_compete_and_the_cheapest_serve(db: PgPool) -> Result<()> {
    let world = World::start(db).await?;
    for (name, price) in [("paula", "1.3"), ("peter", "1"), ("petra", "1.1")] {
        let provider = world.provider(name).await?;
        provider.stake("100000").await?;
        provider.offer(100, price).await?;
    }
    let carol = world.customer("carol").await?;
    let mut job = carol.job(100, "2", 7, 7)?;
    job.standbys = 1;
    let deal = carol.open(job, &[]).await?;

    let solution = solver::find(&carol.context, deal, solver::NODES).await?;
    assert!(solution.is_met && solution.is_proven);
    assert_eq!(solution.price, Some(solution.lower_bound));
    assert_eq!(solution.lower_bound.units, carol.units("102.2")?, "100 units at $1, and 2 % of as many at $1.1");
    assert_eq!(solution.left_out.iter().map(|left| left.reason).collect::<Vec<_>>(), ["dearer"]);

    let (anna, bert) = (world.actor("anna").await?, world.actor("bert").await?);
    let solvers = [Running::start(&anna)?, Running::start(&bert)?];
    solvers[0].counts.until(|counts| counts.head.get() > 0).await;
    solvers[1].counts.until(|counts| counts.head.get() > 0).await;
    let proposals: u64 = solvers.iter().map(|solver| solver.counts.proposals.get()).sum();
    // Both may have looked at the same head: the contract keeps the best two.
    assert!((1..=2).contains(&proposals), "what is better by nothing is not proposed: {proposals}");
    // The window of a minute is over.
    world.advance(Duration::from_secs(120)).await?;
    let first = solvers[0].counts.until(|counts| counts.activations.get() > 0);
    let second = solvers[1].counts.until(|counts| counts.activations.get() > 0);
    tokio::select! { () = first => {}, () = second => {} }
    let status = customer::status(&carol.context, deal).await?;
    assert_eq!(status.slots[0].offer, Some(solution.slots[0].offer));
    assert_eq!(status.standbys[0].offer, Some(solution.standbys[0].offer));
    for solver in solvers {
        solver.stop().await?;
    }
    world.end().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn the_api_finds_what_the_solver_finds(db: PgPool) -> Result<()> {
    let mut world = World::start(db).await?;
    for (name, price) in [("paula", "1.3"), ("peter", "1"), ("petra", "1.1")] {
        let provider = world.provider(name).await?;
        provider.stake("100000").await?;
        provider.offer(100, price).await?;
    }
    let carol = world.customer("carol").await?;
    let mut job = carol.job(100, "1.2", 7, 7)?;
    job.slots = 2;
    let deal = carol.open(job, &[]).await?;
    let solution = solver::find(&carol.context, deal, solver::NODES).await?;
    world.synced().await?;
    let wish = json!({ "units": 100, "slots": 2, "price_max_usd": "1.2", "term_days": 7 });
    let found = world.post("/v1/match", &wish).await?;
    assert_eq!(found.text("/price_usd")?, "210");
    assert_eq!(found.text("/slots/0/offer")?, solution.slots[0].offer.to_string());
    assert_eq!(found.text("/slots/1/offer")?, solution.slots[1].offer.to_string());
    assert_eq!(found.text("/refused/0/reason")?, solution.left_out[0].reason);
    assert_eq!(found.text("/slots/0/lock_flt")?, solution.slots[0].lock.context("a lock")?.to_string());
    world.finish().await
}

/// Royalties are a part of the highest price, and trees name customers and circuits: all three read them as the contract does.
#[sqlx::test(migrations = "../indexer/migrations")]
async fn what_the_contract_refuses_neither_solver_nor_api_choose(db: PgPool) -> Result<()> {
    let mut world = World::start(db).await?;
    let ann = world.party("ann").await?;
    let (module, key) = (keccak256("a module"), keccak256("a circuit"));
    author::publish(&ann.context, module, ann.units("0.3")?, "ipfs://module").await?;
    let (leaf, beside, other) = (keccak256(keccak256(key)), keccak256("another leaf"), keccak256("another tree"));
    let root = keccak256([leaf.min(beside), leaf.max(beside)].concat());
    let zero = B256::ZERO;
    let cases = [
        ("paula", "0.7", zero, zero, 0),
        ("peter", "0.700001", zero, zero, 4),
        ("petra", "0.6", zero, root, 0),
        ("sam", "0.5", zero, other, 19),
        ("sara", "0.5", other, zero, 15),
    ];
    for (name, price, customers_root, verification_keys_root, _) in cases {
        let provider = world.provider(name).await?;
        provider.stake("100000").await?;
        let terms = offer::Terms::new(0, 100, provider.units(price)?);
        let terms = offer::Terms { proof_kinds: 1 << GROTH16, customers_root, verification_keys_root, ..terms };
        provider.offer_with(&terms).await?;
    }
    let carol = world.customer("carol").await?;
    let mut job = carol.job(10, "1", 7, 7)?;
    (job.proof_kind, job.verification_key, job.modules) = (GROTH16, key, vec![module]);
    let deal = carol.open(job, &[]).await?;
    customer::admit_key(&carol.context, deal, root, vec![beside]).await?;
    let mut expected = Vec::new();
    for (offer, (.., code)) in (1..).zip(cases) {
        let call = Matching::reasonOfCall { deal: deal.0, offer };
        assert_eq!(carol.context.view(carol.context.at().matching, call).await?, code, "offer {offer}");
        expected.push(json!({ "offer": offer, "code": code }));
    }
    let refused = |code: u64| expected.iter().filter(|left| left["code"] == code).count();
    assert_eq!((refused(4), refused(15), refused(19)), (1, 1, 1));

    let solution = solver::find(&carol.context, deal, solver::NODES).await?;
    assert_eq!(solution.slots[0].offer, OfferId(3));
    let reasons: Vec<_> = solution.left_out.iter().map(|left| (left.offer.0, left.reason)).collect();
    let words = ["price", "verification key not accepted", "customer not accepted"];
    assert_eq!(reasons, [(1, "dearer"), (2, words[0]), (4, words[1]), (5, words[2])]);

    world.synced().await?;
    let wish = json!({
        "units": 10, "price_max_usd": "1", "term_days": 7, "duration_days": 7, "proof_kind": "groth16",
        "modules": [module], "verification_key": key,
        "admissions": [{ "of": "verification_key", "proof": [beside] }],
    });
    let found = world.post("/v1/match", &wish).await?;
    assert_eq!(found.text("/slots/0/offer")?, "3", "{found}");
    let refused = found.body["refused"].as_array().context("a list")?;
    let reasons: Vec<_> = refused.iter().map(|left| (left["offer"].as_u64(), left["reason"].as_str())).collect();
    assert_eq!(
        reasons,
        [(1, "dearer"), (2, words[0]), (4, words[1]), (5, words[2])].map(|(offer, word)| (Some(offer), Some(word)))
    );
    assert_eq!(found.text("/slots/0/lock_flt")?, solution.slots[0].lock.context("a lock")?.to_string());
    // Who does not show the path is not in the tree.
    let mut unshown = wish;
    unshown["admissions"] = json!([]);
    let found = world.post("/v1/match", &unshown).await?;
    assert_eq!(found.text("/slots/0/offer")?, "1", "{found}");
    world.finish().await
}
