//! The site behind all servers. It makes the page for the words that the peers' maps put into their
//! requests; Cloakroom sends no such words and gets the page that everybody knows.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use bytes::Bytes;
use cloakroom_benches::{BANNERS, COUNTRIES, HEROES, LANGUAGES, Traits, choose, page};

use crate::Failure;

/// Bytes of a large body that is relayed.
pub(crate) const LARGE: usize = 64 * 1024;
/// The most header fields of a request.
const MAX_FIELDS: usize = 48;

/// Serves its pages for as long as the process lives.
pub(crate) fn start() -> Result<SocketAddr, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    std::thread::Builder::new().name("origin".into()).spawn(move || {
        for stream in listener.incoming().flatten() {
            // Whoever breaks off is told nothing.
            std::thread::spawn(move || drop(answer_all(stream)));
        }
    })?;
    Ok(address)
}

/// The page that belongs to certain traits.
pub(crate) fn page_for(traits: &Traits) -> String {
    let (hero, banner) = choose(traits);
    let content = |of: &[(&str, &'static str)], at: usize| of.get(at).map_or("", |(_, content)| *content);
    page(content(&HEROES, hero), content(&BANNERS, banner))
}

/// A page like no other, as large as the personalized one.
pub(crate) fn numbered_page(number: &str) -> Bytes {
    page(&format!("<h1>Page {number}</h1>"), BANNERS.first().map_or("", |(_, content)| content)).into()
}

/// A page of some 300 bytes like no other.
pub(crate) fn small_page(number: &str) -> Bytes {
    let mut text = format!("<!doctype html><title>{number}</title>");
    // Writing to a String cannot fail.
    let _ = write!(text, "<p>{number:.>256}</p>");
    text.into()
}

/// What is relayed: letters of which no two neighbours are alike.
pub(crate) fn letters(length: usize) -> Bytes {
    (b'a'..=b'z').cycle().take(length).collect()
}

/// One request after the other on a connection that is kept.
fn answer_all(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut input, mut output) = (Vec::with_capacity(16 * 1024), Vec::with_capacity(96 * 1024));
    loop {
        let Some(request) = read(&mut stream, &mut input)? else { return Ok(()) };
        output.clear();
        let (kind, caching, body) = body(&request);
        write!(
            output,
            "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nCache-Control: {caching}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )?;
        output.extend_from_slice(&body);
        stream.write_all(&output)?;
    }
}

/// What a request asks for.
struct Asked {
    path: String,
    traits: Traits,
    /// Bytes of its body.
    sent: usize,
}

fn body(asked: &Asked) -> (&'static str, &'static str, Bytes) {
    const HTML: &str = "text/html; charset=utf-8";
    const STORED: &str = "max-age=86400";
    let path = asked.path.split('?').next().unwrap_or_default();
    match path.split('/').collect::<Vec<_>>().as_slice() {
        ["", "m", number] => (HTML, STORED, numbered_page(number)),
        ["", "s", number] => (HTML, STORED, small_page(number)),
        ["", "p", "small"] => ("application/json", "no-store", letters(1024)),
        ["", "p", "large"] => ("application/octet-stream", "no-store", letters(LARGE)),
        ["", "p", "form"] => ("text/plain", "no-store", Bytes::from(format!("{} bytes", asked.sent))),
        _ => (HTML, STORED, page_for(&asked.traits).into()),
    }
}

/// Reads a request with its body; `None` at the end of the connection.
fn read(stream: &mut TcpStream, input: &mut Vec<u8>) -> std::io::Result<Option<Asked>> {
    let mut part = [0; 16 * 1024];
    let (mut request, head) = loop {
        if let Some(whole) = head(input)? {
            break whole;
        }
        let count = stream.read(&mut part)?;
        if count == 0 {
            return Ok(None);
        }
        input.extend_from_slice(part.get(..count).unwrap_or_default());
    };
    input.drain(..head);
    while input.len() < request.sent {
        let count = stream.read(&mut part)?;
        if count == 0 {
            return Ok(None);
        }
        input.extend_from_slice(part.get(..count).unwrap_or_default());
    }
    input.drain(..request.sent);
    if request.path.is_empty() {
        request.path.push('/');
    }
    Ok(Some(request))
}

/// A request and the bytes of its head, once all of that is there.
fn head(input: &[u8]) -> std::io::Result<Option<(Asked, usize)>> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    let parsed = request.parse(input).map_err(std::io::Error::other)?;
    let httparse::Status::Complete(length) = parsed else { return Ok(None) };
    let traits =
        Traits { country: "other", language: "other", device: "desktop", spring: false, consents: false };
    let mut asked = Asked { path: request.path.unwrap_or_default().to_owned(), traits, sent: 0 };
    for field in request.headers.iter() {
        let value = String::from_utf8_lossy(field.value);
        let known = |list: &[&'static str]| list.iter().find(|known| **known == value).copied();
        let traits = &mut asked.traits;
        match field.name.to_ascii_lowercase().as_str() {
            "x-country" => traits.country = known(&COUNTRIES).unwrap_or("other"),
            "x-language" => traits.language = known(&LANGUAGES).unwrap_or("other"),
            "x-device" => traits.device = known(&["phone", "tablet"]).unwrap_or("desktop"),
            "x-campaign" => traits.spring = value == "spring",
            "x-consent" => traits.consents = value == "all",
            "content-length" => asked.sent = value.parse().map_err(std::io::Error::other)?,
            "transfer-encoding" => return Err(std::io::Error::other("bodies in chunks are not read")),
            _ => {}
        }
    }
    Ok(Some((asked, length)))
}
