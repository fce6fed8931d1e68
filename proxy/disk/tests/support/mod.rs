//! Folders with records, and processes that write to them.

#![allow(dead_code, reason = "each test uses a part")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bytes::Bytes;
use cloakroom_disk::{Config, Disk, DiskError, Name};

/// Where a child finds its folder, and what to do there.
const FOLDER: &str = "CLOAKROOM_DISK_TEST_FOLDER";
const JOB: &str = "CLOAKROOM_DISK_TEST_JOB";
/// How a child ends that finds the folder taken.
pub const IN_USE: i32 = 9;

pub fn config(folder: &Path) -> Config {
    Config::new(folder.to_owned(), 64 << 20)
}

pub fn opened(folder: &Path) -> Disk {
    Disk::open(&config(folder), |_, _| true).unwrap()
}

/// Puts a record and waits until it is written.
pub async fn put(disk: &Disk, key: &[u8], head: &[u8], body: &[u8]) -> Name {
    let name = disk.name(&[key]);
    assert!(disk.put(name, Bytes::copy_from_slice(head), vec![Bytes::copy_from_slice(body)]));
    disk.flush().await;
    name
}

pub async fn record(disk: &Disk, name: Name) -> Option<(Vec<u8>, Vec<u8>)> {
    let record = disk.get(name).await?;
    Some((record.head.to_vec(), record.body.to_vec()))
}

/// Every file in the folders of records.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let below = |path: &Path| fs::read_dir(path).into_iter().flatten().map(|entry| entry.unwrap().path());
    let folders = below(folder).filter(|path| path.is_dir()).collect::<Vec<_>>();
    let mut files: Vec<_> = folders.iter().flat_map(|folder| below(folder)).collect();
    files.sort();
    files
}

/// This test program once more, for a job in a folder.
pub fn child(folder: &Path, job: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--quiet", "--ignored", "--exact", "support::a_child_does_its_job"]);
    command.env(FOLDER, folder).env(JOB, job).stdout(std::process::Stdio::null());
    command
}

/// The body of a record that [`a_child_does_its_job`] writes: it tells its own name and number.
pub fn told(name: Name, number: u64) -> Vec<u8> {
    let line = format!("{name} {number}\n");
    line.repeat(1 + (number as usize * 7_919) % 4_000).into_bytes()
}

#[tokio::test]
#[ignore = "run by other tests, in a process of its own"]
async fn a_child_does_its_job() {
    let folder = PathBuf::from(env::var_os(FOLDER).unwrap());
    let disk = match Disk::open(&config(&folder), |_, _| true) {
        Err(DiskError::InUse { .. }) => std::process::exit(IN_USE),
        disk => disk.unwrap(),
    };
    match env::var(JOB).unwrap().as_str() {
        "open" => {}
        // Until it is killed.
        "write" => {
            for number in 0_u64.. {
                let name = disk.name(&[&(number % 50).to_le_bytes()]);
                let head = Bytes::from(number.to_le_bytes().to_vec());
                disk.put(name, head, vec![Bytes::from(told(name, number))]);
                if number % 20 == 0 {
                    disk.flush().await;
                }
            }
        }
        // Where no file can have more than a few blocks.
        "fill" => {
            let small = put(&disk, b"small", b"head", b"body").await;
            let large = disk.name(&[b"large"]);
            assert!(disk.put(large, Bytes::new(), vec![Bytes::from(vec![7; 1 << 20])]));
            disk.flush().await;
            assert!(disk.get(large).await.is_none());
            let counts = disk.counts();
            assert_eq!((counts.written, counts.failed, counts.files), (1, 1, 1));
            assert_eq!(record(&disk, small).await.unwrap().1, b"body", "what is there is served");
            assert_eq!(files(&folder).len(), 1, "nothing is left of what could not be written");
            assert!(!disk.put(large, Bytes::new(), Vec::new()), "nothing is tried for a while");
            assert_eq!(disk.counts().turned_away, 1);
        }
        job => unreachable!("{job}"),
    }
}
