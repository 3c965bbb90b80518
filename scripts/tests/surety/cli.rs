//! The program `surety` as people and scripts meet it: exit codes, what goes where, and what it says when something is wrong.

use std::path::PathBuf;

use alloy::eips::BlockId;
use alloy::primitives::{Address, B256};
use alloy::providers::ext::AnvilApi as _;
use alloy::providers::{Provider as _, ProviderBuilder};
use alloy::signers::k256::elliptic_curve::rand_core::OsRng;
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context as _, Result};
use scripts::amount::Part;
use scripts::customer::OpenArgs;
use scripts::deploy::Config;
use scripts::deployment::Deployment;
use scripts::ids::DealId;
use scripts::provider::{Profile, Terms};
use scripts::{customer, delegator, deploy, keeper, offer, operator, provider};
use xtask::postgres::{Durability, Postgres};

use crate::world::{CAROL, DAY, DEPLOYER, DOLLAR, PAULA, TOKEN, World, surety};

const DORA: usize = 2;

impl World {
    async fn block(&self) -> Result<u64> {
        let provider = ProviderBuilder::new().connect_http(self.anvil.endpoint_url());
        Ok(provider.get_block_number().await?)
    }
}

#[test]
fn a_missing_or_malformed_deployment_is_one_sentence() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("nowhere.json");
    let status = |file: &PathBuf| {
        surety(&["operator", "status", "--rpc-url", "http://127.0.0.1:1"], |command| {
            command.env("SURETY_DEPLOYMENT", file);
        })
    };
    status(&file)?.failed_with(&["There is no deployment file", "surety operator deploy"]);
    std::fs::write(&file, "{\"chain_id\": 1}")?;
    status(&file)?.failed_with(&["nowhere.json is not a deployment file", "first_block"]);
    std::fs::write(&file, "not JSON")?;
    status(&file)?.failed_with(&["is not a deployment file"]);
    Ok(())
}

#[tokio::test]
async fn a_wrong_node_or_chain_is_one_sentence() -> Result<()> {
    let world = World::start().await?;
    let wrong = world.surety(PAULA, &["operator", "status", "--rpc-url", "http://127.0.0.1:1"])?;
    wrong.failed_with(&["No Ethereum node answers at http://127.0.0.1:1", "--rpc-url"]);
    assert_eq!(wrong.stderr.lines().count(), 1, "{}", wrong.stderr);

    let keyed = world.surety(PAULA, &["operator", "status", "--rpc-url", "http://me:SECRET@127.0.0.1:1/v3/SECRET"])?;
    keyed.failed_with(&["No Ethereum node answers at http://127.0.0.1:1"]);
    assert!(!keyed.stderr.contains("SECRET"), "{}", keyed.stderr);
    let help = surety(&["--help"], |command| {
        command.env("RPC_URL", "http://127.0.0.1:1/v3/SECRET");
    })?;
    assert!(help.stdout.contains("RPC_URL") && !help.stdout.contains("SECRET"), "{}", help.stdout);

    let elsewhere = Deployment { chain_id: 1, ..world.deployment.clone() };
    elsewhere.write(&world.file())?;
    world.surety(PAULA, &["operator", "status"])?.failed_with(&["of chain 1", "serves chain 31337"]);

    let mut empty = world.deployment.clone();
    empty.contracts.staking = Address::repeat_byte(0x99);
    empty.write(&world.file())?;
    world.surety(PAULA, &["provider", "show"])?.failed_with(&["There is no contract Staking at", "deployment"]);
    Ok(())
}

#[tokio::test]
async fn malformed_input_sends_nothing() -> Result<()> {
    let world = World::start().await?;
    let before = world.block().await?;
    let provider = world.address(PAULA).to_string();
    let stake = |amount: &'static str| world.surety(DORA, &["delegator", "stake", &provider, amount, "--yes"]);
    stake("1.0000000000000000001")?.failed_with(&["19 decimals, but this token has 18"]);
    stake("1,000")?.failed_with(&["thousands separator"]);
    stake("1e18")?.failed_with(&["not an amount"]);
    stake("400000000000000000000000")?.failed_with(&["more than the contracts can hold"]);
    stake("-5")?.failed_with(&["negative"]);
    world.surety(DORA, &["delegator", "stake", "0x1234", "5", "--yes"])?.failed_with(&["not an address"]);
    let mistyped = provider.replace('C', "c");
    world.surety(DORA, &["delegator", "stake", &mistyped, "5", "--yes"])?.failed_with(&["checksum"]);
    world.surety(CAROL, &["customer", "fund", "one", "5", "--yes"])?.failed_with(&["not the number of a deal"]);
    let unsigned = surety(&["keeper", "observe", "--rpc-url", &world.anvil.endpoint()], |command| {
        command.env("SURETY_DEPLOYMENT", world.file());
    })?;
    unsigned.failed_with(&["--keystore", "--private-key-env"]);
    assert_eq!(world.block().await?, before);
    Ok(())
}

