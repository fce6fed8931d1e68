//! Takes an answer of the origin in as a page, or says why it must not be.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use cloakroom_boundary::SiteId;
use cloakroom_measure::Trouble;
use cloakroom_origin::{FetchError, OriginResponse};
use cloakroom_variants::{
    Answered, CACHING, Freshness, Page, Received, Rules, Storable, Unstorable, Validators, judge, updated,
};
use http::header::{ETAG, LAST_MODIFIED};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::canary::Sent;
use crate::failure::Failure;
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

impl Asked<'_> {
    /// Judges an answer whose head has arrived just now.
    fn judge(&self, status: StatusCode, headers: &HeaderMap) -> Result<Freshness, Unstorable> {
        let (requested, received, clock) = (self.at, Instant::now(), SystemTime::now());
        let answer = Received { status, headers, requested, received, clock };
        judge(&answer, &self.route.rules).map(|Storable(freshness)| freshness)
    }
}

/// The head of an answer that may be shown.
pub(crate) struct Accepted {
    /// It confirms the stored page, whose body is in it; another's body is yet to come.
    pub(crate) confirms: bool,
    pub(crate) answered: Answered,
    pub(crate) freshness: Freshness,
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

    /// Judges the head of an answer; `known` is the stored page that a 304 confirms.
    ///
    /// # Errors
    /// [`Refused`] for an answer that nobody may be shown.
    pub(crate) fn accept(
        &self,
        asked: &Asked<'_>,
        site: &Site,
        (status, headers): (StatusCode, &HeaderMap),
        known: Option<&Page>,
    ) -> Result<Accepted, Refused> {
        if let (StatusCode::NOT_MODIFIED, Some(page)) = (status, known) {
            return confirm(asked, headers, page);
        }
        let freshness = match asked.judge(status, headers) {
            Ok(freshness) => freshness,
            Err(_) if asked.route.relay_unstorable => Freshness::once(),
            Err(Unstorable::Status | Unstorable::Failed) => {
                return Err((Trouble::OriginError, Failure::OriginError));
            }
            Err(_) => return Err((Trouble::Unstorable, Failure::Unstorable)),
        };
        let validators = Validators {
            etag: headers.get(ETAG).cloned(),
            last_modified: headers.get(LAST_MODIFIED).cloned(),
        };
        let described = self.fields(asked, site, headers);
        let compresses = asked.route.compress && self.forms.are_made_of(status, &described, headers);
        let sending = asked.route.sending(compresses);
        let answered = Answered {
            status,
            sent: sending.fields(headers, &freshness),
            own_tag: sending.own_tag(),
            compresses,
            headers: described,
            body: Bytes::new(),
            validators,
            caching: caching_fields(headers),
        };
        Ok(Accepted { confirms: false, answered, freshness })
    }

    /// The page that a whole answer is.
    ///
    /// # Errors
    /// As [`Pipeline::accept`].
    pub(crate) fn accept_whole(
        &self,
        asked: &Asked<'_>,
        site: &Site,
        answer: OriginResponse,
    ) -> Result<Page, Refused> {
        let accepted = self.accept(asked, site, (answer.status, &answer.headers), None)?;
        Ok(accepted.page(answer.body))
    }
}

impl Accepted {
    /// The page, with the body that has come.
    pub(crate) fn page(self, body: Bytes) -> Page {
        let Self { confirms, mut answered, freshness } = self;
        if !confirms {
            answered.body = body;
        }
        Page::new(answered, freshness)
    }
}

/// The stored page under the newest words of the origin (RFC 9111 §4.3.4).
fn confirm(asked: &Asked<'_>, headers: &HeaderMap, page: &Page) -> Result<Accepted, Refused> {
    let stored = page.answered();
    let caching = updated(&stored.caching, &caching_fields(headers));
    let freshness = match asked.judge(stored.status, &caching) {
        Ok(freshness) => freshness,
        Err(_) => return Err((Trouble::Unstorable, Failure::Unstorable)),
    };
    let sending = asked.route.sending(stored.compresses);
    let answered = Answered { sent: sending.fields(&caching, &freshness), caching, ..stored.clone() };
    Ok(Accepted { confirms: true, answered, freshness })
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
pub(crate) fn is_overruled(page: &Page) -> bool {
    let Answered { status, caching, .. } = page.answered();
    let (at, clock) = (page.arrived(), SystemTime::now());
    let answer = Received { status: *status, headers: caching, requested: at, received: at, clock };
    judge(&answer, &Rules::default()).is_err()
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
