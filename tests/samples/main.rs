//! Every sample in README.md and in that of the rule files is one that works: its configuration loads,
//! its rule files compile. And so is every starter site.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod starters;
mod templates;

use std::collections::BTreeMap;
use std::path::Path;

use cloakroom_settings::PluginFile;

/// The fenced TOML of a document.
fn fenced(document: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(document);
    let text = std::fs::read_to_string(path).unwrap();
    text.split("```toml\n").skip(1).map(|rest| rest.split_once("```").unwrap().0.to_owned()).collect()
}

/// The samples of README.md by file name: each opens with `# name`.
fn samples() -> BTreeMap<String, String> {
    let named = fenced("README.md").into_iter().map(|sample| {
        let name = sample.lines().next().unwrap().strip_prefix("# ").unwrap();
        (name.to_owned(), sample)
    });
    named.collect()
}

#[test]
fn configuration_in_the_readme_loads() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in samples() {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    // Whether it is a database is found out later, by those who read it.
    std::fs::write(folder.path().join("country.mmdb"), "a database").unwrap();
    let settings = match cloakroom_settings::load(&folder.path().join("cloakroom.toml")) {
        Ok(settings) => settings,
        Err(error) => {
            let problems: Vec<_> = error.problems().map(|problem| problem.message().to_owned()).collect();
            unreachable!("{}", problems.join("\n"))
        }
    };
    let [site] = settings.sites.as_slice() else { unreachable!("{} sites", settings.sites.len()) };
    assert_eq!(site.routes.len(), 2);
    assert_eq!(site.plugins.len(), 1);
    let rules = site.plugins.iter().filter(|plugin| matches!(plugin.file, Some(PluginFile::Rules(_))));
    assert_eq!(rules.count(), 1);
}

#[test]
fn rule_files_in_the_readme_compile() {
    let samples = samples();
    let rules: Vec<_> = samples.iter().filter(|(_, text)| text.contains("[[rule]]")).collect();
    assert_eq!(rules.len(), 1);
    for (name, text) in rules {
        if let Err(errors) = cloakroom_rule_compiler::compile(text) {
            let errors: Vec<_> = errors.iter().map(|error| error.message.as_str()).collect();
            unreachable!("{name}: {}", errors.join("\n"));
        }
    }
}

#[test]
fn the_rule_file_that_is_explained_compiles_without_a_warning() {
    let samples = fenced("plugins/templates/README.md");
    assert_eq!(samples.len(), 1);
    for sample in samples {
        match cloakroom_rule_compiler::compile_with_warnings(&sample) {
            Ok(compiled) => assert_eq!(compiled.warnings, []),
            Err(errors) => {
                let errors: Vec<_> = errors.iter().map(|error| error.message.as_str()).collect();
                unreachable!("{}", errors.join("\n"));
            }
        }
    }
}
