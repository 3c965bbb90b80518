//! Rules that a machine can keep. Each is tested on the repository, and on a violation that it must find.

use std::fs;
use std::path::Path;

use xtask::tools;

const FUNCTION_LINES_MAX: usize = 70;
const FILE_LINES_MAX: usize = 500;
const FILE_BYTES_MAX: usize = 200_000;

/// Files that are longer than they should be; the list may only shrink.
const LONG: &[&str] = &[];

/// Where big files belong: data, and what programs write.
const BIG: &[&str] = &["tests/data/", "Cargo.lock", "package-lock.json", "api/openapi.json", "docs/screenshots/"];

struct File {
    path: String,
    text: String,
}

type Rule = fn(&[File]) -> Vec<String>;

#[test]
fn the_repository_is_tidy() {
    let files = repository();
    let rules: &[Rule] = &[
        long_functions,
        long_files,
        big_files,
        contracts_without_tests,
        contracts_without_bindings,
        leaves_without_tests,
        notes_outside_interfaces,
        bindings_elsewhere,
        unnumbered_tasks,
        bags,
        trailing_spaces,
        events_without_tables,
        columns_without_comments,
        paths_that_lead_nowhere,
        attacks_without_tests,
        crates_that_know_too_much,
    ];
    let found: Vec<String> = rules.iter().flat_map(|rule| rule(&files)).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

fn repository() -> Vec<File> {
    let mut files = Vec::new();
    read(&tools::root(), "", &mut files);
    files
}

fn read(root: &Path, folder: &str, files: &mut Vec<File>) {
    for entry in fs::read_dir(root.join(folder)).expect("the folder was listed by its parent").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        if ["target", "node_modules", ".git"].contains(&name.as_str()) {
            continue;
        }
        if entry.path().is_dir() {
            read(root, &path, files);
        } else if let Ok(bytes) = fs::read(entry.path()) {
            files.push(File { path, text: String::from_utf8_lossy(&bytes).into_owned() });
        }
    }
}

fn is_code(file: &&File) -> bool {
    [".rs", ".sol", ".ts"].iter().any(|extension| file.path.ends_with(extension))
}

/// Rules are about everything but themselves: this file names what it forbids.
fn is_not_this(file: &&File) -> bool {
    file.path != "tests/tidy.rs"
}

/// Paths under `contracts/src` without extension of what is neither an interface nor a library nor a type.
fn contracts(files: &[File]) -> impl Iterator<Item = (&File, &str)> {
    files.iter().filter_map(|file| {
        let path = file.path.strip_prefix("contracts/src/")?.strip_suffix(".sol")?;
        let name = path.strip_prefix("token/").unwrap_or(path);
        let is_interface = name.starts_with('I') && name.chars().nth(1).is_some_and(char::is_uppercase);
        (!name.contains('/') && !is_interface).then_some((file, path))
    })
}

fn text<'files>(files: &'files [File], path: &str) -> Option<&'files str> {
    files.iter().find(|file| file.path == path).map(|file| file.text.as_str())
}

/// Formatted code ends a function at a brace with the indentation of its first line.
fn long_functions(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(is_code) {
        let lines: Vec<&str> = file.text.lines().collect();
        for (start, line) in lines.iter().enumerate() {
            let code = line.trim_start();
            let words = code.split(['(', '<']).next().unwrap_or_default();
            if !words.split(' ').any(|word| word == "fn" || word == "function") || code.starts_with("//") {
                continue;
            }
            let end = format!("{}}}", &line[..line.len() - code.len()]);
            let length = lines[start..].iter().position(|line| *line == end).map_or(0, |last| last + 1);
            let has_body = lines[start..].iter().find(|line| line.contains('{') || line.ends_with(';'));
            if has_body.is_some_and(|line| line.contains('{')) && length > FUNCTION_LINES_MAX {
                found.push(format!("{}:{}: a function of {length} lines", file.path, start + 1));
            }
        }
    }
    found
}

fn long_files(files: &[File]) -> Vec<String> {
    let code = files.iter().filter(is_code).filter(|file| !LONG.contains(&file.path.as_str()));
    let long = code.filter(|file| file.text.lines().count() > FILE_LINES_MAX);
    long.map(|file| format!("{}: more than {FILE_LINES_MAX} lines", file.path)).collect()
}

fn big_files(files: &[File]) -> Vec<String> {
    let small = files.iter().filter(|file| !BIG.iter().any(|place| file.path.contains(place)));
    let big = small.filter(|file| file.text.len() > FILE_BYTES_MAX);
    big.map(|file| format!("{}: more than {FILE_BYTES_MAX} bytes", file.path)).collect()
}

