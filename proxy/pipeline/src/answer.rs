//! What a request is answered with, before it becomes bytes on a socket.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use cloakroom_boundary::{Asked, OwnCookies, Refusal, Representation, Wish};
use cloakroom_measure::{Outcome, Trouble};
use cloakroom_variants::StoredVariant;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, StatusCode};

/// An answer that is ready to be written.
pub struct Answer {
    pub(crate) content: Content,
    /// The client has the stored variant already: it is told so, and not sent it.
    pub(crate) unmodified: bool,
    pub(crate) head_only: bool,
    pub(crate) label: usize,
    pub(crate) reveal: Option<Reveal>,
    pub(crate) cookies: OwnCookies,
}

/// Whether a client has a variant already.
pub(crate) fn is_held(variant: &StoredVariant, asked: Asked) -> bool {
    let of = Representation {
        status: variant.status(),
        tag: variant.tag(),
        dates: None,
        length: None,
        coding: None,
    };
    matches!(asked.evaluate(&of), Wish::Unmodified)
}

pub(crate) enum Content {
    Stored {
        variant: Arc<StoredVariant>,
        source: Source,
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

/// Where a stored variant came from, for this request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// It was there.
    Cache,
    /// It was made for this request from a page that was there.
    Page,
    /// The origin was asked.
    Origin,
    /// It is no longer fresh, but the origin could not answer.
    Stale,
}

/// Cell and variant in words, for `dev` and `demo` alone.
pub struct Reveal {
    /// `country=FR, device=any`.
    pub cell: String,
    /// `hero=spring-fr, banner=phone`.
    pub variant: String,
}

/// Why there is nothing to show. What the visitor reads says nothing of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    OriginDown,
    OriginSlow,
    OriginError,
    TooLarge,
    Unstorable,
    Unusable,
    TooManyPaths,
    Busy,
    /// The route's pages turned out to differ by more than the variant.
    Quarantined,
}

impl Failure {
    pub(crate) fn status(self) -> StatusCode {
        let code = match self {
            Self::OriginDown | Self::OriginError => 502,
            Self::TooLarge | Self::Unstorable | Self::Unusable | Self::Quarantined => 502,
            Self::OriginSlow => 504,
            Self::TooManyPaths | Self::Busy => 503,
        };
        StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::OriginDown | Self::OriginSlow | Self::OriginError => {
                "The site behind this page does not answer at the moment. Please try again soon."
            }
            Self::TooLarge | Self::Unstorable | Self::Unusable | Self::Quarantined => {
                "This page cannot be shown at the moment."
            }
            Self::TooManyPaths | Self::Busy => "Too much is going on at the moment. Please try again soon.",
        }
    }
}

