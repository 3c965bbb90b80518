//! Rows of the facts of PriceGuard.

use contracts::IPriceGuard::{self as abi, IPriceGuardEvents as Events};

use crate::copy::{Batch, CopyRow, Fact, Place};

/// Adds the row of an event; every event has an arm.
pub(crate) fn write(event: &Events, place: Place, batch: &mut Batch) {
    match event {
        Events::PriceObserved(fact) => batch.push(place, fact),
        Events::SourceSet(fact) => batch.push(place, fact),
    }
}

impl Fact for abi::PriceObserved {
    const TABLE: &str = "price_observed";
    const COLUMNS: &[&str] =
        &["median", "ema30m", "ema24h", "fresh_until", "is_spread", "day_ema", "day_before_ema", "stale_seconds"];

    fn write(&self, row: &mut CopyRow) {
        let Self { median, ema30m, ema24h, freshUntil, isSpread, dayEma, dayBeforeEma, staleSeconds } = self;
        row.amount(*median)
            .amount(*ema30m)
            .amount(*ema24h)
            .time(*freshUntil)
            .flag(*isSpread)
            .amount(*dayEma)
            .amount(*dayBeforeEma)
            .int(*staleSeconds);
    }
}

impl Fact for abi::SourceSet {
    const TABLE: &str = "source_set";
    const COLUMNS: &[&str] = &["index", "aggregator", "heartbeat"];

    fn write(&self, row: &mut CopyRow) {
        let Self { index, aggregator, heartbeat } = self;
        row.small(*index).address(*aggregator).int(*heartbeat);
    }
}
