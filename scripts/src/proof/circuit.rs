//! Proofs of kind groth16 by the two circuits of this repository, with keys from files, or with those for demonstrations.
//!
//! Of the latter everybody can make the secrets again, and prove with them whatever he likes: they are refused outside of development
//! deployments.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use alloy::primitives::{B256, Bytes, keccak256};
use anyhow::{Context as _, Result, ensure};
use circuits::{Chain, Claim, Computation, FEATURES, Features, Key, Keys, Linear, Model, Number};
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

/// Where the keys of a circuit come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Made of what everybody knows.
    Demonstration,
    /// A proving key as arkworks writes it.
    File(PathBuf),
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Made {
    pub circuit: Circuit,
    pub key: B256,
    pub proving_key: PathBuf,
    pub verifying_key: PathBuf,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// None: which circuit it is of nobody can tell from a verification key.
    pub circuit: Option<Circuit>,
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
    fn prove(&self, statement: B256, source: &Source) -> Result<(Bytes, B256)> {
        match self.load()? {
            Loaded::Chain(chain) => prove_with(&chain, statement, source),
            Loaded::Linear(linear) => prove_with(&linear, statement, source),
        }
    }
}

impl Source {
    fn keys<C: Computation>(&self) -> Result<Keys<C>> {
        match self {
            Self::Demonstration => Keys::from_seed(keccak256(SEED).0),
            Self::File(path) => {
                let name = path.display();
                let bytes = fs::read(path).with_context(|| format!("reading the proving key {name}"))?;
                return Keys::decode(&bytes).with_context(|| format!("{name} is refused"));
            }
        }
        .with_context(|| format!("making keys of circuit {}", C::NAME))
    }

    /// As `IGroth16.register` takes it.
    fn encoded(&self, circuit: Circuit) -> Result<Vec<u8>> {
        Ok(match circuit {
            Circuit::Chain => self.keys::<Chain>()?.verifying().encode(),
            Circuit::Linear => self.keys::<Linear>()?.verifying().encode(),
        })
    }

    fn ensure_fit(&self, context: &Context) -> Result<()> {
        ensure!(
            *self != Self::Demonstration || context.deployment.parameters.is_development,
            "The keys without a file are for demonstrations: whoever reads this repository can prove anything with them. \
             Another deployment needs keys of a ceremony: give --proving-key FILE."
        );
        Ok(())
    }
}

fn prove_with<C: Computation>(computation: &C, statement: B256, source: &Source) -> Result<(Bytes, B256)> {
    let keys = source.keys::<C>()?;
    let claim = Claim { statement: statement.0, roots: computation.roots() };
    let proof = keys.prove(computation, &claim, rand::random()).context("proving")?;
    Ok((proof.into(), keccak256(keys.verifying().encode())))
}

/// Makes keys of a circuit from randomness that is forgotten at once, and writes both files; none that is there is written over.
/// Whoever has to believe this machine that it forgot needs a ceremony instead.
pub fn make(circuit: Circuit, proving_key: &Path, verifying_key: &Path) -> Result<Made> {
    let (proving, verifying) = match circuit {
        Circuit::Chain => made::<Chain>()?,
        Circuit::Linear => made::<Linear>()?,
    };
    for (path, bytes) in [(proving_key, &proving), (verifying_key, &verifying)] {
        let mut file = fs::File::create_new(path).with_context(|| format!("making {}", path.display()))?;
        file.write_all(bytes).with_context(|| format!("writing {}", path.display()))?;
    }
    let (proving_key, verifying_key) = (proving_key.to_owned(), verifying_key.to_owned());
    Ok(Made { circuit, key: keccak256(&verifying), proving_key, verifying_key })
}

fn made<C: Computation>() -> Result<(Vec<u8>, Vec<u8>)> {
    let keys = Keys::<C>::from_seed(rand::random())?;
    Ok((keys.encode()?, keys.verifying().encode()))
}

