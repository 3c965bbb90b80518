//! A real day of serverless functions as metered deals: every invocation in a usage tree, a voucher for each slot and hour,
//! redeemed on a chain of our own; beside it what one transaction an invocation would cost.

use std::hint::black_box;
use std::time::{Duration, Instant};

use alloy::primitives::Bytes;
use alloy::primitives::aliases::U96;
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context as _, Result, ensure};
use contracts::{Deals, Vouchers};
use metering::signing::Domain;
use metering::trace::{HOURS, replay_hour};
use metering::{Invocation, Series, Serving, Voucher};
use scripts::amount::whole;
use scripts::deployment::Deployment;
use scripts::ids::OfferId;
use scripts::voucher::written;
use scripts::{offer, operator, provider};

use super::gateway;
use super::meter::{Meter, own_cpu};
use super::{Figure, thousandths};
use crate::actors::{self, Customer, Provider};
use crate::chain::{Chain, GENESIS};
use crate::trace::{self, Demand};
use crate::world::{actor, deploy};

/// The day begins at the midnight after the deals were opened.
const DAY: u64 = GENESIS + 86_400;
const HOUR_SECONDS: u64 = 3_600;

/// What each provider asks for a unit-day; none is round, so that roundings cannot hide.
const PRICES: [&str; 5] = ["0.930007", "0.970003", "1.010009", "1.090001", "1.130011"];
const PRICE_MAX: &str = "1.2";
const UNITS: u32 = 100_000;
pub(super) const STAKE: &str = "10000000";
pub(super) const PURSE_FLT: &str = "20000000";
pub(super) const PURSE_USD: &str = "1000000";
/// What the gateway may sign in a day.
pub(super) const CAP: &str = "10000";

const DECIMALS: u8 = 6;

/// The payment mode, and its bit in an offer's.
const METERED: u8 = 1;

const TERM_DAYS: u8 = 14;

pub async fn run() -> Result<()> {
    let meter = Meter::start(None).await?;
    let demands = trace::demands(&trace::functions()?)?;
    let mut market = Market::open(&demands).await?;
    let day = market.play().await?;
    let peak_kib = meter.read()?.peak_kib;
    let independent = market.independent(&day)?;
    let single = market.single().await?;
    let signed_per_second = vouchers_per_second(&day.vouchers, market.domain, &market.gateway)?;
    let print = |metric, value, unit| Figure { bench: "replay", case: "azure_day", metric, value, unit }.print();
    print("invocations", day.invocations.into(), "1")?;
    print("invocations_per_s", per_second(day.invocations, day.metering)?.into(), "1/s")?;
    print("peak_mb", thousandths(u128::from(peak_kib) * 1_000 / 1_024)?, "MB")?;
    print("vouchers", day.vouchers.len().into(), "1")?;
    print("transactions", day.transactions.into(), "1")?;
    print("gas_per_million", (day.gas * 1_000_000 / day.invocations).into(), "gas")?;
    print("gas_per_million_single", (single * 1_000_000).into(), "gas")?;
    print("vouchers_per_s", signed_per_second.into(), "1/s")?;
    print("redeemed_usd", whole(day.redeemed, DECIMALS).parse()?, "USD")?;
    print("independent_usd", whole(independent, DECIMALS).parse()?, "USD")?;
    gateway::run().await
}

/// What came of the day.
#[derive(Debug, Default)]
struct Day {
    invocations: u64,
    /// Time in which invocations were charged and put into trees.
    metering: Duration,
    vouchers: Vec<Voucher>,
    transactions: u64,
    gas: u64,
    /// What `Deals` says was paid.
    redeemed: u128,
}

struct Slot<'a> {
    demand: &'a Demand,
    price: U96,
    series: Series,
}

/// A metered deal for each demand, on a chain of its own.
struct Market<'a> {
    chain: Chain,
    customer: Customer,
    gateway: PrivateKeySigner,
    domain: Domain,
    slots: Vec<Slot<'a>>,
}

