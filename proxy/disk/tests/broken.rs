//! Whatever happens to the files or to the process, nobody gets bytes that were not written.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is how a test fails")]

mod support;

use std::fs::{self, File};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use bytes::Bytes;
use cloakroom_disk::Disk;
use support::{child, config, files, opened, put, record, told};

/// Bytes before the head, as `record.rs` lists them.
const PREFIX: u64 = 16 + 2 + 4 + 8 + 32 + 32;

#[tokio::test]
async fn a_flipped_bit_anywhere_costs_the_record_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let disk = opened(folder.path());
    let other = put(&disk, b"other", b"head", b"other body").await;
    let (head, body) = (b"the head", b"the body");
    // In the mark, version, lengths, digest, seal, head, body; the last one also tells the end.
    for (damage, at) in [0, 16, 18, 22, 30, 62, PREFIX, PREFIX + 8, PREFIX + 15].into_iter().enumerate() {
        let name = put(&disk, b"name", head, body).await;
        let path = files(folder.path()).into_iter().find(|file| file.ends_with(name.to_string())).unwrap();
        let file = File::options().read(true).write(true).open(&path).unwrap();
        let mut byte = [0];
        file.read_exact_at(&mut byte, at).unwrap();
        file.write_all_at(&[byte[0] ^ 4], at).unwrap();
        assert!(disk.get(name).await.is_none(), "byte {at}");
        assert!(!disk.contains(name));
        disk.flush().await;
        assert!(!path.exists());
        assert_eq!(disk.counts().damaged, damage as u64 + 1);
    }
    assert_eq!(record(&disk, other).await.unwrap().1, b"other body");
}

#[tokio::test]
async fn a_file_that_was_cut_grew_or_moved_is_no_record() {
    let folder = tempfile::tempdir().unwrap();
    let disk = opened(folder.path());
    for bytes in [0, 1, PREFIX - 1, PREFIX, PREFIX + 4, PREFIX + 7, PREFIX + 9, 1 << 20] {
        let name = put(&disk, b"name", b"head", b"body").await;
        File::options().write(true).open(&files(folder.path())[0]).unwrap().set_len(bytes).unwrap();
        assert!(disk.get(name).await.is_none(), "{bytes} bytes");
    }
    let (one, two) = (put(&disk, b"one", b"1", b"1").await, put(&disk, b"two", b"2", b"2").await);
    let file = |name: cloakroom_disk::Name| {
        files(folder.path()).into_iter().find(|file| file.ends_with(name.to_string())).unwrap()
    };
    fs::copy(file(one), file(two)).unwrap();
    assert!(disk.get(two).await.is_none(), "it is another's");
    assert_eq!(record(&disk, one).await.unwrap().0, b"1");
    fs::remove_file(file(one)).unwrap();
    assert!(disk.get(one).await.is_none(), "somebody took it away");
    assert_eq!(disk.counts().files, 0);
}

#[tokio::test]
async fn damage_is_found_at_the_start_or_when_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let disk = opened(folder.path());
    let names = [
        put(&disk, b"whole", b"head", b"body").await,
        put(&disk, b"head", b"head", b"body").await,
        put(&disk, b"body", b"head", b"body").await,
    ];
    drop(disk);
    let path = |at: usize| {
        files(folder.path()).into_iter().find(|file| file.ends_with(names[at].to_string())).unwrap()
    };
    File::options().write(true).open(path(1)).unwrap().write_all_at(b"H", PREFIX).unwrap();
    File::options().write(true).open(path(2)).unwrap().write_all_at(b"B", PREFIX + 4).unwrap();
    let half = path(0).with_extension("new");
    fs::write(&half, b"half").unwrap();
    let disk = opened(folder.path());
    assert!(!half.exists(), "what was not finished is removed");
    assert_eq!(names.map(|name| disk.contains(name)), [true, false, true]);
    assert!(disk.get(names[2]).await.is_none() && disk.get(names[0]).await.is_some());
    assert_eq!(disk.counts().damaged, 2);
    disk.flush().await;
    assert_eq!(files(folder.path()), [path(0)]);
}

#[tokio::test]
async fn with_another_key_nothing_is_believed() {
    let folder = tempfile::tempdir().unwrap();
    let disk = opened(folder.path());
    let name = put(&disk, b"a", b"head", b"body").await;
    drop(disk);
    fs::write(folder.path().join("key"), [1; 32]).unwrap();
    let disk = Disk::open(&config(folder.path()), |_, _| unreachable!("it is shown to nobody")).unwrap();
    assert!(disk.get(name).await.is_none());
    disk.flush().await;
    assert!(files(folder.path()).is_empty());
}

#[tokio::test]
async fn a_process_that_is_killed_while_it_writes_leaves_whole_records() {
    let folder = tempfile::tempdir().unwrap();
    let mut seen = 0;
    for round in 0..8 {
        let mut writing = child(folder.path(), "write").spawn().unwrap();
        let until = Instant::now() + Duration::from_secs(60);
        while files(folder.path()).len() < 40 && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(13 * round));
        writing.kill().unwrap();
        writing.wait().unwrap();
        // Of what the system was told, nothing is damaged; and nothing half is left.
        let disk = opened(folder.path());
        assert_eq!(disk.counts().damaged, 0, "round {round}");
        for name in disk.names() {
            let (head, body) = record(&disk, name).await.unwrap();
            let number = u64::from_le_bytes(head.try_into().unwrap());
            assert!(body == told(name, number), "round {round}, record {number}");
            seen += 1;
        }
        assert!(files(folder.path()).iter().all(|file| file.extension().is_none()));
    }
    assert!(seen >= 8 * 40, "{seen} records");
}