/// A verification key of a file, as `IGroth16.register` takes it.
fn read_verifying(path: &Path) -> Result<Vec<u8>> {
    let name = path.display();
    let bytes = fs::read(path).with_context(|| format!("reading the verification key {name}"))?;
    let key =
        Key::decode(&bytes).with_context(|| format!("{name} is no verification key of a circuit with three inputs"))?;
    Ok(key.encode())
}

/// The key of a circuit, on chain from then on.
pub async fn register(context: &Context, circuit: Circuit, source: Source) -> Result<Shown> {
    source.ensure_fit(context)?;
    let encoded = tokio::task::spawn_blocking(move || source.encoded(circuit)).await??;
    put(context, Some(circuit), encoded).await
}

/// A verification key that somebody else made, on chain from then on. Which circuit it is of he has to show.
pub async fn register_file(context: &Context, path: &Path) -> Result<Shown> {
    put(context, None, read_verifying(path)?).await
}

async fn put(context: &Context, circuit: Option<Circuit>, encoded: Vec<u8>) -> Result<Shown> {
    let (key, groth16) = (keccak256(&encoded), context.at().groth16);
    if context.view(groth16, IGroth16::keyOfCall { key }).await?.is_empty() {
        context.send(groth16, IGroth16::registerCall { encoded: encoded.into() }).await?;
    }
    Ok(Shown { circuit, key, is_registered: true })
}

pub async fn show(context: &Context, circuit: Circuit, source: Source) -> Result<Shown> {
    let encoded = tokio::task::spawn_blocking(move || source.encoded(circuit)).await??;
    shown(context, Some(circuit), &encoded).await
}

pub async fn show_file(context: &Context, path: &Path) -> Result<Shown> {
    shown(context, None, &read_verifying(path)?).await
}

async fn shown(context: &Context, circuit: Option<Circuit>, encoded: &[u8]) -> Result<Shown> {
    let key = keccak256(encoded);
    let kept = context.view(context.at().groth16, IGroth16::keyOfCall { key }).await?;
    Ok(Shown { circuit, key, is_registered: !kept.is_empty() })
}

/// Proves a job by the computation that it asks for.
pub async fn prove(context: &Context, id: JobId, work: Work, source: Source) -> Result<Attested> {
    source.ensure_fit(context)?;
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
    let (proof, key) = tokio::task::spawn_blocking(move || work.prove(statement, &source)).await??;
    ensure!(key == asked.key, "Job {id} asks for the circuit with key {}, and this one has {key}.", asked.key);
    super::prove(context, id, roots.output_root, proof).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_a_file_are_of_their_circuit_or_refused() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let (proving, verifying) = (folder.path().join("linear.pk"), folder.path().join("linear.vk"));
        let made = make(Circuit::Linear, &proving, &verifying)?;
        assert!(make(Circuit::Linear, &proving, &verifying).is_err(), "nothing is written over");
        let source = Source::File(proving.clone());
        assert_eq!(keccak256(source.encoded(Circuit::Linear)?), made.key);
        assert_eq!(keccak256(read_verifying(&verifying)?), made.key);
        let demonstration = Source::Demonstration.encoded(Circuit::Linear)?;
        assert_ne!(keccak256(demonstration), made.key, "nobody knows its seed");
        let of_another = source.encoded(Circuit::Chain).err().context("it is of another circuit")?;
        assert!(format!("{of_another:#}").contains("not of circuit chain"), "{of_another:#}");
        assert!(Source::File(verifying.clone()).encoded(Circuit::Linear).is_err(), "a verification key proves nothing");
        assert!(read_verifying(&proving).is_err());
        let mut off = fs::read(&verifying)?;
        off[63] ^= 1;
        fs::write(&verifying, off)?;
        assert!(read_verifying(&verifying).is_err(), "a point that is not on its curve");
        Ok(())
    }

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
