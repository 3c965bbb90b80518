//! Rows of the facts of Sampled.

use contracts::ISampled::{self as abi, ISampledEvents as Events};

use crate::copy::{Batch, CopyRow, Fact, Place};

/// Adds the row of an event; every event has an arm.
pub(crate) fn write(event: &Events, place: Place, batch: &mut Batch) {
    match event {
        Events::SampleCommitted(fact) => batch.push(place, fact),
        Events::SampleDrawn(fact) => batch.push(place, fact),
        Events::SampleExecutor(fact) => batch.push(place, fact),
        Events::OutputsSealed(fact) => batch.push(place, fact),
        Events::ChunksOpened(fact) => batch.push(place, fact),
        Events::OutputsRevealed(fact) => batch.push(place, fact),
        Events::PlantsShown(fact) => batch.push(place, fact),
        Events::SampleFinished(fact) => batch.push(place, fact),
        Events::SampleClosed(fact) => batch.push(place, fact),
        Events::ExecutorCredited(fact) => batch.push(place, fact),
        Events::ExecutorClaimed(fact) => batch.push(place, fact),
    }
}

impl Fact for abi::SampleCommitted {
    const TABLE: &str = "sample_committed";
    const COLUMNS: &[&str] = &["job", "provider", "output_root", "chunks", "plants", "paid"];

    fn write(&self, row: &mut CopyRow) {
        let Self { job, provider, outputRoot, chunks, plants, paid } = self;
        row.int(*job).address(*provider).hash(*outputRoot).int(*chunks).hash(*plants).amount(*paid);
    }
}

impl Fact for abi::SampleDrawn {
    const TABLE: &str = "sample_drawn";
    const COLUMNS: &[&str] = &["job", "seed", "day"];

    fn write(&self, row: &mut CopyRow) {
        let Self { job, seed, day } = self;
        row.int(*job).hash(*seed).int(*day);
    }
}

impl Fact for abi::SampleExecutor {
    const TABLE: &str = "sample_executor";
    const COLUMNS: &[&str] = &["job", "executor"];

    fn write(&self, row: &mut CopyRow) {
        let Self { job, executor } = self;
        row.int(*job).address(*executor);
    }
}

impl Fact for abi::OutputsSealed {
    const TABLE: &str = "outputs_sealed";
    const COLUMNS: &[&str] = &["job", "executor", "seal", "bond"];

    fn write(&self, row: &mut CopyRow) {
        let Self { job, executor, seal, bond } = self;
        row.int(*job).address(*executor).hash(*seal).amount(*bond);
    }
}

impl Fact for abi::ChunksOpened {
    const TABLE: &str = "chunks_opened";
    const COLUMNS: &[&str] = &["job", "outputs_hash"];

    fn write(&self, row: &mut CopyRow) {
        let Self { job, outputsHash } = self;
        row.int(*job).hash(*outputsHash);
    }
}

impl Fact for abi::OutputsRevealed {
    const TABLE: &str = "outputs_revealed";
    const COLUMNS: &[&str] = &["job", "executor", "outputs_hash"];

    fn write(&self, row: &mut CopyRow) {
        let Self { job, executor, outputsHash } = self;
        row.int(*job).address(*executor).hash(*outputsHash);
    }
}

impl Fact for abi::PlantsShown {
    const TABLE: &str = "plants_shown";
    const COLUMNS: &[&str] = &["job", "found", "copied"];

    fn write(&self, row: &mut CopyRow) {
        let Self { job, found, copied } = self;
        row.int(*job).small(*found).small(*copied);
    }
}

impl Fact for abi::SampleFinished {
    const TABLE: &str = "sample_finished";
    const COLUMNS: &[&str] = &["job", "verdict", "fault"];

    fn write(&self, row: &mut CopyRow) {
        let Self { job, verdict, fault } = self;
        row.int(*job).small(*verdict).int(*fault);
    }
}

impl Fact for abi::SampleClosed {
    const TABLE: &str = "sample_closed";
    const COLUMNS: &[&str] = &["job", "decision"];

    fn write(&self, row: &mut CopyRow) {
        let Self { job, decision } = self;
        row.int(*job).small(*decision);
    }
}

impl Fact for abi::ExecutorCredited {
    const TABLE: &str = "executor_credited";
    const COLUMNS: &[&str] = &["executor", "amount", "credit"];

    fn write(&self, row: &mut CopyRow) {
        let Self { executor, amount, credit } = self;
        row.address(*executor).amount(*amount).amount(*credit);
    }
}

impl Fact for abi::ExecutorClaimed {
    const TABLE: &str = "executor_claimed";
    const COLUMNS: &[&str] = &["executor", "recipient", "amount"];

    fn write(&self, row: &mut CopyRow) {
        let Self { executor, recipient, amount } = self;
        row.address(*executor).address(*recipient).amount(*amount);
    }
}
