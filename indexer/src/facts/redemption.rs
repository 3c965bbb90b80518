//! Rows of the facts of Deals, what metered slots are paid, and authors.

use contracts::IDeals as abi;

use crate::copy::{CopyRow, Fact};

impl Fact for abi::SlotRedeemed {
    const TABLE: &str = "slot_redeemed";
    const COLUMNS: &[&str] = &["deal", "slot", "provider", "serving", "amount", "redeemed", "escrow"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, provider, serving, amount, redeemed, escrow } = self;
        row.int(*deal).small(*slot).address(*provider).int(*serving).amount(*amount).amount(*redeemed).amount(*escrow);
    }
}

impl Fact for abi::RoyaltyCredited {
    const TABLE: &str = "royalty_credited";
    const COLUMNS: &[&str] = &["deal", "author", "amount", "due"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, author, amount, due } = self;
        row.int(*deal).address(*author).amount(*amount).amount(*due);
    }
}
