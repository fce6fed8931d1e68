//! Starts a project: the example of its language under another name, with what it refers to beside it.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use cloakroom_settings::Problem;

use crate::{CONTRACT, Language, project};

/// Files of this repository, each with its path in a folder and its text.
type Files = &'static [(&'static str, &'static str)];

macro_rules! files {
    ($folder:literal: $($file:literal),+ $(,)?) => {
        &[$(($file, include_str!(concat!("../../../plugins/", $folder, "/", $file)))),+]
    };
}

/// What the examples call their plugin, in every place where a project of one's own has its own name.
const EXAMPLE: &str = "greeting";

const RULES: Files =
    files!("examples/rules": "README.md", ".gitignore", "cloakroom-plugin.toml", "greeting.toml");
const RUST: Files = files!("examples/rust":
    "README.md", ".gitignore", "cloakroom-plugin.toml", "Cargo.toml", "Cargo.lock", "src/lib.rs");
const C: Files = files!("examples/c":
    "README.md", ".gitignore", "cloakroom-plugin.toml", "cloakroom.h", "plugin.c", "test.c");
const ZIG: Files = files!("examples/zig":
    "README.md", ".gitignore", "cloakroom-plugin.toml", "cloakroom.zig", "plugin.zig");

const JAVASCRIPT: Files = files!("examples/javascript":
    "README.md", ".gitignore", "cloakroom-plugin.toml", "cloakroom.d.ts", "cloakroom.js", "cloakroom.test.js",
    "package-lock.json", "package.json", "plugin.js", "plugin.test.js");
const TYPESCRIPT: Files = files!("examples/typescript":
    "README.md", ".gitignore", "cloakroom-plugin.toml", "cloakroom.d.ts", "cloakroom.js", "cloakroom.types.ts",
    "package-lock.json", "package.json", "plugin.test.ts", "plugin.ts", "tsconfig.json");

/// The crate that plugins in Rust are written with: a project brings its own copy.
const SDK: Files = files!("sdk":
    "README.md", "Cargo.toml", "src/check.rs", "src/declare.rs", "src/edit.rs", "src/lib.rs",
    "src/manifest.rs", "src/wasm.rs");
/// How rule files are written, and some to begin with: a project with a rule file has all of them at hand.
const TEMPLATES: Files = files!("templates": "README.md", "ab-test.toml", "banner.toml", "device-layout.toml", "gradual-rollout.toml", "hero.toml", "interest-teaser.toml", "language-nudge.toml", "regional-banner.toml", "welcome-back.toml");

/// Where things of this repository are that examples refer to, and where they are in a project.
const MOVED: [(&str, &str); 3] =
    [("../../templates", "templates"), ("../../sdk", "sdk"), ("../../wit", "wit")];
/// The same for the files of the sdk; its lints are those of this repository's workspace.
const MOVED_IN_SDK: [(&str, &str); 2] = [("../examples/rust/", "../"), ("[lints]\nworkspace = true\n\n", "")];

/// The languages that a project can be started in, by name.
#[must_use]
pub fn starters() -> Vec<Language> {
    Language::ALL.into_iter().filter(|language| example(*language).is_some()).collect()
}

/// Writes a project into a folder, which is made if it is not there.
///
/// # Errors
/// The name is not one of a plugin, the folder holds something already, or it cannot be written.
pub fn scaffold(language: Language, name: &str, folder: &Path) -> Result<(), Problem> {
    if !project::is_name(name) || !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        let message = format!("`{name}` cannot be the name of a project");
        return Err(Problem::nowhere(message).help("1 to 64 of a-z, 0-9 and `-`, a letter first"));
    }
    let shown = folder.display();
    if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Problem::nowhere(format!("`{shown}` holds something already"))
            .help("nothing is overwritten: name an empty folder or one that is not there"));
    }
    let files = project_files(language, name).ok_or_else(|| {
        Problem::nowhere(format!("there is no example in {}", language.name()))
            .help("any language can be built that makes a WASM module by the contract")
    })?;
    for (path, text) in files {
        let trouble = |cause| {
            Problem::nowhere(format!("`{shown}/{path}` cannot be written: {cause}"))
                .help("what was written before it has been left there")
        };
        let path = folder.join(&path);
        fs::create_dir_all(path.parent().unwrap_or(folder)).map_err(trouble)?;
        let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(trouble)?;
        file.write_all(text.as_bytes()).map_err(trouble)?;
    }
    Ok(())
}

