//! Takes an answer of the origin in as a page, or says why it must not be.

use std::sync::Arc;
use std::time::SystemTime;

use cloakroom_boundary::SiteId;
use cloakroom_measure::Trouble;
use cloakroom_origin::{FetchError, OriginResponse};
use cloakroom_variants::{Answered, CACHING, Freshness, Page, Storable, Unstorable, Validators, judge};
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
        let own = asked.route.freshness;
        let now = SystemTime::now();
        let mut caching = caching_fields(&headers);
        if let (StatusCode::NOT_MODIFIED, Some(page)) = (status, known) {
            for (name, value) in &page.caching {
                if !caching.contains_key(name) && name != http::header::AGE {
                    caching.append(name.clone(), value.clone());
                }
            }
            return match judge(page.status, &caching, own, now) {
                Ok(Storable(freshness)) => Ok(page.confirmed(caching, freshness)),
                Err(_) => Err((Trouble::Unstorable, Failure::Unstorable)),
            };
        }
        let freshness = match judge(status, &headers, own, now) {
            Ok(Storable(freshness)) => freshness,
            Err(Unstorable::Status) => return Err((Trouble::OriginError, Failure::OriginError)),
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

fn caching_fields(headers: &HeaderMap) -> HeaderMap {
    let mut kept = HeaderMap::with_capacity(CACHING.len());
    for name in &CACHING {
        for value in headers.get_all(name) {
            kept.append(name.clone(), value.clone());
        }
    }
    kept
}
