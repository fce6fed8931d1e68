//! The way of a miss: from a stored page if there is one, else from the origin, in tasks of its own.

use std::sync::Arc;
use std::time::Instant;

use cloakroom_boundary::{Asked, OwnCookies, ScrubbedRequest};
use cloakroom_notice::Shown;
use cloakroom_origin::Told;
use cloakroom_variants::{Began, Choice, PageKey, Resource, State, StoredVariant, VariantKey, VariantLookup};

use crate::Pipeline;
use crate::along::Audience;
use crate::answer::{Answer, Content, Reveal, Stored};
use crate::cache_status::Source;
use crate::failure::Failure;
use crate::flights::{News, Seat, Stage, Tower};
use crate::interim::Interim;
use crate::route::Route;

/// A request whose variant is not stored, or no longer fresh.
pub struct Pending {
    pub(crate) page: PendingPage,
    pub(crate) head_only: bool,
    pub(crate) reveal: Option<Reveal>,
    /// Of this visitor alone: the task that makes the variant never sees them.
    pub(crate) cookies: OwnCookies,
    /// Of this visitor alone too.
    pub(crate) asked: Asked,
}

/// What of it the task that makes the variant sees.
pub(crate) struct PendingPage {
    pub(crate) route: Arc<Route>,
    pub(crate) request: ScrubbedRequest,
    pub(crate) choice: Choice,
    /// What the page shows of the notice: never part of what the origin is asked.
    pub(crate) shown: Shown,
    /// Whoever began waits for it. A refresh in the background nobody waits for.
    pub(crate) awaited: bool,
    /// What the visitor's look into the store has found: whoever looks again begins with it, so that it stays one visit.
    pub(crate) found: Option<Arc<Resource>>,
}

impl PendingPage {
    pub(crate) fn lookup(&self) -> VariantLookup<'_> {
        VariantLookup::new(&self.request, self.choice).showing(self.shown)
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted { route: &self.route, request: &self.request, told: self.route.told(self.choice.view) }
    }
}

/// A page that is wanted from the origin.
pub(crate) struct Wanted<'a> {
    pub(crate) route: &'a Arc<Route>,
    pub(crate) request: &'a ScrubbedRequest,
    pub(crate) told: &'a Told,
}

pub(crate) type Made = Result<(Arc<StoredVariant>, Source), Failure>;
pub(crate) type Fetched = Result<(Arc<Resource>, Source), Failure>;

/// A request that waits for what is being made.
pub struct Waiting {
    seat: Option<Seat<Made>>,
    /// Somebody else had begun what is waited for.
    shared: bool,
    reached: Option<Stage<Made>>,
    answering: Answering,
}

/// What of the request makes the answer its own.
struct Answering {
    head_only: bool,
    label: usize,
    reveal: Option<Reveal>,
    cookies: OwnCookies,
    asked: Asked,
}

impl Waiting {
    /// What the origin says next before its answer; `None` once the answer is there.
    pub async fn interim(&mut self) -> Option<Arc<Interim>> {
        if self.reached.is_some() {
            return None;
        }
        match self.seat.as_mut()?.next().await? {
            News::Interim(interim) => Some(interim),
            News::Stage(stage) => {
                self.reached = Some(stage);
                None
            }
        }
    }

    /// The answer, when all of it is there: for clients that cannot tell half a page from the whole.
    pub async fn whole(mut self) -> Answer {
        while self.interim().await.is_some() {}
        if matches!(self.reached, Some(Stage::Arriving(_))) {
            self.land().await;
        }
        self.content()
    }

    /// The answer.
    pub async fn answer(mut self) -> Answer {
        while self.interim().await.is_some() {}
        // Whoever comes when the page has broken off already is not given half of it.
        if matches!(&self.reached, Some(Stage::Arriving(arrival)) if arrival.is_broken()) {
            self.land().await;
        }
        self.content()
    }

    /// Waits until what is made is there.
    async fn land(&mut self) {
        self.reached = match self.seat.take() {
            Some(seat) => seat.landed().await.map(Stage::Landed),
            None => None,
        };
    }

    fn content(self) -> Answer {
        let Self { shared, reached, answering, .. } = self;
        let Answering { head_only, label, reveal, cookies, asked } = answering;
        let content = match reached {
            Some(Stage::Landed(Ok((variant, source)))) => {
                let source = if shared { source.collapsed() } else { source };
                Content::Stored(Stored::new(variant, source, asked))
            }
            Some(Stage::Landed(Err(failure))) => Content::Failure(failure),
            Some(Stage::Arriving(arrival)) => Content::Arriving { arrival, collapsed: shared },
            None => Content::Failure(Failure::Busy),
        };
        Answer { content, head_only, label, reveal, cookies }
    }
}

