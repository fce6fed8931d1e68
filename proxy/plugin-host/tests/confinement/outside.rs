//! The process of a plugin seen from outside, and what becomes of those that try what they must not.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus, Stdio};

use cloakroom_plugin_host::{Limits, LoadError, Loader, worker};

use crate::crafted::{HARMLESS, Module};
use crate::inside::{BOUNDS, DONE, REFUSED};

const HERO: &str = include_str!("../../../../plugins/templates/hero.toml");

const SIGABRT: i32 = 6;
const SIGSYS: i32 = 31;
const SIGXCPU: i32 = 24;

pub fn tests() {
    for (name, test) in [
        ("a_confined_process_lives", a_confined_process_lives as fn()),
        ("what_is_asked_of_the_system_is_refused", what_is_asked_of_the_system_is_refused),
        ("what_nobody_needs_ends_the_process", what_nobody_needs_ends_the_process),
        ("what_it_uses_up_is_bounded", what_it_uses_up_is_bounded),
        ("the_process_of_a_plugin_is_confined", the_process_of_a_plugin_is_confined),
        ("a_plugin_never_learns_how_much_memory_there_is", a_plugin_never_learns_how_much_memory_there_is),
        (
            "a_plugin_whose_compiler_takes_too_much_is_refused",
            a_plugin_whose_compiler_takes_too_much_is_refused,
        ),
    ] {
        test();
        println!("test {name} ... ok");
    }
}

fn attempt(what: &str) -> ExitStatus {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["try", what]).env_clear().stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap()
}

fn a_confined_process_lives() {
    assert_eq!(attempt("live").code(), Some(i32::from(DONE)));
}

fn what_is_asked_of_the_system_is_refused() {
    for what in [
        "read a file",
        "read its own program",
        "read an open file",
        "write an open file",
        "list a folder",
        "write a file",
        "remove a file",
        "look at other processes",
        "become root again",
        "end another process",
        "look into another process",
        "raise a limit",
        "take shared memory",
        "take 8 GiB at once",
        "make many threads",
    ] {
        let status = attempt(what);
        assert_eq!(status.code(), Some(i32::from(REFUSED)), "{what}: {status}");
    }
    assert!(!fs::exists("/tmp/cloakroom-was-here").unwrap());
}

fn what_nobody_needs_ends_the_process() {
    for what in ["listen on the network", "talk to a service"] {
        let status = attempt(what);
        assert_eq!(status.signal(), Some(SIGSYS), "{what}: {status}");
    }
    // There is no second process that could run it.
    let status = attempt("run a program");
    assert!(status.code() == Some(i32::from(REFUSED)) || status.signal() == Some(SIGSYS), "{status}");
}

fn what_it_uses_up_is_bounded() {
    assert_eq!(attempt("take memory until there is none").signal(), Some(SIGABRT));
    assert_eq!(attempt("take processor time").signal(), Some(SIGXCPU));
}

/// The real process, stopped between what it says of itself and the component.
fn the_process_of_a_plugin_is_confined() {
    let limits = Limits::default();
    let order = postcard::to_allocvec(&limits).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .arg(worker::ARGUMENT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut to = child.stdin.take().unwrap();
    to.write_all(&[&b"L"[..], &u32::try_from(order.len()).unwrap().to_le_bytes(), &order].concat()).unwrap();
    let mut ready = [0; 5];
    child.stdout.take().unwrap().read_exact(&mut ready).unwrap();
    assert_eq!(ready[0], b'Y');

    let about = |file: &str| fs::read_to_string(format!("/proc/{}/{file}", child.id())).unwrap();
    let (status, limits_held) = (about("status"), about("limits"));
    let value = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.unwrap().split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    if rustix::process::getuid().is_root() {
        assert_eq!(value("Uid"), ["65534"; 4]);
        assert_eq!(value("Gid"), ["65534"; 4]);
        assert_eq!(value("Groups"), Vec::<String>::new());
    }
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        assert_eq!(value(set), ["0000000000000000"], "{set}");
    }
    assert_eq!((value("NoNewPrivs"), value("Seccomp")), (vec!["1".to_owned()], vec!["2".to_owned()]));
    let bounds = worker::bounds(&limits);
    for (name, most) in [
        ("Max data size", bounds.memory_bytes),
        ("Max address space", bounds.memory_bytes + bounds.reserved_bytes),
        ("Max cpu time", bounds.processor_seconds),
        ("Max file size", bounds.file_bytes),
        ("Max core file size", 0),
    ] {
        let line = limits_held.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        assert_eq!(line.split_whitespace().next(), Some(most.to_string().as_str()), "{name}");
    }
    // A process whose proxy is gone ends itself.
    drop(to);
    assert!(child.wait().unwrap().code().is_some());
}

fn a_plugin_whose_compiler_takes_too_much_is_refused() {
    let limits =
        Limits { process_memory_bytes: usize::try_from(BOUNDS.memory_bytes).unwrap(), ..Limits::default() };
    let component = cloakroom_rule_compiler::compile(HERO).unwrap();
    let fits = Loader::new(limits.clone()).unwrap().load(&component);
    assert!(fits.is_ok(), "{fits:?}");
    let loader = Loader::new(Limits { process_memory_bytes: 64 << 20, ..limits }).unwrap();
    let refusal = loader.load(&bomb()).unwrap_err();
    let expected = LoadError::Exhausted { what: "64 MiB of memory".to_owned() };
    assert_eq!(refusal, expected);
}

/// A component whose one function makes a compiler take far more memory than it has bytes.
fn bomb() -> Vec<u8> {
    let body: String = (0..60_000)
        .map(|n| format!("(local.set 0 (i32.add (local.get 0) (call $f (i32.const {n}))))"))
        .collect();
    wat::parse_str(format!(
        "(component (core module (func $f (param i32) (result i32) {body} (local.get 0))))"
    ))
    .unwrap()
}

/// What the system refuses an instance must not look to it like a memory that may not grow: it would then
/// answer otherwise where there is less.
fn a_plugin_never_learns_how_much_memory_there_is() {
    let limits = Limits { process_memory_bytes: 40 << 20, ..Limits::default() };
    let grows = Module { decide: "(i32.eq (memory.grow (i32.const 900)) (i32.const -1))", ..HARMLESS };
    let refusal = Loader::new(limits).unwrap().load(&grows.component()).unwrap_err();
    assert_eq!(refusal, LoadError::Exhausted { what: "40 MiB of memory".to_owned() });
    // One that goes beyond the bound that it has set itself is told so, as WASM says.
    let bound = Module { memory: "1 2", ..grows };
    let plugin = Loader::new(Limits::default()).unwrap().load(&bound.component()).unwrap();
    assert_eq!(plugin.readable().slots().len(), 1);
}
