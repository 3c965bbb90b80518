//! How much a module may take.

use std::time::Duration;

/// Limits of one host, the same for each of its runs.
///
/// Whoever wants to compute what another computed takes the same fuel, memory, table and output limits; time only protects the
/// host, and is meant to be so long that fuel ends first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// One unit is one instruction, or one byte where an instruction moves many.
    pub fuel: u64,
    pub memory_bytes: usize,
    pub table_elements: usize,
    pub stack_bytes: usize,
    pub time: Duration,
    pub output_bytes: usize,
    /// Compiling takes time that no fuel meters: the module's length bounds it.
    pub module_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel: 20_000_000_000,
            memory_bytes: 256 << 20,
            table_elements: 10_000,
            stack_bytes: 512 << 10,
            time: Duration::from_secs(60),
            output_bytes: 4 << 20,
            module_bytes: 1 << 20,
        }
    }
}
