//! The host: compiles modules and runs them within limits.

use std::thread;
use std::time::{Duration, Instant};

use thiserror::Error;
use wasmtime::{
    Config, Engine, ExternType, FuncType, Instance, Memory, OptLevel, ResourceLimiter, Store, UpdateDeadline, ValType,
};

use crate::{Limits, Trap};

/// How often running modules are asked whether their time is over.
const TICK: Duration = Duration::from_millis(10);

/// What growing by a page costs beside the instruction: whoever grows has zeros written for him.
const FUEL_PER_PAGE: u8 = 255;

/// This machine cannot run modules at all.
#[derive(Debug, Clone, Error)]
#[error("This machine runs no modules: {0}.")]
pub struct Unfit(String);

/// Why a module is not run.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refused {
    #[error("The module has {have} bytes, and may have {most}.")]
    TooLarge { have: usize, most: usize },
    #[error("This is no module that can be run: {0}.")]
    Invalid(String),
    #[error("The module imports `{name}` of `{module}`: it may import nothing.")]
    Import { module: String, name: String },
    #[error("The module does not export `{0}`.")]
    Export(&'static str),
}

/// A module that was compiled by a host, for that host.
#[derive(Debug, Clone)]
pub struct Module(wasmtime::Module);

/// What came of an input, and what it took. What a trapped run took counts as well: the cycles ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub output: Result<Vec<u8>, Trap>,
    /// The same for the same module, input and limits, unless the trap is not deterministic.
    pub fuel: u64,
    pub duration: Duration,
    /// The most memory that it had.
    pub memory_bytes: usize,
}

/// Invariants:
/// 1. Whatever a module does, `run` returns: after the fuel, and at the latest a few ticks after the time of its limits, or after nobody
///    wants its output any more.
/// 2. Outputs and fuel depend on module, input and limits alone.
#[derive(Debug)]
pub struct Host {
    engine: Engine,
    limits: Limits,
}

impl Host {
    pub fn new(limits: Limits) -> Result<Self, Unfit> {
        let engine = Engine::new(&config(limits)).map_err(|error| Unfit(error.to_string()))?;
        let weak = engine.weak();
        let tick = move || {
            // Ends with the last host and module of this engine.
            while let Some(engine) = weak.upgrade() {
                engine.increment_epoch();
                drop(engine);
                thread::sleep(TICK);
            }
        };
        thread::Builder::new().name("ticks".to_owned()).spawn(tick).map_err(|error| Unfit(error.to_string()))?;
        Ok(Self { engine, limits })
    }

    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Compiles a module in its binary form; nothing of it runs.
    pub fn load(&self, bytes: &[u8]) -> Result<Module, Refused> {
        let (have, most) = (bytes.len(), self.limits.module_bytes);
        if have > most {
            return Err(Refused::TooLarge { have, most });
        }
        let module = wasmtime::Module::from_binary(&self.engine, bytes);
        let module = module.map_err(|error| Refused::Invalid(format!("{error:#}")))?;
        if let Some(import) = module.imports().next() {
            let (module, name) = (import.module().to_owned(), import.name().to_owned());
            return Err(Refused::Import { module, name });
        }
        if !matches!(module.get_export("memory"), Some(ExternType::Memory(_))) {
            return Err(Refused::Export("memory"));
        }
        if !is_function(&module, "alloc", &[ValType::I32], &[ValType::I32]) {
            return Err(Refused::Export("alloc(i32) -> i32"));
        }
        if !is_function(&module, "run", &[ValType::I32, ValType::I32], &[ValType::I64]) {
            return Err(Refused::Export("run(i32, i32) -> i64"));
        }
        Ok(Module(module))
    }

    /// Runs a module of this host on one input, in an instance of its own.
    pub fn run(&self, module: &Module, input: &[u8]) -> Run {
        self.run_while(module, input, || true)
    }