fn contracts_without_tests(files: &[File]) -> Vec<String> {
    let wanted =
        contracts(files).flat_map(|(_, path)| ["t.sol", "tree"].map(|end| format!("contracts/test/{path}.{end}")));
    wanted.filter(|path| text(files, path).is_none()).map(|path| format!("{path}: absent")).collect()
}

fn contracts_without_bindings(files: &[File]) -> Vec<String> {
    let bindings = text(files, "contracts/bindings.rs").unwrap_or_default();
    let names = contracts(files).map(|(_, path)| path.rsplit('/').next().unwrap_or(path));
    let unbound = names.filter(|name| !bindings.contains(&format!(": {name},")));
    unbound.map(|name| format!("contracts/bindings.rs: does not bind {name}")).collect()
}

/// A condition with effects below it is a leaf: `test_Open_RevertWhen_X` or `test_Open_WhenX`, as STYLE has it.
fn leaves_without_tests(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with(".tree")) {
        let tests = text(files, &file.path.replace(".tree", ".t.sol")).unwrap_or_default();
        let (mut function, mut condition) = (String::new(), String::new());
        for line in file.text.lines() {
            let words = line.trim_start_matches(['├', '└', '│', '─', ' ']);
            if let Some((_, name)) = line.split_once("::") {
                (function, condition) = (camel(name), String::new());
            } else if let Some(effect) = words.strip_prefix("it ") {
                let test = leaf(&function, &condition, effect);
                if !tests.contains(&format!("{test}(")) && !tests.contains(&format!("{test}_")) {
                    found.push(format!("{}: no test {test}", file.path));
                }
            } else if !words.is_empty() {
                condition = words.to_owned();
            }
        }
    }
    found.dedup();
    found
}

fn leaf(function: &str, condition: &str, effect: &str) -> String {
    let (kind, rest) = condition.split_once(' ').unwrap_or((condition, ""));
    match (kind, effect.starts_with("should revert")) {
        ("", _) => format!("test_{function}"),
        (kind, true) => format!("test_{function}_Revert{}_{}", camel(kind), camel(rest)),
        (kind, false) => format!("test_{function}_{}{}", camel(kind), camel(rest)),
    }
}

