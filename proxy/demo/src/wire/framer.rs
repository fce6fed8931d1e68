//! Cuts the bytes of an HTTP/1.1 connection into requests, without understanding more of them
//! than where each one ends.

/// The longest line that can announce a chunk.
const MAX_CHUNK_LINE: usize = 256;

enum State {
    Head,
    Body {
        left: u64,
    },
    ChunkSize {
        line: Vec<u8>,
    },
    ChunkData {
        left: u64,
    },
    Trailer {
        line: usize,
    },
    /// Not HTTP/1.1: where requests end can no longer be told, nothing more is kept.
    Lost,
}

/// Cuts one connection; gives every whole request to `keep`.
pub(super) struct Framer<F: FnMut(Vec<u8>)> {
    state: State,
    current: Vec<u8>,
    most: usize,
    keep: F,
}

impl<F: FnMut(Vec<u8>)> Framer<F> {
    /// Keeps at most `most` bytes of a request.
    pub(super) fn new(most: usize, keep: F) -> Self {
        Self { state: State::Head, current: Vec::new(), most, keep }
    }

    /// Takes the next bytes of the connection.
    pub(super) fn feed(&mut self, mut bytes: &[u8]) {
        while let Some((first, after)) = bytes.split_first() {
            let body = match &mut self.state {
                State::Lost => return,
                State::Body { left } | State::ChunkData { left } => Some(left),
                _ => None,
            };
            if let Some(left) = body {
                let take = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                *left = left.saturating_sub(take as u64);
                let (taken, rest) = bytes.split_at(take);
                self.append(taken);
                bytes = rest;
                self.body_advanced();
            } else {
                self.byte(*first);
                bytes = after;
            }
        }
    }

    fn append(&mut self, bytes: &[u8]) {
        let room = self.most.saturating_sub(self.current.len()).min(bytes.len());
        self.current.extend_from_slice(bytes.get(..room).unwrap_or_default());
    }

    fn body_advanced(&mut self) {
        match self.state {
            State::Body { left: 0 } => self.finish(),
            State::ChunkData { left: 0 } => self.state = State::ChunkSize { line: Vec::new() },
            _ => {}
        }
    }

    /// A byte of a head, of a chunk's size or of a trailer.
    fn byte(&mut self, byte: u8) {
        // Empty lines may stand before a request (RFC 9112 §2.2).
        if matches!(self.state, State::Head) && self.current.is_empty() && matches!(byte, b'\r' | b'\n') {
            return;
        }
        self.append(&[byte]);
        match &mut self.state {
            State::Head => self.head_byte(),
            State::ChunkSize { line } if byte == b'\n' => {
                self.state = match chunk_size(line) {
                    Some(0) => State::Trailer { line: 0 },
                    // The data and the line end behind it.
                    Some(size) => State::ChunkData { left: size.saturating_add(2) },
                    None => State::Lost,
                };
            }
            State::ChunkSize { line } => {
                line.push(byte);
                if line.len() > MAX_CHUNK_LINE {
                    self.state = State::Lost;
                }
            }
            State::Trailer { line } => match byte {
                b'\n' if *line == 0 => self.finish(),
                b'\n' => *line = 0,
                b'\r' => {}
                _ => *line = line.saturating_add(1),
            },
            State::Body { .. } | State::ChunkData { .. } | State::Lost => {}
        }
    }

    fn head_byte(&mut self) {
        if self.current.ends_with(b"\r\n\r\n") {
            match body_of(&self.current) {
                State::Body { left: 0 } => self.finish(),
                state => self.state = state,
            }
        } else if self.current.len() >= self.most {
            self.finish();
            self.state = State::Lost;
        }
    }

    fn finish(&mut self) {
        self.state = State::Head;
        let request = std::mem::take(&mut self.current);
        if !request.is_empty() {
            (self.keep)(request);
        }
    }
}

impl<F: FnMut(Vec<u8>)> Drop for Framer<F> {
    /// What came of a request that was never finished is kept too.
    fn drop(&mut self) {
        self.finish();
    }
}

/// What follows a head.
fn body_of(head: &[u8]) -> State {
    let text = String::from_utf8_lossy(head);
    let mut length = 0;
    for line in text.split("\r\n").skip(1) {
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.eq_ignore_ascii_case("transfer-encoding") && value.to_ascii_lowercase().contains("chunked") {
            return State::ChunkSize { line: Vec::new() };
        }
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    State::Body { left: length }
}

fn chunk_size(line: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(line).ok()?;
    let digits = text.split(';').next().unwrap_or_default().trim();
    u64::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(bytes: &[u8], step: usize) -> Vec<String> {
        let mut requests = Vec::new();
        let mut framer = Framer::new(200, |r| requests.push(String::from_utf8(r).unwrap()));
        for part in bytes.chunks(step) {
            framer.feed(part);
        }
        drop(framer);
        requests
    }

    #[test]
    fn requests_are_cut_at_their_ends_however_the_bytes_arrive() {
        let one = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        let two = "POST /x HTTP/1.1\r\ncontent-length: 5\r\n\r\nGET /";
        let three =
            "POST /y HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nab\r\n\r\n0\r\nT: 1\r\n\r\n";
        let all = format!("{one}\r\n{two}{three}{one}");
        for step in [1, 2, 7, 1_000] {
            assert_eq!(cut(all.as_bytes(), step), [one, two, three, one], "in steps of {step}");
        }
    }

    #[test]
    fn an_unfinished_request_is_kept_when_the_connection_ends() {
        assert_eq!(cut(b"GET / HTTP/1.1\r\nHo", 5), ["GET / HTTP/1.1\r\nHo"]);
    }

    #[test]
    fn a_head_without_end_is_cut_off_and_a_long_body_is_shortened() {
        assert_eq!(cut(&[b'x'; 10_000], 64), ["x".repeat(200)]);
        let long = format!(
            "POST / HTTP/1.1\r\nContent-Length: 500\r\n\r\n{}GET / HTTP/1.1\r\n\r\n",
            "b".repeat(500)
        );
        let kept = cut(long.as_bytes(), 33);
        assert_eq!(kept.len(), 2);
        assert_eq!(kept[0].len(), 200);
        assert_eq!(kept[1], "GET / HTTP/1.1\r\n\r\n");
    }
}
