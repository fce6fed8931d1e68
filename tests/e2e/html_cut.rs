//! HTML that is read along and turns out otherwise at its end: its readers' answers break off, and nobody is left
//! with a mixture.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use tokio::runtime::Runtime;

use crate::client::Visitor;
use crate::html_along::{ROUTES, SLOTS, begin, of_all, page, sent, shop, slow, write, write_fresh};
use crate::origin::Origin;
use crate::proxy::{Proxy, free_address, site, write_configuration};
use crate::reading::{Gate, Reading, be_patient};
use crate::secure::{Certified, Secure, add_https, whole};

/// Markup that browsers may read in another way than we do.
const AMBIGUOUS: &str = "<select><xmp><script>1</script></select>";

#[test]
fn a_page_that_turns_out_ambiguous_breaks_off_and_the_next_visitor_gets_the_stored_one() {
    let gate = Gate::default();
    let origin = slow(&gate, AMBIGUOUS);
    let proxy = shop(&origin);
    Runtime::new().unwrap().block_on(async {
        let reading = begin(&proxy, "/shop/slow").await;
        gate.open();
        assert!(reading.ended().await.is_err(), "a mixture was sent as the page");
    });
    let stored = Visitor::new("/shop/slow").ask(proxy.address());
    assert_eq!(stored.text(), sent("origin hero", "origin foot", AMBIGUOUS));
    assert!(stored.field("cache-status").unwrap().starts_with("cloakroom; hit"), "{}", stored.head);
    assert_eq!(origin.received().len(), 1);
    // What happened once on a route is not waited for to happen again.
    let next = Visitor::new("/shop/slow/next").ask(proxy.address());
    assert!(next.field("etag").is_some(), "{}", next.head);
}

#[test]
fn a_page_whose_origin_breaks_off_is_not_taken_for_whole() {
    let (gate, asked) = (Gate::default(), AtomicUsize::new(0));
    let waits = gate.clone();
    let origin = Origin::start_writing(move |_, _, stream| {
        let is_first = asked.fetch_add(1, SeqCst) == 0;
        write(stream, page("origin hero", "origin foot", ""), || {
            waits.wait();
            if is_first { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(()) }
        })
    });
    let folder = tempfile::tempdir().unwrap();
    let (http, https, metrics) = (free_address(), free_address(), free_address());
    let certificate = Certified::of(&["shop.test"]);
    write_configuration(folder.path(), http, metrics, &site(&origin, "", ROUTES), SLOTS);
    be_patient(folder.path());
    add_https(folder.path(), https, std::slice::from_ref(&certificate), "");
    let proxy = Proxy::start_in(folder, http, metrics);
    let secure = Secure { proxy, https, roots: vec![certificate.der.clone()] };
    let http2 = secure.http2();
    let response = http2.send(&Visitor::new("/shop/slow"));
    http2.runtime.block_on(async {
        let reading = begin(&secure.proxy, "/shop/slow").await;
        // Two who take the longer way: one reads along, one waits for the whole.
        let longer = Visitor::new("/shop/slow").with("Content-Length", "0");
        let mut longer = Reading::begin(Reading::ask(secure.proxy.address(), &longer).await).await;
        longer.until_words("Héllo").await;
        let response = response.await.unwrap();
        assert_eq!(response.status(), 200);
        gate.open();
        assert!(reading.ended().await.is_err());
        assert!(longer.ended().await.is_err());
        let broken = whole(response).await.unwrap_err();
        assert!(broken.is_reset(), "{broken}");
    });
    let whole = secure.proxy.ask_until(&Visitor::new("/shop/slow"), "Goodbye");
    assert_eq!(whole.text(), of_all(""));
    assert_eq!(http2.ask(&Visitor::new("/shop/slow")).text(), of_all(""));
}

#[test]
fn nobody_is_given_half_a_page_where_a_stale_one_may_stand_in() {
    let (gate, asked) = (Gate::default(), AtomicUsize::new(0));
    let waits = gate.clone();
    let origin = Origin::start_writing(move |_, _, stream| {
        let is_first = asked.fetch_add(1, SeqCst) == 0;
        write_fresh(stream, "max-age=1, stale-if-error=600", page("origin hero", "origin foot", ""), || {
            if is_first {
                return Ok(());
            }
            waits.wait();
            Err(io::ErrorKind::ConnectionAborted.into())
        })
    });
    let proxy = shop(&origin);
    assert_eq!(Visitor::new("/shop/slow").ask(proxy.address()).text(), of_all(""));
    std::thread::sleep(Duration::from_millis(1_500));
    Runtime::new().unwrap().block_on(async {
        let asked = Reading::ask(proxy.address(), &Visitor::new("/shop/slow")).await;
        let mut begun = Box::pin(Reading::begin(asked));
        let early = tokio::time::timeout(Duration::from_millis(500), &mut begun).await;
        assert!(early.is_err(), "it is shown before it is known to come to its end");
        assert_eq!(origin.received().len(), 2);
        gate.open();
        let reading = begun.await.ended().await.unwrap();
        assert!(reading.head.contains("stale-if-error"), "{}", reading.head);
        assert_eq!(String::from_utf8(reading.body).unwrap(), of_all(""));
    });
}

#[test]
fn a_page_that_grows_too_large_breaks_off_once_on_a_route() {
    // More than the origin may send, and more than is rewritten.
    for (most, size) in [("64KiB", 100 << 10), ("16MiB", 9 << 20)] {
        let gate = Gate::default();
        let waits = gate.clone();
        let origin = Origin::start_writing(move |target, _, stream| {
            let is_first = target == "/shop/slow";
            let late = "a".repeat(if is_first { size } else { 0 });
            write(stream, page("origin hero", "origin foot", &late), || {
                // Later than what is soon whole.
                if is_first {
                    waits.wait();
                } else {
                    std::thread::sleep(Duration::from_millis(300));
                }
                Ok(())
            })
        });
        let folder = tempfile::tempdir().unwrap();
        let (address, metrics) = (free_address(), free_address());
        write_configuration(folder.path(), address, metrics, &site(&origin, "", ROUTES), SLOTS);
        be_patient(folder.path());
        let main = folder.path().join("cloakroom.toml");
        let text = std::fs::read_to_string(&main).unwrap() + &format!("origin_body = \"{most}\"\n");
        std::fs::write(&main, text).unwrap();
        let proxy = Proxy::start_in(folder, address, metrics);
        Runtime::new().unwrap().block_on(async {
            let reading = begin(&proxy, "/shop/slow").await;
            gate.open();
            assert!(reading.ended().await.is_err(), "{most}: it was sent as the page");
        });
        let next = Visitor::new("/shop/slow/next").ask(proxy.address());
        assert_eq!(next.text(), of_all(""));
        assert!(next.field("etag").is_some(), "{most}: {}", next.head);
    }
}
