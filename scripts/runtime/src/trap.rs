//! Why a run has no output.

use thiserror::Error;

/// What went wrong inside a module. The host goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Trap {
    #[error("it used up its fuel")]
    Fuel,
    #[error("it ran for longer than it may")]
    Time,
    #[error("nobody waits for its output any more")]
    Unwanted,
    #[error("it wanted {wanted} bytes of memory, and may have {limit}")]
    Memory { wanted: usize, limit: usize },
    #[error("it wanted a table of {wanted} elements, and may have {limit}")]
    Table { wanted: usize, limit: usize },
    #[error("it used up its stack")]
    Stack,
    #[error("it gave up")]
    Unreachable,
    #[error("it reached outside of its memory or table")]
    OutOfBounds,
    #[error("it divided by zero, or a number did not fit")]
    Arithmetic,
    #[error("it called what is no function of this type")]
    Call,
    #[error("it named {length} bytes at {place}, which are outside of its memory")]
    Place { place: u32, length: u32 },
    #[error("its output has {length} bytes, and may have {limit}")]
    Output { length: usize, limit: usize },
    #[error("its input has more bytes than it can address")]
    Input,
    #[error("it failed in another way")]
    Other,
}

impl Trap {
    /// Would it come again on another machine? Time depends on the machine, how deep a stack reaches on its processor,
    /// and whether somebody waits on him.
    pub fn is_deterministic(self) -> bool {
        !matches!(self, Self::Time | Self::Unwanted | Self::Stack | Self::Other)
    }

    pub(crate) fn of(error: &wasmtime::Error) -> Self {
        use wasmtime::Trap as Wasm;
        if let Some(ours) = error.downcast_ref::<Self>() {
            return *ours;
        }
        match error.downcast_ref::<Wasm>() {
            Some(Wasm::OutOfFuel) => Self::Fuel,
            Some(Wasm::StackOverflow) => Self::Stack,
            Some(Wasm::UnreachableCodeReached) => Self::Unreachable,
            Some(Wasm::MemoryOutOfBounds | Wasm::TableOutOfBounds) => Self::OutOfBounds,
            Some(Wasm::IntegerDivisionByZero | Wasm::IntegerOverflow | Wasm::BadConversionToInteger) => {
                Self::Arithmetic
            }
            Some(Wasm::IndirectCallToNull | Wasm::BadSignature) => Self::Call,
            _ => Self::Other,
        }
    }
}
