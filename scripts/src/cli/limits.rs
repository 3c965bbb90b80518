//! Flags that bound one invocation of a module, the same for who runs it and who pays for it.

use std::time::Duration;

use clap::Args;
use runtime::Limits;

#[derive(Debug, Clone, Args)]
pub(super) struct LimitArgs {
    /// Instructions of one invocation
    #[arg(long, default_value_t = Limits::default().fuel)]
    fuel: u64,
    /// Memory of one invocation, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..=4096))]
    memory: u16,
    /// Seconds of one invocation
    #[arg(long, default_value_t = 60)]
    time: u64,
}

impl LimitArgs {
    pub(super) fn limits(&self) -> Limits {
        Limits {
            fuel: self.fuel,
            memory_bytes: usize::from(self.memory) << 20,
            time: Duration::from_secs(self.time),
            ..Limits::default()
        }
    }
}
