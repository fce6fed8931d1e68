//! Installing, going back, and stores that somebody has been at. Only rule files of ours enter.

use std::cell::Cell;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use cloakroom_plugin_host::{Engine, Limits};
use tempfile::TempDir;

use super::*;

const SITE: &str = "shop.example";

fn component(version: &str) -> Vec<u8> {
    let rules = format!(
        "name = \"hero\"\nversion = \"{version}\"\n[signals.device]\nreason = \"to fit\"\n[[slot]]\nname = \"hero\"\n\
         default = \"a\"\nvariant = [{{ name = \"a\" }}, {{ name = \"b\" }}]\n[[rule]]\nwhen = {{ device = \"phone\" }}\n\
         show = {{ hero = \"b\" }}\n"
    );
    cloakroom_rule_compiler::compile(&rules).unwrap()
}

fn load(component: &[u8]) -> Result<Plugin, LoadError> {
    Engine::new(Limits::default()).unwrap().load(component)
}

fn store() -> (TempDir, PluginStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = PluginStore::new(folder.path());
    (folder, store)
}

fn install(store: &PluginStore, version: &str) -> Installed {
    let component = component(version);
    let plugin = load(&component).unwrap();
    let mut change = store.change(SITE).unwrap();
    let installed = change.install("hero", &component, &plugin, 7, "").unwrap();
    change.commit().unwrap();
    installed
}

fn roll_back(store: &PluginStore, to: Option<&str>) -> Result<Option<String>, StoreError> {
    let mut change = store.change(SITE)?;
    let to = match to {
        None => Target::Before,
        Some("file") => Target::File,
        Some(prefix) => Target::Digest(prefix.to_owned()),
    };
    let version = change.roll_back("hero", &to)?.map(|version| version.version.clone());
    change.commit().map(|()| version)
}

fn live(store: &PluginStore) -> Option<String> {
    store.index(SITE).unwrap().live("hero").map(|version| version.version.clone())
}

/// The live plugin's version, and whether its component had to be run for it.
fn shown(store: &PluginStore) -> Result<(String, bool), StoreError> {
    let index = store.index(SITE)?;
    let ran = Cell::new(false);
    let plugin = store.plugin(index.live("hero").unwrap(), |component| {
        ran.set(true);
        load(component)
    })?;
    Ok((plugin.manifest().version().to_owned(), ran.get()))
}

#[test]
fn versions_are_installed_and_gone_back_to() {
    let (_folder, store) = store();
    assert_eq!(live(&store), None);
    assert!(matches!(roll_back(&store, None), Err(StoreError::NothingInstalled { .. })));
    for version in ["1", "2", "3"] {
        assert_eq!(install(&store, version), Installed::Live);
    }
    assert_eq!(install(&store, "3"), Installed::AlreadyLive);
    assert_eq!(shown(&store).unwrap(), ("3".to_owned(), false));
    let back = || roll_back(&store, None).unwrap();
    assert_eq!([back(), back(), back()], [Some("2".to_owned()), Some("1".to_owned()), None]);
    assert!(matches!(roll_back(&store, None), Err(StoreError::NothingBefore { .. })));
    let digest = Digest::of(&component("2")).to_string();
    assert_eq!(roll_back(&store, Some(&digest[..8])).unwrap().unwrap(), "2");
    for prefix in ["", "xyz"] {
        let refused = roll_back(&store, Some(prefix)).unwrap_err();
        assert!(matches!(refused, StoreError::Digest { count: 0, .. }));
    }
    assert_eq!(live(&store).unwrap(), "2", "what is refused changes nothing");
}