#[tokio::test]
async fn what_the_protocol_refuses_is_decoded_with_a_hint() -> Result<()> {
    let world = World::start().await?;
    let unknown = world.surety(CAROL, &["customer", "status", "99"])?;
    unknown.refused_with(&["DealUnknown(deal = 99)", "hint: There is no deal 99"]);
    world.surety(PAULA, &["provider", "offer", "show", "7"])?.refused_with(&["OfferUnknown(offer = 7)"]);
    operator::mint(&world.party(DEPLOYER).await?, world.address(DORA), 100 * TOKEN, 0).await?;

    let nobody = world.address(PAULA).to_string();
    let refused = world.surety(DORA, &["delegator", "stake", &nobody, "5", "--yes"])?;
    refused.refused_with(&["NotRegistered(provider = ", "hint: ", "surety provider register"]);

    let json = world.surety(PAULA, &["customer", "status", "99", "--json"])?;
    assert_eq!((json.code, json.stdout.as_str()), (1, ""));
    let complaint: serde_json::Value = serde_json::from_str(json.stderr.lines().last().unwrap_or_default())?;
    assert_eq!((&complaint["name"], &complaint["args"][0]["value"]), (&"DealUnknown".into(), &"99".into()));
    Ok(())
}

#[tokio::test]
async fn a_dry_run_shows_every_transaction_and_sends_none() -> Result<()> {
    let world = World::start().await?;
    operator::mint(&world.party(DEPLOYER).await?, world.address(PAULA), 100 * TOKEN, 0).await?;
    let registered = world.surety(PAULA, &["provider", "register", "--name", "paula", "--endpoint", "https://p"])?;
    assert_eq!(registered.code, 0, "{}", registered.stderr);
    let before = world.block().await?;

    let dry = world.surety(PAULA, &["provider", "stake", "60", "--dry-run", "--json"])?.json()?;
    assert_eq!(dry["would_send"].as_array().map(Vec::len), Some(2), "{dry}");
    assert_eq!(dry["would_send"][0]["contract"], "Flt");
    assert!(dry["would_send"][1]["call"].as_str().is_some_and(|call| call.starts_with("stake(provider = ")), "{dry}");
    assert_eq!(dry["result"]["staked"], "60");

    let refused = world.surety(PAULA, &["provider", "stake", "101", "--dry-run"])?;
    refused.refused_with(&["ERC20InsufficientBalance(", "fund the account first"]);
    world.surety(PAULA, &["provider", "stake", "60"])?.failed_with(&["moves value", "--yes"]);
    assert_eq!(world.block().await?, before);
    assert_eq!(
        delegator::position(&world.party(PAULA).await?, world.address(PAULA), world.address(PAULA)).await?.amount.0,
        0
    );
    Ok(())
}

#[tokio::test]
async fn the_result_is_stdout_and_the_story_stderr() -> Result<()> {
    let world = World::start().await?;
    let minted =
        world.surety(DEPLOYER, &["operator", "mint", &world.address(DORA).to_string(), "--usd", "7.5", "--json"])?;
    assert_eq!(minted.json()?["usd"], "7.5");
    assert!(minted.stderr.contains("Stablecoin.mint(") && minted.stderr.contains("in block"), "{}", minted.stderr);
    let quote = world.surety(CAROL, &["customer", "quote", "--job-value", "1000000", "--days", "84"])?;
    assert_eq!((quote.code, quote.stderr.as_str()), (0, ""));
    for line in
        ["6,000,000 FLT a slot = $3,000,000", "480,000 FLT a slot", "With first loss 0 your compensation is 0 too"]
    {
        assert!(quote.stdout.contains(line), "{}", quote.stdout);
    }
    Ok(())
}

#[tokio::test]
async fn verifying_finds_foreign_code_and_foreign_roles() -> Result<()> {
    let world = World::start().await?;
    let sound = world.surety(DEPLOYER, &["operator", "verify", "--json"])?.json()?;
    assert_eq!(sound["differences"].as_array().map(Vec::len), Some(0), "{sound}");
    assert!(sound["checked"].as_u64() > Some(30), "{sound}");

    let mut renamed = world.deployment.clone();
    renamed.parameters.fee_bps = 100;
    renamed.parameters.guardian = world.address(PAULA);
    renamed.write(&world.file())?;
    let renamed = world.surety(DEPLOYER, &["operator", "verify"])?;
    assert_eq!(renamed.code, 1);
    assert!(
        renamed.stdout.contains("Staking guardian") && renamed.stdout.contains("Deals fee bps"),
        "{}",
        renamed.stdout
    );

    world.deployment.write(&world.file())?;
    let provider = ProviderBuilder::new().connect_http(world.anvil.endpoint_url());
    provider.anvil_set_code(world.deployment.contracts.offers, vec![0x60, 0x01].into()).await?;
    let foreign = world.surety(DEPLOYER, &["operator", "verify"])?;
    assert_eq!(foreign.code, 1);
    assert!(foreign.stdout.contains("Offers code"), "{}", foreign.stdout);
    Ok(())
}

