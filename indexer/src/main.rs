//! The program `surety-indexer`.

fn main() {}
