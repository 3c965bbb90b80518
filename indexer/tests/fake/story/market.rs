//! What the story tells of offers, of prices, and of who vouches for whom.

use alloy::primitives::aliases::{U40, U48, U96};
use alloy::primitives::{B256, LogData, U256};
use alloy::sol_types::SolEvent;
use contracts::{IAttributes, IOffers, IPriceGuard};

use super::{Story, addresses, party};

/// Whatever is told of an offer, this is what it declares and will declare.
const AVAILABILITY_BPS: u16 = 9_900;

impl Story {
    pub(super) fn offer(&mut self) {
        let provider = party(self.below(3));
        let price = U96::from(1_000_000 + self.below(500_000));
        if self.offers < 3 || self.below(2) == 0 {
            self.offers += 1;
            let offer = self.offers;
            self.emit("Offers", &IOffers::OfferCreated { offer, provider, class: 0, region: 2, units: 100, price });
            self.limits(offer, AVAILABILITY_BPS);
            self.roots(offer);
        } else {
            self.update(price);
        }
        let offer = self.offers;
        // A zero byte is the one thing that Postgres cannot store in a text.
        let name = format!("provider\0{offer}");
        self.emit(
            "Offers",
            &IOffers::ProfileSet { provider, name, endpoint: "https://p".to_owned(), operator: U48::from(offer) },
        );
    }

    /// One that lowers the availability, and units that are taken while it waits.
    fn update(&mut self, price: U96) {
        let offer = 1 + self.below(self.offers);
        let effective_at = self.now(120);
        self.emit("Offers", &IOffers::OfferUpdated { offer, units: 90, price, effectiveAt: effective_at });
        self.limits(offer, AVAILABILITY_BPS - 100);
        self.roots(offer);
        self.emit("Offers", &IOffers::UnitsTaken { offer, units: 5, unitsInUse: 5 });
        self.limits(offer, AVAILABILITY_BPS);
    }

    fn limits(&mut self, offer: u64, availability_bps: u16) {
        let limits = IOffers::OfferLimitsSet {
            offer,
            coverageMaxBps: 50_000,
            availabilityBps: availability_bps,
            termMaxDays: 14,
            durationMaxDays: 365,
            paymentModes: 1,
            proofKinds: 1,
            notice: 86_400,
        };
        self.emit("Offers", &limits);
    }

    fn roots(&mut self, offer: u64) {
        let zero = B256::ZERO;
        let roots =
            IOffers::OfferRootsSet { offer, customersRoot: zero, applicationsRoot: zero, verificationKeysRoot: zero };
        self.emit("Offers", &roots);
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
