//! HTML is read along: a visitor has the start of the rewritten page while the origin still sends the rest, and is
//! never left with anything but the page that is stored.

use std::io::{self, Write};
use std::net::TcpStream as Upstream;
use std::time::Duration;

use cloakroom_demo::DemoGeo;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::client::{Visitor, send};
use crate::origin::{Origin, response};
use crate::proxy::{Proxy, free_address, site, write_configuration};
use crate::reading::{Gate, Reading, be_patient, crowd, patient, until_heard};

/// Longer than what is waited for as a whole.
const FILLING: usize = 48 * 1024;

/// Two slots that everybody sees filled, one before and one behind the place where an origin is slow.
pub const SLOTS: &str = r#"
name = "hero"
version = "1.0.0"
[signals.country]
reason = "to greet"
[[slot]]
name = "hero"
selector = "\#hero"
default = "all"
[[slot.variant]]
name = "all"
content = "<h1>Héllo</h1>"
[[slot.variant]]
name = "france"
content = "<h1>Bonjour</h1>"
[[slot.variant]]
name = "germany"
content = "<h1>Guten Tag</h1>"
[[slot]]
name = "foot"
selector = "\#foot"
default = "all"
[[slot.variant]]
name = "all"
content = "<p>Goodbye</p>"
[[slot.variant]]
name = "france"
content = "<p>Au revoir</p>"
[[slot.variant]]
name = "germany"
content = "<p>Tschüss</p>"
[[rule]]
when = { country = "FR" }
show = { hero = "france", foot = "france" }
[[rule]]
when = { country = "DE" }
show = { hero = "germany", foot = "germany" }
"#;

pub const ROUTES: &str = "[[route]]\npath = \"/shop/*\"\nmode = \"personalize\"\nplugins = [\"hero\"]\n";

fn filling() -> String {
    (0..FILLING / 16).map(|line| format!("line {line:>10}\n")).collect()
}

/// The two parts of a page: with these in its slots, and this behind the place where the origin is slow.
pub fn page(hero: &str, foot: &str, late: &str) -> [String; 2] {
    let first = format!(
        "<!doctype html><html><head><title>Shop</title><meta http-equiv=set-cookie content=a></head><body>\
         <section id=\"hero\">{hero}</section><pre>{}</pre>",
        filling()
    );
    [first, format!("{late}<div id=\"foot\">{foot}</div></body></html>")]
}

/// That page with these in its slots, as visitors are sent it.
pub fn sent(hero: &str, foot: &str, late: &str) -> String {
    page(hero, foot, late).concat().replace("<meta http-equiv=set-cookie content=a>", "")
}

pub fn of_all(late: &str) -> String {
    sent("<h1>Héllo</h1>", "<p>Goodbye</p>", late)
}

/// Sends a page in two chunks; what comes second waits.
pub fn write(
    stream: &mut Upstream,
    parts: [String; 2],
    wait: impl FnOnce() -> io::Result<()>,
) -> io::Result<()> {
    write_fresh(stream, "max-age=600", parts, wait)
}

/// The same with a `Cache-Control`.
pub fn write_fresh(
    stream: &mut Upstream,
    cache_control: &str,
    parts: [String; 2],
    wait: impl FnOnce() -> io::Result<()>,
) -> io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nCache-Control: {cache_control}\r\n\
         Transfer-Encoding: chunked\r\n\r\n"
    )?;
    let [first, second] = parts;
    write!(stream, "{:x}\r\n{first}\r\n", first.len())?;
    wait()?;
    write!(stream, "{:x}\r\n{second}\r\n0\r\n\r\n", second.len())
}

/// An origin that sends the second half of every page but those under `/shop/quick` when the gate opens.
pub fn slow(gate: &Gate, late: &'static str) -> Origin {
    let gate = gate.clone();
    Origin::start_writing(move |target, _, stream| {
        let parts = page("origin hero", "origin foot", late);
        let is_quick = target.starts_with("/shop/quick");
        write(stream, parts, || {
            if !is_quick {
                gate.wait();
            }
            Ok(())
        })
    })
}

pub fn shop(origin: &Origin) -> Proxy {
    patient(&site(origin, "", ROUTES), SLOTS)
}

/// Asks for a page and reads what is there of it before the origin goes on.
pub async fn begin(proxy: &Proxy, target: &str) -> Reading {
    let mut reading = Reading::begin(Reading::ask(proxy.address(), &Visitor::new(target)).await).await;
    reading.until_words("line").await;
    reading
}

