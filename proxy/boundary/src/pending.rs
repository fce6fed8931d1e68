//! Cookies that an answer would set or delete, before the policies of the site have said which of them
//! may be kept at all.
//!
//! Nothing can be written of a [`PendingCookies`]: the only way to `Set-Cookie` lines is through what is
//! [`Kept`]. What is not kept is deleted where the visitor still holds it, in the same answer, whatever the
//! reason is: consent withdrawn or never given, Global Privacy Control, a policy, or a plugin that no
//! longer asks.

use std::time::Duration;

use crate::interest::{self, Written};
use crate::own_cookies::{OwnCookie, OwnCookies};

/// How long `cloakroom_visit` and `cloakroom_bucket` are kept: a year, from when they were set.
const LASTING: Duration = Duration::from_secs(365 * 86_400);

/// Which cookies about visits may be kept in a browser: those that something on the site asks for, where
/// a policy lets it be told. The default is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// `cloakroom_visit`.
    pub visit: bool,
    /// `cloakroom_interest`.
    pub interest: bool,
    /// `cloakroom_bucket`.
    pub bucket: bool,
}

impl Kept {
    /// What both keep.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            visit: self.visit && other.visit,
            interest: self.interest && other.interest,
            bucket: self.bucket && other.bucket,
        }
    }
}

/// What an answer would do with the visitor's cookies. It is about one visitor: no `Debug`, no `Clone`.
#[derive(Default)]
pub struct PendingCookies {
    /// What consent and the site's wishes let be kept.
    pub(crate) kept: Kept,
    /// What the request holds.
    pub(crate) held: Kept,
    /// The bit to set.
    pub(crate) visit: Option<bool>,
    /// The value to set.
    pub(crate) interest: Option<Written>,
    /// The number to set.
    pub(crate) bucket: Option<u8>,
}

impl PendingCookies {
    /// The lines of the answer, where policy lets `kept` be kept.
    #[must_use]
    pub fn settle(self, kept: Kept) -> OwnCookies {
        let kept = self.kept.and(kept);
        let mut lines = OwnCookies::default();
        if let (true, Some(returning)) = (kept.visit, self.visit) {
            lines.set(OwnCookie::Visit, if returning { "1" } else { "0" }, LASTING);
        }
        if let (true, Some(record)) = (kept.interest, &self.interest) {
            lines.set(OwnCookie::Interest, record.text(), interest::LASTING);
        }
        if let (true, Some(bucket)) = (kept.bucket, self.bucket) {
            lines.set(OwnCookie::Bucket, &bucket.to_string(), LASTING);
        }
        for (held, kept, cookie) in [
            (self.held.visit, kept.visit, OwnCookie::Visit),
            (self.held.interest, kept.interest, OwnCookie::Interest),
            (self.held.bucket, kept.bucket, OwnCookie::Bucket),
        ] {
            if held && !kept {
                lines.delete(cookie);
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Kept = Kept { visit: true, interest: true, bucket: true };

    fn lines(pending: PendingCookies, kept: Kept) -> Vec<String> {
        pending.settle(kept).lines().map(|line| line.to_str().unwrap().to_owned()).collect()
    }

    fn pending(kept: Kept, held: Kept) -> PendingCookies {
        PendingCookies {
            kept,
            held,
            visit: Some(true),
            interest: Some(Written::of(*b"5f.1.3.0005")),
            bucket: Some(7),
        }
    }

    #[test]
    fn what_both_keep_is_set_byte_for_byte() {
        assert_eq!(
            lines(pending(ALL, ALL), ALL),
            [
                "cloakroom_visit=1; Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax",
                "cloakroom_interest=5f.1.3.0005; Path=/; Max-Age=1209600; HttpOnly; Secure; SameSite=Lax",
                "cloakroom_bucket=7; Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax",
            ]
        );
    }

    #[test]
    fn what_is_not_kept_is_never_set_and_deleted_where_it_is_held() {
        let deleted = [
            "cloakroom_visit=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax",
            "cloakroom_interest=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax",
            "cloakroom_bucket=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax",
        ];
        assert_eq!(lines(pending(ALL, ALL), Kept::default()), deleted);
        assert_eq!(lines(pending(Kept::default(), ALL), ALL), deleted);
        assert!(lines(pending(ALL, Kept::default()), Kept::default()).is_empty());
        assert!(lines(PendingCookies::default(), ALL).is_empty());
        let visit = Kept { visit: true, ..Kept::default() };
        let mixed = lines(pending(ALL, ALL), visit);
        assert!(mixed[0].starts_with("cloakroom_visit=1;"));
        assert_eq!(mixed[1..], deleted[1..]);
    }
}
