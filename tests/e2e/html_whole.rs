//! HTML that could be read along and is made whole first: where nobody waits for its start, or nothing is gained.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use tokio::runtime::Runtime;

use crate::client::{Visitor, parse};
use crate::html_along::{ROUTES, SLOTS, of_all, page, sent, shop, write, write_fresh};
use crate::origin::{Origin, response};
use crate::proxy::site;
use crate::reading::{Gate, Reading, patient, until_heard};

#[test]
fn a_page_that_is_refreshed_for_nobody_is_not_read_along() {
    let (gate, asked) = (Gate::default(), AtomicUsize::new(0));
    let waits = gate.clone();
    let fresh = "max-age=1, stale-while-revalidate=2, stale-if-error=0";
    let origin = Origin::start_writing(move |_, _, stream| {
        let is_first = asked.fetch_add(1, SeqCst) == 0;
        write_fresh(stream, fresh, page("origin hero", "origin foot", ""), || {
            if !is_first {
                waits.wait();
            }
            Ok(())
        })
    });
    let proxy = shop(&origin);
    let slow = Visitor::new("/shop/slow");
    assert_eq!(slow.ask(proxy.address()).text(), of_all(""));
    std::thread::sleep(Duration::from_millis(1_500));
    let stale = slow.ask(proxy.address());
    assert!(stale.field("cache-status").unwrap().contains("stale-while-revalidate"), "{}", stale.head);
    // Until it is too old to be shown.
    std::thread::sleep(Duration::from_millis(2_000));
    Runtime::new().unwrap().block_on(async {
        let mut begun = Box::pin(Reading::begin(Reading::ask(proxy.address(), &slow).await));
        let early = tokio::time::timeout(Duration::from_millis(500), &mut begun).await;
        assert!(early.is_err(), "it was rewritten along before anybody waited");
        assert_eq!(origin.received().len(), 2);
        gate.open();
        let reading = begun.await.ended().await.unwrap();
        assert!(reading.head.contains("etag:"), "{}", reading.head);
        assert_eq!(String::from_utf8(reading.body).unwrap(), of_all(""));
    });
}

#[test]
fn a_page_that_is_whole_before_its_fragments_is_sent_as_it_is_stored() {
    let gate = Gate::default();
    let waits = gate.clone();
    let origin = Origin::start_writing(move |target, _, stream| {
        if target == "/fragments/offer" {
            waits.wait();
            let fresh = "Cache-Control: max-age=600\r\n";
            return stream.write_all(&response("200 OK", fresh, "<p>Two for one</p>"));
        }
        write(stream, page("origin hero", "origin foot", ""), || {
            // Later than what is soon whole.
            std::thread::sleep(Duration::from_millis(100));
            Ok(())
        })
    });
    let including = SLOTS.replace("content = \"<h1>Héllo</h1>\"", "include = \"/fragments/offer\"");
    let fragment = "[[route]]\npath = \"/fragments/offer\"\nmode = \"anonymous\"\nfragment = true\n";
    let proxy = patient(&site(&origin, "", &format!("{ROUTES}{fragment}")), &including);
    let reading = Runtime::new().unwrap().block_on(async {
        let asked = Reading::ask(proxy.address(), &Visitor::new("/shop/slow")).await;
        until_heard(&proxy, &origin, "/fragments/offer").await;
        gate.open();
        Reading::begin(asked).await.ended().await.unwrap()
    });
    assert!(reading.head.contains("etag:"), "{}", reading.head);
    let expected = sent("<p>Two for one</p>", "<p>Goodbye</p>", "");
    assert!(reading.head.contains(&format!("content-length: {}\r\n", expected.len())), "{}", reading.head);
    assert_eq!(String::from_utf8(reading.body).unwrap(), expected);
    assert_eq!((origin.count("/shop/slow"), origin.count("/fragments/offer")), (1, 1));
}

#[test]
fn large_pages_that_are_read_along_share_a_bound_and_all_are_sent_whole() {
    const PAGES: usize = 12;
    const BOUND: usize = 64 << 20;
    let gate = Gate::default();
    let waits = gate.clone();
    let long = "a".repeat(7 << 20);
    let filling = long.clone();
    let origin = Origin::start_writing(move |_, _, stream| {
        let [first, second] = page("origin hero", "origin foot", "");
        write(stream, [first + &filling, second], || {
            waits.wait();
            Ok(())
        })
    });
    let proxy = shop(&origin);
    let (address, given) = (proxy.address(), Arc::new(AtomicUsize::new(0)));
    let readers: Vec<_> = (0..PAGES)
        .map(|number| {
            let given = Arc::clone(&given);
            std::thread::spawn(move || {
                let mut stream = TcpStream::connect(address).unwrap();
                let target = format!("/shop/slow/{number}");
                let asked = Visitor::new(&target).with("Connection", "close").bytes();
                stream.write_all(&asked).unwrap();
                let (mut read, mut chunk) = (Vec::new(), vec![0; 64 << 10]);
                while let Some(length) = stream.read(&mut chunk).ok().filter(|length| *length > 0) {
                    read.extend_from_slice(&chunk[..length]);
                    given.fetch_add(length, SeqCst);
                }
                parse(&read).unwrap()
            })
        })
        .collect();
    // Until nothing comes any more.
    let mut before = 0;
    while before == 0 || before != given.load(SeqCst) {
        before = given.load(SeqCst);
        std::thread::sleep(Duration::from_millis(1_500));
    }
    assert!((BOUND / 2..BOUND).contains(&before), "{before} bytes are read along");
    gate.open();
    let expected = of_all("").replace("</pre>", &format!("</pre>{long}"));
    for reader in readers {
        assert!(reader.join().unwrap().text() == expected, "another page is sent");
    }
    assert_eq!(origin.received().len(), PAGES);
}
