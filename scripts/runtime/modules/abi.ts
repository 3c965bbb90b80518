// What every module shares with its host: see the crate `runtime`. An instance lives for one input, so nothing is freed.

export function alloc(length: u32): usize {
  return heap.alloc(length);
}

/** Where the output is, as the host reads it. */
export function answer(place: usize, length: u32): u64 {
  return ((place as u64) << 32) | (length as u64);
}

/** Ends the run without an output. */
export function refuse(): void {
  unreachable();
}
