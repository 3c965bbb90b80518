//! The trace again, paid by what ran: metered deals, vouchers each hour, royalties of authors, and proofs of computations.

use alloy::primitives::aliases::U96;
use alloy::primitives::{B256, Bytes};
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context as _, Result};
use contracts::{IRedemption, Vouchers};
use metering::signing::Domain;
use metering::trace::{HOURS, replay_hour};
use metering::{Series, Serving, Voucher};
use scripts::chain::Context;
use scripts::customer::OpenArgs;
use scripts::ids::{DealId, OfferId};
use scripts::proof::circuit::{self, Circuit, Source, Work};
use scripts::proof::{self, GROTH16, SAMPLED, bundle, check};
use scripts::usage::METERED;
use scripts::voucher::written;
use scripts::{author, customer, gateway, keeper, offer, provider};

use super::cast::{AUTHORS, AUTHORS_OF_TRACE, KEEPER, METERED_CUSTOMER, METERED_HOST, PROVIDERS};
use super::earning::claim_fees;
use super::ending::books_balance;
use super::sampled;
use super::served::{self, named};
use super::stage::{DAY, HOUR, PRICE, Stage, number};
use super::words::{counted, grouped, usd};
use crate::actors;
use crate::trace::{self, Demand};

const TERM_DAYS: u8 = 3;
/// Ten-thousandths of a dollar per unit-day, royalties included.
const PRICE_MAX: u128 = 12_000;
/// What the gateway may sign a day.
const CAP: u128 = 20_000_000;
/// The deals whose provider proves computations.
const PROVED: [(usize, Circuit); 2] = [(0, Circuit::Linear), (1, Circuit::Chain)];

/// What customers paid in for metered deals.
struct Paid {
    escrow: u128,
    fees: u128,
}

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
    let why = "Five authors publish modules. A host runs them for a customer's gateway, which measures every invocation and\n\
               signs for no more. Then the day of the trace: one voucher for each deal and hour, redeemed hour by hour.";
    stage.voice.act(stage.day().await?, title, why);
    xtask::setup::modules().map_err(anyhow::Error::from_boxed)?;
    let modules = publish(stage).await?;
    let mut circuits = Vec::new();
    for (place, circuit) in PROVED {
        circuits.push((place, circuit::register(stage.party(KEEPER)?, circuit, Source::Demonstration).await?.key));
    }
    let offer = offer(stage).await?;
    let functions = trace::functions()?;
    let demands = trace::demands(&functions)?;
    let gateway = appoint(stage).await?;
    let mut paid = Paid { escrow: 0, fees: 0 };
    let args = asked(stage, "modules", 1, &modules, (SAMPLED, B256::ZERO))?;
    let live = DealId(open(stage, args, offer, &mut paid).await?.0.deal);
    let served = served::play(stage, live).await?;
    // The trace's day begins at the next midnight.
    let day = stage.party(KEEPER)?.now().await? / DAY * DAY + DAY;
    let mut slots = Vec::new();
    for (place, demand) in demands.iter().enumerate() {
        let proved = circuits.iter().find(|(proved, _)| *proved == place);
        let proof = proved.map_or((0, B256::ZERO), |(_, key)| (GROTH16, *key));
        let args = asked(stage, &demand.name, demand.units, &modules[..AUTHORS_OF_TRACE], proof)?;
        let (serving, price) = open(stage, args, offer, &mut paid).await?;
        slots.push(Slot { demand, deal: DealId(serving.deal), price, series: Series::new(serving, price, day) });
    }
    replay(stage, &gateway, &mut slots, day).await?;
    let replayed = is_independent(stage, &slots).await?;
    let deals: Vec<DealId> = slots.iter().map(|slot| slot.deal).chain([live]).collect();
    royalties(stage, &deals).await?;
    for (place, circuit) in PROVED {
        prove(stage, slots[place].deal, circuit).await?;
    }
    sampled::play(stage, live).await?;
    stage.report.attestations = number(&stage.get("/v1/network").await?, "attestations")?;
    stage.voice.expect("all three are attested", stage.report.attestations == PROVED.len() as u64 + 1);
    close(stage, &deals, served + replayed, &paid).await?;
    stage.report.deals = number(&stage.get("/v1/network").await?, "deals")?;
    Ok(())
}

