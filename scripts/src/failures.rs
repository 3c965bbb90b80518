//! Servings that `Faults` took from their providers, read from its events.

use std::collections::BTreeMap;

use alloy::primitives::Address;
use alloy::rpc::types::{Filter, Log};
use alloy::sol_types::SolEvent as _;
use anyhow::{Context as _, Result};
use contracts::IFaults;

use crate::blocks::{Head, UNSETTLED_BLOCKS};
use crate::chain::Context;
use crate::ids::DealId;
use crate::prober::statement::Target;

/// A provider counts as down for at most this long after a failure.
const DOWN_MAX: u64 = 30 * crate::time::DAY;

/// Invariants:
/// 1. What is here was told by a block that was on the chain at the last look.
#[derive(Debug, Default)]
pub struct Failures {
    /// With the block of each, in which it is removed when it may have been replaced.
    failed: BTreeMap<Target, (u64, Address)>,
    read_to: Option<u64>,
}

impl Failures {
    /// Servings that this provider lost.
    pub fn of(&self, provider: Address) -> impl Iterator<Item = Target> {
        self.all().filter(move |(_, failed)| *failed == provider).map(|(target, _)| target)
    }

    pub fn all(&self) -> impl Iterator<Item = (Target, Address)> {
        self.failed.iter().map(|(target, (_, provider))| (*target, *provider))
    }

    pub async fn read(&mut self, context: &Context, head: Head) -> Result<()> {
        let from = match self.read_to {
            Some(read) => (read + 1).saturating_sub(UNSETTLED_BLOCKS),
            None => context.block_at_time(head.time.saturating_sub(DOWN_MAX), head).await?,
        };
        let from = from.min(head.number);
        let filter = Filter::new().address(context.at().faults).event_signature(IFaults::FailedOver::SIGNATURE_HASH);
        let logs = context.logs_between(&filter, from, head.number).await?;
        self.failed.retain(|_, (block, _)| *block < from);
        for log in &logs {
            self.note(log)?;
        }
        self.read_to = Some(head.number);
        Ok(())
    }

    fn note(&mut self, log: &Log) -> Result<()> {
        let block = log.block_number.context("a log that is mined has a block")?;
        let event = IFaults::FailedOver::decode_log(&log.inner)?.data;
        let target = Target { deal: DealId(event.deal), slot: event.slot, serving: event.serving };
        self.failed.insert(target, (block, event.provider));
        Ok(())
    }
}
