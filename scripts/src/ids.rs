//! Numbers of deals, offers and locks, kept apart so that swapping two arguments does not compile.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($name:ident, $word:literal) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text.parse() {
                    Ok(0) | Err(_) => Err(format!("`{text}` is not the number of {}: 1, 2, 3 and so on", $word)),
                    Ok(id) => Ok(Self(id)),
                }
            }
        }
    };
}

id!(CommitmentId, "a commitment");
id!(DealId, "a deal");
id!(OfferId, "an offer");
id!(LockId, "a lock");
id!(FaultId, "a fault");
id!(JobId, "a job");
