//! Gas of whole transactions in the steady state, beside what the design allows.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context as _, Result, bail};
use xtask::process::{forge, succeed};
use xtask::tools;

use super::Figure;

/// Not where the committed ones lie: a bench changes nothing of the checkout.
const SNAPSHOTS: &str = "target/surety/gas";

/// Cases of the design's table with their budgets; those whose contracts do not exist yet have no measure.
const BUDGETS: &[(&str, u64)] = &[
    ("delegate_new", 115_000),
    ("delegate_more", 85_000),
    ("exit_first", 135_000),
    ("exit_later", 85_000),
    ("withdraw", 62_000),
    ("activate_1", 255_000),
    ("standby_each", 95_000),
    ("renew", 80_000),
    ("renew_observing", 115_000),
    ("settle_1", 60_000),
    ("settle_each", 30_000),
    ("claim", 55_000),
    ("claim_reward", 70_000),
    ("slash_burn", 100_000),
    ("slash_two_credits", 150_000),
    ("failover", 190_000),
    ("capacity_commit", 75_000),
    ("equix_verify", 2_000_000),
    ("voucher_redeem", 80_000),
    ("voucher_each", 32_000),
    ("groth16", 250_000),
    ("sampled_16", 290_000),
];

/// Measures this tree, and prints gas and budget of each case that exists.
pub fn run() -> Result<()> {
    measure()?;
    let measured = snapshots()?;
    for (case, budget) in BUDGETS {
        let Some(gas) = measured.get(*case) else { continue };
        let figure = |metric, value: u64| Figure { bench: "gas", case, metric, value: value.into(), unit: "gas" };
        figure("gas", *gas).print()?;
        figure("budget", *budget).print()?;
    }
    if !BUDGETS.iter().any(|(case, _)| measured.contains_key(*case)) {
        bail!("{SNAPSHOTS} holds no case of the design");
    }
    Ok(())
}

/// Foundry's tests of gas write what they measure. A budget that is exceeded fails its test, and is printed all the same.
fn measure() -> Result<()> {
    let folder = tools::root().join(SNAPSHOTS);
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let mut command = forge(&["test", "--match-contract", "Gas"]).map_err(anyhow::Error::from_boxed)?;
    command.env("FOUNDRY_SNAPSHOTS", SNAPSHOTS);
    if succeed(command.stdout(std::io::stderr())).is_err() {
        eprintln!("Not every measure is within its budget; the figures follow.");
    }
    Ok(())
}

fn snapshots() -> Result<BTreeMap<String, u64>> {
    let mut measured = BTreeMap::new();
    for entry in fs::read_dir(tools::root().join(SNAPSHOTS)).with_context(|| format!("listing {SNAPSHOTS}"))? {
        let path = entry?.path();
        let text = fs::read_to_string(&path)?;
        let cases: BTreeMap<String, String> =
            serde_json::from_str(&text).with_context(|| format!("{} is no snapshot", path.display()))?;
        for (case, gas) in cases {
            measured.insert(case, gas.parse().with_context(|| format!("reading {}", path.display()))?);
        }
    }
    Ok(measured)
}
