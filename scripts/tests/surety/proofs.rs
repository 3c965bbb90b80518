//! `surety author` and `surety ... proof` as people meet them, up to a bundle that is checked in a folder with nothing else.

use alloy::providers::ext::AnvilApi as _;
use anyhow::{Context as _, Result};
use scripts::provider::{Profile, Terms};
use scripts::{delegator, offer, operator, provider};
use serde_json::Value;

use crate::world::{CAROL, DEPLOYER, DOLLAR, Ended, PAULA, TOKEN, World, surety};

/// With an offer, number 1, of metered units with proofs by circuits, and one, number 2, with proofs by samples.
async fn start() -> Result<World> {
    let world = World::start().await?;
    let operator = world.party(DEPLOYER).await?;
    operator::post_price(&operator, 50_000_000).await?;
    for who in [PAULA, CAROL] {
        let account = world.anvil.addresses()[who];
        operator::mint(&operator, account, 1_000_000 * TOKEN, 1_000_000 * DOLLAR).await?;
    }
    let paula = world.party(PAULA).await?;
    let profile = Profile { name: "paula".to_owned(), endpoint: "https://paula.example".to_owned(), operator: 0 };
    provider::register(&paula, profile, Terms::default()).await?;
    delegator::stake(&paula, paula.account()?, 100_000 * TOKEN).await?;
    let terms = offer::Terms::new(0, 100, DOLLAR);
    offer::create(&paula, &offer::Terms { payment_modes: 2, proof_kinds: 8, ..terms.clone() }).await?;
    offer::create(&paula, &offer::Terms { proof_kinds: 4, ..terms }).await?;
    Ok(world)
}

impl World {
    fn prints(&self, who: usize, arguments: &[&str]) -> Result<Ended> {
        self.surety(who, &[&["--json", "--yes"], arguments].concat())
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        Ok(std::fs::write(self.folder.path().join(name), text)?)
    }
}

fn text<'a>(value: &'a Value, field: &str) -> Result<&'a str> {
    value[field].as_str().with_context(|| format!("{field} of {value} is text"))
}

/// A metered deal that names a module and a circuit, served by Paula.
fn open(world: &World) -> Result<()> {
    world.write("module.wasm", "\0asm")?;
    let publish = ["author", "publish", "module.wasm", "--royalty", "0.05", "--uri", "ipfs://module"];
    let published = world.prints(DEPLOYER, &publish)?.json()?;
    assert_eq!(text(&published, "royalty")?, "0.05");
    world.prints(DEPLOYER, &publish)?.refused_with(&["ModuleKnown"]);
    let module = text(&published, "module")?;
    let stranger = world.prints(CAROL, &["author", "royalty", module, "0.01"])?;
    stranger.refused_with(&["NotAuthor"]);
    world.prints(DEPLOYER, &["author", "royalty", "module.wasm", "0.07"])?.json()?;

    let key = world.prints(PAULA, &["provider", "proof", "key", "linear", "--register"])?.json()?;
    let open = ["customer", "open", "--application", "bafy", "--units", "10", "--price-max", "2", "--term", "7"];
    let (proof, metered) = (["--proof", "groth16", "--offers", "1"], ["--metered", "--module", "module.wasm"]);
    let named = ["--verification-key", text(&key, "key")?];
    world.prints(CAROL, &[&open[..], &proof, &metered, &named].concat())?.json()?;
    let keyless = world.prints(CAROL, &[&open[..], &proof, &metered].concat())?;
    keyless.refused_with(&["VerificationKeyWrong"]);
    let unknown = format!("0x{}", "12".repeat(32));
    let unknown = world.prints(CAROL, &[&open[..], &["--metered", "--module", &unknown]].concat())?;
    unknown.refused_with(&["ModuleUnknown"]);
    world.prints(PAULA, &["provider", "ready", "1", "0"])?.json()?;
    let admit = ["customer", "admit", "1", "--root", &format!("0x{}", "12".repeat(32)), "--verification-key"];
    world.prints(CAROL, &admit)?.refused_with(&["ProofInvalid"]);
    Ok(())
}

