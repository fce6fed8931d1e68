//! Opens the files that a configuration names, bounded, and says kindly why one cannot be used.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::names::closest;
use crate::problem::{Problem, Source, Span};
use crate::quantity::SIZE;

/// The most entries of a folder that are looked at for a suggestion.
const MAX_NEIGHBOURS: usize = 1_000;

/// Where a file is named, if a file names it.
pub(crate) type Named<'s> = Option<(&'s Source, Span)>;

/// Reads a text file that is neither empty nor larger than `most` bytes.
pub(crate) fn text(path: &Path, most: u64, named: Named<'_>) -> Result<Source, Problem> {
    let bytes = bytes(path, most, named)?;
    let name = path.display().to_string();
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Source::new(&name, text.strip_prefix('\u{feff}').unwrap_or(text))),
        Err(error) => {
            // Everything before the broken byte is read alike, so the place stays right.
            let source = Source::new(&name, &String::from_utf8_lossy(&bytes));
            let at = error.valid_up_to();
            let broken = at..at + char::REPLACEMENT_CHARACTER.len_utf8();
            Err(source
                .problem(broken, "broken here", format!("`{name}` is not UTF-8"))
                .help("save the file as UTF-8"))
        }
    }
}

/// Reads a file that is neither empty nor larger than `most` bytes.
pub(crate) fn bytes(path: &Path, most: u64, named: Named<'_>) -> Result<Vec<u8>, Problem> {
    let mut file = open(path, most, named.clone())?;
    let mut bytes = Vec::new();
    // One byte more than allowed tells a file that grows while it is read.
    let read = file.by_ref().take(most.saturating_add(1)).read_to_end(&mut bytes);
    if let Err(error) = read {
        return Err(unreadable(path, &error, named));
    }
    if bytes.len() as u64 > most {
        return Err(too_large(path, most, named));
    }
    Ok(bytes)
}

/// Whether a file can be opened and has a fitting size.
pub(crate) fn usable(path: &Path, most: u64, named: Named<'_>) -> Result<(), Problem> {
    open(path, most, named).map(|_| ())
}

fn open(path: &Path, most: u64, named: Named<'_>) -> Result<File, Problem> {
    let facts = std::fs::metadata(path).map_err(|error| unreadable(path, &error, named.clone()))?;
    let name = path.display();
    // Opening a pipe would wait for its writer.
    if !facts.is_file() {
        return Err(problem(named, format!("`{name}` is not a file")).help("name a file"));
    }
    if facts.len() == 0 {
        return Err(problem(named, format!("`{name}` is empty")).help("fill it, or do not name it"));
    }
    if facts.len() > most {
        return Err(too_large(path, most, named));
    }
    File::open(path).map_err(|error| unreadable(path, &error, named))
}

fn too_large(path: &Path, most: u64, named: Named<'_>) -> Problem {
    let message = format!("`{}` is too large", path.display());
    problem(named, message).help(format!("such a file holds at most {}", SIZE.show(most)))
}

/// The problem of a path that cannot be read, with a neighbour of nearly the same name if there is one.
pub(crate) fn unreadable(path: &Path, error: &std::io::Error, named: Named<'_>) -> Problem {
    // The kind alone: the system's own words differ from place to place.
    if error.kind() != std::io::ErrorKind::NotFound {
        let problem = problem(named, format!("`{}` cannot be read: {}", path.display(), error.kind()));
        return problem.help("check the permissions of the file and of the folders above it");
    }
    let is_named = named.is_some();
    let problem = problem(named, format!("there is no `{}`", path.display()));
    match neighbour(path) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None if is_named => problem.help("check the path: it starts at the folder of the file that names it"),
        None => problem.help("check the path: it starts at the folder in which you are"),
    }
}

fn neighbour(path: &Path) -> Option<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let names: Vec<String> = std::fs::read_dir(folder)
        .ok()?
        .take(MAX_NEIGHBOURS)
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    closest(path.file_name()?.to_str()?, &names).map(str::to_owned)
}

/// A problem where the file is named, or nowhere if no file names it.
pub(crate) fn problem(named: Named<'_>, message: String) -> Problem {
    match named {
        Some((source, span)) => source.problem(span, "named here", message),
        None => Problem::nowhere(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_text_is_shown_where_it_breaks() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("site.toml");
        std::fs::write(&path, b"hosts = [\n  \"caf\xe9\"]").unwrap();
        let problem = text(&path, 100, None).unwrap_err();
        assert_eq!(problem.line_and_column(), Some((2, 7)));
        assert!(problem.message().ends_with("is not UTF-8"));
    }

    #[test]
    fn empty_large_and_strange_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        let message = |most| text(&path, most, None).unwrap_err().message().to_owned();
        std::fs::write(&path, "").unwrap();
        assert!(message(10).ends_with("is empty"));
        std::fs::write(&path, "0123456789").unwrap();
        assert!(message(9).ends_with("is too large"));
        assert!(text(&path, 10, None).is_ok());
        let folder_itself = text(folder.path(), 10, None).unwrap_err();
        assert!(folder_itself.message().ends_with("is not a file"));
    }

    #[test]
    fn a_missing_file_suggests_its_neighbour() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("hero.toml"), "x").unwrap();
        let problem = text(&folder.path().join("heroo.toml"), 10, None).unwrap_err();
        assert_eq!(problem.suggestion(), Some("did you mean `hero.toml`?"));
    }
}
