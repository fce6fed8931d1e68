//! The formats of `cloakroom plugin table`, as they are typed.

use std::path::Path;
use std::process::{Command, Output, Stdio};

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

#[test]
fn a_table_has_three_formats() {
    let split = hero() + "[[rule]]\nsplit = { hero = { france = 25, plain = 75 } }\n";
    let folder = folder(&[("hero.toml", &split)]);
    let table =
        |args: &[&str]| text(&run(folder.path(), &[&["plugin", "table", "hero.toml"], args].concat()).stdout);
    let csv = table(&["--format", "csv"]);
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("country,campaign,bucket,bucket_percent,slot:hero"));
    assert_eq!(csv.lines().count(), 1 + 27);
    assert!(
        csv.contains("\nother,other,1,25,france\n") && csv.contains("\nother,other,2,75,plain\n"),
        "{csv}"
    );
    assert!(csv.ends_with("\nany,any,any,,plain\n"), "{csv}");
    let json: Value = serde_json::from_str(&table(&["--format", "json"])).unwrap();
    assert_eq!(json["cells"], 27);
    assert_eq!(table(&["--json"]), table(&["--format", "json"]));
    assert_eq!(table(&[]), table(&["--format", "rules"]));
    let rules = table(&[]);
    let last = rules.lines().last().unwrap();
    assert!(last.starts_with("  else") && last.contains("→ plain"), "{rules}");
}

#[test]
fn csv_is_the_table_cell_by_cell() {
    let folder = folder(&[("hero.toml", &hero())]);
    let csv = text(&run(folder.path(), &["plugin", "table", "hero.toml", "--format", "csv"]).stdout);
    let shown = |country: &str, campaign: &str| {
        let line = csv.lines().find(|line| line.starts_with(&format!("{country},{campaign},"))).unwrap();
        line.rsplit(',').next().unwrap().to_owned()
    };
    assert_eq!(shown("FR", "spring"), "spring");
    assert_eq!(shown("FR", "other"), "france");
    assert_eq!(shown("any", "spring"), "spring");
    assert_eq!(shown("other", "any"), "plain");
    assert_eq!(csv.lines().count(), 10);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let folder = folder(&[("hero.toml", &hero())]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_cloakroom"))
        .args(["plugin", "table", "hero.toml", "--format", "csv"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
}
