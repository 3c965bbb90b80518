//! Reports to `Faults`: statements of a quorum, gathered from the probers that were drawn.

use std::time::Duration;

use anyhow::Result;
use contracts::{IFaults, IProbers};
use futures::StreamExt as _;
use serde::Serialize;

use super::board::gather;
use super::draws::Draws;
use super::quorum::{Claim, ON_THE_WAY, Rules, choose, report};
use super::roll::Roll;
use super::statement::{Target, domain};
use crate::census::{Census, SERVING};
use crate::chain::Context;
use crate::customer::STANDBY;
use crate::failures::Failures;
use crate::workload::Client;

/// How long a prober may take to show its statements.
const WITHIN: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answered {
    #[serde(flatten)]
    pub target: Target,
    /// Probers whose statements say that it is up; zero: too few do, and nothing was sent.
    pub signers: usize,
}

/// For a provider: asks the probers about everything of its that is flagged or counts as down, and reports what they see up.
pub async fn answer(context: &Context) -> Result<Vec<Answered>> {
    let (provider, faults, head) = (context.account()?, context.at().faults, context.head().await?);
    let (mut census, mut failures, mut roll) = (Census::default(), Failures::default(), Roll::default());
    census.look(context, head).await?;
    failures.read(context, head).await?;
    roll.read(context, head).await?;
    let rules = context.view(context.at().probers, IProbers::rulesCall {}).await?;
    let record = context.view(faults, IFaults::recordOfCall { provider }).await?;
    let client = Client::new(WITHIN)?;
    let mut asked: Vec<(Target, u64)> = Vec::new();
    for seen in census.deals() {
        for (slot, place) in &seen.places {
            if place.provider != provider || place.status != SERVING || *slot >= STANDBY {
                continue;
            }
            let flag = context.view(faults, IFaults::flagOfCall { deal: seen.id.0, slot: *slot }).await?;
            if flag.state > 0 || !record.downSince.is_zero() {
                let target = Target { deal: seen.id, slot: *slot, serving: place.serving };
                asked.push((target, flag.since.max(record.downSince).to()));
            }
        }
    }
    if !record.downSince.is_zero() {
        asked.extend(failures.of(provider).map(|target| (target, record.downSince.to())));
    }
    let (mut draws, mut answered) = (Draws::default(), Vec::new());
    draws.look(context, head).await?;
    let rules = Rules { quorum: rules.quorum.into(), time: head.time, reserve: ON_THE_WAY };
    for (target, after) in asked {
        draws.learn(context, head, target.deal).await?;
        let endpoints = roll.endpoints(&draws.all(target.deal));
        let said = gather(&client, domain(context), target, &endpoints).collect::<Vec<_>>().await.concat();
        let claim = Claim { target, is_up: true, from: after + 1 };
        let words = choose(&said, claim, &draws, &roll, rules).unwrap_or_default();
        if !words.is_empty() {
            context.send(faults, report(claim, &words)).await?;
        }
        answered.push(Answered { target, signers: words.len() });
    }
    Ok(answered)
}