#[tokio::test]
async fn nothing_is_deployed_for_a_file_that_cannot_be_written() -> Result<()> {
    let world = World::start().await?;
    let before = world.block().await?;
    let below_a_file = world.file().join("deployment.json");
    let deploy =
        |path: &str| world.surety(DEPLOYER, &["operator", "deploy", "--development", "--yes", "--deployment", path]);
    deploy(&below_a_file.to_string_lossy())?.failed_with(&["deployment.json cannot be written"]);
    deploy(&world.folder.path().to_string_lossy())?.failed_with(&["cannot be written", "it is a folder"]);
    assert_eq!(world.block().await?, before);
    Ok(())
}

#[tokio::test]
async fn a_deployment_that_dies_says_what_it_left() -> Result<()> {
    let world = World::start().await?;
    let deployer = world.party(DEPLOYER).await?;
    let mut config = Config::development(world.address(8), world.address(9), world.address(7));
    config.fee_bps = 5_000;
    let error = deploy::deploy(&deployer.provider, world.address(DEPLOYER), &config).await.err();
    let text = format!("{:#}", error.context("a fee of 50 % must not deploy")?);
    for words in ["is incomplete", "Offers 0x", "Deploying Deals", "FeeTooHigh(feeBps = 5000)"] {
        assert!(text.contains(words), "{text}");
    }
    Ok(())
}

#[tokio::test]
async fn an_audit_names_what_the_database_has_wrong() -> Result<()> {
    let world = World::start().await?;
    let postgres = Postgres::start(Durability::Fast).map_err(anyhow::Error::from_boxed)?;
    let execute = |sql: &str| postgres.execute(sql).map_err(anyhow::Error::from_boxed);
    let url = postgres.url();
    let audit = || world.surety(DEPLOYER, &["operator", "audit", "--json", "--database-url", &url]);
    audit()?.failed_with(&["not the indexer's database"]);

    let mut migrations: Vec<PathBuf> = std::fs::read_dir(xtask::tools::root().join("indexer/migrations"))?
        .map(|file| Ok(file?.path()))
        .collect::<Result<_>>()?;
    migrations.sort();
    for migration in migrations.iter().filter(|path| path.extension().is_some_and(|extension| extension == "sql")) {
        execute(&std::fs::read_to_string(migration)?)?;
    }
    // The indexer's first step; from here on the database claims to know a chain of which it has no fact.
    let party = world.party(DEPLOYER).await?;
    let head = party.provider.get_block(BlockId::latest()).await?.context("there is a head")?.header;
    execute("delete from cursor; delete from chain; insert into chain values (true, 31337, 999, 6)")?;
    let cursor = |hash: B256| {
        let (number, time) = (head.number, head.timestamp);
        format!(
            "delete from cursor; insert into cursor values (true, {number}, '\\x{hash:x}', to_timestamp({time}), 0, 1, 1, true, null)"
        )
    };
    execute(&cursor(head.hash))?;
    audit()?.failed_with(&["of another deployment"]);
    execute(&format!("update chain set first_block = {}", world.deployment.first_block))?;
    execute(&cursor(B256::repeat_byte(7)))?;
    audit()?.failed_with(&["reorganised"]);
    execute(&cursor(head.hash))?;

    let owner = world.address(PAULA);
    execute(&format!("insert into credit values ('\\x{owner:x}', 5, 1)"))?;
    let found = audit()?;
    assert_eq!(found.code, 1, "{}", found.stderr);
    let found: serde_json::Value = serde_json::from_str(&found.stdout)?;
    let wrong: Vec<&str> =
        found["differences"].as_array().into_iter().flatten().filter_map(|one| one["field"].as_str()).collect();
    // Of the deployment itself it knows no fact either.
    let expected = ["is_observed", "credit", "owed to somebody", "count", "burn_bps", "kappa_bps"];
    assert!(expected.iter().all(|field| wrong.contains(field)), "{found}");
    let credit = found["differences"].as_array().into_iter().flatten().find(|one| one["field"] == "credit");
    let credit = credit.context("the credit differs")?;
    assert_eq!((&credit["chain"], &credit["database"]), (&"0".into(), &"5".into()));
    Ok(())
}

