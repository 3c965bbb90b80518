//! Runs the mutants alone, for whoever writes one; `cargo xtask test` runs them with everything else.

fn main() -> xtask::Result<()> {
    xtask::mutants::run()
}
