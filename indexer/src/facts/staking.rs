//! Rows of the facts of Staking.

use contracts::IStaking::{self as abi, IStakingEvents as Events};

use crate::copy::{Batch, CopyRow, Fact, Place};

/// Adds the row of an event; every event has an arm.
pub(crate) fn write(event: &Events, place: Place, batch: &mut Batch) {
    match event {
        Events::TermsSet(fact) => batch.push(place, fact),
        Events::TermsScheduled(fact) => batch.push(place, fact),
        Events::KeySet(fact) => batch.push(place, fact),
        Events::PayeeSet(fact) => batch.push(place, fact),
        Events::Staked(fact) => batch.push(place, fact),
        Events::ExitStarted(fact) => batch.push(place, fact),
        Events::ExitCancelled(fact) => batch.push(place, fact),
        Events::Crystallised(fact) => batch.push(place, fact),
        Events::Withdrawn(fact) => batch.push(place, fact),
        Events::RedelegationNamed(fact) => batch.push(place, fact),
        Events::Redelegated(fact) => batch.push(place, fact),
        Events::TrancheChanged(fact) => batch.push(place, fact),
        Events::ThawChanged(fact) => batch.push(place, fact),
        Events::OrphanChanged(fact) => batch.push(place, fact),
        Events::OrphanSwept(fact) => batch.push(place, fact),
        Events::LockGranted(fact) => batch.push(place, fact),
        Events::LockRegranted(fact) => batch.push(place, fact),
        Events::LockReleased(fact) => batch.push(place, fact),
        Events::Slashed(fact) => batch.push(place, fact),
        Events::ShortfallSet(fact) => batch.push(place, fact),
        Events::BurnQueued(fact) => batch.push(place, fact),
        Events::SlashBurned(fact) => batch.push(place, fact),
        Events::QuarantineOpened(fact) => batch.push(place, fact),
        Events::QuarantinePaid(fact) => batch.push(place, fact),
        Events::QuarantineCancelled(fact) => batch.push(place, fact),
        Events::RewardAdded(fact) => batch.push(place, fact),
        Events::DripChanged(fact) => batch.push(place, fact),
        Events::IndexChanged(fact) => batch.push(place, fact),
        Events::RewardSettled(fact) => batch.push(place, fact),
        Events::RewardClaimed(fact) => batch.push(place, fact),
        Events::ModuleScheduled(fact) => batch.push(place, fact),
        Events::ModuleRemoved(fact) => batch.push(place, fact),
        Events::StakingPaused(fact) => batch.push(place, fact),
        Events::GuardianSet(fact) => batch.push(place, fact),
        Events::CouncilSet(fact) => batch.push(place, fact),
    }
}

impl Fact for abi::TermsSet {
    const TABLE: &str = "terms_set";
    const COLUMNS: &[&str] =
        &["provider", "first_loss_bps", "reward_share_bps", "revenue_share_bps", "drip_days", "delegation_cap"];

    fn write(&self, row: &mut CopyRow) {
        let Self { provider, firstLossBps, rewardShareBps, revenueShareBps, dripDays, delegationCap } = self;
        row.address(*provider)
            .small(*firstLossBps)
            .small(*rewardShareBps)
            .small(*revenueShareBps)
            .small(*dripDays)
            .amount(*delegationCap);
    }
}

impl Fact for abi::TermsScheduled {
    const TABLE: &str = "terms_scheduled";
    const COLUMNS: &[&str] =
        &["provider", "first_loss_bps", "reward_share_bps", "revenue_share_bps", "drip_days", "effective_at"];

    fn write(&self, row: &mut CopyRow) {
        let Self { provider, firstLossBps, rewardShareBps, revenueShareBps, dripDays, effectiveAt } = self;
        row.address(*provider)
            .small(*firstLossBps)
            .small(*rewardShareBps)
            .small(*revenueShareBps)
            .small(*dripDays)
            .time(*effectiveAt);
    }
}

impl Fact for abi::KeySet {
    const TABLE: &str = "key_set";
    const COLUMNS: &[&str] = &["account", "key", "roles", "expiry"];

    fn write(&self, row: &mut CopyRow) {
        let Self { account, key, roles, expiry } = self;
        row.address(*account).address(*key).int(*roles).time(*expiry);
    }
}

