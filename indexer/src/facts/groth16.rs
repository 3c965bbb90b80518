//! Rows of the facts of Groth16.

use contracts::IGroth16::{self as abi, IGroth16Events as Events};

use crate::copy::{Batch, CopyRow, Fact, Place};

/// Adds the row of an event; every event has an arm.
pub(crate) fn write(event: &Events, place: Place, batch: &mut Batch) {
    match event {
        Events::KeyRegistered(fact) => batch.push(place, fact),
    }
}

impl Fact for abi::KeyRegistered {
    const TABLE: &str = "key_registered";
    const COLUMNS: &[&str] = &["key", "registrant"];

    fn write(&self, row: &mut CopyRow) {
        let Self { key, registrant } = self;
        row.hash(*key).address(*registrant);
    }
}
