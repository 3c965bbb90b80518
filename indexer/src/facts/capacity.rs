//! Rows of the facts of Capacity.

use contracts::ICapacity::{self as abi, ICapacityEvents as Events};

use crate::copy::{Batch, CopyRow, Fact, Place};

/// Adds the row of an event; every event has an arm.
pub(crate) fn write(event: &Events, place: Place, batch: &mut Batch) {
    match event {
        Events::ClassAdded(fact) => batch.push(place, fact),
        Events::VerifierScheduled(fact) => batch.push(place, fact),
        Events::VerifierCancelled(fact) => batch.push(place, fact),
        Events::CollateralSet(fact) => batch.push(place, fact),
        Events::PledgesPausedUntil(fact) => batch.push(place, fact),
        Events::WindowOpened(fact) => batch.push(place, fact),
        Events::TargetSet(fact) => batch.push(place, fact),
        Events::CapacityPledged(fact) => batch.push(place, fact),
        Events::CapacityRenewed(fact) => batch.push(place, fact),
        Events::CapacityEnded(fact) => batch.push(place, fact),
        Events::WindowCommitted(fact) => batch.push(place, fact),
        Events::WindowDrawn(fact) => batch.push(place, fact),
        Events::AuditAnswered(fact) => batch.push(place, fact),
        Events::LeafDemanded(fact) => batch.push(place, fact),
        Events::LeafDelivered(fact) => batch.push(place, fact),
        Events::DemandReturned(fact) => batch.push(place, fact),
        Events::ConvictionAnnounced(fact) => batch.push(place, fact),
        Events::CommitmentConvicted(fact) => batch.push(place, fact),
        Events::WorkExcused(fact) => batch.push(place, fact),
        Events::EpochCredited(fact) => batch.push(place, fact),
        Events::DepositCredited(fact) => batch.push(place, fact),
        Events::DepositClaimed(fact) => batch.push(place, fact),
    }
}

impl Fact for abi::ClassAdded {
    const TABLE: &str = "class_added";
    const COLUMNS: &[&str] = &["class", "verifier", "target", "collateral"];

    fn write(&self, row: &mut CopyRow) {
        let Self { class, verifier, target, collateral } = self;
        row.small(*class).address(*verifier).amount(*target).amount(*collateral);
    }
}

impl Fact for abi::VerifierScheduled {
    const TABLE: &str = "verifier_scheduled";
    const COLUMNS: &[&str] = &["class", "version", "verifier", "active_at"];

    fn write(&self, row: &mut CopyRow) {
        let Self { class, version, verifier, activeAt } = self;
        row.small(*class).small(*version).address(*verifier).time(*activeAt);
    }
}

impl Fact for abi::VerifierCancelled {
    const TABLE: &str = "verifier_cancelled";
    const COLUMNS: &[&str] = &["class", "version"];

    fn write(&self, row: &mut CopyRow) {
        let Self { class, version } = self;
        row.small(*class).small(*version);
    }
}

impl Fact for abi::CollateralSet {
    const TABLE: &str = "collateral_set";
    const COLUMNS: &[&str] = &["class", "collateral"];

    fn write(&self, row: &mut CopyRow) {
        let Self { class, collateral } = self;
        row.small(*class).amount(*collateral);
    }
}

impl Fact for abi::PledgesPausedUntil {
    const TABLE: &str = "pledges_paused_until";
    const COLUMNS: &[&str] = &["until"];

    fn write(&self, row: &mut CopyRow) {
        let Self { until } = self;
        row.time(*until);
    }
}

impl Fact for abi::WindowOpened {
    const TABLE: &str = "window_opened";
    const COLUMNS: &[&str] = &["window", "seed"];

    fn write(&self, row: &mut CopyRow) {
        let Self { window, seed } = self;
        row.int(*window).hash(*seed);
    }
}

impl Fact for abi::TargetSet {
    const TABLE: &str = "target_set";
    const COLUMNS: &[&str] = &["class", "epoch", "target"];

    fn write(&self, row: &mut CopyRow) {
        let Self { class, epoch, target } = self;
        row.small(*class).int(*epoch).amount(*target);
    }
}

impl Fact for abi::CapacityPledged {
    const TABLE: &str = "capacity_pledged";
    const COLUMNS: &[&str] = &[
        "commitment",
        "provider",
        "class",
        "units",
        "first_epoch",
        "end_epoch",
        "verifier_version",
        "lock",
        "lock_amount",
    ];

    fn write(&self, row: &mut CopyRow) {
        let Self { commitment, provider, class, units, firstEpoch, endEpoch, verifierVersion, lock, lockAmount } = self;
        row.int(*commitment)
            .address(*provider)
            .small(*class)
            .small(*units)
            .int(*firstEpoch)
            .int(*endEpoch)
            .small(*verifierVersion)
            .int(*lock)
            .amount(*lockAmount);
    }
}

impl Fact for abi::CapacityRenewed {
    const TABLE: &str = "capacity_renewed";
    const COLUMNS: &[&str] = &["commitment", "provider", "end_epoch", "verifier_version", "lock_amount", "is_priced"];

    fn write(&self, row: &mut CopyRow) {
        let Self { commitment, provider, endEpoch, verifierVersion, lockAmount, isPriced } = self;
        row.int(*commitment)
            .address(*provider)
            .int(*endEpoch)
            .small(*verifierVersion)
            .amount(*lockAmount)
            .flag(*isPriced);
    }
}

