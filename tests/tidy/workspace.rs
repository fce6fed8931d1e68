//! The workspace as cargo and the file system see it, read once for all tests.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use cargo_metadata::{Metadata, MetadataCommand, Package};

/// What cargo knows, for the platform that the tests run on: other platforms' dependencies are
/// not even downloaded.
static METADATA: LazyLock<Metadata> = LazyLock::new(|| {
    let told = Command::new("rustc").arg("-vV").output().unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    let host = told.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(["--offline", "--filter-platform", host].map(str::to_owned))
        .exec()
        .unwrap()
});

/// The top of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// What cargo knows.
pub(crate) fn metadata() -> &'static Metadata {
    &METADATA
}

/// The packages of the workspace.
pub(crate) fn members() -> Vec<&'static Package> {
    metadata().workspace_packages()
}

/// The rooms: the packages under `proxy/`, with their names in the documents.
pub(crate) fn rooms() -> Vec<(&'static str, &'static Package)> {
    let proxy = root().join("proxy");
    let inside = |package: &&Package| package.manifest_path.starts_with(&proxy);
    members().into_iter().filter(inside).map(|package| (short(&package.name), package)).collect()
}

/// A package's name without the project's.
pub(crate) fn short(name: &str) -> &str {
    name.strip_prefix("cloakroom-").unwrap_or(name)
}

/// Every package that is built on this platform, from anywhere.
pub(crate) fn built() -> impl Iterator<Item = &'static Package> {
    let resolve = metadata().resolve.as_ref().unwrap();
    let used: BTreeSet<_> = resolve.nodes.iter().map(|node| &node.id).collect();
    metadata().packages.iter().filter(move |package| used.contains(&package.id))
}

/// Files with this ending under the given folders of the repository, as paths from its top.
pub(crate) fn files(folders: &[&str], ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = open.pop() {
        // A folder that is not there yet holds nothing.
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.map(Result::unwrap) {
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_str().unwrap();
            if name.starts_with('.') || name == "target" || name == "node_modules" {
                continue;
            }
            if entry.file_type().unwrap().is_dir() {
                open.push(path);
            } else if name.ends_with(ending) {
                found.push(path.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// The text of a file, by its path from the top.
pub(crate) fn text(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()))
}

/// Fails with one line for each thing that is wrong.
#[track_caller]
pub(crate) fn none_of(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}
