//! Ten blocks never happened.

use anyhow::Result;
use scripts::amount::Flt;
use scripts::delegator;

use super::cast::DELEGATORS;
use super::stage::{Stage, number, text, units, whole_flt};
use super::words::flt;
use crate::chain::Fate;

const DEPTH: u64 = 10;

/// Who stakes more, an approval and a deposit each: together as many blocks as vanish.
const STAKERS: usize = 5;
const MORE: u128 = 10_000;

pub(super) async fn play(stage: &mut Stage) -> Result<()> {
    stage.at_hour(24 * 20).await?;
    let title = "Ten blocks never happened";
    let why = "A chain may change its mind about its last blocks. The indexer compares parent hashes, forgets what is no\n\
               longer true, and tells subscribers.";
    stage.voice.act(stage.day().await?, title, why);
    let before = delegated(stage).await?;
    let fork = stage.world.chain.head().await?.number;
    stake_more(stage).await?;
    let with = delegated(stage).await?;
    let blocks = stage.world.chain.head().await?.number - fork;
    let more = whole_flt(MORE) * u128::try_from(STAKERS)?;
    stage.voice.say(format!("five investors stake {} more, in {blocks} blocks", flt(Flt(with - before))));
    stage.voice.expect("the API shows their stake", with == before + more && blocks == DEPTH);

    stage.world.chain.reorganise(DEPTH, Fate::Vanish).await?;
    stage.report.reorg_depth = DEPTH;
    let (without, head) = (delegated(stage).await?, stage.world.chain.head().await?.number);
    stage.voice.say(format!("blocks {} to {head} are replaced by empty ones", fork + 1));
    stage.voice.expect("the API has forgotten their stake", without == before);
    let block = number(&stage.get("/v1/network").await?, "block")?;
    stage.voice.expect("the indexer is at the new head", block == head);
    agree(stage).await?;

    stake_more(stage).await?;
    let again = delegated(stage).await?;
    stage.voice.expect("they stake again, and it shows", again == before + more);
    agree(stage).await
}

async fn stake_more(stage: &Stage) -> Result<()> {
    for part in DELEGATORS.iter().rev().take(STAKERS) {
        delegator::stake(stage.party(part.name)?, stage.address(part.provider)?, whole_flt(MORE)).await?;
    }
    Ok(())
}

async fn delegated(stage: &mut Stage) -> Result<u128> {
    units(text(&stage.get("/v1/network").await?, "delegated_flt")?, 18)
}

/// What the API says of those whose blocks vanished is what the chain says.
async fn agree(stage: &mut Stage) -> Result<()> {
    let mut differences = 0;
    for part in DELEGATORS.iter().rev().take(STAKERS) {
        let context = stage.party(part.name)?.clone();
        let position = delegator::position(&context, stage.address(part.provider)?, context.account()?).await?;
        let shown = stage.get(&format!("/v1/delegators/{}", context.account()?)).await?;
        differences += u32::from(units(text(&shown, "staked_flt")?, 18)? != position.amount.0);
    }
    stage.voice.expect("API and chain agree about each of them", differences == 0);
    Ok(())
}
