//! The main file and a site's, with a zero byte between. They are read or refused.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

static FOLDER: LazyLock<(TempDir, PathBuf)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("shop")).expect("a folder in it");
    let main = folder.path().join("cloakroom.toml");
    (folder, main)
});

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(2, |byte| *byte == 0);
    let (folder, main) = &*FOLDER;
    for path in [main.clone(), folder.path().join("shop/site.toml")] {
        std::fs::write(path, parts.next().unwrap_or_default()).expect("a file");
    }
    if let Err(error) = cloakroom_settings::load(main) {
        assert!(!error.to_string().is_empty());
    }
});
