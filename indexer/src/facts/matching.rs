//! Rows of the facts of Matching.

use contracts::IMatching::{self as abi, IMatchingEvents as Events};

use crate::copy::{Batch, CopyRow, Fact, Place};

/// Adds the row of an event; every event has an arm.
pub(crate) fn write(event: &Events, place: Place, batch: &mut Batch) {
    match event {
        Events::RequestOpened(fact) => batch.push(place, fact),
        Events::RequestProviderListed(fact) => batch.push(place, fact),
        Events::RequestCriterionAdded(fact) => batch.push(place, fact),
        Events::RequestCancelled(fact) => batch.push(place, fact),
        Events::Proposed(fact) => batch.push(place, fact),
        Events::ProposalOffered(fact) => batch.push(place, fact),
        Events::ProposalActivated(fact) => batch.push(place, fact),
        Events::RequestFeeSet(fact) => batch.push(place, fact),
        Events::RequestsPausedUntil(fact) => batch.push(place, fact),
        Events::RequestStandbysSet(fact) => batch.push(place, fact),
        Events::ProposalDropped(fact) => batch.push(place, fact),
        Events::ProposalInvalid(fact) => batch.push(place, fact),
        Events::OfferBarred(fact) => batch.push(place, fact),
        Events::BondChanged(fact) => batch.push(place, fact),
        Events::BondSet(fact) => batch.push(place, fact),
        Events::RequestKeySet(fact) => batch.push(place, fact),
    }
}

impl Fact for abi::RequestOpened {
    const TABLE: &str = "request_opened";
    const COLUMNS: &[&str] = &[
        "deal",
        "customer",
        "application",
        "price_max",
        "regions",
        "first_loss_min_bps",
        "proof_kind",
        "expiry",
        "resolver",
        "is_allowlist",
    ];

    fn write(&self, row: &mut CopyRow) {
        let Self {
            deal,
            customer,
            application,
            priceMax,
            regions,
            firstLossMinBps,
            proofKind,
            expiry,
            resolver,
            isAllowlist,
        } = self;
        row.int(*deal)
            .address(*customer)
            .text(application)
            .amount(*priceMax)
            .amount(*regions)
            .small(*firstLossMinBps)
            .small(*proofKind)
            .time(*expiry)
            .address(*resolver)
            .flag(*isAllowlist);
    }
}

impl Fact for abi::RequestProviderListed {
    const TABLE: &str = "request_provider_listed";
    const COLUMNS: &[&str] = &["deal", "provider"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, provider } = self;
        row.int(*deal).address(*provider);
    }
}

impl Fact for abi::RequestCriterionAdded {
    const TABLE: &str = "request_criterion_added";
    const COLUMNS: &[&str] = &["deal", "attribute", "level"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, attribute, level } = self;
        row.int(*deal).small(*attribute).small(*level);
    }
}

impl Fact for abi::RequestCancelled {
    const TABLE: &str = "request_cancelled";
    const COLUMNS: &[&str] = &["deal"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal } = self;
        row.int(*deal);
    }
}

impl Fact for abi::Proposed {
    const TABLE: &str = "proposed";
    const COLUMNS: &[&str] = &["deal", "proposer", "round", "price", "rank", "window_end"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, proposer, round, price, rank, windowEnd } = self;
        row.int(*deal).address(*proposer).int(*round).amount(*price).small(*rank).time(*windowEnd);
    }
}

impl Fact for abi::ProposalOffered {
    const TABLE: &str = "proposal_offered";
    const COLUMNS: &[&str] = &["deal", "round", "slot", "offer"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, round, slot, offer } = self;
        row.int(*deal).int(*round).small(*slot).int(*offer);
    }
}

impl Fact for abi::ProposalActivated {
    const TABLE: &str = "proposal_activated";
    const COLUMNS: &[&str] = &["deal", "round", "activator"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, round, activator } = self;
        row.int(*deal).int(*round).address(*activator);
    }
}

impl Fact for abi::RequestFeeSet {
    const TABLE: &str = "request_fee_set";
    const COLUMNS: &[&str] = &["fee"];

    fn write(&self, row: &mut CopyRow) {
        let Self { fee } = self;
        row.amount(*fee);
    }
}

impl Fact for abi::RequestsPausedUntil {
    const TABLE: &str = "requests_paused_until";
    const COLUMNS: &[&str] = &["until"];

    fn write(&self, row: &mut CopyRow) {
        let Self { until } = self;
        row.time(*until);
    }
}

impl Fact for abi::RequestStandbysSet {
    const TABLE: &str = "request_standbys_set";
    const COLUMNS: &[&str] = &["deal", "standbys", "reserve_bps", "availability_ppm", "tip"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, standbys, reserveBps, availabilityPpm, tip } = self;
        row.int(*deal).small(*standbys).small(*reserveBps).int(*availabilityPpm).amount(*tip);
    }
}

impl Fact for abi::ProposalDropped {
    const TABLE: &str = "proposal_dropped";
    const COLUMNS: &[&str] = &["deal", "round", "proposer"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, round, proposer } = self;
        row.int(*deal).int(*round).address(*proposer);
    }
}

impl Fact for abi::ProposalInvalid {
    const TABLE: &str = "proposal_invalid";
    const COLUMNS: &[&str] = &["deal", "round", "proposer", "bond"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, round, proposer, bond } = self;
        row.int(*deal).int(*round).address(*proposer).amount(*bond);
    }
}

impl Fact for abi::OfferBarred {
    const TABLE: &str = "offer_barred";
    const COLUMNS: &[&str] = &["deal", "offer", "reason"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, offer, reason } = self;
        row.int(*deal).int(*offer).small(*reason);
    }
}

impl Fact for abi::BondChanged {
    const TABLE: &str = "bond_changed";
    const COLUMNS: &[&str] = &["solver", "balance", "reserved"];

    fn write(&self, row: &mut CopyRow) {
        let Self { solver, balance, reserved } = self;
        row.address(*solver).amount(*balance).amount(*reserved);
    }
}

impl Fact for abi::BondSet {
    const TABLE: &str = "bond_set";
    const COLUMNS: &[&str] = &["bond"];

    fn write(&self, row: &mut CopyRow) {
        let Self { bond } = self;
        row.amount(*bond);
    }
}

impl Fact for abi::RequestKeySet {
    const TABLE: &str = "request_key_set";
    const COLUMNS: &[&str] = &["deal", "verification_key"];

    fn write(&self, row: &mut CopyRow) {
        let Self { deal, verificationKey } = self;
        row.int(*deal).hash(*verificationKey);
    }
}