#[tokio::test]
async fn a_bundle_is_checked_in_a_folder_with_nothing_else() -> Result<()> {
    let world = start().await?;
    open(&world)?;
    let (weights, features, zeros) = ([3; 16], [-5; 16], "0".repeat(63));
    let work = format!(
        r#"{{"circuit":"linear","weights":{weights:?},"bias":70,"model_salt":"0x{zeros}1",
            "features":{features:?},"features_salt":"0x{zeros}2"}}"#
    );
    world.write("work.json", &work)?;
    let asked = world.prints(CAROL, &["customer", "proof", "ask", "1/0", "--work", "work.json"])?.json()?;
    assert_eq!(text(&asked, "kind")?, "groth16");
    let job = asked["job"].to_string();
    let unproved = world.prints(CAROL, &["customer", "proof", "get", &job])?.json()?;
    let proved = world.prints(PAULA, &["provider", "proof", "prove", &job, "--work", "work.json"])?.json()?;
    assert_eq!(text(&proved, "verdict")?, "proven");
    let again = world.prints(PAULA, &["provider", "proof", "prove", &job, "--work", "work.json"])?;
    again.refused_with(&["JobDecided"]);
    let bundle = world.prints(CAROL, &["customer", "proof", "get", &job])?.json()?;

    let clean = tempfile::tempdir()?;
    let proofs = world.deployment.contracts.proofs.to_string();
    let verify = |bundle: &Value, more: &[&str]| {
        std::fs::write(clean.path().join("bundle.json"), bundle.to_string())?;
        let node = world.anvil.endpoint();
        let arguments = ["customer", "proof", "verify", "bundle.json", "--json", "--rpc-url", &node];
        surety(&[&arguments[..], more].concat(), |command| {
            command.current_dir(clean.path());
        })
    };
    let verified = verify(&bundle, &["--proofs", &proofs])?.json()?;
    assert_eq!((text(&verified, "verdict")?, &verified["is_known"]), ("proven", &true.into()));
    let alone = verify(&bundle, &[])?;
    assert!(alone.stderr.contains("No deployment was named"), "{}", alone.stderr);
    assert_eq!(alone.json()?["is_known"], false);

    let mut forged = bundle.clone();
    forged["job"]["output_root"] = forged["job"]["input_root"].clone();
    verify(&forged, &[])?.refused_with(&["The bundle is not true: hash is"]);
    let elsewhere = world.deployment.contracts.sampled.to_string();
    verify(&bundle, &["--proofs", &elsewhere])?.refused_with(&["it is of another deployment"]);
    verify(&unproved, &[])?.refused_with(&["the chain keeps"]);
    let failed = verify(&Value::Null, &[])?;
    assert_eq!(failed.code, 2, "{}", failed.stderr);
    Ok(())
}

/// Keys that nobody else can make prove where those for demonstrations do not count.
#[tokio::test]
async fn keys_of_a_fresh_seed_are_registered_and_prove() -> Result<()> {
    let world = start().await?;
    let proof = |verb: &[&str]| world.prints(PAULA, &[&["provider", "proof"], verb].concat());
    let files = ["--proving-key", "linear.pk", "--verifying-key", "linear.vk"];
    let made = proof(&[&["make-keys", "linear"][..], &files].concat())?.json()?;
    let key = text(&made, "key")?;
    proof(&[&["make-keys", "linear"][..], &files].concat())?.failed_with(&["making"]);
    let shown = proof(&["key", "linear", "--proving-key", "linear.pk"])?.json()?;
    assert_eq!((text(&shown, "key")?, &shown["is_registered"]), (key, &false.into()));
    let demonstration = proof(&["key", "linear"])?.json()?;
    assert_ne!(text(&demonstration, "key")?, key);

    proof(&["key", "chain", "--proving-key", "linear.pk", "--register"])?.failed_with(&["not of circuit chain"]);
    proof(&["key", "--verifying-key", "linear.pk", "--register"])?.failed_with(&["no verification key"]);
    world.write("torn.pk", "not a key")?;
    proof(&["key", "linear", "--proving-key", "torn.pk", "--register"])?.failed_with(&["no proving key"]);
    let registered = proof(&["key", "--verifying-key", "linear.vk", "--register"])?.json()?;
    assert_eq!((text(&registered, "key")?, &registered["circuit"]), (key, &Value::Null));

    let open = ["customer", "open", "--application", "bafy", "--units", "10", "--price-max", "2", "--term", "7"];
    let proved = ["--metered", "--proof", "groth16", "--offers", "1", "--verification-key", key];
    world.prints(CAROL, &[&open[..], &proved].concat())?.json()?;
    world.prints(PAULA, &["provider", "ready", "1", "0"])?.json()?;
    let zeros = "0".repeat(63);
    let work = format!(
        r#"{{"circuit":"linear","weights":{:?},"bias":7,"model_salt":"0x{zeros}1","features":{:?},"features_salt":"0x{zeros}2"}}"#,
        [1; 16], [2; 16]
    );
    world.write("work.json", &work)?;
    proof(&["ask", "1/0", "--work", "work.json"])?.json()?;
    proof(&["prove", "1", "--work", "work.json"])?.failed_with(&["asks for the circuit with key"]);
    let proved = proof(&["prove", "1", "--work", "work.json", "--proving-key", "linear.pk"])?.json()?;
    assert_eq!(text(&proved, "verdict")?, "proven");
    Ok(())
}

