//! Rows of the facts of Rewards.

use contracts::IRewards::{self as abi, IRewardsEvents as Events};

use crate::copy::{Batch, CopyRow, Fact, Place};

/// Adds the row of an event; every event has an arm.
pub(crate) fn write(event: &Events, place: Place, batch: &mut Batch) {
    match event {
        Events::RewardsFunded(fact) => batch.push(place, fact),
        Events::PoolSet(fact) => batch.push(place, fact),
        Events::BonusSet(fact) => batch.push(place, fact),
        Events::PoolOpened(fact) => batch.push(place, fact),
        Events::PoolAdjusted(fact) => batch.push(place, fact),
        Events::RewardEarned(fact) => batch.push(place, fact),
        Events::RewardReleased(fact) => batch.push(place, fact),
        Events::RewardForfeited(fact) => batch.push(place, fact),
        Events::PoolSwept(fact) => batch.push(place, fact),
        Events::FeeRecorded(fact) => batch.push(place, fact),
        Events::FeeRewarded(fact) => batch.push(place, fact),
        Events::DemandSpent(fact) => batch.push(place, fact),
        Events::RewardCredited(fact) => batch.push(place, fact),
        Events::StakersRewarded(fact) => batch.push(place, fact),
        Events::RewardPaid(fact) => batch.push(place, fact),
    }
}

impl Fact for abi::RewardsFunded {
    const TABLE: &str = "rewards_funded";
    const COLUMNS: &[&str] = &["payer", "amount", "funds"];

    fn write(&self, row: &mut CopyRow) {
        let Self { payer, amount, funds } = self;
        row.address(*payer).amount(*amount).amount(*funds);
    }
}

impl Fact for abi::PoolSet {
    const TABLE: &str = "pool_set";
    const COLUMNS: &[&str] = &["class", "target", "minimum", "maximum"];

    fn write(&self, row: &mut CopyRow) {
        let Self { class, target, minimum, maximum } = self;
        row.small(*class).amount(*target).amount(*minimum).amount(*maximum);
    }
}

impl Fact for abi::BonusSet {
    const TABLE: &str = "bonus_set";
    const COLUMNS: &[&str] = &["bonus_bps", "kappa_bps"];

    fn write(&self, row: &mut CopyRow) {
        let Self { bonusBps, kappaBps } = self;
        row.small(*bonusBps).small(*kappaBps);
    }
}

impl Fact for abi::PoolOpened {
    const TABLE: &str = "pool_opened";
    const COLUMNS: &[&str] = &["class", "epoch", "amount", "wanted", "funds"];

    fn write(&self, row: &mut CopyRow) {
        let Self { class, epoch, amount, wanted, funds } = self;
        row.small(*class).int(*epoch).amount(*amount).amount(*wanted).amount(*funds);
    }
}

impl Fact for abi::PoolAdjusted {
    const TABLE: &str = "pool_adjusted";
    const COLUMNS: &[&str] = &["class", "epoch", "next", "units", "price"];

    fn write(&self, row: &mut CopyRow) {
        let Self { class, epoch, next, units, price } = self;
        row.small(*class).int(*epoch).amount(*next).int(*units).amount(*price);
    }
}

impl Fact for abi::RewardEarned {
    const TABLE: &str = "reward_earned";
    const COLUMNS: &[&str] = &["commitment", "provider", "class", "epoch", "earned", "unearned", "reason", "due_at"];

    fn write(&self, row: &mut CopyRow) {
        let Self { commitment, provider, class, epoch, earned, unearned, reason, dueAt } = self;
        row.int(*commitment)
            .address(*provider)
            .small(*class)
            .int(*epoch)
            .amount(*earned)
            .amount(*unearned)
            .small(*reason)
            .time(*dueAt);
    }
}

impl Fact for abi::RewardReleased {
    const TABLE: &str = "reward_released";
    const COLUMNS: &[&str] = &["commitment", "provider", "to_stakers", "to_provider"];

    fn write(&self, row: &mut CopyRow) {
        let Self { commitment, provider, toStakers, toProvider } = self;
        row.int(*commitment).address(*provider).amount(*toStakers).amount(*toProvider);
    }
}

impl Fact for abi::RewardForfeited {
    const TABLE: &str = "reward_forfeited";
    const COLUMNS: &[&str] = &["commitment", "reporter", "amount", "bounty"];

    fn write(&self, row: &mut CopyRow) {
        let Self { commitment, reporter, amount, bounty } = self;
        row.int(*commitment).address(*reporter).amount(*amount).amount(*bounty);
    }
}

impl Fact for abi::PoolSwept {
    const TABLE: &str = "pool_swept";
    const COLUMNS: &[&str] = &["class", "epoch", "amount", "funds"];

    fn write(&self, row: &mut CopyRow) {
        let Self { class, epoch, amount, funds } = self;
        row.small(*class).int(*epoch).amount(*amount).amount(*funds);
    }
}

impl Fact for abi::FeeRecorded {
    const TABLE: &str = "fee_recorded";
    const COLUMNS: &[&str] = &["deal", "slot", "provider", "amount", "up_to"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, provider, amount, upTo } = self;
        row.int(*deal).small(*slot).address(*provider).amount(*amount).amount(*upTo);
    }
}

impl Fact for abi::FeeRewarded {
    const TABLE: &str = "fee_rewarded";
    const COLUMNS: &[&str] = &["deal", "slot", "provider", "fee", "amount", "price"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, provider, fee, amount, price } = self;
        row.int(*deal).small(*slot).address(*provider).amount(*fee).amount(*amount).amount(*price);
    }
}

impl Fact for abi::DemandSpent {
    const TABLE: &str = "demand_spent";
    const COLUMNS: &[&str] = &["deal", "slot", "epoch", "attester", "credit"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, epoch, attester, credit } = self;
        row.int(*deal).small(*slot).int(*epoch).address(*attester).int(*credit);
    }
}

impl Fact for abi::RewardCredited {
    const TABLE: &str = "reward_credited";
    const COLUMNS: &[&str] = &["account", "amount", "credit"];

    fn write(&self, row: &mut CopyRow) {
        let Self { account, amount, credit } = self;
        row.address(*account).amount(*amount).amount(*credit);
    }
}

impl Fact for abi::StakersRewarded {
    const TABLE: &str = "stakers_rewarded";
    const COLUMNS: &[&str] = &["provider", "amount", "waiting"];

    fn write(&self, row: &mut CopyRow) {
        let Self { provider, amount, waiting } = self;
        row.address(*provider).amount(*amount).amount(*waiting);
    }
}

impl Fact for abi::RewardPaid {
    const TABLE: &str = "reward_paid";
    const COLUMNS: &[&str] = &["account", "amount", "recipient"];

    fn write(&self, row: &mut CopyRow) {
        let Self { account, amount, recipient } = self;
        row.address(*account).amount(*amount).address(*recipient);
    }
}
