//! Pages on disk: they outlive the program, as old as they are, and no more than the configuration says.

use std::path::Path;
use std::time::Duration;

use crate::client::Visitor;
use crate::origin::{Origin, response};
use crate::proxy::{HERO, Proxy, free_address, site, write_configuration};

fn start(site: &str, disk: &Path) -> Proxy {
    let folder = tempfile::tempdir().unwrap();
    let (address, metrics) = (free_address(), free_address());
    write_configuration(folder.path(), address, metrics, site, HERO);
    let main = folder.path().join("cloakroom.toml");
    let text = std::fs::read_to_string(&main).unwrap();
    std::fs::write(&main, format!("{text}[cache.disk]\npath = \"{}\"\n", disk.display())).unwrap();
    Proxy::start_in(folder, address, metrics)
}

fn stop(mut proxy: Proxy) {
    proxy.terminate();
    assert!(proxy.wait_for_exit().success());
}

fn changing(fields: &'static str) -> Origin {
    let count = std::sync::atomic::AtomicUsize::new(0);
    Origin::start(move |_, _| {
        let count = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        response("200 OK", fields, &format!("<h1 id=hero>origin hero</h1><p>version {count}</p>"))
    })
}

#[test]
fn a_page_outlives_a_restart_and_is_as_old_as_it_is() {
    let origin = changing("Cache-Control: max-age=600\r\nETag: \"v0\"\r\n");
    let site = site(&origin, "", "");
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("cache");
    let first = start(&site, &disk);
    let before = Visitor::new("/").ask(first.address());
    stop(first);
    std::thread::sleep(Duration::from_millis(1_100));
    let second = start(&site, &disk);
    let after = Visitor::new("/").ask(second.address());
    assert_eq!((after.status, &after.body), (200, &before.body), "{}", second.printed());
    assert_eq!(after.field("etag"), before.field("etag"));
    assert!(after.field("age").unwrap().parse::<u64>().unwrap() >= 1, "{}", after.head);
    assert_eq!(origin.received().len(), 1, "the origin is not asked again");
}

#[test]
fn what_is_no_longer_fresh_is_confirmed_and_not_fetched_again() {
    let origin = Origin::start(|_, request| {
        if String::from_utf8_lossy(request).to_ascii_lowercase().contains("if-none-match: \"v1\"") {
            return b"HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=1\r\nETag: \"v1\"\r\n\r\n".to_vec();
        }
        response("200 OK", "Cache-Control: max-age=1\r\nETag: \"v1\"\r\n", "<p>coats</p>")
    });
    let site = site(&origin, "", "");
    let folder = tempfile::tempdir().unwrap();
    let first = start(&site, folder.path());
    assert_eq!(Visitor::new("/").ask(first.address()).status, 200);
    stop(first);
    std::thread::sleep(Duration::from_millis(1_200));
    let second = start(&site, folder.path());
    let answer = Visitor::new("/").ask(second.address());
    assert!(answer.text().contains("coats"));
    assert!(answer.field("cache-status").unwrap().contains("fwd-status=304"), "{}", answer.head);
}

#[test]
fn what_may_not_be_stored_is_not_on_disk_either_and_a_taken_folder_costs_nothing_but_survival() {
    let origin = changing("Cache-Control: no-store\r\n");
    let site = site(&origin, "unstorable = \"relay\"", "");
    let folder = tempfile::tempdir().unwrap();
    let first = start(&site, folder.path());
    assert!(Visitor::new("/").ask(first.address()).text().contains("version 0"));
    let other = start(&site, folder.path());
    other.wait_for_words("pages are not kept on disk");
    assert!(Visitor::new("/").ask(other.address()).text().contains("version 1"));
    stop(first);
    let second = start(&site, folder.path());
    assert!(Visitor::new("/").ask(second.address()).text().contains("version 2"));
}
