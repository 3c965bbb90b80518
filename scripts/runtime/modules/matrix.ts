// The product of two square matrices.
//
// Input: their side (32 bits, little endian), then both, row by row, as little endian 64-bit floats. Output: the product likewise.

import { answer, refuse } from "./abi";

export { alloc } from "./abi";

const SIDE_MAX: u32 = 1024;

export function run(place: usize, length: u32): u64 {
  if (length < 4) refuse();
  const side = load<u32>(place);
  if (side == 0 || side > SIDE_MAX) refuse();
  const bytes = side * side * 8;
  if (length != 4 + 2 * bytes) refuse();
  const left = place + 4;
  const right = left + bytes;
  const output = heap.alloc(bytes);
  memory.fill(output, 0, bytes);
  // Row by row of the right one, so that both are read in the order of memory; each sum is still made from first to last.
  for (let i: u32 = 0; i < side; i++) {
    const row = output + ((i * side) << 3);
    for (let k: u32 = 0; k < side; k++) {
      const factor = load<f64>(left + ((i * side + k) << 3));
      const other = right + ((k * side) << 3);
      for (let j: u32 = 0; j < side; j++) {
        const at = (j << 3) as usize;
        store<f64>(row + at, load<f64>(row + at) + factor * load<f64>(other + at));
      }
    }
  }
  return answer(output, bytes);
}
