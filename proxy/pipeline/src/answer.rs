//! What a request is answered with, before it becomes bytes on a socket.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use cloakroom_boundary::{Asked, Codings, OwnCookies, Refusal, Representation, Wish};
use cloakroom_measure::Outcome;
use cloakroom_variants::{Form, StoredVariant};
use cloakroom_vocabulary::Coding;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, StatusCode};

use crate::arrival::Arrival;
use crate::cache_status::{CacheStatus, Part, Source};
use crate::failure::{Failure, error_page, refused_page, refused_status};
use crate::partial::Partial;

/// An answer that is ready to be written.
pub struct Answer {
    pub(crate) content: Content,
    pub(crate) head_only: bool,
    pub(crate) label: usize,
    pub(crate) reveal: Option<Reveal>,
    pub(crate) cookies: OwnCookies,
}

pub(crate) enum Content {
    Stored(Stored),
    /// Read along while it arrives.
    Arriving {
        arrival: Arc<Arrival>,
        collapsed: bool,
    },
    Failure(Failure),
    /// A page of Cloakroom's own.
    Own(OwnAnswer),
    /// `explained` tells the client what the operator should do: `dev` and `demo` only.
    Refused {
        refusal: Refusal,
        explained: bool,
    },
}

/// A stored variant, as this client is sent it.
pub(crate) struct Stored {
    variant: Arc<StoredVariant>,
    source: Source,
    coding: Option<Coding>,
    sends: Sends,
}

/// How much of a stored variant is sent.
enum Sends {
    Whole,
    /// Nothing: the client has it already.
    Nothing,
    Part(Box<Partial>),
}

impl Stored {
    /// What a client that wishes this is sent of a variant.
    pub(crate) fn new(variant: Arc<StoredVariant>, source: Source, asked: Asked) -> Self {
        let coding = coding(&variant, asked.codings());
        let (page, form) = (variant.page(), variant.form(coding));
        let length = form.body().len();
        let of = Representation {
            status: page.status(),
            tag: form.tag(),
            dates: page.dates(),
            length: Some(length),
            coding,
        };
        let sends = match asked.evaluate(&of) {
            Wish::Whole => Sends::Whole,
            Wish::Unmodified => Sends::Nothing,
            Wish::Ranges(ranges) => {
                let content_type = page.headers().get(CONTENT_TYPE);
                let part = Partial::of(&ranges, form.body().pieces(), content_type, form.tag());
                part.map_or(Sends::Whole, |part| Sends::Part(Box::new(part)))
            }
            Wish::Unsatisfiable => Sends::Part(Box::new(Partial::unsatisfiable(length))),
        };
        Self { variant, source, coding, sends }
    }

    fn form(&self) -> &Form {
        self.variant.form(self.coding)
    }
}

/// The coding of the form that a client would rather have, of those that there are.
fn coding(variant: &StoredVariant, codings: Codings) -> Option<Coding> {
    if codings.is_identity_only() || !variant.page().answered().compresses {
        return None;
    }
    let size = |coding| variant.compressed(coding).map(|form| form.body().len());
    codings.best(variant.identity().body().len(), size)
}

/// A page of Cloakroom's own, for this request.
pub(crate) struct OwnAnswer {
    pub(crate) status: StatusCode,
    pub(crate) fields: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Bytes,
}

