//! Rows of the facts of Offers.

use contracts::IOffers::{self as abi, IOffersEvents as Events};

use crate::copy::{Batch, CopyRow, Fact, Place};

/// Adds the row of an event; every event has an arm.
pub(crate) fn write(event: &Events, place: Place, batch: &mut Batch) {
    match event {
        Events::ProfileSet(fact) => batch.push(place, fact),
        Events::OfferCreated(fact) => batch.push(place, fact),
        Events::OfferLimitsSet(fact) => batch.push(place, fact),
        Events::OfferRootsSet(fact) => batch.push(place, fact),
        Events::OfferUpdated(fact) => batch.push(place, fact),
        Events::OfferRemoved(fact) => batch.push(place, fact),
        Events::UnitsTaken(fact) => batch.push(place, fact),
        Events::UnitsReturned(fact) => batch.push(place, fact),
    }
}

impl Fact for abi::ProfileSet {
    const TABLE: &str = "profile_set";
    const COLUMNS: &[&str] = &["provider", "name", "endpoint", "operator"];

    fn write(&self, row: &mut CopyRow) {
        let Self { provider, name, endpoint, operator } = self;
        row.address(*provider).text(name).text(endpoint).int(*operator);
    }
}

impl Fact for abi::OfferCreated {
    const TABLE: &str = "offer_created";
    const COLUMNS: &[&str] = &["offer", "provider", "class", "region", "units", "price"];

    fn write(&self, row: &mut CopyRow) {
        let Self { offer, provider, class, region, units, price } = self;
        row.int(*offer).address(*provider).small(*class).small(*region).int(*units).amount(*price);
    }
}

impl Fact for abi::OfferLimitsSet {
    const TABLE: &str = "offer_limits_set";
    const COLUMNS: &[&str] = &[
        "offer",
        "coverage_max_bps",
        "availability_bps",
        "term_max_days",
        "duration_max_days",
        "payment_modes",
        "proof_kinds",
        "notice",
    ];

    fn write(&self, row: &mut CopyRow) {
        let Self {
            offer,
            coverageMaxBps,
            availabilityBps,
            termMaxDays,
            durationMaxDays,
            paymentModes,
            proofKinds,
            notice,
        } = self;
        row.int(*offer)
            .small(*coverageMaxBps)
            .small(*availabilityBps)
            .small(*termMaxDays)
            .small(*durationMaxDays)
            .small(*paymentModes)
            .small(*proofKinds)
            .int(*notice);
    }
}

impl Fact for abi::OfferRootsSet {
    const TABLE: &str = "offer_roots_set";
    const COLUMNS: &[&str] = &["offer", "customers_root", "applications_root", "verification_keys_root"];

    fn write(&self, row: &mut CopyRow) {
        let Self { offer, customersRoot, applicationsRoot, verificationKeysRoot } = self;
        row.int(*offer).hash(*customersRoot).hash(*applicationsRoot).hash(*verificationKeysRoot);
    }
}

impl Fact for abi::OfferUpdated {
    const TABLE: &str = "offer_updated";
    const COLUMNS: &[&str] = &["offer", "units", "price", "effective_at"];

    fn write(&self, row: &mut CopyRow) {
        let Self { offer, units, price, effectiveAt } = self;
        row.int(*offer).int(*units).amount(*price).time(*effectiveAt);
    }
}

impl Fact for abi::OfferRemoved {
    const TABLE: &str = "offer_removed";
    const COLUMNS: &[&str] = &["offer", "effective_at"];

    fn write(&self, row: &mut CopyRow) {
        let Self { offer, effectiveAt } = self;
        row.int(*offer).time(*effectiveAt);
    }
}

impl Fact for abi::UnitsTaken {
    const TABLE: &str = "units_taken";
    const COLUMNS: &[&str] = &["offer", "units", "units_in_use"];

    fn write(&self, row: &mut CopyRow) {
        let Self { offer, units, unitsInUse } = self;
        row.int(*offer).int(*units).int(*unitsInUse);
    }
}

impl Fact for abi::UnitsReturned {
    const TABLE: &str = "units_returned";
    const COLUMNS: &[&str] = &["offer", "units", "units_in_use"];

    fn write(&self, row: &mut CopyRow) {
        let Self { offer, units, unitsInUse } = self;
        row.int(*offer).int(*units).int(*unitsInUse);
    }
}
