//! Rows of the facts of Attributes.

use contracts::IAttributes::{self as abi, IAttributesEvents as Events};

use crate::copy::{Batch, CopyRow, Fact, Place};

/// Adds the row of an event; every event has an arm.
pub(crate) fn write(event: &Events, place: Place, batch: &mut Batch) {
    match event {
        Events::AttesterSet(fact) => batch.push(place, fact),
        Events::AttributeAttested(fact) => batch.push(place, fact),
        Events::AttributeRevoked(fact) => batch.push(place, fact),
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
