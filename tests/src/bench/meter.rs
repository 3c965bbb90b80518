//! What a stretch of work took: time, our CPU, Postgres' CPU, and our memory at its highest.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rustix::time::{ClockId, clock_gettime};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};

/// What the kernel counts CPU time of other processes in, per second; the same on every Linux.
const TICKS_PER_SECOND: u64 = 100;

#[derive(Clone, Copy, Debug)]
pub(super) struct Usage {
    pub(super) elapsed: Duration,
    pub(super) cpu: Duration,
    pub(super) postgres_cpu: Duration,
    pub(super) peak_kib: u64,
}

/// Measures this process and the Postgres that it works with.
#[derive(Debug)]
pub(super) struct Meter {
    begin: Instant,
    cpu: Duration,
    postgres: Option<Postmaster>,
    postgres_cpu: Duration,
}

impl Meter {
    pub(super) async fn start(database: Option<&PgConnectOptions>) -> Result<Self> {
        let postgres = match database {
            Some(database) => Some(Postmaster::of(database).await?),
            None => None,
        };
        let postgres_cpu = postgres.as_ref().map_or(Ok(Duration::ZERO), Postmaster::cpu)?;
        Ok(Self { begin: Instant::now(), cpu: own_cpu(), postgres, postgres_cpu })
    }

    pub(super) fn read(&self) -> Result<Usage> {
        let elapsed = self.begin.elapsed();
        let postgres_cpu = self.postgres.as_ref().map_or(Ok(Duration::ZERO), Postmaster::cpu)?;
        let postgres_cpu = postgres_cpu.saturating_sub(self.postgres_cpu);
        Ok(Usage { elapsed, cpu: own_cpu().saturating_sub(self.cpu), postgres_cpu, peak_kib: peak_kib()? })
    }
}

pub(super) fn own_cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or_default();
    Duration::new(u64::try_from(time.tv_sec).unwrap_or_default(), nanoseconds)
}

/// The most memory that was resident since this process began.
fn peak_kib() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status").context("reading our status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("our status has no peak")?;
    line.trim().trim_end_matches(" kB").parse().context("reading our peak")
}

/// The process that all others of a Postgres descend from.
#[derive(Debug)]
struct Postmaster(u32);

impl Postmaster {
    async fn of(database: &PgConnectOptions) -> Result<Self> {
        let mut connection = PgConnection::connect_with(database).await?;
        let backend: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut connection).await?;
        let backend = Process::read(u32::try_from(backend)?)
            .context("Postgres runs on another machine, where its CPU time cannot be read")?;
        connection.close().await?;
        Ok(Self(backend.parent))
    }

    /// Of itself, of backends that have ended, and of those that live.
    fn cpu(&self) -> Result<Duration> {
        let own = Process::read(self.0).context("Postgres has ended")?;
        let mut ticks = own.ticks + own.ended_children_ticks;
        for entry in fs::read_dir("/proc")? {
            let Some(id) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            // A process that ends while we look counts with its parent next time.
            let Some(process) = Process::read(id) else { continue };
            if process.parent == self.0 {
                ticks += process.ticks;
            }
        }
        Ok(Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND))
    }
}

struct Process {
    parent: u32,
    ticks: u64,
    ended_children_ticks: u64,
}

impl Process {
    fn read(id: u32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?)
    }

    /// The second field is the name in parentheses, in which anything can stand; numbers follow the state after it.
    fn parse(stat: &str) -> Option<Self> {
        let (_, fields) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let number = |place: usize| fields.get(place)?.parse::<u64>().ok();
        Some(Self {
            parent: fields.get(1)?.parse().ok()?,
            ticks: number(11)? + number(12)?,
            ended_children_ticks: number(13)? + number(14)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_look_like_fields() {
        let stat = "7 (a) 1 2 (b) S 3 7 7 0 -1 4194304 100 0 0 0 11 12 13 14 20 0 1 0 100 1 1";
        let process = Process::parse(stat).expect("it has all fields");
        assert_eq!((process.parent, process.ticks, process.ended_children_ticks), (3, 23, 27));
    }

    #[tokio::test]
    async fn work_takes_cpu_and_memory() -> Result<()> {
        let meter = Meter::start(None).await?;
        while own_cpu() < meter.cpu + Duration::from_millis(5) {}
        let usage = meter.read()?;
        assert!(usage.cpu >= Duration::from_millis(5) && usage.peak_kib > 1_000, "{usage:?}");
        Ok(())
    }
}
