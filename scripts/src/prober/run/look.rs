//! What a prober sees: on the chain, which servings it is drawn for, and of each whether it answers.

use std::collections::{BTreeMap, BTreeSet};

use alloy::eips::BlockId;
use alloy::primitives::{Address, B256};
use anyhow::Result;
use contracts::{IFaults, IProbers, Staking};
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use super::Prober;
use super::act::Act;
use super::want::{Flag, Sight};
use crate::blocks::Head;
use crate::census::SERVING;
use crate::chain::Context;
use crate::customer::STANDBY;
use crate::prober::draws::day_of;
use crate::prober::statement::Target;
use crate::workload::{self, Client, SERVE};

/// Views that are asked for at a time.
const AT_ONCE: usize = 16;

/// What came of one probe: an answer, or why it is none; an error is of the node, and says nothing about the workload.
#[derive(Debug)]
pub(super) struct Probed {
    pub target: Target,
    pub at: u64,
    pub seen: Result<Result<(), String>>,
}

impl Prober {
    pub(super) async fn look(&mut self, head: Head) -> Result<()> {
        let context = self.context.clone();
        self.census.look(&context, head).await?;
        self.failures.read(&context, head).await?;
        self.roll.read(&context, head).await?;
        self.draws.look(&context, head).await?;
        let mut sights = self.running(head);
        self.open_day(head, !sights.is_empty()).await;
        let failed: Vec<(Target, Address)> = self.failures.all().collect();
        let providers: BTreeSet<Address> = sights.values().map(|sight| sight.provider).collect();
        let providers = providers.into_iter().chain(failed.iter().map(|(_, provider)| *provider)).collect();
        let down = down(&context, head, providers).await?;
        for (target, provider) in failed {
            if down.contains_key(&provider) {
                sights.entry(target).or_insert_with(|| Sight::past(provider));
            }
        }
        self.keep_drawn(head, &mut sights).await?;
        flags(&context, head, &mut sights).await?;
        for sight in sights.values_mut() {
            sight.endpoint = self.roll.provider(sight.provider).map(str::to_owned);
            sight.down_since = down.get(&sight.provider).copied().unwrap_or_default();
        }
        self.look_at_pay(head).await?;
        if let Some(works) = &mut self.works {
            works.look(&context, head, self.address).await?;
        }
        self.forget(head, &sights);
        self.counts.targets.set(sights.len() as u64);
        self.sights = sights;
        Ok(())
    }

    /// Slots that are served now.
    fn running(&self, head: Head) -> BTreeMap<Target, Sight> {
        let slots = self.census.deals().flat_map(|seen| seen.places.iter().map(move |place| (seen, place)));
        let served = slots.filter(|(_, (slot, place))| {
            *slot < STANDBY && place.status == SERVING && head.time < place.endsAt.to::<u64>()
        });
        let served = served.map(|(seen, (slot, place))| {
            let target = Target { deal: seen.id, slot: *slot, serving: place.serving };
            let a_day = u128::from(seen.deal.units).saturating_mul(place.price.to());
            let fee = a_day.saturating_mul(seen.deal.feeBps.into()) / 10_000;
            let (started_at, ends_at) = (place.startedAt.to(), place.endsAt.to());
            (target, Sight { started_at, ends_at, fee, is_current: true, ..Sight::past(place.provider) })
        });
        served.collect()
    }

    async fn open_day(&mut self, head: Head, is_needed: bool) {
        let day = day_of(head.time);
        if self.options.is_opening && is_needed && !self.draws.is_open(day) {
            self.try_post(Act::OpenDay(day), self.context.at().probers, IProbers::openDayCall {}).await;
        }
    }

    /// Drops what others are drawn for.
    async fn keep_drawn(&mut self, head: Head, sights: &mut BTreeMap<Target, Sight>) -> Result<()> {
        let deals: BTreeSet<_> = sights.keys().map(|target| target.deal).collect();
        for deal in deals {
            self.draws.learn(&self.context, head, deal).await?;
        }
        let (draws, address, today) = (&self.draws, self.address, day_of(head.time));
        sights.retain(|target, sight| {
            let rank = |day| draws.of(day, target.deal).iter().position(|drawn| *drawn == address);
            sight.is_drawn = rank(today).is_some();
            // What was said before midnight can be reported after it.
            let found = draws.days().filter_map(rank).max();
            sight.rank = found.unwrap_or_default();
            found.is_some()
        });
        Ok(())
    }

