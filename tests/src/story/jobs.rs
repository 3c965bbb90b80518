//! How a job finds its hosts: the cheapest offers that meet every criterion, each replica in a region of its own.

use anyhow::{Context as _, Result};
use scripts::amount::Usd;
use scripts::customer::{self, OpenArgs, Reason};
use scripts::ids::{DealId, OfferId};
use scripts::provider;

use super::cast;
use super::stage::{Job, Seat, Stage};

/// Requests, lets the platform allocate, and waits until every host is ready. Answers what each offer said to it, too.
pub(super) async fn open(
    stage: &mut Stage,
    name: String,
    customer: &'static str,
    args: &OpenArgs,
) -> Result<(Job, Vec<Reason>)> {
    let context = stage.party(customer)?.clone();
    let opened = customer::open(&context, args).await?;
    stage.paid.add(opened.prepaid);
    stage.paid.add(opened.request_fee);
    let reasons = reasons(stage, opened.deal).await?;
    let offers = allocate(stage, &reasons, usize::from(args.slots), usize::from(args.standbys))?;
    customer::choose(&context, opened.deal, &offers).await?;
    let mut seats = Vec::new();
    for assigned in customer::activate(&context, opened.deal).await? {
        let provider = provider_of(stage, assigned.offer)?;
        provider::ready(stage.party(provider.name)?, opened.deal, assigned.slot).await?;
        let (lock, value_at_stake) = (assigned.lock, assigned.value_at_stake);
        seats.push(Seat { slot: assigned.slot, provider, lock, value_at_stake });
    }
    let (deal, units, duration_days) = (opened.deal, args.units, args.duration_days);
    let job = Job { name, deal, customer, units, duration_days, seats };
    stage.jobs.push(job.clone());
    Ok((job, reasons))
}

/// Offers for so many slots, cheapest first, each in a region of its own; and for the standbys, wherever they are.
fn allocate(stage: &Stage, reasons: &[Reason], slots: usize, standbys: usize) -> Result<Vec<OfferId>> {
    let mut chosen: Vec<(OfferId, &cast::Provider)> = Vec::new();
    for reason in reasons.iter().filter(|reason| reason.refused_for.is_none()) {
        let provider = provider_of(stage, reason.offer)?;
        let is_taken = chosen.iter().any(|(_, other)| other.region == provider.region);
        if chosen.len() < slots && !is_taken {
            chosen.push((reason.offer, provider));
        }
    }
    for reason in reasons.iter().filter(|reason| reason.refused_for.is_none()) {
        if chosen.len() < slots + standbys && chosen.iter().all(|(offer, _)| *offer != reason.offer) {
            chosen.push((reason.offer, provider_of(stage, reason.offer)?));
        }
    }
    anyhow::ensure!(chosen.len() == slots + standbys, "no {slots} and {standbys} offers serve the job: {reasons:?}");
    Ok(chosen.into_iter().map(|(offer, _)| offer).collect())
}

/// What each offer answers to the request, cheapest first.
async fn reasons(stage: &Stage, deal: DealId) -> Result<Vec<Reason>> {
    let mut offers = stage.offers.clone();
    offers.sort_by_key(|(_, provider)| provider.price);
    let offers: Vec<OfferId> = offers.into_iter().map(|(offer, _)| offer).collect();
    customer::reasons(stage.party(cast::KEEPER)?, deal, &offers).await
}

pub(super) fn provider_of(stage: &Stage, offer: OfferId) -> Result<&'static cast::Provider> {
    let found = stage.offers.iter().find(|(known, _)| *known == offer);
    found.map(|(_, provider)| *provider).with_context(|| format!("nobody in the story has the offer {offer}"))
}

/// Pays into a deal's escrow.
pub(super) async fn fund(stage: &mut Stage, job: &Job, amount: u128) -> Result<Usd> {
    let context = stage.party(job.customer)?.clone();
    let funded = customer::fund(&context, job.deal, amount).await?;
    stage.paid.add(funded.amount);
    Ok(funded.amount)
}
