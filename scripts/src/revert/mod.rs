//! Revert data made readable: the contract's error by name and values, and what to do about it.

mod computation;
#[cfg(test)]
mod dashboard;
mod hints;
mod succession;
mod usage;

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use alloy::dyn_abi::{DynSolValue, ErrorExt as _, JsonAbiExt as _};
use alloy::hex;
use alloy::json_abi::{Function, JsonAbi};
use alloy::primitives::{Bytes, Selector};
use alloy::sol_types::{Panic, Revert, SolError as _};
use serde::Serialize;
use thiserror::Error;

/// A protocol's refusal: the error of the contract that said no.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize)]
pub struct Refusal {
    pub name: String,
    pub args: Vec<Argument>,
    pub hint: Option<String>,
    pub data: Bytes,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Argument {
    pub name: String,
    pub value: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&call(&self.name, &self.args))
    }
}

impl Refusal {
    pub fn argument(&self, name: &str) -> Option<&str> {
        self.args.iter().find(|argument| argument.name == name).map(|argument| argument.value.as_str())
    }
}

/// A contract's refusal, if this is one.
pub fn refusal(error: &anyhow::Error) -> Option<&Refusal> {
    error.chain().find_map(|cause| cause.downcast_ref::<Refusal>())
}

/// Whether it is the refusal of this name.
pub fn is_refused(error: &anyhow::Error, name: &str) -> bool {
    refusal(error).is_some_and(|refusal| refusal.name == name)
}

struct Known {
    errors: HashMap<Selector, alloy::json_abi::Error>,
    functions: HashMap<Selector, Function>,
}

/// Errors of libraries that revert in assembly, so that no ABI has them.
const UNDECLARED: &[&str] = &[
    "error ApproveFailed()",
    "error FullMulDivFailed()",
    "error MulDivFailed()",
    "error TransferFailed()",
    "error TransferFromFailed()",
];

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let mut known = Known { errors: HashMap::new(), functions: HashMap::new() };
    for signature in UNDECLARED {
        let error = alloy::json_abi::Error::parse(signature).expect("it is Solidity");
        known.errors.insert(error.selector(), error);
    }
    for (_, artifact) in contracts::ARTIFACTS {
        let abi = abi(artifact);
        known.errors.extend(abi.errors().map(|error| (error.selector(), error.clone())));
        known.functions.extend(abi.functions().map(|function| (function.selector(), function.clone())));
    }
    known
});

fn abi(artifact: &str) -> JsonAbi {
    #[derive(serde::Deserialize)]
    struct Artifact {
        abi: JsonAbi,
    }
    serde_json::from_str::<Artifact>(artifact).expect("the compiler wrote the artifact").abi
}

/// Reads revert data; `stablecoin_decimals` are for the hint.
pub fn decode(data: &Bytes, stablecoin_decimals: u8) -> Refusal {
    let plain = |name: &str, args: Vec<Argument>, hint: Option<String>| Refusal {
        name: name.to_owned(),
        args,
        hint,
        data: data.clone(),
    };
    if data.is_empty() {
        let hint = "The contract gave no reason: perhaps there is no such contract, or the gas ran out.";
        return plain("Reverted", Vec::new(), Some(hint.to_owned()));
    }
    if let Ok(reason) = Revert::abi_decode(data) {
        return plain("Error", vec![Argument { name: "reason".to_owned(), value: reason.reason }], None);
    }
    if let Ok(panic) = Panic::abi_decode(data) {
        let value = panic.code.to_string();
        let hint = "The contract's arithmetic failed: the arguments are out of range, or this is a bug.";
        return plain("Panic", vec![Argument { name: "code".to_owned(), value }], Some(hint.to_owned()));
    }
    let known = data.get(..4).and_then(|selector| KNOWN.errors.get(&Selector::from_slice(selector)));
    let decoded = known.and_then(|error| Some((error, error.decode_error(data).ok()?)));
    let Some((error, decoded)) = decoded else {
        let hint = "No contract of this deployment has this error: a token or an account contract may have refused.";
        let selector = data.get(..4.min(data.len())).unwrap_or_default();
        return plain(&format!("0x{}", hex::encode(selector)), Vec::new(), Some(hint.to_owned()));
    };
    let args = named(error.inputs.iter().map(|input| input.name.as_str()), &decoded.body);
    let hint = hints::hint(&error.name, &args, stablecoin_decimals);
    plain(&error.name, args, hint)
}

/// A call's contract, function and arguments, as a person would write them.
pub fn describe(data: &[u8]) -> String {
    let function = data.get(..4).and_then(|selector| KNOWN.functions.get(&Selector::from_slice(selector)));
    let decoded = function.and_then(|function| {
        let input = data.get(4..)?;
        Some((function, function.abi_decode_input(input).ok()?))
    });
    match decoded {
        Some((function, values)) => {
            let args = named(function.inputs.iter().map(|input| input.name.as_str()), &values);
            call(&function.name, &args)
        }
        None => format!("0x{}", hex::encode(data)),
    }
}

fn named<'a>(names: impl Iterator<Item = &'a str>, values: &[DynSolValue]) -> Vec<Argument> {
    names.zip(values).map(|(name, value)| Argument { name: name.to_owned(), value: text(value) }).collect()
}