    async fn look_at_pay(&mut self, head: Head) -> Result<()> {
        if !self.options.is_reporting_daily {
            return Ok(());
        }
        let (at, probers) = (BlockId::number(head.number), self.context.at().probers);
        self.pay = self.context.view_at(at, probers, IProbers::payCall {}).await?;
        let pot = self.context.view_at(at, probers, IProbers::potCall {}).await?;
        self.is_paying = self.pay > 0 && pot >= self.pay.saturating_mul(self.quorum as u128);
        Ok(())
    }

    fn forget(&mut self, head: Head, sights: &BTreeMap<Target, Sight>) {
        self.board.forget(head.time);
        self.rested.retain(|_, number| *number >= head.number);
        self.probed.retain(|target, _| sights.contains_key(target));
        self.bounds.retain(|target, _| sights.contains_key(target));
        self.told.retain(|target, day| sights.contains_key(target) && *day == day_of(head.time));
    }

    /// Asks every workload whose turn it is, all at the same time: at the latest after the interval, and at once where another
    /// prober asks what was seen, who may have missed an answer. At most once a block.
    pub(super) fn probe(&mut self) {
        let (head, asked) = (self.head, self.board.take_asked());
        for (target, sight) in self.sights.iter().filter(|(_, sight)| sight.is_drawn) {
            let last = self.probed.get(target).copied();
            let interval = if asked.contains(&(target.deal, target.slot)) { 1 } else { self.options.interval };
            if last.is_some_and(|last| (last..last + interval).contains(&head.time)) {
                continue;
            }
            self.probed.insert(*target, head.time);
            let (context, client) = (self.context.clone(), self.workloads.clone());
            let (target, provider, endpoint) = (*target, sight.provider, sight.endpoint.clone());
            self.probing.spawn(async move {
                let seen = ask(&context, &client, head, target, provider, endpoint).await;
                Probed { target, at: head.time, seen }
            });
        }
    }
}

async fn ask(
    context: &Context,
    client: &Client,
    head: Head,
    target: Target,
    provider: Address,
    endpoint: Option<String>,
) -> Result<Result<(), String>> {
    let Some(endpoint) = endpoint else {
        return Ok(Err("its provider does not say where".to_owned()));
    };
    let challenge = B256::from(rand::random::<[u8; 32]>());
    let alive = match client.ask(&endpoint, target, challenge).await {
        Ok(alive) => alive,
        Err(why) => return Ok(Err(why)),
    };
    let Some(signer) = alive.answerer(workload::domain(context), target, challenge) else {
        return Ok(Err("it answers something else".to_owned()));
    };
    if signer == provider {
        return Ok(Ok(()));
    }
    let call = Staking::mayActCall { account: provider, caller: signer, role: SERVE };
    let may_serve = context.view_at(BlockId::number(head.number), context.at().staking, call).await?;
    Ok(if may_serve { Ok(()) } else { Err(format!("{signer} answers, who is no key of its provider")) })
}

/// Providers that count as down, and since when.
async fn down(context: &Context, head: Head, providers: BTreeSet<Address>) -> Result<BTreeMap<Address, u64>> {
    let mut asked: Vec<BoxFuture<'_, Result<(Address, u64)>>> = Vec::new();
    for provider in providers {
        asked.push(Box::pin(async move {
            let call = IFaults::recordOfCall { provider };
            let record = context.view_at(BlockId::number(head.number), context.at().faults, call).await?;
            Ok((provider, record.downSince.to()))
        }));
    }
    let records: Vec<_> = stream::iter(asked).buffer_unordered(AT_ONCE).try_collect().await?;
    Ok(records.into_iter().filter(|(_, since)| *since > 0).collect())
}

async fn flags(context: &Context, head: Head, sights: &mut BTreeMap<Target, Sight>) -> Result<()> {
    let mut asked: Vec<BoxFuture<'_, Result<()>>> = Vec::new();
    for (target, sight) in sights.iter_mut().filter(|(_, sight)| sight.is_current) {
        let call = IFaults::flagOfCall { deal: target.deal.0, slot: target.slot };
        asked.push(Box::pin(async move {
            let flag = context.view_at(BlockId::number(head.number), context.at().faults, call).await?;
            sight.flag = Flag { state: flag.state, since: flag.since.to(), flagged_at: flag.flaggedAt.to() };
            Ok(())
        }));
    }
    stream::iter(asked).buffer_unordered(AT_ONCE).try_collect().await
}
