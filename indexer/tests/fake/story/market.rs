//! What the story tells of offers, of prices, and of who vouches for whom.

use alloy::primitives::aliases::{U40, U48, U96};
use alloy::primitives::{B256, LogData, U256};
use alloy::sol_types::SolEvent;
use contracts::{IAttributes, IOffers, IPriceGuard};

use super::{Story, addresses, party};

impl Story {
    pub(super) fn offer(&mut self) {
        let provider = party(self.below(3));
        let price = U96::from(1_000_000 + self.below(500_000));
        let offer = if self.offers < 3 || self.below(2) == 0 {
            self.offers += 1;
            let offer = self.offers;
            self.emit("Offers", &IOffers::OfferCreated { offer, provider, class: 0, region: 2, units: 100, price });
            offer
        } else {
            let offer = 1 + self.below(self.offers);
            let effective_at = self.now(120);
            self.emit("Offers", &IOffers::OfferUpdated { offer, units: 90, price, effectiveAt: effective_at });
            offer
        };
        let limits = IOffers::OfferLimitsSet {
            offer,
            coverageMaxBps: 50_000,
            availabilityBps: 9_900,
            termMaxDays: 14,
            durationMaxDays: 365,
            paymentModes: 1,
            proofKinds: 1,
            notice: 86_400,
        };
        self.emit("Offers", &limits);
        let zero = B256::ZERO;
        self.emit(
            "Offers",
            &IOffers::OfferRootsSet { offer, customersRoot: zero, applicationsRoot: zero, verificationKeysRoot: zero },
        );
        // A zero byte is the one thing that Postgres cannot store in a text.
        let name = format!("provider\0{offer}");
        self.emit(
            "Offers",
            &IOffers::ProfileSet { provider, name, endpoint: "https://p".to_owned(), operator: U48::from(offer) },
        );
    }

    pub(super) fn observe(&mut self) {
        let price = U256::from(50_000_000 + self.below(1_000_000));
        let fresh_until = U256::from(self.time + 7_200);
        let average = price << 32;
        let words = [price, average, average, fresh_until, U256::ZERO, price, price, U256::ZERO];
        let data: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes::<32>()).collect();
        let topics = vec![IPriceGuard::PriceObserved::SIGNATURE_HASH];
        self.logs.push((addresses()["PriceGuard"], LogData::new_unchecked(topics, data.into())));
    }

    pub(super) fn attest(&mut self) {
        let subject = party(self.below(3));
        let attester = party(50);
        let expiry = U40::MAX;
        let attested =
            IAttributes::AttributeAttested { subject, attribute: 3, level: 2, attester, value: U48::from(1), expiry };
        self.emit("Attributes", &attested);
        if self.below(2) == 0 {
            let revoked = IAttributes::AttributeRevoked { subject, attribute: 3, level: 2, attester };
            self.emit("Attributes", &revoked);
        }
    }
}