/// Type and caching of a failure, which no cache keeps.
pub static OF_FAILURE: [(HeaderName, HeaderValue); 2] = [
    (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

/// Cell and variant in words, for `dev` and `demo` alone.
pub struct Reveal {
    /// `country=FR, device=any`.
    pub cell: String,
    /// `hero=spring-fr, banner=phone`.
    pub variant: String,
}

/// What the head of an answer is made of.
pub enum Head<'a> {
    /// A stored variant in one of its forms.
    Stored(&'a StoredVariant, &'a Form),
    /// That the client has it already (304).
    Unmodified(&'a StoredVariant, &'a Form),
    /// Parts of it (206), or that there are none such (416).
    Part(&'a StoredVariant, &'a Form, &'a Partial),
    /// A page that is still arriving.
    Arriving(&'a Arrival),
    /// These fields.
    Fields(&'a [(HeaderName, HeaderValue)]),
}

impl Answer {
    /// Its status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match &self.content {
            Content::Stored(stored) => match &stored.sends {
                Sends::Whole => stored.variant.page().status(),
                Sends::Nothing => StatusCode::NOT_MODIFIED,
                Sends::Part(part) => part.status(),
            },
            Content::Arriving { arrival, .. } => arrival.status(),
            Content::Failure(failure) => failure.status(),
            Content::Own(own) => own.status,
            Content::Refused { refusal, .. } => refused_status(refusal),
        }
    }

    /// What its head is made of, but for those fields that are of one request.
    #[must_use]
    pub fn head(&self) -> Head<'_> {
        match &self.content {
            Content::Stored(stored) => match &stored.sends {
                Sends::Whole => Head::Stored(&stored.variant, stored.form()),
                Sends::Nothing => Head::Unmodified(&stored.variant, stored.form()),
                Sends::Part(part) => Head::Part(&stored.variant, stored.form(), part),
            },
            Content::Arriving { arrival, .. } => Head::Arriving(arrival),
            Content::Own(own) => Head::Fields(&own.fields),
            Content::Failure(_) | Content::Refused { .. } => Head::Fields(&OF_FAILURE),
        }
    }

    /// The page to read along, if it is still arriving.
    #[must_use]
    pub fn arriving(&self) -> Option<&Arc<Arrival>> {
        match &self.content {
            Content::Arriving { arrival, .. } => Some(arrival),
            _ => None,
        }
    }

    /// Methods that would have been answered, for a 405.
    #[must_use]
    pub fn allow(&self) -> Option<&str> {
        match &self.content {
            Content::Refused { refusal: Refusal::MethodNotAllowed { allow, .. }, .. } => Some(allow),
            _ => None,
        }
    }

    /// The body, in pieces; that of a page that is still arriving is none of it. A HEAD request is told its
    /// length and not sent it.
    #[must_use]
    pub fn body(&self) -> Cow<'_, [Bytes]> {
        match &self.content {
            Content::Stored(stored) => Cow::Borrowed(match &stored.sends {
                Sends::Whole => stored.form().body().pieces(),
                Sends::Nothing => &[],
                Sends::Part(part) => part.body(),
            }),
            Content::Arriving { .. } => Cow::Borrowed(&[]),
            Content::Own(own) => Cow::Borrowed(std::slice::from_ref(&own.body)),
            Content::Failure(failure) => Cow::Owned(vec![error_page(failure.status(), failure.sentence())]),
            Content::Refused { refusal, explained } => Cow::Owned(vec![refused_page(refusal, *explained)]),
        }
    }

    /// The request was HEAD.
    #[must_use]
    pub fn is_head_only(&self) -> bool {
        self.head_only
    }

    /// Cell and variant, where they may be shown.
    #[must_use]
    pub fn reveal(&self) -> Option<&Reveal> {
        self.reveal.as_ref()
    }

    /// Cookies of our own that it sets.
    #[must_use]
    pub fn cookies(&self) -> &OwnCookies {
        &self.cookies
    }

    /// The value of `Age` (RFC 9111 §5.1), in seconds; `None` for what is not stored.
    #[must_use]
    pub fn age(&self, now: Instant) -> Option<u64> {
        match &self.content {
            Content::Stored(stored) => Some(stored.variant.page().age(now).as_secs()),
            Content::Arriving { arrival, .. } => Some(arrival.head().age(now).as_secs()),
            _ => None,
        }
    }

    /// The value of `Cache-Status` (RFC 9211); `None` for a refusal.
    #[must_use]
    pub fn cache_status(&self, now: Instant) -> Option<CacheStatus> {
        let part = match &self.content {
            Content::Stored(Stored { source, variant, .. }) => {
                Part::Stored { source: *source, ttl: variant.page().ttl(now) }
            }
            Content::Arriving { collapsed, .. } => Part::Arriving { collapsed: *collapsed },
            Content::Failure(failure) => Part::Failed(*failure),
            Content::Own(_) | Content::Refused { .. } => return None,
        };
        Some(CacheStatus(part))
    }

    /// How it is counted.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match &self.content {
            Content::Stored(stored) => match stored.source {
                Source::Cache => Outcome::Hit,
                Source::Page | Source::Origin(_) => Outcome::Miss,
                Source::Revalidating | Source::OnError => Outcome::Stale,
            },
            Content::Arriving { .. } => Outcome::Miss,
            Content::Own(_) => Outcome::Own,
            Content::Refused { .. } => Outcome::Refused,
            Content::Failure(_) => Outcome::Failed,
        }
    }

    /// Position of its route among the labels of the counters.
    #[must_use]
    pub fn label(&self) -> usize {
        self.label
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_a_short_page_with_its_status() {
        let answer = Answer {
            content: Content::Failure(Failure::OriginDown),
            head_only: false,
            label: 0,
            reveal: None,
            cookies: OwnCookies::default(),
        };
        assert_eq!(answer.status(), 502);
        let page = String::from_utf8(answer.body().concat()).unwrap();
        assert!(page.contains("<h1>Bad Gateway</h1>") && page.len() < 800, "{page}");
        assert_eq!(answer.outcome(), Outcome::Failed);
    }
}
