//! What anyone may call to keep capacity going: windows, draws, credit, payment, pools, and what is overdue.

use alloy::primitives::{Address, B256};
use anyhow::Result;
use contracts::i_capacity::ICapacity;
use contracts::{Capacity, Rewards};
use serde::Serialize;

use crate::amount::{Flt, price, whole};
use crate::chain::Context;
use crate::commitment::{claim, day};
use crate::ids::{CommitmentId, DealId};
use crate::time::maybe_timestamp;

/// Credit is counted in millionths of a unit and epoch.
pub const CREDIT_DECIMALS: u8 = 6;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Opened {
    pub window: u32,
    pub seed: B256,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Drawn {
    pub commitment: CommitmentId,
    pub window: u32,
    /// Until when the audited leaf is due; none: not audited.
    pub answer_by: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Credited {
    pub commitment: CommitmentId,
    pub epoch: String,
    pub filled: u64,
    pub windows_opened: u8,
    /// Units that were there all day.
    pub credit: String,
    pub bonus: String,
    pub poor_epochs: u8,
    pub not_credited_for: Option<&'static str>,
    pub earned: Flt,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Paid {
    pub commitment: CommitmentId,
    pub provider: Address,
    pub to_stakers: Flt,
    pub to_provider: Flt,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Adjusted {
    pub class: u8,
    pub next_pool: Flt,
    pub credited_units: String,
    /// None: it was stale, and the pool stays.
    pub flt_usd: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Swept {
    pub class: u8,
    pub epoch: u32,
    pub amount: Flt,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Excused {
    pub commitment: CommitmentId,
    pub epoch: u32,
    pub deal: DealId,
    pub slot: u8,
    pub credit: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Convicted {
    pub commitment: CommitmentId,
    pub provider: Address,
    pub window: u32,
    pub reason: &'static str,
    pub slashed: Flt,
    pub forfeited: Flt,
    pub reporter: Address,
    pub bounty: Flt,
}

/// Fixes the seed of the running window.
pub async fn open_window(context: &Context) -> Result<Opened> {
    let opened: Capacity::WindowOpened =
        context.send(context.at().capacity, Capacity::openWindowCall {}).await?.event()?;
    Ok(Opened { window: opened.window, seed: opened.seed })
}

/// Counts a claim, and with a chance of 1/16 asks for one of its leaves.
pub async fn draw(context: &Context, commitment: CommitmentId, window: u32) -> Result<Drawn> {
    let call = ICapacity::drawCall { commitment: commitment.0, claim: claim(context, commitment, window).await? };
    let drawn: Capacity::WindowDrawn = context.send(context.at().capacity, call).await?.event()?;
    Ok(Drawn { commitment, window, answer_by: maybe_timestamp(drawn.deadline.to()) })
}

/// Credits the next epoch of a commitment, and pays the one before.
pub async fn credit(context: &Context, commitment: CommitmentId) -> Result<Credited> {
    let capacity = context.at().capacity;
    let next = context.view(capacity, Capacity::commitmentOfCall { commitment: commitment.0 }).await?.nextEpoch;
    let call = Capacity::creditCall { commitment: commitment.0, epoch: next };
    let sent = context.send(capacity, call).await?;
    let fact: Capacity::EpochCredited = sent.event()?;
    let earned: u128 = sent.events::<Rewards::RewardEarned>().iter().map(|fact| fact.earned).sum();
    Ok(Credited {
        commitment,
        epoch: day(next),
        filled: fact.filled,
        windows_opened: fact.opened,
        credit: whole(fact.credit.into(), CREDIT_DECIMALS),
        bonus: whole(fact.bonus.into(), CREDIT_DECIMALS),
        poor_epochs: fact.poorEpochs,
        not_credited_for: match fact.reason {
            0 => None,
            1 => Some("more was filled than counts"),
            2 => Some("under half of what was possible"),
            _ => Some("unknown"),
        },
        earned: Flt(earned),
    })
}

/// Pays what was credited a day ago to the provider and its stakers.
pub async fn release_reward(context: &Context, commitment: CommitmentId) -> Result<Paid> {
    let call = Capacity::releaseCall { commitment: commitment.0 };
    let paid: Rewards::RewardReleased = context.send(context.at().capacity, call).await?.event()?;
    Ok(Paid { commitment, provider: paid.provider, to_stakers: Flt(paid.toStakers), to_provider: Flt(paid.toProvider) })
}

/// Resizes the next epoch's pool by the price of now.
pub async fn adjust(context: &Context, class: u8) -> Result<Adjusted> {
    let sent = context.send(context.at().rewards, Rewards::adjustCall { class }).await?;
    let adjusted: Rewards::PoolAdjusted = sent.event()?;
    Ok(Adjusted {
        class,
        next_pool: Flt(adjusted.next),
        credited_units: whole(adjusted.units.into(), CREDIT_DECIMALS),
        flt_usd: (adjusted.price > 0).then(|| price(adjusted.price)),
    })
}

/// What nobody earned of an epoch's pool returns to the funds.
pub async fn sweep(context: &Context, class: u8, epoch: u32) -> Result<Swept> {
    let sent = context.send(context.at().rewards, Rewards::sweepCall { class, epoch }).await?;
    let swept: Rewards::PoolSwept = sent.event()?;
    Ok(Swept { class, epoch, amount: Flt(swept.amount) })
}

/// Units that served a deal of an attested customer need not have proved.
pub async fn excuse(
    context: &Context,
    commitment: CommitmentId,
    epoch: u32,
    deal: DealId,
    slot: u8,
) -> Result<Excused> {
    let call = Capacity::excuseCall { commitment: commitment.0, epoch, deal: deal.0, slot };
    let excused: Capacity::WorkExcused = context.send(context.at().capacity, call).await?.event()?;
    Ok(Excused { commitment, epoch, deal, slot, credit: whole(excused.credit.into(), CREDIT_DECIMALS) })
}

/// Convicts a commitment whose audited leaf, or whose demanded leaf at `position`, is overdue. None: another leaf had convicted it,
/// and only the deposit of the demand went back.
pub async fn convict_overdue(
    context: &Context,
    commitment: CommitmentId,
    window: u32,
    position: Option<u32>,
) -> Result<Option<Convicted>> {
    let (capacity, commitment) = (context.at().capacity, commitment.0);
    let sent = match position {
        Some(position) => {
            context.send(capacity, Capacity::convictUndeliveredCall { commitment, window, position }).await?
        }
        None => context.send(capacity, Capacity::convictUnansweredCall { commitment, window }).await?,
    };
    Ok(sent.events().first().map(convicted))
}

fn convicted(fact: &Capacity::CommitmentConvicted) -> Convicted {
    Convicted {
        commitment: CommitmentId(fact.commitment),
        provider: fact.provider,
        window: fact.window,
        reason: match fact.reason {
            1 => "no such solution",
            2 => "the hash misses the target",
            3 => "an empty leaf",
            4 => "audit unanswered",
            5 => "demand unanswered",
            _ => "unknown",
        },
        slashed: Flt(fact.slashed),
        forfeited: Flt(fact.forfeited),
        reporter: fact.reporter,
        bounty: Flt(fact.bountyUnpaid + fact.bountyStake),
    }
}
