//! Proofs of kind groth16 by the two circuits of this repository, with keys for demonstrations.
//!
//! Everybody can make these keys' secrets again, and prove with them whatever he likes: they are refused outside of development
//! deployments.

use std::fs;
use std::path::Path;

use alloy::primitives::{B256, Bytes, keccak256};
use anyhow::{Context as _, Result, ensure};
use circuits::{Chain, Claim, Computation, FEATURES, Features, Keys, Linear, Model, Number};
use clap::ValueEnum;
use contracts::IGroth16;
use serde::{Deserialize, Serialize};

use super::{Attested, GROTH16, job, kind_name, statement_of};
use crate::chain::Context;
use crate::ids::JobId;

const SEED: &str = "Surety: keys for demonstrations, made of what everybody knows";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Circuit {
    /// A chain of 64 hashes
    Chain,
    /// A linear model with 16 features
    Linear,
}

/// A computation with its secrets, as a file says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "circuit", deny_unknown_fields)]
pub enum Work {
    Chain {
        start: B256,
    },
    /// Weights and features in units of `2^-8`, the bias of `2^-16`.
    Linear {
        weights: [i16; FEATURES],
        bias: i32,
        model_salt: B256,
        features: [i16; FEATURES],
        features_salt: B256,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Roots {
    pub circuit: Circuit,
    pub input_root: B256,
    pub output_root: B256,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    pub circuit: Circuit,
    /// Its name on chain, as a request gives it.
    pub key: B256,
    pub is_registered: bool,
}

enum Loaded {
    Chain(Chain),
    Linear(Linear),
}

impl Work {
    pub fn read(path: &Path) -> Result<Self> {
        let name = path.display();
        let text = fs::read_to_string(path).with_context(|| format!("reading the computation {name}"))?;
        serde_json::from_str(&text).with_context(|| format!("{name} is no computation of a circuit"))
    }

    fn load(&self) -> Result<Loaded> {
        let number =
            |word: &B256| Number::try_from(word.0).with_context(|| format!("{word} is no number of a circuit"));
        Ok(match self {
            Self::Chain { start } => Loaded::Chain(Chain { start: number(start)? }),
            Self::Linear { weights, bias, model_salt, features, features_salt } => Loaded::Linear(Linear {
                model: Model { weights: *weights, bias: *bias, salt: number(model_salt)? },
                features: Features { values: *features, salt: number(features_salt)? },
            }),
        })
    }

    pub fn circuit(&self) -> Circuit {
        match self {
            Self::Chain { .. } => Circuit::Chain,
            Self::Linear { .. } => Circuit::Linear,
        }
    }

    /// Input's and output's root: computes, and proves nothing.
    pub fn roots(&self) -> Result<Roots> {
        let roots = match self.load()? {
            Loaded::Chain(chain) => chain.roots(),
            Loaded::Linear(linear) => linear.roots(),
        };
        let (input_root, output_root) = (roots.input.bytes().into(), roots.output.bytes().into());
        Ok(Roots { circuit: self.circuit(), input_root, output_root })
    }

    /// A proof for a statement, with the key that it is checked by. Takes a while, on one core.
    fn prove(&self, statement: B256) -> Result<(Bytes, B256)> {
        match self.load()? {
            Loaded::Chain(chain) => prove_with(&chain, statement),
            Loaded::Linear(linear) => prove_with(&linear, statement),
        }
    }
}

fn keys<C: Computation>() -> Result<Keys<C>> {
    Keys::from_seed(keccak256(SEED).0).with_context(|| format!("making keys of circuit {}", C::NAME))
}

fn prove_with<C: Computation>(computation: &C, statement: B256) -> Result<(Bytes, B256)> {
    let keys = keys::<C>()?;
    let claim = Claim { statement: statement.0, roots: computation.roots() };
    let proof = keys.prove(computation, &claim, rand::random()).context("proving")?;
    Ok((proof.into(), keccak256(keys.verifying().encode())))
}

/// As `IGroth16.register` takes it.
fn encoded(circuit: Circuit) -> Result<Vec<u8>> {
    Ok(match circuit {
        Circuit::Chain => keys::<Chain>()?.verifying().encode(),
        Circuit::Linear => keys::<Linear>()?.verifying().encode(),
    })
}

fn ensure_development(context: &Context) -> Result<()> {
    ensure!(
        context.deployment.parameters.is_development,
        "These keys are for demonstrations: whoever reads this repository can prove anything with them. \
         Another deployment needs keys of a ceremony."
    );
    Ok(())
}

/// The key of a circuit, on chain from then on.
pub async fn register(context: &Context, circuit: Circuit) -> Result<Shown> {
    ensure_development(context)?;
    let encoded = tokio::task::spawn_blocking(move || encoded(circuit)).await??;
    let (key, groth16) = (keccak256(&encoded), context.at().groth16);
    if context.view(groth16, IGroth16::keyOfCall { key }).await?.is_empty() {
        context.send(groth16, IGroth16::registerCall { encoded: encoded.into() }).await?;
    }
    Ok(Shown { circuit, key, is_registered: true })
}

pub async fn show(context: &Context, circuit: Circuit) -> Result<Shown> {
    let encoded = tokio::task::spawn_blocking(move || encoded(circuit)).await??;
    let key = keccak256(encoded);
    let kept = context.view(context.at().groth16, IGroth16::keyOfCall { key }).await?;
    Ok(Shown { circuit, key, is_registered: !kept.is_empty() })
}

/// Proves a job by the computation that it asks for.
pub async fn prove(context: &Context, id: JobId, work: Work) -> Result<Attested> {
    ensure_development(context)?;
    let asked = job(context, id).await?;
    ensure!(asked.kind == GROTH16, "Job {id} asks for proofs of kind {}, not for groth16.", kind_name(asked.kind));
    let roots = work.roots()?;
    ensure!(
        roots.input_root == asked.inputRoot,
        "Job {id} asks for the input with root {}, and this computation's is {}.",
        asked.inputRoot,
        roots.input_root
    );
    let statement = statement_of(context.deployment.chain_id, context.at().proofs, &asked, roots.output_root);
    let (proof, key) = tokio::task::spawn_blocking(move || work.prove(statement)).await??;
    ensure!(key == asked.key, "Job {id} asks for the circuit with key {}, and this one has {key}.", asked.key);
    super::prove(context, id, roots.output_root, proof).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_computation_is_read_with_its_roots() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("work.json");
        let start = B256::left_padding_from(&[9]);
        fs::write(&path, format!(r#"{{"circuit":"chain","start":"{start}"}}"#))?;
        let work = Work::read(&path)?;
        assert_eq!(work, Work::Chain { start });
        let roots = work.roots()?;
        assert_eq!(roots.input_root, B256::from(Chain::input_root(Number::from(9)).bytes()));
        assert!(!roots.output_root.is_zero());
        // Not below the order of the groups, so no input that a circuit has.
        assert!(Work::Chain { start: B256::repeat_byte(0xff) }.roots().is_err());
        fs::write(&path, r#"{"circuit":"chain","start":"0x01"}"#)?;
        assert!(Work::read(&path).is_err());
        Ok(())
    }
}
