//! From a plugin's file to a loaded plugin.

use std::path::Path;

use cloakroom_plugin_host::{LoadError as PluginRefused, Loader, Plugin};
use cloakroom_rule_compiler::{RuleError, compile_with_warnings};
use cloakroom_settings::{PluginFile, Problem, Source};

/// The largest file that is read from the command line, as for files that a site names.
const MAX_RULE_FILE: u64 = 1 << 20;
const MAX_COMPONENT: u64 = 16 << 20;

/// Why a file did not become a plugin.
pub(crate) enum NoPlugin {
    /// The rule file is wrong: a mistake of configuration, with its places.
    Rules(Vec<Problem>),
    /// The component was refused: the plugin's fault, and the site can go on without it.
    Refused(PluginRefused),
}

/// Compiles a rule file, or takes a component as it is, and tabulates it. What a rule file may not have
/// meant is added to `warnings`.
pub(crate) fn load(
    loader: &Loader,
    file: &PluginFile,
    warnings: &mut Vec<Problem>,
) -> Result<Plugin, NoPlugin> {
    match file {
        PluginFile::Component(bytes) => loader.load(bytes).map_err(NoPlugin::Refused),
        PluginFile::Rules(source) => {
            let placed = |found: Vec<RuleError>| found.into_iter().map(|error| placed(source, error));
            let compiled = compile_with_warnings(source.text())
                .map_err(|errors| NoPlugin::Rules(placed(errors).collect()))?;
            warnings.extend(placed(compiled.warnings).map(Problem::warning));
            loader.load(&compiled.component).map_err(NoPlugin::Refused)
        }
    }
}

/// Reads a plugin file that is named on the command line.
pub(crate) fn read(path: &Path) -> Result<PluginFile, Problem> {
    let shown = path.display().to_string();
    let trouble = |why: &dyn std::fmt::Display| Problem::nowhere(format!("`{shown}` cannot be read: {why}"));
    let rules = path.extension().is_some_and(|extension| extension == "toml");
    if !rules && path.extension().is_none_or(|extension| extension != "wasm") {
        return Err(Problem::nowhere(format!("`{shown}` is neither a rule file nor a component"))
            .help("rule files end in `.toml`, components in `.wasm`"));
    }
    let size = std::fs::metadata(path).map_err(|cause| trouble(&cause))?.len();
    let most = if rules { MAX_RULE_FILE } else { MAX_COMPONENT };
    if size > most {
        return Err(trouble(&format_args!("it has {size} bytes, at most {most} are allowed")));
    }
    let bytes = std::fs::read(path).map_err(|cause| trouble(&cause))?;
    if !rules {
        return Ok(PluginFile::Component(bytes.into()));
    }
    let text = String::from_utf8(bytes).map_err(|_| trouble(&"it is not UTF-8 text"))?;
    Ok(PluginFile::Rules(Source::new(&shown, &text)))
}

fn placed(source: &Source, error: RuleError) -> Problem {
    let problem = source.problem(error.span, "here", error.message);
    match error.help {
        Some(help) => problem.help(help),
        None => problem,
    }
}
