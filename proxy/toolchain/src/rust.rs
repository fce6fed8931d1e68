//! Rust, by cargo: with the WASM target of rustup where it is installed, else with a standard library that
//! is compiled on the way from its sources.

use std::path::{Path, PathBuf};

use crate::tools::{Run, Tool};
use crate::{BuildError, Job, Tools};

const TARGET: &str = "wasm32-unknown-unknown";
/// The folder that cargo builds in, below the project's.
const TARGET_FOLDER: &str = "target";
/// Where a distribution keeps its Rust, if another one comes first on `PATH`.
const DISTRIBUTION: &str = "/usr/bin";

pub(crate) fn build(job: &Job<'_>) -> Result<Vec<u8>, BuildError> {
    let folder = job.project.folder();
    let library = library_name(&folder.join(job.project.source()))?;
    let rust = find(job.tools, folder)?;
    let run = rust.cargo.run_in(folder);
    let run = run.args(&["build", "--release", "--target", TARGET, "--target-dir", TARGET_FOLDER]);
    let run = run.arg("--manifest-path").arg(job.project.source());
    job.tools.run(&rust.prepare(run))?;
    let made = folder.join(TARGET_FOLDER).join(TARGET).join("release").join(format!("{library}.wasm"));
    std::fs::read(&made).map_err(|cause| BuildError::file(&made, &cause))
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
fn find(tools: &Tools, folder: &Path) -> Result<Rust, BuildError> {
    let distribution = Tools::new(Some(DISTRIBUTION.as_ref()), |_| ());
    let pairs: Vec<(Tool, Tool)> = [tools, &distribution]
        .into_iter()
        .filter_map(|place| Some((place.find("cargo")?, place.find("rustc")?)))
        .collect();
    if pairs.is_empty() {
        let purpose = "a plugin in Rust is built with it";
        let debian = "apt install rustc-web cargo-web rust-web-src lld";
        let rustup = "rustup toolchain install stable --target wasm32-unknown-unknown";
        return Err(BuildError::missing("`cargo` 1.95 or newer", purpose, &[rustup, debian]));
    }
    let asked: Vec<_> = pairs.iter().map(|(_, rustc)| Asked::ask(tools, rustc, folder)).collect();
    let linker = asked.iter().find_map(Asked::linker).or_else(|| {
        let on_path = ["rust-lld", "wasm-ld"].iter().find_map(|name| tools.find(name));
        on_path.map(|tool| tool.program().to_owned())
    });
    let chosen = |(cargo, rustc): &(Tool, Tool), from_source| Rust {
        cargo: cargo.clone(),
        rustc: rustc.clone(),
        from_source,
    };
    let pairs = || pairs.iter().zip(&asked);
    if let Some((pair, _)) = pairs().find(|(_, asked)| asked.has_target()) {
        return Ok(chosen(pair, None));
    }
    let with_sources = pairs().find(|(_, asked)| asked.has_sources());
    match (with_sources, linker) {
        (Some((pair, _)), Some(linker)) => Ok(chosen(pair, Some(linker))),
        (Some(_), None) => {
            let purpose = "Rust's library can be compiled for WASM here, but not linked";
            Err(BuildError::missing(
                "a linker for WASM (`rust-lld` or `wasm-ld`)",
                purpose,
                &["apt install lld"],
            ))
        }
        (None, _) => {
            let purpose =
                "a plugin is built for it, and Rust's library cannot be compiled without its sources";
            let debian = "apt install rustc-web cargo-web rust-web-src lld";
            let commands = ["rustup target add wasm32-unknown-unknown", debian];
            Err(BuildError::missing("the target `wasm32-unknown-unknown` of Rust", purpose, &commands))
        }
    }
}

/// What a rustc says of itself.
struct Asked {
    target: Option<PathBuf>,
    sysroot: Option<PathBuf>,
    host: Option<String>,
}

impl Asked {
    fn ask(tools: &Tools, rustc: &Tool, folder: &Path) -> Self {
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
