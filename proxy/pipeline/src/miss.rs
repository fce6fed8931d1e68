//! The way of a miss: from a stored page if there is one, else from the origin, in tasks of its own.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use cloakroom_boundary::{OwnCookies, ScrubbedRequest, SiteId};
use cloakroom_measure::Trouble;
use cloakroom_notice::{Placard, Shown};
use cloakroom_origin::{Conditions, FetchError, OriginRequest, OriginResponse, Told};
use cloakroom_rewrite::SafeFragment;
use cloakroom_variants::{
    Choice, JointVariant, Page, PageKey, StoredVariant, VariantKey, VariantLookup, judge,
};
use http::{HeaderMap, StatusCode};

use crate::accept::{Asked, Refused, unfetched};
use crate::answer::{Answer, Content, Failure, Reveal, Source, is_held};
use crate::canary::{Sent, differ};
use crate::downstream::{Rewritable, is_rewritable, of_variant};
use crate::recheck::Recheck;
use crate::route::{Fragments, Rewritten, Route};
use crate::{Pipeline, Site};

/// Pages up to this size are rewritten and hashed where the task stands; larger ones on the blocking pool.
const INLINE_WORK: usize = 64 * 1024;

/// A request whose variant is not stored, or no longer fresh.
pub struct Pending {
    pub(crate) route: Arc<Route>,
    pub(crate) request: ScrubbedRequest,
    pub(crate) choice: Choice,
    /// What the page shows of the notice: never part of what the origin is asked.
    pub(crate) shown: Shown,
    pub(crate) stale: Option<Arc<StoredVariant>>,
    pub(crate) reveal: Option<Reveal>,
    /// Of this visitor alone: the task that makes the variant never sees them.
    pub(crate) cookies: OwnCookies,
    /// Of this visitor alone too.
    pub(crate) asked: cloakroom_boundary::Asked,
}

impl Pending {
    fn wanted(&self) -> Wanted<'_> {
        Wanted { route: &self.route, request: &self.request, told: self.route.told(self.choice.view) }
    }
}

/// A page that is wanted from the origin.
struct Wanted<'a> {
    route: &'a Arc<Route>,
    request: &'a ScrubbedRequest,
    told: &'a Told,
}

pub(crate) type Made = Result<(Arc<StoredVariant>, Source), Failure>;
pub(crate) type Fetched = Result<Arc<Page>, Failure>;

impl Pipeline {
    /// Answers a request that the cache could not. The work is done in tasks that do not end with
    /// the caller; however many ask, each variant is made once and each page is fetched once.
    pub async fn fetch(self: &Arc<Self>, mut pending: Pending) -> Answer {
        let (head_only, label) = (pending.request.is_head(), pending.route.label);
        let (reveal, cookies) = (pending.reveal.take(), std::mem::take(&mut pending.cookies));
        let asked = std::mem::take(&mut pending.asked);
        let lookup = VariantLookup::new(&pending.request, pending.choice);
        let lookup = lookup.showing(pending.shown);
        let key = lookup.to_key();
        let stored = self.stored(&pending.route, &lookup);
        let made = self
            .making
            .join(
                key.clone(),
                || stored.filter(|v| v.left(Instant::now()).is_some()).map(|v| Ok((v, Source::Cache))),
                || Arc::clone(self).make(pending, key),
            )
            .await
            .unwrap_or(Err(Failure::Busy));
        let content = match made {
            Ok((variant, source)) => Content::Stored { variant, source },
            Err(failure) => Content::Failure(failure),
        };
        let unmodified = matches!(&content, Content::Stored { variant, .. } if is_held(variant, asked));
        Answer { content, unmodified, head_only, label, reveal, cookies }
    }

    /// The stored page, fresh or not, unless the route's quarantine put it in doubt.
    fn known(&self, route: &Route, key: &PageKey) -> Option<Arc<Page>> {
        self.cache.page(key).filter(|page| !route.doubts(page.arrived()))
    }

