//! What a status means to a cache (RFC 9110 §15, RFC 9111 §3).

use http::StatusCode;

/// What may become of an answer, by its status alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It may be stored, if its fields allow it; otherwise those who wait get it.
    Answer,
    /// The origin failed; stored only if the origin gives it a lifetime.
    ServerError,
    /// Never stored.
    Refused,
}

/// The kind of a status.
pub(super) fn kind(status: StatusCode) -> Kind {
    match status.as_u16() {
        // Not final (RFC 9110 §15.2); no part was asked for (§15.3.7); nothing was there to compare (§15.4.5).
        0..=199 | 206 | 304 => Kind::Refused,
        // They ask for credentials that never pass here (RFC 9110 §15.5.2, §15.5.8); they are about a
        // connection and not about a page: it was silent (§15.5.9), it leads to another server (§15.5.20), it
        // was too early for it (RFC 8470 §5.2).
        401 | 407 | 408 | 421 | 425 => Kind::Refused,
        // "MUST NOT be stored by a cache" (RFC 6585 §3 to §6): about whoever asked, not what was asked for.
        428 | 429 | 431 | 511 => Kind::Refused,
        500..=599 => Kind::ServerError,
        200..=499 => Kind::Answer,
        _ => Kind::Refused,
    }
}

/// Whether an answer without explicit freshness may be stored (RFC 9110 §15.1). 206 is such a status too, for
/// caches that ask for parts.
pub(super) fn is_heuristically_cacheable(status: StatusCode) -> bool {
    matches!(status.as_u16(), 200 | 203 | 204 | 300 | 301 | 308 | 404 | 405 | 410 | 414 | 501)
}

/// Whether this cache knows the status and does what its definition asks of caches, for `must-understand`
/// (RFC 9111 §5.2.2.3).
pub(super) fn is_understood(status: StatusCode) -> bool {
    match status.as_u16() {
        200..=205 | 300..=303 | 307 | 308 => true,
        400 | 402..=406 | 409..=417 | 422 | 426 | 451 => true,
        500..=505 => true,
        _ => false,
    }
}