impl Fact for abi::CapacityEnded {
    const TABLE: &str = "capacity_ended";
    const COLUMNS: &[&str] = &["commitment", "provider", "end_epoch", "reason"];

    fn write(&self, row: &mut CopyRow) {
        let Self { commitment, provider, endEpoch, reason } = self;
        row.int(*commitment).address(*provider).int(*endEpoch).small(*reason);
    }
}

impl Fact for abi::WindowCommitted {
    const TABLE: &str = "window_committed";
    const COLUMNS: &[&str] = &["commitment", "window", "root", "filled", "bitmap"];

    fn write(&self, row: &mut CopyRow) {
        let Self { commitment, window, root, filled, bitmap } = self;
        row.int(*commitment).int(*window).hash(*root).int(*filled).bytes(bitmap);
    }
}

impl Fact for abi::WindowDrawn {
    const TABLE: &str = "window_drawn";
    const COLUMNS: &[&str] = &["commitment", "window", "rank", "deadline"];

    fn write(&self, row: &mut CopyRow) {
        let Self { commitment, window, rank, deadline } = self;
        row.int(*commitment).int(*window).int(*rank).time(*deadline);
    }
}

impl Fact for abi::AuditAnswered {
    const TABLE: &str = "audit_answered";
    const COLUMNS: &[&str] = &["commitment", "window", "position"];

    fn write(&self, row: &mut CopyRow) {
        let Self { commitment, window, position } = self;
        row.int(*commitment).int(*window).int(*position);
    }
}

impl Fact for abi::LeafDemanded {
    const TABLE: &str = "leaf_demanded";
    const COLUMNS: &[&str] = &["commitment", "window", "position", "demander", "deposit", "deadline"];

    fn write(&self, row: &mut CopyRow) {
        let Self { commitment, window, position, demander, deposit, deadline } = self;
        row.int(*commitment).int(*window).int(*position).address(*demander).amount(*deposit).time(*deadline);
    }
}

impl Fact for abi::LeafDelivered {
    const TABLE: &str = "leaf_delivered";
    const COLUMNS: &[&str] = &["commitment", "window", "position", "deposit"];

    fn write(&self, row: &mut CopyRow) {
        let Self { commitment, window, position, deposit } = self;
        row.int(*commitment).int(*window).int(*position).amount(*deposit);
    }
}

impl Fact for abi::DemandReturned {
    const TABLE: &str = "demand_returned";
    const COLUMNS: &[&str] = &["commitment", "window", "position", "demander", "deposit"];

    fn write(&self, row: &mut CopyRow) {
        let Self { commitment, window, position, demander, deposit } = self;
        row.int(*commitment).int(*window).int(*position).address(*demander).amount(*deposit);
    }
}

impl Fact for abi::ConvictionAnnounced {
    const TABLE: &str = "conviction_announced";
    const COLUMNS: &[&str] = &["hash", "reporter"];

    fn write(&self, row: &mut CopyRow) {
        let Self { hash, reporter } = self;
        row.hash(*hash).address(*reporter);
    }
}

impl Fact for abi::CommitmentConvicted {
    const TABLE: &str = "commitment_convicted";
    const COLUMNS: &[&str] = &[
        "commitment",
        "provider",
        "window",
        "position",
        "reporter",
        "reason",
        "slashed",
        "forfeited",
        "bounty_unpaid",
        "bounty_stake",
    ];

    fn write(&self, row: &mut CopyRow) {
        let Self {
            commitment,
            provider,
            window,
            position,
            reporter,
            reason,
            slashed,
            forfeited,
            bountyUnpaid,
            bountyStake,
        } = self;
        row.int(*commitment)
            .address(*provider)
            .int(*window)
            .int(*position)
            .address(*reporter)
            .small(*reason)
            .amount(*slashed)
            .amount(*forfeited)
            .amount(*bountyUnpaid)
            .amount(*bountyStake);
    }
}

impl Fact for abi::WorkExcused {
    const TABLE: &str = "work_excused";
    const COLUMNS: &[&str] = &["commitment", "epoch", "deal", "slot", "credit"];

    fn write(&self, row: &mut CopyRow) {
        let Self { commitment, epoch, deal, slot, credit } = self;
        row.int(*commitment).int(*epoch).int(*deal).small(*slot).int(*credit);
    }
}

impl Fact for abi::EpochCredited {
    const TABLE: &str = "epoch_credited";
    const COLUMNS: &[&str] = &["commitment", "epoch", "filled", "opened", "credit", "bonus", "poor_epochs", "reason"];

    fn write(&self, row: &mut CopyRow) {
        let Self { commitment, epoch, filled, opened, credit, bonus, poorEpochs, reason } = self;
        row.int(*commitment)
            .int(*epoch)
            .int(*filled)
            .small(*opened)
            .int(*credit)
            .int(*bonus)
            .small(*poorEpochs)
            .small(*reason);
    }
}

impl Fact for abi::DepositCredited {
    const TABLE: &str = "deposit_credited";
    const COLUMNS: &[&str] = &["account", "amount", "owed"];

    fn write(&self, row: &mut CopyRow) {
        let Self { account, amount, owed } = self;
        row.address(*account).amount(*amount).amount(*owed);
    }
}

impl Fact for abi::DepositClaimed {
    const TABLE: &str = "deposit_claimed";
    const COLUMNS: &[&str] = &["account", "amount", "recipient"];

    fn write(&self, row: &mut CopyRow) {
        let Self { account, amount, recipient } = self;
        row.address(*account).amount(*amount).address(*recipient);
    }
}