/// Each author's module, at his royalty.
async fn publish(stage: &Stage) -> Result<Vec<B256>> {
    let mut modules = Vec::new();
    for (name, module, royalty) in AUTHORS {
        let royalty = stage.dollars(royalty)?;
        let published =
            author::publish(stage.party(name)?, named(module)?, royalty, &format!("ipfs://{module}.wasm")).await?;
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
    let terms = offer::Terms { payment_modes: 1 << METERED, proof_kinds: 1 << GROTH16 | 1 << SAMPLED | 1, ..terms };
    Ok(offer::create(stage.party(METERED_HOST)?, &terms).await?.offer)
}

async fn appoint(stage: &Stage) -> Result<Gateway> {
    let (key, context) = (actors::key("the story's gateway")?, stage.party(METERED_CUSTOMER)?);
    gateway::set(context, key.address(), stage.dollars(CAP)?).await?;
    let domain = Domain { chain_id: context.deployment.chain_id, contract: context.at().vouchers };
    Ok(Gateway { key, domain })
}

/// For the whole term, with proofs of this kind by this key.
fn asked(stage: &Stage, name: &str, units: u32, modules: &[B256], (kind, key): (u8, B256)) -> Result<OpenArgs> {
    let price_max = stage.dollars(PRICE_MAX)?;
    let mut args = OpenArgs::new(&format!("metered-{name}"), units, price_max, TERM_DAYS, TERM_DAYS.into());
    args.payment_mode = METERED;
    args.modules = modules.to_vec();
    (args.proof_kind, args.verification_key) = (kind, key);
    Ok(args)
}

/// A deal that is served, and the price of its units, royalties included.
async fn open(stage: &Stage, args: OpenArgs, offer: OfferId, paid: &mut Paid) -> Result<(Serving, U96)> {
    let args = OpenArgs { offers: vec![offer], ..args };
    let opened = customer::open(stage.party(METERED_CUSTOMER)?, &args).await?;
    paid.escrow += opened.prepaid.units;
    paid.fees += opened.request_fee.units;
    let deal = opened.deal;
    provider::ready(stage.party(METERED_HOST)?, deal, 0).await?;
    let (found, provider) = (stage.slot(deal, 0).await?, stage.address(METERED_HOST)?);
    Ok((Serving { deal: deal.0, slot: 0, number: found.serving, provider }, found.price))
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
async fn is_independent(stage: &mut Stage, slots: &[Slot<'_>]) -> Result<u128> {
    let keeper = stage.party(KEEPER)?.clone();
    let mut redeemed = 0;
    for slot in slots {
        let Serving { deal, slot, number: serving, .. } = slot.series.serving();
        redeemed += keeper.view(keeper.at().deals, IRedemption::redeemedOfCall { deal, slot, serving }).await?;
    }
    let (invocations, amount) = trace::independent_sum(slots.iter().map(|slot| (slot.demand, slot.price)))?;
    let line = format!("{} were paid, to the last unit what another program sums up", usd(keeper.usd(redeemed)));
    stage.voice.expect(line, (invocations, amount) == (stage.report.invocations, redeemed));
    Ok(redeemed)
}

/// Usage is credited at once, and authors have a part of it.
async fn royalties(stage: &mut Stage, deals: &[DealId]) -> Result<()> {
    let places: Vec<(DealId, u8)> = deals.iter().map(|deal| (*deal, 0)).collect();
    keeper::settle(stage.party(KEEPER)?, &places).await?;
    let mut is_all = true;
    for (name, module, _) in AUTHORS {
        let context = stage.party(name)?;
        let earned = author::claim(context, context.account()?).await?;
        is_all &= earned.claimed == earned.earned && earned.claimed.units > 0;
        stage.voice.say(format!("{name} earned {} dollars with {module}", earned.claimed));
        stage.report.royalties_usd.add(earned.claimed);
        stage.report.claimed_usd.add(earned.claimed);
    }
    stage.voice.expect("authors took out all royalties of their modules", is_all);
    let claimed = provider::claim(stage.party(METERED_HOST)?, None).await?;
    stage.report.claimed_usd.add(claimed.revenue);
    stage.voice.say(format!("{METERED_HOST} claimed {} for usage", usd(claimed.revenue)));
    Ok(())
}

/// A model that both know is run on data that neither shows, and a third party believes the chain alone.
async fn prove(stage: &mut Stage, deal: DealId, circuit: Circuit) -> Result<()> {
    let (work, what) = match circuit {
        Circuit::Linear => {
            let work = Work::Linear {
                weights: [384; 16],
                bias: 1 << 14,
                model_salt: B256::left_padding_from(&[7]),
                features: [512; 16],
                features_salt: B256::left_padding_from(&[8]),
            };
            (work, "the model was run on the right data")
        }
        Circuit::Chain => {
            (Work::Chain { start: B256::left_padding_from(&[9]) }, "a chain of 64 hashes ends where it says")
        }
    };
    let asked = proof::ask(stage.party(METERED_CUSTOMER)?, deal, 0, work.roots()?.input_root).await?;
    let attested = circuit::prove(stage.party(METERED_HOST)?, asked.job, work, Source::Demonstration).await?;
    stage.world.synced().await?;
    let bundle = bundle::download(&stage.world.api_url, asked.job).await?;
    let keeper = stage.party(KEEPER)?;
    let verified = check::check(&keeper.provider, &bundle, Some(keeper.at().proofs)).await?;
    let gas = grouped(&attested.gas.to_string());
    stage.voice.say(format!("{METERED_HOST} proves that {what}, for {gas} gas"));
    let is_proven = verified.is_shown() && verified.output_root == attested.output_root;
    stage.voice.expect("a bundle of the attestation is verified against the chain alone", is_proven);
    Ok(())
}

/// A day after they ended, when nothing can be redeemed any more, customers get the rest, and the fees go where fees go.
async fn close(stage: &mut Stage, deals: &[DealId], redeemed: u128, paid: &Paid) -> Result<()> {
    let mut over = 0;
    for deal in deals {
        over = over.max(stage.slot(*deal, 0).await?.endsAt.to::<u64>() + DAY);
    }
    stage.world.chain.advance_to(over + 1).await?;
    stage.post_price(PRICE).await?;
    let mut refunded = 0;
    for deal in deals {
        keeper::close(stage.party(KEEPER)?, *deal, 0).await?;
        refunded += customer::refund(stage.party(METERED_CUSTOMER)?, *deal, None).await?.amount.units;
    }
    let keeper = stage.party(KEEPER)?.clone();
    let (given, back) = (usd(keeper.usd(paid.escrow)), usd(keeper.usd(refunded)));
    let line = format!(
        "{} metered deals are closed: {given} paid in = {} redeemed + {back} refunded",
        deals.len(),
        usd(keeper.usd(redeemed))
    );
    stage.voice.expect(line, paid.escrow == redeemed + refunded);
    stage.paid.add(keeper.usd(paid.escrow + paid.fees));
    stage.refunded.add(keeper.usd(refunded));
    stage.report.settled_usd.add(keeper.usd(redeemed));
    claim_fees(stage).await?;
    books_balance(stage).await
}
