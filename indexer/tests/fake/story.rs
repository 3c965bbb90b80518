//! Events that could be of a network: each follows from the ones before, so that a fork tells another story.

mod capacity;
mod faults;
mod fees;
mod market;
mod metering;
mod proofs;
mod succession;

use std::collections::{BTreeMap, BTreeSet};

use alloy::primitives::aliases::{U40, U96};
use alloy::primitives::{Address, LogData, U256};
use alloy::sol_types::SolEvent;
use capacity::Capacity;
use contracts::{IDeals, IMatching, IStaking};
use faults::Faults;
use fees::Fees;
use metering::{Metering, is_metered};
use proofs::Proofs;
use succession::{Succession, has_standbys};

const NAMES: [&str; 18] = [
    "Staking",
    "PriceGuard",
    "Offers",
    "Attributes",
    "Deals",
    "Matching",
    "Flt",
    "Stablecoin",
    "FeeBurn",
    "Rewards",
    "Capacity",
    "Probers",
    "Faults",
    "Vouchers",
    "Modules",
    "Proofs",
    "Groth16",
    "Sampled",
];
const UNIT: u128 = 1_000_000_000_000_000_000;

pub(crate) fn addresses() -> BTreeMap<&'static str, Address> {
    NAMES.iter().zip(1..).map(|(name, place)| (*name, Address::with_last_byte(place))).collect()
}

fn party(number: u64) -> Address {
    Address::repeat_byte(u8::try_from(0x40 + number % 64).expect("small"))
}

#[derive(Clone, Default)]
pub(crate) struct Story {
    random: u64,
    time: u64,
    logs: Vec<(Address, LogData)>,
    /// Active shares by provider and account; one FLT a share.
    positions: BTreeMap<(u64, u64), u128>,
    tickets: BTreeMap<(u64, u64, u32), u128>,
    pools: BTreeSet<(u64, bool, u32)>,
    locks: BTreeMap<u64, (u64, u128)>,
    locked: BTreeMap<u64, u128>,
    offers: u64,
    deals: u64,
    lock_count: u64,
    servings: BTreeMap<u64, (u64, u64)>,
    credits: BTreeMap<u64, u128>,
    stakers: BTreeMap<u64, u128>,
    capacity: Capacity,
    fees: Fees,
    succession: Succession,
    faults: Faults,
    metering: Metering,
    proofs: Proofs,
}

impl Story {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// What happens in a block.
    pub(crate) fn tell(&mut self, number: u64, time: u64, fork: u64) -> Vec<(Address, LogData)> {
        self.random = number.wrapping_mul(0xd6e8_feb8_6659_fd93) ^ fork.wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ 7;
        self.time = time;
        if number == super::FIRST_BLOCK {
            self.prologue();
        }
        for _ in 0..self.below(6) {
            match self.below(48) {
                0 | 1 => self.stake(),
                2 => self.exit(),
                3 => self.leave(),
                4 => self.lock(),
                5 => self.slash(),
                6 => self.offer(),
                7 => self.open(),
                8..=11 => self.serve(),
                12 => self.settle(),
                13 => self.observe(),
                14 => self.attest(),
                15 | 16 => self.burn(),
                17 | 18 => self.succeed(),
                19..=21 => self.propose(),
                22..=25 => self.probe(),
                26..=31 => self.meter(),
                32..=36 => self.compute(),
                _ => self.prove(),
            }
        }
        std::mem::take(&mut self.logs)
    }

