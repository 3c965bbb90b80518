// Primes below a number, by the sieve of Eratosthenes.
//
// Input: the number (32 bits, little endian). Output: how many there are (32 bits), the largest (32 bits, zero if there is none) and
// their sum (64 bits), little endian.

import { answer, refuse } from "./abi";

export { alloc } from "./abi";

const BELOW_MAX: u32 = 100_000_000;

export function run(place: usize, length: u32): u64 {
  if (length != 4) refuse();
  const below = load<u32>(place);
  if (below > BELOW_MAX) refuse();
  // A byte for each odd number 2 i + 1; zero: not crossed out.
  const odds = below >> 1;
  const crossed = heap.alloc(odds + 1);
  memory.fill(crossed, 0, odds + 1);
  let count: u32 = below > 2 ? 1 : 0;
  let largest: u32 = below > 2 ? 2 : 0;
  let sum: u64 = largest;
  for (let i: u32 = 1; i < odds; i++) {
    if (load<u8>(crossed + i)) continue;
    const prime = 2 * i + 1;
    count++;
    largest = prime;
    sum += prime;
    for (let at: u64 = (<u64>prime * prime) >> 1; at < odds; at += prime) store<u8>(crossed + <usize>at, 1);
  }
  const output = heap.alloc(16);
  store<u32>(output, count);
  store<u32>(output + 4, largest);
  store<u64>(output + 8, sum);
  return answer(output, 16);
}