    async fn make(self: Arc<Self>, pending: Pending, key: VariantKey) -> Made {
        let (page, source) = match self.page(&pending.wanted(), key.page()).await {
            Ok(found) => found,
            Err(failure) => {
                let stale = pending.stale.filter(|variant| variant.may_serve_stale());
                return stale.map(|variant| (variant, Source::Stale)).ok_or(failure);
            }
        };
        if let (Source::Stale, Some(variant)) = (source, &pending.stale) {
            return Ok((Arc::clone(variant), source));
        }
        let variant = Arc::new(self.variant_of(&pending, &page).await?);
        self.cache.store_variant(key, Arc::clone(&variant));
        Ok((variant, source))
    }

    /// The page behind a variant: stored and fresh, or fetched, or stale when fetching failed.
    async fn page(
        self: &Arc<Self>,
        wanted: &Wanted<'_>,
        key: &PageKey,
    ) -> Result<(Arc<Page>, Source), Failure> {
        let known = self.known(wanted.route, key);
        if let Some(page) = known.as_ref().filter(|page| page.is_fresh(Instant::now())) {
            return Ok((Arc::clone(page), Source::Page));
        }
        let fetched = match self.refused.get(key) {
            Some(failure) => Err(failure),
            None => self.fetch_once(wanted, key, known.as_ref()).await,
        };
        match (fetched, known) {
            (Ok(page), _) => Ok((page, Source::Origin)),
            (Err(_), Some(page)) if page.may_serve_stale() => Ok((page, Source::Stale)),
            (Err(failure), _) => Err(failure),
        }
    }

    async fn fetch_once(
        self: &Arc<Self>,
        wanted: &Wanted<'_>,
        key: &PageKey,
        known: Option<&Arc<Page>>,
    ) -> Fetched {
        let site_id = wanted.request.site();
        let Some(site) = self.sites.get(site_id.index()) else { return Err(Failure::Busy) };
        if !wanted.route.paths.admit(key) {
            self.measure.trouble(wanted.route.label, Trouble::TooManyPaths);
            return Err(Failure::TooManyPaths);
        }
        let conditions = known.map_or(Conditions::default(), |page| Conditions {
            if_none_match: page.validators.etag.as_ref(),
            if_modified_since: page.validators.last_modified.as_ref(),
        });
        let request = |conditions| {
            site.origin.request(wanted.request, wanted.told, conditions).map_err(|_| Failure::OriginError)
        };
        let again = wanted.route.canary.is_some().then(|| request(Conditions::default())).transpose()?;
        let request = request(conditions)?;
        let landed = || self.known(wanted.route, key).filter(|page| page.is_fresh(Instant::now())).map(Ok);
        let fetching = Fetching {
            site: site_id,
            route: Arc::clone(wanted.route),
            key: key.clone(),
            path: wanted.request.path().to_owned(),
            known: known.cloned(),
            request,
            again,
        };
        self.fetching
            .join(key.clone(), landed, || Arc::clone(self).fetch_page(fetching))
            .await
            .unwrap_or(Err(Failure::Busy))
    }

