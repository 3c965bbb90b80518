//! `openapi.json` is committed, so that every change of the API is read in review.

use std::path::Path;

use serde_json::Value;

#[test]
fn openapi_json_is_what_the_routes_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let mut described = api::openapi().to_pretty_json().expect("a description is JSON");
    described.push('\n');
    if std::env::var_os("SURETY_WRITE_OPENAPI").is_some() {
        std::fs::write(&path, &described).expect("the crate's folder can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let at = committed.lines().zip(described.lines()).position(|(old, new)| old != new);
    let at = at.unwrap_or_else(|| committed.lines().count().min(described.lines().count()));
    let line = |text: &str| text.lines().nth(at).unwrap_or("(end)").to_owned();
    assert!(
        committed == described,
        "api/openapi.json is stale at line {}:\n- {}\n+ {}\nWrite it with \
         `cargo xtask fix` and review the difference.",
        at + 1,
        line(&committed),
        line(&described),
    );
}

#[test]
fn every_reference_leads_somewhere() {
    let described = serde_json::to_value(api::openapi()).expect("a description is JSON");
    let mut references = Vec::new();
    gather(&described, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let target = reference.strip_prefix('#').and_then(|pointer| described.pointer(pointer));
        assert!(target.is_some(), "{reference} is not described");
    }
}

fn gather<'a>(value: &'a Value, references: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            references.extend(fields.get("$ref").and_then(Value::as_str));
            fields.values().for_each(|field| gather(field, references));
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, references)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
