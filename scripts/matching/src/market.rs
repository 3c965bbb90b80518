//! What there is to choose from.

/// An account of the chain.
pub type Address = [u8; 20];

/// A word that attesters (or the subject itself, at level 1) say of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute {
    pub attribute: u16,
    pub level: u8,
    pub expiry: u64,
}

/// Whoever stands behind offers.
#[derive(Debug, Clone)]
pub struct Provider {
    pub address: Address,
    /// FLT that no lock ties.
    pub free_stake: u128,
    pub first_loss_bps: u16,
    /// The company behind it, attested or audited, and when that expires; each attestation that is live.
    pub operators: Vec<(u64, u64)>,
    /// Share of time that it is down, with 18 decimals.
    pub unavailability: u64,
    pub attributes: Vec<Attribute>,
}

impl Provider {
    /// The operator under which it counts until `until`, zero: none. The higher level comes first.
    pub fn operator(&self, until: u64) -> u64 {
        self.operators.iter().find(|(_, expiry)| *expiry >= until).map_or(0, |(operator, _)| *operator)
    }

    pub(crate) fn has(&self, attribute: u16, level: u8, until: u64) -> bool {
        let mut attributes = self.attributes.iter();
        attributes.any(|has| has.attribute == attribute && has.level >= level && has.expiry >= until)
    }
}

/// Units at a price within limits.
#[derive(Debug, Clone)]
pub struct Offer {
    pub id: u64,
    /// Its place in [`Market::providers`].
    pub provider: usize,
    pub is_live: bool,
    pub class: u8,
    pub region: u8,
    pub units_free: u32,
    /// Stablecoin per unit-day, smallest units; at most 10^24.
    pub price: u128,
    pub coverage_max_bps: u16,
    pub term_max_days: u8,
    pub duration_max_days: u16,
    /// Bits.
    pub payment_modes: u8,
    /// Bits.
    pub proof_kinds: u8,
    pub notice: u32,
    /// Whether the request's customer is in the offer's tree of customers, or there is none.
    pub is_customer_accepted: bool,
    pub is_application_accepted: bool,
    /// Whether the request's verification key is in the offer's tree of keys, or there is none; asked for proofs by circuits alone.
    pub is_key_accepted: bool,
}

/// Every offer, and who makes it.
#[derive(Debug, Clone, Default)]
pub struct Market {
    pub providers: Vec<Provider>,
    pub offers: Vec<Offer>,
}
