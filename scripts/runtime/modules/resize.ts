// Resizes an image by bilinear interpolation, in integers.
//
// Input: width and height wanted (16 bits each, big endian), then a binary PPM (`P6`, 255 levels). Output: a PPM.

import { answer, refuse } from "./abi";

export { alloc } from "./abi";

const SIDE_MAX: u32 = 4096;

/** Fractions of a pixel are in 1/65536. */
const ONE: u64 = 65536;

let cursor: usize = 0;
let end: usize = 0;

function next(): u8 {
  if (cursor >= end) refuse();
  return load<u8>(cursor++);
}

function isSpace(byte: u8): bool {
  return byte == 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

/** A number of the header, with the one white space after it. */
function number(): u32 {
  let byte = next();
  while (isSpace(byte)) byte = next();
  let value: u32 = 0;
  let digits = 0;
  while (byte >= 0x30 && byte <= 0x39) {
    value = value * 10 + (byte - 0x30);
    if (++digits > 5) refuse();
    byte = next();
  }
  if (digits == 0 || !isSpace(byte)) refuse();
  return value;
}

function write(output: usize, value: u32): usize {
  let length = 1;
  for (let rest = value / 10; rest > 0; rest /= 10) length++;
  for (let i = length; i > 0; i--) {
    store<u8>(output + i - 1, (0x30 + (value % 10)) as u8);
    value /= 10;
  }
  return output + length;
}

/** The place of `index` of `wanted` pixels among `have`, in 1/65536, with ends on ends. */
function position(index: u32, wanted: u32, have: u32): u64 {
  return wanted == 1 ? 0 : ((index as u64) * ((have - 1) as u64) * ONE) / ((wanted - 1) as u64);
}

export function run(place: usize, length: u32): u64 {
  cursor = place;
  end = place + length;
  const toWidth = ((next() as u32) << 8) | (next() as u32);
  const toHeight = ((next() as u32) << 8) | (next() as u32);
  if (next() != 0x50 || next() != 0x36) refuse();
  const width = number();
  const height = number();
  if (number() != 255 || toWidth == 0 || toHeight == 0 || toWidth > SIDE_MAX || toHeight > SIDE_MAX) refuse();
  if (width == 0 || height == 0 || width > SIDE_MAX || height > SIDE_MAX) refuse();
  if (end - cursor < 3 * width * height) refuse();

  const output = heap.alloc(32 + 3 * toWidth * toHeight);
  let at = output;
  store<u8>(at++, 0x50);
  store<u8>(at++, 0x36);
  store<u8>(at++, 0x0a);
  at = write(at, toWidth);
  store<u8>(at++, 0x20);
  at = write(at, toHeight);
  store<u8>(at++, 0x0a);
  at = write(at, 255);
  store<u8>(at++, 0x0a);
  for (let y: u32 = 0; y < toHeight; y++) {
    const py = position(y, toHeight, height);
    const y0 = (py / ONE) as u32;
    const y1 = min(y0 + 1, height - 1);
    const fy = py % ONE;
    for (let x: u32 = 0; x < toWidth; x++) {
      const px = position(x, toWidth, width);
      const x0 = (px / ONE) as u32;
      const x1 = min(x0 + 1, width - 1);
      const fx = px % ONE;
      for (let c: u32 = 0; c < 3; c++) {
        const above = blend(cursor + 3 * (y0 * width + x0) + c, cursor + 3 * (y0 * width + x1) + c, fx);
        const below = blend(cursor + 3 * (y1 * width + x0) + c, cursor + 3 * (y1 * width + x1) + c, fx);
        const value = above * (ONE - fy) + below * fy;
        store<u8>(at++, ((value + (ONE * ONE) / 2) / (ONE * ONE)) as u8);
      }
    }
  }
  return answer(output, (at - output) as u32);
}

function blend(left: usize, right: usize, fraction: u64): u64 {
  return (load<u8>(left) as u64) * (ONE - fraction) + (load<u8>(right) as u64) * fraction;
}