#[test]
fn the_start_of_a_page_is_there_before_the_origin_has_sent_the_rest() {
    let gate = Gate::default();
    let origin = slow(&gate, "");
    let proxy = shop(&origin);
    let whole = Runtime::new().unwrap().block_on(async {
        let mut reading = begin(&proxy, "/shop/slow").await;
        // All that the origin has sent but the text at its end, which could be the beginning of a tag.
        reading.until_words("</pre").await;
        let start = String::from_utf8(reading.body.clone()).unwrap();
        assert!(
            start.contains("<section id=\"hero\"><h1>Héllo</h1></section>") && !start.contains("Goodbye")
        );
        assert!(reading.head.starts_with("http/1.1 200"), "{}", reading.head);
        for unknown in ["etag:", "content-length:", "accept-ranges:", "content-encoding:"] {
            assert!(!reading.head.contains(unknown), "{}", reading.head);
        }
        gate.open();
        reading.ended().await.unwrap()
    });
    assert_eq!(String::from_utf8(whole.body).unwrap(), of_all(""));
    let stored = Visitor::new("/shop/slow").ask(proxy.address());
    assert_eq!(stored.text(), of_all(""));
    assert!(stored.field("cache-status").unwrap().starts_with("cloakroom; hit"), "{}", stored.head);
    assert_eq!(stored.field("content-length"), Some(of_all("").len().to_string().as_str()));
    let tag = stored.field("etag").unwrap();
    assert_eq!(Visitor::new("/shop/slow").with("If-None-Match", tag).ask(proxy.address()).status, 304);
    assert_eq!(origin.received().len(), 1);
}

#[test]
fn a_page_that_is_soon_whole_is_sent_as_it_is_stored() {
    let origin = slow(&Gate::default(), "");
    let proxy = shop(&origin);
    // A machine that does many things at once may not be quick each time.
    let stored = (0..20).find(|number| {
        let first = Visitor::new(&format!("/shop/quick/{number}")).ask(proxy.address());
        assert_eq!(first.text(), of_all(""));
        first.field("etag").is_some() && first.field("content-length").is_some()
    });
    assert!(stored.is_some(), "it is always read along");
}

#[test]
fn a_page_that_has_to_be_compared_first_is_not_read_along() {
    let gate = Gate::default();
    let waits = gate.clone();
    let origin = Origin::start_writing(move |_, _, stream| {
        write_fresh(stream, "no-store", page("origin hero", "origin foot", ""), || {
            waits.wait();
            Ok(())
        })
    });
    let proxy = patient(&site(&origin, "", "[[route]]\npath = \"/forced/*\"\nfreshness = \"60s\"\n"), SLOTS);
    Runtime::new().unwrap().block_on(async {
        let asked = Reading::ask(proxy.address(), &Visitor::new("/forced/a")).await;
        until_heard(&proxy, &origin, "/forced/a").await;
        let mut begun = Box::pin(Reading::begin(asked));
        let early = tokio::time::timeout(Duration::from_millis(200), &mut begun).await;
        assert!(early.is_err(), "it is shown before it is compared");
        gate.open();
        let reading = begun.await.ended().await.unwrap();
        assert!(reading.head.contains("etag:"), "{}", reading.head);
    });
    assert_eq!(origin.count("/forced/a"), 2);
}

