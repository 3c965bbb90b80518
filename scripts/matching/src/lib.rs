//! Given all offers and a request, the set of slots and standbys of the smallest price that meets every criterion, with a
//! proof that there is no cheaper one, and for each offer left out the first reason.
//!
//! Pure: no clock, no input, no output, no floats. Start at [`solve`]; `docs/matching.md` explains the method.

mod answer;
pub mod availability;
mod bound;
mod candidates;
mod complete;
mod market;
pub mod oracle;
mod reason;
mod request;
pub mod sample;
mod search;

pub use answer::{Answer, Binding, Criterion, Place, Set, solve};
pub use market::{Address, Attribute, Market, Offer, Provider};
pub use reason::Reason;
pub use request::{Request, Serving, Sizing, retainer};
