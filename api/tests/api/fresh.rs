//! `openapi.json` is committed, so that every change of the API is read in review.

use std::path::Path;

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
