//! The stage: the World, who is on it, and what has been agreed so far.

use std::collections::BTreeMap;

use alloy::primitives::Address;
use anyhow::{Context as _, Result, ensure};
use contracts::Deals;
use scripts::amount::{Flt, Usd};
use scripts::chain::Context;
use scripts::customer::STANDBY;
use scripts::ids::{DealId, LockId, OfferId};
use scripts::keeper;
use scripts::operator;
use serde_json::Value;
use tokio::net::TcpListener;

use super::cast::{self, PROVIDERS};
use super::report::{Dollars, Report};
use super::voice::Voice;
use crate::world::World;

pub const HOUR: u64 = 3_600;
pub const DAY: u64 = 24 * HOUR;

const FLT: u128 = 1_000_000_000_000_000_000;

/// What FLT is worth when nothing happens, with 8 decimals.
pub const PRICE: u64 = 50_000_000;

/// A deal of the story.
#[derive(Clone, Debug)]
pub struct Job {
    pub name: String,
    pub deal: DealId,
    pub customer: &'static str,
    pub units: u32,
    pub duration_days: u16,
    pub seats: Vec<Seat>,
}

/// Who serves a slot.
#[derive(Clone, Debug)]
pub struct Seat {
    pub slot: u8,
    pub provider: &'static cast::Provider,
    /// At its last grant.
    pub lock: Flt,
    pub value_at_stake: Usd,
}

impl Seat {
    pub fn is_standby(&self) -> bool {
        self.slot >= STANDBY
    }
}

/// Who served a slot, and does no more.
#[derive(Clone, Debug)]
pub struct Ended {
    pub deal: DealId,
    pub slot: u8,
    pub serving: u32,
    /// The place that its successor came from.
    pub standby: u8,
}

#[derive(Debug)]
pub struct Stage {
    pub world: World,
    pub voice: Voice,
    pub report: Report,
    pub jobs: Vec<Job>,
    pub offers: Vec<(OfferId, &'static cast::Provider)>,
    /// Locks that are of no deal.
    pub other_locks: Vec<(LockId, Flt)>,
    /// What customers paid in, fees included.
    pub paid: Dollars,
    pub refunded: Dollars,
    /// Servings that ended before their slots, and the place that a promoted standby left.
    pub servings: Vec<Ended>,
    /// Where each provider answers for its workloads.
    pub doors: BTreeMap<&'static str, TcpListener>,
    /// Where each prober shows what it saw.
    pub boards: BTreeMap<&'static str, TcpListener>,
    parties: BTreeMap<&'static str, Context>,
    /// When the story begins; its days are counted from here.
    opened_at: u64,
}

impl Stage {
    pub fn set(world: World) -> Self {
        Self {
            world,
            voice: Voice::default(),
            report: Report::default(),
            jobs: Vec::new(),
            offers: Vec::new(),
            other_locks: Vec::new(),
            servings: Vec::new(),
            doors: BTreeMap::new(),
            boards: BTreeMap::new(),
            paid: Dollars::default(),
            refunded: Dollars::default(),
            parties: BTreeMap::new(),
            opened_at: 0,
        }
    }

    /// Everybody gets a key, and a purse to begin with.
    pub async fn gather(&mut self) -> Result<()> {
        self.parties.insert(cast::KEEPER, self.world.keeper.context.clone());
        self.parties.insert(cast::ATTESTER, self.world.attester.context.clone());
        let names = PROVIDERS.iter().map(|provider| provider.name);
        let names = names.chain(cast::DELEGATORS.iter().map(|delegator| delegator.name));
        let others = [
            cast::MILLION,
            cast::RESILIENT,
            cast::TREASURY,
            cast::TRADER,
            cast::WATCHER,
            cast::PATRON,
            cast::METERED_CUSTOMER,
        ];
        let authors = cast::AUTHORS.map(|(name, ..)| name);
        let others = others.into_iter().chain(cast::PROBERS).chain(authors);
        for name in names.chain(others).chain(cast::TRACE) {
            self.parties.insert(name, self.world.actor(name).await?.context);
        }
        let attester = self.world.attester.address;
        operator::mint(&self.world.operator.context, attester, whole_flt(cast::SECURITY), 0).await?;
        Ok(())
    }

