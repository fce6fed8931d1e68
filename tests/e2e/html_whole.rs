//! HTML that could be read along and is made whole first: where nobody waits for its start, or nothing is gained.

use std::io::Write;
use std::time::Duration;

use tokio::runtime::Runtime;

use crate::client::Visitor;
use crate::html_along::{ROUTES, SLOTS, of_all, page, sent, write};
use crate::origin::{Origin, response};
use crate::proxy::site;
use crate::reading::{Gate, Reading, patient, until_heard};

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
