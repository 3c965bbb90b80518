//! What the dashboard asks a wallet to sign, and how it reads a refusal: the contracts' own description, with the hints of the
//! command line, as `api/dashboard/src/wallet/abi.json`. `cargo xtask fix` writes it.

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs};

use alloy::json_abi::Param;
use serde::Serialize;

use super::{abi, hints};

/// What a visitor signs, and what is asked before.
const FUNCTIONS: [(&str, &str); 7] = [
    ("Staking", "claimReward"),
    ("Staking", "exit"),
    ("Staking", "stake"),
    ("Staking", "withdraw"),
    ("DevelopmentFlt", "allowance"),
    ("DevelopmentFlt", "approve"),
    ("DevelopmentFlt", "balanceOf"),
];

#[derive(Serialize)]
struct Published {
    functions: BTreeMap<String, Function>,
    errors: BTreeMap<String, Error>,
}

#[derive(Serialize)]
struct Function {
    contract: String,
    selector: String,
    inputs: Vec<Input>,
}

#[derive(Serialize)]
struct Error {
    name: String,
    inputs: Vec<Input>,
    hint: Option<&'static str>,
}

#[derive(Serialize)]
struct Input {
    name: String,
    #[serde(rename = "type")]
    kind: String,
}

fn inputs(params: &[Param]) -> Vec<Input> {
    params.iter().map(|param| Input { name: param.name.clone(), kind: param.ty.clone() }).collect()
}

fn published() -> Published {
    let mut published = Published { functions: BTreeMap::new(), errors: BTreeMap::new() };
    for (name, artifact) in contracts::ARTIFACTS {
        let wanted: Vec<&str> = FUNCTIONS.iter().filter(|(of, _)| of == name).map(|(_, function)| *function).collect();
        if wanted.is_empty() {
            continue;
        }
        let abi = abi(artifact);
        for function in abi.functions().filter(|function| wanted.contains(&function.name.as_str())) {
            // Under the name that deployments have, whichever token it is.
            let contract = name.trim_start_matches("Development").to_owned();
            let selector = function.selector().to_string();
            let shown = Function { contract, selector, inputs: inputs(&function.inputs) };
            published.functions.insert(function.name.clone(), shown);
        }
        published.errors.extend(abi.errors().map(|error| {
            let hint = hints::template(&error.name);
            (error.selector().to_string(), Error { name: error.name.clone(), inputs: inputs(&error.inputs), hint })
        }));
    }
    published
}

#[test]
fn the_dashboard_signs_what_the_contracts_take() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../api/dashboard/src/wallet/abi.json");
    let published = published();
    assert_eq!(published.functions.len(), FUNCTIONS.len());
    let text = serde_json::to_string_pretty(&published).expect("keys are text") + "\n";
    if env::var_os("SURETY_WRITE_ABI").is_some() {
        fs::write(&path, &text).expect("the repository can be written");
    }
    let committed = fs::read_to_string(&path).expect("it is committed");
    assert_eq!(committed, text, "run `cargo xtask fix`");
}
