//! Nine probers take their seats, the day before anything is served.

use std::net::Ipv4Addr;

use anyhow::Result;
use contracts::IProbers;
use scripts::prober;
use tokio::net::TcpListener;

use super::cast::{KEEPER, PATRON, PROBER_REGIONS, PROBERS};
use super::stage::{DAY, PRICE, Stage, number};
use super::words::usd;

/// Ten-thousandths of a dollar that statements are paid from.
const POT: u128 = 1_000 * 10_000;

/// A minute past midnight: the day of the first jobs is long enough for all of it.
const EARLY: u64 = 60;

pub(super) async fn play(stage: &mut Stage) -> Result<()> {
    let title = "Nine probers take their seats";
    let why = "They test that workloads answer. Each stakes FLT for its word; from tomorrow on five of them are drawn for\n\
               each deal and day, and four have to agree.";
    stage.voice.act(0, title, why);
    for (number, name) in PROBERS.into_iter().enumerate() {
        let board = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let endpoint = format!("http://{}", board.local_addr()?);
        let region = u8::try_from(number % PROBER_REGIONS)?;
        prober::register(stage.party(name)?, region, 1, &endpoint).await?;
        stage.boards.insert(name, board);
    }
    let funded = prober::fund(stage.party(PATRON)?, stage.dollars(POT)?).await?;
    stage.voice.say(format!("statements are paid from a pot of {}", usd(funded.pot)));
    let now = stage.world.chain.head().await?.timestamp;
    stage.world.chain.advance_to(now - now % DAY + DAY + EARLY).await?;
    stage.post_price(PRICE).await?;
    let keeper = stage.party(KEEPER)?;
    keeper.send(keeper.at().probers, IProbers::openDayCall {}).await?;
    stage.open().await?;
    let found = number(&stage.get("/v1/probers?limit=200").await?, "total")?;
    stage.voice.expect(format!("the API lists {found} probers"), found == PROBERS.len() as u64);
    Ok(())
}
