//! From a plugin's file to a loaded plugin.

use std::borrow::Cow;
use std::io::Read;
use std::path::Path;

use cloakroom_plugin_host::{LoadError as PluginRefused, Loader, Plugin};
use cloakroom_rule_compiler::{RuleError, compile_with_warnings};
use cloakroom_settings::{PluginFile, Problem, Source};

use crate::exit::Exit;
use crate::loading;
use crate::report::Output;

/// The largest file that is read from the command line, as for files that a site names.
const MAX_RULE_FILE: u64 = 1 << 20;
const MAX_COMPONENT: u64 = 16 << 20;
/// What to do about a component that is larger.
const TOO_LARGE: &str = "leave debug information out, and build for size";

/// Why a file did not become a plugin.
pub(crate) enum NoPlugin {
    /// The rule file is wrong: a mistake of configuration, with its places.
    Rules(Vec<Problem>),
    /// The component was refused: the plugin's fault, and the site can go on without it.
    Refused(PluginRefused),
}

/// Compiles a rule file, or takes a component as it is. What a rule file may not have meant is added to
/// `warnings`.
///
/// # Errors
/// The mistakes of a rule file, with their places.
pub(crate) fn component<'f>(
    file: &'f PluginFile,
    warnings: &mut Vec<Problem>,
) -> Result<Cow<'f, [u8]>, Vec<Problem>> {
    match file {
        PluginFile::Component(bytes) => Ok(Cow::Borrowed(bytes)),
        PluginFile::Rules(source) => {
            let placed = |found: Vec<RuleError>| found.into_iter().map(|error| placed(source, error));
            let compiled =
                compile_with_warnings(source.text()).map_err(|errors| placed(errors).collect::<Vec<_>>())?;
            warnings.extend(placed(compiled.warnings).map(Problem::warning));
            Ok(Cow::Owned(compiled.component))
        }
    }
}

/// Compiles what has to be compiled, and tabulates it, with a bar for who waits. What the machine lacks for
/// it is added to `warnings`.
pub(crate) fn load(
    loader: &Loader,
    file: &PluginFile,
    warnings: &mut Vec<Problem>,
) -> Result<Plugin, NoPlugin> {
    let component = component(file, warnings).map_err(NoPlugin::Rules)?;
    let loaded = loading::watched(|tell| loader.load_telling(&component, tell));
    warnings.extend(loading::shortfalls(loader));
    loaded.map_err(NoPlugin::Refused)
}

/// Reads a plugin file that is named on the command line.
pub(crate) fn read(path: &Path) -> Result<PluginFile, Problem> {
    let shown = path.display().to_string();
    let trouble = |why: &dyn std::fmt::Display, help: &str| {
        Problem::nowhere(format!("`{shown}` cannot be read: {why}")).help(help)
    };
    let rules = path.extension().is_some_and(|extension| extension == "toml");
    if !rules && path.extension().is_none_or(|extension| extension != "wasm") {
        return Err(Problem::nowhere(format!("`{shown}` is neither a rule file nor a component"))
            .help("rule files end in `.toml`, components in `.wasm`"));
    }
    let failed = |cause: std::io::Error| trouble(&cause, "name a file that is there and that you may read");
    // What is no file may never come to an end, or never begin.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(trouble(
            &"it is not a file",
            "name a rule file or a component, not a folder or a device",
        ));
    }
    let most = if rules { MAX_RULE_FILE } else { MAX_COMPONENT };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(most + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > most {
        let why = format!(
            "it has more than {most} bytes, which no {} has",
            if rules { "rule file" } else { "plugin" }
        );
        return Err(trouble(&why, if rules { "split it into several plugins" } else { TOO_LARGE }));
    }
    if !rules {
        return Ok(PluginFile::Component(bytes.into()));
    }
    let text = String::from_utf8(bytes).map_err(|_| {
        trouble(&"it is not UTF-8 text", "save it as UTF-8; a component's name ends in `.wasm`")
    })?;
    Ok(PluginFile::Rules(Source::new(&shown, &text)))
}

/// The rule file of that name, to point into; `None` for a component, and where it cannot be read any more.
pub(crate) fn rules(path: &Path) -> Option<Source> {
    match read(path) {
        Ok(PluginFile::Rules(source)) => Some(source),
        _ => None,
    }
}

/// Why the plugin of a file is refused, for people.
pub(crate) fn refused(path: &Path, cause: &PluginRefused) -> Problem {
    Problem::nowhere(format!("the plugin `{}` is refused: {cause}", path.display())).help(cause.help())
}

/// The plugin of a file that is named on the command line. What there is to say of it is printed.
pub(crate) fn open(path: &Path, output: &Output) -> Result<Plugin, Exit> {
    let loader = loader(output)?;
    let load = |component: &[u8]| loading::watched(|tell| loader.load_telling(component, tell));
    let opened = open_with(path, output, load);
    loading::shortfalls(&loader).iter().for_each(|warning| output.problem(warning));
    opened.map(|(_, plugin)| plugin)
}

/// The component and the plugin of a file that is named on the command line, loaded by `load`. What there
/// is to say of it is printed.
pub(crate) fn open_with(
    path: &Path,
    output: &Output,
    load: impl FnOnce(&[u8]) -> Result<Plugin, PluginRefused>,
) -> Result<(Vec<u8>, Plugin), Exit> {
    let file = read(path).map_err(|problem| {
        output.problem(&problem);
        Exit::Failure
    })?;
    let mut warnings = Vec::new();
    let component = component(&file, &mut warnings);
    warnings.iter().for_each(|warning| output.problem(warning));
    let loaded = component.map_err(NoPlugin::Rules).and_then(|component| {
        let plugin = load(&component).map_err(NoPlugin::Refused)?;
        Ok((component.into_owned(), plugin))
    });
    loaded.map_err(|refusal| {
        match &refusal {
            NoPlugin::Rules(problems) => problems.iter().for_each(|problem| output.problem(problem)),
            NoPlugin::Refused(cause) => output.problem(&refused(path, cause)),
        }
        refusal.exit()
    })
}

/// A loader for files that belong to no site, with the limits of every published plugin. Compiled code is
/// kept where the user keeps such things.
pub(crate) fn loader(output: &Output) -> Result<Loader, Exit> {
    loading::loader(loading::own_cache()).map_err(|cause| {
        output.failure(cause);
        Exit::Failure
    })
}

impl NoPlugin {
    /// How a command ends that needed the plugin.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            // The host's own trouble says nothing against the plugin.
            Self::Refused(cause) if cause.property().is_none() => Exit::Failure,
            Self::Refused(_) | Self::Rules(_) => Exit::Wrong,
        }
    }
}

fn placed(source: &Source, error: RuleError) -> Problem {
    let problem = source.problem(error.span, "here", error.message);
    match error.help {
        Some(help) => problem.help(help),
        None => problem,
    }
}