impl Answer {
    /// Its status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match &self.content {
            Content::Stored { .. } if self.unmodified => StatusCode::NOT_MODIFIED,
            Content::Stored { variant, .. } => variant.status(),
            Content::Failure(failure) => failure.status(),
            Content::Own(own) => own.status,
            Content::Refused { refusal, .. } => refused_status(refusal),
        }
    }

    /// Its fields, whole but for those that every answer of ours has; those of a stored variant are in
    /// it already.
    #[must_use]
    pub fn fields(&self) -> &[(HeaderName, HeaderValue)] {
        match &self.content {
            Content::Stored { .. } => &[],
            Content::Own(own) => &own.fields,
            Content::Failure(_) | Content::Refused { .. } => &OF_FAILURE,
        }
    }

    /// The variant to send; `None` for a failure.
    #[must_use]
    pub fn stored(&self) -> Option<&StoredVariant> {
        match &self.content {
            Content::Stored { variant, .. } => Some(variant),
            Content::Failure(_) | Content::Own(_) | Content::Refused { .. } => None,
        }
    }

    /// The answer is a 304: of the variant, only [`StoredVariant::unmodified_fields`] are sent.
    #[must_use]
    pub fn is_unmodified(&self) -> bool {
        self.unmodified
    }

    /// Methods that would have been answered, for a 405.
    #[must_use]
    pub fn allow(&self) -> Option<&str> {
        match &self.content {
            Content::Refused { refusal: Refusal::MethodNotAllowed { allow, .. }, .. } => Some(allow),
            _ => None,
        }
    }

    /// The body, whole. A HEAD request is told its length and not sent it.
    #[must_use]
    pub fn body(&self) -> Bytes {
        match &self.content {
            Content::Stored { .. } if self.unmodified => Bytes::new(),
            Content::Stored { variant, .. } => variant.body().clone(),
            Content::Own(own) => own.body.clone(),
            Content::Failure(failure) => error_page(failure.status(), failure.sentence()),
            Content::Refused { refusal, explained } => refused_page(refusal, *explained),
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

    /// The value of `Age` (RFC 9111 §5.1), in seconds; `None` for a failure.
    #[must_use]
    pub fn age(&self, now: Instant) -> Option<u64> {
        self.stored().map(|variant| variant.age(now).as_secs())
    }

    /// The value of `Cache-Status` (RFC 9211); `None` for a refusal.
    #[must_use]
    pub fn cache_status(&self, now: Instant) -> Option<CacheStatus> {
        match &self.content {
            Content::Stored { variant, source } => {
                let ttl = variant.left(now).unwrap_or(Duration::ZERO).as_secs();
                Some(CacheStatus(Part::Stored { source: *source, ttl }))
            }
            Content::Failure(failure) => Some(CacheStatus(Part::Failed(*failure))),
            Content::Own(_) | Content::Refused { .. } => None,
        }
    }

    /// How it is counted.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match &self.content {
            Content::Stored { source: Source::Cache, .. } => Outcome::Hit,
            Content::Stored { source: Source::Page | Source::Origin, .. } => Outcome::Miss,
            Content::Stored { source: Source::Stale, .. } => Outcome::Stale,
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

/// How the cache took part, as a value of `Cache-Status`.
pub struct CacheStatus(Part);

enum Part {
    Stored { source: Source, ttl: u64 },
    Failed(Failure),
}

impl fmt::Display for CacheStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Part::Stored { source: Source::Cache, ttl } => write!(f, "cloakroom; hit; ttl={ttl}"),
            Part::Stored { source: Source::Page, ttl } => {
                write!(f, "cloakroom; hit; ttl={ttl}; detail=made-from-page")
            }
            Part::Stored { source: Source::Origin, ttl } => {
                write!(f, "cloakroom; fwd=miss; stored; ttl={ttl}")
            }
            Part::Stored { source: Source::Stale, .. } => {
                f.write_str("cloakroom; hit; ttl=0; detail=stale-if-error")
            }
            Part::Failed(Failure::TooManyPaths) => f.write_str("cloakroom; detail=too-many-paths"),
            Part::Failed(failure) => {
                write!(f, "cloakroom; fwd=miss; detail={}", failure.status().as_u16())
            }
        }
    }
}

/// A short page of our own: no script, no reference to anything, no word of the request.
#[must_use]
pub fn error_page(status: StatusCode, sentence: &str) -> Bytes {
    let reason = status.canonical_reason().unwrap_or("Error");
    Bytes::from(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{reason}</title>\
         <style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:18vh auto;padding:0 1rem;\
         color:#222}}h1{{font-size:1.5rem}}p{{color:#555}}</style>\
         <h1>{reason}</h1><p>{sentence}</p></html>"
    ))
}

fn refused_status(refusal: &Refusal) -> StatusCode {
    StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST)
}

fn refused_page(refusal: &Refusal, explained: bool) -> Bytes {
    let mut sentence = refused_sentence(refusal).to_owned();
    if explained && matches!(refusal, Refusal::MethodNotAllowed { .. }) {
        sentence.push_str(" For whoever runs it: ");
        sentence.push_str(Trouble::MethodNotDeclared.advice());
        sentence.push('.');
    }
    error_page(refused_status(refusal), &sentence)
}

fn refused_sentence(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::UnknownHost => "This server does not answer for that site.",
        Refusal::Malformed | Refusal::TooLong => "The request could not be understood.",
        Refusal::MethodNotAllowed { .. } => "This page does not take that kind of request.",
        Refusal::NotFound => "There is no such page.",
        Refusal::ForeignForm => "This choice was not sent by a page of this site. Nothing was changed.",
        Refusal::FormTooLarge => "The form is too long. Nothing was changed.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_a_short_page_with_its_status() {
        let answer = Answer {
            content: Content::Failure(Failure::OriginDown),
            unmodified: false,
            head_only: false,
            label: 0,
            reveal: None,
            cookies: OwnCookies::default(),
        };
        assert_eq!(answer.status(), 502);
        let page = String::from_utf8(answer.body().to_vec()).unwrap();
        assert!(page.contains("<h1>Bad Gateway</h1>") && page.len() < 800, "{page}");
        assert_eq!(answer.outcome(), Outcome::Failed);
    }
}
