//! Finds who serves a deal best, says why, and proposes it.

mod market;
mod runner;
mod shown;

pub use runner::{Counts, Options, Runner};
pub use shown::{Left, Placed, Solution};

use anyhow::Result;
use matching::{Answer, solve};

use crate::chain::Context;
use crate::ids::DealId;

/// Sets that a search looks at before it answers with a bound instead of a proof: some seconds at the worst.
pub const NODES: u64 = 200_000;

/// The best set for the places of a deal that wait, from the chain's own views.
pub async fn find(context: &Context, deal: DealId, nodes: u64) -> Result<Solution> {
    let question = market::read(context, deal).await?;
    let answer = answer(&question, nodes).await?;
    Ok(Solution::of(context, &question, &answer))
}

/// A search keeps a core busy, so that it gets a thread of its own.
async fn answer(question: &market::Question, nodes: u64) -> Result<Answer> {
    let (market, request) = (question.market.clone(), question.request.clone());
    Ok(tokio::task::spawn_blocking(move || solve(&market, &request, nodes)).await?)
}
