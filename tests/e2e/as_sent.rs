//! Routes that send their origin's answers as they are: its own fields, cookies that are written out, and what it says
//! before an answer.

use crate::client::{Answer, Visitor, parse, send};
use crate::origin::{Origin, response};
use crate::proxy::Proxy;

/// A site whose pages are sent as they are under `/o/` alone.
fn site(origin: &Origin) -> String {
    format!(
        "hosts = [\"shop.test\"]\norigin = \"http://{}\"\n[output]\nheaders = [\"x-shop\"]\n\
         [[route]]\npath = \"/o/*\"\ndownstream = \"origin\"\ncookies = [\"theme=dark\"]\n\
         [[route]]\npath = \"/s/*\"\n",
        origin.address()
    )
}

/// Fields of the origin's, and what is sent of each where they are sent as they are.
const FIELDS: [(&str, Option<&str>); 14] = [
    ("Cache-Control: max-age=600, extension", Some("max-age=600, extension")),
    ("CDN-Cache-Control: max-age=700", Some("max-age=700")),
    ("Clear-Site-Data: \"cache\", \"cookies\"", Some("\"cache\"")),
    ("Content-Location: /o/coats.en", Some("/o/coats.en")),
    ("ETag: \"v1\"", Some("\"v1\"")),
    ("Expires: Thu, 01 Jan 2037 00:00:00 GMT", Some("Thu, 01 Jan 2037 00:00:00 GMT")),
    ("Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT", Some("Mon, 01 Jan 2024 00:00:00 GMT")),
    ("Link: </o/app.css>; rel=preload; as=style", Some("</o/app.css>; rel=preload; as=style")),
    ("Set-Cookie: theme=dark; Path=/", Some("theme=dark; Path=/")),
    ("Set-Cookie: sid=visitor-1", None),
    ("Set-Cookie: theme=visitor-1", None),
    ("NEL: {\"report_to\":\"g\"}", None),
    ("Server-Timing: visitor;dur=1", None),
    ("X-Made-Up-Tomorrow: visitor-1", None),
];

#[test]
fn the_origins_own_fields_are_sent_and_none_that_tells_visitors_apart() {
    let fields: String = FIELDS.iter().map(|(line, _)| format!("{line}\r\n")).collect();
    let origin = Origin::start(move |_, _| response("200 OK", &fields, "<p>page</p>"));
    let proxy = Proxy::start(&site(&origin));
    for round in ["miss", "hit"] {
        let answer = Visitor::new("/o/coats").ask(proxy.address());
        for (line, sent) in FIELDS {
            let (name, value) = line.split_once(": ").unwrap();
            let found = answer.fields(name);
            match sent {
                Some(sent) => assert_eq!(found, [sent], "{round}: {name}"),
                None => assert!(!found.contains(&value), "{round}: {line}"),
            }
        }
        let safe = Visitor::new("/s/coats").ask(proxy.address());
        for name in
            ["cdn-cache-control", "clear-site-data", "content-location", "link", "set-cookie", "expires"]
        {
            assert_eq!(safe.field(name), None, "{round}: {name}");
        }
    }
    assert_eq!((origin.count("/o/coats"), origin.count("/s/coats")), (1, 1));
}

/// Says that a style sheet will be needed, and what nobody may be told, before each answer.
fn hinting() -> Origin {
    Origin::start(|target, _| {
        let mut answer = b"HTTP/1.1 103 Early Hints\r\nLink: </o/app.css>; rel=preload; as=style\r\n\
                           X-Shop: 7\r\nSet-Cookie: sid=visitor-1\r\nServer: shop/1\r\n\r\n"
            .to_vec();
        answer.extend_from_slice(b"HTTP/1.1 102 Processing\r\n\r\n");
        answer.extend(response("200 OK", "Cache-Control: max-age=600\r\n", target));
        answer
    })
}

/// All heads of what came, the last with its body.
fn heads(first: Answer) -> Vec<Answer> {
    let mut answers = vec![first];
    while let Some(last) = answers.last().filter(|last| (100..200).contains(&last.status)) {
        let next = parse(&last.body).unwrap();
        answers.push(next);
    }
    answers
}

#[test]
fn what_the_origin_says_before_its_answer_reaches_who_waits_for_it() {
    let origin = hinting();
    let proxy = Proxy::start(&site(&origin));
    let answers = heads(Visitor::new("/o/coats").ask(proxy.address()));
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [103, 102, 200]);
    let hints = "HTTP/1.1 103 Early Hints\r\nx-shop: 7\r\nlink: </o/app.css>; rel=preload; as=style";
    assert_eq!(answers[0].head, hints);
    assert_eq!(answers[1].head, "HTTP/1.1 102 Processing");
    assert_eq!((answers[2].text().as_str(), answers[2].field("link")), ("/o/coats", None));
    // It is about one fetch: whoever gets the stored page is told nothing.
    let hit = heads(Visitor::new("/o/coats").ask(proxy.address()));
    assert_eq!((hit.len(), hit[0].status), (1, 200));
    // A client of HTTP/1.0 would take it for the answer (RFC 9110 §15.2).
    let old = send(proxy.address(), b"GET /o/hats HTTP/1.0\r\nHost: shop.test\r\n\r\n").unwrap();
    assert_eq!(old.status, 200);
}

#[test]
fn nobody_is_told_on_other_routes() {
    let proxy = Proxy::start(&site(&hinting()));
    for target in ["/s/coats", "/undeclared"] {
        assert_eq!(Visitor::new(target).ask(proxy.address()).status, 200, "{target}");
    }
}