    /// As [`Self::run`], for as long as somebody wants the output, which is asked at each tick.
    pub fn run_while(
        &self,
        module: &Module,
        input: &[u8],
        is_wanted: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Run {
        let (started, time) = (Instant::now(), self.limits.time);
        let mut store = Store::new(&self.engine, Keeper { limits: self.limits, memory_bytes: 0 });
        store.limiter(|keeper| keeper);
        store.set_fuel(self.limits.fuel).expect("engines of hosts consume fuel");
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(move |_| match (is_wanted(), started.elapsed() < time) {
            (true, true) => Ok(UpdateDeadline::Continue(1)),
            (true, false) => Err(Trap::Time.into()),
            (false, _) => Err(Trap::Unwanted.into()),
        });
        let output = call(&mut store, &module.0, input, self.limits).map_err(|error| Trap::of(&error));
        let left = store.get_fuel().expect("engines of hosts consume fuel");
        let memory_bytes = store.data().memory_bytes;
        Run { output, fuel: self.limits.fuel - left, duration: started.elapsed(), memory_bytes }
    }
}

fn config(limits: Limits) -> Config {
    let mut config = Config::new();
    config.consume_fuel(true).epoch_interruption(true).max_wasm_stack(limits.stack_bytes);
    let mut cost = wasmtime::OperatorCost::new();
    cost.variable.memory_grow_per_page = FUEL_PER_PAGE;
    config.operator_cost(cost);
    config.cranelift_opt_level(OptLevel::Speed);
    // Bits of a NaN are the one thing that processors may choose in what is left.
    config.cranelift_nan_canonicalization(true);
    config.wasm_relaxed_simd(false).wasm_simd(false).wasm_memory64(false).wasm_multi_memory(false);
    config.wasm_tail_call(false).wasm_backtrace_max_frames(None);
    config
}

fn is_function(module: &wasmtime::Module, name: &str, takes: &[ValType], answers: &[ValType]) -> bool {
    let is_same = |have: &mut dyn Iterator<Item = ValType>, want: &[ValType]| {
        let have: Vec<ValType> = have.collect();
        have.len() == want.len() && have.iter().zip(want).all(|(have, want)| ValType::eq(have, want))
    };
    let fits = |kind: &FuncType| is_same(&mut kind.params(), takes) && is_same(&mut kind.results(), answers);
    matches!(module.get_export(name), Some(ExternType::Func(kind)) if fits(&kind))
}

fn call(
    store: &mut Store<Keeper>,
    module: &wasmtime::Module,
    input: &[u8],
    limits: Limits,
) -> wasmtime::Result<Vec<u8>> {
    let length = u32::try_from(input.len()).map_err(|_| Trap::Input)?;
    // This runs the start function, on the same fuel and time.
    let instance = Instance::new(&mut *store, module, &[])?;
    let memory = instance.get_memory(&mut *store, "memory").ok_or(Trap::Other)?;
    let alloc = instance.get_typed_func::<u32, u32>(&mut *store, "alloc")?;
    let run = instance.get_typed_func::<(u32, u32), u64>(&mut *store, "run")?;
    let place = alloc.call(&mut *store, length)?;
    let room = memory.data_mut(&mut *store).get_mut(range(place, length));
    room.ok_or(Trap::Place { place, length })?.copy_from_slice(input);
    let packed = run.call(&mut *store, (place, length))?;
    Ok(output(store, memory, packed, limits)?)
}

fn output(store: &Store<Keeper>, memory: Memory, packed: u64, limits: Limits) -> Result<Vec<u8>, Trap> {
    let halves = packed.to_be_bytes();
    let [place, length] =
        [&halves[..4], &halves[4..]].map(|half| half.iter().fold(0, |n, byte| n << 8 | u32::from(*byte)));
    if length as usize > limits.output_bytes {
        return Err(Trap::Output { length: length as usize, limit: limits.output_bytes });
    }
    let bytes = memory.data(store).get(range(place, length));
    bytes.map(<[u8]>::to_vec).ok_or(Trap::Place { place, length })
}

fn range(place: u32, length: u32) -> std::ops::Range<usize> {
    // On a machine of 32 bits the sum saturates, and no memory reaches there.
    place as usize..(place as usize).saturating_add(length as usize)
}

/// Watches what an instance takes.
struct Keeper {
    limits: Limits,
    memory_bytes: usize,
}

impl ResourceLimiter for Keeper {
    fn memory_growing(&mut self, _now: usize, wanted: usize, most: Option<usize>) -> wasmtime::Result<bool> {
        if most.is_some_and(|most| wanted > most) {
            return Ok(false);
        }
        let limit = self.limits.memory_bytes;
        if wanted > limit {
            return Err(Trap::Memory { wanted, limit }.into());
        }
        self.memory_bytes = self.memory_bytes.max(wanted);
        Ok(true)
    }

    fn table_growing(&mut self, _now: usize, wanted: usize, most: Option<usize>) -> wasmtime::Result<bool> {
        if most.is_some_and(|most| wanted > most) {
            return Ok(false);
        }
        let limit = self.limits.table_elements;
        if wanted > limit {
            return Err(Trap::Table { wanted, limit }.into());
        }
        Ok(true)
    }

    fn memories(&self) -> usize {
        1
    }

    fn tables(&self) -> usize {
        // Each of these may be as large as the limit.
        4
    }
}
