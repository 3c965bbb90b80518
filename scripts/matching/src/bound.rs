//! What no set can cost less than, by Lagrange: each rule that ties offers together gets a price, and what is left falls
//! apart into one choice a group and one a provider.
//!
//! The rules: the gains reach the need (`lambda` a gain), so many slots (`tau` each), so many standbys (`sigma` each), and
//! one place a provider (`pi`). With any prices the bound holds; good prices make it tight. A set that differs from the
//! cheapest choices pays a penalty for each group where it does, and that is all that a search has to look at.

use std::collections::HashMap;

use crate::candidates::{Candidate, Candidates, Spare};
use crate::request::{Request, retainer};

/// Costs are multiplied by a power of two, so that prices between them are fine enough.
const COST_BITS: u32 = 84;
/// Products with gains stay within 128 bits.
const LAMBDA_MAX: i128 = 1 << 92;
const SWEEPS: u32 = 18;
const THINNINGS: u32 = 64;

/// What a provider costs by its cheapest offer, where it is not in the set for its availability.
#[derive(Debug, Clone, Copy)]
struct Base {
    provider: usize,
    slot: Option<i128>,
    standby: i128,
    /// Of the cheapest offer.
    gain: i64,
}

#[derive(Debug, Clone, Copy)]
struct Item {
    candidate: Candidate,
    cost: i128,
    base: Base,
}

/// Offers of one operator in one region.
#[derive(Debug, Default)]
struct Cluster {
    items: Vec<Item>,
    /// Providers whose cheapest offer is here, by cost.
    members: Vec<Base>,
}

/// The rules' prices.
#[derive(Debug, Clone)]
struct Prices {
    lambda: i128,
    tau: i128,
    sigma: i128,
    pi: Vec<(usize, i128)>,
}

impl Prices {
    fn pi(&self, provider: usize) -> i128 {
        self.pi.iter().find(|(known, _)| *known == provider).map_or(0, |(_, pi)| *pi)
    }

    /// What a provider adds to the bound as a standby or not at all.
    fn aside(&self, base: &Base) -> i128 {
        (base.standby + self.pi(base.provider) - self.sigma).min(0)
    }

    /// The same where it may serve a slot, too.
    fn anywhere(&self, base: &Base) -> i128 {
        let slot = base.slot.map_or(0, |cost| cost + self.pi(base.provider) - self.tau);
        self.aside(base).min(slot)
    }

    fn is_cheap(&self, base: &Base) -> bool {
        base.slot.is_some_and(|cost| cost < self.tau) || base.standby < self.sigma
    }

    /// A cluster that serves no slot.
    fn absent(&self, cluster: &Cluster) -> i128 {
        cluster.members.iter().take_while(|base| self.is_cheap(base)).map(|base| self.aside(base)).sum()
    }

    /// What choosing `item` as the best of its cluster adds to `absent`: those that bring no more may serve beside it.
    fn present(&self, cluster: &Cluster, item: &Item) -> i128 {
        let beside = cluster.members.iter().take_while(|base| base.slot.is_some_and(|cost| cost < self.tau));
        let beside = beside
            .filter(|base| base.gain <= item.candidate.gain && base.provider != item.candidate.provider)
            .map(|base| self.anywhere(base) - self.aside(base));
        let own = item.cost + self.pi(item.candidate.provider) - self.tau - self.aside(&item.base);
        own - self.lambda * i128::from(item.candidate.gain) + beside.sum::<i128>()
    }

    fn cheapest<'a>(&self, cluster: &'a Cluster) -> Option<(i128, &'a Item)> {
        let present = cluster.items.iter().map(|item| (self.present(cluster, item), item));
        present.min_by_key(|(value, _)| *value).filter(|(value, _)| *value < 0)
    }
}

/// What the prices choose.
#[derive(Debug)]
struct Choice {
    bound: i128,
    gain: i64,
    primaries: Vec<Candidate>,
}

/// A choice that differs from the cheapest in one group.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deviation {
    pub(crate) penalty: i128,
    pub(crate) group: usize,
    /// None: nobody of the group is in the set for its availability.
    pub(crate) item: Option<Candidate>,
    pub(crate) gain: i64,
    pub(crate) count: isize,
}

/// The bound with the best prices found, and the ways from it.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) value: i128,
    pub(crate) lambda: i128,
    pub(crate) shift: u32,
    /// By group.
    pub(crate) defaults: Vec<Option<Candidate>>,
    /// By penalty, the smallest first.
    pub(crate) deviations: Vec<Deviation>,
}

#[derive(Debug)]
pub(crate) struct Relaxation<'a> {
    request: &'a Request,
    need: i64,
    shift: u32,
    clusters: Vec<Cluster>,
    /// Providers that can serve a slot, by cost.
    fillers: Vec<Base>,
    /// Of these, the ones that bring nothing.
    idle: Vec<Base>,
    /// Providers that can only stand by, by retainer.
    bystanders: Vec<Base>,
}

