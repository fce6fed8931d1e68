//! JavaScript and TypeScript: made a component by jco's QuickJS backend, TypeScript after its own compiler
//! has had its say. All of them are the project's own, installed by npm from its `package-lock.json`.

use std::path::{Path, PathBuf};

use crate::tools::{Run, Tool};
use crate::{BuildError, CONTRACT, Job, Language};

/// The oldest node that runs what the examples are tested and built with.
const NODE: u32 = 20;
/// jco's QuickJS backend, which is a package of its own, in the release that the examples are built with.
const BACKEND: &str = "componentize-qjs";
const BACKEND_VERSION: &str = "0.4.5";
/// The compiler of TypeScript, and the release that the examples are built with.
const COMPILER: &str = "typescript";
const COMPILER_VERSION: &str = "6.0.3";
/// Where TypeScript is compiled to, in the project, so that packages of the project are found from there.
const COMPILED: &str = "built";

/// Every import of the engine is replaced by a stub, so that nothing is left to be imported.
const OPTIONS: [&str; 4] = ["--world", "personalizer", "--sync", "--stub-wasi"];
/// The same, said to the whole of jco.
const JCO_OPTIONS: [&str; 6] = [
    "--world-name",
    "personalizer",
    "--backend",
    "qjs",
    "--backend-qjs-disable-async",
    "--backend-qjs-stub-wasi",
];

pub(crate) fn build(job: &Job<'_>) -> Result<Vec<u8>, BuildError> {
    node(job)?;
    let backend = backend(job)?;
    let source = match job.project.language() {
        Language::TypeScript => compile(job)?,
        _ => job.project.source().to_owned(),
    };
    let (contract, made) = (job.scratch.join("personalizer.wit"), job.scratch.join("plugin.wasm"));
    std::fs::write(&contract, CONTRACT).map_err(|cause| BuildError::file(&contract, &cause))?;
    let inside = job.project.folder().join(&source);
    let run = backend.run(job, &source, &inside);
    job.tools.run(&run.arg("--wit").arg(&contract).arg(backend.out()).arg(&made))?;
    crate::tools::made(&made)
}

/// What makes a component of a module and of the modules that it imports.
enum Backend {
    Alone(Tool),
    InJco(Tool),
}

impl Backend {
    /// A run on `source`, a path from the project's folder, which is `inside` as an absolute one.
    fn run<'a>(&'a self, job: &'a Job<'_>, source: &Path, inside: &'a Path) -> Run<'a> {
        let folder = job.project.folder();
        match self {
            Self::Alone(tool) => {
                let run = tool.run_in(folder).arg("--js").arg(source);
                run.args(&["--module-root", "."]).args(&OPTIONS)
            }
            // Given a file in another folder, it looks for it in that folder's folder of the same name.
            Self::InJco(tool) => {
                let run = tool.run_in(inside.parent().unwrap_or(folder)).arg("componentize");
                run.arg(inside.file_name().unwrap_or_default()).args(&JCO_OPTIONS)
            }
        }
    }

    fn out(&self) -> &'static str {
        match self {
            Self::Alone(_) => "--output",
            Self::InJco(_) => "--out",
        }
    }
}

fn backend(job: &Job<'_>) -> Result<Backend, BuildError> {
    let jco = || installed(job, "jco").map(Backend::InJco);
    let found = installed(job, BACKEND).map(Backend::Alone).or_else(jco);
    found.ok_or_else(|| not_installed(job, BACKEND, BACKEND_VERSION))
}

/// Compiles TypeScript as the project's `tsconfig.json` says, to a place that is ours to choose. What it
/// finds wrong with the types fails the build.
fn compile(job: &Job<'_>) -> Result<PathBuf, BuildError> {
    let compiler = installed(job, "tsc").ok_or_else(|| not_installed(job, COMPILER, COMPILER_VERSION))?;
    let run = compiler.run_in(job.project.folder());
    job.tools.run(&run.args(&["--project", ".", "--rootDir", ".", "--outDir", COMPILED]))?;
    Ok(Path::new(COMPILED).join(job.project.source()).with_extension("js"))
}

/// All of these tools are programs for node.
fn node(job: &Job<'_>) -> Result<(), BuildError> {
    let node = job.tools.find("node");
    let version = node.and_then(|node| job.tools.ask(&node.run_in(job.scratch).arg("--version")));
    let major = |version: &str| version.strip_prefix('v')?.split('.').next()?.parse::<u32>().ok();
    if version.as_deref().and_then(major).is_some_and(|major| major >= NODE) {
        return Ok(());
    }
    let there = version.map(|version| format!(" (there is {version})")).unwrap_or_default();
    let ways = ["apt install nodejs npm", "brew install node"];
    Err(BuildError::missing(&format!("`node` {NODE} or newer"), &(purpose(job) + &there), &ways))
}

fn purpose(job: &Job<'_>) -> String {
    format!("a plugin in {} is built with it", job.project.language().name())
}

/// A program that npm has put into the project.
fn installed(job: &Job<'_>, name: &str) -> Option<Tool> {
    let program = job.project.folder().join("node_modules/.bin").join(name);
    program.is_file().then(|| Tool::new(program))
}

