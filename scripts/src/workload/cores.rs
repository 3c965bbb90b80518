//! Who may run: cores, and the memory of inputs that wait for one, are shared by customers, and none of several has them all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use alloy::primitives::Address;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::usage::INPUT_BYTES;

/// Inputs that one customer may have here at once, however many deals are his.
const ROOM_BYTES: usize = 64 * INPUT_BYTES;
/// Inputs that all of them may.
const ALL_BYTES: usize = 4 * ROOM_BYTES;
/// What an input counts for at least: as many small ones need their connections and their tasks.
const ROOM_MIN_BYTES: usize = 256 << 10;

/// How long an input waits for room: what is left until a body has to be there is for sending it.
const ROOM_WITHIN: Duration = Duration::from_secs(listen::BODY.as_secs() / 4);

/// What a customer has of the host.
#[derive(Debug, Clone)]
struct Share {
    cores: Arc<Semaphore>,
    room: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Shares {
    of: BTreeMap<Address, Share>,
    /// Cores that one of them has at the most.
    most: usize,
}

/// Invariants:
/// 1. Where there are two cores or more and customers, callers of one hold all cores but one at most; who waited when the second came
///    waits as before.
/// 2. Who waits for a core or for room waits for that of his customer first, so that nobody's callers stand before another's.
/// 3. Inputs take no more memory than there is room.
#[derive(Debug)]
pub(super) struct Cores {
    all: Arc<Semaphore>,
    at_once: usize,
    room: Arc<Semaphore>,
    shares: RwLock<Shares>,
}

/// Held while something is kept, or runs.
pub(super) type Held = (OwnedSemaphorePermit, OwnedSemaphorePermit);

/// Why there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unroomed {
    /// The customer has no share any more.
    Gone,
    /// It was waited for long enough.
    Full,
}

impl Cores {
    pub(super) fn new(at_once: usize) -> Self {
        let (at_once, room) = (at_once.max(1), Arc::new(Semaphore::new(ALL_BYTES / ROOM_MIN_BYTES)));
        Self { all: Arc::new(Semaphore::new(at_once)), at_once, room, shares: RwLock::default() }
    }

    /// These customers have shares from now on; who holds something of another keeps it until it is done.
    pub(super) fn share(&self, customers: &BTreeSet<Address>) {
        let most = if customers.len() > 1 { (self.at_once - 1).max(1) } else { self.at_once };
        let mut shares = self.shares.write().unwrap_or_else(PoisonError::into_inner);
        shares.of.retain(|customer, _| customers.contains(customer));
        if shares.most != most {
            shares.most = most;
            for share in shares.of.values_mut() {
                share.cores = Arc::new(Semaphore::new(most));
            }
        }
        for customer in customers {
            shares.of.entry(*customer).or_insert_with(|| Share {
                cores: Arc::new(Semaphore::new(most)),
                room: Arc::new(Semaphore::new(ROOM_BYTES / ROOM_MIN_BYTES)),
            });
        }
    }

    fn of(&self, customer: Address) -> Option<Share> {
        self.shares.read().unwrap_or_else(PoisonError::into_inner).of.get(&customer).cloned()
    }

    /// Room for an input of so many bytes, if there is some in time.
    pub(super) async fn room(&self, customer: Address, bytes: usize) -> Result<Held, Unroomed> {
        let parts = bytes.min(ROOM_BYTES).div_ceil(ROOM_MIN_BYTES).max(1);
        let parts = u32::try_from(parts).unwrap_or(u32::MAX);
        let own = self.of(customer).ok_or(Unroomed::Gone)?.room;
        let held = async {
            let own = own.acquire_many_owned(parts).await.ok()?;
            Some((own, Arc::clone(&self.room).acquire_many_owned(parts).await.ok()?))
        };
        // Nobody closes them.
        timeout(ROOM_WITHIN, held).await.ok().flatten().ok_or(Unroomed::Full)
    }

    /// A core, once there is one. None: the customer has no share any more.
    pub(super) async fn core(&self, customer: Address) -> Option<Held> {
        let own = self.of(customer)?.cores.acquire_owned().await.ok()?;
        let core = Arc::clone(&self.all).acquire_owned().await.ok()?;
        Some((own, core))
    }

    /// Waits until nothing runs.
    pub(super) async fn idle(&self) {
        let all = u32::try_from(self.at_once).unwrap_or(u32::MAX);
        // Nobody closes it.
        let _ = self.all.acquire_many(all).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    const ONE: Address = Address::repeat_byte(1);
    const TWO: Address = Address::repeat_byte(2);

    #[test]
    fn one_of_two_customers_holds_all_cores_but_one_and_only_its_own_callers_wait_for_it() {
        let cores = Cores::new(3);
        cores.share(&BTreeSet::from([ONE, TWO]));
        let of = |customer| cores.core(customer).now_or_never().flatten();
        let (first, second) = (of(ONE), of(ONE));
        assert!(first.is_some() && second.is_some() && of(ONE).is_none());
        let other = of(TWO);
        assert!(other.is_some() && of(TWO).is_none(), "there are three");
        drop(first);
        assert!(of(TWO).is_some());
        assert!(cores.idle().now_or_never().is_none());
        drop((second, other));
        assert!(cores.idle().now_or_never().is_some());
        cores.share(&BTreeSet::from([TWO]));
        assert!(of(ONE).is_none() && Cores::new(0).at_once == 1);
    }

    #[test]
    fn the_only_customer_has_all_cores() {
        let cores = Cores::new(3);
        let of = |customer| cores.core(customer).now_or_never().flatten();
        let all = || (0..4).map_while(|_| of(ONE)).collect::<Vec<_>>();
        cores.share(&BTreeSet::from([ONE]));
        assert_eq!(all().len(), 3);
        cores.share(&BTreeSet::from([ONE, TWO]));
        assert_eq!(all().len(), 2);
        cores.share(&BTreeSet::from([ONE]));
        assert_eq!(all().len(), 3);
    }

    #[test]
    fn inputs_wait_for_room_of_their_customer_and_of_the_host() {
        // For its clock; outside of a task nothing is put off.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a clock");
        let _entered = runtime.enter();
        let cores = Cores::new(1);
        let customers: Vec<Address> = (1..=5).map(Address::repeat_byte).collect();
        cores.share(&customers.iter().copied().collect());
        let of = |customer, bytes| cores.room(customer, bytes).now_or_never().and_then(Result::ok);
        let inputs = |customer| (0..64).map_while(|_| of(customer, INPUT_BYTES)).collect::<Vec<Held>>();
        let held = inputs(ONE);
        assert!(held.len() == 64 && of(ONE, 0).is_none() && of(TWO, INPUT_BYTES).is_some());
        drop(held);
        assert_eq!((0..2_000).map_while(|_| of(ONE, 1)).collect::<Vec<_>>().len(), 1_024);
        // Four take all there is; who waits for his customer's keeps nothing of the others'.
        let mut held = vec![inputs(ONE)];
        let mut waits = Box::pin(cores.room(ONE, INPUT_BYTES));
        assert!((&mut waits).now_or_never().is_none());
        held.extend(customers[1..4].iter().map(|customer| inputs(*customer)));
        assert!(held.iter().all(|held| held.len() == 64) && of(customers[4], 0).is_none());
        drop(held);
        assert!(of(customers[4], 0).is_some());
        let gone = cores.room(Address::ZERO, 0).now_or_never().and_then(Result::err);
        assert_eq!(gone, Some(Unroomed::Gone));
    }
}
