//! Takes an answer of the origin in as a page, or says why it must not be.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use cloakroom_boundary::SiteId;
use cloakroom_measure::Trouble;
use cloakroom_origin::{FetchError, OriginResponse};
use cloakroom_variants::{
    Answered, CACHING, Freshness, Page, Received, Rules, Storable, Unstorable, Validators, judge, updated,
};
use http::header::{ETAG, LAST_MODIFIED};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::answer::Failure;
use crate::canary::Sent;
use crate::route::Route;
use crate::{Pipeline, Site};

/// Why a page is not shown: for the operator, and for the visitor.
pub(crate) type Refused = (Trouble, Failure);

/// What a page is an answer to.
pub(crate) struct Asked<'a> {
    pub(crate) site: SiteId,
    pub(crate) route: &'a Arc<Route>,
    /// The canonical path.
    pub(crate) path: &'a str,
    /// When.
    pub(crate) at: Instant,
}

impl Pipeline {
    /// The fields of an answer that visitors are sent.
    fn fields(&self, asked: &Asked<'_>, site: &Site, headers: &HeaderMap) -> HeaderMap {
        site.fields.of(headers, |location| {
            let sent = self.boundary.redirect(asked.site, asked.path, location.as_bytes())?;
            HeaderValue::try_from(sent).ok()
        })
    }

    /// What visitors would be sent of an answer.
    pub(crate) fn shown(&self, asked: &Asked<'_>, site: &Site, answer: &OriginResponse) -> Sent {
        let OriginResponse { status, headers, body } = answer;
        Sent { status: *status, headers: self.fields(asked, site, headers), body: body.clone() }
    }

    /// The page that an answer is; `known` is the stored one that a 304 confirms.
    ///
    /// # Errors
    /// [`Refused`] for an answer that nobody may be shown.
    pub(crate) fn accept(
        &self,
        asked: &Asked<'_>,
        site: &Site,
        response: OriginResponse,
        known: Option<&Page>,
    ) -> Result<Page, Refused> {
        let OriginResponse { status, headers, body } = response;
        let (requested, received, clock) = (asked.at, Instant::now(), SystemTime::now());
        let judged = |status, headers: &HeaderMap| {
            judge(&Received { status, headers, requested, received, clock }, &asked.route.rules)
        };
        let caching = caching_fields(&headers);
        if let (StatusCode::NOT_MODIFIED, Some(page)) = (status, known) {
            let caching = updated(&page.caching, &caching);
            return match judged(page.status, &caching) {
                Ok(Storable(freshness)) => Ok(page.confirmed(caching, freshness)),
                Err(_) => Err((Trouble::Unstorable, Failure::Unstorable)),
            };
        }
        let freshness = match judged(status, &headers) {
            Ok(Storable(freshness)) => freshness,
            Err(Unstorable::Status | Unstorable::Failed) => {
                return Err((Trouble::OriginError, Failure::OriginError));
            }
            Err(_) if asked.route.relay_unstorable => Freshness::once(),
            Err(_) => return Err((Trouble::Unstorable, Failure::Unstorable)),
        };
        let validators = Validators {
            etag: headers.get(ETAG).cloned(),
            last_modified: headers.get(LAST_MODIFIED).cloned(),
        };
        let headers = self.fields(asked, site, &headers);
        Ok(Page::new(Answered { status, headers, body, validators, caching }, freshness))
    }
}

/// Why there is no answer.
pub(crate) fn unfetched(cause: &FetchError) -> Refused {
    match cause {
        FetchError::Unreachable => (Trouble::OriginUnreachable, Failure::OriginDown),
        FetchError::Untrusted => (Trouble::OriginUntrusted, Failure::OriginDown),
        FetchError::Timeout => (Trouble::OriginUnreachable, Failure::OriginSlow),
        FetchError::TooLarge => (Trouble::PageTooLarge, Failure::TooLarge),
    }
}

/// Whether nobody but the operator says that the page may be stored.
pub(crate) fn is_forced(page: &Page) -> bool {
    let (at, clock) = (page.arrived(), SystemTime::now());
    let received =
        Received { status: page.status, headers: &page.caching, requested: at, received: at, clock };
    judge(&received, &Rules::default()).is_err()
}

fn caching_fields(headers: &HeaderMap) -> HeaderMap {
    let mut kept = HeaderMap::with_capacity(CACHING.len());
    for name in &CACHING {
        for value in headers.get_all(name) {
            kept.append(name.clone(), value.clone());
        }
    }
    kept
}
