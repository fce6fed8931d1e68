//! Records are kept as they were, within their bounds, for their owner alone, and for one process at a time.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is how a test fails")]

mod support;

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use cloakroom_disk::{Config, Disk, DiskError, MAX_HEAD_BYTES, Name};
use support::{config, files, opened, put, record};

const BLOCK: u64 = 4 << 10;

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

fn only_file(folder: &Path) -> PathBuf {
    let files = files(folder);
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

/// What a folder's records are shown as, the last used first.
fn heads(config: &Config) -> (Vec<(Name, Vec<u8>)>, Disk) {
    let mut heads = Vec::new();
    let disk = Disk::open(config, |name, head| {
        heads.push((name, head.to_vec()));
        true
    });
    (heads, disk.unwrap())
}

#[tokio::test]
async fn a_record_is_there_at_once_when_it_is_written_and_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let disk = opened(folder.path());
    let name = disk.name(&[b"site", b"/a/secret/path?token=canary"]);
    assert!(disk.get(name).await.is_none() && !disk.contains(name));
    let body = vec![Bytes::from_static(b"one "), Bytes::new(), Bytes::from_static(b"body")];
    assert!(disk.put(name, Bytes::from_static(b"head"), body));
    for _ in 0..2 {
        let record = disk.get(name).await.unwrap();
        assert_eq!((&record.head[..], &record.body[..]), (&b"head"[..], &b"one body"[..]));
        assert!(disk.contains(name));
        disk.flush().await;
    }
    assert_eq!(disk.names(), [name]);
    drop(disk);
    let (heads, disk) = heads(&config(folder.path()));
    assert_eq!(heads, [(name, b"head".to_vec())]);
    assert_eq!(disk.name(&[b"site", b"/a/secret/path?token=canary"]), name, "names outlive a restart");
    assert_ne!(disk.name(&[b"sit", b"e/a/secret/path?token=canary"]), name);
    assert_eq!(&disk.get(name).await.unwrap().body[..], b"one body");
    let counts = disk.counts();
    assert_eq!((counts.read, counts.files, counts.bytes), (1, 1, BLOCK));
}

#[tokio::test]
async fn files_are_for_their_owner_alone_and_their_names_tell_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("not/yet/there");
    let disk = opened(&path);
    let name = put(&disk, b"/a/secret/path", b"head", b"body").await;
    let file = only_file(&path);
    assert_eq!((mode(&file), mode(file.parent().unwrap()), mode(&path)), (0o600, 0o700, 0o700));
    assert_eq!(mode(&path.join("key")), 0o600);
    assert_eq!(file, path.join(&name.to_string()[..2]).join(name.to_string()));
    let other = tempfile::tempdir().unwrap();
    assert_ne!(opened(other.path()).name(&[b"/a/secret/path"]), name, "each folder has a key of its own");
}

#[tokio::test]
async fn a_later_record_takes_the_place_and_what_is_removed_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let disk = opened(folder.path());
    let name = put(&disk, b"a", b"1", b"first").await;
    put(&disk, b"a", b"2", b"second").await;
    assert_eq!(record(&disk, name).await.unwrap(), (b"2".to_vec(), b"second".to_vec()));
    assert_eq!(disk.counts().files, 1);
    let other = put(&disk, b"b", b"3", b"third").await;
    disk.remove([name, disk.name(&[b"never there"])]);
    assert!(disk.get(name).await.is_none() && !disk.contains(name));
    disk.flush().await;
    assert_eq!(files(folder.path()).len(), 1);
    // One that was not yet written is not written.
    for round in 0..200 {
        disk.put(name, Bytes::from_static(b"4"), vec![Bytes::from(vec![0; 20_000])]);
        if round % 2 == 0 {
            std::thread::yield_now();
        }
        disk.remove([name]);
        assert!(disk.get(name).await.is_none(), "round {round}");
    }
    disk.flush().await;
    drop(disk);
    assert_eq!(heads(&config(folder.path())).0, [(other, b"3".to_vec())]);
}

#[tokio::test]
async fn what_nobody_wants_after_a_restart_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let disk = opened(folder.path());
    let names = [put(&disk, b"a", b"keep", b"").await, put(&disk, b"b", b"drop", b"").await];
    drop(disk);
    let disk = Disk::open(&config(folder.path()), |_, head| head == b"keep").unwrap();
    assert!(disk.contains(names[0]) && !disk.contains(names[1]));
    disk.flush().await;
    assert_eq!(files(folder.path()).len(), 1);
}

