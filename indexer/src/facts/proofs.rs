//! Rows of the facts of Proofs.

use contracts::IProofs::{self as abi, IProofsEvents as Events};

use crate::copy::{Batch, CopyRow, Fact, Place};

/// Adds the row of an event; every event has an arm.
pub(crate) fn write(event: &Events, place: Place, batch: &mut Batch) {
    match event {
        Events::JobAsked(fact) => batch.push(place, fact),
        Events::ComputeAttested(fact) => batch.push(place, fact),
        Events::VerifierSet(fact) => batch.push(place, fact),
    }
}

impl Fact for abi::JobAsked {
    const TABLE: &str = "job_asked";
    const COLUMNS: &[&str] = &[
        "job",
        "deal",
        "provider",
        "slot",
        "serving",
        "kind",
        "key",
        "input_root",
        "seed",
        "not_before",
        "transaction_hash",
    ];

    fn write(&self, row: &mut CopyRow) {
        let Self { job, deal, provider, slot, serving, kind, key, inputRoot, seed, notBefore } = self;
        row.int(*job)
            .int(*deal)
            .address(*provider)
            .small(*slot)
            .int(*serving)
            .small(*kind)
            .hash(*key)
            .hash(*inputRoot)
            .hash(*seed)
            .time(*notBefore)
            .transaction();
    }
}

impl Fact for abi::ComputeAttested {
    const TABLE: &str = "compute_attested";
    const COLUMNS: &[&str] = &[
        "job",
        "deal",
        "provider",
        "slot",
        "serving",
        "kind",
        "verdict",
        "input_root",
        "output_root",
        "not_before",
        "not_after",
        "transaction_hash",
    ];

    fn write(&self, row: &mut CopyRow) {
        let Self { job, deal, provider, slot, serving, kind, verdict, inputRoot, outputRoot, notBefore, notAfter } =
            self;
        row.int(*job)
            .int(*deal)
            .address(*provider)
            .small(*slot)
            .int(*serving)
            .small(*kind)
            .small(*verdict)
            .hash(*inputRoot)
            .hash(*outputRoot)
            .time(*notBefore)
            .time(*notAfter)
            .transaction();
    }
}

impl Fact for abi::VerifierSet {
    const TABLE: &str = "verifier_set";
    const COLUMNS: &[&str] = &["kind", "verifier"];

    fn write(&self, row: &mut CopyRow) {
        let Self { kind, verifier } = self;
        row.small(*kind).address(*verifier);
    }
}