fn scaled(cost: u128, shift: u32) -> i128 {
    i128::try_from(cost << shift).expect("prices stay below 2^112, and smaller ones are shifted below 2^84")
}

impl<'a> Relaxation<'a> {
    pub(crate) fn new(request: &'a Request, candidates: &Candidates) -> Self {
        let dearest = candidates.slots.last().map_or(1, |slot| slot.cost).max(1);
        let shift = COST_BITS.saturating_sub(dearest.ilog2() + 1);
        let mut by_provider = HashMap::new();
        let base = |slot: &Candidate| {
            let (slot_cost, standby) = (Some(scaled(slot.cost, shift)), scaled(retainer(slot.cost), shift));
            Base { provider: slot.provider, slot: slot_cost, standby, gain: slot.gain }
        };
        let mut clusters: HashMap<usize, Cluster> = HashMap::new();
        let (mut fillers, mut idle) = (Vec::new(), Vec::new());
        for place in &candidates.fillers {
            let slot = &candidates.slots[*place];
            let base = base(slot);
            by_provider.insert(slot.provider, base);
            fillers.push(base);
            if slot.gain == 0 {
                idle.push(base);
            } else {
                clusters.entry(slot.group).or_default().members.push(base);
            }
        }
        let only = candidates.standbys.iter().filter(|spare| !by_provider.contains_key(&spare.provider));
        let bystander =
            |spare: &Spare| Base { provider: spare.provider, slot: None, standby: scaled(spare.cost, shift), gain: 0 };
        let bystanders = only.map(bystander).collect();
        for candidate in &candidates.core {
            let base = by_provider[&candidate.provider];
            let item = Item { candidate: *candidate, cost: scaled(candidate.cost, shift), base };
            clusters.entry(candidate.group).or_default().items.push(item);
        }
        let mut clusters: Vec<(usize, Cluster)> = clusters.into_iter().collect();
        clusters.sort_unstable_by_key(|(group, _)| *group);
        let clusters = clusters.into_iter().map(|(_, cluster)| cluster).collect();
        Self { request, need: candidates.need, shift, clusters, fillers, idle, bystanders }
    }

    /// The most that the gains can be, whatever it costs; providers may count more than once.
    pub(crate) fn gain_most(&self) -> i64 {
        let best = |cluster: &Cluster| cluster.items.iter().map(|item| item.candidate.gain).max().unwrap_or(0);
        let mut gains: Vec<i64> = self.clusters.iter().map(best).collect();
        gains.sort_unstable_by(|left, right| right.cmp(left));
        gains.into_iter().take(self.request.slots).sum()
    }

    fn choose(&self, prices: &Prices) -> Choice {
        let (slots, standbys) = (count(self.request.slots), count(self.request.standbys));
        let mut bound = prices.lambda * i128::from(self.need) + slots * prices.tau + standbys * prices.sigma;
        bound -= prices.pi.iter().map(|(_, pi)| pi).sum::<i128>();
        for bases in [&self.idle, &self.bystanders] {
            bound +=
                bases.iter().take_while(|base| prices.is_cheap(base)).map(|base| prices.anywhere(base)).sum::<i128>();
        }
        let (mut gain, mut primaries) = (0, Vec::new());
        for cluster in &self.clusters {
            bound += prices.absent(cluster);
            if let Some((value, item)) = prices.cheapest(cluster) {
                bound += value;
                gain += item.candidate.gain;
                primaries.push(item.candidate);
            }
        }
        Choice { bound, gain, primaries }
    }

    /// Prices of places from the marginal ones, `lambda` given: what the dearest slot costs, and the dearest standby.
    fn prices(&self, lambda: i128) -> Prices {
        let (slots, standbys) = (self.request.slots, self.request.standbys);
        let marginal = self.fillers.get(slots + standbys).or(self.fillers.last());
        let sigma = if standbys == 0 { 0 } else { marginal.map_or(0, |base| base.standby) };
        let reduced = |item: &Item| item.cost - lambda * i128::from(item.candidate.gain);
        let of_cluster = |cluster: &Cluster| cluster.items.iter().map(reduced).min();
        let mut values: Vec<i128> = self.clusters.iter().filter_map(of_cluster).collect();
        values.extend(self.fillers.iter().filter_map(|base| base.slot).take(slots));
        let last = (slots - 1).min(values.len() - 1);
        let (_, tau, _) = values.select_nth_unstable(last);
        let tau = *tau + (sigma - *tau / 50).max(0);
        Prices { lambda, tau, sigma, pi: Vec::new() }
    }