    async fn fetch_page(self: Arc<Self>, fetching: Fetching) -> Fetched {
        let Fetching { site: id, route, key, path, known, request, again } = fetching;
        let Some(site) = self.sites.get(id.index()) else { return Err(Failure::Busy) };
        let asked = Asked { site: id, route: &route, path: &path };
        let mut judged = match site.origin.fetch(request).await {
            Ok(response) => self.accept(&asked, site, response, known.as_deref()),
            Err(cause) => Err(unfetched(&cause)),
        };
        if let (Ok(page), Some(again)) = (&judged, &again)
            && judge(page.status, &page.caching, None, SystemTime::now()).is_err()
            && let Err(trouble) = self.watch(&asked, site, page, site.origin.fetch(again.again()).await).await
        {
            judged = Err(trouble);
        }
        match judged {
            Ok(page) => {
                let page = Arc::new(page);
                self.cache.store_page(key.clone(), Arc::clone(&page));
                if let Some(request) = again {
                    let recheck = Recheck { site: id, route, key, path, request };
                    self.recheck_later(recheck, site.recheck_after);
                }
                Ok(page)
            }
            Err((trouble, failure)) => {
                self.measure.trouble(route.label, trouble);
                if matches!(failure, Failure::Unstorable | Failure::TooLarge) {
                    // Asking again at once would only be told the same.
                    self.refused.insert(key, failure);
                }
                Err(failure)
            }
        }
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

    async fn variant_of(
        self: &Arc<Self>,
        pending: &Pending,
        page: &Arc<Page>,
    ) -> Result<StoredVariant, Failure> {
        let route = &pending.route;
        let headers = of_variant(&page.headers, route.mode, page.fresh_for());
        let rewritten = match is_rewritable(&headers) {
            Rewritable::NotHtml => return finish(page, headers, page.body.clone()).await,
            Rewritable::Unreadable => Rewritten::Unusable,
            Rewritable::Yes => {
                let fragments = self.fragments(pending).await;
                rewrite(route, pending.choice.joint, &page.body, fragments, self.placard(pending)).await
            }
        };
        if !matches!(rewritten, Rewritten::Edited(_)) {
            self.measure.trouble(route.label, Trouble::NotRewritten);
        }
        match rewritten {
            Rewritten::Edited(body) | Rewritten::Default(body) => finish(page, headers, body).await,
            Rewritten::Unusable => Err(Failure::Unusable),
        }
    }
}

impl Pipeline {
    /// What is put into the page besides its edits: made of the page's own address, for all who get the
    /// variant.
    fn placard(&self, pending: &Pending) -> Option<Placard> {
        let site = self.sites.get(pending.request.site().index())?;
        site.own.placard(pending.shown, pending.request.target())
    }

    /// The fragments that a variant's edits include, each fetched as a page of its own route. One
    /// that cannot be had is left out, and the origin's content stays in its place.
    async fn fragments(self: &Arc<Self>, pending: &Pending) -> Fragments {
        let mut fragments = Fragments::new();
        for path in pending.route.includes(pending.choice.joint) {
            match self.fragment(pending, path).await {
                Some(fragment) => drop(fragments.insert(path.to_owned(), fragment)),
                None => self.measure.trouble(pending.route.label, Trouble::FragmentMissing),
            }
        }
        fragments
    }

    async fn fragment(self: &Arc<Self>, pending: &Pending, path: &str) -> Option<SafeFragment> {
        let request = self.boundary.fragment(pending.request.site(), path, pending.request.gpc())?;
        let site = self.sites.get(request.site().index())?;
        let route = site.route(request.route());
        if route.is_quarantined() {
            return None;
        }
        let choice = route.default_choice();
        let wanted = Wanted { route, request: &request, told: route.told(choice.view) };
        let key = VariantLookup::new(&request, choice).to_key();
        let (page, _) = self.page(&wanted, key.page()).await.ok()?;
        (page.status == StatusCode::OK && is_rewritable(&page.headers) == Rewritable::Yes)
            .then(|| site.output.admit_fragment(&page.body))
    }
}

struct Fetching {
    site: SiteId,
    route: Arc<Route>,
    key: PageKey,
    /// The canonical path, which redirects start from.
    path: String,
    known: Option<Arc<Page>>,
    request: OriginRequest,
    /// The same without conditions, where a canary watches.
    again: Option<OriginRequest>,
}

/// A variant that is ready to send.
async fn finish(page: &Arc<Page>, headers: HeaderMap, body: Bytes) -> Result<StoredVariant, Failure> {
    if body.len() <= INLINE_WORK {
        return Ok(page.variant(headers, body));
    }
    let page = Arc::clone(page);
    let finishing = tokio::task::spawn_blocking(move || page.variant(headers, body));
    finishing.await.map_err(|_| Failure::Busy)
}

async fn rewrite(
    route: &Arc<Route>,
    joint: JointVariant,
    body: &Bytes,
    fragments: Fragments,
    placard: Option<Placard>,
) -> Rewritten {
    if body.len() <= INLINE_WORK {
        return route.rewrite(joint, body, &fragments, placard.as_ref());
    }
    let (route, body) = (Arc::clone(route), body.clone());
    let rewriting =
        tokio::task::spawn_blocking(move || route.rewrite(joint, &body, &fragments, placard.as_ref()));
    rewriting.await.unwrap_or(Rewritten::Unusable)
}
