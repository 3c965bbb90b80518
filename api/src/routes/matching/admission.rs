//! Offers for some customers, applications or circuits only: who shows the path of a leaf is in the tree of its root, as for `Matching.admit`.

use std::collections::HashSet;

use alloy_primitives::{B256, keccak256};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::error::{Error, Result};
use crate::hash::Hash;

const ADMISSIONS_MAX: usize = 32;
const PATH_MAX: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum AdmissionKind {
    Customer,
    Application,
    VerificationKey,
}

/// That something is in an offer's tree.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Admission {
    /// What: `customer`, `application` or `verification_key`, which is named beside.
    of: AdmissionKind,
    /// Siblings from its leaf up, as `Matching.admit` takes them.
    #[schema(value_type = Vec<String>)]
    proof: Vec<Hash>,
}

/// What is asked for, as trees hash it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Named {
    pub(super) customer: Option<B256>,
    pub(super) application: Option<B256>,
    pub(super) key: Option<B256>,
}

/// Roots of trees that have what is asked for.
#[derive(Debug, Default)]
pub(super) struct Admitted {
    customers: HashSet<B256>,
    applications: HashSet<B256>,
    keys: HashSet<B256>,
}

impl Admitted {
    pub(super) fn of(admissions: &[Admission], named: Named) -> Result<Self> {
        let wrong = |detail: &str| Err(Error::field("admissions", detail.to_owned()));
        if admissions.len() > ADMISSIONS_MAX {
            return wrong("at most 32 admissions are shown");
        }
        let mut admitted = Self::default();
        for admission in admissions {
            if admission.proof.len() > PATH_MAX {
                return wrong("a path has at most 32 hashes");
            }
            let (roots, inner) = match admission.of {
                AdmissionKind::Customer => (&mut admitted.customers, named.customer),
                AdmissionKind::Application => (&mut admitted.applications, named.application),
                AdmissionKind::VerificationKey => (&mut admitted.keys, named.key),
            };
            let Some(inner) = inner else {
                let detail = "name what is admitted beside its path".to_owned();
                return Err(Error::Contradiction { field: "admissions", detail });
            };
            roots.insert(root(inner, &admission.proof));
        }
        Ok(admitted)
    }

    pub(super) fn has_customer(&self, root: B256) -> bool {
        root.is_zero() || self.customers.contains(&root)
    }

    pub(super) fn has_application(&self, root: B256) -> bool {
        root.is_zero() || self.applications.contains(&root)
    }

    pub(super) fn has_key(&self, root: B256) -> bool {
        root.is_zero() || self.keys.contains(&root)
    }
}

/// As `MerkleProof` walks: of two nodes the smaller comes first.
fn root(inner: B256, path: &[Hash]) -> B256 {
    path.iter().fold(keccak256(inner), |node, beside| {
        let (low, high) = if node < beside.0 { (node, beside.0) } else { (beside.0, node) };
        keccak256([low.0, high.0].concat())
    })
}

/// keccak256 of the ABI encoding of a word, as of an account or a key.
pub(super) fn hashed(word: B256) -> B256 {
    keccak256(word)
}
