//! JavaScript and TypeScript: bundled by esbuild, made a component by jco with its QuickJS backend. Both are
//! the project's own, installed by npm from its `package-lock.json`.

use crate::tools::Tool;
use crate::{BuildError, CONTRACT, Job};

/// Every import of the engine is replaced by a stub, so that nothing is left to be imported.
const OPTIONS: [&str; 6] =
    ["-n", "personalizer", "--backend", "qjs", "--backend-qjs-disable-async", "--backend-qjs-stub-wasi"];

pub(crate) fn build(job: &Job<'_>) -> Result<Vec<u8>, BuildError> {
    let (esbuild, jco) = (installed(job, "esbuild")?, installed(job, "jco")?);
    let file = |name: &str| job.scratch.join(name);
    let (contract, bundle, made) = (file("personalizer.wit"), file("bundled.js"), file("plugin.wasm"));
    std::fs::write(&contract, CONTRACT).map_err(|cause| BuildError::file(&contract, &cause))?;
    let mut bundled = std::ffi::OsString::from("--outfile=");
    bundled.push(&bundle);
    let run = esbuild.run_in(job.project.folder()).arg(job.project.source());
    job.tools.run(&run.args(&["--bundle", "--format=esm"]).arg(bundled))?;
    let run = jco.run_in(job.scratch).args(&["componentize", "bundled.js", "--wit"]).arg(&contract);
    job.tools.run(&run.args(&OPTIONS).arg("-o").arg(&made))?;
    std::fs::read(&made).map_err(|cause| BuildError::file(&made, &cause))
}

/// A program that npm has put into the project.
fn installed(job: &Job<'_>, name: &str) -> Result<Tool, BuildError> {
    let program = job.project.folder().join("node_modules/.bin").join(name);
    if program.is_file() && job.tools.find("node").is_some() {
        return Ok(Tool::new(program));
    }
    let purpose = format!("a plugin in {} is built with it", job.project.language().name());
    let folder = job.project.folder().display();
    let npm = format!("npm ci --prefix {folder}");
    let tool = format!("`{name}` of the project's own packages, with `node` 20 or newer,");
    Err(BuildError::missing(&tool, &purpose, &[&npm]))
}