impl<'a> Market<'a> {
    async fn open(demands: &'a [Demand]) -> Result<Self> {
        let chain = Chain::start(32).await?;
        let (deployment, _) = deploy(&chain, DECIMALS).await?;
        let offers = offers(&chain, &deployment).await?;
        let operator = actor(&chain, &deployment, "operator").await?;
        let customer = Customer(actor(&chain, &deployment, "customer").await?);
        operator::mint(&operator.context, customer.address, 0, customer.units(PURSE_USD)?).await?;
        let gateway = actors::key("gateway")?;
        let domain = Domain { chain_id: deployment.chain_id, contract: deployment.contracts.vouchers };
        let daily_cap = U96::try_from(customer.units(CAP)?).context("a cap has at most 96 bits")?;
        let (account, address) = (customer.address, gateway.address());
        let call = Vouchers::setGatewayCall { customer: account, gateway: address, dailyCap: daily_cap };
        customer.context.send(domain.contract, call).await?;
        let mut slots = Vec::new();
        for (demand, (offer, provider)) in demands.iter().zip(offers.iter().cycle()) {
            slots.push(slot(&customer, demand, *offer, provider).await?);
        }
        Ok(Self { chain, customer, gateway, domain, slots })
    }

    /// Meters hour by hour, and redeems what each hour's vouchers add.
    async fn play(&mut self) -> Result<Day> {
        let mut day = Day::default();
        for hour in 0..HOURS {
            let begin = Instant::now();
            let mut vouchers = Vec::new();
            for slot in &mut self.slots {
                let functions = slot.demand.functions.iter();
                vouchers.extend(replay_hour(functions, &mut slot.series, DAY, hour, |record| {
                    black_box(record);
                })?);
            }
            day.metering += begin.elapsed();
            self.chain.advance_to(DAY + (hour as u64 + 1) * HOUR_SECONDS).await?;
            day.gas += self.redeem(&vouchers).await?;
            day.transactions += 1;
            day.vouchers.extend(vouchers);
        }
        day.gas += self.settle().await?;
        day.transactions += 1;
        for slot in &self.slots {
            day.invocations += slot.series.invocations();
            day.redeemed += self.redeemed(slot.series.serving()).await?;
        }
        Ok(day)
    }

    /// In one transaction; its gas.
    async fn redeem(&self, vouchers: &[Voucher]) -> Result<u64> {
        let signed: Result<Vec<Bytes>> = vouchers.iter().map(|voucher| self.sign(voucher)).collect();
        let written: Result<Vec<_>> = vouchers.iter().map(written).collect();
        let call = Vouchers::redeemManyCall {
            vouchers: written?,
            customer: self.customer.address,
            gateway: self.gateway.address(),
            signatures: signed?,
        };
        let sent = self.customer.context.send(self.domain.contract, call).await?;
        let paid = sent.events::<Vouchers::VoucherRedeemed>();
        ensure!(paid.len() == vouchers.len(), "of {} vouchers {} were paid", vouchers.len(), paid.len());
        Ok(sent.gas_used)
    }

    /// What the vouchers earned becomes the providers' credit.
    async fn settle(&self) -> Result<u64> {
        let call = Deals::settleManyCall {
            deals: self.slots.iter().map(|slot| slot.series.serving().deal).collect(),
            slots: self.slots.iter().map(|slot| slot.series.serving().slot).collect(),
        };
        let context = &self.customer.context;
        Ok(context.send(context.at().deals, call).await?.gas_used)
    }

    /// Gas of one transaction for one invocation more.
    async fn single(&mut self) -> Result<u64> {
        let slot = self.slots.first_mut().context("the trace has a demand")?;
        let function = slot.demand.functions.first().context("a demand has a function")?;
        let (duration_ms, memory_mib) = (function.average_ms, function.memory_mib);
        let started_at_ms = DAY * 1_000;
        slot.series.meter(&Invocation { started_at_ms, duration_ms, millicores: 1_000, memory_mib, fuel: 0 })?;
        let voucher = slot.series.voucher(DAY + HOURS as u64 * HOUR_SECONDS);
        let call = Vouchers::redeemCall {
            voucher: written(&voucher)?,
            customer: self.customer.address,
            gateway: self.gateway.address(),
            signature: self.sign(&voucher)?,
        };
        Ok(self.customer.context.send(self.domain.contract, call).await?.gas_used)
    }

