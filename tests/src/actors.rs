//! Those who act in a journey: each signs with a key of his own, and speaks the domain through the command line's library.

use std::ops::Deref;

use alloy::primitives::{Address, keccak256};
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context as _, Result};
use scripts::amount::{Amount, Flt, Part, Usd};
use scripts::chain::Context;
use scripts::customer::{self, OpenArgs};
use scripts::ids::{DealId, OfferId};
use scripts::{delegator, offer, provider};

/// The key of whoever has this name: the same in every run, so that addresses are.
pub fn key(name: &str) -> Result<PrivateKeySigner> {
    Ok(PrivateKeySigner::from_bytes(&keccak256(format!("an actor of Surety's journeys: {name}")))?)
}

pub fn address(name: &str) -> Result<Address> {
    Ok(key(name)?.address())
}

/// Smallest units of FLT of an amount in whole tokens.
pub fn flt(text: &str) -> Result<u128> {
    Ok(text.parse::<Amount>()?.flt()?)
}

/// A party with a name. What it does and asks is in `scripts`, with its context.
#[derive(Clone, Debug)]
pub struct Actor {
    pub name: String,
    pub address: Address,
    pub context: Context,
}

impl Actor {
    /// Smallest units of the stablecoin of an amount in whole tokens.
    pub fn units(&self, text: &str) -> Result<u128> {
        Ok(text.parse::<Amount>()?.units(self.context.decimals())?)
    }

    pub async fn flt(&self) -> Result<Flt> {
        self.context.flt_of(self.address).await
    }

    pub async fn usd(&self) -> Result<Usd> {
        self.context.usd_of(self.address).await
    }
}

macro_rules! role {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(pub(crate) Actor);

        impl Deref for $name {
            type Target = Actor;

            fn deref(&self) -> &Actor {
                &self.0
            }
        }
    };
}

role!(
    /// Offers compute, and stakes for it.
    Provider
);
role!(
    /// Backs providers with FLT.
    Delegator
);
role!(
    /// Opens deals and pays for them.
    Customer
);

impl Provider {
    /// Sets terms, which makes it a provider, and publishes its profile.
    pub async fn register(&self, terms: provider::Terms) -> Result<()> {
        let endpoint = format!("https://{}.example", self.name);
        let profile = provider::Profile { name: self.name.clone(), endpoint, operator: 0 };
        provider::register(&self.context, profile, terms).await?;
        Ok(())
    }

    pub async fn stake(&self, amount: &str) -> Result<()> {
        delegator::stake(&self.context, self.address, flt(amount)?).await?;
        Ok(())
    }

    pub async fn exit(&self, amount: &str) -> Result<delegator::Exit> {
        delegator::exit(&self.context, self.address, amount.parse::<Part>()?).await
    }

    pub async fn withdraw(&self) -> Result<Vec<delegator::Moved>> {
        delegator::withdraw(&self.context, self.address, None, None).await
    }

    /// CPU units in region 0 with the widest limits; the price is per unit-day.
    pub async fn offer(&self, units: u32, price: &str) -> Result<OfferId> {
        self.offer_with(&offer::Terms::new(0, units, self.units(price)?)).await
    }

    pub async fn offer_with(&self, terms: &offer::Terms) -> Result<OfferId> {
        Ok(offer::create(&self.context, terms).await?.offer)
    }

    pub async fn ready(&self, deal: DealId, slot: u8) -> Result<()> {
        provider::ready(&self.context, deal, slot).await?;
        Ok(())
    }

    pub async fn decline(&self, deal: DealId, slot: u8) -> Result<()> {
        provider::decline(&self.context, deal, slot).await?;
        Ok(())
    }

    pub async fn top_up(&self, deal: DealId, slot: u8, amount: &str) -> Result<()> {
        provider::top_up(&self.context, deal, slot, flt(amount)?).await?;
        Ok(())
    }

    pub async fn claim(&self) -> Result<provider::Claimed> {
        provider::claim(&self.context, None).await
    }
}

impl Delegator {
    pub async fn stake(&self, with: &Provider, amount: &str) -> Result<()> {
        delegator::stake(&self.context, with.address, flt(amount)?).await?;
        Ok(())
    }

    /// `all`, or an amount in whole tokens.
    pub async fn exit(&self, from: &Provider, amount: &str) -> Result<delegator::Exit> {
        delegator::exit(&self.context, from.address, amount.parse::<Part>()?).await
    }

    /// Takes what has matured.
    pub async fn withdraw(&self, from: &Provider) -> Result<Vec<delegator::Moved>> {
        delegator::withdraw(&self.context, from.address, None, None).await
    }

    pub async fn claim(&self, from: &Provider) -> Result<delegator::Income> {
        delegator::claim(&self.context, from.address, None).await
    }

    pub async fn position(&self, with: &Provider) -> Result<delegator::Position> {
        delegator::position(&self.context, with.address, self.address).await
    }
}

impl Customer {
    /// A job of one slot, prepaid for one term at `price_max` per unit-day; change what else it needs.
    pub fn job(&self, units: u32, price_max: &str, term_days: u8, duration_days: u16) -> Result<OpenArgs> {
        Ok(OpenArgs::new(APPLICATION, units, self.units(price_max)?, term_days, duration_days))
    }

    /// Opens a deal and gives its slots to these offers at once.
    pub async fn open(&self, mut job: OpenArgs, offers: &[OfferId]) -> Result<DealId> {
        job.offers = offers.to_vec();
        Ok(customer::open(&self.context, &job).await?.deal)
    }

    pub async fn fund(&self, deal: DealId, amount: &str) -> Result<()> {
        customer::fund(&self.context, deal, self.units(amount)?).await?;
        Ok(())
    }

    pub async fn stop(&self, deal: DealId) -> Result<()> {
        customer::stop(&self.context, deal).await?;
        Ok(())
    }

    pub async fn refund(&self, deal: DealId) -> Result<Usd> {
        Ok(customer::refund(&self.context, deal, None).await?.amount)
    }

    pub async fn slot(&self, deal: DealId, slot: u8) -> Result<customer::SlotShown> {
        customer::slot_status(&self.context, deal, slot).await
    }
}

/// What jobs run when it does not matter.
const APPLICATION: &str = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";

/// The refusal of a contract, by name; an error where there was none or another one.
pub fn refused<T: std::fmt::Debug>(result: Result<T>) -> Result<String> {
    match result {
        Ok(done) => anyhow::bail!("it was not refused: {done:?}"),
        Err(error) => {
            let refusal = error.downcast_ref::<scripts::revert::Refusal>();
            let name = refusal.map(|refusal| refusal.name.clone());
            name.with_context(|| format!("it was no contract that refused: {error:#}"))
        }
    }
}