impl Fact for abi::PayeeSet {
    const TABLE: &str = "payee_set";
    const COLUMNS: &[&str] = &["account", "payee", "active_at"];

    fn write(&self, row: &mut CopyRow) {
        let Self { account, payee, activeAt } = self;
        row.address(*account).address(*payee).time(*activeAt);
    }
}

impl Fact for abi::Staked {
    const TABLE: &str = "staked";
    const COLUMNS: &[&str] = &["provider", "account", "generation", "amount", "shares"];

    fn write(&self, row: &mut CopyRow) {
        let Self { provider, account, generation, amount, shares } = self;
        row.address(*provider).address(*account).int(*generation).amount(*amount).amount(*shares);
    }
}

impl Fact for abi::ExitStarted {
    const TABLE: &str = "exit_started";
    const COLUMNS: &[&str] = &["provider", "account", "day", "amount", "shares", "thaw_generation", "units"];

    fn write(&self, row: &mut CopyRow) {
        let Self { provider, account, day, amount, shares, thawGeneration, units } = self;
        row.address(*provider)
            .address(*account)
            .int(*day)
            .amount(*amount)
            .amount(*shares)
            .int(*thawGeneration)
            .amount(*units);
    }
}

impl Fact for abi::ExitCancelled {
    const TABLE: &str = "exit_cancelled";
    const COLUMNS: &[&str] = &["provider", "account", "day", "units", "amount", "generation", "shares"];

    fn write(&self, row: &mut CopyRow) {
        let Self { provider, account, day, units, amount, generation, shares } = self;
        row.address(*provider)
            .address(*account)
            .int(*day)
            .amount(*units)
            .amount(*amount)
            .int(*generation)
            .amount(*shares);
    }
}

impl Fact for abi::Crystallised {
    const TABLE: &str = "crystallised";
    const COLUMNS: &[&str] = &["provider", "is_own", "day", "thaw_generation", "units", "amount"];

    fn write(&self, row: &mut CopyRow) {
        let Self { provider, isOwn, day, thawGeneration, units, amount } = self;
        row.address(*provider).flag(*isOwn).int(*day).int(*thawGeneration).amount(*units).amount(*amount);
    }
}

impl Fact for abi::Withdrawn {
    const TABLE: &str = "withdrawn";
    const COLUMNS: &[&str] = &["provider", "account", "day", "units", "amount", "recipient"];

    fn write(&self, row: &mut CopyRow) {
        let Self { provider, account, day, units, amount, recipient } = self;
        row.address(*provider).address(*account).int(*day).amount(*units).amount(*amount).address(*recipient);
    }
}

impl Fact for abi::RedelegationNamed {
    const TABLE: &str = "redelegation_named";
    const COLUMNS: &[&str] = &["provider", "account", "day", "target"];

    fn write(&self, row: &mut CopyRow) {
        let Self { provider, account, day, target } = self;
        row.address(*provider).address(*account).int(*day).address(*target);
    }
}

impl Fact for abi::Redelegated {
    const TABLE: &str = "redelegated";
    const COLUMNS: &[&str] = &["provider", "account", "day", "target", "units", "amount"];

    fn write(&self, row: &mut CopyRow) {
        let Self { provider, account, day, target, units, amount } = self;
        row.address(*provider).address(*account).int(*day).address(*target).amount(*units).amount(*amount);
    }
}

impl Fact for abi::TrancheChanged {
    const TABLE: &str = "tranche_changed";
    const COLUMNS: &[&str] = &["provider", "is_own", "generation", "active", "shares"];

    fn write(&self, row: &mut CopyRow) {
        let Self { provider, isOwn, generation, active, shares } = self;
        row.address(*provider).flag(*isOwn).int(*generation).amount(*active).amount(*shares);
    }
}

impl Fact for abi::ThawChanged {
    const TABLE: &str = "thaw_changed";
    const COLUMNS: &[&str] = &["provider", "is_own", "generation", "thawing", "units"];

    fn write(&self, row: &mut CopyRow) {
        let Self { provider, isOwn, generation, thawing, units } = self;
        row.address(*provider).flag(*isOwn).int(*generation).amount(*thawing).amount(*units);
    }
}

