//! Rows of the facts of Deals, how a deal outlives its providers.

use contracts::IDeals as abi;

use crate::copy::{CopyRow, Fact};

impl Fact for abi::DealStandbysSet {
    const TABLE: &str = "deal_standbys_set";
    const COLUMNS: &[&str] = &["deal", "standbys", "reserve_bps", "tip", "resolver"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, standbys, reserveBps, tip, resolver } = self;
        row.int(*deal).small(*standbys).small(*reserveBps).amount(*tip).address(*resolver);
    }
}

impl Fact for abi::ServingEnded {
    const TABLE: &str = "serving_ended";
    const COLUMNS: &[&str] = &["deal", "slot", "provider", "serving", "lock", "ended_at", "held_back", "reason"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, provider, serving, lock, endedAt, heldBack, reason } = self;
        row.int(*deal)
            .small(*slot)
            .address(*provider)
            .int(*serving)
            .int(*lock)
            .time(*endedAt)
            .amount(*heldBack)
            .small(*reason);
    }
}

impl Fact for abi::ServingReleased {
    const TABLE: &str = "serving_released";
    const COLUMNS: &[&str] = &["deal", "slot", "provider", "serving", "amount"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, provider, serving, amount } = self;
        row.int(*deal).small(*slot).address(*provider).int(*serving).amount(*amount);
    }
}

impl Fact for abi::StandbyPromoted {
    const TABLE: &str = "standby_promoted";
    const COLUMNS: &[&str] = &[
        "deal",
        "slot",
        "provider",
        "standby",
        "serving",
        "price",
        "lock",
        "lock_amount",
        "value_at_stake",
        "term_end",
    ];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, provider, standby, serving, price, lock, lockAmount, valueAtStake, termEnd } = self;
        row.int(*deal)
            .small(*slot)
            .address(*provider)
            .small(*standby)
            .int(*serving)
            .amount(*price)
            .int(*lock)
            .amount(*lockAmount)
            .amount(*valueAtStake)
            .time(*termEnd);
    }
}

impl Fact for abi::StandbyDropped {
    const TABLE: &str = "standby_dropped";
    const COLUMNS: &[&str] = &["deal", "standby", "provider", "forfeited"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, standby, provider, forfeited } = self;
        row.int(*deal).small(*standby).address(*provider).amount(*forfeited);
    }
}

impl Fact for abi::SlotSeeking {
    const TABLE: &str = "slot_seeking";
    const COLUMNS: &[&str] = &["deal", "slot", "until"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, until } = self;
        row.int(*deal).small(*slot).time(*until);
    }
}

impl Fact for abi::DowntimeDeducted {
    const TABLE: &str = "downtime_deducted";
    const COLUMNS: &[&str] = &["deal", "slot", "serving", "down_seconds"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, serving, downSeconds } = self;
        row.int(*deal).small(*slot).int(*serving).int(*downSeconds);
    }
}

impl Fact for abi::SlotStopped {
    const TABLE: &str = "slot_stopped";
    const COLUMNS: &[&str] = &["deal", "slot", "provider", "ends_at"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, provider, endsAt } = self;
        row.int(*deal).small(*slot).address(*provider).time(*endsAt);
    }
}

impl Fact for abi::TipPaid {
    const TABLE: &str = "tip_paid";
    const COLUMNS: &[&str] = &["deal", "recipient", "amount"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, recipient, amount } = self;
        row.int(*deal).address(*recipient).amount(*amount);
    }
}