fn camel(words: &str) -> String {
    let words = words.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

fn snake(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push('_');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

fn lines_with(files: &[File], what: &str, is_bad: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(is_not_this) {
        for (place, line) in file.text.lines().enumerate().filter(|(_, line)| is_bad(&file.path, line)) {
            found.push(format!("{}:{}: {what}: {}", file.path, place + 1, line.trim()));
        }
    }
    found
}

fn notes_outside_interfaces(files: &[File]) -> Vec<String> {
    let noted = contracts(files).filter(|(file, _)| file.text.contains("@notice"));
    noted.map(|(file, _)| format!("{}: @notice belongs in the interface", file.path)).collect()
}

fn bindings_elsewhere(files: &[File]) -> Vec<String> {
    lines_with(files, "sol! outside contracts", |path, line| {
        path.ends_with(".rs")
            && !path.starts_with("contracts/")
            && line.contains("sol!")
            && !line.trim().starts_with("//")
    })
}

fn unnumbered_tasks(files: &[File]) -> Vec<String> {
    lines_with(files, "TODO without an issue", |path, line| {
        !path.ends_with(".md") && !is_data(path) && line.split_once("TODO").is_some_and(|(_, rest)| !rest.contains('#'))
    })
}

fn bags(files: &[File]) -> Vec<String> {
    lines_with(files, "jsonb", |path, line| {
        (path.ends_with(".sql") || path.ends_with(".rs")) && line.to_lowercase().contains("jsonb")
    })
}

fn is_data(path: &str) -> bool {
    BIG.iter().any(|place| path.contains(place)) || path == "LICENSE" || path.ends_with(".snap")
}

fn trailing_spaces(files: &[File]) -> Vec<String> {
    lines_with(files, "trailing space", |path, line| !is_data(path) && line.ends_with([' ', '\t']))
}

fn migrations(files: &[File]) -> String {
    let migrations = files.iter().filter(|file| file.path.starts_with("indexer/migrations/"));
    migrations.map(|file| file.text.as_str()).collect::<Vec<_>>().join("\n")
}

/// Silent until there are migrations at all.
fn events_without_tables(files: &[File]) -> Vec<String> {
    let sql = migrations(files);
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.path.starts_with("contracts/src/interfaces/") && !sql.is_empty()) {
        let events = file.text.lines().filter_map(|line| line.trim().strip_prefix("event ")?.split('(').next());
        let tableless = events.filter(|event| !sql.contains(&format!("create table {} (", snake(event))));
        found.extend(tableless.map(|event| format!("{}: {event} has no table", file.path)));
    }
    found
}

/// Of tables that a migration makes; what a function makes begins no line.
fn columns_without_comments(files: &[File]) -> Vec<String> {
    let sql = format!("\n{}", migrations(files));
    let mut found = Vec::new();
    for table in sql.split("\ncreate table ").skip(1) {
        let (name, body) = table.split_once(" (").unwrap_or((table, ""));
        if !sql.contains(&format!("comment on table {name} is")) {
            found.push(format!("table {name} has no comment"));
        }
        // A column starts a line at the first level of indentation; constraints do too, and need no comment.
        for line in body.lines().take_while(|line| !line.starts_with(')')) {
            let word = line.strip_prefix("    ").and_then(|line| line.split(' ').next()).unwrap_or_default();
            let is_constraint =
                ["primary", "unique", "check", "constraint", "foreign", "exclude", "--"].contains(&word);
            if !word.is_empty() && !is_constraint && !sql.contains(&format!("comment on column {name}.{word} is")) {
                found.push(format!("column {name}.{word} has no comment"));
            }
        }
    }
    found
}

/// A path in backticks names a file or a folder, from the root or by its end, unless it has a placeholder.
fn paths_that_lead_nowhere(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    let is_document = |path: &str| {
        let name = path.strip_prefix("docs/").unwrap_or(path);
        name.ends_with(".md") && !name.contains('/')
    };
    for file in files.iter().filter(|file| is_document(&file.path)) {
        for (place, line) in file.text.lines().enumerate() {
            let dead = line.split('`').skip(1).step_by(2).filter(|words| is_path(words) && !leads(files, words));
            found.extend(dead.map(|path| format!("{}:{}: there is no {path}", file.path, place + 1)));
        }
    }
    found
}

/// Rows of the table of attacks end with the names of their tests.
fn attacks_without_tests(files: &[File]) -> Vec<String> {
    let rows = text(files, "docs/security.md").unwrap_or_default();
    let rows = rows.lines().skip_while(|line| *line != "| attack | what comes of it | test |").skip(2);
    let mut found = Vec::new();
    for row in rows.take_while(|line| line.starts_with('|')) {
        let tests: Vec<&str> = row.rsplit('|').nth(1).unwrap_or_default().split('`').skip(1).step_by(2).collect();
        let is_there = |test: &&str| {
            let names = [format!("fn {test}("), format!("function {test}(")];
            files.iter().any(|file| names.iter().any(|name| file.text.contains(name)))
        };
        if tests.is_empty() || !tests.iter().all(is_there) {
            found.push(format!("docs/security.md: an attack without a test: {row}"));
        }
    }
    found
}

fn is_path(words: &str) -> bool {
    const FOLDERS: [&str; 6] = ["contracts/", "indexer/", "api/", "scripts/", "tests/", "docs/"];
    const EXTENSIONS: [&str; 6] = [".rs", ".sol", ".md", ".sql", ".tree", ".json"];
    let is_word = !words.contains([' ', '*', '<', '{', '(']) && !words.starts_with('/') && words.contains('/');
    let is_ours = FOLDERS.iter().any(|folder| words.starts_with(folder));
    is_word && !words.contains("://") && (is_ours || EXTENSIONS.iter().any(|extension| words.ends_with(extension)))
}

fn leads(files: &[File], path: &str) -> bool {
    let path = path.trim_end_matches('/');
    let (end, folder) = (format!("/{path}"), format!("{path}/"));
    files.iter().any(|file| file.path == path || file.path.ends_with(&end) || file.path.starts_with(&folder))
}

/// Which of our crates each may use in earnest; `tests` sees all.
const USES: [(&str, &[&str]); 10] = [
    ("api", &["listen", "matching"]),
    ("contracts", &[]),
    ("indexer", &["contracts", "listen"]),
    ("scripts", &["circuits", "contracts", "listen", "matching", "metering", "runtime"]),
    ("scripts/circuits", &[]),
    ("scripts/listen", &[]),
    ("scripts/matching", &[]),
    ("scripts/metering", &[]),
    ("scripts/runtime", &[]),
    ("scripts/xtask", &[]),
];

fn crates_that_know_too_much(files: &[File]) -> Vec<String> {
    let ours = USES.map(|(folder, _)| folder.rsplit('/').next().unwrap_or(folder));
    let mut found = Vec::new();
    for (folder, allowed) in USES {
        let manifest = text(files, &format!("{folder}/Cargo.toml")).unwrap_or_default();
        let uses = manifest.split("\n[dependencies]\n").nth(1).unwrap_or_default();
        let names =
            uses.lines().take_while(|line| !line.starts_with('[')).filter_map(|line| line.split(['.', ' ']).next());
        let bad = names.filter(|name| ours.contains(name) && !allowed.contains(name));
        found.extend(bad.map(|name| format!("{folder}/Cargo.toml: must not depend on {name}")));
    }
    found
}

/// A rule that finds nothing anywhere is no rule: each must find exactly what is planted.
fn finds(rule: Rule, planted: &[(&str, &str)], count: usize) {
    let files = planted.iter().map(|(path, text)| File { path: (*path).to_owned(), text: (*text).to_owned() });
    let found = rule(&files.collect::<Vec<_>>());
    assert_eq!(found.len(), count, "{found:?}");
}

#[test]
fn long_code_is_found() {
    finds(long_functions, &[("a.rs", &format!("    pub async fn a() {{\n{}    }}\n", "\n".repeat(69)))], 1);
    finds(long_functions, &[("a.sol", &format!("function a(\n) {{\n{}}}\n", "\n".repeat(67)))], 0);
    finds(long_files, &[("a.ts", &"\n".repeat(501)), ("b.ts", &"\n".repeat(500))], 1);
    finds(big_files, &[("docs/a.svg", &"x".repeat(200_001)), ("tests/data/a", &"x".repeat(200_001))], 1);
}

#[test]
fn contracts_without_company_are_found() {
    let contract = ("contracts/src/token/Deals.sol", "/// @notice Opens.");
    finds(contracts_without_tests, &[contract, ("contracts/test/token/Deals.t.sol", "")], 1);
    finds(contracts_without_tests, &[("contracts/src/token/IDeals.sol", ""), ("contracts/src/types/Ids.sol", "")], 0);
    finds(contracts_without_bindings, &[contract, ("contracts/bindings.rs", "deals: DealsOther,")], 1);
    finds(contracts_without_bindings, &[contract, ("contracts/bindings.rs", "deals: Deals,")], 0);
    finds(notes_outside_interfaces, &[contract], 1);
    finds(bindings_elsewhere, &[("indexer/src/lib.rs", "alloy::sol!(A);"), ("contracts/bindings.rs", "sol!(A)")], 1);
}

#[test]
fn leaves_without_tests_are_found() {
    let tree = "Deals::open\n├── when x y\n│  └── it should revert\n└── given z\n   └── it should open\n";
    let tests = "function test_Open_RevertWhen_XY() {}\nfunction test_Open_GivenZ() {}";
    finds(leaves_without_tests, &[("A.tree", tree), ("A.t.sol", tests)], 0);
    finds(leaves_without_tests, &[("A.tree", tree), ("A.t.sol", "function test_Open_GivenZ() {}")], 1);
}

#[test]
fn bad_lines_are_found() {
    finds(unnumbered_tasks, &[("a.rs", "// TODO: later\n// TODO(#7): later")], 1);
    finds(bags, &[("indexer/migrations/1.sql", "a JSONB")], 1);
    finds(trailing_spaces, &[("a.md", "word \nword")], 1);
}

#[test]
fn tables_and_comments_that_are_missing_are_found() {
    let event = ("contracts/src/interfaces/IDeals.sol", "    event DealOpened(uint256 indexed deal);");
    let table = "create table deal_opened (\n    deal bigint not null,\n    primary key (deal)\n);\n";
    finds(events_without_tables, &[event], 0);
    finds(events_without_tables, &[event, ("indexer/migrations/1.sql", "create table deal (")], 1);
    finds(events_without_tables, &[event, ("indexer/migrations/1.sql", table)], 0);
    finds(columns_without_comments, &[("indexer/migrations/1.sql", table)], 2);
}

#[test]
fn crates_that_know_too_much_are_found() {
    let uses = "[package]\n\n[dependencies]\nmatching.workspace = true\nindexer = { path = \"..\" }\n\n[dev-dependencies]\nxtask.workspace = true\n";
    finds(crates_that_know_too_much, &[("api/Cargo.toml", uses)], 1);
    finds(crates_that_know_too_much, &[("scripts/matching/Cargo.toml", uses)], 2);
}

#[test]
fn paths_that_lead_nowhere_are_found() {
    let file = ("tests/e2e/payout.rs", "");
    let dead = "`tests/e2e/deals.rs`, `e2e/deals.rs` and `docs/absent`";
    finds(paths_that_lead_nowhere, &[("docs/style.md", dead), file], 3);
    let alive = "`e2e/payout.rs`, `tests/e2e`, `tests/`, `tests/<noun>.rs`, `tests/*.rs`, `/v1/deals`, `cargo test`";
    finds(paths_that_lead_nowhere, &[("README.md", alive), file], 0);
    finds(paths_that_lead_nowhere, &[("tests/data/README.md", dead)], 0);
}

#[test]
fn attacks_without_tests_are_found() {
    let head = "| attack | what comes of it | test |\n|---|---|---|\n";
    let table = format!(
        "{head}| a | b | `a_test`, `another` |\n| c | d | `gone` |\n| e | f | g |\n\n| other | table | `x` |\n"
    );
    let tests = ("a.rs", "async fn a_test() {}\nfunction another() {}");
    finds(attacks_without_tests, &[("docs/security.md", &table), tests], 2);
}
