//! Rows of the facts of FeeBurn.

use contracts::IFeeBurn::{self as abi, IFeeBurnEvents as Events};

use crate::copy::{Batch, CopyRow, Fact, Place};

/// Adds the row of an event; every event has an arm.
pub(crate) fn write(event: &Events, place: Place, batch: &mut Batch) {
    match event {
        Events::FeesCollected(fact) => batch.push(place, fact),
        Events::LotStarted(fact) => batch.push(place, fact),
        Events::FeesSold(fact) => batch.push(place, fact),
        Events::TreasuryPaid(fact) => batch.push(place, fact),
        Events::BurnShareSet(fact) => batch.push(place, fact),
    }
}

impl Fact for abi::FeesCollected {
    const TABLE: &str = "fees_collected";
    const COLUMNS: &[&str] = &["amount", "to_burn", "to_treasury", "lot"];

    fn write(&self, row: &mut CopyRow) {
        let Self { amount, toBurn, toTreasury, lot } = self;
        row.amount(*amount).amount(*toBurn).amount(*toTreasury).amount(*lot);
    }
}

impl Fact for abi::LotStarted {
    const TABLE: &str = "lot_started";
    const COLUMNS: &[&str] = &["lot"];

    fn write(&self, row: &mut CopyRow) {
        let Self { lot } = self;
        row.amount(*lot);
    }
}

impl Fact for abi::FeesSold {
    const TABLE: &str = "fees_sold";
    const COLUMNS: &[&str] = &["buyer", "amount", "flt", "recipient", "lot", "sold"];

    fn write(&self, row: &mut CopyRow) {
        let Self { buyer, amount, flt, recipient, lot, sold } = self;
        row.address(*buyer).amount(*amount).amount(*flt).address(*recipient).amount(*lot).amount(*sold);
    }
}

impl Fact for abi::TreasuryPaid {
    const TABLE: &str = "treasury_paid";
    const COLUMNS: &[&str] = &["treasury", "amount"];

    fn write(&self, row: &mut CopyRow) {
        let Self { treasury, amount } = self;
        row.address(*treasury).amount(*amount);
    }
}

impl Fact for abi::BurnShareSet {
    const TABLE: &str = "burn_share_set";
    const COLUMNS: &[&str] = &["burn_bps", "treasury"];

    fn write(&self, row: &mut CopyRow) {
        let Self { burnBps, treasury } = self;
        row.small(*burnBps).address(*treasury);
    }
}
