//! End-to-end journeys: each has a World of its own, and waits for blocks, never for clocks.

mod story;
