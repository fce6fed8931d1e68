//! Rust, by cargo: with the WASM target of rustup where it is installed, else with a standard library that
//! is compiled on the way from its sources.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use crate::tools::{Run, Tool};
use crate::{BuildError, Job, Tools};

const TARGET: &str = "wasm32-unknown-unknown";
/// The folder that cargo builds in, below the project's.
const TARGET_FOLDER: &str = "target";
/// Where a distribution keeps its Rust, if another one comes first on `PATH`.
const DISTRIBUTION: &str = "/usr/bin";
/// Versions of LLVM's linker: before the first of them, it does not know where a module's heap ends.
const LINKERS: RangeInclusive<u32> = 16..=30;
/// What brings all of it on Debian.
const DEBIAN: &str = "apt install rustc-web cargo-web rust-web-src lld-19";

pub(crate) fn build(job: &Job<'_>) -> Result<Vec<u8>, BuildError> {
    let folder = job.project.folder();
    let library = library_name(&folder.join(job.project.source()))?;
    let distribution = Tools::new(Some(DISTRIBUTION.as_ref()), |_| ());
    let rust = find((job.tools, &distribution), folder)?;
    let run = rust.cargo.run_in(folder);
    let run = run.args(&["build", "--release", "--target", TARGET, "--target-dir", TARGET_FOLDER]);
    let run = run.arg("--manifest-path").arg(job.project.source());
    job.tools.run(&rust.prepare(run))?;
    let made = folder.join(TARGET_FOLDER).join(TARGET).join("release").join(format!("{library}.wasm"));
    crate::tools::made(&made)
}

/// The name that cargo gives to what it builds.
fn library_name(manifest: &Path) -> Result<String, BuildError> {
    #[derive(serde::Deserialize)]
    struct Named {
        name: Option<String>,
    }
    #[derive(serde::Deserialize)]
    struct Manifest {
        package: Named,
        lib: Option<Named>,
    }
    let text = std::fs::read_to_string(manifest).map_err(|cause| BuildError::file(manifest, &cause))?;
    let source = cloakroom_settings::Source::new(&manifest.display().to_string(), &text);
    let wrong = |span, message: &str| {
        let help = "`source` of a project in Rust is the manifest of the package that is the plugin";
        BuildError::wrong(source.problem(span, "here", message).help(help))
    };
    let written: Manifest =
        toml::from_str(&text).map_err(|error| wrong(error.span().unwrap_or_default(), error.message()))?;
    let named = written.lib.and_then(|library| library.name).or(written.package.name);
    let name = named.ok_or_else(|| wrong(0..0, "the package has no name"))?;
    Ok(name.replace('-', "_"))
}

/// A cargo and a rustc that can build for WASM.
struct Rust {
    cargo: Tool,
    rustc: Tool,
    /// The linker, if the standard library has to be compiled first.
    from_source: Option<PathBuf>,
}

impl Rust {
    fn prepare<'a>(&'a self, run: Run<'a>) -> Run<'a> {
        // Cargo would otherwise take the first rustc on `PATH`, which may be another one.
        let run = run.variable("RUSTC", self.rustc.program());
        match &self.from_source {
            None => run,
            Some(linker) => run
                .arg("-Zbuild-std=core,alloc")
                // The only way to `-Zbuild-std` in a stable release.
                .variable("RUSTC_BOOTSTRAP", "1")
                .variable("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker),
        }
    }
}

/// The first Rust that has the target; if there is none, the first with sources and a linker.
fn find((tools, distribution): (&Tools, &Tools), folder: &Path) -> Result<Rust, BuildError> {
    let pairs: Vec<_> = [tools, distribution]
        .into_iter()
        .filter_map(|place| Some((place.find("cargo")?, place.find("rustc")?)))
        .map(|(cargo, rustc)| Known { told: Told::by(tools, &rustc, folder), cargo, rustc })
        .collect();
    if pairs.is_empty() {
        let rustup = "rustup toolchain install stable --target wasm32-unknown-unknown";
        let purpose = "a plugin in Rust is built with it";
        return Err(BuildError::missing("`cargo` 1.95 or newer", purpose, &[rustup, DEBIAN]));
    }
    if let Some(known) = pairs.iter().find(|known| known.told.has_target()) {
        return Ok(known.with(None));
    }
    let Some(known) = pairs.iter().find(|known| known.told.has_sources()) else {
        let purpose = "a plugin is built for it, and there are no sources to compile Rust's library from";
        let commands = ["rustup target add wasm32-unknown-unknown", DEBIAN];
        return Err(BuildError::missing("the target `wasm32-unknown-unknown` of Rust", purpose, &commands));
    };
    match pairs.iter().find_map(|known| known.told.linker()).or_else(|| linker_on_path(tools, folder)) {
        Some(linker) => Ok(known.with(Some(linker))),
        None => {
            let purpose = "Rust's library can be compiled for WASM here, but not linked";
            let tool = format!("`wasm-ld` {} or newer", LINKERS.start());
            Err(BuildError::missing(&tool, purpose, &["apt install lld-19"]))
        }
    }
}

/// LLVM's linker, under its own name or one with its version, if it is new enough.
fn linker_on_path(tools: &Tools, folder: &Path) -> Option<PathBuf> {
    let names = LINKERS.rev().map(|version| format!("wasm-ld-{version}"));
    let found = std::iter::once("wasm-ld".to_owned()).chain(names).filter_map(|name| tools.find(&name));
    let new_enough = |linker: &Tool| {
        let told = tools.ask(&linker.run_in(folder).arg("--version"));
        told.and_then(|told| version_of_lld(&told)).is_some_and(|version| version >= *LINKERS.start())
    };
    found.into_iter().find(new_enough).map(|linker| linker.program().to_owned())
}

/// The first number in `Debian LLD 19.1.7`.
fn version_of_lld(told: &str) -> Option<u32> {
    let (_, version) = told.split_once("LLD ")?;
    version.split('.').next()?.parse().ok()
}

/// A cargo and a rustc that were found together.
struct Known {
    cargo: Tool,
    rustc: Tool,
    told: Told,
}

impl Known {
    fn with(&self, from_source: Option<PathBuf>) -> Rust {
        Rust { cargo: self.cargo.clone(), rustc: self.rustc.clone(), from_source }
    }
}

/// What a rustc says of itself.
struct Told {
    target: Option<PathBuf>,
    sysroot: Option<PathBuf>,
    host: Option<String>,
}

impl Told {
    fn by(tools: &Tools, rustc: &Tool, folder: &Path) -> Self {
        let ask = |args: &[&str]| tools.ask(&rustc.run_in(folder).args(args));
        let host = ask(&["-vV"])
            .and_then(|told| told.lines().find_map(|line| line.strip_prefix("host: ").map(str::to_owned)));
        Self {
            target: ask(&["--print", "target-libdir", "--target", TARGET]).map(PathBuf::from),
            sysroot: ask(&["--print", "sysroot"]).map(PathBuf::from),
            host,
        }
    }

