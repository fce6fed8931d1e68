//! Parts of a body, by RFC 9110 §14, read the plain way.

use std::collections::BTreeSet;

use crate::reply::Reply;

/// The positions that a `Range` field means in a body of so many bytes.
fn wanted(range: &str, length: usize) -> BTreeSet<usize> {
    let specs = range.strip_prefix("bytes=").unwrap().split(',').map(str::trim);
    specs
        .flat_map(|spec| {
            let (first, last) = spec.split_once('-').unwrap();
            match (first.parse::<usize>(), last.parse::<usize>()) {
                (Ok(first), Ok(last)) => first..(last + 1).min(length),
                (Ok(first), Err(_)) => first..length,
                (Err(_), Ok(count)) => length.saturating_sub(count)..length,
                (Err(_), Err(_)) => 0..0,
            }
        })
        .collect()
}

/// Whether nothing of such a body was asked for (RFC 9110 §15.5.17).
pub fn is_unsatisfiable(range: &str, length: usize) -> bool {
    wanted(range, length).is_empty()
}

/// Whether a 206 holds those bytes of a body that were asked for, and says so (RFC 9110 §15.3.7).
pub fn are_of(reply: &Reply, range: &str, body: &[u8]) -> bool {
    let parts = match reply.field("content-range") {
        Some(place) => vec![(place.to_owned(), reply.body.clone())],
        None => multipart(reply).unwrap_or_default(),
    };
    let mut sent = BTreeSet::new();
    for (place, bytes) in &parts {
        let Some((first, last)) = placed(place, body.len()) else { return false };
        if body.get(first..=last) != Some(&bytes[..]) {
            return false;
        }
        sent.extend(first..=last);
    }
    !sent.is_empty() && sent == wanted(range, body.len())
}

/// `bytes 5-9/100`
fn placed(place: &str, length: usize) -> Option<(usize, usize)> {
    let (range, complete) = place.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    (complete.parse() == Ok(length)).then_some((first.parse().ok()?, last.parse().ok()?))
}

/// The parts of a `multipart/byteranges`, each with its place.
fn multipart(reply: &Reply) -> Option<Vec<(String, Vec<u8>)>> {
    let boundary = reply.field("content-type")?.strip_prefix("multipart/byteranges; boundary=")?;
    let (start, next) = (format!("--{boundary}\r\n"), format!("\r\n--{boundary}"));
    let mut rest = reply.body.strip_prefix(start.as_bytes())?;
    let mut parts = Vec::new();
    loop {
        let head = rest.windows(4).position(|four| four == b"\r\n\r\n")?;
        let lines = String::from_utf8_lossy(&rest[..head]).into_owned();
        let place = lines.lines().find_map(|line| line.strip_prefix("Content-Range: "))?;
        let end = rest.windows(next.len()).position(|at| at == next.as_bytes())?;
        parts.push((place.to_owned(), rest[head + 4..end].to_vec()));
        match &rest[end + next.len()..] {
            b"--\r\n" => return Some(parts),
            more => rest = more.strip_prefix(b"\r\n")?,
        }
    }
}
