// Rewrites a JSON document in one form: keys in the order of their bytes, no white space, everything else as it was written.
//
// Whatever is no JSON is refused. Of keys that are there twice both are kept, in the order in which they came.

import { answer, refuse } from "./abi";

export { alloc } from "./abi";

const DEPTH_MAX = 64;

let cursor: usize = 0;
let end: usize = 0;
let output: usize = 0;

/** The byte at the cursor; zero, which is none of JSON's outside of strings, at the end. */
function peek(): u8 {
  return cursor < end ? load<u8>(cursor) : 0;
}

function skipSpace(): void {
  while (true) {
    const byte = peek();
    if (byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09) return;
    cursor++;
  }
}

function expect(byte: u8): void {
  if (cursor >= end || load<u8>(cursor) != byte) refuse();
  cursor++;
}

function put(byte: u8): void {
  store<u8>(output++, byte);
}

function copy(from: usize): void {
  memory.copy(output, from, cursor - from);
  output += cursor - from;
}

function isDigit(byte: u8): bool {
  return byte >= 0x30 && byte <= 0x39;
}

function isHex(byte: u8): bool {
  return isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

/** Passes over a string, with its quotes. */
function passString(): void {
  expect(0x22);
  while (true) {
    if (cursor >= end) refuse();
    const byte = load<u8>(cursor++);
    if (byte == 0x22) return;
    if (byte < 0x20) refuse();
    if (byte == 0x5c) passEscape();
    else if (byte >= 0x80) passWide(byte);
  }
}

function passEscape(): void {
  const byte = peek();
  cursor++;
  if (byte == 0x75) {
    for (let i = 0; i < 4; i++) {
      if (!isHex(peek())) refuse();
      cursor++;
    }
    return;
  }
  const isSign = byte == 0x22 || byte == 0x5c || byte == 0x2f;
  const isControl = byte == 0x62 || byte == 0x66 || byte == 0x6e || byte == 0x72 || byte == 0x74;
  if (!isSign && !isControl) refuse();
}

/** Passes over what follows the first byte of a UTF-8 sequence: neither too long, nor half of a pair, nor beyond the last. */
function passWide(first: u8): void {
  if (first < 0xc2 || first > 0xf4) refuse();
  const more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
  const second = peek();
  if (first == 0xe0 && second < 0xa0) refuse();
  if (first == 0xed && second > 0x9f) refuse();
  if (first == 0xf0 && second < 0x90) refuse();
  if (first == 0xf4 && second > 0x8f) refuse();
  for (let i = 0; i < more; i++) {
    if ((peek() & 0xc0) != 0x80) refuse();
    cursor++;
  }
}

function passDigits(): void {
  if (!isDigit(peek())) refuse();
  while (isDigit(peek())) cursor++;
}

function passNumber(): void {
  if (peek() == 0x2d) cursor++;
  if (peek() == 0x30) cursor++;
  else passDigits();
  if (peek() == 0x2e) {
    cursor++;
    passDigits();
  }
  if (peek() == 0x65 || peek() == 0x45) {
    cursor++;
    if (peek() == 0x2b || peek() == 0x2d) cursor++;
    passDigits();
  }
}

function word(text: string): void {
  for (let i = 0; i < text.length; i++) expect(text.charCodeAt(i) as u8);
}

function scalar(byte: u8): void {
  const from = cursor;
  if (byte == 0x22) passString();
  else if (byte == 0x74) word("true");
  else if (byte == 0x66) word("false");
  else if (byte == 0x6e) word("null");
  else passNumber();
  copy(from);
}

function value(depth: i32): void {
  if (depth > DEPTH_MAX) refuse();
  skipSpace();
  const byte = peek();
  if (byte == 0x7b) members(depth);
  else if (byte == 0x5b) elements(depth);
  else scalar(byte);
  skipSpace();
}

function elements(depth: i32): void {
  expect(0x5b);
  put(0x5b);
  skipSpace();
  if (peek() != 0x5d) {
    value(depth + 1);
    while (peek() == 0x2c) {
      cursor++;
      put(0x2c);
      value(depth + 1);
    }
  }
  expect(0x5d);
  put(0x5d);
}

/** A member of an object: `"key":value` as it was rewritten, and how long the key is with its quotes. */
class Member {
  constructor(
    public place: usize,
    public length: usize,
    public key: usize,
  ) {}
}

/** Without the quotes: they would be compared with what follows a key that begins like another. */
function compare(a: Member, b: Member): i32 {
  const order = memory.compare(a.place + 1, b.place + 1, min(a.key, b.key) - 2);
  if (order != 0) return order;
  return a.key != b.key ? (a.key as i32) - (b.key as i32) : (a.place as i32) - (b.place as i32);
}

function members(depth: i32): void {
  expect(0x7b);
  put(0x7b);
  const start = output;
  const found: Member[] = [];
  skipSpace();
  while (peek() != 0x7d) {
    if (found.length > 0) {
      expect(0x2c);
      skipSpace();
    }
    const from = cursor;
    const place = output;
    passString();
    copy(from);
    const key = output - place;
    skipSpace();
    expect(0x3a);
    put(0x3a);
    value(depth + 1);
    found.push(new Member(place, output - place, key));
  }
  cursor++;
  found.sort(compare);
  const sorted = heap.alloc(output - start + found.length);
  let at = sorted;
  for (let i = 0; i < found.length; i++) {
    if (i > 0) store<u8>(at++, 0x2c);
    memory.copy(at, found[i].place, found[i].length);
    at += found[i].length;
  }
  memory.copy(start, sorted, at - sorted);
  output = start + (at - sorted);
  put(0x7d);
}

export function run(place: usize, length: u32): u64 {
  cursor = place;
  end = place + length;
  // Nothing gets longer: commas between members are taken out and put back.
  const start = heap.alloc(length);
  output = start;
  value(0);
  if (cursor != end) refuse();
  return answer(start, (output - start) as u32);
}
