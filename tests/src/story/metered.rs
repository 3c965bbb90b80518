//! The trace again, paid by what ran: metered deals, vouchers each hour, royalties of authors, and a proof of one computation.

use alloy::primitives::aliases::U96;
use alloy::primitives::{B256, Bytes, keccak256};
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context as _, Result};
use contracts::{IRedemption, Vouchers};
use metering::signing::Domain;
use metering::trace::{HOURS, replay_hour};
use metering::{Series, Serving, Voucher};
use scripts::chain::Context;
use scripts::customer::OpenArgs;
use scripts::ids::{DealId, OfferId};
use scripts::proof::circuit::{self, Circuit, Work};
use scripts::proof::{self, GROTH16, bundle, check};
use scripts::usage::METERED;
use scripts::voucher::written;
use scripts::{author, customer, gateway, keeper, offer, provider};

use super::cast::{AUTHORS, KEEPER, METERED_CUSTOMER, METERED_HOST, PROVIDERS};
use super::stage::{DAY, HOUR, Stage, number};
use super::words::{counted, grouped, usd};
use crate::actors;
use crate::trace::{self, Demand};

const TERM_DAYS: u8 = 3;
/// Ten-thousandths of a dollar per unit-day, royalties included.
const PRICE_MAX: u128 = 12_000;
/// What the gateway may sign a day.
const CAP: u128 = 20_000_000;
/// The deal whose provider proves a computation.
const PROVED: usize = 0;

/// A metered deal and its meter.
struct Slot<'a> {
    demand: &'a Demand,
    deal: DealId,
    price: U96,
    series: Series,
}

/// Who signs for all of them.
struct Gateway {
    key: PrivateKeySigner,
    domain: Domain,
}

pub(super) async fn play(stage: &mut Stage) -> Result<()> {
    let title = "The same day, paid by what runs";
    let why = "Two authors published modules that the functions run. A gateway meters every invocation of the trace, and\n\
               signs one voucher for each deal and hour; one transaction an hour redeems them all.";
    stage.voice.act(stage.day().await?, title, why);
    let modules = publish(stage).await?;
    let circuit = circuit::register(stage.party(KEEPER)?, Circuit::Linear).await?;
    let offer = offer(stage).await?;
    let functions = trace::functions()?;
    let demands = trace::demands(&functions)?;
    let gateway = appoint(stage).await?;
    // The trace's day begins at the next midnight.
    let day = stage.party(KEEPER)?.now().await? / DAY * DAY + DAY;
    let mut slots = Vec::new();
    for (place, demand) in demands.iter().enumerate() {
        let (kind, key) = if place == PROVED { (GROTH16, circuit.key) } else { (0, B256::ZERO) };
        slots.push(open(stage, demand, offer, &modules, (kind, key, day)).await?);
    }
    let first = slots[PROVED].deal;
    replay(stage, &gateway, &mut slots, day).await?;
    is_independent(stage, &slots).await?;
    royalties(stage, &slots).await?;
    prove(stage, first).await?;
    stage.report.deals = number(&stage.get("/v1/network").await?, "deals")?;
    Ok(())
}

/// Each author's module, at his royalty.
async fn publish(stage: &Stage) -> Result<Vec<B256>> {
    let mut modules = Vec::new();
    for (name, module, royalty) in AUTHORS {
        let royalty = stage.dollars(royalty)?;
        let published = author::publish(stage.party(name)?, keccak256(module), royalty, module).await?;
        modules.push(published.module);
        let royalty = stage.party(name)?.usd(royalty);
        stage.voice.say(format!("{name} publishes {module}, for {royalty} dollars per unit-day"));
    }
    Ok(modules)
}

/// For metered deals, with proofs by circuits.
async fn offer(stage: &Stage) -> Result<OfferId> {
    let host = PROVIDERS.iter().find(|part| part.name == METERED_HOST).context("the host is a provider")?;
    let terms = offer::Terms::new(host.region, host.units, stage.dollars(host.price)?);
    let terms = offer::Terms { payment_modes: 1 << METERED, proof_kinds: 1 | 1 << GROTH16, ..terms };
    Ok(offer::create(stage.party(METERED_HOST)?, &terms).await?.offer)
}

async fn appoint(stage: &Stage) -> Result<Gateway> {
    let (key, context) = (actors::key("the story's gateway")?, stage.party(METERED_CUSTOMER)?);
    gateway::set(context, key.address(), stage.dollars(CAP)?).await?;
    let domain = Domain { chain_id: context.deployment.chain_id, contract: context.at().vouchers };
    Ok(Gateway { key, domain })
}

async fn open<'a>(
    stage: &Stage,
    demand: &'a Demand,
    offer: OfferId,
    modules: &[B256],
    (kind, key, day): (u8, B256, u64),
) -> Result<Slot<'a>> {
    let price_max = stage.dollars(PRICE_MAX)?;
    let name = format!("azure-metered-{}", demand.name);
    let mut args = OpenArgs::new(&name, demand.units, price_max, TERM_DAYS, TERM_DAYS.into());
    args.payment_mode = METERED;
    args.modules = modules.to_vec();
    (args.proof_kind, args.verification_key) = (kind, key);
    args.offers = vec![offer];
    let deal = customer::open(stage.party(METERED_CUSTOMER)?, &args).await?.deal;
    provider::ready(stage.party(METERED_HOST)?, deal, 0).await?;
    let (found, provider) = (stage.slot(deal, 0).await?, stage.address(METERED_HOST)?);
    let serving = Serving { deal: deal.0, slot: 0, number: found.serving, provider };
    Ok(Slot { demand, deal, price: found.price, series: Series::new(serving, found.price, day) })
}

