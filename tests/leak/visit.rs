//! A visit: one visitor asks for every page, on one connection.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::{Failure, Identity, ROUTES};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A page as a visitor got it.
pub struct Seen {
    /// Position in [`ROUTES`].
    pub route: usize,
    /// What the page shows of its variant, in the words of the site.
    pub shown: String,
    /// The number of the request from which the origin made the page.
    pub served: usize,
}

/// Asks for all pages in the order that `order` gives.
///
/// # Errors
/// When an answer is missing, no page, or without the origin's number.
pub fn visit(proxy: SocketAddr, identity: &Identity, order: &[usize]) -> Result<Vec<Seen>, Failure> {
    let mut connection = None;
    let mut seen = Vec::with_capacity(order.len());
    for route in order {
        let page = ROUTES.get(*route).ok_or("there is no such route")?;
        let request = format!("GET {} HTTP/1.1\r\n{}\r\n", page.target(identity), identity.fields);
        let (status, body) = ask(proxy, &mut connection, request.as_bytes())?;
        if status != 200 {
            return Err(format!("{} answers {status}: {body}", page.path).into());
        }
        let word = |name: &str| {
            let rest = body.split_once(name).map(|(_, rest)| rest)?;
            rest.split_once(';').map(|(word, _)| word)
        };
        let served = word("served:").ok_or("a page that the origin has not made")?.parse()?;
        let shown = format!("{} {}", word("shown:").unwrap_or_default(), word("speaks:").unwrap_or_default());
        seen.push(Seen { route: *route, shown, served });
    }
    Ok(seen)
}

/// Sends a request and reads its answer; a kept connection that is closed meanwhile is opened anew.
fn ask(
    proxy: SocketAddr,
    connection: &mut Option<TcpStream>,
    request: &[u8],
) -> Result<(u16, String), Failure> {
    if let Some(stream) = connection
        && let Ok(answer) = exchange(stream, request)
    {
        return Ok(answer);
    }
    let mut stream = TcpStream::connect(proxy)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let answer = exchange(&mut stream, request)?;
    *connection = Some(stream);
    Ok(answer)
}

fn exchange(stream: &mut TcpStream, request: &[u8]) -> Result<(u16, String), Failure> {
    stream.write_all(request)?;
    let mut read = Vec::with_capacity(4_096);
    let mut chunk = [0; 8_192];
    loop {
        if let Some(answer) = whole(&read)? {
            return Ok(answer);
        }
        match stream.read(&mut chunk)? {
            0 => return Err(std::io::Error::from(ErrorKind::UnexpectedEof).into()),
            more => read.extend_from_slice(chunk.get(..more).unwrap_or_default()),
        }
    }
}

/// Status and body, once all of it is there.
fn whole(read: &[u8]) -> Result<Option<(u16, String)>, Failure> {
    let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = String::from_utf8_lossy(read.get(..end).unwrap_or_default()).to_ascii_lowercase();
    let status = head.split(' ').nth(1).ok_or("an answer without status")?.parse()?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.ok_or("an answer without length")?.trim().parse()?;
    let body = read.get(end + 4..).unwrap_or_default();
    Ok((body.len() >= length).then(|| (status, String::from_utf8_lossy(body).into_owned())))
}
