//! Fetches a page from the origin: once, however many wait for it, and watched where somebody has to.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use cloakroom_boundary::SiteId;
use cloakroom_measure::Trouble;
use cloakroom_origin::{Conditions, FetchError, OpenResponse, OriginRequest, OriginResponse};
use cloakroom_variants::{Began, Page, PageKey, Resource, State};
use http::StatusCode;

use crate::accept::{Accepted, Asked, Meaning, Refused, confirms_another, is_forced, unfetched};
use crate::along::Audience;
use crate::arrival::{Arrival, Arriving};
use crate::cache_status::{Forwarded, Source};
use crate::canary::{Sent, differ};
use crate::downstream::{Rewritable, is_rewritable};
use crate::failure::Failure;
use crate::flights::Tower;
use crate::miss::{Fetched, Wanted};
use crate::recheck::Recheck;
use crate::route::Route;
use crate::{Pipeline, Site};

/// A body of so many bytes is here as soon as its head: whoever waits for it gets the stored copy, with all that
/// only that has.
const AT_ONCE: u64 = 32 * 1024;

struct Fetching {
    site: SiteId,
    route: Arc<Route>,
    key: PageKey,
    /// The canonical path, which redirects start from.
    path: String,
    known: Option<Arc<Resource>>,
    request: OriginRequest,
    /// The same without conditions, where a canary watches.
    again: Option<OriginRequest>,
}

impl Pipeline {
    pub(crate) async fn fetch_once(
        self: &Arc<Self>,
        wanted: &Wanted<'_>,
        key: &PageKey,
        known: Option<&Arc<Resource>>,
        audience: Option<&mut Audience<'_>>,
    ) -> Fetched {
        let site_id = wanted.request.site();
        let Some(site) = self.sites.get(site_id.index()) else { return Err(Failure::Busy) };
        if !wanted.route.paths.admit(key) {
            self.measure.trouble(wanted.route.label, Trouble::TooManyPaths);
            return Err(Failure::TooManyPaths);
        }
        let conditions = known.map_or(Conditions::default(), |known| Conditions {
            if_none_match: known.page().validators().etag.as_ref(),
            if_modified_since: known.page().validators().last_modified.as_ref(),
        });
        let request = site.origin.request(wanted.request, wanted.told, conditions);
        let request = request.map_err(|_| Failure::OriginError)?;
        let again = wanted.route.canary.is_some().then(|| request.unconditional());
        let landed = || {
            let known = self.known(wanted.route, key, known)?;
            let fresh = matches!(known.state(Instant::now()), State::Fresh(_));
            fresh.then_some(Ok((known, Source::Page)))
        };
        let fetching = Fetching {
            site: site_id,
            route: Arc::clone(wanted.route),
            key: key.clone(),
            path: wanted.request.path().to_owned(),
            known: known.cloned(),
            request,
            again,
        };
        let start = |tower| Arc::clone(self).fetch_page(fetching, tower);
        let outdated = |began| self.cache.is_outdated(key, began);
        let Some(mut seat) = self.fetching.board(key.clone(), (self.now(), outdated), landed, start) else {
            return Err(Failure::Busy);
        };
        if let Some(audience) = audience {
            audience.follow(self, &mut seat).await;
        }
        seat.landed().await.unwrap_or(Err(Failure::Busy))
    }

    async fn fetch_page(self: Arc<Self>, fetching: Fetching, tower: Arc<Tower<Fetched>>) -> Fetched {
        let Fetching { site: id, route, key, path, known, request, again } = fetching;
        let Some(site) = self.sites.get(id.index()) else { return Err(Failure::Busy) };
        // Before the origin is asked: what is purged from now on is what it is about to answer.
        let began = self.cache.began();
        // What was purged before is not to be had again, not even by being confirmed.
        let (known, request) = match known.as_ref() {
            Some(known) if known.is_gone() => (None, request.unconditional()),
            known => (known, request),
        };
        let asked = Asked { site: id, route: &route, path: &path, at: Instant::now() };
        let mut fetched = self.receive(&asked, site, request, known, &tower).await;
        if let (Ok(received), Some(again)) = (&fetched, &again)
            && is_forced(&received.page)
        {
            let second = site.origin.fetch(again.again()).await;
            if let Err(trouble) = self.watch(&asked, site, &received.page, second).await {
                fetched = Err(trouble);
            }
        }
        match fetched {
            Ok(received) => {
                let stored = received.meaning != Meaning::Once;
                let found = self.keep(&key, known, received, began);
                if !found.0.is_gone() {
                    self.refused.forget(&key, began);
                }
                if let Some(shelf) = self.shelf.as_ref().filter(|_| stored) {
                    shelf.keep(&site.host, &found.0);
                }
                if let Some(request) = again {
                    let recheck = Recheck { site: id, route, key, path, request };
                    self.recheck_later(recheck, site.recheck_after);
                }
                Ok(found)
            }
            Err((trouble, failure)) => {
                self.measure.trouble(route.label, trouble);
                // A flight that has begun since may succeed.
                if !self.cache.is_outdated(&key, began) {
                    self.refused.remember(key, failure, began);
                }
                Err(failure)
            }
        }
    }

