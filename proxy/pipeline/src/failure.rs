//! What is shown when there is nothing to show: a short page that says nothing of the request.

use std::time::Duration;

use bytes::Bytes;
use cloakroom_boundary::Refusal;
use cloakroom_measure::Trouble;
use http::StatusCode;

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
    /// The client wanted it only if it is stored.
    NotStored,
}

impl Failure {
    pub(crate) fn status(self) -> StatusCode {
        let code = match self {
            Self::OriginDown | Self::OriginError => 502,
            Self::TooLarge | Self::Unstorable | Self::Unusable | Self::Quarantined => 502,
            Self::OriginSlow | Self::NotStored => 504,
            Self::TooManyPaths | Self::Busy => 503,
        };
        StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// For how long a page that failed so is not asked for again: the origin would say the same of a page that
    /// may not be stored, and one that is overloaded is not helped by more requests. A connection that fails
    /// costs nobody anything, and may succeed the next time.
    pub(crate) fn remembered_for(self) -> Option<Duration> {
        match self {
            Self::Unstorable | Self::TooLarge => Some(Duration::from_secs(5)),
            Self::OriginError | Self::OriginSlow => Some(Duration::from_secs(1)),
            _ => None,
        }
    }

    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Self::OriginDown | Self::OriginSlow | Self::OriginError => {
                "The site behind this page does not answer at the moment. Please try again soon."
            }
            Self::TooLarge | Self::Unstorable | Self::Unusable | Self::Quarantined => {
                "This page cannot be shown at the moment."
            }
            Self::NotStored => "This page is not stored here, and was wanted only if it is.",
            Self::TooManyPaths | Self::Busy => "Too much is going on at the moment. Please try again soon.",
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

pub(crate) fn refused_status(refusal: &Refusal) -> StatusCode {
    StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST)
}

pub(crate) fn refused_page(refusal: &Refusal, explained: bool) -> Bytes {
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
