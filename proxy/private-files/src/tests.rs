//! Files that are cut short, links, strangers' keys, and two processes at once.

use super::*;
use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt as _, symlink};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn folder() -> (tempfile::TempDir, Folder) {
    let outer = tempfile::tempdir().unwrap();
    let folder = Folder::new(outer.path().join("a/b"));
    (outer, folder)
}

#[test]
fn what_is_written_is_read_and_nobody_else_may() {
    let (_outer, folder) = folder();
    assert!(folder.read("one", 10).unwrap().is_none());
    assert!(folder.kept().unwrap().is_empty());
    folder.write("one", &[b"first"]).unwrap();
    folder.write("one", &[b"se", b"cond"]).unwrap();
    assert_eq!(folder.read("one", 10).unwrap().unwrap(), b"second");
    assert_eq!((mode(&folder.path), mode(&folder.path("one"))), (0o700, 0o600));
    assert!(folder.read("one", 5).is_err(), "beyond its bound");
    fs::remove_file(folder.path("one")).unwrap();
    symlink("/dev/zero", folder.path("one")).unwrap();
    assert!(folder.read("one", 10).is_err(), "a link");
}

#[test]
fn a_write_that_was_cut_short_is_in_nobodys_way() {
    let (_outer, folder) = folder();
    folder.write("one", &[b"whole"]).unwrap();
    fs::write(folder.path("one-07.new"), b"half").unwrap();
    let names =
        |folder: &Folder| folder.kept().unwrap().into_iter().map(|kept| kept.name).collect::<Vec<_>>();
    assert_eq!(names(&folder), ["one"]);
    folder.write("one", &[b"next"]).unwrap();
    assert_eq!(folder.read("one", 10).unwrap().unwrap(), b"next");
    assert!(folder.path("one-07.new").exists(), "somebody may be at it");
    let abandoned = File::options().append(true).open(folder.path("one-07.new")).unwrap();
    abandoned.set_modified(SystemTime::now() - 2 * ABANDONED).unwrap();
    folder.write("two", &[b""]).unwrap();
    assert!(!folder.path("one-07.new").exists());
}

#[test]
fn the_last_used_come_first() {
    let (_outer, folder) = folder();
    for (name, age) in [("old", 300), ("older", 600), ("new", 0)] {
        folder.write(name, &[b"1234"]).unwrap();
        let file = File::options().append(true).open(folder.path(name)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
    }
    let names = || folder.kept().unwrap().into_iter().map(|kept| kept.name).collect::<Vec<_>>();
    assert_eq!(names(), ["new", "old", "older"]);
    folder.touch("older");
    folder.remove("old").unwrap();
    folder.remove("old").unwrap();
    assert_eq!(names(), ["older", "new"]);
    assert_eq!(folder.kept().unwrap()[0].bytes, 4);
}

#[test]
fn a_seal_holds_for_its_name_and_its_bytes() {
    let (_outer, folder) = folder();
    assert!(folder.kept_seal("key").is_none());
    let seal = folder.seal("key").unwrap();
    let sealed = [seal.of("name", b"bytes"), b"bytes".to_vec()].concat();
    let again = folder.kept_seal("key").unwrap();
    assert_eq!(again.open("name", sealed.clone()).unwrap(), b"bytes");
    assert!(again.open("other", sealed.clone()).is_none());
    for at in 0..sealed.len() {
        let mut broken = sealed.clone();
        broken[at] ^= 1;
        assert!(again.open("name", broken).is_none(), "byte {at}");
        assert!(again.open("name", sealed[..at].to_vec()).is_none(), "cut at {at}");
    }
}

#[test]
fn a_seal_may_stand_anywhere() {
    let (_outer, folder) = folder();
    let seal = folder.seal("key").unwrap();
    let over = seal.over("name", &[b"by", b"", b"tes"]);
    assert_eq!(over.to_vec(), seal.of("name", b"bytes"));
    assert!(seal.holds("name", &[b"bytes"], &over));
    assert!(!seal.holds("other", &[b"bytes"], &over) && !seal.holds("name", &[b"byte"], &over));
    assert!(!seal.holds("name", &[b"bytes"], &over[1..]) && !seal.holds("name", &[b"bytes"], &[]));
}

#[test]
fn whoever_does_not_wait_is_told_that_the_folder_is_taken() {
    let (_outer, folder) = folder();
    let lock = folder.try_lock().unwrap().unwrap();
    assert!(folder.try_lock().unwrap().is_none());
    drop(lock);
    assert!(folder.try_lock().unwrap().is_some());
    fs::write(folder.path("file"), b"").unwrap();
    assert!(Folder::new(folder.path("file")).try_lock().is_err(), "it is no folder");
}

#[test]
fn a_key_that_others_may_read_or_that_is_damaged_is_replaced() {
    let (_outer, folder) = folder();
    let seal = folder.seal("key").unwrap();
    let sealed = [seal.of("name", b"bytes"), b"bytes".to_vec()].concat();
    fs::set_permissions(folder.path("key"), Permissions::from_mode(0o640)).unwrap();
    assert!(folder.kept_seal("key").is_none());
    assert!(folder.seal("key").unwrap().open("name", sealed).is_none());
    assert_eq!(mode(&folder.path("key")), 0o600);
    fs::write(folder.path("key"), b"short").unwrap();
    assert!(folder.kept_seal("key").is_none());
    assert!(folder.seal("key").is_ok());
}

#[test]
fn all_who_ask_at_once_get_the_same_key() {
    let (_outer, folder) = folder();
    let seals: Vec<Vec<u8>> = std::thread::scope(|scope| {
        let asked: Vec<_> =
            (0..8).map(|_| scope.spawn(|| folder.seal("key").unwrap().of("n", b"b"))).collect();
        asked.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    assert!(seals.iter().all(|seal| *seal == seals[0]));
}
