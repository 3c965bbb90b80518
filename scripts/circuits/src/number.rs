//! Numbers of circuits as the chain sees them: 32 bytes, the highest first, below the order of the groups.

use ark_bn254::Fr;
use ark_ff::{BigInteger as _, PrimeField as _};

use crate::Error;

/// 32 bytes, the highest first, below the order of the groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number(pub(crate) Fr);

impl Number {
    /// Whatever the bytes are, less a multiple of the order: for statements, salts and seeds.
    pub fn reduced(bytes: &[u8; 32]) -> Self {
        Self(Fr::from_be_bytes_mod_order(bytes))
    }

    pub fn bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(&self.0.into_bigint().to_bytes_be());
        bytes
    }
}

impl TryFrom<[u8; 32]> for Number {
    type Error = Error;

    fn try_from(bytes: [u8; 32]) -> Result<Self, Error> {
        let number = Self::reduced(&bytes);
        if number.bytes() == bytes { Ok(number) } else { Err(Error::NumberTooLarge) }
    }
}

impl From<u64> for Number {
    fn from(number: u64) -> Self {
        Self(Fr::from(number))
    }
}
