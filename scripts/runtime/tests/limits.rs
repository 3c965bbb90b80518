//! What hostile modules may do: nothing to the host. Each test runs an honest module on the same host afterwards.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use runtime::{Host, Limits, Refused, Run, Trap};

const ECHO: &str = r#"(module
    (memory (export "memory") 2)
    (func (export "alloc") (param i32) (result i32) (i32.const 1024))
    (func (export "run") (param i32 i32) (result i64)
        (i64.or (i64.shl (i64.extend_i32_u (local.get 0)) (i64.const 32)) (i64.extend_i32_u (local.get 1)))))"#;

fn limits() -> Limits {
    Limits {
        fuel: 50_000_000,
        memory_bytes: 4 << 20,
        table_elements: 100,
        time: Duration::from_secs(120),
        output_bytes: 1 << 16,
        module_bytes: 64 << 10,
        ..Limits::default()
    }
}

fn bytes(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("the test writes modules")
}

/// A module with these parts beside a memory of a page; `run` and `alloc` are given where a test does not write its own.
fn module(parts: &str) -> Vec<u8> {
    let mut text = String::from("(module ");
    if !parts.contains(r#""memory""#) {
        text += r#"(memory (export "memory") 1)"#;
    }
    if !parts.contains(r#""alloc""#) {
        text += r#"(func (export "alloc") (param i32) (result i32) (i32.const 0))"#;
    }
    if !parts.contains(r#""run""#) {
        text += r#"(func (export "run") (param i32 i32) (result i64) (i64.const 0))"#;
    }
    bytes(&(text + parts + ")"))
}

fn run_on(host: &Host, bytes: &[u8], input: &[u8]) -> Run {
    let run = host.run(&host.load(bytes).expect("it is a module that may be run"), input);
    let echo = host.load(&self::bytes(ECHO)).expect("an honest module");
    assert_eq!(host.run(&echo, b"still there").output.as_deref(), Ok(&b"still there"[..]));
    run
}

fn trap(parts: &str) -> Trap {
    trap_within(limits(), parts)
}

fn trap_within(limits: Limits, parts: &str) -> Trap {
    let host = Host::new(limits).expect("this machine runs modules");
    run_on(&host, &module(parts), b"input").output.expect_err("it traps")
}

fn refused(bytes: &[u8]) -> Refused {
    Host::new(limits()).expect("this machine runs modules").load(bytes).expect_err("it is refused")
}

const FOREVER: &str = r#"(func (export "run") (param i32 i32) (result i64) (loop (br 0)) (unreachable))"#;

#[test]
fn an_endless_loop_ends_with_the_fuel_and_all_of_it_is_counted() {
    let host = Host::new(limits()).expect("this machine runs modules");
    let run = run_on(&host, &module(FOREVER), b"");
    assert_eq!((run.output, run.fuel), (Err(Trap::Fuel), limits().fuel));
}

#[test]
fn an_endless_loop_with_fuel_without_end_ends_with_its_time() {
    let time = Duration::from_millis(50);
    let host = Host::new(Limits { fuel: u64::MAX, time, ..limits() }).expect("this machine runs modules");
    let run = run_on(&host, &module(FOREVER), b"");
    assert_eq!(run.output, Err(Trap::Time));
    assert!(run.duration >= time && !Trap::Time.is_deterministic());
}

#[test]
fn a_run_that_nobody_wants_any_more_ends_soon_and_its_fuel_is_counted() {
    let host = Host::new(Limits { fuel: u64::MAX, ..limits() }).expect("this machine runs modules");
    let (module, asked) = (host.load(&module(FOREVER)).expect("a module"), AtomicU32::new(0));
    let run = host.run_while(&module, b"", move || asked.fetch_add(1, Ordering::Relaxed) < 2);
    assert_eq!(run.output, Err(Trap::Unwanted));
    assert!(run.fuel > 0 && run.duration < limits().time / 2 && !Trap::Unwanted.is_deterministic());
}

#[test]
fn many_hosts_and_threads_end_their_loops_side_by_side() {
    let host = Host::new(limits()).expect("this machine runs modules");
    let module = host.load(&module(FOREVER)).expect("a module");
    let traps = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| host.run(&module, b"").output)).collect();
        runs.into_iter().map(|run| run.join().expect("the host survives")).collect::<Vec<_>>()
    });
    assert_eq!(traps, vec![Err(Trap::Fuel); 4]);
}

#[test]
fn memory_grown_without_end_ends_at_the_limit() {
    let limit = limits().memory_bytes;
    let grow = r#"(func (export "run") (param i32 i32) (result i64)
        (loop (drop (memory.grow (i32.const 1))) (br 0)) (unreachable))"#;
    assert_eq!(trap(grow), Trap::Memory { wanted: limit + 65_536, limit });
    let at_once = r#"(func (export "run") (param i32 i32) (result i64)
        (drop (memory.grow (i32.const 60000))) (i64.const 0))"#;
    assert_eq!(trap(at_once), Trap::Memory { wanted: 60_001 * 65_536, limit });
    let declared = r#"(memory (export "memory") 65536)"#;
    assert_eq!(trap(declared), Trap::Memory { wanted: 65_536 * 65_536, limit });
}

