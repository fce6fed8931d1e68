//! What every source file has to be like.

use crate::workspace::{files, members, none_of, text};

/// Folders with Rust of our own.
const FOLDERS: [&str; 4] = ["proxy", "plugins", "tests", "benches"];
/// The most lines of a file.
const MAX_LINES: usize = 400;

/// What stands for work that is not done. Put together here, so that this file does not hold it.
fn unfinished() -> [String; 5] {
    [("to", "do!("), ("unimple", "mented!("), ("d", "bg!("), ("TO", "DO"), ("FIX", "ME")]
        .map(|(start, end)| format!("{start}{end}"))
}

#[test]
fn every_file_says_first_what_it_is_for() {
    let all = files(&FOLDERS, ".rs");
    assert!(all.len() > 50, "only {} files found", all.len());
    let wrong = all.iter().filter(|path| !text(path).starts_with("//! "));
    none_of(&wrong.map(|path| format!("{} does not open with `//! `", path.display())).collect::<Vec<_>>());
}

#[test]
fn no_file_is_too_long_to_read() {
    let lengths = files(&FOLDERS, ".rs").into_iter().map(|path| (text(&path).lines().count(), path));
    let wrong = lengths.filter(|(lines, _)| *lines > MAX_LINES);
    none_of(&wrong.map(|(lines, path)| format!("{} has {lines} lines", path.display())).collect::<Vec<_>>());
}

#[test]
fn nothing_is_left_for_later() {
    let mut wrong = Vec::new();
    for path in files(&FOLDERS, ".rs") {
        for (number, line) in text(&path).lines().enumerate() {
            for word in unfinished().iter().filter(|word| line.contains(word.as_str())) {
                wrong.push(format!("{}:{}: `{word}`", path.display(), number + 1));
            }
        }
    }
    none_of(&wrong);
}

#[test]
fn every_crate_obeys_the_workspace_lints() {
    let wrong = members().into_iter().filter(|package| {
        let manifest = text(package.manifest_path.as_std_path());
        !manifest.contains("[lints]\nworkspace = true")
    });
    none_of(&wrong.map(|package| format!("{} has lints of its own", package.name)).collect::<Vec<_>>());
}
