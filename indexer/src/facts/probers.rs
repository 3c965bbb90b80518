//! Rows of the facts of Probers.

use contracts::IProbers::{self as abi, IProbersEvents as Events};

use crate::copy::{Batch, CopyRow, Fact, Place};

/// Adds the row of an event; every event has an arm.
pub(crate) fn write(event: &Events, place: Place, batch: &mut Batch) {
    match event {
        Events::RulesSet(fact) => batch.push(place, fact),
        Events::ProberRegistered(fact) => batch.push(place, fact),
        Events::ProberLeaving(fact) => batch.push(place, fact),
        Events::ProberWithdrawn(fact) => batch.push(place, fact),
        Events::ProberSlashed(fact) => batch.push(place, fact),
        Events::DayOpened(fact) => batch.push(place, fact),
        Events::PotFunded(fact) => batch.push(place, fact),
        Events::ProberPaid(fact) => batch.push(place, fact),
        Events::ProberClaimed(fact) => batch.push(place, fact),
    }
}

impl Fact for abi::RulesSet {
    const TABLE: &str = "rules_set";
    const COLUMNS: &[&str] = &["drawn", "quorum", "panel_drawn", "panel_quorum", "eligible_min", "seat_stake", "pay"];

    fn write(&self, row: &mut CopyRow) {
        let Self { drawn, quorum, panelDrawn, panelQuorum, eligibleMin, seatStake, pay } = self;
        row.small(*drawn)
            .small(*quorum)
            .small(*panelDrawn)
            .small(*panelQuorum)
            .small(*eligibleMin)
            .amount(*seatStake)
            .amount(*pay);
    }
}

impl Fact for abi::ProberRegistered {
    const TABLE: &str = "prober_registered";
    const COLUMNS: &[&str] = &["prober", "region", "seats", "stake", "from_day", "endpoint"];

    fn write(&self, row: &mut CopyRow) {
        let Self { prober, region, seats, stake, fromDay, endpoint } = self;
        row.address(*prober).small(*region).small(*seats).amount(*stake).int(*fromDay).text(endpoint);
    }
}

impl Fact for abi::ProberLeaving {
    const TABLE: &str = "prober_leaving";
    const COLUMNS: &[&str] = &["prober", "until_day", "withdrawable_at"];

    fn write(&self, row: &mut CopyRow) {
        let Self { prober, untilDay, withdrawableAt } = self;
        row.address(*prober).int(*untilDay).time(*withdrawableAt);
    }
}

impl Fact for abi::ProberWithdrawn {
    const TABLE: &str = "prober_withdrawn";
    const COLUMNS: &[&str] = &["prober", "amount"];

    fn write(&self, row: &mut CopyRow) {
        let Self { prober, amount } = self;
        row.address(*prober).amount(*amount);
    }
}

impl Fact for abi::ProberSlashed {
    const TABLE: &str = "prober_slashed";
    const COLUMNS: &[&str] = &["prober", "amount", "stake"];

    fn write(&self, row: &mut CopyRow) {
        let Self { prober, amount, stake } = self;
        row.address(*prober).amount(*amount).amount(*stake);
    }
}

impl Fact for abi::DayOpened {
    const TABLE: &str = "day_opened";
    const COLUMNS: &[&str] = &["day", "seed", "seats", "eligible"];

    fn write(&self, row: &mut CopyRow) {
        let Self { day, seed, seats, eligible } = self;
        row.int(*day).hash(*seed).int(*seats).int(*eligible);
    }
}

impl Fact for abi::PotFunded {
    const TABLE: &str = "pot_funded";
    const COLUMNS: &[&str] = &["payer", "amount", "pot"];

    fn write(&self, row: &mut CopyRow) {
        let Self { payer, amount, pot } = self;
        row.address(*payer).amount(*amount).amount(*pot);
    }
}

impl Fact for abi::ProberPaid {
    const TABLE: &str = "prober_paid";
    const COLUMNS: &[&str] = &["prober", "amount", "credit", "pot"];

    fn write(&self, row: &mut CopyRow) {
        let Self { prober, amount, credit, pot } = self;
        row.address(*prober).amount(*amount).amount(*credit).amount(*pot);
    }
}

impl Fact for abi::ProberClaimed {
    const TABLE: &str = "prober_claimed";
    const COLUMNS: &[&str] = &["prober", "recipient", "amount"];

    fn write(&self, row: &mut CopyRow) {
        let Self { prober, recipient, amount } = self;
        row.address(*prober).address(*recipient).amount(*amount);
    }
}
