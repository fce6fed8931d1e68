//! The process that compiles and runs a plugin, seen through the real binary.

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
