//! Plugins in a process of their own: the same plugin comes back, and whatever becomes of the process,
//! this one lives on with a clear refusal. Starts itself, so it has a `main` of its own.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::RefCell;
use std::io::{Read, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use cloakroom_plugin_host::{Engine, Limits, Loader, Plugin, Progress, Shortfalls, worker};

const HERO: &str = include_str!("../../../plugins/templates/hero.toml");
const BANNER: &str = include_str!("../../../plugins/templates/banner.toml");

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some(worker::ARGUMENT) => return worker::main(),
        Some("mute") => {
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
        }
        Some("abort") => std::process::abort(),
        Some("quit") => return ExitCode::from(7),
        Some("babble") => say(b'?', b"hello"),
        Some("endless") => say(b'R', &[0; 40 << 20]),
        Some("told") => {
            ready([1; 4]);
            [(0, 9), (4, 9), (9, 9)].into_iter().for_each(progress);
            say(b'R', &in_process(HERO).to_record());
        }
        Some("boaster") => {
            ready([1; 4]);
            progress((10, 9));
        }
        Some("chatterer") => {
            ready([1; 4]);
            (0..5_000).for_each(|_| progress((1, 9)));
        }
        Some("exposed") => {
            ready([1, 1, 0, 0]);
            say(b'R', &in_process(HERO).to_record());
        }
        Some("hasty") => say(b'R', &in_process(HERO).to_record()),
        Some("lie") => {
            ready([1; 4]);
            say(b'R', &in_process(BANNER).to_record());
        }
        _ => tests(),
    }
    ExitCode::SUCCESS
}

fn say(kind: u8, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).unwrap().to_le_bytes();
    let said = [&[kind][..], &length, bytes].concat();
    let _ = std::io::stdout().write_all(&said);
}

/// Says which of four parts of the confinement hold; the engine is number 0.
fn ready(confined: [u8; 4]) {
    say(b'Y', &[confined.as_slice(), &[0; 32]].concat());
}

fn progress((done, cells): (u32, u32)) {
    say(b'P', &[done.to_le_bytes(), cells.to_le_bytes()].concat());
}

fn tests() {
    for (name, test) in [
        ("what_comes_back_is_the_plugin", what_comes_back_is_the_plugin as fn()),
        ("refusals_keep_their_words", refusals_keep_their_words),
        ("whatever_the_process_does_is_a_refusal", whatever_the_process_does_is_a_refusal),
        ("how_far_a_load_is_is_told", how_far_a_load_is_is_told),
        ("a_load_that_takes_its_time_says_so", a_load_that_takes_its_time_says_so),
        ("what_a_machine_lacks_is_told", what_a_machine_lacks_is_told),
        ("one_that_says_nothing_is_ended_in_time", one_that_says_nothing_is_ended_in_time),
    ] {
        test();
        println!("test {name} ... ok");
    }
}

fn component(rules: &str) -> Vec<u8> {
    cloakroom_rule_compiler::compile(rules).unwrap()
}

fn in_process(rules: &str) -> Plugin {
    Engine::new(Limits::default()).unwrap().load(&component(rules)).unwrap()
}

fn loader() -> Loader {
    Loader::new(Limits::default()).unwrap()
}

fn what_comes_back_is_the_plugin() {
    let (bytes, loader) = (component(HERO), loader());
    let since = Instant::now();
    let plugin = loader.load(&bytes).unwrap();
    let apart = since.elapsed();
    let since = Instant::now();
    let expected = in_process(HERO);
    assert_eq!(loader.shortfalls(), Shortfalls::default(), "this machine has all that confinement needs");
    println!("hero: {apart:?} in a process of its own, {:?} in this one", since.elapsed());
    assert_eq!(plugin.to_record(), expected.to_record());
}