    /// Looks for prices with a high bound; `tell` hears of each set of primaries that reaches the need on the way.
    pub(crate) fn bound(&self, mut tell: impl FnMut(&[Candidate])) -> Bound {
        let (mut low, mut high) = (0, 1);
        let mut best: Option<(i128, Prices)> = None;
        let mut try_prices = |prices: Prices, best: &mut Option<(i128, Prices)>| {
            let choice = self.choose(&prices);
            let is_enough = choice.gain >= self.need;
            if is_enough {
                tell(&choice.primaries);
            }
            if best.as_ref().is_none_or(|(bound, _)| choice.bound > *bound) {
                *best = Some((choice.bound, prices));
            }
            is_enough
        };
        while high < LAMBDA_MAX && !try_prices(self.prices(high), &mut best) {
            (low, high) = (high, high * 8);
        }
        for _ in 0..24 {
            let middle = low + (high - low) / 2;
            if try_prices(self.prices(middle), &mut best) { high = middle } else { low = middle }
        }
        let (mut value, mut prices) = best.expect("prices were tried");
        self.polish(&mut value, &mut prices);
        self.ways(value, &prices)
    }

    /// Moves one price after the other, by smaller and smaller steps, as long as the bound rises.
    fn polish(&self, value: &mut i128, prices: &mut Prices) {
        let typical = self.fillers.first().and_then(|base| base.slot).unwrap_or(1);
        let mut step = typical / 8;
        let mut lambda_step = prices.lambda / 8;
        for _ in 0..SWEEPS {
            for provider in twice(&self.choose(prices).primaries) {
                if prices.pi.iter().all(|(known, _)| *known != provider) {
                    prices.pi.push((provider, 0));
                }
            }
            for place in 0..3 + prices.pi.len() {
                for sign in [1, -1] {
                    let mut moved = prices.clone();
                    match place {
                        0 => moved.lambda = (moved.lambda + sign * lambda_step).clamp(0, LAMBDA_MAX),
                        1 => moved.tau += sign * step,
                        2 => moved.sigma = if self.request.standbys == 0 { 0 } else { moved.sigma + sign * step / 50 },
                        other => moved.pi[other - 3].1 = (moved.pi[other - 3].1 + sign * step).max(0),
                    }
                    let bound = self.choose(&moved).bound;
                    if bound > *value {
                        (*value, *prices) = (bound, moved);
                        break;
                    }
                }
            }
            (step, lambda_step) = (step * 2 / 3, lambda_step * 2 / 3);
        }
        self.thin(value, prices);
    }

    /// Where more are chosen than there are slots, the price of a slot goes down to where the marginal ones are not: among
    /// many of the same cost, each one too many would double the search.
    fn thin(&self, value: &mut i128, prices: &mut Prices) {
        for _ in 0..THINNINGS {
            let chosen = self.clusters.iter().filter_map(|cluster| prices.cheapest(cluster)).map(|(value, _)| value);
            let chosen: Vec<i128> = chosen.collect();
            let Some(marginal) = chosen.iter().max().filter(|_| chosen.len() > self.request.slots) else { return };
            let lower = Prices { tau: prices.tau + marginal, ..prices.clone() };
            let bound = self.choose(&lower).bound;
            if bound < *value {
                return;
            }
            (*value, *prices) = (bound, lower);
        }
    }

    fn ways(&self, value: i128, prices: &Prices) -> Bound {
        let mut defaults = Vec::new();
        let mut deviations = Vec::new();
        for (group, cluster) in self.clusters.iter().enumerate() {
            let default = prices.cheapest(cluster);
            let least = default.map_or(0, |(value, _)| value);
            let had = default.map_or(0, |(_, item)| item.candidate.gain);
            if default.is_some() {
                deviations.push(Deviation { penalty: -least, group, item: None, gain: -had, count: -1 });
            }
            for item in &cluster.items {
                let candidate = item.candidate;
                if default.is_none_or(|(_, default)| default.candidate.id != candidate.id) {
                    let penalty = prices.present(cluster, item) - least;
                    let (gain, count) = (candidate.gain - had, isize::from(default.is_none()));
                    deviations.push(Deviation { penalty, group, item: Some(candidate), gain, count });
                }
            }
            defaults.push(default.map(|(_, item)| item.candidate));
        }
        deviations.sort_by_key(|way| (way.penalty, way.item.map(|item| (item.cost, item.id))));
        Bound { value, lambda: prices.lambda, shift: self.shift, defaults, deviations }
    }
}

fn count(places: usize) -> i128 {
    i128::try_from(places).expect("places are few")
}

/// Providers with more than one place.
fn twice(primaries: &[Candidate]) -> Vec<usize> {
    let mut providers: Vec<usize> = primaries.iter().map(|primary| primary.provider).collect();
    providers.sort_unstable();
    let mut twice: Vec<usize> = providers.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    twice.dedup();
    twice
}
