//! What the program prints when it meets a bug: the place, and never the message.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const SITE: &str = "hosts = [\"leak.test\"]\norigin = \"http://127.0.0.1:9\"\n";
const MAIN: &str = "[listen]\nhttp = \"127.0.0.1:0\"\n[sites]\npaths = [\"shop\"]\n";

/// What the program says when it may open so few files that its libraries panic.
fn starved(files: u32) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("shop")).unwrap();
    std::fs::write(folder.path().join("shop/site.toml"), SITE).unwrap();
    std::fs::write(folder.path().join("cloakroom.toml"), MAIN).unwrap();
    let said = folder.path().join("stderr");
    let mut child = Command::new("sh")
        .args(["-c", &format!("ulimit -n {files}; exec \"$0\" serve --config cloakroom.toml")])
        .arg(env!("CARGO_BIN_EXE_cloakroom"))
        .current_dir(folder.path())
        .env("RUST_BACKTRACE", "0")
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(&said).unwrap())
        .spawn()
        .unwrap();
    let since = Instant::now();
    while child.try_wait().unwrap().is_none() && since.elapsed() < Duration::from_secs(3) {
        std::thread::sleep(Duration::from_millis(20));
    }
    // It may have ended by itself.
    let _ = child.kill();
    child.wait().unwrap();
    std::fs::read_to_string(said).unwrap()
}

#[test]
fn a_panic_prints_its_place_and_not_its_message() {
    let said: Vec<_> = (5..18).step_by(2).map(starved).collect();
    let places = said.iter().filter(|said| said.contains("failed where it never should")).count();
    assert!(places > 0, "nothing panicked: {said:?}");
    for said in &said {
        assert!(!said.contains("panicked at") && !said.contains("Too many open files"), "{said}");
    }
}
