//! What the description of the routes says beyond what stands at each of them: the exact form of every parameter, and the
//! problem documents that every route may answer with.

use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

/// The form of a filter or number that has one, whatever the route.
const PATTERNS: [(&str, &str); 11] = [
    ("cursor", r"^[A-Za-z0-9_-]{1,600}$"),
    ("price_max_usd", r"^[0-9]{1,20}(\.[0-9]{1,6})?$"),
    ("largest_job_min_usd", r"^[0-9]{1,20}(\.[0-9]{1,6})?$"),
    ("job_value_usd", r"^(0\.[0-9]{0,5}[1-9]|[1-9][0-9]{0,14}(\.[0-9]{1,6})?)$"),
    ("volume_usd", r"^[0-9]{1,12}(\.[0-9]{1,6})?$"),
    ("growth", r"^-?0(\.[0-4][0-9]{0,5})?$"),
    ("coverage", r"^([2-4](\.[0-9]{1,4})?|5)$"),
    ("volatility", r"^([0-4](\.[0-9]{1,6})?|5)$"),
    ("availability", r"^0\.[0-9]{0,5}[1-9](,0\.[0-9]{0,5}[1-9]){0,15}$"),
    ("target", r"^0\.[0-9]{0,5}[1-9]$"),
    ("attribute", r"^[0-9]{1,5}(:[1-3])?$"),
];
const TERM_MIX: &str = r"^([1-9]|1[0-4])(:[1-9][0-9]{0,5})?(,([1-9]|1[0-4])(:[1-9][0-9]{0,5})?){0,13}$";
/// In any case without a checksum, or with the right one, which no pattern can say.
const ADDRESS: &str = r"^0x[0-9a-f]{40}$";
const HASH: &str = r"^0x[0-9a-f]{64}$";
/// Numbers with bounds.
const BOUNDS: [(&str, i64, i64); 4] =
    [("limit", 1, 200), ("months", 1, 120), ("term_days", 1, 14), ("first_loss_bps", 0, 10_000)];
/// Statuses that any route may answer with, and when.
const PROBLEMS: [(&str, &str); 7] = [
    ("400", "A parameter is unknown, missing, given twice or malformed"),
    ("404", "There is no such thing"),
    ("409", "The cursor is of another list, the journal is not at `min_seq` yet, or fields contradict each other"),
    ("413", "The body is too long"),
    ("422", "There is no answer to this question"),
    ("429", "Too many requests from this address"),
    ("503", "The tables cannot be read now"),
];

/// Completes what the routes say of themselves.
pub(crate) fn complete(document: &mut OpenApi) {
    let mut value = serde_json::to_value(&*document).expect("a description is JSON");
    let sorts = sorts(&value);
    if let Some(paths) = value.get_mut("paths").and_then(Value::as_object_mut) {
        for (path, operations) in paths {
            for operation in operations.as_object_mut().into_iter().flat_map(Map::values_mut) {
                describe_parameters(path, operation, &sorts);
                describe_answers(operation);
            }
        }
    }
    value["components"]["responses"] = shared_answers();
    describe_wish(&mut value["components"]["schemas"]);
    *document = serde_json::from_value(value).expect("it was a description, and still is");
}

/// By path, what its list can be sorted by: the words of the description, up to a colon.
fn sorts(document: &Value) -> Map<String, Value> {
    let mut sorts = Map::new();
    for (path, operations) in document["paths"].as_object().into_iter().flatten() {
        let parameters = operations["get"]["parameters"].as_array().into_iter().flatten();
        let named = parameters.filter(|parameter| parameter["name"] == "sort");
        for text in named.filter_map(|parameter| parameter["description"].as_str()) {
            let words = text.split(':').next().unwrap_or(text).replace(" (default)", "");
            let words: Vec<&str> = words.split(", ").collect();
            sorts.insert(path.clone(), json!(words));
        }
    }
    // Some lists are parts of others, and say which.
    let known = sorts.clone();
    for words in sorts.values_mut() {
        let other = words[0].as_str().and_then(|word| word.strip_prefix("as `")?.strip_suffix('`')).map(str::to_owned);
        if let Some(whole) = other.and_then(|path| known.get(&path)) {
            *words = whole.clone();
        }
    }
    sorts
}

fn describe_parameters(path: &str, operation: &mut Value, sorts: &Map<String, Value>) {
    let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) else { return };
    parameters.retain(|parameter| !is_in_path(path, parameter));
    for parameter in parameters {
        let name = parameter["name"].as_str().unwrap_or_default().to_owned();
        let words = words(path, &name).map(|words| json!({ "type": "string", "enum": words }));
        let schema = &mut parameter["schema"];
        if let Some(words) = words {
            *schema = words;
        } else if name == "sort" {
            *schema = json!({ "type": "string", "enum": sorts[path] });
        } else if schema["$ref"] == "#/components/schemas/Address" {
            *schema = json!({ "type": "string", "pattern": ADDRESS });
        } else if let Some((_, low, high)) =
            BOUNDS.iter().find(|(known, ..)| *known == name && schema["type"] == "integer")
        {
            schema["minimum"] = json!(low);
            schema["maximum"] = json!(high);
        } else if name == "term_days" {
            *schema = json!({ "type": "string", "pattern": TERM_MIX });
        } else if let Some((_, pattern)) = PATTERNS.iter().find(|(known, _)| *known == name) {
            *schema = json!({ "type": "string", "pattern": pattern });
        }
    }
}