fn call(name: &str, args: &[Argument]) -> String {
    let args: Vec<String> = args.iter().map(|Argument { name, value }| format!("{name} = {value}")).collect();
    format!("{name}({})", args.join(", "))
}

fn text(value: &DynSolValue) -> String {
    let list = |values: &[DynSolValue]| values.iter().map(text).collect::<Vec<_>>().join(", ");
    match value {
        DynSolValue::Bool(flag) => flag.to_string(),
        DynSolValue::Int(number, _) => number.to_string(),
        DynSolValue::Uint(number, _) => number.to_string(),
        DynSolValue::FixedBytes(word, size) => format!("0x{}", hex::encode(&word[..*size])),
        DynSolValue::Address(address) => address.to_string(),
        DynSolValue::Function(function) => function.to_string(),
        DynSolValue::Bytes(bytes) => format!("0x{}", hex::encode(bytes)),
        DynSolValue::String(string) => format!("{string:?}"),
        DynSolValue::Array(values) | DynSolValue::FixedArray(values) => format!("[{}]", list(values)),
        DynSolValue::Tuple(values) => format!("({})", list(values)),
        DynSolValue::CustomStruct { tuple, .. } => format!("({})", list(tuple)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::{Address, address};
    use contracts::{Deals, DevelopmentUsd, Staking};
    use proptest::prelude::*;

    fn refusal(error: impl alloy::sol_types::SolError) -> Refusal {
        decode(&error.abi_encode().into(), 6)
    }

    #[test]
    fn a_contract_error_has_its_values_and_a_hint_in_whole_tokens() {
        let token = 10_u128.pow(18);
        let refusal = refusal(Staking::StakeTooLow {
            have: alloy::primitives::U256::from(5 * token),
            need: alloy::primitives::U256::from(7 * token + token / 2),
        });
        assert_eq!(refusal.to_string(), "StakeTooLow(have = 5000000000000000000, need = 7500000000000000000)");
        let hint = refusal.hint.as_deref().expect("this error has a hint");
        assert!(hint.contains("5 FLT") && hint.contains("7.5 FLT"), "{hint}");
        assert_eq!(refusal.argument("need"), Some("7500000000000000000"));
    }

    #[test]
    fn ids_and_addresses_are_printed_as_people_write_them() {
        let blocked = address!("0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
        assert_eq!(refusal(Deals::DealUnknown { deal: 7 }).to_string(), "DealUnknown(deal = 7)");
        let expected = format!("AccountBlocked(account = {blocked})");
        assert_eq!(refusal(DevelopmentUsd::AccountBlocked { account: blocked }).to_string(), expected);
    }

    #[test]
    fn what_no_contract_has_is_shown_in_hex() {
        let unknown = decode(&Bytes::from_static(&[0xde, 0xad, 0xbe, 0xef, 1, 2]), 6);
        assert_eq!(unknown.to_string(), "0xdeadbeef()");
        assert!(unknown.hint.is_some());
        assert_eq!(decode(&Bytes::from_static(&[1, 2]), 6).name, "0x0102");
        assert_eq!(decode(&Bytes::new(), 6).name, "Reverted");
    }

    #[test]
    fn solidity_has_two_errors_of_its_own() {
        let reason = Revert::from("too late").abi_encode();
        assert_eq!(decode(&reason.into(), 6).to_string(), "Error(reason = too late)");
        let panic = Panic::from(0x11_u64).abi_encode();
        assert_eq!(decode(&panic.into(), 6).to_string(), "Panic(code = 17)");
    }

    #[test]
    fn every_error_of_every_contract_has_a_hint_that_fits_it() {
        for error in KNOWN.errors.values() {
            let body: Vec<Argument> =
                error.inputs.iter().map(|input| Argument { name: input.name.clone(), value: "1".to_owned() }).collect();
            let hint = hints::hint(&error.name, &body, 6);
            let hint = hint.unwrap_or_else(|| panic!("{} has no hint", error.name));
            assert!(!hint.contains('{'), "{}: {hint}", error.name);
        }
    }

    #[test]
    fn every_hint_is_for_an_error_that_exists() {
        for name in hints::names() {
            assert!(KNOWN.errors.values().any(|error| error.name == name), "{name} is the error of no contract");
        }
    }

    #[test]
    fn a_call_is_described_by_its_function() {
        use alloy::sol_types::SolCall as _;
        let call = Staking::stakeCall { provider: Address::ZERO, amount: 5 };
        assert_eq!(describe(&call.abi_encode()), format!("stake(provider = {}, amount = 5)", Address::ZERO));
        assert_eq!(describe(&[1, 2, 3]), "0x010203");
    }

    proptest! {
        #[test]
        fn no_revert_data_panics(data: Vec<u8>) {
            let refusal = decode(&data.into(), 18);
            prop_assert!(!refusal.to_string().is_empty());
        }

        #[test]
        fn a_known_selector_with_any_body_does_not_panic(body: Vec<u8>, pick: prop::sample::Index) {
            let selectors: Vec<Selector> = KNOWN.errors.keys().copied().collect();
            let data = [pick.get(&selectors).as_slice(), &body].concat();
            prop_assert!(!decode(&data.into(), 18).name.is_empty());
        }
    }
}
