//! What the story tells of metered slots, of gateways and their vouchers, of modules and their authors.

use std::collections::BTreeMap;

use alloy::primitives::aliases::U96;
use alloy::primitives::{B256, U256};
use contracts::IDeals::{RoyaltyCredited, SlotCredited, SlotRedeemed};
use contracts::IMatching::RequestKeySet;
use contracts::IModules::{ModuleNamed, ModulePublished, ModuleRoyaltySet};
use contracts::IVouchers::{GatewayRevocation, GatewaySet, VoucherRedeemed};

use super::{Story, party};

const ROYALTY: u64 = 50_000;

/// Every third deal.
pub(super) fn is_metered(deal: u64) -> bool {
    deal.is_multiple_of(3)
}

#[derive(Clone, Default)]
pub(super) struct Metering {
    modules: u64,
    /// By serving: what was paid, and for how many invocations.
    paid: BTreeMap<(u64, u32), (u128, u64)>,
    /// Royalties of deals that are nobody's credit yet.
    due: BTreeMap<u64, u128>,
}

fn module(number: u64) -> B256 {
    U256::from(0xabcd_0000_u64 + number).into()
}

fn author(number: u64) -> u64 {
    10 + number % 2
}

impl Story {
    /// What an opening says of modules: the royalty of all of them.
    pub(super) fn name_modules(&mut self, deal: u64) -> U96 {
        if deal.is_multiple_of(4) {
            self.emit("Matching", &RequestKeySet { deal, verificationKey: B256::with_last_byte(9) });
        }
        let count = if is_metered(deal) { self.metering.modules.min(3) } else { 0 };
        for number in 1..=count {
            let (module, author, royalty) = (module(number), party(author(number)), U96::from(ROYALTY));
            self.emit("Modules", &ModuleNamed { deal, module, author, royalty });
        }
        U96::from(ROYALTY * count)
    }

    /// Anything about usage and who is paid for it.
    pub(super) fn meter(&mut self) {
        match self.below(8) {
            0 => self.publish(),
            1 | 2 => self.name_gateway(),
            3 => self.pay_royalties(),
            _ => self.redeem(),
        }
    }

    fn publish(&mut self) {
        let number = self.metering.modules;
        if number > 0 && self.below(2) == 0 {
            let (module, royalty) = (module(1 + self.below(number)), U96::from(ROYALTY + self.below(9)));
            let set = ModuleRoyaltySet { module, royalty, effectiveAt: self.now(120) };
            return self.emit("Modules", &set);
        }
        self.metering.modules += 1;
        let number = number + 1;
        let published = ModulePublished {
            module: module(number),
            author: party(author(number)),
            royalty: U96::from(ROYALTY),
            uri: format!("ipfs://{number}\0"),
        };
        self.emit("Modules", &published);
    }

    fn name_gateway(&mut self) {
        let (customer, gateway) = (party(20 + self.below(4)), party(12));
        if self.below(3) == 0 {
            return self.emit("Vouchers", &GatewayRevocation { customer, gateway, revokedAt: self.now(0) });
        }
        self.emit("Vouchers", &GatewaySet { customer, gateway, dailyCap: U96::from(90_000_000) });
    }

    fn redeem(&mut self) {
        let found = self.servings.iter().rev().find(|(deal, (_, since))| is_metered(**deal) && *since > 0);
        let Some((&deal, &(of, since))) = found else { return };
        let (slot, provider) = (0, party(of));
        // The serving that runs, or the one before it, which is over.
        let serving = self.number(deal, slot).saturating_sub(u32::from(self.below(4) == 0)).max(1);
        let amount = 1_000 + u128::from(self.below(1_000));
        let (redeemed, invocations) = self.metering.paid.entry((deal, serving)).or_default();
        (*redeemed, *invocations) = (*redeemed + amount, *invocations + 77);
        let (redeemed, invocations) = (*redeemed, *invocations);
        let royalty = amount / 100;
        *self.metering.due.entry(deal).or_default() += royalty;
        let (fee, to_provider) = (amount / 50, amount - amount / 50 - royalty);
        let credited = SlotCredited { deal, slot, provider, fee, royalty, toStakers: 0, toProvider: to_provider };
        self.emit("Deals", &credited);
        let escrow = 500_000_000 - redeemed.min(500_000_000);
        self.emit("Deals", &SlotRedeemed { deal, slot, provider, serving, amount, redeemed, escrow });
        let voucher = VoucherRedeemed {
            deal,
            slot,
            gateway: party(12),
            serving,
            amount,
            signed: redeemed + u128::from(self.below(2)),
            // Whatever a gateway signs must not stop the indexer.
            invocations: if deal.is_multiple_of(5) { u64::MAX } else { invocations },
            from: super::U40::from(since),
            until: self.now(0),
            usageRoot: B256::with_last_byte(3),
        };
        self.emit("Vouchers", &voucher);
    }

    fn pay_royalties(&mut self) {
        let Some((deal, due)) = self.metering.due.pop_first() else { return };
        let amount = due / 2;
        for (of, due) in [(author(1), due - amount), (author(2), due - 2 * amount)] {
            self.emit("Deals", &RoyaltyCredited { deal, author: party(of), amount, due });
        }
    }
}
