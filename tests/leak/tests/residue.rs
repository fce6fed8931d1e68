//! What stays behind after a load: canaries in every field that a client can fill, over all modes
//! and through every mistake, then a search of logs, metrics, answers, files and memory.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use cloakroom_demo::DemoGeo;
use cloakroom_leak::{HOST, Options, Origin, Server};

/// How every canary begins; the kind and eight digits of the visitor's number follow.
const MARK: &str = "cnry";
/// Visitors with canaries, and afterwards visitors without.
const VISITORS: u32 = 1_500;

/// Fields that carry a canary, with its kind.
const FIELDS: [(&str, &str, &str); 14] = [
    ("User-Agent", "ua", "Mozilla/5.0 (X11; Linux x86_64; #) Gecko/20100101 Firefox/138.0"),
    ("Cookie", "ck", "cloakroom_consent=all; sid=#; #=1"),
    ("Referer", "re", "https://#.example/#?q=#"),
    ("Accept-Language", "al", "fr;q=0.9, #"),
    ("Authorization", "au", "Bearer #"),
    ("If-None-Match", "im", "\"#\""),
    ("X-Forwarded-Host", "xh", "#.example"),
    ("X-Real-IP", "xr", "#"),
    ("X-Request-ID", "xi", "#"),
    ("Traceparent", "tp", "00-#-#-01"),
    ("Sec-CH-UA", "su", "\"#\";v=\"1\""),
    ("Sec-CH-UA-Platform", "sp", "\"#\""),
    ("Cloakroom-Variant", "cv", "seen=#"),
    ("X-Whatever", "xw", "#"),
];

fn canary(kind: &str, number: u32) -> String {
    format!("{MARK}{kind}{number:08}")
}

/// A request full of canaries. `start` is the request line without its version.
fn request(start: &str, number: u32, host: &str, more: &str, body: &str) -> Vec<u8> {
    let country = ["FR", "DE", "US"][number as usize % 3];
    let address = DemoGeo::address_for(country, number).unwrap();
    let mut text = format!("{start} HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-For: {address}\r\n{more}");
    for (name, kind, value) in FIELDS {
        text.push_str(&format!("{name}: {}\r\n", value.replace('#', &canary(kind, number))));
    }
    if !body.is_empty() {
        text.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    format!("{text}Connection: close\r\n\r\n{body}").into_bytes()
}

fn target(path: &str, number: u32) -> String {
    let query = canary("qu", number);
    format!("GET {path}?{query}=1&gclid={query}&utm_campaign={query}&page={query}!")
}

/// Everything that comes back, to the end of the connection.
fn send(proxy: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(proxy).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // The proxy may refuse, and close, before everything is written.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    answer
}

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
    std::thread::scope(|scope| {
        for thread in 0..6 {
            let numbers = numbers.clone();
            scope.spawn(move || {
                for number in numbers.filter(|number| number % 6 == thread) {
                    for path in ["/", "/told", "/kept", "/plain", "/news/today"] {
                        let answer = send(proxy, &request(&target(path, number), number, HOST, "", ""));
                        assert!(answer.starts_with(b"HTTP/1.1 200 "), "{path}");
                        is_clean("an answer", &answer);
                    }
                    let path = format!("POST /account/{}", canary("pa", number));
                    let body = canary("bo", number);
                    send(proxy, &request(&path, number, HOST, "", &body));
                }
            });
        }
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

fn files(folder: &Path) -> BTreeMap<PathBuf, u64> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.insert(entry.path(), entry.metadata().unwrap().len());
        }
    }
    found
}

fn metrics(server: &Server) -> Vec<u8> {
    send(server.metrics(), b"GET /metrics HTTP/1.1\r\nHost: metrics\r\nConnection: close\r\n\r\n")
}

fn start(origin: &Origin) -> Server {
    let options = Options {
        k: 5,
        epoch: Duration::from_secs(2),
        more: "[log]\nlevel = \"trace\"\n[limits]\norigin_first_byte = \"1s\"\norigin_timeout = \"2s\"\n",
    };
    Server::cloakroom(Path::new(env!("CARGO_BIN_EXE_cloakroom")), origin.address(), options).unwrap()
}

#[test]
fn no_canary_stays_in_logs_metrics_answers_or_files() {
    let origin = Origin::start().unwrap();
    let server = start(&origin);
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
    assert!(String::from_utf8_lossy(&metrics).contains("route=\"/account/*\""));
    for path in files(server.folder()).keys() {
        assert!(before.contains_key(path), "{} was written", path.display());
        if !path.ends_with("stdout") && !path.ends_with("stderr") {
            assert_eq!(std::fs::metadata(path).unwrap().len(), before[path], "{}", path.display());
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

/// Numbers of the visitors of whom a canary of this kind is in the memory of the process.
#[cfg(target_os = "linux")]
fn remembered(server: &Server, kind: &str) -> Vec<u32> {
    let found = cloakroom_leak::search(server.pid(), format!("{MARK}{kind}").as_bytes()).unwrap();
    let numbers = found.distinct.iter().filter_map(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    numbers.collect()
}

#[cfg(target_os = "linux")]
#[test]
fn memory_holds_scraps_of_the_last_requests_and_no_history() {
    let origin = Origin::start().unwrap();
    let server = start(&origin);
    for round in 0..4 {
        load(server.address(), round * VISITORS..(round + 1) * VISITORS);
        std::thread::sleep(Duration::from_millis(500));
        for (_, kind, _) in FIELDS.iter().chain([&("", "qu", ""), &("", "pa", ""), &("", "bo", "")]) {
            let r = remembered(&server, kind);
            let mut by = [0; 4];
            r.iter().for_each(|n| by[(n / VISITORS).min(3) as usize] += 1);
            println!("{round} {kind}: {by:?}");
        }
    }
}
