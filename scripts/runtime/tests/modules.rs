//! Each example module beside the same in Rust, and the same fuel every time.

use std::sync::LazyLock;

use proptest::prelude::*;
use runtime::{Batch, Host, Limits, Module, Run, Trap, Tree, keccak256};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

static HOST: LazyLock<Host> = LazyLock::new(|| {
    xtask::setup::modules().expect("npm installs the compiler, and it compiles");
    Host::new(Limits::default()).expect("this machine runs modules")
});

fn module(name: &str) -> Module {
    // The host comes first: it is what has modules built.
    let host = &*HOST;
    host.load(&xtask::modules::read(name).expect("it was built")).expect("it is a module that may be run")
}

static HASH: LazyLock<Module> = LazyLock::new(|| module("hash"));
static RESIZE: LazyLock<Module> = LazyLock::new(|| module("resize"));
static JSON: LazyLock<Module> = LazyLock::new(|| module("json"));
static MATRIX: LazyLock<Module> = LazyLock::new(|| module("matrix"));
static SIEVE: LazyLock<Module> = LazyLock::new(|| module("sieve"));

/// Runs twice: output and fuel are the same.
fn run(module: &Module, input: &[u8]) -> Result<Vec<u8>, Trap> {
    let [first, second] = [HOST.run(module, input), HOST.run(module, input)];
    assert_eq!((&first.output, first.fuel), (&second.output, second.fuel));
    assert!(first.fuel > 0 && first.memory_bytes > 0);
    first.output
}

/* HASH */

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn hash_is_sha256(input in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert_eq!(run(&HASH, &input), Ok(Sha256::digest(&input).to_vec()));
    }
}

#[test]
fn hash_pads_at_every_edge() {
    for length in [0, 1, 55, 56, 63, 64, 65, 119, 120, 127, 128, 1_000_003] {
        let input = vec![0x5a; length];
        assert_eq!(run(&HASH, &input), Ok(Sha256::digest(&input).to_vec()), "{length} bytes");
    }
}

#[test]
fn fuel_depends_on_the_length_of_what_is_hashed_and_not_on_its_bytes() {
    let fuel = |input: &[u8]| HOST.run(&HASH, input).fuel;
    assert_eq!(fuel(&[0; 640]), fuel(&[0xff; 640]));
    let block = fuel(&[0; 704]) - fuel(&[0; 640]);
    assert_eq!(fuel(&[0; 64_064]) - fuel(&[0; 64_000]), block);
    assert!(block > 2_000 && block < 10_000, "{block} instructions a block");
}

/* RESIZE */

fn ppm(width: usize, height: usize, pixels: &[u8]) -> Vec<u8> {
    [format!("P6\n{width} {height}\n255\n").as_bytes(), pixels].concat()
}

fn resized(width: usize, height: usize, pixels: &[u8], to_width: usize, to_height: usize) -> Vec<u8> {
    const ONE: u64 = 65_536;
    let split = |index: usize, wanted: usize, have: usize| {
        let at = if wanted == 1 { 0 } else { index as u64 * (have as u64 - 1) * ONE / (wanted as u64 - 1) };
        let low = usize::try_from(at / ONE).expect("it is below a side");
        (low, (low + 1).min(have - 1), at % ONE)
    };
    let mut out = Vec::new();
    for y in 0..to_height {
        let (y0, y1, fy) = split(y, to_height, height);
        for x in 0..to_width {
            let (x0, x1, fx) = split(x, to_width, width);
            for c in 0..3 {
                let at = |x: usize, y: usize| u64::from(pixels[3 * (y * width + x) + c]);
                let line = |y: usize| at(x0, y) * (ONE - fx) + at(x1, y) * fx;
                let value = (line(y0) * (ONE - fy) + line(y1) * fy + ONE * ONE / 2) / (ONE * ONE);
                out.push(u8::try_from(value).expect("a mean of bytes is a byte"));
            }
        }
    }
    ppm(to_width, to_height, &out)
}

fn wanted(width: u16, height: u16, image: &[u8]) -> Vec<u8> {
    [&width.to_be_bytes()[..], &height.to_be_bytes(), image].concat()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn resize_is_bilinear(
        (width, height, pixels) in (1_usize..12, 1_usize..12).prop_flat_map(|(width, height)| {
            (Just(width), Just(height), proptest::collection::vec(any::<u8>(), 3 * width * height))
        }),
        to_width in 1_u16..20,
        to_height in 1_u16..20,
    ) {
        let input = wanted(to_width, to_height, &ppm(width, height, &pixels));
        let expected = resized(width, height, &pixels, to_width.into(), to_height.into());
        prop_assert_eq!(run(&RESIZE, &input), Ok(expected));
    }
}

