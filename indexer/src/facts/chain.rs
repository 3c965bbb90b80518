//! Rows of what belongs to no contract: headers, and the event that every managed contract inherits.

use alloy_primitives::Address;

use crate::copy::{CopyRow, Fact};
use crate::wire::Header;

/// The access manager of a contract. It has no binding of its own, because each contract inherits it.
pub(crate) struct AuthorityUpdated {
    pub(crate) contract: Address,
    pub(crate) authority: Address,
}

impl Fact for AuthorityUpdated {
    const TABLE: &str = "authority_updated";
    const COLUMNS: &[&str] = &["contract", "authority"];

    fn write(&self, row: &mut CopyRow) {
        let Self { contract, authority } = self;
        row.address(*contract).address(*authority);
    }
}

/// Names the columns of `block` and writes them, see `Batch::header`.
pub(crate) const BLOCK_COLUMNS: &[&str] = &["number", "hash", "parent_hash", "timestamp", "has_facts"];

pub(crate) fn write_header(header: &Header, has_facts: bool, row: &mut CopyRow) {
    let Header { number, hash, parent_hash, timestamp, logs_bloom: _ } = header;
    row.int(*number).hash(*hash).hash(*parent_hash).seconds(*timestamp).flag(has_facts);
}
