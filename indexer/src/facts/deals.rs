//! Rows of the facts of Deals; those of standbys and servings are in `succession`, of metered slots in `redemption`.

use contracts::IDeals::{self as abi, IDealsEvents as Events};

use crate::copy::{Batch, CopyRow, Fact, Place};

/// Adds the row of an event; every event has an arm.
pub(crate) fn write(event: &Events, place: Place, batch: &mut Batch) {
    match event {
        Events::DealOpened(fact) => batch.push(place, fact),
        Events::DealTermsSet(fact) => batch.push(place, fact),
        Events::DealFunded(fact) => batch.push(place, fact),
        Events::SlotFunded(fact) => batch.push(place, fact),
        Events::SpareChanged(fact) => batch.push(place, fact),
        Events::SlotAssigned(fact) => batch.push(place, fact),
        Events::SlotDeclined(fact) => batch.push(place, fact),
        Events::SlotReady(fact) => batch.push(place, fact),
        Events::SlotSettled(fact) => batch.push(place, fact),
        Events::SlotCredited(fact) => batch.push(place, fact),
        Events::SlotRenewed(fact) => batch.push(place, fact),
        Events::SlotFinal(fact) => batch.push(place, fact),
        Events::MarginCallOpened(fact) => batch.push(place, fact),
        Events::SlotToppedUp(fact) => batch.push(place, fact),
        Events::MarginCallCured(fact) => batch.push(place, fact),
        Events::DealStopRequested(fact) => batch.push(place, fact),
        Events::SlotEnded(fact) => batch.push(place, fact),
        Events::Refunded(fact) => batch.push(place, fact),
        Events::CreditAdded(fact) => batch.push(place, fact),
        Events::StakersPaid(fact) => batch.push(place, fact),
        Events::CreditClaimed(fact) => batch.push(place, fact),
        Events::FeeSet(fact) => batch.push(place, fact),
        Events::DealStandbysSet(fact) => batch.push(place, fact),
        Events::ServingEnded(fact) => batch.push(place, fact),
        Events::ServingReleased(fact) => batch.push(place, fact),
        Events::StandbyPromoted(fact) => batch.push(place, fact),
        Events::StandbyDropped(fact) => batch.push(place, fact),
        Events::SlotSeeking(fact) => batch.push(place, fact),
        Events::DowntimeDeducted(fact) => batch.push(place, fact),
        Events::SlotStopped(fact) => batch.push(place, fact),
        Events::TipPaid(fact) => batch.push(place, fact),
        Events::SlotRedeemed(fact) => batch.push(place, fact),
        Events::RoyaltyCredited(fact) => batch.push(place, fact),
    }
}

impl Fact for abi::DealOpened {
    const TABLE: &str = "deal_opened";
    const COLUMNS: &[&str] =
        &["deal", "customer", "class", "slots", "units", "term_days", "duration_days", "coverage_bps", "exposure"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, customer, class, slots, units, termDays, durationDays, coverageBps, exposure } = self;
        row.int(*deal)
            .address(*customer)
            .small(*class)
            .small(*slots)
            .int(*units)
            .small(*termDays)
            .small(*durationDays)
            .small(*coverageBps)
            .small(*exposure);
    }
}

impl Fact for abi::DealTermsSet {
    const TABLE: &str = "deal_terms_set";
    const COLUMNS: &[&str] = &["deal", "payment_mode", "fee_bps", "notice", "royalty"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, paymentMode, feeBps, notice, royalty } = self;
        row.int(*deal).small(*paymentMode).small(*feeBps).int(*notice).amount(*royalty);
    }
}

impl Fact for abi::DealFunded {
    const TABLE: &str = "deal_funded";
    const COLUMNS: &[&str] = &["deal", "payer", "amount", "shares", "total_shares"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, payer, amount, shares, totalShares } = self;
        row.int(*deal).address(*payer).amount(*amount).amount(*shares).amount(*totalShares);
    }
}

impl Fact for abi::SlotFunded {
    const TABLE: &str = "slot_funded";
    const COLUMNS: &[&str] = &["deal", "slot", "escrow"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, escrow } = self;
        row.int(*deal).small(*slot).amount(*escrow);
    }
}

impl Fact for abi::SpareChanged {
    const TABLE: &str = "spare_changed";
    const COLUMNS: &[&str] = &["deal", "spare"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, spare } = self;
        row.int(*deal).amount(*spare);
    }
}

impl Fact for abi::SlotAssigned {
    const TABLE: &str = "slot_assigned";
    const COLUMNS: &[&str] =
        &["deal", "slot", "provider", "serving", "offer", "price", "lock", "lock_amount", "value_at_stake"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, provider, serving, offer, price, lock, lockAmount, valueAtStake } = self;
        row.int(*deal)
            .small(*slot)
            .address(*provider)
            .int(*serving)
            .int(*offer)
            .amount(*price)
            .int(*lock)
            .amount(*lockAmount)
            .amount(*valueAtStake);
    }
}

impl Fact for abi::SlotDeclined {
    const TABLE: &str = "slot_declined";
    const COLUMNS: &[&str] = &["deal", "slot", "provider", "is_silent"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, provider, isSilent } = self;
        row.int(*deal).small(*slot).address(*provider).flag(*isSilent);
    }
}