impl Pipeline {
    /// Answers a request that the cache could not. The work is done in tasks that do not end with
    /// the caller; however many ask, each variant is made once and each page is fetched once: and once more,
    /// up to a bound, for those who come after a purge while it is fetched.
    pub async fn fetch(self: &Arc<Self>, pending: Pending) -> Answer {
        self.wait(pending).answer().await
    }

    /// The same, for whoever wants to hear what the origin says before its answer.
    pub fn wait(self: &Arc<Self>, pending: Pending) -> Waiting {
        let Pending { page, head_only, reveal, cookies, asked } = pending;
        let label = page.route.label;
        let seat = self.board(page);
        Waiting {
            shared: seat.as_ref().is_some_and(Seat::is_shared),
            seat,
            reached: None,
            answering: Answering { head_only, label, reveal, cookies, asked },
        }
    }

    /// A seat in the flight that makes a variant. The flight goes on without whoever leaves it.
    pub(crate) fn board(self: &Arc<Self>, page: PendingPage) -> Option<Seat<Made>> {
        let lookup = page.lookup();
        let (key, id) = (lookup.to_key(), lookup.variant());
        let (route, found) = (Arc::clone(&page.route), page.found.clone());
        let landed = || {
            let resource = self.known(&route, key.page(), found.as_ref())?;
            matches!(resource.state(Instant::now()), State::Fresh(_))
                .then(|| resource.variant(id))?
                .map(|variant| Ok((variant, Source::Cache)))
        };
        let wanted = key.clone();
        let outdated = |began| self.cache.is_variant_outdated(&key, began);
        let start = |tower| Arc::clone(self).make(page, key.clone(), tower);
        self.making.board(wanted, (self.now(), outdated), landed, start)
    }

    /// Asks for the moment, among the purges and the flights.
    pub(crate) fn now(&self) -> impl Fn() -> Began + Send + use<> {
        let cache = self.cache.clone();
        move || cache.began()
    }

    /// The stored page, fresh or not, unless the route's quarantine put it in doubt; `found` is what was there before.
    pub(crate) fn known(
        &self,
        route: &Route,
        key: &PageKey,
        found: Option<&Arc<Resource>>,
    ) -> Option<Arc<Resource>> {
        self.cache.again(key, found).filter(|known| !route.doubts(known.page().arrived()))
    }

    async fn make(self: Arc<Self>, page: PendingPage, key: VariantKey, tower: Arc<Tower<Made>>) -> Made {
        let began = self.cache.began();
        let mut audience = Audience::new(&page, &tower);
        let fetched = self.page(&page.wanted(), key.page(), page.found.as_ref(), Some(&mut audience)).await;
        let (resource, source) = fetched.inspect_err(|failure| audience.fail(*failure))?;
        if let Some(variant) = resource.variant(key.variant()) {
            audience.settle(&variant, source);
            return Ok((variant, source));
        }
        let fragments = audience.fragments();
        let made = self.variant_of(&page, resource.page(), fragments).await;
        let variant = Arc::new(made.inspect_err(|failure| audience.fail(*failure))?);
        self.cache.add(&resource, key.variant(), &variant, began);
        self.forms.make(&self.cache, &resource, (key.variant(), &variant));
        audience.settle(&variant, source);
        Ok((variant, source))
    }

    /// The page behind a variant: stored and fresh, or fetched, or stale when fetching failed. `found` is what was
    /// stored before; the `audience` may read along while it arrives.
    pub(crate) async fn page(
        self: &Arc<Self>,
        wanted: &Wanted<'_>,
        key: &PageKey,
        found: Option<&Arc<Resource>>,
        audience: Option<&mut Audience<'_>>,
    ) -> Fetched {
        let known = match self.known(wanted.route, key, found) {
            Some(known) => Some(known),
            None => self.shelved(wanted, key).await,
        };
        if let Some(known) = &known
            && matches!(known.state(Instant::now()), State::Fresh(_))
        {
            return Ok((Arc::clone(known), Source::Page));
        }
        let fetched = match self.refused.get(key, |began| self.cache.is_outdated(key, began)) {
            Some(failure) => Err(failure),
            None => self.fetch_once(wanted, key, known.as_ref(), audience).await,
        };
        match (fetched, known) {
            (Err(_), Some(known)) if known.may_serve_on_error(Instant::now()) => Ok((known, Source::OnError)),
            (fetched, _) => fetched,
        }
    }
}