#[test]
fn going_back_leads_to_what_was_live_and_not_to_what_stands_above() {
    let (_folder, store) = store();
    for version in ["1", "2"] {
        install(&store, version);
    }
    assert_eq!(roll_back(&store, None).unwrap().unwrap(), "1", "2 was bad");
    install(&store, "3");
    assert_eq!(roll_back(&store, None).unwrap().unwrap(), "1");
    let bad = Digest::of(&component("2")).to_string();
    assert_eq!(roll_back(&store, Some(&bad)).unwrap().unwrap(), "2");
    install(&store, "3");
    assert_eq!(store.index(SITE).unwrap().plugins().next().unwrap().1.versions.len(), 3, "each once");
    assert_eq!(roll_back(&store, None).unwrap().unwrap(), "2");
    assert_eq!(roll_back(&store, Some("file")).unwrap(), None);
    assert_eq!(roll_back(&store, None).unwrap().unwrap(), "2");
}

#[test]
fn installing_again_puts_back_what_was_lost() {
    let (folder, store) = store();
    install(&store, "1");
    for of in ["components", "tables"] {
        fs::remove_dir_all(folder.path().join("plugins").join(of)).unwrap();
    }
    assert!(matches!(shown(&store), Err(StoreError::Lost { .. })));
    assert_eq!(install(&store, "1"), Installed::AlreadyLive);
    assert_eq!(shown(&store).unwrap(), ("1".to_owned(), false));
}

#[test]
fn only_so_many_versions_are_remembered() {
    let (_folder, store) = store();
    for version in 0..MAX_VERSIONS + 3 {
        install(&store, &version.to_string());
    }
    let index = store.index(SITE).unwrap();
    let (_, of) = index.plugins().next().unwrap();
    assert_eq!((of.versions.len(), of.versions[0].version.as_str()), (MAX_VERSIONS, "3"));
    assert_eq!(live(&store).unwrap(), (MAX_VERSIONS + 2).to_string());
}

#[test]
fn a_change_that_is_not_committed_is_none() {
    let (_folder, store) = store();
    install(&store, "1");
    let mut change = store.change(SITE).unwrap();
    let next = component("2");
    change.install("hero", &next, &load(&next).unwrap(), 7, "").unwrap();
    assert_eq!(change.index().live("hero").unwrap().version, "2");
    drop(change);
    assert_eq!(live(&store).unwrap(), "1");
}

#[test]
fn what_no_site_remembers_is_removed() {
    let (folder, store) = store();
    for version in 0..MAX_VERSIONS + 3 {
        install(&store, &version.to_string());
    }
    let components = fs::read_dir(folder.path().join("plugins/components")).unwrap();
    assert_eq!(components.count(), MAX_VERSIONS);
}

#[test]
fn a_note_is_cut_between_two_characters() {
    let (_folder, store) = store();
    let first = component("1");
    let mut change = store.change(SITE).unwrap();
    let note = format!("a{}", "é".repeat(MAX_NOTE_BYTES));
    change.install("hero", &first, &load(&first).unwrap(), 7, &note).unwrap();
    assert_eq!(change.index().live("hero").unwrap().note.len(), MAX_NOTE_BYTES - 1);
}

#[test]
fn of_tables_only_so_many_are_kept_and_none_is_needed() {
    let (folder, store) = store();
    let tables = folder.path().join("plugins/tables");
    install(&store, "1");
    for number in 0..MAX_TABLES {
        fs::write(tables.join(format!("{number:064}")), "older than any").unwrap();
    }
    let second = component("2");
    let ran = Cell::new(0);
    let run = |component: &[u8]| {
        ran.set(ran.get() + 1);
        load(component)
    };
    for _ in 0..2 {
        let plugin = store.tabulated(&second, run).unwrap();
        assert_eq!(plugin.manifest().version(), "2");
    }
    assert_eq!(ran.get(), 1);
    assert_eq!(fs::read_dir(&tables).unwrap().count(), MAX_TABLES);
    assert_eq!(shown(&store).unwrap(), ("1".to_owned(), true), "its table was the first that was written");
}

#[test]
fn a_store_that_cannot_be_written_to_costs_time_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("plugins"), "no folder").unwrap();
    let store = PluginStore::new(folder.path());
    assert_eq!(store.tabulated(&component("1"), load).unwrap().manifest().version(), "1");
    assert!(matches!(store.change(SITE), Err(StoreError::File { .. })));
}

