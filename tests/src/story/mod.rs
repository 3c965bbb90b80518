//! The story that the demo plays: from stake to payout, on a chain of its own, checked at every step.
//!
//! `stage` is what the acts share, `cast` who plays; then one file for each act, in the order of `play`.

pub mod cast;
pub mod report;
pub mod stage;
pub mod voice;

mod audit;
mod capacity;
mod crash;
mod delegators;
mod earning;
mod ending;
mod failover;
mod functions;
mod jobs;
mod leaving;
mod metered;
mod million;
mod next;
mod probers;
mod program;
mod providers;
mod reorganisation;
mod resilient;
mod sampled;
mod served;
mod terms;
mod words;

use anyhow::Result;

use self::report::Report;
use self::stage::Stage;
use crate::world::World;

/// Plays all acts. An error ends the story; what was found until then is told all the same.
pub async fn tell(world: World) -> (World, Report) {
    let mut stage = Stage::set(world);
    let played = play(&mut stage).await;
    if let Err(error) = &played {
        stage.voice.expect(format!("the story goes on: {error:#}"), false);
    }
    stage.voice.close();
    let Stage { world, voice, mut report, .. } = stage;
    report.ok = played.is_ok() && voice.is_true();
    (world, report)
}

async fn play(stage: &mut Stage) -> Result<()> {
    stage.gather().await?;
    probers::play(stage).await?;
    providers::play(stage).await?;
    delegators::play(stage).await?;
    million::play(stage).await?;
    resilient::play(stage).await?;
    failover::play(stage).await?;
    functions::play(stage).await?;
    capacity::play(stage).await?;
    earning::play(stage).await?;
    crash::play(stage).await?;
    terms::play(stage).await?;
    leaving::start(stage).await?;
    reorganisation::play(stage).await?;
    ending::of_functions(stage).await?;
    ending::of_jobs(stage).await?;
    ending::of_claims(stage).await?;
    next::play(stage).await?;
    metered::play(stage).await?;
    audit::play(stage).await
}