fn example(language: Language) -> Option<Files> {
    match language {
        Language::Rules => Some(RULES),
        Language::Rust => Some(RUST),
        Language::C => Some(C),
        Language::Zig => Some(ZIG),
        Language::JavaScript => Some(JAVASCRIPT),
        Language::TypeScript => Some(TYPESCRIPT),
    }
}

/// Every file of a new project: its path, always with `/`, and its text.
fn project_files(language: Language, name: &str) -> Option<Vec<(String, String)>> {
    let own = |text: &str| text.replace(EXAMPLE, name);
    let mut files: Vec<(String, String)> =
        example(language)?.iter().map(|(path, text)| (own(path), own(&moved(text, &MOVED)))).collect();
    if language == Language::Rules {
        files.extend(TEMPLATES.iter().map(|(path, text)| (format!("templates/{path}"), (*text).to_owned())));
    } else {
        files.push(("wit/personalizer.wit".to_owned(), CONTRACT.to_owned()));
    }
    if language == Language::Rust {
        files.extend(SDK.iter().map(|(path, text)| (format!("sdk/{path}"), moved(text, &MOVED_IN_SDK))));
    }
    Some(files)
}

fn moved(text: &str, places: &[(&str, &str)]) -> String {
    places.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::PathBuf;

    use super::*;
    use crate::Project;

    /// What building and testing leave behind.
    const LEFT_BEHIND: [&str; 5] = ["target", "node_modules", ".zig-cache", "built", "greeting-test"];

    fn on_disk(folder: &Path, under: &str, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder.join(under)).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            let path = if under.is_empty() { name.clone() } else { format!("{under}/{name}") };
            if LEFT_BEHIND.contains(&name.as_str()) || name.ends_with(".wasm") {
                continue;
            }
            if entry.file_type().unwrap().is_dir() {
                on_disk(folder, &path, found);
            } else {
                found.insert(path);
            }
        }
    }

    #[test]
    fn a_project_has_every_file_of_its_example() {
        let plugins = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../plugins");
        for language in starters() {
            let mut there = BTreeSet::new();
            on_disk(&plugins.join("examples").join(language.name()), "", &mut there);
            let here = example(language).unwrap().iter().map(|(path, _)| (*path).to_owned()).collect();
            assert_eq!(there, here, "{language:?}");
        }
        for (folder, files) in [("sdk", SDK), ("templates", TEMPLATES)] {
            let mut there = BTreeSet::new();
            on_disk(&plugins.join(folder), "", &mut there);
            there.retain(|path| !path.starts_with("tests/"));
            assert_eq!(there, files.iter().map(|(path, _)| (*path).to_owned()).collect(), "{folder}");
        }
    }

    #[test]
    fn a_project_has_its_own_name_and_refers_to_nothing_outside() {
        for language in starters() {
            let folder = tempfile::tempdir().unwrap();
            scaffold(language, "spring-2", folder.path()).unwrap();
            let project = Project::read(folder.path()).unwrap();
            assert_eq!((project.name(), project.language()), ("spring-2", language));
            let files = project_files(language, "spring-2").unwrap();
            let paths: BTreeSet<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
            for (path, text) in &files {
                assert!(!text.contains("../../"), "{path}");
                let outside =
                    path.starts_with("sdk/") || path.starts_with("templates/") || path.starts_with("wit/");
                assert!(outside || !text.contains(EXAMPLE), "{path}");
                let links = text.split("](").skip(1).filter(|_| path.ends_with(".md"));
                for link in links.filter_map(|rest| rest.split_once(')')).map(|(link, _)| link) {
                    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                    let target = link.strip_prefix("../").unwrap_or(link);
                    let inside = !link.starts_with("../") && !folder.is_empty();
                    let target = if inside { format!("{folder}/{target}") } else { target.to_owned() };
                    assert!(paths.contains(target.as_str()), "{path}: {link}");
                }
            }
        }
    }

    #[test]
    fn the_helper_of_javascript_and_its_types_are_those_of_typescript() {
        let text = |files: Files, name| files.iter().find(|(path, _)| *path == name).unwrap().1;
        for name in ["cloakroom.js", "cloakroom.d.ts"] {
            assert_eq!(text(JAVASCRIPT, name), text(TYPESCRIPT, name), "{name}");
        }
    }

    #[test]
    fn nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("notes.txt"), "mine").unwrap();
        let problem = scaffold(Language::Rules, "spring", folder.path()).unwrap_err();
        assert!(problem.message().ends_with("holds something already"), "{problem}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_name_that_some_toolchain_would_refuse_is_refused_before() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["", "2nd", "-a", "Spring", "a_b", "a/b", "é"] {
            assert!(scaffold(Language::Rules, name, folder.path()).is_err(), "{name}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
