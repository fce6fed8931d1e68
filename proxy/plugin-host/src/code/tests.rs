//! What a cache hands out is what it was given, and nothing that anybody else put there.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::*;

const ENGINE: EngineKey = EngineKey([7; 32]);

fn digest(of: &str) -> Digest {
    Digest::of(of.as_bytes())
}

fn kept(cache: &CodeCache, of: &str) -> Option<Vec<u8>> {
    cache.get(digest(of), ENGINE).map(|code| code.0)
}

fn file(cache: &CodeCache, of: &str) -> PathBuf {
    cache.folder.path(&name(digest(of), ENGINE))
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn code_is_handed_out_for_its_component_and_its_engine_alone() {
    let folder = tempfile::tempdir().unwrap();
    let cache = CodeCache::open(&folder.path().join("a/b")).unwrap();
    assert!(kept(&cache, "one").is_none());
    cache.put(digest("one"), ENGINE, b"code of one").unwrap();
    assert_eq!(kept(&cache, "one").unwrap(), b"code of one");
    assert!(kept(&cache, "two").is_none());
    assert!(cache.get(digest("one"), EngineKey([8; 32])).is_none());
    // Another run of the program has the same key.
    assert_eq!(kept(&CodeCache::open(&cache.folder.path("")).unwrap(), "one").unwrap(), b"code of one");
    assert_eq!(mode(&cache.folder.path("")), 0o700);
    assert_eq!((mode(&file(&cache, "one")), mode(&cache.folder.path(KEY_FILE))), (0o600, 0o600));
}

#[test]
fn a_file_that_was_touched_is_removed_and_not_handed_out() {
    let folder = tempfile::tempdir().unwrap();
    let cache = CodeCache::open(folder.path()).unwrap();
    cache.put(digest("other"), ENGINE, b"code of another").unwrap();
    cache.put(digest("one"), ENGINE, b"code of one").unwrap();
    let path = file(&cache, "one");
    let whole = fs::read(&path).unwrap();
    let mut forgeries: Vec<Vec<u8>> = (0..whole.len())
        .map(|at| {
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            flipped
        })
        .collect();
    forgeries.extend((0..whole.len()).map(|length| whole[..length].to_vec()));
    forgeries.push([whole.as_slice(), b"!"].concat());
    forgeries.push(fs::read(file(&cache, "other")).unwrap());
    for forgery in forgeries {
        fs::write(&path, &forgery).unwrap();
        assert!(kept(&cache, "one").is_none());
        assert!(!path.exists(), "it is gone");
    }
    fs::write(&path, &whole).unwrap();
    assert_eq!(kept(&cache, "one").unwrap(), b"code of one");
}

#[test]
fn links_and_huge_files_are_not_followed_or_read() {
    let folder = tempfile::tempdir().unwrap();
    let cache = CodeCache::open(folder.path()).unwrap();
    let path = file(&cache, "one");
    std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
    assert!(kept(&cache, "one").is_none());
    assert!(fs::symlink_metadata(&path).is_err(), "the link is gone");
    File::create(&path).unwrap().set_len(1 << 40).unwrap();
    assert!(kept(&cache, "one").is_none());
    assert!(!path.exists());
}

#[test]
fn a_key_that_others_can_read_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let cache = CodeCache::open(folder.path()).unwrap();
    cache.put(digest("one"), ENGINE, b"code of one").unwrap();
    let key = folder.path().join(KEY_FILE);
    let before = fs::read(&key).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(kept(&CodeCache::open(folder.path()).unwrap(), "one").is_none());
    assert_ne!(fs::read(&key).unwrap(), before);
    assert_eq!(mode(&key), 0o600);
}

#[test]
fn what_was_not_used_for_longest_goes_first() {
    let folder = tempfile::tempdir().unwrap();
    let mut cache = CodeCache::open(folder.path()).unwrap();
    cache.most = 3 * (100 + SEAL_BYTES as u64);
    for (at, of) in (0_u32..).zip(["one", "two", "three"]) {
        cache.put(digest(of), ENGINE, &[0; 100]).unwrap();
        let used = SystemTime::now() - Duration::from_secs(1_000) + Duration::from_secs(1) * at;
        File::options().append(true).open(file(&cache, of)).unwrap().set_modified(used).unwrap();
    }
    assert!(kept(&cache, "one").is_some());
    fs::write(folder.path().join("notes"), [0; 10_000]).unwrap();
    cache.put(digest("four"), ENGINE, &[0; 100]).unwrap();
    let left = ["one", "two", "three", "four"].map(|of| kept(&cache, of).is_some());
    assert_eq!(left, [true, false, true, true]);
    assert!(folder.path().join("notes").exists(), "what is not ours stays");
    // One that would push out all others is not kept at all.
    cache.put(digest("five"), ENGINE, &[0; 1_000]).unwrap();
    assert!(kept(&cache, "five").is_none() && kept(&cache, "four").is_some());
}