#[test]
fn a_table_that_others_have_changed_is_made_anew_from_the_component() {
    let (folder, store) = store();
    install(&store, "1");
    let digest = Digest::of(&component("1")).to_string();
    let table = folder.path().join("plugins/tables").join(&digest);
    let whole = fs::read(&table).unwrap();
    for at in [0, 40, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        fs::write(&table, changed).unwrap();
        assert_eq!(shown(&store).unwrap(), ("1".to_owned(), true), "byte {at}");
        assert_eq!(fs::read(&table).unwrap(), whole, "and is kept again");
    }
    install(&store, "2");
    let other = folder.path().join("plugins/tables").join(Digest::of(&component("2")).to_string());
    fs::copy(&table, &other).unwrap();
    assert_eq!(shown(&store).unwrap(), ("2".to_owned(), true), "a whole table of another plugin");
    fs::remove_file(folder.path().join("plugins/seal.key")).unwrap();
    assert_eq!(shown(&store).unwrap(), ("2".to_owned(), true), "the key is lost");
    assert_eq!(shown(&store).unwrap(), ("2".to_owned(), false));
}

#[test]
fn a_component_that_others_have_changed_is_refused() {
    let (folder, store) = store();
    install(&store, "1");
    let digest = Digest::of(&component("1")).to_string();
    fs::remove_file(folder.path().join("plugins/tables").join(&digest)).unwrap();
    let file = folder.path().join("plugins/components").join(format!("{digest}.wasm"));
    fs::write(&file, component("2")).unwrap();
    assert!(matches!(shown(&store), Err(StoreError::Component { .. })));
    fs::remove_file(&file).unwrap();
    assert!(matches!(shown(&store), Err(StoreError::Lost { .. })));
    std::os::unix::fs::symlink("/dev/zero", &file).unwrap();
    assert!(matches!(shown(&store), Err(StoreError::File { .. })));
}

#[test]
fn a_damaged_list_is_told_and_not_guessed_at() {
    let (folder, store) = store();
    install(&store, "1");
    let file = folder.path().join("plugins/sites/shop.example.json");
    let whole = fs::read_to_string(&file).unwrap();
    for broken in [
        "",
        "{",
        &whole[..whole.len() - 3],
        &whole.replace("\"format\": 1", "\"format\": 9"),
        &whole.replace("\"live\": \"", "\"live\": \"0"),
        &whole.replace("\"before\": [", "\"before\": [\"00\", "),
        &whole.replace("\"note\"", "\"more\""),
        &whole.replace("\"digest\": \"", "\"digest\": \"../"),
    ] {
        assert_ne!(broken, whole);
        fs::write(&file, broken).unwrap();
        let error = store.index(SITE).unwrap_err();
        assert!(matches!(error, StoreError::Index { .. }), "{error}");
    }
    fs::write(&file, vec![b' '; 2 << 20]).unwrap();
    assert!(matches!(store.index(SITE), Err(StoreError::File { .. })));
}

#[test]
fn nobody_else_may_read_and_two_installs_wait_for_each_other() {
    let (folder, store) = store();
    std::thread::scope(|scope| {
        for version in ["1", "2", "3", "4"] {
            let store = &store;
            scope.spawn(move || install(store, version));
        }
    });
    let index = store.index(SITE).unwrap();
    assert_eq!(index.plugins().next().unwrap().1.versions.len(), 4);
    let mut looked_at = 0;
    for name in ["", "components", "tables", "sites"] {
        for entry in fs::read_dir(folder.path().join("plugins").join(name)).unwrap() {
            let facts = entry.unwrap().metadata().unwrap();
            let allowed = if facts.is_dir() { 0o700 } else { 0o600 };
            assert_eq!(facts.permissions().mode() & 0o777, allowed);
            looked_at += 1;
        }
    }
    assert!(looked_at > 10);
}
