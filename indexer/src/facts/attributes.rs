//! Rows of the facts of Attributes.

use contracts::IAttributes::{self as abi, IAttributesEvents as Events};

use crate::copy::{Batch, CopyRow, Fact, Place};

/// Adds the row of an event; every event has an arm.
pub(crate) fn write(event: &Events, place: Place, batch: &mut Batch) {
    match event {
        Events::AttesterSet(fact) => batch.push(place, fact),
        Events::AttributeAttested(fact) => batch.push(place, fact),
        Events::AttributeRevoked(fact) => batch.push(place, fact),
        Events::SecuritySet(fact) => batch.push(place, fact),
        Events::AttesterSecured(fact) => batch.push(place, fact),
        Events::AttesterSlashed(fact) => batch.push(place, fact),
        Events::BudgetUsed(fact) => batch.push(place, fact),
    }
}

impl Fact for abi::AttesterSet {
    const TABLE: &str = "attester_set";
    const COLUMNS: &[&str] = &["attester", "is_attester"];

    fn write(&self, row: &mut CopyRow) {
        let Self { attester, isAttester } = self;
        row.address(*attester).flag(*isAttester);
    }
}

impl Fact for abi::AttributeAttested {
    const TABLE: &str = "attribute_attested";
    const COLUMNS: &[&str] = &["subject", "attribute", "level", "attester", "value", "expiry"];

    fn write(&self, row: &mut CopyRow) {
        let Self { subject, attribute, level, attester, value, expiry } = self;
        row.address(*subject).small(*attribute).small(*level).address(*attester).int(*value).time(*expiry);
    }
}

impl Fact for abi::AttributeRevoked {
    const TABLE: &str = "attribute_revoked";
    const COLUMNS: &[&str] = &["subject", "attribute", "level", "attester"];

    fn write(&self, row: &mut CopyRow) {
        let Self { subject, attribute, level, attester } = self;
        row.address(*subject).small(*attribute).small(*level).address(*attester);
    }
}

impl Fact for abi::SecuritySet {
    const TABLE: &str = "security_set";
    const COLUMNS: &[&str] = &["minimum", "per_unit"];

    fn write(&self, row: &mut CopyRow) {
        let Self { minimum, perUnit } = self;
        row.amount(*minimum).amount(*perUnit);
    }
}

impl Fact for abi::AttesterSecured {
    const TABLE: &str = "attester_secured";
    const COLUMNS: &[&str] = &["attester", "lock", "amount", "end"];

    fn write(&self, row: &mut CopyRow) {
        let Self { attester, lock, amount, end } = self;
        row.address(*attester).int(*lock).amount(*amount).time(*end);
    }
}

impl Fact for abi::AttesterSlashed {
    const TABLE: &str = "attester_slashed";
    const COLUMNS: &[&str] = &["attester", "lock", "amount"];

    fn write(&self, row: &mut CopyRow) {
        let Self { attester, lock, amount } = self;
        row.address(*attester).int(*lock).amount(*amount);
    }
}

impl Fact for abi::BudgetUsed {
    const TABLE: &str = "budget_used";
    const COLUMNS: &[&str] = &["attester", "epoch", "amount", "spent"];

    fn write(&self, row: &mut CopyRow) {
        let Self { attester, epoch, amount, spent } = self;
        row.address(*attester).int(*epoch).int(*amount).int(*spent);
    }
}
