//! Twelve providers offer compute in six regions.

use std::net::Ipv4Addr;

use anyhow::Result;
use scripts::amount::Flt;
use scripts::attester::{self, Statement};
use scripts::{delegator, offer, provider};
use tokio::net::TcpListener;

use super::cast::{self, Carbon, PROVIDERS, REGIONS};
use super::stage::{DAY, Stage, number, units, whole_flt};
use super::words::{exact_usd, flt, grouped, percent};

const CARBON_NEUTRAL: u16 = 1;
const REGION_BASE: u16 = 256;
const ATTESTED: u8 = 2;

/// Attestations have to outlive the terms that ask for them; auditors come once a year.
const ATTESTED_FOR: u64 = 365 * DAY;

const NO_CAP: u128 = u128::MAX;

pub(super) async fn play(stage: &mut Stage) -> Result<()> {
    let title = "Twelve providers in six regions offer compute";
    let why = "Each sets its own price and puts up FLT of its own, which is the first to go when it fails.";
    stage.voice.act(stage.day().await?, title, why);
    for part in &PROVIDERS {
        enter(stage, part).await?;
    }
    let found = stage.get("/v1/providers?limit=200").await?;
    stage.report.providers = number(&found, "total")?;
    let own: u128 = PROVIDERS.iter().map(|part| whole_flt(part.own)).sum();
    let network = stage.get("/v1/network").await?;
    let indexed = units(super::stage::text(&network, "own_flt")?, 18)?;
    let line = format!("the API lists {} providers with {} of their own", stage.report.providers, flt(Flt(indexed)));
    stage.voice.expect(line, stage.report.providers == 12 && indexed == own);
    vouch(stage).await
}

/// Who vouches for others stakes for its word, and so stands beside the providers from here on.
async fn vouch(stage: &mut Stage) -> Result<()> {
    let secured = attester::register(stage.party(cast::ATTESTER)?, whole_flt(cast::SECURITY)).await?;
    stage.other_locks.push((secured.lock, secured.amount));
    for part in &PROVIDERS {
        attest(stage, part).await?;
    }
    stage.voice.say(format!("an attester vouches for regions and energy, with {} of its own", flt(secured.amount)));
    Ok(())
}

async fn enter(stage: &mut Stage, part: &'static cast::Provider) -> Result<()> {
    let address = stage.address(part.name)?;
    let terms = provider::Terms {
        first_loss_bps: part.first_loss_bps,
        revenue_share_bps: part.revenue_share_bps,
        delegation_cap: NO_CAP,
        ..provider::Terms::default()
    };
    let door = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let endpoint = format!("http://{}", door.local_addr()?);
    stage.doors.insert(part.name, door);
    let context = stage.party(part.name)?;
    let profile = provider::Profile { name: part.name.to_owned(), endpoint, operator: 0 };
    provider::register(context, profile, terms).await?;
    delegator::stake(context, address, whole_flt(part.own)).await?;
    let price = stage.dollars(part.price)?;
    let created = offer::create(context, &offer::Terms::new(part.region, part.units, price)).await?;
    let price = exact_usd(part.price);
    let line = format!(
        "{:<9} {:<10} {:>6} units at {:<7} {:>13} own, first loss {:>4}  {}",
        part.name,
        REGIONS[usize::from(part.region)],
        grouped(&part.units.to_string()),
        price,
        flt(Flt(whole_flt(part.own))),
        percent(part.first_loss_bps),
        part.carbon.words(),
    );
    stage.voice.say(line.trim_end());
    stage.offers.push((created.offer, part));
    Ok(())
}

/// The region is attested for everybody; about energy some have only their own word.
async fn attest(stage: &Stage, part: &cast::Provider) -> Result<()> {
    let (attester, context) = (stage.party(cast::ATTESTER)?, stage.party(part.name)?);
    let expiry = context.now().await? + ATTESTED_FOR;
    let subject = context.account()?;
    let attribute = REGION_BASE + u16::from(part.region);
    attester::attest(attester, &Statement { subject, attribute, level: ATTESTED, value: 0, expiry }).await?;
    match part.carbon {
        Carbon::Unknown => {}
        Carbon::Declared => {
            attester::declare(context, CARBON_NEUTRAL, 0, expiry).await?;
        }
        Carbon::Attested | Carbon::Audited => {
            let level = part.carbon.level();
            let statement = Statement { subject, attribute: CARBON_NEUTRAL, level, value: 0, expiry };
            attester::attest(attester, &statement).await?;
        }
    }
    Ok(())
}
