//! From a page to one of its variants.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use cloakroom_measure::Trouble;
use cloakroom_notice::Placard;
use cloakroom_rewrite::SafeFragment;
use cloakroom_variants::{Body, JointVariant, Page, StoredVariant, VariantLookup};
use http::StatusCode;

use crate::Pipeline;
use crate::downstream::{Rewritable, is_rewritable};
use crate::failure::Failure;
use crate::miss::{PendingPage, Wanted};
use crate::route::{Fragments, Rewritten, Route};

/// Pages up to this size are rewritten and hashed where the task stands; larger ones on the blocking pool.
pub(crate) const INLINE_WORK: usize = 64 * 1024;

impl Pipeline {
    /// The variant of a page that is wanted; `fragments` are its fragments, if they were fetched already.
    pub(crate) async fn variant_of(
        self: &Arc<Self>,
        pending: &PendingPage,
        page: &Arc<Page>,
        fragments: Option<Fragments>,
    ) -> Result<StoredVariant, Failure> {
        let route = &pending.route;
        let rewritten = match is_rewritable(page.headers()) {
            Rewritable::NotHtml => return finish(page, Body::whole(page.body().clone())).await,
            Rewritable::Unreadable => Rewritten::Unusable,
            Rewritable::Yes => {
                let fragments = match fragments {
                    Some(fragments) => fragments,
                    None => self.fragments(pending).await,
                };
                rewrite(route, pending.choice.joint, page.body(), fragments, self.placard(pending)).await
            }
        };
        if !matches!(rewritten, Rewritten::Edited(_)) {
            self.measure.trouble(route.label, Trouble::NotRewritten);
        }
        match rewritten {
            Rewritten::Edited(body) | Rewritten::Default(body) => finish(page, body).await,
            Rewritten::Unusable => Err(Failure::Unusable),
        }
    }

    /// What is put into the page besides its edits: made of the page's own address, for all who get the
    /// variant.
    pub(crate) fn placard(&self, pending: &PendingPage) -> Option<Placard> {
        let site = self.sites.get(pending.request.site().index())?;
        site.own.placard(pending.shown, pending.request.target())
    }

    /// The fragments that a variant's edits include, each fetched as a page of its own route. One
    /// that cannot be had is left out, and the origin's content stays in its place.
    ///
    /// Boxed, since a page that is fetched for its readers fetches fragments, which are pages.
    pub(crate) fn fragments<'a>(
        self: &'a Arc<Self>,
        pending: &'a PendingPage,
    ) -> Pin<Box<dyn Future<Output = Fragments> + Send + 'a>> {
        Box::pin(async move {
            let mut fragments = Fragments::new();
            for path in pending.route.includes(pending.choice.joint) {
                match self.fragment(pending, path).await {
                    Some(fragment) => drop(fragments.insert(path.to_owned(), fragment)),
                    None => self.measure.trouble(pending.route.label, Trouble::FragmentMissing),
                }
            }
            fragments
        })
    }

    async fn fragment(self: &Arc<Self>, pending: &PendingPage, path: &str) -> Option<SafeFragment> {
        let request = self.boundary.fragment(pending.request.site(), path, pending.request.gpc())?;
        let site = self.sites.get(request.site().index())?;
        let route = site.route(request.route());
        if route.is_quarantined() {
            return None;
        }
        let choice = route.default_choice();
        let wanted = Wanted { route, request: &request, told: route.told(choice.view) };
        let key = VariantLookup::new(&request, choice).to_key();
        let (resource, _) = self.page(&wanted, key.page(), None, None).await.ok()?;
        let page = resource.page();
        (page.status() == StatusCode::OK && is_rewritable(page.headers()) == Rewritable::Yes)
            .then(|| site.output.admit_fragment(page.body()))
    }
}

/// A variant that is ready to send.
async fn finish(page: &Arc<Page>, body: Body) -> Result<StoredVariant, Failure> {
    if body.len() <= INLINE_WORK {
        return Ok(page.variant(body));
    }
    let page = Arc::clone(page);
    let finishing = tokio::task::spawn_blocking(move || page.variant(body));
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
