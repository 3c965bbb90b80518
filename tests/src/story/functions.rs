//! The functions of the trace, as deals.

use anyhow::Result;
use scripts::amount::{Flt, whole};
use scripts::customer::OpenArgs;

use super::cast::{REGIONS, TRACE};
use super::jobs;
use super::stage::{Stage, number, text, units};
use super::words::{counted, flt, grouped};
use crate::trace::{self, ALONE};

pub(super) const DAYS: u16 = 28;
const TERM_DAYS: u8 = 14;

/// Ten-thousandths of a dollar per unit-day.
const PRICE_MAX: u128 = 12_000;

/// How many of the busiest are told one by one.
const TOLD: usize = 3;

pub(super) async fn play(stage: &mut Stage) -> Result<()> {
    let functions = trace::functions()?;
    let demands = trace::demands(&functions)?;
    let title = "A real day of 200 serverless functions finds hosts";
    let why = "Invocations and durations of a public trace give each function's mean demand in cores. The twenty busiest\n\
               get a deal each, the others one for each memory class, for 28 days near their users.";
    stage.voice.act(stage.day().await?, title, why);
    let price_max = stage.dollars(PRICE_MAX)?;
    let mut locked = 0;
    for (place, demand) in demands.iter().enumerate() {
        let region = place % REGIONS.len();
        let mut args = OpenArgs::new(&format!("azure-{}", demand.name), demand.units, price_max, TERM_DAYS, DAYS);
        args.regions = vec![u8::try_from(region)?];
        args.prepaid = Some(price_max * u128::from(demand.units) * u128::from(DAYS));
        let (job, _) = jobs::open(stage, demand.name.clone(), TRACE[place % TRACE.len()], &args).await?;
        locked += job.seats.iter().map(|seat| seat.lock.0).sum::<u128>();
        if !(TOLD..ALONE).contains(&place) {
            let cores = whole(demand.millicores, 3);
            let (name, count) = (&demand.name, counted(demand.functions.len(), "function"));
            let hosts: Vec<&str> = job.seats.iter().map(|seat| seat.provider.name).collect();
            let (units, hosts) = (counted(demand.units, "unit"), hosts.join(", "));
            stage.voice.say(format!("{name:<14} {count:>12}, {cores:>7} cores: {units:>10} by {hosts}"));
        }
        if place == TOLD {
            stage.voice.say("...");
        }
    }
    let invocations: u64 = demands.iter().map(|demand| demand.invocations).sum();
    let millicores: u128 = demands.iter().map(|demand| demand.millicores).sum();
    let (invocations, cores) = (grouped(&invocations.to_string()), whole(millicores, 3));
    let (count, locked) = (demands.len(), flt(Flt(locked)));
    stage.voice.say(format!("{invocations} invocations a day keep {cores} cores busy: {count} deals, {locked} locked"));
    all_serve(stage).await
}

async fn all_serve(stage: &mut Stage) -> Result<()> {
    stage.note_locks().await?;
    let network = stage.get("/v1/network").await?;
    let (deals, serving) = (number(&network, "deals")?, number(&network, "deals_serving")?);
    stage.report.deals = deals;
    let opened = u64::try_from(stage.jobs.len())?;
    stage.voice.expect(format!("the API shows {deals} deals, all served"), deals == opened && serving == opened);
    let largest = units(text(&network, "largest_lock_flt")?, 18)?;
    let locked = flt(stage.report.locked_flt);
    let seats = stage.jobs.iter().flat_map(|job| &job.seats).map(|seat| seat.lock);
    let sum: u128 = seats.chain(stage.other_locks.iter().map(|(_, amount)| *amount)).map(|lock| lock.0).sum();
    stage.voice.expect(format!("{locked} are locked in all"), stage.report.locked_flt.0 == sum);
    stage.voice.expect("the largest lock is the million-dollar job's", largest == stage.report.largest_lock_flt.0);
    Ok(())
}