#[tokio::test]
async fn bytes_are_bounded_and_what_is_read_stays_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut small = config(folder.path());
    small.max_bytes = 40 * BLOCK;
    let disk = Disk::open(&small, |_, _| true).unwrap();
    let read = put(&disk, b"read", b"", &[1; 5_000]).await;
    for number in 0..300_u32 {
        put(&disk, &number.to_le_bytes(), b"", &[0; 3_000]).await;
        assert!(disk.get(read).await.is_some(), "after {number}");
    }
    let counts = disk.counts();
    assert_eq!((counts.bytes, counts.files), (40 * BLOCK, 39));
    assert_eq!(counts.evicted, 301 - 39);
    assert_eq!(files(folder.path()).len(), 39);
    let large = disk.name(&[b"large"]);
    assert!(!disk.put(large, Bytes::new(), vec![Bytes::from(vec![0; 11 * BLOCK as usize])]), "a quarter");
    assert!(!disk.put(large, Bytes::from(vec![0; MAX_HEAD_BYTES + 1]), Vec::new()));
    drop(disk);
    // Everything is a day old but this one, which was read; and there is room for less.
    for file in files(folder.path()).iter().filter(|file| !file.ends_with(read.to_string())) {
        let file = File::options().append(true).open(file).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(86_400)).unwrap();
    }
    small.max_bytes = 10 * BLOCK;
    let (heads, disk) = heads(&small);
    assert_eq!((heads[0].0, heads.len()), (read, 9));
    disk.flush().await;
    assert_eq!(files(folder.path()).len(), 9);
}

#[tokio::test]
async fn a_record_that_is_too_much_takes_the_earlier_one_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let disk = opened(folder.path());
    let name = put(&disk, b"a", b"1", b"first").await;
    assert!(!disk.put(name, Bytes::from(vec![0; MAX_HEAD_BYTES + 1]), Vec::new()));
    assert!(disk.get(name).await.is_none(), "it is older than what was not taken");
    disk.flush().await;
    assert!(files(folder.path()).is_empty());
}

#[tokio::test]
async fn one_process_at_a_time_has_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let disk = opened(folder.path());
    let again = Disk::open(&config(folder.path()), |_, _| true).unwrap_err();
    assert!(matches!(again, DiskError::InUse { .. }), "{again}");
    let text = again.to_string();
    assert!(text.contains("in use by another process") && text.contains(folder.path().to_str().unwrap()));
    assert!(support::child(folder.path(), "open").status().unwrap().code() == Some(support::IN_USE));
    drop(disk);
    assert!(support::child(folder.path(), "open").status().unwrap().success());
    opened(folder.path());
}

#[test]
fn a_folder_that_cannot_be_used_is_said_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, b"").unwrap();
    // Nobody may write to the last, not even root.
    for path in [file.clone(), file.join("below"), PathBuf::from("/proc/sys/cloakroom")] {
        let error = Disk::open(&config(&path), |_, _| true).unwrap_err();
        assert!(matches!(error, DiskError::Unusable { .. }), "{error}");
        assert!(error.to_string().contains("cannot be used to keep pages on disk"), "{error}");
    }
}

#[tokio::test]
async fn strangers_in_the_folder_are_let_be_and_links_are_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let disk = opened(folder.path());
    let name = put(&disk, b"a", b"head", b"body").await;
    let file = only_file(folder.path());
    let elsewhere = folder.path().join("elsewhere");
    fs::rename(&file, &elsewhere).unwrap();
    symlink(&elsewhere, &file).unwrap();
    assert!(disk.get(name).await.is_none(), "a link");
    disk.flush().await;
    assert!(!file.exists() && elsewhere.exists(), "the link is gone, not what it leads to");
    fs::write(folder.path().join("00"), b"a file in the place of a folder").unwrap();
    fs::write(file.with_file_name("notes.txt"), b"mine").unwrap();
    drop(disk);
    assert!(heads(&config(folder.path())).0.is_empty());
    assert!(file.with_file_name("notes.txt").exists());
}

#[tokio::test]
async fn a_start_ends_in_its_time_and_keeps_what_it_has_seen() {
    let folder = tempfile::tempdir().unwrap();
    let disk = opened(folder.path());
    for number in 0..20_u32 {
        put(&disk, &number.to_le_bytes(), b"head", b"body").await;
    }
    drop(disk);
    let mut hasty = config(folder.path());
    hasty.open_within = Duration::from_millis(200);
    let begun = Instant::now();
    let disk = Disk::open(&hasty, |_, _| {
        std::thread::sleep(Duration::from_millis(50));
        true
    });
    let disk = disk.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(10));
    let kept = disk.names().len();
    assert!((1..=4).contains(&kept), "{kept}");
    disk.flush().await;
    assert_eq!(files(folder.path()).len(), kept);
}
