//! `cloakroom plugin check FILE`: each property that is promised of every plugin, with its figure.
//!
//! Ends with 0 if the plugin has them all (warnings change nothing), with 3 if it lacks one, fails its audit
//! or its rule file is wrong, and with 1 if the file cannot be read or no process can be started.

mod finding;

use std::fmt::Write;
use std::path::{Path, PathBuf};

use cloakroom_audit::{Audit, Brief, Terms};
use cloakroom_plugin_host::{Lost, Plugin};
use cloakroom_rewrite::OutputPolicy;
use cloakroom_settings::{PluginFile, Problem};
use serde_json::json;

use crate::exit::Exit;
use crate::judging::Judge;
use crate::lost;
use crate::plugins::{self, NoPlugin};
use crate::report::{self, Output};
use finding::{Finding, Verdict};

use super::place::{Place, listed, wrong};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A rule file (`.toml`) or a WASM component (`.wasm`).
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Judge it by this site: what it puts into pages by the list of hosts, routes and fragments, and its audit by
    /// traffic and limits. The site's folder's name or one of its hosts.
    #[arg(long, value_name = "SITE")]
    pub(crate) site: Option<String>,
    /// The name under which the site lists it, if it is not the one that the plugin calls itself.
    #[arg(long = "as", value_name = "NAME", requires = "site")]
    pub(crate) name: Option<String>,
    /// The main configuration file, with `--site`.
    #[arg(long, value_name = "FILE", default_value = "cloakroom.toml", requires = "site")]
    pub(crate) config: PathBuf,
}

/// All that there is to say of a file.
struct Checked {
    /// Name and version, and the digest, where the plugin got so far.
    plugin: Option<(String, String)>,
    findings: Vec<Finding>,
    /// What is wrong, and what may not be meant.
    problems: Vec<Problem>,
    /// What is taken out of what it puts into pages.
    lost: Vec<Lost>,
    exit: Exit,
}

pub(crate) fn run(args: &Args, output: &Output) -> Exit {
    let read = plugins::read(&args.file).map_err(|problem| output.problem(&problem));
    let (Ok(file), Ok(loader)) = (read, plugins::loader(output)) else { return Exit::Failure };
    let mut warnings = Vec::new();
    let loaded = plugins::load(&loader, &file, &mut warnings);
    let exit = loaded.as_ref().map_or_else(NoPlugin::exit, |_| Exit::Success);
    let checked = match loaded {
        Ok(plugin) => {
            let name = format!("{} {}", plugin.manifest().name(), plugin.manifest().version());
            let named = (name, plugin.digest().to_string());
            let (lost, audit) = match judge(args, &plugin, output) {
                Ok(judged) => judged,
                Err(exit) => return exit,
            };
            let mut findings = finding::all(&plugin);
            findings.push(finding::edits(&plugin, &lost, args.site.as_deref()));
            findings.push(finding::audited(&audit));
            let is_wrong = findings.iter().any(|finding| finding.verdict == Verdict::Wrong);
            let exit = if is_wrong { Exit::Wrong } else { exit };
            Checked { plugin: Some(named), findings, problems: warnings, lost, exit }
                .with_places(&plugin, &file)
        }
        Err(NoPlugin::Rules(problems)) => Checked {
            plugin: None,
            findings: Vec::new(),
            problems: [problems, warnings].concat(),
            lost: Vec::new(),
            exit,
        },
        Err(NoPlugin::Refused(cause)) => {
            let size = match &file {
                PluginFile::Component(bytes) => Some(bytes.len() as u64),
                PluginFile::Rules(_) => None,
            };
            warnings.insert(0, plugins::refused(&args.file, &cause));
            Checked {
                plugin: None,
                findings: finding::until(&cause, size),
                problems: warnings,
                lost: Vec::new(),
                exit,
            }
        }
    };
    output.result(&checked.text(&args.file), || checked.value(&args.file));
    // As a part of a result they are there already.
    if !output.is_json() {
        checked.problems.iter().for_each(|problem| output.problem(problem));
    }
    checked.exit
}

/// What is taken out of a plugin by a site's door and what its audit says by the site's terms, or both without a
/// site.
fn judge(args: &Args, plugin: &Plugin, output: &Output) -> Result<(Vec<Lost>, Brief), Exit> {
    let Some(site) = &args.site else {
        let audit = Audit::brief(plugin, &Terms::default());
        return Ok((plugin.lost(&OutputPolicy::without_site()), audit));
    };
    let place = Place::open(&args.config, output)?;
    let site = place.site(site).map_err(wrong(output))?;
    let lost = place.lost(site, plugin).map_err(|problems| {
        problems.iter().for_each(|problem| output.problem(problem));
        Exit::Wrong
    })?;
    let name = args.name.as_deref().unwrap_or_else(|| plugin.manifest().name());
    listed(site, name).map_err(wrong(output))?;
    let judge = Judge::new(site, name);
    Ok((lost, Audit::brief(plugin, &judge.terms(None))))
}

impl Checked {
    /// The same with each loss as a warning that points to where it stands.
    fn with_places(mut self, plugin: &Plugin, file: &PluginFile) -> Self {
        let rules = match file {
            PluginFile::Rules(source) => Some(source),
            PluginFile::Component(_) => None,
        };
        self.problems.extend(self.lost.iter().map(|gone| lost::problem(gone, Some(plugin), rules)));
        self
    }

    fn text(&self, file: &Path) -> String {
        let mut text = format!("{}\n", file.display());
        if let Some((name, digest)) = &self.plugin {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  {}, sha256 {digest}", report::printable(name));
        }
        for finding in &self.findings {
            let _ =
                writeln!(text, "  {:<7} {:<12} {}", finding.verdict.name(), finding.property, finding.words);
        }
        let warnings = self.warnings();
        let _ = match self.exit {
            Exit::Success if warnings == 0 => writeln!(text, "\nall is well"),
            Exit::Success => writeln!(text, "\nit can be installed; warnings: {warnings}"),
            _ if self.plugin.is_some() => {
                writeln!(text, "\nit fails its audit: it can be installed only with `--override`")
            }
            _ => writeln!(text, "\nit cannot be installed"),
        };
        text
    }

    fn warnings(&self) -> usize {
        // What is taken out is among the problems, each part by itself.
        let unmeant = self.findings.iter().filter(|finding| finding.property != "edits");
        let unmeant = unmeant.filter(|finding| finding.verdict == Verdict::Warning).count();
        unmeant + self.problems.iter().filter(|problem| problem.is_warning()).count()
    }

    fn value(&self, file: &Path) -> serde_json::Value {
        let findings: Vec<_> = self
            .findings
            .iter()
            .map(|finding| {
                json!({
                    "property": finding.property,
                    "verdict": finding.verdict.name(),
                    "words": finding.words,
                    "figure": finding.figure,
                    "limit": finding.limit,
                })
            })
            .collect();
        json!({
            "file": file.display().to_string(),
            "ok": self.exit == Exit::Success,
            "plugin": self.plugin.as_ref().map(|(name, _)| name),
            "digest": self.plugin.as_ref().map(|(_, digest)| digest),
            "properties": findings,
            "removed": self.lost.iter().map(lost::value).collect::<Vec<_>>(),
            "warnings": self.warnings(),
            "problems": self.problems.iter().map(report::problem).collect::<Vec<_>>(),
        })
    }
}