#[test]
fn a_module_may_grow_up_to_its_own_maximum_and_is_told_that_it_cannot_beyond() {
    let parts = r#"(memory (export "memory") 1 2)
        (func (export "run") (param i32 i32) (result i64)
            (drop (memory.grow (i32.const 1)))
            (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
            (i64.const 0))"#;
    let host = Host::new(limits()).expect("this machine runs modules");
    let run = run_on(&host, &module(parts), b"");
    assert_eq!((run.output, run.memory_bytes), (Ok(Vec::new()), 2 * 65_536));
}

#[test]
fn tables_end_at_the_limit() {
    let grow = r#"(table 1 funcref) (func (export "run") (param i32 i32) (result i64)
        (loop (drop (table.grow (ref.null func) (i32.const 50))) (br 0)) (unreachable))"#;
    assert_eq!(trap(grow), Trap::Table { wanted: 101, limit: 100 });
    assert_eq!(trap("(table 4000000 funcref)"), Trap::Table { wanted: 4_000_000, limit: 100 });
    let five = "(table 1 funcref) ".repeat(5);
    assert_eq!(trap(&five), Trap::Other);
}

#[test]
fn recursion_without_end_ends_with_the_stack() {
    let deep = r#"(func $deep (param i64) (result i64)
            (i64.add (call $deep (i64.add (local.get 0) (i64.const 1))) (local.get 0)))
        (func (export "run") (param i32 i32) (result i64) (call $deep (i64.const 0)))"#;
    assert_eq!(trap(deep), Trap::Stack);
}