fn refusals_keep_their_words() {
    let engine = Engine::new(Limits::default()).unwrap();
    let import = wat::parse_str(r#"(component (import "wasi:clocks/wall-clock@0.2.0" (instance)))"#).unwrap();
    for bytes in [&b"garbage"[..], &import, &wat::parse_str("(component)").unwrap(), &vec![0; 17 << 20]] {
        let refusal = loader().load(bytes).unwrap_err();
        assert_eq!(refusal, engine.load(bytes).unwrap_err());
    }
}

fn whatever_the_process_does_is_a_refusal() {
    let bytes = component(HERO);
    let program = std::env::current_exe().unwrap();
    for (mode, expected) in [
        ("abort", "the process that compiled and ran the plugin failed: it was ended by signal 6"),
        (
            "quit",
            "the process that compiled and ran the plugin failed: it ended with code 7 and without an answer",
        ),
        (
            "babble",
            "the process that compiled and ran the plugin answered with something that is no plugin: neither a record nor a refusal",
        ),
        (
            "boaster",
            "the process that compiled and ran the plugin answered with something that is no plugin: it is further than its end",
        ),
        (
            "chatterer",
            "the process that compiled and ran the plugin answered with something that is no plugin: neither a record nor a refusal",
        ),
        (
            "hasty",
            "the process that compiled and ran the plugin answered with something that is no plugin: neither a record nor a refusal",
        ),
        (
            "lie",
            "the process that compiled and ran the plugin answered with something that is no plugin: it is of another plugin",
        ),
    ] {
        let refusal = loader().with_worker(&program, &[mode]).load(&bytes).unwrap_err();
        assert_eq!(refusal.to_string(), expected, "{mode}");
    }
    let endless = loader().with_worker(&program, &["endless"]).load(&bytes).unwrap_err();
    assert!(endless.to_string().starts_with("the process that compiled and ran the plugin failed"));
    let nowhere = loader().with_worker("/nowhere", &[]).load(&bytes).unwrap_err();
    assert!(nowhere.to_string().starts_with("no process can be started to compile and run the plugin: "));
}

fn one_that_says_nothing_is_ended_in_time() {
    let limits = Limits {
        compile_wall_clock: Duration::from_millis(200),
        load_wall_clock: Duration::from_millis(200),
        ..Limits::default()
    };
    let loader = Loader::new(limits).unwrap().with_worker(std::env::current_exe().unwrap(), &["mute"]);
    let refusal = loader.load(&component(HERO)).unwrap_err();
    assert_eq!(refusal.to_string(), "the plugin was given up after 0 seconds of compiling and running");
}

/// What is told by [`Loader::load_telling`], without what is said while there is nothing new.
fn told(loader: &Loader, component: &[u8]) -> Vec<Progress> {
    let told = RefCell::new(Vec::new());
    loader.load_telling(component, &|progress| told.borrow_mut().push(progress)).unwrap();
    let mut told = told.into_inner();
    told.dedup();
    told.retain(|progress| progress.cells > 0);
    told
}

fn how_far_a_load_is_is_told() {
    let loader = loader().with_worker(std::env::current_exe().unwrap(), &["told"]);
    let expected = [(0, 9), (4, 9), (9, 9)].map(|(done, cells)| Progress { done, cells });
    assert_eq!(told(&loader, &component(HERO)), expected);
}

/// Rules that tell 24 countries, 30 languages, 30 campaigns and a part of the day apart: far more than is done
/// before anybody is told.
fn a_load_that_takes_its_time_says_so() {
    let mut rules = "name = \"large\"\nversion = \"1\"\n".to_owned();
    for signal in ["country", "language", "campaign", "daypart"] {
        rules += &format!("[signals.{signal}]\nreason = \"to be measured\"\n");
    }
    rules += "[[slot]]\nname = \"s\"\ndefault = \"a\"\nvariant = [{ name = \"a\" }, { name = \"b\" }]\n";
    let countries = "FR DE GB US ES IT PT NL BE LU CH AT DK SE NO FI IE PL CZ HU RO BG GR JP";
    let countries: Vec<&str> = countries.split(' ').collect();
    for (at, country) in (0_u8..30).zip(countries.iter().cycle()) {
        let tag = format!("{}{}", char::from(b'x' + at / 26), char::from(b'a' + at % 26));
        for when in [
            format!("country = \"{country}\", language = \"{tag}\""),
            format!("campaign = \"{tag}\", country = \"{country}\", daypart = \"night\""),
        ] {
            rules += &format!("[[rule]]\nwhen = {{ {when} }}\nshow = {{ s = \"b\" }}\n");
        }
    }
    let told = told(&loader(), &component(&rules));
    assert!(!told.is_empty());
    assert!(told.is_sorted_by_key(|progress| progress.done) && told.iter().all(|p| p.done <= p.cells));
}

fn what_a_machine_lacks_is_told() {
    let loader = loader().with_worker(std::env::current_exe().unwrap(), &["exposed"]);
    loader.load(&component(HERO)).unwrap();
    let expected = [
        "files are not out of its reach by Landlock",
        "system calls, or files that were open before, are not out of its reach by seccomp",
    ];
    assert_eq!(loader.shortfalls().unconfined, expected);
}
