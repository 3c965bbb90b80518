// Compiles one standard JSON input from stdin to stdout, or answers it from the cache.
// Foundry puts every source into the input, so `--base-path` and `--allow-paths` need no handling.
"use strict";

const { createHash, randomUUID } = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const zlib = require("node:zlib");

const ROOT = path.resolve(__dirname, "../..");
const CACHE = process.env.SURETY_SOLC_CACHE || path.join(ROOT, "target/surety/solc");
const ENTRIES_MAX = 64;

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/** Retries EAGAIN: a pipe that Foundry shares with us can be non-blocking, for reading and for writing. */
function retrying(operation) {
  for (;;) {
    try {
      return operation();
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

function readInput() {
  const chunks = [];
  for (;;) {
    const chunk = Buffer.alloc(1 << 16);
    const length = retrying(() => fs.readSync(0, chunk));
    if (length === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, length));
  }
}

function writeOutput(output) {
  let written = 0;
  while (written < output.length) {
    written += retrying(() => fs.writeSync(1, output, written));
  }
}

function compile(version, input) {
  let solc;
  try {
    solc = require(path.join(ROOT, "contracts/node_modules/solc"));
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND") throw error;
    fail("The Solidity compiler is not installed: run `cargo xtask setup`.");
  }
  if (solc.version() !== version) {
    fail(`scripts/solc/solc says ${version}, but the compiler that npm installed is ${solc.version()}.`);
  }
  return Buffer.from(compileOnHeap(require(path.join(ROOT, "contracts/node_modules/solc/soljson.js")), input));
}

/** The wrapper's own `compile` puts the input on the compiler's stack, which inputs of over 4 MB overflow. */
function compileOnHeap(soljson, input) {
  const text = input.toString("utf8");
  const length = soljson.lengthBytesUTF8(text) + 1;
  const pointer = soljson._malloc(length);
  soljson.stringToUTF8(text, pointer, length);
  const withoutCallback = 0;
  return soljson.UTF8ToString(soljson._solidity_compile(pointer, withoutCallback, 0));
}

function cached(file) {
  try {
    const output = zlib.gunzipSync(fs.readFileSync(file));
    const now = new Date();
    fs.utimesSync(file, now, now);
    return output;
  } catch {
    // Absent, damaged or not ours to touch: compiling again is always right.
    return undefined;
  }
}

/** Writes beside and renames, so that no other process ever reads half an entry. */
function remember(file, output) {
  try {
    fs.mkdirSync(CACHE, { recursive: true });
    const draft = `${file}.${randomUUID()}`;
    fs.writeFileSync(draft, zlib.gzipSync(output, { level: 1 }));
    fs.renameSync(draft, file);
    forgetOldest();
  } catch {
    // A cache that cannot be written makes the next run slower, not wrong.
  }
}

function forgetOldest() {
  const entries = fs.readdirSync(CACHE).map((name) => {
    const file = path.join(CACHE, name);
    return { file, used: fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0 };
  });
  entries.sort((left, right) => right.used - left.used);
  for (const { file } of entries.slice(ENTRIES_MAX)) fs.rmSync(file, { force: true });
}

function main([version, ...options]) {
  if (!options.includes("--standard-json")) fail("This compiler takes --standard-json or --version.");
  const input = readInput();
  const key = createHash("sha256").update(version).update("\0").update(input).digest("hex");
  const file = path.join(CACHE, `${key}.json.gz`);
  let output = cached(file);
  if (output === undefined) {
    output = compile(version, input);
    remember(file, output);
  }
  writeOutput(output);
}

main(process.argv.slice(2));