#[test]
fn traps_have_types() {
    let run = |code: &str| format!(r#"(func (export "run") (param i32 i32) (result i64) {code})"#);
    assert_eq!(trap(&run("unreachable")), Trap::Unreachable);
    assert_eq!(trap(&run("(i64.load (i32.const -8))")), Trap::OutOfBounds);
    assert_eq!(trap(&run("(i64.div_u (i64.const 1) (i64.const 0))")), Trap::Arithmetic);
    assert_eq!(trap(&run("(i64.trunc_f64_s (f64.const nan))")), Trap::Arithmetic);
    let call = "(table 1 funcref) (type $none (func))";
    assert_eq!(trap(&(call.to_owned() + &run("(call_indirect (type $none) (i32.const 0)) (i64.const 0)"))), Trap::Call);
}

#[test]
fn pointers_outside_of_the_memory_are_found_before_they_are_followed() {
    let alloc = |place: &str| format!(r#"(func (export "alloc") (param i32) (result i32) (i32.const {place}))"#);
    assert_eq!(trap(&alloc("65532")), Trap::Place { place: 65_532, length: 5 });
    assert_eq!(trap(&alloc("-1")), Trap::Place { place: u32::MAX, length: 5 });
    let run = |packed: &str| format!(r#"(func (export "run") (param i32 i32) (result i64) (i64.const {packed}))"#);
    assert_eq!(trap(&run("0x0000ffff00000002")), Trap::Place { place: 65_535, length: 2 });
    assert_eq!(trap(&run("0xffffffff00000001")), Trap::Place { place: u32::MAX, length: 1 });
    assert_eq!(trap(&run("0x00000000ffffffff")), Trap::Output { length: 0xffff_ffff, limit: 1 << 16 });
    assert_eq!(trap(&run("0x0000000000010001")), Trap::Output { length: 65_537, limit: 1 << 16 });
    let host = Host::new(limits()).expect("this machine runs modules");
    let whole = run_on(&host, &module(&run("0x0000000000010000")), b"").output;
    assert_eq!(whole.map(|output| output.len()), Ok(65_536));
}

#[test]
fn bytes_that_are_no_text_pass_through() {
    let host = Host::new(limits()).expect("this machine runs modules");
    let input = [0xff, 0xfe, 0x00, 0x80, 0xc3];
    assert_eq!(run_on(&host, &bytes(ECHO), &input).output.as_deref(), Ok(&input[..]));
}

#[test]
fn a_start_function_is_metered_as_everything_is() {
    assert_eq!(trap("(func $start (loop (br 0))) (start $start)"), Trap::Fuel);
    assert_eq!(trap("(func $start (unreachable)) (start $start)"), Trap::Unreachable);
    let grow = "(func $start (drop (memory.grow (i32.const 600)))) (start $start)";
    assert!(matches!(trap(grow), Trap::Memory { .. }));
    let soon = Limits { fuel: u64::MAX, time: Duration::from_millis(30), ..limits() };
    assert_eq!(trap_within(soon, "(func $start (loop (br 0))) (start $start)"), Trap::Time);
    let outside = r#"(data (i32.const 65535) "beyond")"#;
    assert_eq!(trap(outside), Trap::OutOfBounds);
}

#[test]
fn alloc_is_metered_as_everything_is() {
    assert_eq!(trap(r#"(func (export "alloc") (param i32) (result i32) (loop (br 0)) (unreachable))"#), Trap::Fuel);
}

#[test]
fn an_instruction_that_moves_many_bytes_costs_many() {
    let fill = |count: u32| {
        let code = format!("(memory.fill (i32.const 0) (i32.const 1) (i32.const {count})) (i64.const 0)");
        let parts = format!(r#"(func (export "run") (param i32 i32) (result i64) {code})"#);
        run_on(&Host::new(limits()).expect("this machine runs modules"), &module(&parts), b"").fuel
    };
    assert_eq!(fill(60_000) - fill(10_000), 50_000);
}

#[test]
fn whoever_imports_is_refused_and_told_what() {
    let wasi = r#"(module (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32))))"#;
    let (module, name) = ("wasi_snapshot_preview1".to_owned(), "fd_write".to_owned());
    let import = refused(&bytes(wasi));
    assert_eq!(import, Refused::Import { module, name });
    let text = "The module imports `fd_write` of `wasi_snapshot_preview1`: it may import nothing.";
    assert_eq!(import.to_string(), text);
    for kind in ["(memory 1)", "(table 1 funcref)", "(global i32)"] {
        let text = format!(r#"(module (import "env" "x" {kind}))"#);
        assert!(matches!(refused(&bytes(&text)), Refused::Import { .. }), "{kind}");
    }
}

#[test]
fn whoever_does_not_export_what_is_called_is_refused() {
    assert_eq!(refused(&bytes("(module)")), Refused::Export("memory"));
    let other = module(r#"(func (export "alloc") (param i64) (result i32) (i32.const 0))"#);
    assert_eq!(refused(&other), Refused::Export("alloc(i32) -> i32"));
    let other = module(r#"(func (export "run") (param i32 i32) (result i32) (i32.const 0))"#);
    assert_eq!(refused(&other), Refused::Export("run(i32, i32) -> i64"));
    let other = bytes(r#"(module (memory (export "memory") 1) (global (export "alloc") i32 (i32.const 0)))"#);
    assert_eq!(refused(&other), Refused::Export("alloc(i32) -> i32"));
}

#[test]
fn what_is_no_module_or_too_much_of_one_is_refused() {
    assert!(matches!(refused(b""), Refused::Invalid(_)));
    assert!(matches!(refused(b"\0asm\x01\0\0\0\xff\xff\xff"), Refused::Invalid(_)));
    // Text is not compiled: what is hashed and paid for is the binary.
    assert!(matches!(refused(ECHO.as_bytes()), Refused::Invalid(_)));
    // A name that is no UTF-8.
    assert!(matches!(refused(b"\0asm\x01\0\0\0\x07\x05\x01\x01\xff\x00\x00"), Refused::Invalid(_)));
    let padding = format!(r#"(data "{}")"#, "x".repeat(64 << 10));
    let large = module(&padding);
    assert_eq!(refused(&large), Refused::TooLarge { have: large.len(), most: 64 << 10 });
}

#[test]
fn what_processors_do_differently_is_off() {
    for parts in [
        r#"(func (param v128))"#,
        r#"(memory i64 1)"#,
        r#"(memory 1 1 shared)"#,
        r#"(func (result i32) (i32.atomic.load (i32.const 0)))"#,
    ] {
        let text = format!("(module (memory $m 1) {parts})");
        let bytes = wat::parse_str(&text).expect("the text is a module");
        assert!(matches!(refused(&bytes), Refused::Invalid(_)), "{parts}");
    }
    // The payload of a NaN is the same everywhere: here its sign and bits are shown.
    let nan = r#"(func (export "run") (param i32 i32) (result i64)
        (f64.store (i32.const 0) (f64.div (f64.load (i32.const 8)) (f64.load (i32.const 8)))) (i64.const 8))"#;
    let host = Host::new(limits()).expect("this machine runs modules");
    let output = run_on(&host, &module(nan), b"").output;
    assert_eq!(output, Ok(0x7ff8_0000_0000_0000_u64.to_le_bytes().to_vec()));
}

#[test]
fn nothing_is_left_for_the_next_run() {
    let count = r#"(global $runs (mut i32) (i32.const 0))
        (func (export "run") (param i32 i32) (result i64)
            (global.set $runs (i32.add (global.get $runs) (i32.const 1)))
            (i32.store (i32.const 100) (i32.add (i32.load (i32.const 100)) (global.get $runs)))
            (i64.const 0x0000006400000004))"#;
    let host = Host::new(limits()).expect("this machine runs modules");
    let module = host.load(&module(count)).expect("a module");
    for _ in 0..3 {
        assert_eq!(host.run(&module, b"").output, Ok(vec![1, 0, 0, 0]));
    }
}