/// Whether the path already says what the query could: then the query must not.
fn is_in_path(path: &str, parameter: &Value) -> bool {
    let of =
        |start: &str, name: &str| path.starts_with(start) && parameter["name"] == name && parameter["in"] == "query";
    of("/v1/providers/{address}", "provider")
        || of("/v1/customers/{address}", "customer")
        || of("/v1/deals/{id}/events", "deal")
}

/// The words that a filter knows.
fn words(path: &str, name: &str) -> Option<&'static [&'static str]> {
    match name {
        "class" => Some(&super::routes::CLASSES),
        "token" => Some(&super::routes::rewards::TOKENS),
        "status" if path.ends_with("/slots") => Some(&super::routes::slots::STATUSES),
        "status" if path.ends_with("/proofs") => Some(&super::routes::proofs::STATUSES),
        "status" if path.ends_with("/faults") => Some(&super::routes::faults::STATUSES),
        "status" => Some(&super::routes::deals::STATUSES),
        "kind" if path.ends_with("/proofs") => Some(&super::routes::proofs::KINDS),
        "kind" if path.ends_with("/payments") => Some(&super::routes::payments::KINDS),
        _ => None,
    }
}

fn describe_answers(operation: &mut Value) {
    let Some(answers) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    for (status, _) in PROBLEMS {
        answers.insert(status.to_owned(), json!({ "$ref": format!("#/components/responses/Problem{status}") }));
    }
    answers.insert("304".to_owned(), json!({ "$ref": "#/components/responses/NotModified" }));
    if let Some(found) = answers.get_mut("200") {
        found["headers"] = json!({ "x-indexed-block": { "schema": { "type": "integer" } } });
    }
}

/// The answers that routes share.
fn shared_answers() -> Value {
    let problem = |(status, description): &(&str, &str)| {
        let schema = json!({ "schema": { "$ref": "#/components/schemas/Problem" } });
        let answer = json!({ "description": description, "content": { "application/problem+json": schema } });
        (format!("Problem{status}"), answer)
    };
    let mut answers: Map<String, Value> = PROBLEMS.iter().map(problem).collect();
    answers.insert("NotModified".to_owned(), json!({ "description": "The caller has the answer, by `if-none-match`" }));
    Value::Object(answers)
}

/// The bounds and forms of what `POST /v1/match` takes.
fn describe_wish(schemas: &mut Value) {
    let words = |known: &[&str]| json!({ "enum": known.iter().map(|word| json!(word)).chain([Value::Null]).collect::<Vec<_>>() });
    let bounds = |low: u32, high: u32| json!({ "minimum": low, "maximum": high });
    let form = |pattern: &str| json!({ "pattern": pattern });
    for (field, more) in [
        ("class", words(&super::routes::CLASSES)),
        ("units", bounds(1, u32::MAX)),
        ("slots", bounds(1, 16)),
        ("standbys", bounds(0, 4)),
        ("term_days", bounds(1, 14)),
        ("duration_days", bounds(1, 3_650)),
        ("first_loss_bps", bounds(0, 10_000)),
        ("notice_seconds", bounds(0, 1_209_600)),
        ("reserve_bps", json!({ "enum": [2_000, 10_000, null] })),
        ("price_max_usd", form(r"^(0\.[0-9]{0,5}[1-9]|[1-9][0-9]{0,4}(\.[0-9]{1,6})?)$")),
        ("prepaid_usd", form(r"^[0-9]{1,12}(\.[0-9]{1,6})?$")),
        ("coverage", form(r"^([2-4](\.[0-9]{1,4})?|5)$")),
        ("availability", form(r"^0(\.[0-9]{1,6})?$")),
        ("exposure", words(&["remaining", "term", "whole"])),
        ("payment_mode", words(&["reserved", "metered"])),
        ("modules", json!({ "maxItems": 8, "uniqueItems": true, "items": { "type": "string", "pattern": HASH } })),
        ("verification_key", form(HASH)),
        ("customer", form(ADDRESS)),
        ("admissions", json!({ "maxItems": 32 })),
        ("proof_kind", words(&["none", "receipts", "sampled", "groth16", "optimistic"])),
        ("criteria", json!({ "maxItems": 10 })),
        ("providers", json!({ "maxItems": 32, "items": { "type": "string", "pattern": ADDRESS } })),
        ("regions", json!({ "items": { "type": "integer", "minimum": 0, "maximum": 255 } })),
    ] {
        merge(&mut schemas["Wish"]["properties"][field], more);
    }
    let path = json!({ "maxItems": 32, "items": { "type": "string", "pattern": HASH } });
    merge(&mut schemas["Admission"]["properties"]["proof"], path);
    merge(&mut schemas["WishCriterion"]["properties"]["attribute"], bounds(0, 65_535));
    merge(&mut schemas["WishCriterion"]["properties"]["level"], bounds(1, 3));
}

fn merge(schema: &mut Value, more: Value) {
    if let (Some(schema), Value::Object(more)) = (schema.as_object_mut(), more) {
        schema.extend(more);
    }
}