impl Fact for abi::SlotReady {
    const TABLE: &str = "slot_ready";
    const COLUMNS: &[&str] = &["deal", "slot", "provider", "term_end"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, provider, termEnd } = self;
        row.int(*deal).small(*slot).address(*provider).time(*termEnd);
    }
}

impl Fact for abi::SlotSettled {
    const TABLE: &str = "slot_settled";
    const COLUMNS: &[&str] = &["deal", "slot", "serving", "escrow", "owed", "credited", "started_at"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, serving, escrow, owed, credited, startedAt } = self;
        row.int(*deal).small(*slot).int(*serving).amount(*escrow).amount(*owed).amount(*credited).time(*startedAt);
    }
}

impl Fact for abi::SlotCredited {
    const TABLE: &str = "slot_credited";
    const COLUMNS: &[&str] = &["deal", "slot", "provider", "fee", "royalty", "to_stakers", "to_provider"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, provider, fee, royalty, toStakers, toProvider } = self;
        row.int(*deal)
            .small(*slot)
            .address(*provider)
            .amount(*fee)
            .amount(*royalty)
            .amount(*toStakers)
            .amount(*toProvider);
    }
}

impl Fact for abi::SlotRenewed {
    const TABLE: &str = "slot_renewed";
    const COLUMNS: &[&str] = &["deal", "slot", "provider", "term_end", "lock_amount", "value_at_stake", "is_priced"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, provider, termEnd, lockAmount, valueAtStake, isPriced } = self;
        row.int(*deal)
            .small(*slot)
            .address(*provider)
            .time(*termEnd)
            .amount(*lockAmount)
            .amount(*valueAtStake)
            .flag(*isPriced);
    }
}

impl Fact for abi::SlotFinal {
    const TABLE: &str = "slot_final";
    const COLUMNS: &[&str] = &["deal", "slot", "provider"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, provider } = self;
        row.int(*deal).small(*slot).address(*provider);
    }
}

impl Fact for abi::MarginCallOpened {
    const TABLE: &str = "margin_call_opened";
    const COLUMNS: &[&str] = &["deal", "slot", "provider", "health_bps", "stale_seconds"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, provider, healthBps, staleSeconds } = self;
        row.int(*deal).small(*slot).address(*provider).amount(*healthBps).int(*staleSeconds);
    }
}

impl Fact for abi::SlotToppedUp {
    const TABLE: &str = "slot_topped_up";
    const COLUMNS: &[&str] = &["deal", "slot", "provider", "amount", "lock_amount"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, provider, amount, lockAmount } = self;
        row.int(*deal).small(*slot).address(*provider).amount(*amount).amount(*lockAmount);
    }
}

impl Fact for abi::MarginCallCured {
    const TABLE: &str = "margin_call_cured";
    const COLUMNS: &[&str] = &["deal", "slot", "provider", "health_bps"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, provider, healthBps } = self;
        row.int(*deal).small(*slot).address(*provider).amount(*healthBps);
    }
}

impl Fact for abi::DealStopRequested {
    const TABLE: &str = "deal_stop_requested";
    const COLUMNS: &[&str] = &["deal", "ends_at"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, endsAt } = self;
        row.int(*deal).time(*endsAt);
    }
}

impl Fact for abi::SlotEnded {
    const TABLE: &str = "slot_ended";
    const COLUMNS: &[&str] = &["deal", "slot", "provider", "ends_at", "reason"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, provider, endsAt, reason } = self;
        row.int(*deal).small(*slot).address(*provider).time(*endsAt).small(*reason);
    }
}

impl Fact for abi::Refunded {
    const TABLE: &str = "refunded";
    const COLUMNS: &[&str] = &["deal", "payer", "shares", "amount", "total_shares"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, payer, shares, amount, totalShares } = self;
        row.int(*deal).address(*payer).amount(*shares).amount(*amount).amount(*totalShares);
    }
}

impl Fact for abi::CreditAdded {
    const TABLE: &str = "credit_added";
    const COLUMNS: &[&str] = &["account", "amount", "credit"];

    fn write(&self, row: &mut CopyRow) {
        let Self { account, amount, credit } = self;
        row.address(*account).amount(*amount).amount(*credit);
    }
}

impl Fact for abi::StakersPaid {
    const TABLE: &str = "stakers_paid";
    const COLUMNS: &[&str] = &["provider", "amount"];

    fn write(&self, row: &mut CopyRow) {
        let Self { provider, amount } = self;
        row.address(*provider).amount(*amount);
    }
}

impl Fact for abi::CreditClaimed {
    const TABLE: &str = "credit_claimed";
    const COLUMNS: &[&str] = &["account", "amount", "recipient"];

    fn write(&self, row: &mut CopyRow) {
        let Self { account, amount, recipient } = self;
        row.address(*account).amount(*amount).address(*recipient);
    }
}

impl Fact for abi::FeeSet {
    const TABLE: &str = "fee_set";
    const COLUMNS: &[&str] = &["fee_bps", "treasury"];

    fn write(&self, row: &mut CopyRow) {
        let Self { feeBps, treasury } = self;
        row.small(*feeBps).address(*treasury);
    }
}
