//! What the origin says of a version: its fields, and what they mean by RFC 9111, written down by hand.

use std::time::{Duration, SystemTime};

/// The operator's `stale_if_error`, which holds where the origin says nothing.
pub const STALE_IF_ERROR: Duration = Duration::from_secs(2);
/// The operator's `negative`.
pub const NEGATIVE: Duration = Duration::from_secs(1);

/// An answer's fields and their meaning.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    pub status: u16,
    pub fields: &'static str,
    /// Adds `Date`, and `Expires` two seconds later.
    pub dated: bool,
    pub means: Means,
}

/// What a shared cache may do with it.
#[derive(Clone, Copy, Debug)]
pub enum Means {
    /// Store and share it.
    Shared {
        /// `Age` as it was sent.
        age: Duration,
        lifetime: Duration,
        while_revalidating: Duration,
        if_error: Duration,
    },
    /// Neither store it nor pass it on.
    Refused,
}

const fn shared(lifetime: u64, while_revalidating: u64, if_error: u64) -> Means {
    aged(0, lifetime, while_revalidating, if_error)
}

const fn aged(age: u64, lifetime: u64, while_revalidating: u64, if_error: u64) -> Means {
    Means::Shared {
        age: Duration::from_secs(age),
        lifetime: Duration::from_secs(lifetime),
        while_revalidating: Duration::from_secs(while_revalidating),
        if_error: Duration::from_secs(if_error),
    }
}

const fn ok(fields: &'static str, means: Means) -> Policy {
    Policy { status: 200, fields, dated: false, means }
}

const ERROR: u64 = STALE_IF_ERROR.as_secs();

/// All of them; the sections are RFC 9111's unless another is named.
pub const POLICIES: [Policy; 22] = [
    ok("Cache-Control: max-age=1\r\n", shared(1, 0, ERROR)), // 4.2.1
    ok("Cache-Control: max-age=2\r\n", shared(2, 0, ERROR)),
    ok("Cache-Control: public, max-age=2\r\n", shared(2, 0, ERROR)),
    ok("Cache-Control: max-age=3\r\nAge: 1\r\n", aged(1, 3, 0, ERROR)), // 4.2.3
    ok("Cache-Control: max-age=1, must-revalidate\r\n", shared(1, 0, 0)), // 5.2.2.2
    ok("Cache-Control: max-age=1, proxy-revalidate\r\n", shared(1, 0, 0)), // 5.2.2.8
    ok("Cache-Control: max-age=60, s-maxage=1\r\n", shared(1, 0, 0)),   // 5.2.2.10
    ok("Cache-Control: no-cache\r\n", shared(0, 0, 0)),                 // 5.2.2.4
    ok("Cache-Control: max-age=0\r\n", shared(0, 0, ERROR)),
    ok("Cache-Control: max-age=1, stale-while-revalidate=2\r\n", shared(1, 2, ERROR)), // RFC 5861 §3
    ok("Cache-Control: max-age=2, stale-while-revalidate=1\r\n", shared(2, 1, ERROR)),
    ok("Cache-Control: max-age=1, stale-if-error=4\r\n", shared(1, 0, 4)), // RFC 5861 §4
    ok("Cache-Control: max-age=1, stale-while-revalidate=1, stale-if-error=0\r\n", shared(1, 1, 0)),
    ok("Cache-Control: max-age=60\r\nCDN-Cache-Control: max-age=1\r\n", shared(1, 0, ERROR)), // RFC 9213 §2.2
    ok("Cache-Control: max-age=2\r\nVary: Accept-Language, Accept-Encoding\r\n", shared(2, 0, ERROR)), // 4.1
    ok("Cache-Control: no-store\r\n", Means::Refused),                                        // 5.2.2.5
    ok("Cache-Control: private, max-age=9\r\n", Means::Refused),                              // 5.2.2.7
    ok("Cache-Control: max-age=9\r\nVary: Cookie\r\n", Means::Refused),                       // 4.1
    ok("X-Says: nothing\r\n", shared(0, 0, ERROR)), // 4.2.2, without Last-Modified
    Policy { status: 200, fields: "", dated: true, means: shared(2, 0, ERROR) }, // 5.3
    Policy { status: 404, fields: "", dated: false, means: shared(NEGATIVE.as_secs(), 0, ERROR) },
    Policy { status: 410, fields: "Cache-Control: max-age=2\r\n", dated: false, means: shared(2, 0, ERROR) },
];

impl Policy {
    /// Its fields as they are sent now.
    pub fn lines(&self) -> String {
        if !self.dated {
            return self.fields.to_owned();
        }
        let now = SystemTime::now();
        let later = now + Duration::from_secs(2);
        let [date, expires] = [now, later].map(httpdate::fmt_http_date);
        format!("{}Date: {date}\r\nExpires: {expires}\r\n", self.fields)
    }

    /// Whether all that it says stands in `Cache-Control`, which the 304 of another can overwrite.
    pub fn can_follow(&self) -> bool {
        self.status == 200
            && !self.dated
            && self.fields.starts_with("Cache-Control")
            && self.fields.lines().count() == 1
    }
}
