//! `cloakroom plugin build [DIR]`: makes a component of a project, by the toolchain of its language.

use std::io::Write;
use std::path::{Path, PathBuf};

use cloakroom_plugin_host::Digest;
use cloakroom_settings::Problem;
use cloakroom_toolchain::{BuildError, Built, Project, Tools, build};
use serde_json::json;

use crate::exit::Exit;
use crate::report::Output;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder with the plugin's `cloakroom-plugin.toml`.
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

pub(crate) fn run(args: &Args, output: &Output) -> Exit {
    match built(args, output) {
        Ok((project, built)) => match write(&project.out(), &built.component) {
            Ok(()) => {
                report(args, output, &project, &built.component);
                Exit::Success
            }
            Err(problem) => {
                output.problem(&problem);
                Exit::Failure
            }
        },
        Err(BuildError::Wrong(problems)) => {
            problems.iter().for_each(|problem| output.problem(problem));
            Exit::Wrong
        }
        Err(BuildError::Missing(problem)) => {
            output.problem(&problem);
            Exit::Failure
        }
        Err(BuildError::Failed { problem, output: said }) => {
            output.tool_said(&said);
            output.problem(&problem);
            Exit::Failure
        }
    }
}

fn built(args: &Args, output: &Output) -> Result<(Project, Built), BuildError> {
    let project = Project::read(&args.folder)?;
    let tell = if output.is_json() { |_: &str| () } else { |command: &str| eprintln!("running {command}") };
    let tools = Tools::new(std::env::var_os("PATH").as_deref(), tell);
    let built = build(&project, &tools)?;
    built.warnings.iter().for_each(|warning| output.problem(warning));
    Ok((project, built))
}

/// Puts the component in its place at once, so that nobody reads half of it.
fn write(path: &Path, component: &[u8]) -> Result<(), Problem> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = tempfile::NamedTempFile::new_in(folder).and_then(|mut file| {
        file.write_all(component)?;
        file.persist(path).map_err(|error| error.error)
    });
    written.map(drop).map_err(|cause| {
        Problem::nowhere(format!("`{}` cannot be written: {cause}", path.display()))
            .help("make the project's folder writable")
    })
}

fn report(args: &Args, output: &Output, project: &Project, component: &[u8]) {
    let (size, digest) = (component.len(), Digest::of(component));
    let file = args.folder.join(format!("{}.wasm", project.name()));
    let file = file.strip_prefix(".").unwrap_or(&file).display();
    let text = format!(
        "built {file}: {size} bytes\n  digest {digest}\n\nsee who is shown what with\n\n  \
         cloakroom plugin table {file}\n"
    );
    output.result(&text, || {
        json!({
            "name": project.name(),
            "language": project.language().name(),
            "file": file.to_string(),
            "bytes": size,
            "digest": digest.to_string(),
        })
    });
}
