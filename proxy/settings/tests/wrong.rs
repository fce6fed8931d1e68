//! Wrong configurations and what people are told about them.
//!
//! Each file under `wrong/` is a folder of files in one: `== name` begins a file, and `== report`
//! the expected report. A case that leaves `cloakroom.toml` or `shop/site.toml` out gets a right
//! one. `UPDATE_EXPECTED=1` writes the reports anew.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that fails should say so at once")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use cloakroom_settings::{LoadError, load};
use miette::{GraphicalReportHandler, GraphicalTheme};

const MAIN: &str = "[listen]\nhttp = \"127.0.0.1:8080\"\n\n[sites]\npaths = [\"shop\"]\n";
const SITE: &str = "hosts = [\"shop.example\"]\norigin = \"http://10.0.0.5:9000\"\n";

/// One file of a case and its text.
type CaseFile = (String, String);

fn parts(case: &str) -> (String, Vec<CaseFile>, String) {
    let (mut about, mut files, mut report) = (String::new(), Vec::<CaseFile>::new(), None::<String>);
    for line in case.lines() {
        match (line.strip_prefix("== "), &mut report, files.last_mut()) {
            (Some("report"), _, _) => report = Some(String::new()),
            (Some(name), None, _) => files.push((name.to_owned(), String::new())),
            (None, Some(report), _) => writeln!(report, "{line}").unwrap(),
            (None, None, Some((_, text))) => writeln!(text, "{line}").unwrap(),
            (None, None, None) => writeln!(about, "{line}").unwrap(),
            (Some(name), Some(_), _) => panic!("`{name}` stands after the report"),
        }
    }
    (about, files, report.unwrap_or_default())
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// Loads a case from a folder of its own; the folder is where the process stands, so that reports
/// hold the short names.
fn outcome(files: &[CaseFile]) -> Result<(), LoadError> {
    let folder = tempfile::tempdir().unwrap();
    std::env::set_current_dir(folder.path()).unwrap();
    write(Path::new("shop/site.toml"), SITE);
    write(Path::new("cloakroom.toml"), MAIN);
    for (name, text) in files {
        write(Path::new(name), text);
    }
    load(Path::new("cloakroom.toml")).map(|_| ())
}

fn rendered(error: &LoadError) -> String {
    let mut report = String::new();
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(110);
    handler.render_report(&mut report, error).unwrap();
    let lines: Vec<_> = report.lines().map(str::trim_end).collect();
    format!("{}\n", lines.join("\n").trim_matches('\n'))
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wrong");
    let mut cases: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

/// One test, since a process stands in one folder at a time.
#[test]
fn every_wrong_configuration_is_told_its_place_and_a_way_out() {
    assert!(outcome(&[]).is_ok(), "the files that cases leave out are right");
    let missing = load(Path::new("nowhere/cloakroom.toml")).unwrap_err();
    assert_eq!(missing.to_string(), "there is no `nowhere/cloakroom.toml`");

    let update = std::env::var_os("UPDATE_EXPECTED").is_some();
    let mut failed = Vec::new();
    for path in cases() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let (about, files, expected) = parts(&text);
        let Err(error) = outcome(&files) else { panic!("{name}: nothing is wrong with it") };
        for problem in error.problems() {
            assert!(problem.suggestion().is_some(), "{name}: `{problem}` comes without a way out");
        }
        let report = rendered(&error);
        if update {
            let mut written = about;
            for (file, text) in &files {
                write!(written, "== {file}\n{text}").unwrap();
            }
            std::fs::write(&path, format!("{written}== report\n{report}")).unwrap();
        } else if report != expected {
            failed.push(format!("--- {name}\n{report}"));
        }
    }
    assert!(failed.is_empty(), "reports that are not as expected:\n{}", failed.join("\n"));
}
