//! What stays behind after a load: canaries in every field that a client can fill, over all modes
//! and through every mistake, then a search of logs, metrics, answers, files and memory.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cloakroom_leak::{HOST, Origin, Server};

use crate::canaries::{self, MARK, by_several, canary, request, send, start, target};

#[track_caller]
fn is_clean(place: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    for mark in [MARK, "2001:db8:", "198.18.", "198.19."] {
        if let Some(at) = text.find(mark) {
            let around: String = text[at..].chars().take(60).collect();
            panic!("`{around}` stands in {place}");
        }
    }
}

/// Requests of all modes; every answer but that of a passthrough is searched.
fn load(proxy: SocketAddr, numbers: std::ops::Range<u32>) {
    by_several(numbers, |number| {
        for answer in canaries::pages(proxy, number) {
            assert!(answer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&answer));
            is_clean("an answer", &answer);
        }
        canaries::post(proxy, number);
    });
}

/// Every way to be refused that we know, each full of canaries.
fn mistakes(proxy: SocketAddr, number: u32) -> usize {
    let plain = |start: &str, more: &str| request(start, number, HOST, more, "");
    let big = canary("bi", number).repeat(3_000);
    let mut broken = plain("GET /", "");
    let end = broken.len() - 2;
    broken.splice(end..end, b"X-Broken: cnrybr\xff\xfe\xc0\r\n".iter().copied());
    let all = [
        plain("GET /", &format!("X-Big: {big}\r\n")),
        plain(&format!("GET /{big}"), ""),
        plain("GET /cnry\u{e9}%zz%ff", ""),
        plain("GET /%00cnry", ""),
        plain("GET /../../plain?cnry", ""),
        plain("POST /cnry", "Content-Length: 0\r\n"),
        plain("TRACE /cnry", ""),
        plain("CNRYMETHOD /", ""),
        plain("GET http://cnry.example/", ""),
        plain("GET cnry", ""),
        plain("GET /", "Host: cnry.example\r\n"),
        plain("GET /", "Cnry Field: cnry\r\n"),
        plain("GET /", " cnryfolded\r\n"),
        plain("GET /", "Content-Length: cnry\r\n"),
        plain("GET /", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
        plain("POST /account/a", "Transfer-Encoding: chunked\r\n"),
        plain("GET /", "Transfer-Encoding: cnry\r\n"),
        plain("GET /", "Expect: cnry\r\n"),
        plain("GET /", "Upgrade: cnry\r\n"),
        request("GET /", number, "cnry.example", "", ""),
        request("GET /", number, "cnry host", "", ""),
        broken,
        b"cnry\r\n\r\n".to_vec(),
        b"GET /cnry HTTP/9.9\r\nHost: leak.test\r\n\r\n".to_vec(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\ncnry".to_vec(),
        b"\x16\x03\x01\x02\x00cnry\x01\x00".to_vec(),
    ];
    let answers = all.iter().map(|bytes| send(proxy, bytes));
    answers.filter(|answer| !answer.is_empty()).inspect(|answer| is_clean("an error page", answer)).count()
}

/// All files below a folder, with what is in them.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.is_file() {
            // What is no file is a socket, which holds nothing.
            let bytes = std::fs::read(&path).unwrap();
            found.insert(path, bytes);
        }
    }
    found
}

fn metrics(server: &Server) -> Vec<u8> {
    send(server.metrics(), b"GET /metrics HTTP/1.1\r\nHost: metrics\r\nConnection: close\r\n\r\n")
}

#[test]
fn no_canary_stays_in_logs_metrics_answers_or_files() {
    let origin = Origin::start().unwrap();
    let mut server = start(&origin);
    let before = files(server.folder());
    load(server.address(), 0..60);
    let answered = mistakes(server.address(), 60);
    assert!(answered >= 15, "{answered} mistakes were answered at all");
    origin.set_down(true);
    for path in ["/", "/told", "/plain", "/news/other", "/account/down"] {
        let answer = send(server.address(), &request(&target(path, 61), 61, HOST, "", ""));
        is_clean("an answer without an origin", &answer);
    }
    origin.set_down(false);
    load(server.address(), 62..80);
    // The access log waits for company before it writes.
    std::thread::sleep(Duration::from_millis(700));

    let printed = server.printed().unwrap();
    is_clean("the logs", printed.as_bytes());
    for word in
        ["\"outcome\":\"refused\"", "\"outcome\":\"passthrough\"", "unknown-host", "origin-unreachable"]
    {
        assert!(printed.contains(word), "{word} was never logged, so the search proves little: {printed}");
    }
    let metrics = metrics(&server);
    is_clean("the metrics", &metrics);
    let metrics = String::from_utf8_lossy(&metrics);
    assert!(metrics.contains("route=\"/account/*\""));
    for label in metrics.split(['{', ',']).filter_map(|part| part.split_once("=\"")).map(|(label, _)| label) {
        assert!(["site", "route", "outcome", "event"].contains(&label), "a label `{label}`: {metrics}");
    }
    // What is released is written when an epoch ends.
    let since = Instant::now();
    let kept = server.folder().join("data/crowds-leak.test");
    while !kept.exists() {
        assert!(since.elapsed() < Duration::from_secs(20), "what is released is never written");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(server.stop().unwrap());
    for (path, bytes) in files(server.folder()) {
        if before.get(&path) != Some(&bytes) {
            is_clean(&path.display().to_string(), &bytes);
        }
    }
    let upstream = origin.strings();
    let others = upstream.iter().filter(|(bytes, _)| !String::from_utf8_lossy(bytes).contains(" /account/"));
    others.for_each(|(bytes, _)| is_clean("a request upstream", bytes));
    assert!(
        upstream.iter().any(|(bytes, _)| String::from_utf8_lossy(bytes).contains(MARK)),
        "passthrough does"
    );
}
