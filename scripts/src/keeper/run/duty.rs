//! What a keeper does, one word each, and what is due of it.

use std::fmt;

use alloy::primitives::{Address, Bytes};
use alloy::sol_types::SolCall;
use clap::ValueEnum;
use serde::{Serialize, Serializer};

use super::Sight;
use super::{allocation, capacity, faults, market, money, stake};

/// In the order in which they are done: what somebody waits for or loses by comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum)]
pub enum Duty {
    /// Take a slot from a provider that did not answer within the grace
    Failover,
    /// Fix the seed of the running window
    OpenWindow,
    /// Fix who can be drawn as prober today
    OpenDay,
    /// Free what is locked for a provider that did not say that it is ready
    Decline,
    /// Start the best proposal of a request whose window is over
    Activate,
    /// Read the price sources
    Observe,
    /// Open the next term of a slot that is paid for
    Renew,
    /// Call for margin where health is too low
    MarginCall,
    /// End a margin call where health suffices again
    Cure,
    /// End or pass on a slot that is over
    Close,
    /// Slash what was not appealed, dismiss what was not decided
    ExecuteFault,
    /// Propose to slash what a failure costs; who proposes is its reporter
    ProposeFault,
    /// Count a claim that its provider did not draw
    Draw,
    /// Credit an epoch of a commitment
    Credit,
    /// Pay the last rewards of a commitment
    Reward,
    /// Resize the next epoch's pool
    Adjust,
    /// Move what was earned out of escrows, and credit it
    Settle,
    /// Credit what an ended serving was held back
    ReleaseServing,
    /// Push the stakers' part of revenue to its stakers
    PayStakers,
    /// Push stakers' rewards that `Staking` would not take before
    PayRewards,
    /// Count served time whose fee is burned
    RecordServed,
    /// Collect the fees that deals owe, to be sold for FLT
    CollectFees,
    /// Note which part of a place's fee is to be burned
    RecordFee,
    /// Reward a fee that was noted and is sold
    RewardFee,
    /// Release the lock of a slot that ended before its term
    ReleaseLock,
    /// Release a lock that has ended
    Release,
    /// Fix the claims of matured exits
    Crystallise,
    /// Pay the parties of a slash after its quarantine
    PayQuarantine,
    /// Burn what was slashed, after its quarantine
    BurnSlashed,
    /// Send an unlocked provider's orphan reserve to the treasury
    SweepOrphan,
    /// Return what nobody earned of an epoch's pool to the funds
    SweepPool,
}

impl Duty {
    /// Somebody is not served, or a window counts for nobody, as long as it is not done.
    pub fn is_urgent(self) -> bool {
        matches!(self, Self::Failover | Self::OpenWindow | Self::OpenDay)
    }

    /// It opens or enlarges a lock at a price.
    pub(super) fn is_grant(self) -> bool {
        matches!(self, Self::Activate | Self::Renew)
    }

    /// Done again it does nothing, without being refused.
    pub(super) fn is_repeatable(self) -> bool {
        matches!(self, Self::Crystallise | Self::Adjust)
    }

    fn due(self, sight: &Sight<'_>) -> Vec<Due> {
        match self {
            Self::Failover => faults::failovers(sight),
            Self::ExecuteFault => faults::executions(sight),
            Self::ProposeFault => faults::proposals(sight),
            Self::RecordServed => faults::records(sight),
            Self::OpenWindow => capacity::window(sight),
            Self::OpenDay => capacity::day(sight),
            Self::Draw => capacity::draws(sight),
            Self::Credit => capacity::credits(sight),
            Self::Reward => capacity::rewards(sight),
            Self::Adjust => capacity::adjustments(sight),
            Self::SweepPool => capacity::sweeps(sight),
            Self::Decline => market::declines(sight),
            Self::Activate => allocation::activations(sight),
            Self::Renew => market::renewals(sight),
            Self::MarginCall => market::margin_calls(sight),
            Self::Cure => market::cures(sight),
            Self::Close => market::closes(sight),
            Self::ReleaseLock => market::lock_releases(sight),
            Self::ReleaseServing => market::serving_releases(sight),
            Self::Observe => money::observation(sight),
            Self::Settle => money::settlements(sight),
            Self::PayStakers => money::stakers(sight),
            Self::PayRewards => money::stakers_rewards(sight),
            Self::CollectFees => money::fees(sight),
            Self::RecordFee => money::fee_records(sight),
            Self::RewardFee => money::fee_rewards(sight),
            Self::Release => stake::releases(sight),
            Self::Crystallise => stake::exits(sight),
            Self::PayQuarantine => stake::quarantines(sight),
            Self::BurnSlashed => stake::burns(sight),
            Self::SweepOrphan => stake::orphans(sight),
        }
    }
}

impl fmt::Display for Duty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_possible_value().expect("no duty is skipped").get_name())
    }
}

impl Serialize for Duty {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Something to be done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub duty: Duty,
    /// What it is done to; with the duty it names the act.
    pub what: String,
    pub step: Step,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Call {
        to: Address,
        call: Bytes,
    },
    /// It is time, and something else is missing.
    Wait {
        why: String,
    },
}

impl Due {
    pub(super) fn call(duty: Duty, what: impl fmt::Display, to: Address, call: impl SolCall) -> Self {
        Self { duty, what: what.to_string(), step: Step::Call { to, call: call.abi_encode().into() } }
    }

    pub(super) fn wait(duty: Duty, what: impl fmt::Display, why: impl fmt::Display) -> Self {
        Self { duty, what: what.to_string(), step: Step::Wait { why: why.to_string() } }
    }

    pub(super) fn is_call(&self) -> bool {
        matches!(self.step, Step::Call { .. })
    }

    pub(super) fn name(&self) -> String {
        format!("{} {}", self.duty, self.what)
    }
}

/// All that is due, in order.
pub(super) fn due(sight: &Sight<'_>, is_wanted: impl Fn(Duty) -> bool) -> Vec<Due> {
    let duties = Duty::value_variants().iter().filter(|duty| is_wanted(**duty));
    duties.flat_map(|duty| duty.due(sight)).collect()
}
