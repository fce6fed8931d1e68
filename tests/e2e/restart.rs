//! What outlives a restart of the program: released cells, until their epoch ends, and nothing else.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use crate::client::Visitor;
use crate::origin::Origin;
use crate::proxy::{HERO, Proxy, free_address, site, write_configuration};

/// Long enough for several programs to start within one.
const EPOCH: Duration = Duration::from_secs(20);

/// A proxy that keeps what it releases in `store`; `policy` is the site's own, if any.
fn start(site: &str, store: &Path, policy: &str) -> Proxy {
    let folder = tempfile::tempdir().unwrap();
    let (address, metrics) = (free_address(), free_address());
    write_configuration(folder.path(), address, metrics, site, HERO);
    let main = folder.path().join("cloakroom.toml");
    let text = std::fs::read_to_string(&main).unwrap();
    std::fs::write(&main, format!("{text}[store]\npath = \"{}\"\n", store.display())).unwrap();
    if !policy.is_empty() {
        std::fs::write(folder.path().join("shop/own.cedar"), policy).unwrap();
    }
    Proxy::start_in(folder, address, metrics)
}

/// What is left of the epoch: epochs begin at whole multiples of their length since 1970.
fn left() -> Duration {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    EPOCH - Duration::from_millis(u64::try_from(now.as_millis() % EPOCH.as_millis()).unwrap())
}

fn copy_of(store: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    // Plugins' tables are in a folder of their own.
    let entries = std::fs::read_dir(store).unwrap().map(Result::unwrap);
    for entry in entries.filter(|entry| entry.file_type().unwrap().is_file()) {
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    copy
}

fn sees_france(proxy: &Proxy) -> bool {
    Visitor::consenting("/", 3).ask(proxy.address()).text().contains("Bonjour la France")
}

#[test]
fn a_release_outlives_a_restart_until_its_epoch_ends_and_a_changed_policy_ends_it() {
    let origin = Origin::page("Cache-Control: max-age=600\r\n");
    let site = site(&origin, "", "").replace("epoch = \"1s\"", "epoch = \"20s\"");
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("data");
    let first = start(&site, &store, "");
    {
        let _crowd = first.crowd(40, |number| Visitor::consenting("/", number));
        first.ask_until(&Visitor::consenting("/", 3), "Bonjour la France");
        let since = Instant::now();
        while left() < EPOCH * 7 / 10 || !sees_france(&first) {
            assert!(since.elapsed() < EPOCH * 3, "{}", first.printed());
            std::thread::sleep(Duration::from_millis(200));
        }
    }
    let file = store.join("crowds-shop.test");
    // It is written behind the release, not before it.
    let since = Instant::now();
    while !file.exists() {
        assert!(since.elapsed() < EPOCH, "{}", first.printed());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    first.terminate();
    drop(first);

    let damaged = copy_of(&store);
    let mut bytes = std::fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(damaged.path().join("crowds-shop.test"), bytes).unwrap();
    let changed = copy_of(&store);

    let second = start(&site, &store, "");
    assert!(sees_france(&second), "nobody else is there, but the release is valid: {}", second.printed());
    let permit = "permit (principal, action == Action::\"see\", resource) when { context.personalization };";
    let with_policy = start(&site, changed.path(), permit);
    assert!(!sees_france(&with_policy), "{}", with_policy.printed());
    with_policy.wait_for_words("the configuration has changed");
    let with_damage = start(&site, damaged.path(), "");
    assert!(!sees_france(&with_damage), "{}", with_damage.printed());
    with_damage.wait_for_words("released cells are not taken over");

    // Counting goes on, but one visitor is no crowd: when the epoch ends, so does the release.
    std::thread::sleep(left() + Duration::from_secs(2));
    assert!(!sees_france(&second), "{}", second.printed());
    let third = start(&site, &store, "");
    assert!(!sees_france(&third), "{}", third.printed());
}
