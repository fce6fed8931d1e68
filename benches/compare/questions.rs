//! What is asked: requests as bytes, and what the right answer to each is.

use std::cell::Cell;
use std::fmt::Write;
use std::rc::Rc;

use bytes::Bytes;
use cloakroom_benches::{HOST, Visitor};
use http::{Method, Request};

use crate::{Failure, origin};

/// One after the other, visitors have nothing in common: this is prime to their number.
const STRIDE: usize = 389;

/// How the cache has to have taken part.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// The answer was there.
    Hit,
    /// The origin was asked, and its answer stored.
    Miss,
    /// The cache has no part in it.
    Relayed,
}

/// A request and what answers it.
pub(crate) struct Visit {
    /// As HTTP/1.1 sends it, its body included.
    pub(crate) http1: Vec<u8>,
    /// As HTTP/2 sends it; without a body.
    pub(crate) http2: Request<()>,
    /// The body of the right answer.
    pub(crate) page: Bytes,
    pub(crate) mark: Mark,
}

impl Visit {
    /// `fields` are lines with their ends, `host` among them.
    pub(crate) fn new(
        method: Method,
        target: &str,
        fields: &str,
        body: &[u8],
        (page, mark): (Bytes, Mark),
    ) -> Result<Self, Failure> {
        let mut http1 = format!("{method} {target} HTTP/1.1\r\n{fields}");
        if !body.is_empty() {
            // Writing to a String cannot fail.
            let _ = write!(http1, "content-length: {}\r\n", body.len());
        }
        http1.push_str("\r\n");
        let mut http1 = http1.into_bytes();
        http1.extend_from_slice(body);
        let mut http2 = Request::builder().method(method).uri(format!("https://{HOST}{target}"));
        let lines = fields.lines().filter_map(|line| line.split_once(": "));
        for (name, value) in lines.filter(|(name, _)| *name != "host") {
            http2 = http2.header(name, value);
        }
        Ok(Self { http1, http2: http2.body(())?, page, mark })
    }

    /// A visitor's for the personalized page. Nobody asks for a compressed page, so that all servers send
    /// the same bytes.
    pub(crate) fn of(visitor: &Visitor) -> Result<Self, Failure> {
        let page = origin::page_for(&visitor.traits).into();
        let fields = visitor.fields.replace("gzip, deflate, br", "identity");
        Self::new(Method::GET, &visitor.target, &fields, &[], (page, Mark::Hit))
    }
}

/// Where the next request comes from.
pub(crate) trait Questions {
    /// The request of this number in a round.
    fn visit(&self, number: usize) -> Result<Rc<Visit>, Failure>;

    /// How many are different, where the same come again and again and all of them have to be asked before
    /// the answers are right.
    fn returning(&self) -> Option<usize>;
}

/// The same visits again and again.
pub(crate) struct Returning(Vec<Rc<Visit>>);

impl Returning {
    pub(crate) fn new(visits: Vec<Visit>) -> Self {
        Self(visits.into_iter().map(Rc::new).collect())
    }

    /// Everybody's, for the personalized page.
    pub(crate) fn visitors(visitors: &[Visitor]) -> Result<Self, Failure> {
        Ok(Self::new(visitors.iter().map(Visit::of).collect::<Result<_, _>>()?))
    }
}

impl Questions for Returning {
    fn visit(&self, number: usize) -> Result<Rc<Visit>, Failure> {
        let next = number.wrapping_mul(STRIDE) % self.0.len().max(1);
        Ok(Rc::clone(self.0.get(next).ok_or("nobody comes")?))
    }

    fn returning(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// A visit made for each number of a sequence that never comes to a number twice.
pub(crate) struct Fresh<F> {
    next: Cell<u64>,
    make: F,
}

impl<F: Fn(u64) -> Result<Visit, Failure>> Fresh<F> {
    pub(crate) fn new(make: F) -> Self {
        Self { next: Cell::new(0), make }
    }
}

impl<F: Fn(u64) -> Result<Visit, Failure>> Questions for Fresh<F> {
    fn visit(&self, _number: usize) -> Result<Rc<Visit>, Failure> {
        let next = self.next.get();
        self.next.set(next + 1);
        (self.make)(next).map(Rc::new)
    }

    fn returning(&self) -> Option<usize> {
        None
    }
}

/// Fields of a browser that has no part in what is answered.
pub(crate) fn plain_fields() -> String {
    format!(
        "host: {HOST}\r\nx-forwarded-for: 192.0.2.1\r\n\
         user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:138.0) Gecko/20100101 Firefox/138.0\r\n\
         accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n\
         accept-language: en-US,en;q=0.5\r\naccept-encoding: identity\r\n\
         cookie: _ga=GA1.1.1234567.1746000000; sid=0123456789abcdef\r\n"
    )
}