    fn below(&mut self, end: u64) -> u64 {
        // SplitMix: what comes next must not follow from what came, or some turns are never taken.
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    fn emit(&mut self, contract: &str, event: &impl SolEvent) {
        self.logs.push((addresses()[contract], event.encode_log_data()));
    }

    fn now(&self, later: u64) -> U40 {
        U40::from(self.time + later)
    }

    /// What stands for no time.
    fn never(&self) -> U40 {
        U40::ZERO
    }

    fn prologue(&mut self) {
        for provider in 0..3 {
            self.terms(provider, 0);
        }
        self.emit("Deals", &IDeals::FeeSet { feeBps: 200, treasury: party(63) });
        self.emit("Matching", &IMatching::RequestFeeSet { fee: 100_000 });
        self.observe();
        self.bond_prologue();
        self.fault_prologue();
        self.proof_prologue();
        self.capacity_prologue();
    }

    fn terms(&mut self, provider: u64, later: u64) {
        let terms = IStaking::TermsSet {
            provider: party(provider),
            firstLossBps: 1_000,
            rewardShareBps: 3_000,
            revenueShareBps: 500,
            dripDays: 7,
            delegationCap: 1_000_000 * UNIT,
        };
        self.emit("Staking", &terms);
        if later > 0 {
            let effective_at = self.now(later);
            let scheduled = IStaking::TermsScheduled {
                provider: party(provider),
                firstLossBps: 500,
                rewardShareBps: 3_000,
                revenueShareBps: 500,
                dripDays: 14,
                effectiveAt: effective_at,
            };
            self.emit("Staking", &scheduled);
        }
    }

    /// The tranche after a change of one of its positions, as Staking tells it.
    fn tranche(&mut self, provider: u64, is_own: bool) {
        let of = |(place, _): &(&(u64, u64), &u128)| place.0 == provider && (place.0 == place.1) == is_own;
        let active: u128 = self.positions.iter().filter(of).map(|(_, shares)| *shares).sum();
        let thawing: u128 = self
            .tickets
            .iter()
            .filter(|((of, account, _), _)| *of == provider && (of == account) == is_own)
            .map(|(_, units)| *units)
            .sum();
        let (provider, generation, shares) = (party(provider), 0, active);
        let updated_at = self.now(0);
        let index = u128::from(self.time - super::BEGIN) * 1_000_000;
        let index = IStaking::IndexChanged {
            provider,
            isOwn: is_own,
            fltIndex: index,
            usdIndex: index / 7,
            updatedAt: updated_at,
        };
        self.emit("Staking", &index);
        self.emit("Staking", &IStaking::TrancheChanged { provider, isOwn: is_own, generation, active, shares });
        self.emit("Staking", &IStaking::ThawChanged { provider, isOwn: is_own, generation, thawing, units: thawing });
    }

    fn stake(&mut self) {
        let (provider, account) = (self.below(3), self.below(6));
        let amount = u128::from(self.below(1_000) + 1) * UNIT;
        *self.positions.entry((provider, account)).or_default() += amount;
        self.tranche(provider, provider == account);
        self.emit(
            "Staking",
            &IStaking::RewardSettled {
                provider: party(provider),
                account: party(account),
                fltIndex: 5,
                usdIndex: 6,
                fltOwed: amount / 1_000,
                usdOwed: 9,
            },
        );
        let (provider, account) = (party(provider), party(account));
        self.emit("Staking", &IStaking::Staked { provider, account, generation: 0, amount, shares: amount });
    }

    fn exit(&mut self) {
        let Some((&(provider, account), &shares)) =
            self.positions.iter().nth(usize::try_from(self.random % 5).expect("small"))
        else {
            return;
        };
        let part = shares / 3;
        if part == 0 {
            return;
        }
        self.positions.insert((provider, account), shares - part);
        let day = u32::try_from(self.time / 86_400 + 2).expect("days are few");
        *self.tickets.entry((provider, account, day)).or_default() += part;
        self.tranche(provider, provider == account);
        let (provider, account) = (party(provider), party(account));
        self.emit(
            "Staking",
            &IStaking::ExitStarted {
                provider,
                account,
                day,
                amount: part,
                shares: part,
                thawGeneration: 0,
                units: part,
            },
        );
    }

    /// Cancels a young ticket, redeems a mature one.
    fn leave(&mut self) {
        let Some((&(of, by, day), &units)) = self.tickets.iter().next() else { return };
        self.tickets.remove(&(of, by, day));
        let (provider, account) = (party(of), party(by));
        if u64::from(day) * 86_400 > self.time {
            *self.positions.entry((of, by)).or_default() += units;
            self.tranche(of, of == by);
            self.emit(
                "Staking",
                &IStaking::ExitCancelled { provider, account, day, units, amount: units, generation: 0, shares: units },
            );
        } else {
            self.crystallise(of, of == by, day, units);
            self.tranche(of, of == by);
            self.emit(
                "Staking",
                &IStaking::Withdrawn { provider, account, day, units, amount: units, recipient: account },
            );
        }
    }

    /// A bucket becomes a claim pool once, for all of its tickets; `taken` is the one that is being redeemed.
    fn crystallise(&mut self, of: u64, is_own: bool, day: u32, taken: u128) {
        if !self.pools.insert((of, is_own, day)) {
            return;
        }
        let others = self.tickets.iter().filter(|((provider, account, matures), _)| {
            *provider == of && (provider == account) == is_own && *matures == day
        });
        let units = taken + others.map(|(_, units)| *units).sum::<u128>();
        let crystallised =
            IStaking::Crystallised { provider: party(of), isOwn: is_own, day, thawGeneration: 0, units, amount: units };
        self.emit("Staking", &crystallised);
    }

    fn lock(&mut self) {
        let provider = self.below(3);
        let later = 20 * 86_400;
        let amount = u128::from(self.below(500) + 1) * UNIT;
        let end = self.now(later);
        let locked = self.locked.entry(provider).or_default();
        *locked += amount;
        let locked = *locked;
        self.lock_count += 1;
        self.locks.insert(self.lock_count, (provider, amount));
        let (lock, provider) = (self.lock_count, party(provider));
        let module = addresses()["Deals"];
        self.emit(
            "Staking",
            &IStaking::LockGranted { lock, provider, module, slasher: Address::ZERO, amount, end, locked },
        );
    }

    /// Slashes, renews or releases the oldest lock.
    fn slash(&mut self) {
        let Some((&lock, &(of, amount))) = self.locks.iter().next() else { return };
        let held = self.locked[&of];
        let provider = party(of);
        match self.below(3) {
            0 => {
                let part = amount / 4;
                let (left, locked) = (amount - part, held - part);
                self.locks.insert(lock, (of, left));
                self.locked.insert(of, locked);
                let slashed = IStaking::Slashed {
                    lock,
                    provider,
                    slasher: party(60),
                    amount: part,
                    fromOrphan: 0,
                    fromOwn: part,
                    fromDelegated: 0,
                    lockAmount: left,
                    locked,
                };
                self.emit("Staking", &slashed);
                let cure_until = self.now(48 * 3_600);
                self.emit("Staking", &IStaking::ShortfallSet { provider, shortfall: part, cureUntil: cure_until });
            }
            1 => {
                let end = self.now(19 * 86_400);
                let locked = held + UNIT;
                self.locks.insert(lock, (of, amount + UNIT));
                self.locked.insert(of, locked);
                self.emit("Staking", &IStaking::LockRegranted { lock, provider, amount: amount + UNIT, end, locked });
            }
            _ => {
                self.locks.remove(&lock);
                self.locked.insert(of, held - amount);
                self.emit("Staking", &IStaking::LockReleased { lock, provider, amount, locked: held - amount });
                self.terms(of, 22 * 86_400);
            }
        }
    }

    fn open(&mut self) {
        self.deals += 1;
        let (deal, customer) = (self.deals, party(20 + self.below(4)));
        let expiry = self.now(86_400);
        self.emit(
            "Deals",
            &IDeals::DealOpened {
                deal,
                customer,
                class: 0,
                slots: 1,
                units: 10,
                termDays: 7,
                durationDays: 28,
                coverageBps: 30_000,
                exposure: 0,
            },
        );
        let (mode, royalty) = (u8::from(is_metered(deal)), self.name_modules(deal));
        self.emit("Deals", &IDeals::DealTermsSet { deal, paymentMode: mode, feeBps: 200, notice: 3_600, royalty });
        if has_standbys(deal) {
            self.ask_for_standbys(deal);
        }
        let amount = 500_000_000;
        self.emit("Deals", &IDeals::DealFunded { deal, payer: customer, amount, shares: amount, totalShares: amount });
        self.emit("Deals", &IDeals::SlotFunded { deal, slot: 0, escrow: amount });
        self.emit(
            "Matching",
            &IMatching::RequestOpened {
                deal,
                customer,
                application: "bafy".to_owned(),
                priceMax: U96::from(2_000_000),
                regions: U256::MAX,
                firstLossMinBps: 0,
                proofKind: 0,
                expiry,
                resolver: Address::ZERO,
                isAllowlist: false,
            },
        );
    }

    /// Assigns the youngest deal, or lets it be declined, or makes it ready.
    fn serve(&mut self) {
        if self.deals == 0 {
            return;
        }
        let deal = self.deals - self.below(self.deals.min(8));
        let (slot, price) = (0, U96::from(1_200_000));
        match self.servings.get(&deal).copied() {
            None => {
                let provider = self.below(3);
                self.servings.insert(deal, (provider, 0));
                let serving = self.next_number(deal, slot);
                let assigned = IDeals::SlotAssigned {
                    deal,
                    slot,
                    provider: party(provider),
                    serving,
                    offer: 1,
                    price,
                    lock: 1,
                    lockAmount: 3 * UNIT,
                    valueAtStake: 1_000_000,
                };
                self.emit("Deals", &assigned);
            }
            Some((provider, 0)) if self.below(4) == 0 => {
                self.servings.remove(&deal);
                self.emit("Deals", &IDeals::SlotDeclined { deal, slot, provider: party(provider), isSilent: false });
            }
            Some((provider, 0)) => {
                self.servings.insert(deal, (provider, self.time));
                let term_end = self.now(7 * 86_400);
                self.emit("Deals", &IDeals::SlotReady { deal, slot, provider: party(provider), termEnd: term_end });
            }
            Some((provider, _)) => self.call(deal, party(provider)),
        }
    }

    fn call(&mut self, deal: u64, provider: Address) {
        let slot = 0;
        match self.below(7) {
            0 | 1 => {
                let health_bps = U256::from(18_000);
                let opened = IDeals::MarginCallOpened { deal, slot, provider, healthBps: health_bps, staleSeconds: 60 };
                self.emit("Deals", &opened);
            }
            2 => self.emit("Deals", &IDeals::MarginCallCured { deal, slot, provider, healthBps: U256::from(21_000) }),
            3 => {
                let term_end = self.now(8 * 86_400);
                let renewed = IDeals::SlotRenewed {
                    deal,
                    slot,
                    provider,
                    termEnd: term_end,
                    lockAmount: 2 * UNIT,
                    valueAtStake: 700_000,
                    isPriced: deal.is_multiple_of(2),
                };
                self.emit("Deals", &renewed);
            }
            4 => self.emit("Deals", &IDeals::SlotFinal { deal, slot, provider }),
            5 => self.emit("Deals", &IDeals::DealStopRequested { deal, endsAt: self.now(3_600) }),
            _ => {
                self.servings.remove(&deal);
                self.emit("Deals", &IDeals::SlotEnded { deal, slot, provider, endsAt: self.now(0), reason: 2 });
            }
        }
    }

    fn settle(&mut self) {
        let Some((&deal, &(of, since))) = self.servings.iter().find(|(_, (_, since))| *since > 0) else { return };
        let provider = party(of);
        let owed = u128::from(self.time - since) * 139;
        let started_at = U40::from(since);
        let serving = self.number(deal, 0);
        self.emit(
            "Deals",
            &IDeals::SlotSettled {
                deal,
                slot: 0,
                serving,
                escrow: 500_000_000 - owed.min(500_000_000),
                owed,
                credited: owed / 2,
                startedAt: started_at,
            },
        );
        let (fee, to_stakers, to_provider) = (7, 11, owed / 10);
        self.emit(
            "Deals",
            &IDeals::SlotCredited {
                deal,
                slot: 0,
                provider,
                fee,
                royalty: 0,
                toStakers: to_stakers,
                toProvider: to_provider,
            },
        );
        let credit = self.credits.entry(of).or_default();
        *credit += to_provider;
        let credit = *credit;
        *self.stakers.entry(of).or_default() += to_stakers;
        self.emit("Deals", &IDeals::CreditAdded { account: provider, amount: to_provider, credit });
        if self.below(3) == 0 {
            self.credits.insert(of, 0);
            self.emit("Deals", &IDeals::CreditClaimed { account: provider, amount: credit, recipient: provider });
            let amount = self.stakers.insert(of, 0).unwrap_or_default();
            self.emit("Deals", &IDeals::StakersPaid { provider, amount });
        }
    }
}
