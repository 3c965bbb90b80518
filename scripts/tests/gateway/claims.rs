//! What claims of strangers cost a gateway, who need not be providers of its customer.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::routing::get;
use scripts::usage::ends::REDEMPTION;
use scripts::usage::journal::Journal;
use tokio::time::timeout;

use super::*;

/// Of a loaded machine.
const SOON: Duration = Duration::from_secs(20);

/// How many ask at this moment, and the most that ever did.
#[derive(Debug, Default)]
struct Asking {
    now: AtomicU64,
    most: AtomicU64,
}

impl Asking {
    async fn until(&self, now: u64) -> Result<()> {
        let reached = async {
            while self.now.load(Ordering::SeqCst) != now {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        Ok(timeout(SOON, reached).await?)
    }
}

/// One that asks, until it is answered or hangs up.
struct One(Arc<Asking>);

impl One {
    fn of(asking: &Arc<Asking>) -> Self {
        let now = asking.now.fetch_add(1, Ordering::SeqCst) + 1;
        asking.most.fetch_max(now, Ordering::SeqCst);
        Self(Arc::clone(asking))
    }
}

impl Drop for One {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}

fn huge() -> Claim {
    Claim { target: target_of(SERVING), invocations: u64::MAX, amount: 1, usage_root: B256::ZERO }
}

#[tokio::test]
async fn claims_that_hang_up_leave_nothing_behind_and_ask_the_provider_one_at_a_time() -> Result<()> {
    let asking: Arc<Asking> = Arc::default();
    let asked = Arc::clone(&asking);
    let never = get(move || async move {
        let _one = One::of(&asked);
        std::future::pending::<()>().await;
    });
    let provider = serve(Router::new().route(&(slot("") + "/usage"), never)).await?;
    let world = World::new(&[])?;
    let claims = serve(world.setting(&provider).gateway()?.claims()).await?;
    let strangers: Vec<_> = (0..50)
        .map(|_| {
            let url = claims.clone();
            tokio::spawn(async move { sign(&url, &huge()).await })
        })
        .collect();
    asking.until(1).await?;
    tokio::time::sleep(Duration::from_millis(300)).await;
    for stranger in strangers {
        stranger.abort();
    }
    asking.until(0).await?;
    assert_eq!(asking.most.load(Ordering::SeqCst), 1);
    Ok(())
}

#[tokio::test]
async fn claims_that_wait_for_the_same_records_ask_for_them_once() -> Result<()> {
    let asking: Arc<Asking> = Arc::default();
    let (asked, count) = (Arc::clone(&asking), Arc::new(AtomicU64::new(0)));
    let counted = Arc::clone(&count);
    let slow = get(move || async move {
        let _one = One::of(&asked);
        counted.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(300)).await;
        axum::Json(Entries { size: 0, entries: Vec::new() })
    });
    let provider = serve(Router::new().route(&(slot("") + "/usage"), slow)).await?;
    let world = World::new(&[])?;
    let claims = serve(world.setting(&provider).gateway()?.claims()).await?;
    let strangers: Vec<_> = (0..50)
        .map(|_| {
            let url = claims.clone();
            tokio::spawn(async move { sign(&url, &huge()).await })
        })
        .collect();
    for stranger in strangers {
        let reason = stranger.await??.expect_err("nothing ran");
        assert!(reason.contains("0 were measured"), "{reason}");
    }
    let (most, count) = (asking.most.load(Ordering::SeqCst), count.load(Ordering::SeqCst));
    assert!(most == 1 && count < 10, "{count} questions, {most} at once");
    Ok(())
}

#[tokio::test]
async fn the_book_of_a_serving_of_which_nothing_is_paid_any_more_is_closed_and_no_claim_opens_it() -> Result<()> {
    let world = World::new(&[])?;
    let provider = serve(world.setting("").provider()?.router()).await?;
    let (setting, ending) = (world.setting(&provider), Ending::default());
    let desk = setting.gateway_until(ending.clone(), Options::new(world.folder.path().join("gateway")))?;
    let gateway = serve(both(&desk)).await?;
    invoke(&gateway, b"input".to_vec()).await?;
    let claim = claim(&provider).await?;
    let path = world.folder.path().join("gateway/7-1-3.usage");
    let is_open = || Journal::open(&path).is_err();
    ending.set(NOW + 1);
    desk.update(BTreeMap::new(), NOW + 1);
    assert!(sign(&gateway, &claim).await?.is_ok() && is_open());

    // A claim that comes too late closes it.
    desk.update(BTreeMap::new(), NOW + 1 + REDEMPTION);
    assert!(sign(&gateway, &claim).await?.is_ok() && is_open());
    ending.set(NOW);
    desk.update(BTreeMap::new(), NOW + 1 + REDEMPTION);
    let late = sign(&gateway, &claim).await?.expect_err("it ended longer ago than vouchers are paid");
    assert!(late.contains("nothing of this serving is paid any more") && !is_open(), "{late}");
    assert!(sign(&gateway, &claim).await?.is_err() && !is_open(), "nor does the next open it");

    // Without one it is closed as well.
    ending.set(NOW + 2 + 2 * REDEMPTION);
    desk.update(BTreeMap::new(), NOW + 2 + REDEMPTION);
    assert!(sign(&gateway, &claim).await?.is_ok() && is_open());
    desk.update(BTreeMap::new(), NOW + 2 + REDEMPTION);
    desk.update(BTreeMap::new(), NOW + 3 + 2 * REDEMPTION);
    assert!(!is_open());
    Ok(())
}