fn not_installed(job: &Job<'_>, package: &str, version: &str) -> BuildError {
    if job.tools.find("npm").is_none() {
        return BuildError::missing("`npm`", &purpose(job), &["apt install npm"]);
    }
    let locked = format!("npm install --prefix {}", job.project.folder().display());
    // The first is enough where the project names the package already.
    let added = format!("{locked} --save-dev {package}@{version}");
    BuildError::missing(&format!("the package `{package}`"), &purpose(job), &[&locked, &added])
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::{Project, Tools};

    /// A project with programs that are scripts of a shell: `bin` stands for what is on `PATH`, the rest for
    /// what npm has installed.
    fn build_with(language: &str, programs: &[(&str, &str)]) -> Result<String, BuildError> {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let source = format!("plugin.{}", if language == "typescript" { "ts" } else { "js" });
        fs::write(path(&source), "").unwrap();
        let text = format!("name = \"a\"\nlanguage = \"{language}\"\nsource = \"{source}\"\n");
        fs::write(path("cloakroom-plugin.toml"), text).unwrap();
        fs::create_dir_all(path("bin")).unwrap();
        fs::create_dir_all(path("node_modules/.bin")).unwrap();
        for (name, script) in programs {
            fs::write(path(name), format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(path(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        let (project, tools) =
            (Project::read(folder.path()).unwrap(), Tools::new(Some(path("bin").as_os_str()), |_| ()));
        let scratch = tempfile::tempdir().unwrap();
        let job = Job { project: &project, tools: &tools, scratch: scratch.path() };
        let made = build(&job)?;
        let (project, scratch) = (project.folder().display().to_string(), scratch.path().display());
        Ok(String::from_utf8(made).unwrap().replace(&project, "P").replace(&scratch.to_string(), "S"))
    }

    fn told(made: Result<String, BuildError>) -> String {
        let BuildError::Missing(problem) = made.unwrap_err() else { unreachable!() };
        format!("{}; {}", problem.message(), problem.suggestion().unwrap())
    }

    const NODE_20: (&str, &str) = ("bin/node", "echo v20.0.0");
    const NPM: (&str, &str) = ("bin/npm", "");
    /// Writes into the file that it shall make where it ran, and on what.
    const SAYS: &str = "for last; do :; done; echo \"$PWD $*\" >\"$last\"";

    #[test]
    fn what_is_missing_is_said_with_the_command_that_installs_it() {
        let node = "`node` 20 or newer is missing: a plugin in javascript is built with it";
        let install = "; install it with `apt install nodejs npm`, or with `brew install node`";
        assert_eq!(told(build_with("javascript", &[])), format!("{node}{install}"));
        let old = told(build_with("javascript", &[("bin/node", "echo v18.19.0")]));
        assert_eq!(old, format!("{node} (there is v18.19.0){install}"));
        let npm = told(build_with("typescript", &[NODE_20]));
        assert!(npm.starts_with("`npm` is missing: a plugin in typescript is built with it; "), "{npm}");
        let backend = told(build_with("javascript", &[NODE_20, NPM]));
        assert!(backend.starts_with("the package `componentize-qjs` is missing: "), "{backend}");
        assert!(backend.ends_with(" --save-dev componentize-qjs@0.4.5`"), "{backend}");
        let backend = ("node_modules/.bin/componentize-qjs", SAYS);
        let compiler = told(build_with("typescript", &[NODE_20, NPM, backend]));
        assert!(compiler.starts_with("the package `typescript` is missing: "), "{compiler}");
    }

    #[test]
    fn the_backend_is_run_by_itself_or_as_part_of_jco() {
        let (backend, jco) = (("node_modules/.bin/componentize-qjs", SAYS), ("node_modules/.bin/jco", SAYS));
        let alone = "P --js plugin.js --module-root . --world personalizer --sync --stub-wasi \
                     --wit S/personalizer.wit --output S/plugin.wasm\n";
        assert_eq!(build_with("javascript", &[NODE_20, backend, jco]).unwrap(), alone);
        let within = "P componentize plugin.js --world-name personalizer --backend qjs \
                      --backend-qjs-disable-async --backend-qjs-stub-wasi --wit S/personalizer.wit \
                      --out S/plugin.wasm\n";
        assert_eq!(build_with("javascript", &[NODE_20, jco]).unwrap(), within);
    }

    #[test]
    fn typescript_is_compiled_first_and_its_mistakes_end_the_build() {
        let backend = ("node_modules/.bin/componentize-qjs", SAYS);
        let compiler = ("node_modules/.bin/tsc", "echo \"plugin.ts(1,1): error $*\"; exit 2");
        let failed = build_with("typescript", &[NODE_20, backend, compiler]).unwrap_err();
        let BuildError::Failed { output, .. } = failed else { unreachable!() };
        assert_eq!(output, "plugin.ts(1,1): error --project . --rootDir . --outDir built\n");
        let made = build_with("typescript", &[NODE_20, backend, ("node_modules/.bin/tsc", "")]).unwrap();
        assert!(made.starts_with("P --js built/plugin.js "), "{made}");
    }
}