    /// What the day costs by another program's word; it must be what was paid.
    fn independent(&self, day: &Day) -> Result<u128> {
        let (invocations, amount) = trace::independent_sum(self.slots.iter().map(|slot| (slot.demand, slot.price)))?;
        ensure!(
            (invocations, amount) == (day.invocations, day.redeemed),
            "{} invocations were paid {}, and an independent sum says {invocations} and {amount}",
            day.invocations,
            day.redeemed
        );
        Ok(amount)
    }

    fn sign(&self, voucher: &Voucher) -> Result<Bytes> {
        Ok(voucher.sign(self.domain, &self.gateway)?.as_bytes().into())
    }

    async fn redeemed(&self, serving: Serving) -> Result<u128> {
        let Serving { deal, slot, number: serving, .. } = serving;
        let context = &self.customer.context;
        context.view(context.at().deals, Deals::redeemedOfCall { deal, slot, serving }).await
    }
}

/// Somebody in each price range who takes metered deals.
async fn offers(chain: &Chain, deployment: &Deployment) -> Result<Vec<(OfferId, Provider)>> {
    let operator = actor(chain, deployment, "operator").await?;
    let mut offers = Vec::new();
    for (place, price) in PRICES.iter().enumerate() {
        let provider = Provider(actor(chain, deployment, &format!("provider {place}")).await?);
        operator::mint(&operator.context, provider.address, actors::flt(PURSE_FLT)?, 0).await?;
        provider.register(provider::Terms::default()).await?;
        provider.stake(STAKE).await?;
        let mut terms = offer::Terms::new(0, UNITS, provider.units(price)?);
        terms.payment_modes = 1 << METERED;
        offers.push((provider.offer_with(&terms).await?, provider));
    }
    Ok(offers)
}

/// A metered deal that is served, and its meter at zero.
async fn slot<'a>(customer: &Customer, demand: &'a Demand, offer: OfferId, provider: &Provider) -> Result<Slot<'a>> {
    let mut job = customer.job(demand.units, PRICE_MAX, TERM_DAYS, TERM_DAYS.into())?;
    job.payment_mode = METERED;
    let deal = customer.open(job, &[offer]).await?;
    provider.ready(deal, 0).await?;
    let context = &customer.context;
    let found = context.view(context.at().deals, Deals::slotOfCall { deal: deal.0, slot: 0 }).await?;
    let serving = Serving { deal: deal.0, slot: 0, number: found.serving, provider: provider.address };
    Ok(Slot { demand, price: found.price, series: Series::new(serving, found.price, DAY) })
}

/// Signed and checked on one core, whichever is slower; time that other programs took does not count.
fn vouchers_per_second(vouchers: &[Voucher], domain: Domain, gateway: &PrivateKeySigner) -> Result<u64> {
    let begin = own_cpu();
    let mut signatures = Vec::new();
    for voucher in vouchers {
        signatures.push(voucher.sign(domain, gateway)?.as_bytes());
    }
    let signing = own_cpu().saturating_sub(begin);
    let begin = own_cpu();
    for (voucher, signature) in vouchers.iter().zip(&signatures) {
        voucher.check(domain, gateway.address(), signature)?;
    }
    let checking = own_cpu().saturating_sub(begin);
    per_second(vouchers.len() as u64, signing.max(checking))
}

pub(super) fn per_second(count: u64, time: Duration) -> Result<u64> {
    let rate = u128::from(count) * 1_000_000 / time.as_micros().max(1);
    Ok(u64::try_from(rate)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_day_is_paid_to_the_last_unit() -> Result<()> {
        let demands = trace::demands(&trace::functions()?)?;
        let mut market = Market::open(&demands).await?;
        let day = market.play().await?;
        assert_eq!(day.invocations, 1_619_721);
        assert_eq!(market.independent(&day)?, day.redeemed);
        assert_eq!(day.transactions, 25, "one each hour, and one to credit");
        let each = day.gas / day.transactions;
        assert!(market.single().await? < each, "a transaction for one voucher takes less than {each} gas for many");
        Ok(())
    }
}
