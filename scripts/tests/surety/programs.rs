//! `surety provider prove` and `surety watcher run` as processes: killed, started again, and told to stop.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use scripts::ids::CommitmentId;
use scripts::provider::{Profile, Terms};
use scripts::{commitment, delegator, keeper, operator, provider};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

use crate::world::{DAY, DEPLOYER, PAULA, TOKEN, World};

const WANDA: usize = 2;

/// Units of the commitment, and what they can fill.
const UNITS: u16 = 8;
const PUZZLES: usize = 64;

/// A line that does not come within this will not come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A chain on which paula pledged eight units of each class, whose first day has just begun.
struct Stage {
    world: World,
    cpu: CommitmentId,
    gpu: CommitmentId,
}

impl Stage {
    async fn set() -> Result<Self> {
        // Days of the protocol begin at midnight.
        let world = World::start_with(&["--timestamp", "1798761600"]).await?;
        let operator = world.party(DEPLOYER).await?;
        keeper::observe(&operator).await?;
        let (paula, stake) = (world.party(PAULA).await?, 10_000 * TOKEN);
        operator::mint(&operator, world.address(PAULA), stake, 0).await?;
        let profile = Profile { name: "paula".to_owned(), endpoint: "https://paula.example".to_owned(), operator: 0 };
        provider::register(&paula, profile, Terms { first_loss_bps: 2_000, ..Terms::default() }).await?;
        delegator::stake(&paula, world.address(PAULA), stake).await?;
        let cpu = commitment::pledge(&paula, 0, UNITS, 1).await?.commitment;
        let gpu = commitment::pledge(&paula, 1, UNITS, 1).await?.commitment;
        world.pass(DAY).await?;
        Ok(Self { world, cpu, gpu })
    }

    fn state(&self) -> PathBuf {
        self.world.folder.path().join("state")
    }

    fn prove(&self, commitment: CommitmentId) -> Result<Program> {
        let (id, state) = (commitment.to_string(), self.state());
        let state = state.to_str().context("a temporary folder has a plain name")?;
        self.world.runs(PAULA, &["provider", "prove", &id, "--threads", "2", "--no-pin", "--state", state])
    }
}

impl World {
    /// Starts the program as `who`, and goes on.
    fn runs(&self, who: usize, arguments: &[&str]) -> Result<Program> {
        let mut command = Command::from(self.program(who, &[&["--json"], arguments].concat()));
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let told = BufReader::new(child.stderr.take().context("stderr is piped")?).lines();
        Ok(Program { child, told })
    }
}

struct Program {
    child: Child,
    told: Lines<BufReader<ChildStderr>>,
}

impl Program {
    /// Reads what it tells until a line has these words; answers that line.
    async fn tells(&mut self, words: &str) -> Result<String> {
        let mut told = Vec::new();
        let reading = async {
            while let Some(line) = self.told.next_line().await? {
                if line.contains(words) {
                    return Ok(line);
                }
                told.push(line);
            }
            bail!("it ended")
        };
        let read = tokio::time::timeout(PATIENCE, reading).await;
        read.unwrap_or_else(|_| bail!("it goes on")).with_context(|| format!("`{words}` is not in {told:#?}"))
    }

    async fn kill(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    /// As Ctrl-C or a service manager ends it.
    async fn stop(mut self) -> Result<serde_json::Value> {
        let id = i32::try_from(self.child.id().context("it runs")?)?;
        let pid = rustix::process::Pid::from_raw(id).context("a process has a number")?;
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        let mut result = String::new();
        self.child.stdout.take().context("stdout is piped")?.read_to_string(&mut result).await?;
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await??;
        anyhow::ensure!(status.success(), "it ended with {status}");
        Ok(serde_json::from_str(&result)?)
    }

    async fn failed(mut self) -> Result<String> {
        let mut told = String::new();
        while let Some(line) = self.told.next_line().await? {
            told += &line;
        }
        anyhow::ensure!(self.child.wait().await?.code() == Some(2), "{told}");
        Ok(told)
    }
}

/// Whole lines of a file of leaves, without its first.
fn found(path: &Path) -> usize {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.split_inclusive('\n').filter(|line| line.ends_with('\n')).count().saturating_sub(1)
}

async fn until_found(path: &Path, count: usize) -> Result<()> {
    let growing = async {
        let mut looks = tokio::time::interval(Duration::from_millis(5));
        while found(path) < count {
            looks.tick().await;
        }
    };
    let grown = tokio::time::timeout(PATIENCE, growing).await;
    grown.with_context(|| format!("{} leaves instead of {count}", found(path)))
}

#[tokio::test]
async fn a_killed_prover_goes_on_and_a_watcher_finds_nothing_wrong() -> Result<()> {
    let stage = Stage::set().await?;
    let mut proving = stage.prove(stage.cpu)?;
    proving.tells("solving 64 puzzles, 0 of them are there").await?;
    let window = stage.world.party(WANDA).await?.head().await?.time / 3_600;
    let leaves = stage.state().join(format!("{window}.leaves"));
    until_found(&leaves, 3).await?;
    proving.kill().await?;
    let before = found(&leaves);

    let mut proving = stage.prove(stage.cpu)?;
    let address = proving.tells("leaves and metrics on ").await?;
    let address = address.rsplit(' ').next().context("the line names it")?.to_owned();
    if before < PUZZLES {
        proving.tells(&format!("solving 64 puzzles, {before} of them are there")).await?;
    }
    let second = stage.prove(stage.cpu)?.failed().await?;
    assert!(second.contains("another prover of this commitment runs"), "{second}");
    until_found(&leaves, PUZZLES).await?;
    stage.world.pass(1).await?;
    proving.tells("64 puzzles of 8 units committed").await?;

    let state = stage.world.folder.path().join("watcher");
    let state = state.to_str().context("a temporary folder has a plain name")?;
    let endpoint = format!("{}={address}", stage.world.address(PAULA));
    let mut watching = stage.world.runs(WANDA, &["watcher", "run", "--endpoint", &endpoint, "--state", state])?;
    watching.tells("64 leaves are valid").await?;
    let watched = watching.stop().await?;
    assert_eq!((&watched["claims"], &watched["leaves"], &watched["faults"]), (&1.into(), &64.into(), &0.into()));
    let proved = proving.stop().await?;
    assert_eq!((&proved["windows"], &proved["leaves"]), (&1.into(), &64.into()));
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_proved_here_is_one_sentence() -> Result<()> {
    let stage = Stage::set().await?;
    let told = stage.prove(stage.gpu)?.failed().await?;
    assert!(told.contains("graphics cards"), "{told}");
    let told = stage.world.runs(PAULA, &["--dry-run", "watcher", "run"])?.failed().await?;
    assert!(told.contains("nothing to plan"), "{told}");
    let mut unknown = stage.prove(CommitmentId(99))?;
    unknown.tells("CommitmentUnknown").await?;
    Ok(())
}