impl Fact for abi::OrphanChanged {
    const TABLE: &str = "orphan_changed";
    const COLUMNS: &[&str] = &["provider", "orphan"];

    fn write(&self, row: &mut CopyRow) {
        let Self { provider, orphan } = self;
        row.address(*provider).amount(*orphan);
    }
}

impl Fact for abi::OrphanSwept {
    const TABLE: &str = "orphan_swept";
    const COLUMNS: &[&str] = &["provider", "amount"];

    fn write(&self, row: &mut CopyRow) {
        let Self { provider, amount } = self;
        row.address(*provider).amount(*amount);
    }
}

impl Fact for abi::LockGranted {
    const TABLE: &str = "lock_granted";
    const COLUMNS: &[&str] = &["lock", "provider", "module", "slasher", "amount", "end", "locked"];

    fn write(&self, row: &mut CopyRow) {
        let Self { lock, provider, module, slasher, amount, end, locked } = self;
        row.int(*lock).address(*provider).address(*module).address(*slasher).amount(*amount).time(*end).amount(*locked);
    }
}

impl Fact for abi::LockRegranted {
    const TABLE: &str = "lock_regranted";
    const COLUMNS: &[&str] = &["lock", "provider", "amount", "end", "locked"];

    fn write(&self, row: &mut CopyRow) {
        let Self { lock, provider, amount, end, locked } = self;
        row.int(*lock).address(*provider).amount(*amount).time(*end).amount(*locked);
    }
}

impl Fact for abi::LockReleased {
    const TABLE: &str = "lock_released";
    const COLUMNS: &[&str] = &["lock", "provider", "amount", "locked"];

    fn write(&self, row: &mut CopyRow) {
        let Self { lock, provider, amount, locked } = self;
        row.int(*lock).address(*provider).amount(*amount).amount(*locked);
    }
}

impl Fact for abi::Slashed {
    const TABLE: &str = "slashed";
    const COLUMNS: &[&str] = &[
        "lock",
        "provider",
        "slasher",
        "amount",
        "from_orphan",
        "from_own",
        "from_delegated",
        "lock_amount",
        "locked",
    ];

    fn write(&self, row: &mut CopyRow) {
        let Self { lock, provider, slasher, amount, fromOrphan, fromOwn, fromDelegated, lockAmount, locked } = self;
        row.int(*lock)
            .address(*provider)
            .address(*slasher)
            .amount(*amount)
            .amount(*fromOrphan)
            .amount(*fromOwn)
            .amount(*fromDelegated)
            .amount(*lockAmount)
            .amount(*locked);
    }
}

impl Fact for abi::ShortfallSet {
    const TABLE: &str = "shortfall_set";
    const COLUMNS: &[&str] = &["provider", "shortfall", "cure_until"];

    fn write(&self, row: &mut CopyRow) {
        let Self { provider, shortfall, cureUntil } = self;
        row.address(*provider).amount(*shortfall).time(*cureUntil);
    }
}

impl Fact for abi::BurnQueued {
    const TABLE: &str = "burn_queued";
    const COLUMNS: &[&str] = &["day", "amount"];

    fn write(&self, row: &mut CopyRow) {
        let Self { day, amount } = self;
        row.int(*day).amount(*amount);
    }
}

impl Fact for abi::SlashBurned {
    const TABLE: &str = "slash_burned";
    const COLUMNS: &[&str] = &["day", "amount"];

    fn write(&self, row: &mut CopyRow) {
        let Self { day, amount } = self;
        row.int(*day).amount(*amount);
    }
}

impl Fact for abi::QuarantineOpened {
    const TABLE: &str = "quarantine_opened";
    const COLUMNS: &[&str] =
        &["quarantine", "lock", "provider", "customer", "customer_amount", "reporter", "reporter_amount", "release_at"];

    fn write(&self, row: &mut CopyRow) {
        let Self { quarantine, lock, provider, customer, customerAmount, reporter, reporterAmount, releaseAt } = self;
        row.int(*quarantine)
            .int(*lock)
            .address(*provider)
            .address(*customer)
            .amount(*customerAmount)
            .address(*reporter)
            .amount(*reporterAmount)
            .time(*releaseAt);
    }
}