#[test]
fn many_readers_of_three_variants_are_one_fetch() {
    const EACH: usize = 70;
    let gate = Gate::default();
    let origin = slow(&gate, "");
    let folder = tempfile::tempdir().unwrap();
    let (address, metrics) = (free_address(), free_address());
    write_configuration(folder.path(), address, metrics, &site(&origin, "", ROUTES), SLOTS);
    be_patient(folder.path());
    let proxy = Proxy::start_in(folder, address, metrics);
    let german = |target: &str, number| {
        let address = DemoGeo::address_for("DE", number).unwrap();
        Visitor::new(target)
            .with("Cookie", "cloakroom_consent=all")
            .with("X-Forwarded-For", address.to_string())
    };
    let visitor = move |target: &str, number: u32| match number % 2 {
        0 => Visitor::consenting(target, number / 2),
        _ => german(target, number / 2),
    };
    let _crowd = proxy.crowd(24, move |number| visitor("/shop/quick", number));
    for (number, words) in [(0, "Bonjour"), (1, "Guten Tag")] {
        proxy.ask_until(&visitor("/shop/quick", number), words);
    }
    let bodies = Runtime::new().unwrap().block_on(async {
        let mut asking = crowd(proxy.address(), &Visitor::new("/shop/slow"), EACH).await;
        for number in 0..2 {
            asking.extend(crowd(proxy.address(), &visitor("/shop/slow", number), EACH).await);
        }
        let mut reading = JoinSet::new();
        for stream in asking {
            reading.spawn(async move {
                let mut reading = Reading::begin(stream).await;
                reading.until_words("</pre").await;
                reading
            });
        }
        let halves = reading.join_all().await;
        gate.open();
        let mut reading = JoinSet::new();
        halves.into_iter().for_each(|half| drop(reading.spawn(half.ended())));
        let wholes = reading.join_all().await;
        wholes.into_iter().map(|whole| String::from_utf8(whole.unwrap().body).unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(origin.count("/shop/slow"), 1);
    let variants = [
        of_all(""),
        sent("<h1>Bonjour</h1>", "<p>Au revoir</p>", ""),
        sent("<h1>Guten Tag</h1>", "<p>Tschüss</p>", ""),
    ];
    for variant in &variants {
        assert!(bodies.contains(variant));
    }
    assert!(bodies.iter().all(|body| variants.contains(body)));
    assert_eq!(bodies.len(), 3 * EACH);
}

#[test]
fn an_end_that_is_left_out_changes_nothing_of_what_is_read() {
    for (hero, expected) in [
        // Nobody knows where it ends, so that it stays.
        ("<ul><li id=\"hero\">a<li>b", "<ul><li id=\"hero\">a<li>b"),
        ("<p id=\"hero\">a<p>b", "<p id=\"hero\">a<p>b"),
        // The end comes late.
        ("<div id=\"hero\">a", "<div id=\"hero\"><h1>Héllo</h1></div>"),
    ] {
        let gate = Gate::default();
        let waits = gate.clone();
        let origin = Origin::start_writing(move |_, _, stream| {
            let first = format!("<!doctype html><body><i>first</i>{hero}{}", filling());
            let end = if hero.starts_with("<div") { "</div>" } else { "" };
            write(stream, [first, format!("{end}<p id=\"foot\">c</p></body>")], || {
                waits.wait();
                Ok(())
            })
        });
        let proxy = shop(&origin);
        let body = Runtime::new().unwrap().block_on(async {
            let asked = Reading::ask(proxy.address(), &Visitor::new("/shop/slow")).await;
            let mut reading = Reading::begin(asked).await;
            reading.until_words("<i>first</i>").await;
            gate.open();
            String::from_utf8(reading.ended().await.unwrap().body).unwrap()
        });
        let filling = if hero.starts_with("<div") { String::new() } else { filling() };
        let foot = "<p id=\"foot\"><p>Goodbye</p></p></body>";
        assert_eq!(body, format!("<!doctype html><body><i>first</i>{expected}{filling}{foot}"));
        assert_eq!(Visitor::new("/shop/slow").ask(proxy.address()).text(), body);
        assert_eq!(origin.received().len(), 1);
    }
}

#[test]
fn a_client_of_http_1_0_waits_for_the_whole() {
    let gate = Gate::default();
    let origin = slow(&gate, "");
    let proxy = shop(&origin);
    let old = b"GET /shop/slow HTTP/1.0\r\nHost: shop.test\r\n\r\n";
    let address = proxy.address();
    let waiting = std::thread::spawn(move || send(address, old).unwrap());
    Runtime::new().unwrap().block_on(async {
        until_heard(&proxy, &origin, "/shop/slow").await;
        // Somebody else reads along meanwhile.
        let reading = begin(&proxy, "/shop/slow").await;
        gate.open();
        reading.ended().await.unwrap();
    });
    let answer = waiting.join().unwrap();
    assert_eq!((answer.status, answer.text()), (200, of_all("")));
    assert!(answer.field("etag").is_some() && answer.field("transfer-encoding").is_none(), "{}", answer.head);
    assert_eq!(answer.field("content-length"), Some(of_all("").len().to_string().as_str()));
    assert_eq!(origin.received().len(), 1);
}

#[test]
fn a_fragment_is_there_before_the_page_that_includes_it() {
    let gate = Gate::default();
    let waits = gate.clone();
    let origin = Origin::start_writing(move |target, _, stream| {
        if target == "/fragments/offer" {
            return stream.write_all(&response(
                "200 OK",
                "Cache-Control: max-age=600\r\n",
                "<p>Two for one</p>",
            ));
        }
        write(stream, page("origin hero", "origin foot", ""), || {
            waits.wait();
            Ok(())
        })
    });
    let including = SLOTS.replace("content = \"<h1>Héllo</h1>\"", "include = \"/fragments/offer\"");
    let fragment = "[[route]]\npath = \"/fragments/offer\"\nmode = \"anonymous\"\nfragment = true\n";
    let proxy = patient(&site(&origin, "", &format!("{ROUTES}{fragment}")), &including);
    let body = Runtime::new().unwrap().block_on(async {
        let mut reading = begin(&proxy, "/shop/slow").await;
        reading.until_words("Two for one").await;
        gate.open();
        String::from_utf8(reading.ended().await.unwrap().body).unwrap()
    });
    assert_eq!(body, sent("<p>Two for one</p>", "<p>Goodbye</p>", ""));
    assert_eq!(Visitor::new("/shop/slow").ask(proxy.address()).text(), body);
    assert_eq!((origin.count("/shop/slow"), origin.count("/fragments/offer")), (1, 1));
}