#[test]
fn a_disk_that_is_full_costs_what_does_not_fit() {
    let folder = tempfile::tempdir().unwrap();
    // No file may have more than 64 blocks of 512 bytes, and passing that is an error, not a signal.
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$@\"", "sh"]);
    let child = child(folder.path(), "fill");
    limited.arg(child.get_program()).args(child.get_args());
    limited.envs(child.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = limited.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[tokio::test]
async fn a_folder_that_can_no_longer_be_written_costs_only_what_is_new() {
    let folder = tempfile::tempdir().unwrap();
    let disk = opened(folder.path());
    let there = put(&disk, b"a", b"head", b"body").await;
    // A folder of records whose place is taken: nobody may write there, not even root.
    let blocked = (0_u32..).map(|n| disk.name(&[&n.to_le_bytes()]));
    let blocked = blocked.into_iter().find(|name| name.to_string()[..2] != there.to_string()[..2]).unwrap();
    fs::write(folder.path().join(&blocked.to_string()[..2]), b"").unwrap();
    disk.put(blocked, Bytes::new(), Vec::new());
    disk.flush().await;
    assert!(disk.get(blocked).await.is_none());
    assert_eq!((disk.counts().failed, disk.counts().written), (2, 1), "neither written nor removed");
    assert!(disk.get(there).await.is_some());
}

/// A file that lets nobody get on: a pipe that has no other end yet.
fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Lets those go on who read a pipe, also where a test fails: nobody would end otherwise.
struct OtherEnd<'a>(&'a Path);

impl Drop for OtherEnd<'_> {
    fn drop(&mut self) {
        let mut options = File::options();
        let _ = options.write(true).custom_flags(libc::O_NONBLOCK).open(self.0);
    }
}

#[tokio::test]
async fn a_disk_that_hangs_holds_up_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let mut hasty = config(folder.path());
    hasty.read_within = Duration::from_millis(100);
    let disk = Disk::open(&hasty, |_, _| true).unwrap();
    let name = put(&disk, b"a", b"head", b"body").await;
    let path = files(folder.path()).remove(0);
    fs::rename(&path, path.with_extension("aside")).unwrap();
    pipe(&path);
    let _end = OtherEnd(&path);
    let reads = 40;
    let begun = Instant::now();
    for _ in 0..reads {
        assert!(disk.get(name).await.is_none());
    }
    // At most 32 take their time; others are not even begun.
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert_eq!(disk.counts().slow, reads);
    assert!(disk.contains(name), "nothing is known to be wrong with it");
    let begun = Instant::now();
    assert!(disk.get(name).await.is_none());
    assert!(begun.elapsed() < Duration::from_millis(90), "while all reads hang, nobody waits");
}

#[tokio::test]
async fn more_than_may_wait_is_turned_away_and_the_older_record_goes() {
    let folder = tempfile::tempdir().unwrap();
    let mut narrow = config(folder.path());
    (narrow.waiting, narrow.waiting_bytes) = (3, 100_000);
    let disk = Disk::open(&narrow, |_, _| true).unwrap();
    let old = put(&disk, b"old", b"head", b"body").await;
    let name = |number: u32| disk.name(&[&number.to_le_bytes()]);
    let put = |number, bytes: usize| disk.put(name(number), Bytes::new(), vec![Bytes::from(vec![0; bytes])]);
    // The first is at a file that takes 64 KiB, and the rest only when it is read.
    let stuck = name(0).to_string();
    fs::create_dir_all(folder.path().join(&stuck[..2])).unwrap();
    let stuck = folder.path().join(&stuck[..2]).join(format!("{stuck}.new"));
    pipe(&stuck);
    assert!(put(0, 90_000));
    let mut reader = File::open(&stuck).unwrap();
    assert!(put(1, 10) && put(2, 10));
    assert!(!put(3, 20_000), "too many bytes");
    assert!(put(4, 10));
    assert!(!put(5, 10), "too many records");
    assert!(!disk.put(old, Bytes::new(), Vec::new()));
    assert!(!disk.contains(old), "what was not taken is newer");
    assert!(disk.contains(name(0)) && disk.contains(name(2)), "what waits is there");
    assert_eq!(record(&disk, name(0)).await.unwrap().1.len(), 90_000);
    // What comes of it is a pipe in the place of a record, and has no part in this.
    std::io::copy(&mut reader, &mut std::io::sink()).unwrap();
    disk.flush().await;
    let counts = disk.counts();
    assert_eq!((counts.turned_away, counts.written), (3, 5));
    assert!(record(&disk, name(4)).await.is_some() && !disk.contains(old));
}

#[tokio::test]
async fn what_is_removed_or_replaced_while_it_is_written_is_not_taken_in() {
    for replaced in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let disk = opened(folder.path());
        let name = disk.name(&[b"name"]);
        let path = folder.path().join(&name.to_string()[..2]);
        fs::create_dir_all(&path).unwrap();
        let stuck = path.join(format!("{name}.new"));
        pipe(&stuck);
        assert!(disk.put(name, Bytes::new(), vec![Bytes::from(vec![0; 90_000])]));
        let mut reader = File::open(&stuck).unwrap();
        if replaced {
            assert!(disk.put(name, Bytes::from_static(b"2"), Vec::new()));
        } else {
            disk.remove([name]);
        }
        std::io::copy(&mut reader, &mut std::io::sink()).unwrap();
        disk.flush().await;
        assert_eq!(disk.contains(name), replaced);
        assert_eq!(record(&disk, name).await.map(|(head, _)| head), replaced.then(|| b"2".to_vec()));
        assert_eq!(files(folder.path()).len(), usize::from(replaced));
        assert_eq!(disk.counts().written, u64::from(replaced));
    }
}
