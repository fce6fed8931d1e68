//! The part of a request that may reach cache, rewriting and origin.
//!
//! Nothing that varies between two visitors of the same page is in here, except GPC.

use crate::{RouteId, SiteId};

/// Which page is wanted. Built by the boundary alone, from declared parts alone.
///
/// INVARIANT: `target` is canonical, starts with one `/`, and holds nothing of the client's but
/// the canonical path and allow-listed query values.
pub struct ScrubbedRequest {
    pub(crate) site: SiteId,
    pub(crate) route: Option<RouteId>,
    pub(crate) target: String,
    pub(crate) path_len: usize,
    pub(crate) head: bool,
    pub(crate) gpc: bool,
    #[cfg(feature = "cache-tests")]
    pub(crate) marks: crate::Marks,
}

impl ScrubbedRequest {
    /// The site that is asked.
    #[must_use]
    pub fn site(&self) -> SiteId {
        self.site
    }

    /// The declared route; `None` if the path has none.
    #[must_use]
    pub fn route(&self) -> Option<RouteId> {
        self.route
    }

    /// Canonical path and, if any parameter passed, `?` and canonical query.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Canonical path alone.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.get(..self.path_len).unwrap_or(&self.target)
    }

    /// Whether `Sec-GPC: 1` goes upstream.
    #[must_use]
    pub fn gpc(&self) -> bool {
        self.gpc
    }

    /// Whether the client wants the head alone. Upstream this is a GET all the same.
    #[must_use]
    pub fn is_head(&self) -> bool {
        self.head
    }

    /// What the cache test suite tells its origin.
    #[cfg(feature = "cache-tests")]
    #[must_use]
    pub fn marks(&self) -> &crate::Marks {
        &self.marks
    }
}
