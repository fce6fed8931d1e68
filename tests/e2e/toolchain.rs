//! `plugin new` and `plugin build` as they are typed. What needs a toolchain is in `tests/examples`; here is
//! what works without any, and what is told where one is missing.

use std::path::Path;
use std::process::{Command, Output};

/// Runs the command where nothing is on `PATH`.
fn cloakroom(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cloakroom"))
        .args(args)
        .current_dir(folder)
        .env("PATH", "")
        .output()
        .unwrap()
}

/// Exit code, result and complaints.
fn said(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let output = cloakroom(folder, args);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_rule_file_is_started_built_and_read_without_any_tool() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, err) = said(folder.path(), &["plugin", "new", "--lang", "rules", "spring"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("cloakroom plugin build spring"), "{out}");
    let (code, out, err) = said(folder.path(), &["plugin", "build", "spring"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let component = std::fs::read(folder.path().join("spring/spring.wasm")).unwrap();
    assert!(out.contains(&format!("built spring/spring.wasm: {} bytes", component.len())), "{out}");
    let (code, out, _) = said(folder.path(), &["plugin", "table", "spring/spring.wasm"]);
    assert_eq!(code, 0);
    assert!(out.starts_with("spring 1.0.0\n") && out.contains("→ morning-fr"), "{out}");
}

#[test]
fn building_twice_gives_the_same_digest_as_json() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(said(folder.path(), &["plugin", "new", "--lang", "rules", "spring", "."]).0, 0);
    let built = || {
        let (code, out, _) = said(folder.path(), &["--json", "plugin", "build"]);
        assert_eq!(code, 0);
        serde_json::from_str::<serde_json::Value>(&out).unwrap()
    };
    let first = built();
    assert_eq!((&first["file"], &first["language"]), (&"spring.wasm".into(), &"rules".into()));
    assert_eq!(first, built());
    let rights = |file: &str| std::fs::metadata(folder.path().join(file)).unwrap().permissions();
    assert_eq!(rights("spring.wasm"), rights("spring.toml"), "whoever may read the source may read this");
}

#[test]
fn nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("README.md"), "mine").unwrap();
    let (code, _, err) = said(folder.path(), &["plugin", "new", "--lang", "zig", "spring", "."]);
    assert_eq!(code, 1);
    assert!(err.contains("`.` holds something already") && err.contains("nothing is overwritten"), "{err}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_tool_that_is_missing_is_named_with_the_command_that_installs_it() {
    for (language, tool, command) in [
        ("c", "`zig` 0.17.1 is missing", "python3 -m pip install ziglang==0.17.1"),
        ("zig", "`zig` 0.17.1 is missing", "python3 -m pip install ziglang==0.17.1"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(said(folder.path(), &["plugin", "new", "--lang", language, "spring", "."]).0, 0);
        let (code, out, err) = said(folder.path(), &["plugin", "build"]);
        assert_eq!((code, out.as_str()), (1, ""), "{language}");
        assert!(err.contains(tool) && err.contains(command), "{err}");
        assert!(!folder.path().join("spring.wasm").exists());
    }
}

#[cfg(unix)]
#[test]
fn a_tool_that_fails_is_shown_with_its_last_words() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(said(folder.path(), &["plugin", "new", "--lang", "c", "spring", "."]).0, 0);
    let tools = tempfile::tempdir().unwrap();
    // Copied by another process: what was open for writing here may be held open by a process that some other
    // test starts just now, and could then not be run.
    let (draft, zig) = (folder.path().join("draft"), tools.path().join("zig"));
    std::fs::write(&draft, "#!/bin/sh\necho plugin.c:3:1: not today >&2\nexit 7\n").unwrap();
    std::fs::set_permissions(&draft, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert!(Command::new("cp").args([&draft, &zig]).status().unwrap().success());
    let output = Command::new(env!("CARGO_BIN_EXE_cloakroom"))
        .args(["plugin", "build"])
        .current_dir(folder.path())
        .env("PATH", tools.path())
        .output()
        .unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(err.contains("plugin.c:3:1: not today") && err.contains("status: 7"), "{err}");
}

#[test]
fn a_mistake_in_the_project_is_shown_where_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cloakroom-plugin.toml");
    std::fs::write(&file, "name = \"spring\"\nlanguage = \"cobol\"\nsource = \"../a\"\n").unwrap();
    let (code, _, err) = said(folder.path(), &["plugin", "build"]);
    assert_eq!(code, 3);
    assert!(err.contains("cloakroom-plugin.toml:2:12") && err.contains("`cobol` is not a language"), "{err}");
    assert!(err.contains("cloakroom-plugin.toml:3:10"), "{err}");
    let (code, _, err) = said(folder.path(), &["plugin", "build", "nowhere"]);
    assert_eq!(code, 3);
    assert!(err.contains("there is no `cloakroom-plugin.toml` in `nowhere`"), "{err}");
}

#[test]
fn a_mistake_in_the_rules_is_shown_where_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(said(folder.path(), &["plugin", "new", "--lang", "rules", "spring", "."]).0, 0);
    let file = folder.path().join("spring.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("daypart = \"evening\"", "daypart = \"evenning\"")).unwrap();
    let (code, _, err) = said(folder.path(), &["plugin", "build"]);
    assert_eq!(code, 3);
    assert!(err.contains("spring.toml:") && err.contains("`evenning`"), "{err}");
}
