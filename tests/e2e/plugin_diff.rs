//! `cloakroom plugin diff`, as it is typed.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::proxy::HERO;

fn run(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cloakroom")).args(args).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

fn hero() -> String {
    HERO.replace("\\#", "#")
}

/// [`HERO`] in another version: spring loses to France, and has another heading.
fn newer() -> String {
    let (head, rules) =
        hero().split_once("[[rule]]").map(|(head, rules)| (head.to_owned(), rules.to_owned())).unwrap();
    let (spring, france) = rules.split_once("[[rule]]").unwrap();
    let head = head.replace("1.0.0", "2.0.0").replace("Spring is here", "Spring is near");
    format!("{head}[[rule]]{france}[[rule]]{spring}")
}

#[test]
fn only_what_changes_is_shown_as_rules() {
    let folder = folder(&[("old.toml", &hero()), ("new.toml", &newer())]);
    let output = run(folder.path(), &["plugin", "diff", "old.toml", "new.toml"]);
    let out = text(&output.stdout);
    assert_eq!(output.status.code(), Some(4), "{out}{}", text(&output.stderr));
    assert!(out.starts_with("hero 1.0.0 ("), "{out}");
    assert!(out.contains(") → hero 2.0.0 ("), "{out}");
    assert!(out.contains("1 of 9 cells change (11.1 %)"), "{out}");
    assert!(
        out.contains(
            "  when country is FR, campaign is spring: hero: spring → france (1 of 9 cells, 11.1 %)\n"
        ),
        "{out}"
    );
    assert!(out.contains("  edits of spring:\n    - content of `#hero`: <h1>Spring is here</h1>\n    + content of `#hero`: <h1>Spring is near</h1>"), "{out}");
    assert!(!out.contains("plain"), "what stays is not shown: {out}");
}

#[test]
fn the_same_is_said_to_be_the_same() {
    let folder = folder(&[("old.toml", &hero()), ("new.toml", &hero().replace("1.0.0", "1.0.1"))]);
    let output = run(folder.path(), &["plugin", "diff", "old.toml", "new.toml"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).ends_with("the two do the same\n"), "{}", text(&output.stdout));
}

#[test]
fn json_has_the_same_changes() {
    let folder = folder(&[("old.toml", &hero()), ("new.toml", &newer())]);
    let output = run(folder.path(), &["--json", "plugin", "diff", "old.toml", "new.toml"]);
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), value["same"].as_bool()), (Some(4), Some(false)));
    assert_eq!((value["cells"].as_u64(), value["changed_cells"].as_u64()), (Some(9), Some(1)));
    let change = &value["slots"][0]["changes"][0];
    assert_eq!(change["when"], serde_json::json!(["country is FR", "campaign is spring"]));
    assert_eq!((change["before"].as_str(), change["after"].as_str()), (Some("spring"), Some("france")));
    assert_eq!(value["slots"][0]["edits"][0]["variant"], "spring");
}

#[test]
fn a_signal_or_a_slot_more_is_told() {
    let more = hero()
        .replace("[[slot]]", "[signals.device]\nreason = \"to fit\"\n[[slot]]\nname = \"bar\"\nselector = \"p\"\ndefault = \"off\"\nvariant = [{ name = \"off\" }, { name = \"on\" }]\n[[slot]]")
        + "[[rule]]\nwhen = { device = \"phone\" }\nshow = { bar = \"on\" }\n";
    let folder = folder(&[("old.toml", &hero()), ("new.toml", &more)]);
    let out = text(&run(folder.path(), &["plugin", "diff", "old.toml", "new.toml"]).stdout);
    assert!(out.contains("27 of 27 cells change"), "a slot more is there in every cell: {out}");
    assert!(
        out.contains("+ signal device: +phone\n") && out.contains("+ slot bar: off, on; default off\n"),
        "{out}"
    );
    let back = text(&run(folder.path(), &["plugin", "diff", "new.toml", "old.toml"]).stdout);
    assert!(
        back.contains("- signal device: -phone\n") && back.contains("- slot bar: off, on; default off\n"),
        "{back}"
    );
}

#[test]
fn a_slot_that_becomes_price_like_is_told_both_ways() {
    let like = hero().replace("[[slot]]", "[[slot]]\nprice_like = true");
    let folder = folder(&[("old.toml", &hero()), ("new.toml", &like)]);
    for (old, new, words) in [
        ("old.toml", "new.toml", "slot hero\n  becomes price-like\n"),
        ("new.toml", "old.toml", "slot hero\n  is no longer price-like\n"),
    ] {
        let output = run(folder.path(), &["plugin", "diff", old, new]);
        assert_eq!(output.status.code(), Some(4));
        assert!(text(&output.stdout).contains(words), "{}", text(&output.stdout));
    }
    let output = run(folder.path(), &["--json", "plugin", "diff", "old.toml", "new.toml"]);
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["slots"][0]["price_like"], serde_json::json!({ "old": false, "new": true }));
}

#[test]
fn a_file_that_is_wrong_is_named_and_ends_otherwise_than_a_difference() {
    let folder = folder(&[("old.toml", &hero()), ("bad.toml", "name = 1"), ("bad.wasm", "no")]);
    for (new, code, words) in [
        ("bad.toml", 3, "bad.toml:"),
        ("bad.wasm", 3, "`bad.wasm` is refused"),
        ("none.toml", 1, "`none.toml` cannot be read"),
    ] {
        let output = run(folder.path(), &["plugin", "diff", "old.toml", new]);
        assert_eq!(output.status.code(), Some(code));
        assert!(text(&output.stderr).contains(words) && output.stdout.is_empty(), "{}", text(&output.stderr));
    }
}

#[test]
fn where_cells_are_too_many_to_compare_all_else_is() {
    let campaigns = |letter: char, version: &str| {
        let names: Vec<_> = (0..200).map(|number| format!("{letter}{number}")).collect();
        hero().replace("campaign = \"spring\"", &format!("campaign = {names:?}")).replace("1.0.0", version)
    };
    let newer = campaigns('b', "2.0.0").replace("Spring is here", "Spring is near");
    let folder = folder(&[("old.toml", &campaigns('a', "1.0.0")), ("new.toml", &newer)]);
    let output = run(folder.path(), &["plugin", "diff", "old.toml", "new.toml"]);
    let out = text(&output.stdout);
    assert_eq!(output.status.code(), Some(4), "{out}{}", text(&output.stderr));
    assert!(out.contains("cells are not compared") && out.contains("400 values of `campaign`"), "{out}");
    assert!(out.contains("+ content of `#hero`: <h1>Spring is near</h1>"), "{out}");
    let json = run(folder.path(), &["plugin", "diff", "old.toml", "new.toml", "--json"]);
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert!(json["not_compared"].is_string() && json["same"] == false, "{json}");
}
