//! What is remembered of a visitor, in the visitor's own browser: read from the cookies that
//! the request holds, with consent alone, and what the answer would do with them.
//!
//! These three are kept on every personalized route of a site on which some route asks for them, so that
//! a page that is read counts wherever it is; they are told to plugins only where a route asks. Anonymous and
//! passthrough routes neither read nor set them.
//!
//! `visit`: the first request with consent begins the first visit, and sets the bit to `0`. A visit lasts
//! while pages are reached from pages of the site; the first request from elsewhere after that sets the bit
//! to `1`, for good. So it is set twice in a year at most, and holds no time. Browsers that hide where a
//! request comes from end the first visit at its second page.
//!
//! `bucket`: drawn evenly at the first request with consent, and never again while the cookie is there.

use cloakroom_vocabulary::{BUCKETS, Signal, ValueId};

use crate::RawRequest;
use crate::chance::{Chance, below};
use crate::daypart::Dayparts;
use crate::held::HeldCookies;
use crate::interest::Interest;
use crate::pending::{Kept, PendingCookies};
use crate::referrer;
use crate::routes::Routes;
use crate::site::Site;

/// The signals that come from cookies; `None` where they may not be read or nobody asks.
#[derive(Default)]
pub(crate) struct Remembered {
    pub(crate) visit: Option<ValueId>,
    pub(crate) interest: Option<ValueId>,
    pub(crate) bucket: Option<u8>,
}

/// What the routes of a site ask for, all together.
pub(crate) fn asked(routes: &Routes, interest: &Interest) -> Kept {
    let any = |asks: &dyn Fn(crate::signals::Wanted) -> bool| routes.wanted().any(asks);
    Kept {
        visit: any(&|wanted| wanted.has(Signal::Visit)),
        interest: !interest.is_empty() && any(&|wanted| wanted.has(Signal::Interest)),
        bucket: any(&|wanted| wanted.bucket()),
    }
}

impl Site {
    /// Reads the cookies of a request for a canonical path. Without consent none is, and all that
    /// are there will be deleted.
    pub(crate) fn remember(
        &self,
        raw: &RawRequest<'_>,
        path: &str,
        consented: bool,
        clock: &Dayparts,
        chance: &Chance,
    ) -> (Remembered, PendingCookies) {
        let held = HeldCookies::of(raw);
        let mut remembered = Remembered::default();
        let mut pending = PendingCookies {
            kept: if consented { self.asked } else { Kept::default() },
            held: Kept {
                visit: held.visit.is_there(),
                interest: held.interest.is_there(),
                bucket: held.bucket.is_there(),
            },
            ..PendingCookies::default()
        };
        if pending.kept.visit {
            let returning = match held.visit.value() {
                Some(b"1") => true,
                Some(b"0") => !referrer::is_within(raw, |host| self.is_own(host)),
                _ => false,
            };
            let bit: &[u8] = if returning { b"1" } else { b"0" };
            pending.visit = (held.visit.value() != Some(bit)).then_some(returning);
            remembered.visit = self.visits.get(usize::from(returning)).copied();
        }
        if pending.kept.interest {
            let before = held.interest.value().and_then(|value| self.interest.read(value));
            let after = self.interest.advance(before, path, clock.now(), chance);
            pending.interest = (before != Some(after)).then(|| self.interest.write(after));
            remembered.interest = Some(self.interest.value(after));
        }
        if pending.kept.bucket {
            let before = held.bucket.value().and_then(bucket);
            let number =
                before.unwrap_or_else(|| u8::try_from(below(chance, u64::from(BUCKETS))).unwrap_or(0));
            pending.bucket = before.is_none().then_some(number);
            remembered.bucket = Some(number);
        }
        (remembered, pending)
    }
}

/// Reads `0` to `99`, without leading zeros.
fn bucket(value: &[u8]) -> Option<u8> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| byte - b'0');
    match value {
        [one] => digit(*one),
        [ten @ b'1'..=b'9', one] => Some((ten - b'0') * 10 + digit(*one)?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_read_in_one_spelling() {
        for number in 0..BUCKETS {
            assert_eq!(bucket(number.to_string().as_bytes()), Some(number));
        }
        for wrong in ["", "00", "07", "100", "-1", "+1", "7 ", "a", "1a", "\u{661}"] {
            assert_eq!(bucket(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
