//! Who is drawn for which deal on which day, as `Probers` says.

use std::collections::BTreeMap;

use alloy::eips::BlockId;
use alloy::primitives::{Address, B256};
use anyhow::Result;
use contracts::IProbers;

use super::statement::STATEMENT_AGE;
use crate::blocks::Head;
use crate::chain::Context;
use crate::ids::DealId;
use crate::time::DAY;

pub fn day_of(time: u64) -> u32 {
    u32::try_from(time / DAY).unwrap_or(u32::MAX)
}

/// Draws of days whose statements can still be fresh.
///
/// Invariants:
/// 1. Every draw was made with the seed that its day had at the last look.
#[derive(Debug, Default)]
pub struct Draws {
    seeds: BTreeMap<u32, B256>,
    drawn: BTreeMap<(u32, DealId), Vec<Address>>,
}

impl Draws {
    /// Looks whether today is open, and yesterday as long as its statements count.
    pub async fn look(&mut self, context: &Context, head: Head) -> Result<()> {
        let mut seeds = BTreeMap::new();
        for day in [day_of(head.time.saturating_sub(STATEMENT_AGE)), day_of(head.time)] {
            let call = IProbers::dayOfCall { day };
            let seed = context.view_at(BlockId::number(head.number), context.at().probers, call).await?.seed;
            if !seed.is_zero() {
                seeds.insert(day, seed);
            }
        }
        self.drawn.retain(|(day, _), _| self.seeds.get(day) == seeds.get(day) && seeds.contains_key(day));
        self.seeds = seeds;
        Ok(())
    }

    pub fn is_open(&self, day: u32) -> bool {
        self.seeds.contains_key(&day)
    }

    pub fn days(&self) -> impl Iterator<Item = u32> {
        self.seeds.keys().copied()
    }

    /// Asks for what is not known yet.
    pub async fn learn(&mut self, context: &Context, head: Head, deal: DealId) -> Result<()> {
        let unknown: Vec<u32> = self.days().filter(|day| !self.drawn.contains_key(&(*day, deal))).collect();
        for day in unknown {
            let call = IProbers::drawOfCall { deal: deal.0, day };
            let drawn = context.view_at(BlockId::number(head.number), context.at().probers, call).await?;
            self.drawn.insert((day, deal), drawn);
        }
        Ok(())
    }

    /// In the order of the draw; nobody: it is not known.
    pub fn of(&self, day: u32, deal: DealId) -> &[Address] {
        self.drawn.get(&(day, deal)).map_or(&[], Vec::as_slice)
    }

    /// Everybody whose statements can count.
    pub fn all(&self, deal: DealId) -> Vec<Address> {
        self.days().flat_map(|day| self.of(day, deal).to_vec()).collect()
    }

    #[cfg(test)]
    pub(super) fn known(day: u32, deal: DealId, drawn: Vec<Address>) -> Self {
        let seeds = BTreeMap::from([(day, B256::repeat_byte(1))]);
        Self { seeds, drawn: BTreeMap::from([((day, deal), drawn)]) }
    }
}
