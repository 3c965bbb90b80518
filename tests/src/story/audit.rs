//! The indexer is compared with the contracts, number by number.

use anyhow::Result;
use scripts::amount::Flt;
use scripts::audit;
use sqlx::ConnectOptions as _;

use super::cast::KEEPER;
use super::stage::{Stage, text, units};
use super::words::grouped;

/// Differences that are worth reading; one mistake makes many.
const SHOWN: usize = 10;

pub(super) async fn play(stage: &mut Stage) -> Result<()> {
    let title = "Audit";
    let why = "The API answers from Postgres alone. Each number that was derived of stake, deals, credits and income is\n\
               compared with what the contracts themselves say.";
    stage.voice.act(stage.day().await?, title, why);
    let network = stage.get("/v1/network").await?;
    stage.report.slashed_flt = Flt(units(text(&network, "slashed_flt")?, 18)?);
    let database = stage.world.database.to_url_lossy();
    let audited = audit::audit(stage.party(KEEPER)?, database.as_str()).await?;
    stage.report.audit_differences = u64::try_from(audited.differences.len())?;
    for difference in audited.differences.iter().take(SHOWN) {
        stage.voice.say(format!("{difference:?}"));
    }
    let line =
        format!("{} numbers compared at block {}, no difference", grouped(&audited.checked.to_string()), audited.block);
    stage.voice.expect(line, audited.differences.is_empty() && audited.checked > 0);
    Ok(())
}
