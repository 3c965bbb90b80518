//! Which statements make a report that `Faults` takes.

use std::collections::{BTreeMap, BTreeSet};

use alloy::primitives::Address;
use alloy::primitives::aliases::U40;
use contracts::IFaults;

use super::draws::{Draws, day_of};
use super::roll::Roll;
use super::statement::{Statement, Target};

/// A report needs signers from so many regions.
const REGIONS: usize = 2;

/// Seconds that a report may take to a block, at least.
pub const ON_THE_WAY: u64 = 15;

/// What is to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    pub target: Target,
    pub is_up: bool,
    /// First second of a probe that counts.
    pub from: u64,
}

/// When and how it is judged.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    pub quorum: usize,
    pub time: u64,
    /// Seconds that pass until a block takes the report.
    pub reserve: u64,
}

/// A quorum for the claim, of one day and two regions; none: there is not enough. Signatures were checked by who gathered.
/// Of each prober its first miss counts, or its last sight that all is well.
pub fn choose(said: &[Statement], claim: Claim, draws: &Draws, roll: &Roll, rules: Rules) -> Option<Vec<Statement>> {
    let counts = |word: &&Statement| {
        word.target == claim.target
            && word.is_up == claim.is_up
            && word.at >= claim.from
            && word.is_fresh(rules.time, rules.reserve)
            && draws.of(day_of(word.at), claim.target.deal).contains(&word.prober)
    };
    let mut days: BTreeMap<u32, BTreeMap<Address, &Statement>> = BTreeMap::new();
    for word in said.iter().filter(counts) {
        let kept = days.entry(day_of(word.at)).or_default().entry(word.prober).or_insert(word);
        if (claim.is_up && word.at > kept.at) || (!claim.is_up && word.at < kept.at) {
            *kept = word;
        }
    }
    // The day that is over first: its statements are soon too old.
    days.into_values().find_map(|words| quorum(words.into_values().collect(), roll, rules.quorum))
}

fn quorum(mut words: Vec<&Statement>, roll: &Roll, need: usize) -> Option<Vec<Statement>> {
    words.sort_by_key(|word| (word.at, word.prober));
    let region = |word: &Statement| roll.region(word.prober);
    let (mut chosen, rest) = words.split_at_checked(need).map(|(chosen, rest)| (chosen.to_vec(), rest))?;
    let regions: BTreeSet<_> = chosen.iter().map(|word| region(word)).collect();
    if regions.len() < REGIONS {
        let other = rest.iter().find(|word| !regions.contains(&region(word)))?;
        chosen.pop();
        chosen.push(other);
    }
    Some(chosen.into_iter().cloned().collect())
}

/// The call that takes it.
pub fn report(claim: Claim, words: &[Statement]) -> IFaults::reportCall {
    IFaults::reportCall {
        deal: claim.target.deal.0,
        slot: claim.target.slot,
        serving: claim.target.serving,
        isUp: claim.is_up,
        at: words.iter().map(|word| U40::saturating_from(word.at)).collect(),
        signatures: words.iter().map(|word| word.signature.clone()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::DealId;
    use crate::time::DAY;

    const TARGET: Target = Target { deal: DealId(7), slot: 1, serving: 3 };
    const NOW: u64 = 20_000 * DAY + 5_000;
    const RULES: Rules = Rules { quorum: 3, time: NOW, reserve: 30 };

    fn prober(number: u8) -> Address {
        Address::repeat_byte(number)
    }

    fn word(number: u8, is_up: bool, at: u64) -> Statement {
        Statement { target: TARGET, is_up, at, prober: prober(number), signature: vec![number].into() }
    }

    /// Probers 1 to 4 are drawn; 4 is in another region, unless all are in one.
    fn chosen(said: &[Statement], is_up: bool, from: u64, is_one_region: bool) -> Option<Vec<(u8, u64)>> {
        let draws = Draws::known(20_000, TARGET.deal, (1..=4).map(prober).collect());
        let roll: Vec<_> = (1..=5).map(|number| (prober(number), u8::from(number == 4 && !is_one_region))).collect();
        let claim = Claim { target: TARGET, is_up, from };
        let words = choose(said, claim, &draws, &Roll::of_probers(&roll), RULES)?;
        Some(words.iter().map(|word| (word.prober[0], word.at)).collect())
    }

    #[test]
    fn a_quorum_needs_two_regions() {
        let said: Vec<_> = (1..=4).map(|number| word(number, false, NOW - 100 + u64::from(number))).collect();
        assert_eq!(chosen(&said, false, 0, false), Some(vec![(1, NOW - 99), (2, NOW - 98), (4, NOW - 96)]));
        assert_eq!(chosen(&said[..3], false, 0, false), None, "all are from one");
        assert_eq!(chosen(&said, false, 0, true), None);
        assert_eq!(chosen(&said[2..], false, 0, false), None, "two are too few");
    }

    #[test]
    fn what_does_not_count_is_left_out() {
        let good = [word(1, false, NOW - 9), word(4, false, NOW - 8)];
        let with = |third: Statement| chosen(&[good[0].clone(), good[1].clone(), third], false, NOW - 500, false);
        assert!(with(word(2, false, NOW)).is_some());
        for wrong in [
            word(1, false, NOW - 5),
            word(5, false, NOW - 5),
            word(2, true, NOW - 5),
            word(2, false, NOW + 1),
            word(2, false, NOW - 501),
            word(2, false, NOW - 880),
            Statement { target: Target { serving: 4, ..TARGET }, ..word(2, false, NOW - 5) },
        ] {
            assert_eq!(with(wrong.clone()), None, "{wrong:?}");
        }
    }

    #[test]
    fn the_first_miss_and_the_last_sight_count() {
        let said = |is_up| -> Vec<_> {
            [1, 2, 4]
                .into_iter()
                .flat_map(|number| [word(number, is_up, NOW - 60), word(number, is_up, NOW - 10)])
                .collect()
        };
        assert!(chosen(&said(false), false, 0, false).is_some_and(|words| words.iter().all(|(_, at)| *at == NOW - 60)));
        assert!(chosen(&said(true), true, 0, false).is_some_and(|words| words.iter().all(|(_, at)| *at == NOW - 10)));
    }
}