    /// Asks the origin, and reads what it answers to its end; others may read along.
    async fn receive(
        self: &Arc<Self>,
        asked: &Asked<'_>,
        site: &Site,
        request: OriginRequest,
        known: Option<&Arc<Resource>>,
        tower: &Arc<Tower<Fetched>>,
    ) -> Result<Received, Refused> {
        let page = known.map(|known| &**known.page());
        let whole = page.map(|_| request.unconditional());
        let open = |request| site.origin.open(request, self.listener(asked.site, asked.route, tower));
        let mut answer = open(request).await.map_err(|cause| unfetched(&cause))?;
        if let (Some(page), Some(whole)) = (page, whole)
            && confirms_another(page, answer.status, &answer.headers)
        {
            answer = open(whole).await.map_err(|cause| unfetched(&cause))?;
        }
        let status = answer.status;
        let accepted = self.accept(asked, site, (status, &answer.headers), page)?;
        let meaning = accepted.meaning;
        let stale = known.is_some();
        // Half an answer is worth less than a stale one that is whole.
        let stands_in = known.is_some_and(|known| known.may_serve_on_error(Instant::now()));
        let page = if !stands_in && accepted.streams(asked.route, &answer) {
            let arrival = Arrival::new(accepted.answered.clone(), accepted.freshness);
            let arriving = Arriving(Arc::clone(&arrival));
            tower.announce(arrival);
            accepted.page(read(answer, arriving).await.map_err(|cause| unfetched(&cause))?)
        } else {
            let answer = answer.whole().await.map_err(|cause| unfetched(&cause))?;
            accepted.page(answer.body)
        };
        let stored = meaning != Meaning::Once;
        let forwarded = Forwarded { stale, status: status.as_u16(), stored, collapsed: false };
        Ok(Received { page, meaning, forwarded })
    }

    /// Stores what has arrived, unless its origin has said not to, or a later flight has arrived before.
    fn keep(
        &self,
        key: &PageKey,
        known: Option<&Arc<Resource>>,
        received: Received,
        began: Began,
    ) -> (Arc<Resource>, Source) {
        let Received { page, meaning, forwarded } = received;
        let resource = match (meaning, known) {
            (Meaning::Same, Some(known)) => self.cache.confirm(known, page, began),
            (Meaning::Once, _) => self.cache.pass(known, key.clone(), page, began),
            _ => self.cache.replace(known, key.clone(), page, began),
        };
        (resource, Source::Origin(forwarded))
    }

    /// Compares a page with what a second fetch brought. An origin that fails says nothing of the
    /// page, and quarantines nothing; but the page is not taken in either.
    async fn watch(
        &self,
        asked: &Asked<'_>,
        site: &Site,
        page: &Page,
        second: Result<OriginResponse, FetchError>,
    ) -> Result<(), Refused> {
        let Some(canary) = &asked.route.canary else { return Ok(()) };
        let second = second.map_err(|cause| unfetched(&cause))?;
        if second.status.is_server_error() {
            return Err((Trouble::OriginError, Failure::OriginError));
        }
        if !differ(asked.route, Sent::from(page), self.shown(asked, site, &second)).await {
            return Ok(());
        }
        canary.quarantine();
        Err((Trouble::DiffersByFetch, Failure::Quarantined))
    }
}

/// A page that has arrived whole.
struct Received {
    page: Page,
    meaning: Meaning,
    forwarded: Forwarded,
}

impl Accepted {
    /// Whether a page can be read along: it can be sent, or rewritten, while it arrives, nobody has to compare
    /// it first, and it is not here at once.
    fn streams(&self, route: &Route, answer: &OpenResponse) -> bool {
        matches!(self.meaning, Meaning::New | Meaning::Once)
            && self.answered.status == StatusCode::OK
            && (route.canary.is_none() || route.rules.own.is_none())
            && is_rewritable(&self.answered.headers) != Rewritable::Unreadable
            && answer.announced().is_none_or(|length| length > AT_ONCE)
    }
}

/// Reads a page to its end; others read along.
async fn read(mut answer: OpenResponse, arriving: Arriving) -> Result<Bytes, FetchError> {
    let expected = answer.announced().and_then(|length| usize::try_from(length).ok());
    let mut body = Vec::with_capacity(expected.unwrap_or_default());
    while let Some(data) = answer.next().await? {
        body.extend_from_slice(&data);
        arriving.0.push(data);
    }
    arriving.0.finish();
    Ok(Bytes::from(body.into_boxed_slice()))
}
