//! What a client wishes of a stored answer: less than all of it, another form of it, or nothing that would
//! have to be fetched.
//!
//! All of this is read here, compared with what is stored, and dropped. None of it is forwarded, and none of it
//! decides which page or variant is meant. Of each field that much is kept as a comparison needs: tags as
//! numbers, weights as an order.
//!
//! `If-Match` and `If-Unmodified-Since` are not even read. They keep writers from overwriting each other, which
//! is between a client and an origin, and a cache may ignore them (RFC 9110 §13.1.1, §13.1.4); to evaluate them
//! in earnest the origin would have to be asked on behalf of one visitor. A reader who wants parts of one answer
//! has `If-Range`.

mod codings;
mod dates;
mod directives;
mod ranges;
mod tags;
mod wish;

use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, IF_MODIFIED_SINCE, IF_NONE_MATCH, RANGE};
use http::{HeaderName, Method, StatusCode};

pub use codings::Codings;
pub use dates::{Dates, HttpDate};
pub use wish::{ByteRange, Representation, Wish};

use crate::RawRequest;
use ranges::RangeRequest;
use tags::HeldTags;

/// What a client wishes of a stored answer. It can be asked once, and that is all: no getters of what was in
/// the fields, no `Debug`, no `Clone`. By default nothing in particular is wished, in plain bytes.
#[derive(Default)]
pub struct Asked {
    codings: Codings,
    only_if_cached: bool,
    /// What most requests do not have.
    conditions: Option<Box<Conditions>>,
}

struct Conditions {
    held: Option<Held>,
    range: Option<RangeRequest>,
}

/// What the client says that it has.
enum Held {
    Tags(HeldTags),
    Since(HttpDate),
}

impl Asked {
    /// The forms of an answer that the client takes.
    #[must_use]
    pub fn codings(&self) -> Codings {
        self.codings
    }

    /// Where nothing stored will do, the client would rather have a 504 than wait (RFC 9111 §5.2.1.7).
    #[must_use]
    pub fn only_if_cached(&self) -> bool {
        self.only_if_cached
    }

    /// What is to be sent of this answer, in the order of RFC 9110 §13.2.2. An answer that is no success is sent
    /// as it is (§13.2.1), and parts are sent of a 200 alone (§14.2).
    ///
    /// A request asks for one thing and gets one answer, so this takes the wish away: nobody can find out what
    /// a client has by comparing it with one tag or date after the other.
    #[must_use]
    pub fn evaluate(self, of: &Representation) -> Wish {
        let Some(Conditions { held, range }) = self.conditions.map(|conditions| *conditions) else {
            return Wish::Whole;
        };
        if !of.status.is_success() {
            return Wish::Whole;
        }
        if held.is_some_and(|held| held.is(of)) {
            return Wish::Unmodified;
        }
        match range {
            Some(range) if of.status == StatusCode::OK => range.evaluate(of),
            _ => Wish::Whole,
        }
    }

    /// Reads the fields. Conditions are about GET and HEAD (RFC 9110 §13.1), and parts about GET (§14.2).
    pub(crate) fn read(raw: &RawRequest<'_>) -> Self {
        let mut asked = Self::default();
        let (mut codings, mut directives, mut conditions) = (false, false, false);
        // One pass over the names costs less than looking for each field: most requests have none but the first.
        raw.each_name(|name| {
            let is = |field: &HeaderName| name.eq_ignore_ascii_case(field.as_str());
            match name.len() {
                5 => conditions |= is(&RANGE),
                13 => {
                    directives |= is(&CACHE_CONTROL);
                    conditions |= is(&IF_NONE_MATCH);
                }
                15 => codings |= is(&ACCEPT_ENCODING),
                17 => conditions |= is(&IF_MODIFIED_SINCE),
                _ => {}
            }
        });
        if codings {
            asked.codings = Codings::read(raw.fields(&ACCEPT_ENCODING));
        }
        if directives {
            asked.only_if_cached = directives::only_if_cached(raw.fields(&CACHE_CONTROL));
        }
        if conditions {
            asked.conditions = Conditions::read(raw);
        }
        asked
    }
}

impl Conditions {
    fn read(raw: &RawRequest<'_>) -> Option<Box<Self>> {
        let (get, head) = (*raw.method() == Method::GET, *raw.method() == Method::HEAD);
        let held = (get || head).then(|| Held::read(raw)).flatten();
        let range = get.then(|| RangeRequest::read(raw)).flatten();
        (held.is_some() || range.is_some()).then(|| Box::new(Self { held, range }))
    }
}

impl Held {
    /// Where there is `If-None-Match`, readable or not, `If-Modified-Since` is ignored, and it is where it is
    /// no date or more than one (RFC 9110 §13.1.3).
    fn read(raw: &RawRequest<'_>) -> Option<Self> {
        if let Some(tags) = HeldTags::read(raw.fields(&IF_NONE_MATCH)) {
            return Some(Self::Tags(tags));
        }
        let mut lines = raw.fields(&IF_MODIFIED_SINCE);
        let (line, None) = (lines.next()?, lines.next()) else { return None };
        HttpDate::parse(line).map(Self::Since)
    }

    fn is(&self, of: &Representation) -> bool {
        match self {
            Self::Tags(tags) => tags.matches(of.tag),
            Self::Since(since) => of.dates.is_some_and(|dates| dates.is_unmodified(*since)),
        }
    }
}
