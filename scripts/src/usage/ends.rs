//! When servings end: what was used later is not paid.

use alloy::primitives::Address;
use anyhow::Result;
use contracts::Deals;

use crate::census::{ENDED, SERVING};
use crate::chain::Context;
use crate::prober::statement::Target;
use crate::revert::is_refused;

/// Seconds after the end of a serving within which its vouchers are redeemed, as in `Deals`.
pub const REDEMPTION: u64 = crate::time::DAY;

/// When servings end, as the chain says.
pub trait Ends: Send + Sync {
    /// When it ends or ended, as far as is known now; none: there is no such serving.
    fn end_of(&self, target: Target) -> impl Future<Output = Result<Option<u64>>> + Send;
}

impl Ends for Context {
    async fn end_of(&self, target: Target) -> Result<Option<u64>> {
        let Target { deal, slot, serving } = target;
        let deals = self.at().deals;
        let place = self.view(deals, Deals::slotOfCall { deal: deal.0, slot }).await?;
        // A slot that nobody serves keeps the number of who did.
        let is_there = place.serving == serving && place.provider != Address::ZERO;
        if is_there && [SERVING, ENDED].contains(&place.status) {
            return Ok(Some(place.endsAt.to()));
        }
        match self.view(deals, Deals::servingOfCall { deal: deal.0, slot, serving }).await {
            Ok(past) => Ok(Some(past.endedAt.to())),
            Err(error) if is_refused(&error, "ServingUnknown") => Ok(None),
            Err(error) => Err(error),
        }
    }
}
