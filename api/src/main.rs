//! The program `surety-api`.

fn main() {}
