//! What a unit of proven capacity keeps. Alone in its process, whose growth is what is measured.

use anyhow::Result;
use tests::bench::prover::memory_per_unit;

#[test]
fn a_unit_keeps_under_four_megabytes() -> Result<()> {
    let grown = memory_per_unit()?;
    assert!((1_000..4_000).contains(&grown), "{grown} KB");
    Ok(())
}
