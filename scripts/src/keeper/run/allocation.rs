//! Proposals whose window is over.

use contracts::Matching;

use super::Sight;
use super::book::Key;
use super::duty::{Due, Duty};

pub(super) fn activations(sight: &Sight<'_>) -> Vec<Due> {
    sight.book.pick(sight.now, |key, _| {
        let Key::Window(deal) = key else { return None };
        let call = Matching::activateCall { deal: deal.0 };
        Some(Due::call(Duty::Activate, format!("deal {deal}"), sight.at.matching, call))
    })
}