impl Fact for abi::QuarantinePaid {
    const TABLE: &str = "quarantine_paid";
    const COLUMNS: &[&str] = &["quarantine"];

    fn write(&self, row: &mut CopyRow) {
        let Self { quarantine } = self;
        row.int(*quarantine);
    }
}

impl Fact for abi::QuarantineCancelled {
    const TABLE: &str = "quarantine_cancelled";
    const COLUMNS: &[&str] = &["quarantine", "amount"];

    fn write(&self, row: &mut CopyRow) {
        let Self { quarantine, amount } = self;
        row.int(*quarantine).amount(*amount);
    }
}

impl Fact for abi::RewardAdded {
    const TABLE: &str = "reward_added";
    const COLUMNS: &[&str] = &["provider", "token", "module", "to_own", "to_delegated"];

    fn write(&self, row: &mut CopyRow) {
        let Self { provider, token, module, toOwn, toDelegated } = self;
        row.address(*provider).address(*token).address(*module).amount(*toOwn).amount(*toDelegated);
    }
}

impl Fact for abi::DripChanged {
    const TABLE: &str = "drip_changed";
    const COLUMNS: &[&str] = &["provider", "is_own", "token", "rate", "end"];

    fn write(&self, row: &mut CopyRow) {
        let Self { provider, isOwn, token, rate, end } = self;
        row.address(*provider).flag(*isOwn).address(*token).amount(*rate).time(*end);
    }
}

impl Fact for abi::IndexChanged {
    const TABLE: &str = "index_changed";
    const COLUMNS: &[&str] = &["provider", "is_own", "flt_index", "usd_index", "updated_at"];

    fn write(&self, row: &mut CopyRow) {
        let Self { provider, isOwn, fltIndex, usdIndex, updatedAt } = self;
        row.address(*provider).flag(*isOwn).amount(*fltIndex).amount(*usdIndex).time(*updatedAt);
    }
}

impl Fact for abi::RewardSettled {
    const TABLE: &str = "reward_settled";
    const COLUMNS: &[&str] = &["provider", "account", "flt_index", "usd_index", "flt_owed", "usd_owed"];

    fn write(&self, row: &mut CopyRow) {
        let Self { provider, account, fltIndex, usdIndex, fltOwed, usdOwed } = self;
        row.address(*provider).address(*account).amount(*fltIndex).amount(*usdIndex).amount(*fltOwed).amount(*usdOwed);
    }
}

impl Fact for abi::RewardClaimed {
    const TABLE: &str = "reward_claimed";
    const COLUMNS: &[&str] = &["provider", "account", "token", "amount", "recipient"];

    fn write(&self, row: &mut CopyRow) {
        let Self { provider, account, token, amount, recipient } = self;
        row.address(*provider).address(*account).address(*token).amount(*amount).address(*recipient);
    }
}

impl Fact for abi::ModuleScheduled {
    const TABLE: &str = "module_scheduled";
    const COLUMNS: &[&str] = &["id", "module", "roles", "active_at"];

    fn write(&self, row: &mut CopyRow) {
        let Self { id, module, roles, activeAt } = self;
        row.small(*id).address(*module).small(*roles).time(*activeAt);
    }
}

impl Fact for abi::ModuleRemoved {
    const TABLE: &str = "module_removed";
    const COLUMNS: &[&str] = &["id", "removed_at"];

    fn write(&self, row: &mut CopyRow) {
        let Self { id, removedAt } = self;
        row.small(*id).time(*removedAt);
    }
}

impl Fact for abi::StakingPaused {
    const TABLE: &str = "staking_paused";
    const COLUMNS: &[&str] = &["until"];

    fn write(&self, row: &mut CopyRow) {
        let Self { until } = self;
        row.time(*until);
    }
}

impl Fact for abi::GuardianSet {
    const TABLE: &str = "guardian_set";
    const COLUMNS: &[&str] = &["guardian"];

    fn write(&self, row: &mut CopyRow) {
        let Self { guardian } = self;
        row.address(*guardian);
    }
}

impl Fact for abi::CouncilSet {
    const TABLE: &str = "council_set";
    const COLUMNS: &[&str] = &["council"];

    fn write(&self, row: &mut CopyRow) {
        let Self { council } = self;
        row.address(*council);
    }
}
