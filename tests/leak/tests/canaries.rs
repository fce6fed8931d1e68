//! Requests with a canary in every field that a client can fill. All of them are made up.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use cloakroom_demo::DemoGeo;
use cloakroom_leak::{HOST, Options, Origin, Server};

/// How every canary begins; the kind and eight digits of the visitor's number follow.
pub const MARK: &str = "cnry";
/// Fields that carry a canary, with its kind.
pub const FIELDS: [(&str, &str, &str); 14] = [
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

pub fn canary(kind: &str, number: u32) -> String {
    format!("{MARK}{kind}{number:08}")
}

/// A request full of canaries. `start` is the request line without its version.
pub fn request(start: &str, number: u32, host: &str, more: &str, body: &str) -> Vec<u8> {
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

pub fn target(path: &str, number: u32) -> String {
    let query = canary("qu", number);
    format!("GET {path}?{query}=1&gclid={query}&utm_campaign={query}&page={query}!")
}

/// Everything that comes back, to the end of the connection.
pub fn send(proxy: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(proxy).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // The proxy may refuse, and close, before everything is written.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    answer
}

/// A visitor's way through all pages that hide who asks; every answer.
pub fn pages(proxy: SocketAddr, number: u32) -> Vec<Vec<u8>> {
    let paths = ["/", "/told", "/kept", "/plain", "/news/today"];
    paths.iter().map(|path| send(proxy, &request(&target(path, number), number, HOST, "", ""))).collect()
}

/// A visitor's form on a passthrough route, with canaries in path and body.
pub fn post(proxy: SocketAddr, number: u32) {
    let start = format!("POST /account/{}", canary("pa", number));
    send(proxy, &request(&start, number, HOST, "", &canary("bo", number)));
}

/// Lets several visitors come at once.
pub fn by_several(numbers: Range<u32>, visit: impl Fn(u32) + Sync) {
    std::thread::scope(|scope| {
        for thread in 0..6 {
            let (numbers, visit) = (numbers.clone(), &visit);
            scope.spawn(move || numbers.filter(|number| number % 6 == thread).for_each(visit));
        }
    });
}

/// The real program, which says as much as it ever says.
pub fn start(origin: &Origin) -> Server {
    let options = Options {
        k: 5,
        epoch: Duration::from_secs(2),
        more: "[store]\npath = \"data\"\n[log]\nlevel = \"trace\"\n[limits]\nclient_silence = \"1s\"\norigin_first_byte = \"1s\"\norigin_timeout = \"2s\"\n",
    };
    Server::cloakroom(Path::new(env!("CARGO_BIN_EXE_cloakroom")), origin.address(), options).unwrap()
}