/// Up to the point from which executors are needed.
#[tokio::test]
async fn a_batch_is_asked_for_committed_and_brought_on() -> Result<()> {
    let world = start().await?;
    xtask::setup::modules().map_err(anyhow::Error::from_boxed)?;
    let module = xtask::modules::read("hash").map_err(anyhow::Error::from_boxed)?;
    std::fs::write(world.folder.path().join("hash.wasm"), module)?;
    world.write("batch.json", r#"{"module":"hash.wasm","inputs":["0x01","0x02","0x03"]}"#)?;
    world.write("other.json", r#"{"module":"hash.wasm","inputs":["0x01","0x02"]}"#)?;
    let open = ["customer", "open", "--application", "bafy", "--units", "10", "--price-max", "2", "--term", "7"];
    world.prints(CAROL, &[&open[..], &["--proof", "sampled", "--offers", "2"]].concat())?.json()?;
    world.prints(PAULA, &["provider", "ready", "1", "0"])?.json()?;

    let asked = world.prints(CAROL, &["customer", "proof", "ask", "1/0", "--batch", "batch.json"])?.json()?;
    assert_eq!(text(&asked, "kind")?, "sampled");
    let prove = ["provider", "proof", "prove", "1", "--jobs", "jobs", "--batch"];
    world.prints(PAULA, &[&prove[..], &["other.json"]].concat())?.failed_with(&["asks for the input with root"]);
    let committed = world.prints(PAULA, &[&prove[..], &["batch.json", "--plants", "1"]].concat())?.json()?;
    assert_eq!((&committed["chunks"], &committed["planted"]), (&3.into(), &1.into()));
    world.prints(PAULA, &[&prove[..], &["batch.json"]].concat())?.refused_with(&["StageWrong"]);
    let advance = ["provider", "proof", "advance", "1", "--jobs", "jobs"];
    world.prints(PAULA, &advance)?.failed_with(&["nothing can be done with it now"]);
    world.party(DEPLOYER).await?.provider.anvil_mine(Some(5), None).await?;
    let drawn = world.prints(PAULA, &advance)?.json()?;
    assert_eq!((text(&drawn, "step")?, text(&drawn, "stage")?), ("draw", "drawn"));
    // Nobody is there to compute it again: what was paid comes back, and nothing is attested.
    let shown = world.prints(CAROL, &["customer", "proof", "sample", "1"])?.json()?;
    assert_eq!((&shown["executors"], text(&shown, "next")?), (&Value::Array(Vec::new()), "finish"));
    world.prints(CAROL, &["customer", "proof", "advance", "1"])?.json()?;
    let claimed = world.prints(PAULA, &["provider", "proof", "claim"])?.json()?;
    assert_eq!(text(&claimed, "claimed")?, "0.3");
    let unproved = world.prints(CAROL, &["customer", "proof", "get", "1"])?.json()?;
    assert_eq!(text(&unproved, "verdict")?, "none");
    Ok(())
}
