//! The process that compiles and runs a plugin, seen through the real binary.

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

#[test]
fn without_an_order_it_ends_and_says_nothing() {
    let output = Command::new(env!("CARGO_BIN_EXE_cloakroom"))
        .arg("plugin-worker")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty() && output.stderr.is_empty());
}

#[test]
fn people_are_not_told_of_it() {
    let output = Command::new(env!("CARGO_BIN_EXE_cloakroom")).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(help.contains("serve") && !help.contains("plugin-worker"), "{help}");
}

#[test]
fn compiled_code_of_a_file_is_kept_for_its_user_alone() {
    let home = tempfile::tempdir().unwrap();
    let table = |variable: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_cloakroom"))
            .args([
                "plugin",
                "table",
                concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins/templates/hero.toml"),
            ])
            .env_remove("XDG_CACHE_HOME")
            .env(variable, home.path())
            .output()
            .unwrap();
        // No bar where there is no terminal, and no complaint.
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
        output.stdout
    };
    let (first, second) = (table("XDG_CACHE_HOME"), table("XDG_CACHE_HOME"));
    assert_eq!(first, second);
    assert_eq!(table("HOME"), first);
    for folder in ["cloakroom", ".cache/cloakroom"] {
        let folder = home.path().join(folder);
        let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        let kept: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "code")).collect();
        assert_eq!(kept.len(), 1, "{kept:?}");
        assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(std::fs::metadata(&kept[0]).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
