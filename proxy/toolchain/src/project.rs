//! A project's file, `cloakroom-plugin.toml`: read strictly, each mistake with its place.

use std::path::{Component, Path, PathBuf};

use cloakroom_settings::{Problem, Source, Span};
use serde::Deserialize;
use toml::Spanned;

use crate::{BuildError, Language};

/// The name of a project's file.
pub const PROJECT_FILE: &str = "cloakroom-plugin.toml";

/// The longest project file, in bytes.
const MAX_PROJECT_BYTES: u64 = 64 * 1024;
/// The longest name of a plugin, in bytes, as in the contract.
const MAX_NAME: usize = 64;

/// A project as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: Spanned<String>,
    language: Spanned<String>,
    source: Spanned<String>,
}

/// A folder in which a plugin is written.
///
/// INVARIANT: the name is one of the contract, and the source lies in the folder.
#[derive(Debug)]
pub struct Project {
    folder: PathBuf,
    name: String,
    language: Language,
    source: PathBuf,
}

impl Project {
    /// Reads the project in a folder.
    ///
    /// # Errors
    /// The file is missing, or something in it is wrong.
    pub fn read(folder: &Path) -> Result<Self, BuildError> {
        let path = folder.join(PROJECT_FILE);
        let size = std::fs::metadata(&path).map_err(|_| no_project(folder))?.len();
        if size > MAX_PROJECT_BYTES {
            let message = format!("`{}` has {size} bytes", path.display());
            let help = format!("at most {MAX_PROJECT_BYTES} bytes are allowed");
            return Err(BuildError::wrong(Problem::nowhere(message).help(help)));
        }
        let text = std::fs::read_to_string(&path).map_err(|cause| BuildError::file(&path, &cause))?;
        let source = Source::new(&path.display().to_string(), &text);
        // Tools are run in the folder, and get paths that have to hold there.
        let folder = folder.canonicalize().map_err(|cause| BuildError::file(folder, &cause))?;
        Self::parse(folder, &source).map_err(BuildError::Wrong)
    }

    fn parse(folder: PathBuf, source: &Source) -> Result<Self, Vec<Problem>> {
        let written: Written = toml::from_str(source.text()).map_err(|error| {
            let span = error.span().unwrap_or_default();
            let help = format!("a project has `name`, `language` and `source`, such as:\n{EXAMPLE}");
            vec![source.problem(span, "here", error.message()).help(help)]
        })?;
        let mut problems = Vec::new();
        let mut note = |span: Span, message: String, help: &str| {
            problems.push(source.problem(span, "here", message).help(help));
        };
        let (name, path) = (written.name.get_ref(), written.source.get_ref());
        if !is_name(name) {
            let message = format!("`{name}` cannot be the name of a plugin");
            note(written.name.span(), message, "1 to 64 of a-z, 0-9 and `-`");
        }
        let language = Language::named(written.language.get_ref());
        if language.is_none() {
            let message = format!("`{}` is not a language that can be built", written.language.get_ref());
            let names = Language::ALL.map(|language| format!("`{}`", language.name())).join(", ");
            let help =
                format!("there is {names}; of anything else, a `.wasm` that keeps the contract is taken");
            note(written.language.span(), message, &help);
        }
        if !is_inside(path) {
            let message = format!("`{path}` is not a file of this folder");
            note(
                written.source.span(),
                message,
                "write it as a path from here, without `..` or a `-` in front",
            );
        } else if !folder.join(path).is_file() {
            let message = format!("there is no file `{path}`");
            note(written.source.span(), message, "`source` is the file that the language's tool is given");
        }
        match language {
            Some(language) if problems.is_empty() => {
                Ok(Self { folder, name: name.clone(), language, source: path.into() })
            }
            _ => Err(problems),
        }
    }

    /// Where it is, as an absolute path.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The plugin's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is written in.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// The file that the language's tool is given, as a path from the folder.
    #[must_use]
    pub fn source(&self) -> &Path {
        &self.source
    }

    /// Where the component goes.
    #[must_use]
    pub fn out(&self) -> PathBuf {
        self.folder.join(format!("{}.wasm", self.name))
    }
}

const EXAMPLE: &str = "name = \"greeting\"\nlanguage = \"rust\"\nsource = \"Cargo.toml\"";

fn no_project(folder: &Path) -> BuildError {
    let message = format!("there is no `{PROJECT_FILE}` in `{}`", folder.display());
    let help = "start one with `cloakroom plugin new --lang rules NAME`, or name its folder".to_owned();
    BuildError::wrong(Problem::nowhere(message).help(help))
}

/// Whether the contract allows a name.
pub(crate) fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(allowed)
}

/// Whether a path stays in its folder, and no part of it can be taken for an option of a tool, or for a file of
/// options.
fn is_inside(path: &str) -> bool {
    let plain = |part: Component<'_>| match part {
        Component::Normal(name) => {
            !name.as_encoded_bytes().starts_with(b"-") && !name.as_encoded_bytes().starts_with(b"@")
        }
        _ => false,
    };
    !path.is_empty() && Path::new(path).components().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Project, Vec<Problem>> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("plugin.c"), "").unwrap();
        Project::parse(folder.path().to_owned(), &Source::new(PROJECT_FILE, text))
    }

    /// What is told, and in which line and column.
    fn wrong(text: &str) -> Vec<(String, (usize, usize))> {
        let problems = parse(text).unwrap_err();
        assert!(problems.iter().all(|problem| problem.suggestion().is_some()));
        let place = |problem: &Problem| problem.line_and_column().unwrap();
        problems.iter().map(|problem| (problem.message().to_owned(), place(problem))).collect()
    }

    #[test]
    fn a_project_is_three_words() {
        let project = parse("name = \"hero-2\"\nlanguage = \"c\"\nsource = \"plugin.c\"\n").unwrap();
        assert_eq!((project.name(), project.language()), ("hero-2", Language::C));
        assert!(project.out().ends_with("hero-2.wasm"));
    }

    #[test]
    fn the_project_in_the_documentation_is_one() {
        let page = include_str!("../../../plugins/examples/README.md");
        let (_, rest) = page.split_once("```toml\n").unwrap();
        let (text, _) = rest.split_once("```").unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("Cargo.toml"), "").unwrap();
        let project = Project::parse(folder.path().to_owned(), &Source::new(PROJECT_FILE, text)).unwrap();
        assert_eq!((project.name(), project.language()), ("greeting", Language::Rust));
        assert!(Language::ALL.iter().all(|language| text.contains(language.name())));
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        let found = wrong("name = \"Hero\"\nlanguage = \"cobol\"\nsource = \"../plugin.c\"\n");
        assert_eq!(found.iter().map(|(_, place)| *place).collect::<Vec<_>>(), [(1, 8), (2, 12), (3, 10)]);
        assert!(found.iter().any(|(message, _)| message.contains("`cobol` is not a language")), "{found:?}");
    }

    #[test]
    fn an_unknown_key_is_named() {
        let found = wrong("name = \"a\"\nlangauge = \"c\"\nsource = \"plugin.c\"\n");
        assert!(found[0].0.contains("`langauge`"), "{found:?}");
        assert_eq!(found[0].1, (2, 1));
    }

    #[test]
    fn a_source_is_a_file_of_the_folder_and_no_option() {
        for path in ["/etc/passwd", "..", "a/../../b", "-o", "a/-o", "@args", "", "missing.c", "."] {
            let text = format!("name = \"a\"\nlanguage = \"c\"\nsource = \"{path}\"\n");
            assert_eq!(wrong(&text).len(), 1, "{path}");
        }
    }
}
