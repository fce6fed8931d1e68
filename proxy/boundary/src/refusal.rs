//! Why a request is not served, in words that carry nothing of the request.

use crate::RouteId;

/// A request that goes no further. Holds configuration at most, never client data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The host is not one of a configured site.
    #[error("the host is not configured")]
    UnknownHost,
    /// The request line or the host cannot be understood.
    #[error("the request target or host is malformed")]
    Malformed,
    /// The method has no route here.
    #[error("the method is not allowed here, only {allow}")]
    MethodNotAllowed {
        /// The most specific route with this path, if one is declared.
        route: Option<RouteId>,
        /// The value of the `Allow` field.
        allow: String,
    },
    /// A wildcard segment does not match the pattern that its route declares.
    #[error("a segment of the path does not match its pattern")]
    NotFound,
    /// The request target is longer than anything a site declares.
    #[error("the request target is too long")]
    TooLong,
    /// A form of our own that no page of this site sent.
    #[error("the form was not sent by a page of this site")]
    ForeignForm,
    /// A form of our own with a longer body than any of them has.
    #[error("the form is too long")]
    FormTooLarge,
}

impl Refusal {
    /// The HTTP status that answers it.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::UnknownHost => 421,
            Self::Malformed => 400,
            Self::MethodNotAllowed { .. } => 405,
            Self::NotFound => 404,
            Self::TooLong => 414,
            Self::ForeignForm => 403,
            Self::FormTooLarge => 413,
        }
    }
}
