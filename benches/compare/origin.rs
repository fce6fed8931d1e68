//! The site behind both servers. It makes the page for the words that nginx's maps put into its
//! requests; Cloakroom sends no such words and gets the page that everybody knows.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use cloakroom_benches::{BANNERS, COUNTRIES, HEROES, LANGUAGES, Traits, choose, page};

use crate::Failure;

/// Serves one page for as long as the process lives.
pub(crate) fn start() -> Result<SocketAddr, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    std::thread::Builder::new().name("origin".into()).spawn(move || {
        for stream in listener.incoming().flatten() {
            // Whoever breaks off is told nothing.
            std::thread::spawn(move || drop(answer(stream)));
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

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let mut traits =
        Traits { country: "other", language: "other", device: "desktop", spring: false, consents: false };
    while let Some(line) = lines.next().transpose()?.filter(|line| !line.is_empty()) {
        let Some((name, value)) = line.split_once(": ") else { continue };
        let known = |list: &[&'static str]| list.iter().find(|known| **known == value).copied();
        match name.to_ascii_lowercase().as_str() {
            "x-country" => traits.country = known(&COUNTRIES).unwrap_or("other"),
            "x-language" => traits.language = known(&LANGUAGES).unwrap_or("other"),
            "x-device" => traits.device = known(&["phone", "tablet"]).unwrap_or("desktop"),
            "x-campaign" => traits.spring = value == "spring",
            "x-consent" => traits.consents = value == "all",
            _ => {}
        }
    }
    let body = page_for(&traits);
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nCache-Control: max-age=86400\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}
