//! Orders over a real socket, to somebody who only writes them down.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail where it stands")]

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cloakroom_control::{ClientError, Obey, Purge, ask, open_socket};
use cloakroom_pipeline::{Named, PurgeError, PurgeOrder};

type Written = Arc<Mutex<Vec<PurgeOrder>>>;

/// Listens at a path; knows one site, `shop.test`, with seven pages.
fn listen(path: &Path) -> Written {
    let written = Written::default();
    let orders = Arc::clone(&written);
    let obey: Arc<Obey> = Arc::new(move |order: &PurgeOrder| {
        orders.lock().unwrap().push(order.clone());
        match &order.what {
            Named::Site(host) if host == "shop.test" => Ok(7),
            Named::Url(url) => std::panic::panic_any(url.clone()),
            Named::Prefix(_) => {
                std::thread::sleep(Duration::from_millis(300));
                Ok(0)
            }
            _ => Err(PurgeError::UnknownSite),
        }
    });
    open_socket(path, obey).unwrap();
    written
}

fn of_site(host: &str) -> Purge {
    Purge { site: Some(host.to_owned()), soft: true, ..Purge::default() }
}

#[test]
fn an_order_arrives_as_it_was_given_and_its_answer_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    let written = listen(&path);
    assert!(matches!(ask(&path, &of_site("shop.test")), Ok(7)));
    assert_eq!(*written.lock().unwrap(), [PurgeOrder { what: Named::Site("shop.test".into()), soft: true }]);
    let refused = ask(&path, &of_site("other.test"));
    assert!(matches!(refused, Err(ClientError::Refused(refused)) if refused.message.contains("no site")));
    let meant_nothing = ask(&path, &Purge::default());
    assert!(
        matches!(meant_nothing, Err(ClientError::Refused(refused)) if refused.message.contains("exactly one"))
    );
}

#[test]
fn an_order_that_breaks_off_and_one_that_takes_long_hold_up_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    listen(&path);
    let broken = ask(&path, &Purge { url: Some("shop.test/".into()), ..Purge::default() });
    assert!(matches!(broken, Err(ClientError::Refused(refused)) if refused.message.contains("broke off")));
    let mut cut = UnixStream::connect(&path).unwrap();
    cut.write_all(b"POST /purge HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{\"si").unwrap();
    drop(cut);
    std::thread::scope(|scope| {
        let slow =
            scope.spawn(|| ask(&path, &Purge { prefix: Some("shop.test/".into()), ..Purge::default() }));
        assert!(matches!(ask(&path, &of_site("shop.test")), Ok(7)));
        assert!(matches!(slow.join().unwrap(), Ok(0)));
    });
}

#[test]
fn one_who_listens_later_takes_the_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    let (first, second) = (listen(&path), listen(&path));
    assert!(matches!(ask(&path, &of_site("shop.test")), Ok(7)));
    assert_eq!((first.lock().unwrap().len(), second.lock().unwrap().len()), (0, 1));
}

#[test]
fn any_client_that_speaks_http_will_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    let written = listen(&path);
    let mut client = UnixStream::connect(&path).unwrap();
    client
        .write_all(b"PURGE http://shop.test/c?a=1 HTTP/1.1\r\nHost: control\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
    assert_eq!(written.lock().unwrap()[0].what, Named::Url("shop.test/c?a=1".into()));
}