#[test]
fn an_image_of_its_own_size_is_the_same_and_no_image_is_refused() {
    let pixels: Vec<u8> = (0..=255).cycle().take(3 * 64 * 48).collect();
    let image = ppm(64, 48, &pixels);
    assert_eq!(run(&RESIZE, &wanted(64, 48, &image)), Ok(image.clone()));
    let cut = wanted(8, 8, &image[..image.len() - 1]);
    let [none, other] = [wanted(0, 8, &image), wanted(8, 8, &[b"P5", &image[2..]].concat())];
    let huge = wanted(8, 8, b"P6 4294967297 1 255 xxx");
    for input in [Vec::new(), cut, none, other, huge, vec![0xff; 40]] {
        assert_eq!(run(&RESIZE, &input), Err(Trap::Unreachable));
    }
}

/* JSON */

/// Keys sorted by their bytes as they are written; built here, because another crate may have told `serde_json` not to sort.
fn written(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let text = |text: &String| Value::from(text.as_str()).to_string();
            let mut members: Vec<(String, String)> =
                members.iter().map(|(key, value)| (text(key), written(value))).collect();
            members.sort_by(|(a, _), (b, _)| a[1..a.len() - 1].cmp(&b[1..b.len() - 1]));
            let members: Vec<String> = members.into_iter().map(|(key, value)| format!("{key}:{value}")).collect();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(elements) => format!("[{}]", elements.iter().map(written).collect::<Vec<_>>().join(",")),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            proptest::collection::btree_map(any::<String>(), inner, 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn json_is_rewritten_in_one_form(value in document()) {
        let expected = written(&value);
        let pretty = serde_json::to_string_pretty(&value).expect("values are written");
        prop_assert_eq!(run(&JSON, pretty.as_bytes()), Ok(expected.clone().into_bytes()));
        prop_assert_eq!(run(&JSON, expected.as_bytes()), Ok(expected.into_bytes()));
    }

    #[test]
    fn json_refuses_what_serde_json_refuses(input in proptest::collection::vec(prop_oneof![
        proptest::sample::select(br#"{}[]:,"\u0123456789.eE+- truefalsn"#.to_vec()), any::<u8>()], 0..12)) {
        // A number may be written that no float holds: the module keeps its digits, and `serde_json` does not.
        let is_json = serde_json::from_slice::<&serde_json::value::RawValue>(&input).is_ok();
        prop_assert_eq!(run(&JSON, &input).is_ok(), is_json, "{:?}", String::from_utf8_lossy(&input));
    }
}

#[test]
fn numbers_and_escapes_stay_as_they_are_written() {
    let input = " { \"b\" : [1.50, -0, 1e+9 ,\"\\u00e9\\n\"] , \"a\":{}, \"ab\" :null,\"a\":[ ]}\n";
    let expected = br#"{"a":{},"a":[],"ab":null,"b":[1.50,-0,1e+9,"\u00e9\n"]}"#;
    assert_eq!(run(&JSON, input.as_bytes()), Ok(expected.to_vec()));
    let many: Vec<Value> = (0..200).map(|index| json!({ "k": index, "a": 1 })).collect();
    let many = Value::from(many);
    assert_eq!(run(&JSON, many.to_string().as_bytes()), Ok(written(&many).into_bytes()));
}

#[test]
fn no_json_and_no_text_are_refused() {
    let deep = "[".repeat(100) + &"]".repeat(100);
    for input in ["", "{", "[1,]", "{\"a\":1,}", "01", "1.", "tru", "\"\\x\"", "\"a", "1 2", "{1:2}", &deep] {
        assert_eq!(run(&JSON, input.as_bytes()), Err(Trap::Unreachable), "{input}");
    }
    for input in
        [&b"\"\xff\""[..], b"\"\xc0\x80\"", b"\"\xed\xa0\x80\"", b"\"\xf4\x90\x80\x80\"", b"\"\xc3", b"\"\x01\""]
    {
        assert_eq!(run(&JSON, input), Err(Trap::Unreachable), "{input:?}");
    }
}

/* MATRIX */

#[expect(clippy::float_arithmetic, reason = "what the module does with floats is what is tested")]
fn product(side: usize, left: &[f64], right: &[f64]) -> Vec<u8> {
    let mut out = Vec::new();
    for i in 0..side {
        for j in 0..side {
            // From first to last, as the module adds.
            let sum = (0..side).fold(0.0, |sum, k| sum + left[i * side + k] * right[k * side + j]);
            out.extend_from_slice(&f64::to_le_bytes(sum));
        }
    }
    out
}

fn matrices(side: usize, numbers: &[f64]) -> Vec<u8> {
    let side = u32::try_from(side).expect("a small side").to_le_bytes().to_vec();
    side.into_iter().chain(numbers.iter().flat_map(|number| number.to_le_bytes())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn matrix_is_the_product_to_the_last_bit(
        (side, numbers) in (1_usize..12).prop_flat_map(|side| {
            (Just(side), proptest::collection::vec(-1.0e12..1.0e12_f64, 2 * side * side))
        }),
    ) {
        let expected = product(side, &numbers[..side * side], &numbers[side * side..]);
        prop_assert_eq!(run(&MATRIX, &matrices(side, &numbers)), Ok(expected));
    }
}

#[test]
fn matrices_of_the_wrong_length_are_refused() {
    let input = matrices(3, &[1.0; 18]);
    for input in [&input[..input.len() - 1], &[], &[0; 4], &[0xff; 4], &matrices(2_000, &[])] {
        assert_eq!(run(&MATRIX, input), Err(Trap::Unreachable));
    }
}

/* SIEVE */

fn primes(below: u32) -> Vec<u8> {
    let is_prime = |number: &u32| {
        (2..).take_while(|factor| factor * factor <= *number).all(|factor| !number.is_multiple_of(factor))
    };
    let primes: Vec<u32> = (2..below).filter(is_prime).collect();
    let count = u32::try_from(primes.len()).expect("there are fewer than numbers");
    let sum: u64 = primes.iter().map(|prime| u64::from(*prime)).sum();
    [&count.to_le_bytes()[..], &primes.last().copied().unwrap_or(0).to_le_bytes(), &sum.to_le_bytes()].concat()
}

#[test]
fn sieve_finds_the_primes() {
    for below in (0..40).chain([100, 121, 122, 1_000, 65_536, 100_000]) {
        assert_eq!(run(&SIEVE, &u32::to_le_bytes(below)), Ok(primes(below)), "below {below}");
    }
    let million =
        [&78_498_u32.to_le_bytes()[..], &999_983_u32.to_le_bytes(), &37_550_402_023_u64.to_le_bytes()].concat();
    assert_eq!(run(&SIEVE, &1_000_000_u32.to_le_bytes()), Ok(million));
    assert_eq!(run(&SIEVE, &u32::MAX.to_le_bytes()), Err(Trap::Unreachable));
    assert_eq!(run(&SIEVE, b""), Err(Trap::Unreachable));
}

/* ALL */

#[test]
fn fuel_is_what_it_was_when_these_figures_were_written() {
    // Part of what is proved by samples and metered: another compiler version may change them, and then says so here.
    let matrix = matrices(16, &[1.5; 512]);
    let image = wanted(32, 24, &ppm(64, 48, &[7; 3 * 64 * 48]));
    let document = json!({ "b": [1, 2, 3], "a": { "d": "text", "c": null } }).to_string();
    let fuel = |module: &Module, input: &[u8]| HOST.run(module, input).fuel;
    let figures = [
        fuel(&HASH, &[7; 1_000]),
        fuel(&RESIZE, &image),
        fuel(&JSON, document.as_bytes()),
        fuel(&MATRIX, &matrix),
        fuel(&SIEVE, &10_000_u32.to_le_bytes()),
    ];
    assert_eq!(figures, [158_132, 242_165, 4_130, 118_016, 214_253]);
}

#[test]
fn another_host_computes_the_same_chunks() {
    let inputs: Vec<Vec<u8>> = (0_u32..21).map(|below| (below * 97).to_le_bytes().to_vec()).collect();
    let batch = Batch::new(inputs.clone()).expect("it has inputs");
    let outputs = batch.outputs(&HOST, &SIEVE).expect("no chunk traps");
    let tree = Tree::new(&outputs);
    let stranger = Host::new(Limits::default()).expect("this machine runs modules");
    let theirs = stranger.load(&xtask::modules::read("sieve").expect("it was built")).expect("a module");
    for chunk in [0_usize, 7, 20] {
        let Run { output, fuel, .. } = batch.run(&stranger, &theirs, chunk).expect("the batch has it");
        let hash = keccak256(&output.expect("it does not trap"));
        assert_eq!(fuel, HOST.run(&SIEVE, &inputs[chunk]).fuel);
        let path = tree.path(chunk).expect("it is in the tree");
        assert!(Tree::holds(tree.root(), u32::try_from(chunk).expect("a small one"), hash, &path));
    }
    assert!(batch.run(&HOST, &SIEVE, 21).is_none());
    assert_ne!(batch.tree().root(), tree.root());
}

#[test]
fn a_batch_with_a_chunk_that_traps_has_no_outputs() {
    let batch = Batch::new(vec![vec![9, 0, 0, 0], vec![1]]).expect("it has inputs");
    let error = batch.outputs(&HOST, &SIEVE).expect_err("four bytes are a number, one is none");
    assert_eq!(error.to_string(), "Chunk 1 has no output: it gave up.");
}
