//! Rows of the facts of Vouchers.

use contracts::IVouchers::{self as abi, IVouchersEvents as Events};

use crate::copy::{Batch, CopyRow, Fact, Place};

/// Adds the row of an event; every event has an arm.
pub(crate) fn write(event: &Events, place: Place, batch: &mut Batch) {
    match event {
        Events::GatewaySet(fact) => batch.push(place, fact),
        Events::GatewayRevocation(fact) => batch.push(place, fact),
        Events::VoucherRedeemed(fact) => batch.push(place, fact),
    }
}

impl Fact for abi::GatewaySet {
    const TABLE: &str = "gateway_set";
    const COLUMNS: &[&str] = &["customer", "gateway", "daily_cap"];

    fn write(&self, row: &mut CopyRow) {
        let Self { customer, gateway, dailyCap } = self;
        row.address(*customer).address(*gateway).amount(*dailyCap);
    }
}

impl Fact for abi::GatewayRevocation {
    const TABLE: &str = "gateway_revocation";
    const COLUMNS: &[&str] = &["customer", "gateway", "revoked_at"];

    fn write(&self, row: &mut CopyRow) {
        let Self { customer, gateway, revokedAt } = self;
        row.address(*customer).address(*gateway).time(*revokedAt);
    }
}

impl Fact for abi::VoucherRedeemed {
    const TABLE: &str = "voucher_redeemed";
    const COLUMNS: &[&str] =
        &["deal", "slot", "gateway", "serving", "amount", "signed", "invocations", "from", "until", "usage_root"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, slot, gateway, serving, amount, signed, invocations, from, until, usageRoot } = self;
        row.int(*deal)
            .small(*slot)
            .address(*gateway)
            .int(*serving)
            .amount(*amount)
            .amount(*signed)
            .amount(*invocations)
            .time(*from)
            .time(*until)
            .hash(*usageRoot);
    }
}