/// Meters the day hour by hour, and redeems what each hour adds.
async fn replay(stage: &mut Stage, gateway: &Gateway, slots: &mut [Slot<'_>], day: u64) -> Result<()> {
    for hour in 0..HOURS {
        let mut vouchers = Vec::new();
        for slot in &mut *slots {
            vouchers.extend(replay_hour(&slot.demand.functions, &mut slot.series, day, hour, |_| {})?);
        }
        stage.world.chain.advance_to(day + (hour as u64 + 1) * HOUR).await?;
        let paid = redeem(stage.party(KEEPER)?, stage.address(METERED_CUSTOMER)?, gateway, &vouchers).await?;
        stage.report.vouchers += u64::try_from(paid)?;
        if paid < vouchers.len() {
            let line = format!("{paid} of the {} vouchers of hour {hour} are paid", vouchers.len());
            stage.voice.expect(line, false);
        }
    }
    stage.report.invocations = slots.iter().map(|slot| slot.series.invocations()).sum();
    let invocations = counted(stage.report.invocations, "invocation");
    let (vouchers, deals) = (counted(stage.report.vouchers, "voucher"), slots.len());
    stage.voice.say(format!("{invocations} of {deals} deals: {vouchers}, redeemed by {HOURS} transactions"));
    Ok(())
}

/// In one transaction, by anyone; how many were paid.
async fn redeem(
    context: &Context,
    customer: alloy::primitives::Address,
    gateway: &Gateway,
    vouchers: &[Voucher],
) -> Result<usize> {
    let mut signatures = Vec::new();
    for voucher in vouchers {
        signatures.push(Bytes::from(voucher.sign(gateway.domain, &gateway.key)?.as_bytes()));
    }
    let vouchers = vouchers.iter().map(written).collect::<Result<_>>()?;
    let call = Vouchers::redeemManyCall { vouchers, customer, gateway: gateway.key.address(), signatures };
    let sent = context.send(context.at().vouchers, call).await?;
    Ok(sent.events::<Vouchers::VoucherRedeemed>().len())
}

/// What was paid is what another program sums up from the files.
async fn is_independent(stage: &mut Stage, slots: &[Slot<'_>]) -> Result<()> {
    let keeper = stage.party(KEEPER)?.clone();
    let mut redeemed = 0;
    for slot in slots {
        let Serving { deal, slot, number: serving, .. } = slot.series.serving();
        redeemed += keeper.view(keeper.at().deals, IRedemption::redeemedOfCall { deal, slot, serving }).await?;
    }
    let (invocations, amount) = trace::independent_sum(slots.iter().map(|slot| (slot.demand, slot.price)))?;
    let line = format!("{} were paid, to the last unit what another program sums up", usd(keeper.usd(redeemed)));
    stage.voice.expect(line, (invocations, amount) == (stage.report.invocations, redeemed));
    Ok(())
}

/// Usage is credited at once, and authors have a part of it.
async fn royalties(stage: &mut Stage, slots: &[Slot<'_>]) -> Result<()> {
    let places: Vec<(DealId, u8)> = slots.iter().map(|slot| (slot.deal, 0)).collect();
    keeper::settle(stage.party(KEEPER)?, &places).await?;
    let mut is_all = true;
    for (name, module, _) in AUTHORS {
        let context = stage.party(name)?;
        let earned = author::claim(context, context.account()?).await?;
        is_all &= earned.claimed == earned.earned && earned.claimed.units > 0;
        stage.voice.say(format!("{name} earned {} with {module}", usd(earned.claimed)));
        stage.report.royalties_usd.add(earned.claimed);
    }
    stage.voice.expect("authors took out all royalties of their modules", is_all);
    let claimed = provider::claim(stage.party(METERED_HOST)?, None).await?;
    stage.report.claimed_usd.add(claimed.revenue);
    stage.voice.say(format!("{METERED_HOST} claimed {} for usage", usd(claimed.revenue)));
    Ok(())
}

/// A model that both know is run on data that neither shows, and a third party believes the chain alone.
async fn prove(stage: &mut Stage, deal: DealId) -> Result<()> {
    let work = Work::Linear {
        weights: [384; 16],
        bias: 1 << 14,
        model_salt: B256::left_padding_from(&[7]),
        features: [512; 16],
        features_salt: B256::left_padding_from(&[8]),
    };
    let asked = proof::ask(stage.party(METERED_CUSTOMER)?, deal, 0, work.roots()?.input_root).await?;
    let attested = circuit::prove(stage.party(METERED_HOST)?, asked.job, work).await?;
    stage.world.synced().await?;
    let bundle = bundle::download(&stage.world.api_url, asked.job).await?;
    let keeper = stage.party(KEEPER)?;
    let verified = check::check(&keeper.provider, &bundle, Some(keeper.at().proofs)).await?;
    let gas = grouped(&attested.gas.to_string());
    stage.voice.say(format!("{METERED_HOST} proves that the model was run on the right data, for {gas} gas"));
    let is_proven = verified.is_shown() && verified.output_root == attested.output_root;
    stage.voice.expect("a bundle of the attestation is verified against the chain alone", is_proven);
    stage.report.attestations = number(&stage.get("/v1/network").await?, "attestations")?;
    Ok(())
}