#[tokio::test]
async fn a_keystore_opens_with_its_password_alone() -> Result<()> {
    let world = World::start().await?;
    let key = world.anvil.keys()[DEPLOYER].to_bytes();
    let folder = world.folder.path();
    PrivateKeySigner::encrypt_keystore(folder, &mut OsRng, key, "right", Some("key"))?;
    let observe = |password: &str| {
        surety(&["keeper", "observe", "--json"], |command| {
            command.env("RPC_URL", world.anvil.endpoint()).env("SURETY_DEPLOYMENT", world.file());
            command.env("SURETY_KEYSTORE", folder.join("key")).env("SURETY_KEYSTORE_PASSWORD", password);
        })
    };
    assert_eq!(observe("right")?.json()?["median_usd"], "0.5");
    observe("wrong")?.failed_with(&["cannot be opened", "password is wrong"]);
    Ok(())
}

#[tokio::test]
async fn a_deal_settles_from_stake_to_payout() -> Result<()> {
    let world = World::start().await?;
    let bank = world.party(DEPLOYER).await?;
    for who in [PAULA, DORA, CAROL] {
        operator::mint(&bank, world.address(who), 10_000_000 * TOKEN, 2_000_000 * DOLLAR).await?;
    }
    let (paula, dora, carol) = (world.party(PAULA).await?, world.party(DORA).await?, world.party(CAROL).await?);
    let host = world.address(PAULA);
    let profile = Profile { name: "paula".to_owned(), endpoint: "https://paula.example".to_owned(), operator: 0 };
    provider::register(&paula, profile, Terms { revenue_share_bps: 1_000, ..Terms::default() }).await?;
    delegator::stake(&paula, host, 1_000_000 * TOKEN).await?;
    delegator::stake(&dora, host, 6_000_000 * TOKEN).await?;
    let offered = offer::create(&paula, &offer::Terms::new(3, 12_000, DOLLAR)).await?.offer;

    let args = OpenArgs {
        exposure: 2,
        prepaid: Some(1_008_000 * DOLLAR),
        offers: vec![offered],
        ..OpenArgs::new("ipfs://job", 12_000, DOLLAR, 14, 84)
    };
    let opened = customer::open(&carol, &args).await?;
    assert_eq!(opened.assigned[0].lock.to_string(), "6048000");
    let deal = opened.deal;
    assert_eq!(deal, DealId(1));
    provider::ready(&paula, deal, 0).await?;

    world.pass(5 * DAY).await?;
    let settled = keeper::settle(&bank, &[(deal, 0)]).await?;
    assert!(settled[0].owed.units >= 60_000 * DOLLAR && settled[0].credited.units >= 24_000 * DOLLAR);
    let claimed = provider::claim(&paula, None).await?;
    // Of what was credited: 2 % fee, then 10 % for the stakers.
    let expected = settled[0].credited.units * 98 / 100 * 9 / 10;
    assert!(claimed.revenue.units.abs_diff(expected) <= 2, "{claimed:?}");
    assert!(claimed.to_stakers.units > 0);

    world.pass(DAY).await?;
    assert!(delegator::claim(&dora, host, None).await?.usd.units > 0);
    let exit = delegator::exit(&dora, host, Part::All).await?;
    world.pass(23 * DAY).await?;
    let withdrawn = delegator::withdraw(&dora, host, None, None).await?;
    assert_eq!(withdrawn[0].amount, exit.amount);
    assert_eq!(dora.flt_of(world.address(DORA)).await?.to_string(), "10000000");

    // The term ended without a renewal: the slot seeks for a day, then the customer takes back what was not used.
    assert!(!keeper::close(&bank, deal, 0).await?.is_over);
    world.pass(DAY + 60).await?;
    assert!(keeper::close(&bank, deal, 0).await?.is_over);
    let refunded = customer::refund(&carol, deal, None).await?;
    assert_eq!(refunded.amount.units, (1_008_000 - 14 * 12_000) * DOLLAR);
    let shown = customer::status(&carol, deal).await?;
    assert_eq!((shown.slots[0].status, shown.slots[0].escrow.units), ("ended", 0));
    Ok(())
}

#[tokio::test]
async fn transactions_that_are_sent_side_by_side_are_all_mined() -> Result<()> {
    let world = World::start().await?;
    let carol = world.party(CAROL).await?;
    let (coin, spender) = (carol.at().stablecoin, carol.at().deals);
    let approvals = (1..=8).map(|amount| carol.allow(coin, spender, amount));
    for approved in futures::future::join_all(approvals).await {
        approved?;
    }
    Ok(())
}
