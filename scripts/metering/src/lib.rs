//! What metered usage is: a [`Record`] for each invocation, what it costs ([`charge()`]), the [`Tree`] that commits to all
//! records of a serving, and the [`Voucher`] that a gateway signs for them. A [`Series`] is a serving's meter.
//!
//! Pure: no clock, no files, no chain, no floats. Amounts are the stablecoin's smallest units.

mod charge;
mod record;
mod series;
pub mod signing;
pub mod trace;
mod tree;
mod voucher;

pub use charge::{MILLISECONDS_PER_DAY, UNIT_MIB, charge, milliunits};
pub use record::{RECORD_BYTES, Record};
pub use series::{Invocation, Overflow, Series};
pub use tree::{Frontier, Tree, empty_root, leaf, verify};
pub use voucher::{Refusal, Serving, Voucher};
