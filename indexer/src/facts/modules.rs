//! Rows of the facts of Modules.

use contracts::IModules::{self as abi, IModulesEvents as Events};

use crate::copy::{Batch, CopyRow, Fact, Place};

/// Adds the row of an event; every event has an arm.
pub(crate) fn write(event: &Events, place: Place, batch: &mut Batch) {
    match event {
        Events::ModulePublished(fact) => batch.push(place, fact),
        Events::ModuleRoyaltySet(fact) => batch.push(place, fact),
        Events::ModuleNamed(fact) => batch.push(place, fact),
    }
}

impl Fact for abi::ModulePublished {
    const TABLE: &str = "module_published";
    const COLUMNS: &[&str] = &["module", "author", "royalty", "uri"];

    fn write(&self, row: &mut CopyRow) {
        let Self { module, author, royalty, uri } = self;
        row.hash(*module).address(*author).amount(*royalty).text(uri);
    }
}

impl Fact for abi::ModuleRoyaltySet {
    const TABLE: &str = "module_royalty_set";
    const COLUMNS: &[&str] = &["module", "royalty", "effective_at"];

    fn write(&self, row: &mut CopyRow) {
        let Self { module, royalty, effectiveAt } = self;
        row.hash(*module).amount(*royalty).time(*effectiveAt);
    }
}

impl Fact for abi::ModuleNamed {
    const TABLE: &str = "module_named";
    const COLUMNS: &[&str] = &["deal", "module", "author", "royalty"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, module, author, royalty } = self;
        row.int(*deal).hash(*module).address(*author).amount(*royalty);
    }
}
