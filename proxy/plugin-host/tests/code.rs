//! Compiled code that is kept: it is what runs the next time, and nobody else's is. Starts itself, so it has
//! a `main` of its own.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use cloakroom_plugin_host::{CodeCache, Digest, Engine, Limits, Loader, Shortfalls, worker};

const HERO: &str = include_str!("../../../plugins/templates/hero.toml");
const BANNER: &str = include_str!("../../../plugins/templates/banner.toml");

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some(worker::ARGUMENT) {
        return worker::main();
    }
    for (name, test) in [
        ("kept_code_is_what_runs", kept_code_is_what_runs as fn()),
        ("the_same_plugin_comes_of_kept_code", the_same_plugin_comes_of_kept_code),
        ("a_forgery_is_replaced_and_never_run", a_forgery_is_replaced_and_never_run),
        ("code_of_no_engine_is_made_anew", code_of_no_engine_is_made_anew),
        ("a_refused_plugin_leaves_nothing", a_refused_plugin_leaves_nothing),
        ("where_nothing_can_be_kept_plugins_load", where_nothing_can_be_kept_plugins_load),
    ] {
        test();
        println!("test {name} ... ok");
    }
    ExitCode::SUCCESS
}

fn component(rules: &str) -> Vec<u8> {
    cloakroom_rule_compiler::compile(rules).unwrap()
}

fn loader(folder: &Path) -> Loader {
    Loader::new(Limits::default()).unwrap().with_code_cache(folder)
}

fn engine() -> Engine {
    Engine::new(Limits::default()).unwrap()
}

/// The one file of code in a folder.
fn kept(folder: &Path) -> Option<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut code = paths.filter(|path| path.extension().is_some_and(|extension| extension == "code"));
    let first = code.next();
    assert_eq!(code.next(), None);
    first
}

/// The only way to see which code has run is to exchange it under a whole seal.
fn kept_code_is_what_runs() {
    let folder = tempfile::tempdir().unwrap();
    let (hero, banner) = (component(HERO), component(BANNER));
    let code = engine().open(&banner).unwrap().code().unwrap();
    CodeCache::open(folder.path()).unwrap().put(Digest::of(&hero), engine().key(), &code).unwrap();
    let plugin = loader(folder.path()).load(&hero).unwrap();
    assert_eq!(plugin.manifest().name(), engine().load(&banner).unwrap().manifest().name());
}

fn the_same_plugin_comes_of_kept_code() {
    let folder = tempfile::tempdir().unwrap();
    let (hero, loader) = (component(HERO), loader(folder.path()));
    let since = Instant::now();
    let first = loader.load(&hero).unwrap();
    let compiled = since.elapsed();
    assert!(kept(folder.path()).is_some());
    let since = Instant::now();
    let second = loader.load(&hero).unwrap();
    println!("hero: {compiled:?} compiled, {:?} kept", since.elapsed());
    assert_eq!(first.to_record(), second.to_record());
    assert_eq!(loader.shortfalls(), Shortfalls::default());
}

fn a_forgery_is_replaced_and_never_run() {
    let folder = tempfile::tempdir().unwrap();
    let (hero, loader) = (component(HERO), loader(folder.path()));
    let plugin = loader.load(&hero).unwrap();
    let path = kept(folder.path()).unwrap();
    let whole = fs::read(&path).unwrap();
    let (seal, _) = whole.split_at(32);
    let stranger = [seal, &engine().open(&component(BANNER)).unwrap().code().unwrap()].concat();
    for forgery in [stranger, whole.split_at(whole.len() / 2).0.to_vec(), Vec::new(), b"\x7fELF".to_vec()] {
        fs::write(&path, &forgery).unwrap();
        assert_eq!(loader.load(&hero).unwrap().to_record(), plugin.to_record());
        assert_ne!(fs::read(&path).unwrap(), forgery);
        let sound = CodeCache::open(folder.path()).unwrap().get(Digest::of(&hero), engine().key());
        assert!(sound.is_some(), "sound code has taken its place");
    }
}

/// Sealed by this program, and yet nothing that an engine can run: left by a program with a mistake.
fn code_of_no_engine_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let hero = component(HERO);
    let cache = CodeCache::open(folder.path()).unwrap();
    cache.put(Digest::of(&hero), engine().key(), b"this is not code").unwrap();
    let before = fs::read(kept(folder.path()).unwrap()).unwrap();
    let plugin = loader(folder.path()).load(&hero).unwrap();
    assert_eq!(plugin.to_record(), engine().load(&hero).unwrap().to_record());
    assert_ne!(fs::read(kept(folder.path()).unwrap()).unwrap(), before);
}

fn a_refused_plugin_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    assert!(loader(folder.path()).load(&wat::parse_str("(component)").unwrap()).is_err());
    assert_eq!(kept(folder.path()), None);
}

fn where_nothing_can_be_kept_plugins_load() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a file");
    fs::write(&file, "").unwrap();
    let loader = loader(&file);
    assert!(loader.load(&component(HERO)).is_ok());
    let not_kept = loader.shortfalls().not_kept.unwrap();
    assert!(not_kept.ends_with("/a file` cannot be used: File exists (os error 17)"), "{not_kept}");
}