    fn has_target(&self) -> bool {
        self.target.as_ref().is_some_and(|folder| folder.is_dir())
    }

    fn has_sources(&self) -> bool {
        let library = |sysroot: &PathBuf| sysroot.join("lib/rustlib/src/rust/library/Cargo.toml").is_file();
        self.sysroot.as_ref().is_some_and(library)
    }

    fn linker(&self) -> Option<PathBuf> {
        let folder = self.sysroot.as_ref()?.join("lib/rustlib").join(self.host.as_ref()?);
        Some(folder.join("bin/rust-lld")).filter(|file| file.is_file())
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    use super::*;

    /// A folder with a cargo and a rustc that says to have its library beside it.
    fn rust(more: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().display();
        let rustc = format!(
            "#!/bin/sh\ncase \"$*\" in\n-vV) echo host: here;;\n*libdir*) echo {root}/wasm;;\n\
             *) echo {root};;\nesac\n"
        );
        for (name, text) in [("cargo", "#!/bin/sh\n"), ("rustc", rustc.as_str())] {
            executable(&folder.path().join(name), text);
        }
        for file in more {
            let file = folder.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            executable(&file, "");
        }
        folder
    }

    /// The copy is written by another process: a file that was open for writing here may be held open by a
    /// process that some other test starts just now, and could then not be run.
    fn executable(file: &Path, text: &str) {
        let draft = tempfile::NamedTempFile::new().unwrap();
        fs::write(draft.path(), text).unwrap();
        fs::set_permissions(draft.path(), fs::Permissions::from_mode(0o755)).unwrap();
        assert!(Command::new("cp").arg(draft.path()).arg(file).status().unwrap().success());
    }

    fn found(first: &Path, second: &Path) -> Result<Rust, String> {
        let tools = |folder: &Path| Tools::new(Some(folder.as_os_str()), |_| ());
        find((&tools(first), &tools(second)), first).map_err(|error| match error {
            BuildError::Missing(problem) => format!("{problem}; {}", problem.suggestion().unwrap()),
            _ => unreachable!(),
        })
    }

    const SOURCES: &str = "lib/rustlib/src/rust/library/Cargo.toml";
    const LINKER: &str = "lib/rustlib/here/bin/rust-lld";

    #[test]
    fn the_rust_with_the_target_is_taken_wherever_it_is() {
        let (bare, whole) = (rust(&[SOURCES, LINKER]), rust(&["wasm/libcore.rlib"]));
        for (first, second) in [(&bare, &whole), (&whole, &bare)] {
            let found = found(first.path(), second.path()).unwrap();
            assert_eq!(found.cargo.program(), whole.path().join("cargo"));
            assert_eq!(found.from_source, None);
        }
    }

    #[test]
    fn sources_of_one_are_linked_by_the_linker_of_another() {
        let (linker, sources) = (rust(&[LINKER]), rust(&[SOURCES]));
        let found = found(linker.path(), sources.path()).unwrap();
        assert_eq!(found.rustc.program(), sources.path().join("rustc"));
        assert_eq!(found.from_source, Some(linker.path().join(LINKER)));
    }

    #[test]
    fn a_linker_on_the_path_will_do_if_it_is_new_enough() {
        let rust = rust(&[SOURCES]);
        let (old, new) = (rust.path().join("wasm-ld"), rust.path().join("wasm-ld-19"));
        executable(&old, "#!/bin/sh\necho Debian LLD 14.0.6\n");
        assert!(found(rust.path(), rust.path()).is_err());
        executable(&new, "#!/bin/sh\necho Debian LLD 19.1.7\n");
        assert_eq!(found(rust.path(), rust.path()).unwrap().from_source, Some(new));
    }

    #[test]
    fn what_is_missing_is_named() {
        let none = tempfile::tempdir().unwrap();
        let told = |folder: &Path| found(folder, none.path()).err().unwrap();
        assert!(told(none.path()).starts_with("`cargo` 1.95 or newer is missing"));
        let bare = told(rust(&[]).path());
        assert!(bare.starts_with("the target `wasm32-unknown-unknown` of Rust is missing"), "{bare}");
        assert!(bare.contains("`rustup target add wasm32-unknown-unknown`"), "{bare}");
        assert!(told(rust(&[SOURCES]).path()).ends_with("`apt install lld-19`"));
    }
}
