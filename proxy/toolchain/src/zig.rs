//! Zig: the program itself, or the one that PyPI brings as `ziglang`.

use std::path::PathBuf;

use crate::tools::{self, Run, Tool};
use crate::{BuildError, Job};

/// The release that the examples are built with.
const VERSION: &str = "0.17.1";

/// No operating system; memory for a stack that is plenty for a plugin.
const OPTIONS: [&str; 9] = [
    "build-exe",
    "-target",
    "wasm32-freestanding",
    "-O",
    "ReleaseSmall",
    "-fno-entry",
    "-rdynamic",
    "--stack",
    "65536",
];

pub(crate) fn build(job: &Job<'_>) -> Result<Vec<u8>, BuildError> {
    let zig = find(job)?;
    let made = job.scratch.join("plugin.wasm");
    let mut emitted = std::ffi::OsString::from("-femit-bin=");
    emitted.push(&made);
    let run = zig.run_in(job.scratch).args(&OPTIONS).arg(emitted);
    job.tools.run(&apart(run, job).arg(source(job)?))?;
    tools::made(&made)
}

/// Where the source is, from any folder. Python looks for modules in the one that it is started in, which may
/// not be the project's: nothing of that is run here.
pub(crate) fn source(job: &Job<'_>) -> Result<PathBuf, BuildError> {
    let source = job.project.folder().join(job.project.source());
    std::path::absolute(&source).map_err(|cause| BuildError::file(&source, &cause))
}

/// Zig, wherever it is.
pub(crate) fn find(job: &Job<'_>) -> Result<Tool, BuildError> {
    if let Some(zig) = job.tools.find("zig") {
        return Ok(zig);
    }
    for name in ["python3", "python"] {
        let wheel = job.tools.find(name).map(|python| python.with(&["-m", "ziglang"]));
        let answers = |zig: &Tool| job.tools.ask(&zig.run_in(job.scratch).arg("version")).is_some();
        if let Some(zig) = wheel.filter(answers) {
            return Ok(zig);
        }
    }
    let purpose = format!("a plugin in {} is built with it", job.project.language().name());
    let pip = format!("python3 -m pip install ziglang=={VERSION}");
    Err(BuildError::missing(&format!("`zig` {VERSION}"), &purpose, &[&pip]))
}

/// Lets Zig keep what it remembers of this build out of the project.
pub(crate) fn apart<'a>(run: Run<'a>, job: &Job<'_>) -> Run<'a> {
    run.variable("ZIG_LOCAL_CACHE_DIR", job.scratch.join("cache"))
}
