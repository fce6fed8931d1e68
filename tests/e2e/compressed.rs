//! Compressed forms: made once, off the way of any request, and sent to those who take them.

use std::io::Read;
use std::time::{Duration, Instant};

use crate::client::{Answer, Visitor};
use crate::origin::{Origin, response};
use crate::proxy::{PATIENCE, Proxy, site};

fn page() -> String {
    let lines: String = (0..400).map(|at| format!("<p>Coat number {at} is warm.</p>")).collect();
    format!("<!doctype html><title>coats</title><h1 id=hero>origin hero</h1>{lines}")
}

fn origin() -> Origin {
    let page = page();
    Origin::start(move |_, _| response("200 OK", "Cache-Control: max-age=600\r\n", &page))
}

fn ask(proxy: &Proxy, target: &str, accepts: &str) -> Answer {
    Visitor::new(target).with("Accept-Encoding", accepts).ask(proxy.address())
}

/// Asks until the form is made.
fn wait_for(proxy: &Proxy, target: &str, coding: &str) -> Answer {
    let since = Instant::now();
    loop {
        let answer = ask(proxy, target, coding);
        if answer.field("content-encoding") == Some(coding) {
            return answer;
        }
        assert!(since.elapsed() < PATIENCE, "{}", answer.head);
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn decoded(coding: &str, body: &[u8]) -> Vec<u8> {
    let mut read = Vec::new();
    match coding {
        "br" => brotlic::DecompressorReader::new(body).read_to_end(&mut read).unwrap(),
        "zstd" => ruzstd::decoding::StreamingDecoder::new(body).unwrap().read_to_end(&mut read).unwrap(),
        _ => {
            read = zune_inflate::DeflateDecoder::new(body).decode_gzip().unwrap();
            read.len()
        }
    };
    read
}

#[test]
fn each_client_gets_the_form_that_it_likes_best_and_each_form_has_a_tag_of_its_own() {
    let origin = origin();
    let proxy = Proxy::start(&site(&origin, "", "[[route]]\npath = \"/plain\"\n"));
    for target in ["/", "/plain"] {
        let plain = Visitor::new(target).ask(proxy.address());
        assert_eq!(plain.field("content-encoding"), None);
        assert!(plain.field("vary").unwrap().contains("Accept-Encoding"), "{}", plain.head);
        let mut tags = vec![plain.field("etag").unwrap().to_owned()];
        for coding in ["br", "zstd", "gzip"] {
            let answer = wait_for(&proxy, target, coding);
            assert!(answer.body.len() * 4 < plain.body.len(), "{} bytes", answer.body.len());
            assert!(decoded(coding, &answer.body) == plain.body, "{coding}");
            assert_eq!(answer.field("content-length"), Some(answer.body.len().to_string().as_str()));
            let tag = answer.field("etag").unwrap().to_owned();
            let again = Visitor::new(target).with("Accept-Encoding", coding).with("If-None-Match", &*tag);
            assert_eq!(again.ask(proxy.address()).status, 304, "{coding}");
            tags.push(tag);
        }
        tags.sort_unstable();
        tags.dedup();
        assert_eq!(tags.len(), 4);
        // RFC 9110 §12.5.3.
        let cases = [
            ("gzip, br;q=0.5", Some("gzip")),
            ("gzip;q=0, zstd", Some("zstd")),
            ("identity", None),
            ("gzip;q=0.1, identity;q=0.9", None),
            ("deflate", None),
            ("", None),
        ];
        for (accepts, coding) in cases {
            assert_eq!(ask(&proxy, target, accepts).field("content-encoding"), coding, "{accepts}");
        }
    }
    assert_eq!(origin.received().len(), 2, "the origin is asked for plain pages alone");
}

#[test]
fn a_route_and_a_configuration_may_do_without() {
    let origin = origin();
    let more = "[[route]]\npath = \"/plain\"\ncompress = false\n[[route]]\npath = \"/other\"\n";
    let proxy = Proxy::start(&site(&origin, "", more));
    ask(&proxy, "/plain", "gzip");
    ask(&proxy, "/other", "gzip");
    wait_for(&proxy, "/other", "gzip");
    let answer = ask(&proxy, "/plain", "gzip");
    assert_eq!(answer.field("content-encoding"), None);
    assert_eq!(answer.field("vary"), Some("Sec-GPC"));
}

#[test]
fn an_origin_may_forbid_it() {
    for fields in
        ["Cache-Control: max-age=600, no-transform\r\n", "CDN-Cache-Control: max-age=600, no-transform\r\n"]
    {
        let page = page();
        let origin = Origin::start(move |_, _| response("200 OK", fields, &page));
        let proxy = Proxy::start(&site(&origin, "", "[[route]]\npath = \"/plain\"\n"));
        let answer = ask(&proxy, "/plain", "gzip");
        assert_eq!((answer.status, answer.field("vary")), (200, Some("Sec-GPC")), "{fields}");
    }
}
