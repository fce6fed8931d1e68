//! What a request holds of the cookies that Cloakroom keeps about visits, read in one pass.

use http::header::COOKIE;

use crate::RawRequest;

/// The most bytes of cookies that are read; of more, nothing is.
const MAX_BYTES: usize = 16 * 1_024;
/// How the names start.
const PREFIX: &[u8] = b"cloakroom_";

/// What there is of one cookie.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Held<'r> {
    #[default]
    Absent,
    /// One value, however often it was sent.
    Value(&'r [u8]),
    /// Values that contradict each other.
    Contradictory,
}

impl<'r> Held<'r> {
    pub(crate) fn is_there(self) -> bool {
        self != Held::Absent
    }

    pub(crate) fn value(self) -> Option<&'r [u8]> {
        if let Held::Value(value) = self { Some(value) } else { None }
    }

    fn add(&mut self, value: &'r [u8]) {
        *self = match *self {
            Held::Absent => Held::Value(value),
            Held::Value(earlier) if earlier == value => Held::Value(value),
            _ => Held::Contradictory,
        };
    }
}

/// The three of them.
#[derive(Default)]
pub(crate) struct HeldCookies<'r> {
    pub(crate) visit: Held<'r>,
    pub(crate) interest: Held<'r>,
    pub(crate) bucket: Held<'r>,
}

impl<'r> HeldCookies<'r> {
    /// Reads the cookies of a request.
    pub(crate) fn of(raw: &RawRequest<'r>) -> Self {
        let mut held = Self::default();
        let mut read = 0;
        for line in raw.fields(&COOKIE) {
            read += line.len();
            if read > MAX_BYTES {
                // Too much to be read; what there is of ours goes, as with a refusal.
                let unread = Held::Contradictory;
                return Self { visit: unread, interest: unread, bucket: unread };
            }
            held.add_line(line);
        }
        held
    }

    fn add_line(&mut self, line: &'r [u8]) {
        let mut rest = Some(line);
        while let Some(text) = rest {
            let end = memchr::memchr(b';', text);
            let pair = end.and_then(|end| text.get(..end)).unwrap_or(text);
            rest = end.and_then(|end| text.get(end + 1..));
            let Some(own) = pair.trim_ascii_start().strip_prefix(PREFIX) else { continue };
            let Some(at) = memchr::memchr(b'=', own) else { continue };
            let (Some(name), Some(value)) = (own.get(..at), own.get(at + 1..)) else { continue };
            match name.trim_ascii_end() {
                b"visit" => self.visit.add(value.trim_ascii()),
                b"interest" => self.interest.add(value.trim_ascii()),
                b"bucket" => self.bucket.add(value.trim_ascii()),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(lines: &[&str]) -> [Option<String>; 3] {
        let mut request = http::Request::builder();
        for line in lines {
            request = request.header("cookie", *line);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let raw = RawRequest::seal(&parts, std::net::Ipv4Addr::LOCALHOST.into());
        let HeldCookies { visit, interest, bucket } = HeldCookies::of(&raw);
        [visit, interest, bucket].map(|held| match held {
            Held::Absent => None,
            Held::Value(value) => Some(String::from_utf8(value.to_vec()).unwrap()),
            Held::Contradictory => Some("contradictory".to_owned()),
        })
    }

    #[test]
    fn our_cookies_are_found_among_others() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(held(&[]), [None, None, None]);
        assert_eq!(held(&["a=1; cloakroom_visit=1;cloakroom_bucket = 7 "]), [some("1"), None, some("7")]);
        assert_eq!(held(&["a=1", "cloakroom_interest=x; cloakroom_visit="]), [some(""), some("x"), None]);
        assert_eq!(held(&["cloakroom_visit=1; cloakroom_visit=1"]), [some("1"), None, None]);
        assert_eq!(held(&["cloakroom_visit=1; cloakroom_visit=0"]), [some("contradictory"), None, None]);
        assert_eq!(held(&["xcloakroom_visit=1; cloakroom_visits=1; Cloakroom_visit=1"]), [None, None, None]);
        assert_eq!(held(&["cloakroom_visit", "cloakroom_consent=all"]), [None, None, None]);
        let unread = [(); 3].map(|()| some("contradictory"));
        assert_eq!(held(&["cloakroom_visit=1", &"x=y;".repeat(5_000)]), unread, "so that they are deleted");
    }
}
