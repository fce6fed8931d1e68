//! How the cache took part in an answer, as a value of `Cache-Status` (RFC 9211).

use std::fmt;

use crate::failure::Failure;

/// Where a stored variant came from, for this request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// It was there.
    Cache,
    /// It was made for this request from a page that was there.
    Page,
    /// The origin was asked.
    Origin(Forwarded),
    /// It is no longer fresh, and the origin is being asked.
    Revalidating,
    /// It is no longer fresh, but the origin could not answer.
    OnError,
}

/// How the origin was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Forwarded {
    /// There was a stored page, no longer fresh.
    pub(crate) stale: bool,
    /// What the origin answered.
    pub(crate) status: u16,
    /// What it answered was stored.
    pub(crate) stored: bool,
    /// For somebody else who had asked before.
    pub(crate) collapsed: bool,
}

impl Source {
    /// The same for whoever only waited for it.
    pub(crate) fn collapsed(self) -> Self {
        match self {
            Self::Origin(forwarded) => Self::Origin(Forwarded { collapsed: true, ..forwarded }),
            other => other,
        }
    }
}

/// How the cache took part, as a value of `Cache-Status`.
pub struct CacheStatus(pub(crate) Part);

pub(crate) enum Part {
    /// Of a stored variant: seconds that it is still fresh, negative when it is not.
    Stored {
        source: Source,
        ttl: i64,
    },
    /// Read along while it arrives.
    Arriving {
        collapsed: bool,
    },
    Failed(Failure),
}

impl fmt::Display for CacheStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Part::Stored { source, ttl } => stored(f, *source, *ttl),
            Part::Arriving { collapsed } => {
                f.write_str("cloakroom; fwd=miss")?;
                f.write_str(if *collapsed { "; collapsed" } else { "" })
            }
            Part::Failed(Failure::TooManyPaths) => f.write_str("cloakroom; detail=too-many-paths"),
            Part::Failed(Failure::NotStored) => f.write_str("cloakroom; detail=only-if-cached"),
            Part::Failed(failure) => {
                write!(f, "cloakroom; fwd=miss; detail={}", failure.status().as_u16())
            }
        }
    }
}

fn stored(f: &mut fmt::Formatter<'_>, source: Source, ttl: i64) -> fmt::Result {
    match source {
        Source::Cache => write!(f, "cloakroom; hit; ttl={ttl}"),
        Source::Page => write!(f, "cloakroom; hit; ttl={ttl}; detail=made-from-page"),
        Source::Revalidating => write!(f, "cloakroom; hit; ttl={ttl}; detail=stale-while-revalidate"),
        Source::OnError => write!(f, "cloakroom; hit; ttl={ttl}; detail=stale-if-error"),
        Source::Origin(Forwarded { stale, status, stored, collapsed }) => {
            let why = if stale { "stale" } else { "miss" };
            write!(f, "cloakroom; fwd={why}")?;
            if status == 304 {
                f.write_str("; fwd-status=304")?;
            }
            f.write_str(if stored { "; stored" } else { "" })?;
            f.write_str(if collapsed { "; collapsed" } else { "" })?;
            write!(f, "; ttl={ttl}")
        }
    }
}