    /// From here on the story's days are counted.
    pub async fn open(&mut self) -> Result<()> {
        self.opened_at = self.world.chain.head().await?.timestamp;
        Ok(())
    }

    pub fn party(&self, name: &str) -> Result<&Context> {
        self.parties.get(name).with_context(|| format!("nobody in the story is called {name}"))
    }

    pub fn address(&self, name: &str) -> Result<Address> {
        self.party(name)?.account()
    }

    /// Smallest units of whole dollars' ten-thousandths.
    pub fn dollars(&self, ten_thousandths: u128) -> Result<u128> {
        Ok(ten_thousandths * 10_u128.pow(u32::from(self.party(cast::KEEPER)?.decimals()) - 4))
    }

    pub async fn day(&self) -> Result<u64> {
        Ok((self.world.chain.head().await?.timestamp - self.opened_at) / DAY)
    }

    pub async fn hour(&self) -> Result<u64> {
        Ok((self.world.chain.head().await?.timestamp - self.opened_at) / HOUR)
    }

    /// Time passes in one block, to so many hours after the story began.
    pub async fn at_hour(&self, hour: u64) -> Result<()> {
        self.world.chain.advance_to(self.opened_at + hour * HOUR).await
    }

    /// The price feeds say so, and the guard observes it.
    pub async fn post_price(&self, price: u64) -> Result<()> {
        operator::post_price(&self.world.operator.context, price).await?;
        Ok(())
    }

    /// What the API says once it has seen every block.
    pub async fn get(&mut self, path: &str) -> Result<Value> {
        self.world.synced().await?;
        let answer = self.world.get(path).await?;
        ensure!(answer.status == 200, "{path}: {answer}");
        Ok(answer.body)
    }

    /// Settles every slot that was ever served.
    pub async fn settle(&self) -> Result<()> {
        let slots: Vec<(DealId, u8)> =
            self.jobs.iter().flat_map(|job| job.seats.iter().map(|seat| (job.deal, seat.slot))).collect();
        let left = self.servings.iter().map(|ended| (ended.deal, ended.standby));
        let slots: Vec<_> = slots.into_iter().chain(left).collect();
        keeper::settle(self.party(cast::KEEPER)?, &slots).await?;
        Ok(())
    }

    pub async fn slot(&self, deal: DealId, slot: u8) -> Result<contracts::deals::IDeals::Slot> {
        let keeper = self.party(cast::KEEPER)?;
        keeper.view(keeper.at().deals, Deals::slotOfCall { deal: deal.0, slot }).await
    }

    pub fn seat(&mut self, deal: DealId, slot: u8) -> Result<&mut Seat> {
        let seats = self.jobs.iter_mut().filter(|job| job.deal == deal).flat_map(|job| &mut job.seats);
        seats.into_iter().find(|seat| seat.slot == slot).with_context(|| format!("nobody serves slot {slot} of {deal}"))
    }

    /// Notes what is locked, if never more was.
    pub async fn note_locks(&mut self) -> Result<()> {
        let network = self.get("/v1/network").await?;
        let locked = Flt(units(text(&network, "locked_flt")?, 18)?);
        self.report.locked_flt = self.report.locked_flt.max(locked);
        Ok(())
    }
}

/// Whole FLT in smallest units.
pub fn whole_flt(amount: u128) -> u128 {
    amount * FLT
}

/// Smallest units of a decimal text.
pub fn units(text: &str, decimals: u8) -> Result<u128> {
    Ok(text.parse::<scripts::amount::Amount>()?.units(decimals)?)
}

/// A field of an answer of the API that is text.
pub fn text<'json>(answer: &'json Value, field: &str) -> Result<&'json str> {
    answer[field].as_str().with_context(|| format!("the API answers without {field}: {answer}"))
}

/// A field of an answer of the API that is a number.
pub fn number(answer: &Value, field: &str) -> Result<u64> {
    answer[field].as_u64().with_context(|| format!("the API answers without {field}: {answer}"))
}
