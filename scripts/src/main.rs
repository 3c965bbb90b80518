//! The program `surety`.

fn main() {}
