//! Rules that a machine can keep.
