//! Rows of the facts of Faults.

use contracts::IFaults::{self as abi, IFaultsEvents as Events};

use crate::copy::{Batch, CopyRow, Fact, Place};

/// Adds the row of an event; every event has an arm.
pub(crate) fn write(event: &Events, place: Place, batch: &mut Batch) {
    match event {
        Events::FaultRulesSet(fact) => batch.push(place, fact),
        Events::StatementsReported(fact) => batch.push(place, fact),
        Events::StatementSigned(fact) => batch.push(place, fact),
        Events::SlotFlagged(fact) => batch.push(place, fact),
        Events::FlagAnswered(fact) => batch.push(place, fact),
        Events::FlagLapsed(fact) => batch.push(place, fact),
        Events::FailedOver(fact) => batch.push(place, fact),
        Events::RecordChanged(fact) => batch.push(place, fact),
        Events::ServedNoted(fact) => batch.push(place, fact),
        Events::ServedCounted(fact) => batch.push(place, fact),
        Events::NoticeGiven(fact) => batch.push(place, fact),
        Events::FaultProposed(fact) => batch.push(place, fact),
        Events::FaultAppealed(fact) => batch.push(place, fact),
        Events::FaultDecided(fact) => batch.push(place, fact),
        Events::FaultExecuted(fact) => batch.push(place, fact),
    }
}

impl Fact for abi::FaultRulesSet {
    const TABLE: &str = "fault_rules_set";
    const COLUMNS: &[&str] = &["grace", "statement_age", "appeal_bond", "reporter_bps"];

    fn write(&self, row: &mut CopyRow) {
        let Self { grace, statementAge, appealBond, reporterBps } = self;
        row.int(*grace).int(*statementAge).amount(*appealBond).small(*reporterBps);
    }
}

impl Fact for abi::StatementsReported {
    const TABLE: &str = "statements_reported";
    const COLUMNS: &[&str] = &["deal", "slot", "provider", "serving", "is_up", "signers", "regions", "at"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, provider, serving, isUp, signers, regions, at } = self;
        row.int(*deal)
            .small(*slot)
            .address(*provider)
            .int(*serving)
            .flag(*isUp)
            .small(*signers)
            .small(*regions)
            .time(*at);
    }
}

impl Fact for abi::StatementSigned {
    const TABLE: &str = "statement_signed";
    const COLUMNS: &[&str] = &["deal", "slot", "prober", "is_up", "at"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, prober, isUp, at } = self;
        row.int(*deal).small(*slot).address(*prober).flag(*isUp).time(*at);
    }
}

impl Fact for abi::SlotFlagged {
    const TABLE: &str = "slot_flagged";
    const COLUMNS: &[&str] = &["deal", "slot", "provider", "serving", "is_customer", "since", "grace_end"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, provider, serving, isCustomer, since, graceEnd } = self;
        row.int(*deal).small(*slot).address(*provider).int(*serving).flag(*isCustomer).time(*since).time(*graceEnd);
    }
}

impl Fact for abi::FlagAnswered {
    const TABLE: &str = "flag_answered";
    const COLUMNS: &[&str] = &["deal", "slot", "provider", "serving", "down_seconds"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, provider, serving, downSeconds } = self;
        row.int(*deal).small(*slot).address(*provider).int(*serving).int(*downSeconds);
    }
}

impl Fact for abi::FlagLapsed {
    const TABLE: &str = "flag_lapsed";
    const COLUMNS: &[&str] = &["deal", "slot", "provider", "serving"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, provider, serving } = self;
        row.int(*deal).small(*slot).address(*provider).int(*serving);
    }
}

impl Fact for abi::FailedOver {
    const TABLE: &str = "failed_over";
    const COLUMNS: &[&str] = &["deal", "slot", "provider", "serving", "since", "down_seconds", "is_served"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, provider, serving, since, downSeconds, isServed } = self;
        row.int(*deal).small(*slot).address(*provider).int(*serving).time(*since).int(*downSeconds).flag(*isServed);
    }
}

impl Fact for abi::RecordChanged {
    const TABLE: &str = "record_changed";
    const COLUMNS: &[&str] = &["provider", "served", "down", "served_before", "down_before", "period", "down_since"];

    fn write(&self, row: &mut CopyRow) {
        let Self { provider, served, down, servedBefore, downBefore, period, downSince } = self;
        row.address(*provider)
            .int(*served)
            .int(*down)
            .int(*servedBefore)
            .int(*downBefore)
            .small(*period)
            .time(*downSince);
    }
}

impl Fact for abi::ServedNoted {
    const TABLE: &str = "served_noted";
    const COLUMNS: &[&str] = &["deal", "slot", "provider", "serving", "served_seconds", "up_to"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, provider, serving, servedSeconds, upTo } = self;
        row.int(*deal).small(*slot).address(*provider).int(*serving).int(*servedSeconds).amount(*upTo);
    }
}

impl Fact for abi::ServedCounted {
    const TABLE: &str = "served_counted";
    const COLUMNS: &[&str] = &["deal", "slot", "provider", "served_seconds"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, provider, servedSeconds } = self;
        row.int(*deal).small(*slot).address(*provider).int(*servedSeconds);
    }
}

impl Fact for abi::NoticeGiven {
    const TABLE: &str = "notice_given";
    const COLUMNS: &[&str] = &["deal", "slot", "provider", "serving"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, provider, serving } = self;
        row.int(*deal).small(*slot).address(*provider).int(*serving);
    }
}

impl Fact for abi::FaultProposed {
    const TABLE: &str = "fault_proposed";
    const COLUMNS: &[&str] =
        &["fault", "deal", "provider", "slot", "serving", "kind", "lock", "amount", "reporter", "appeal_until"];

    fn write(&self, row: &mut CopyRow) {
        let Self { fault, deal, provider, slot, serving, kind, lock, amount, reporter, appealUntil } = self;
        row.int(*fault)
            .int(*deal)
            .address(*provider)
            .small(*slot)
            .int(*serving)
            .small(*kind)
            .int(*lock)
            .amount(*amount)
            .address(*reporter)
            .time(*appealUntil);
    }
}

impl Fact for abi::FaultAppealed {
    const TABLE: &str = "fault_appealed";
    const COLUMNS: &[&str] = &["fault", "appellant", "bond", "day", "decide_until"];

    fn write(&self, row: &mut CopyRow) {
        let Self { fault, appellant, bond, day, decideUntil } = self;
        row.int(*fault).address(*appellant).amount(*bond).int(*day).time(*decideUntil);
    }
}

impl Fact for abi::FaultDecided {
    const TABLE: &str = "fault_decided";
    const COLUMNS: &[&str] = &["fault", "is_guilty", "decided_by"];

    fn write(&self, row: &mut CopyRow) {
        let Self { fault, isGuilty, decidedBy } = self;
        row.int(*fault).flag(*isGuilty).small(*decidedBy);
    }
}

impl Fact for abi::FaultExecuted {
    const TABLE: &str = "fault_executed";
    const COLUMNS: &[&str] = &["fault", "provider", "slashed", "from_own", "customer_max"];

    fn write(&self, row: &mut CopyRow) {
        let Self { fault, provider, slashed, fromOwn, customerMax } = self;
        row.int(*fault).address(*provider).amount(*slashed).amount(*fromOwn).amount(*customerMax);
    }
}
