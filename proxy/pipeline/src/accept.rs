//! Takes an answer of the origin in as a page, or says why it must not be.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use cloakroom_boundary::{Mode, SiteId};
use cloakroom_measure::Trouble;
use cloakroom_origin::{FetchError, OriginResponse};
use cloakroom_variants::{
    Answered, CACHE_TAG, CACHING, Freshness, Page, Received, Rules, SURROGATE_KEY, Storable, Unstorable,
    Validators, judge, storable, updated,
};
use http::header::{ETAG, LAST_MODIFIED};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

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
    /// Judges an answer whose head has arrived just now, at `received`.
    fn judge(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        received: Instant,
    ) -> Result<Freshness, Unstorable> {
        let (requested, clock) = (self.at, SystemTime::now());
        let answer = Received { status, headers, requested, received, clock };
        judge(&answer, &self.route.rules).map(|Storable(freshness)| freshness)
    }
}

/// The head of an answer that may be shown.
pub(crate) struct Accepted {
    pub(crate) meaning: Meaning,
    pub(crate) answered: Answered,
    pub(crate) freshness: Freshness,
    /// When it arrived: it ages while its body is still on the way.
    received: Instant,
}

/// What an answer means for the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// It takes the place of what is there.
    New,
    /// What is there, variants and all, is still the page.
    Same,
    /// The body that is there is still the page's, under other fields.
    SameBody,
    /// It is for those who wait for it, and not stored.
    Once,
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
            return self.confirm(asked, site, headers, page);
        }
        let received = Instant::now();
        let (meaning, freshness) = match asked.judge(status, headers, received) {
            Ok(freshness) if freshness.is_once() => (Meaning::Once, freshness),
            Ok(freshness) => (Meaning::New, freshness),
            // A stale copy is worth more than an error.
            Err(Unstorable::Failed) if known.is_some_and(|page| page.may_serve_on_error(Instant::now())) => {
                return Err((Trouble::OriginError, Failure::OriginError));
            }
            Err(_) if asked.route.relay_unstorable => (Meaning::Once, Freshness::once()),
            Err(Unstorable::Status | Unstorable::Failed) => {
                return Err((Trouble::OriginError, Failure::OriginError));
            }
            Err(_) => return Err((Trouble::Unstorable, Failure::Unstorable)),
        };
        let origin = kept(site, asked.route, headers);
        let answered = self.answered(asked, site, (status, origin, Bytes::new()), &freshness);
        Ok(Accepted { meaning, answered, freshness, received })
    }

    /// The stored page under the newest words of the origin (RFC 9111 §4.3.4).
    fn confirm(
        &self,
        asked: &Asked<'_>,
        site: &Site,
        headers: &HeaderMap,
        page: &Page,
    ) -> Result<Accepted, Refused> {
        let stored = page.answered();
        let origin = updated(&stored.origin, &kept(site, asked.route, headers));
        let received = Instant::now();
        let freshness = match asked.judge(stored.status, &origin, received) {
            Ok(freshness) => freshness,
            Err(_) => return Err((Trouble::Unstorable, Failure::Unstorable)),
        };
        let answered = self.answered(asked, site, (stored.status, origin, stored.body.clone()), &freshness);
        let same = answered.headers == stored.headers && answered.compresses == stored.compresses;
        let meaning = if same { Meaning::Same } else { Meaning::SameBody };
        Ok(Accepted { meaning, answered, freshness, received })
    }

    pub(crate) fn answered(
        &self,
        asked: &Asked<'_>,
        site: &Site,
        (status, origin, body): (StatusCode, HeaderMap, Bytes),
        freshness: &Freshness,
    ) -> Answered {
        let validators =
            Validators { etag: origin.get(ETAG).cloned(), last_modified: origin.get(LAST_MODIFIED).cloned() };
        let headers = self.fields(asked, site, &origin);
        let compresses = asked.route.compress && self.forms.are_made_of(status, &headers, &origin);
        let sending = asked.route.sending(compresses);
        let sent = sending.fields(&origin, freshness);
        let (own_tag, dated) = (sending.own_tag(), asked.route.mode == Mode::Anonymous);
        Answered { status, sent, own_tag, dated, compresses, headers, body, validators, origin }
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
        let Self { meaning, mut answered, freshness, received } = self;
        if !matches!(meaning, Meaning::Same | Meaning::SameBody) {
            answered.body = body;
        }
        Page::kept(answered, freshness, received)
    }
}

/// Whether an answer is a 304 that names another representation than the one that was asked about: nothing that is
/// stored may be updated by it (RFC 9111 §4.3.4). Compared weakly, since proxies on the way weaken tags.
pub(crate) fn confirms_another(page: &Page, status: StatusCode, headers: &HeaderMap) -> bool {
    let opaque = |tag: &HeaderValue| tag.as_bytes().strip_prefix(b"W/").unwrap_or(tag.as_bytes()).to_vec();
    let stored = page.validators().etag.as_ref();
    let (Some(stored), Some(named)) = (stored, headers.get(ETAG)) else { return false };
    status == StatusCode::NOT_MODIFIED && opaque(stored) != opaque(named)
}

/// Whether nobody but the operator says that the page may be stored.
pub(crate) fn is_forced(page: &Page) -> bool {
    let (at, clock, answered) = (page.arrived(), SystemTime::now(), page.answered());
    let (status, headers) = (answered.status, &answered.origin);
    judge(&Received { status, headers, requested: at, received: at, clock }, &Rules::default()).is_err()
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

/// The fields of an answer that are kept: those on caching, and those that visitors' are made of.
fn kept(site: &Site, route: &Route, headers: &HeaderMap) -> HeaderMap {
    let mut kept = storable(headers);
    let unused: Vec<_> = kept.keys().filter(|name| !is_used(site, route, name)).cloned().collect();
    for name in unused {
        kept.remove(name);
    }
    kept
}

fn is_used(site: &Site, route: &Route, name: &HeaderName) -> bool {
    let read = CACHING.contains(name) || [CACHE_TAG, SURROGATE_KEY, ETAG].contains(name);
    read || site.fields.uses(name) || route.downstream.uses(name)
}
