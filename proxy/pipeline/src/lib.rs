//! The data path of one request: sealed in, answered out.
//!
//! This room joins the others and decides nothing by itself. It never sees a client's header: the
//! boundary takes the sealed request and lets out a scrubbed one, and only that goes further.

mod accept;
mod along;
mod answer;
mod arrival;
mod as_sent;
mod build;
mod cache_status;
mod canary;
mod compress;
mod decision;
mod downstream;
mod editions;
mod failure;
mod fetching;
mod flights;
mod interim;
mod keeping;
mod live;
mod miss;
mod own;
mod page_policy;
mod partial;
mod partition;
mod parts;
mod purge;
mod recheck;
mod refused;
mod route;
mod scratch;
mod shelf;
mod store;
mod variant;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use cloakroom_boundary::{
    Admission, Admitted, Boundary, OwnCookies, RawRequest, Refusal, RouteId, ScrubbedTarget, SiteId,
};
use cloakroom_crowd::Crowd;
use cloakroom_measure::{Measure, Trouble};
use cloakroom_origin::{Origin, Tls};
use cloakroom_rewrite::OutputPolicy;
use cloakroom_variants::{PageKey, Resource, State, VariantCache, VariantKey, VariantLookup};

pub use answer::{Answer, Head, OF_FAILURE, Reveal};
pub use arrival::{Arrival, Broken, Reader};
pub use as_sent::Cookies;
pub use cache_status::CacheStatus;
pub use compress::Compression;
pub use downstream::Downstream;
pub use failure::error_page;
pub use interim::Interim;
pub use live::Live;
pub use miss::{Pending, Waiting};
pub use own::Submission;
pub use partial::Partial;
pub use parts::{BuildError, Parts, RouteParts, RouteReport, SignalReport, SiteParts, SiteReport};
pub use purge::{Named, PurgeError, PurgeOrder};

use answer::{Content, Stored};
use cache_status::Source;
use compress::Forms;
use downstream::FieldList;
use failure::Failure;
use flights::Flights;
use keeping::Keeping;
use miss::{Fetched, Made, PendingPage};
use own::Own;
use recheck::Room;
use refused::Refused;
use route::{Route, Visit};
use scratch::Scratch;
use shelf::Shelf;
use store::Store;

/// Everything between the edge and the origin.
pub struct Pipeline {
    boundary: Arc<Boundary>,
    sites: Vec<Site>,
    cache: VariantCache,
    /// Makes the compressed forms of what is in it.
    forms: Arc<Forms>,
    /// Where pages outlive a restart, and memory.
    shelf: Option<Arc<Shelf>>,
    measure: Arc<Measure>,
    /// Flights that make a variant, and flights that fetch a page.
    making: Arc<Flights<VariantKey, Made>>,
    fetching: Arc<Flights<PageKey, Fetched>>,
    /// Room for pages that are looked at again.
    room: Arc<Room>,
    /// Memory for pages that are read along.
    scratch: Scratch,
    /// Pages that the origin would not let us store, remembered for some seconds.
    refused: Refused,
    /// Cells and variants are shown in answers: `dev` and `demo` only.
    reveal: bool,
    /// Epochs that have ended since the start, over all sites.
    ended_epochs: Arc<AtomicU64>,
}

struct Site {
    /// Its first host.
    host: String,
    routes: Vec<Arc<Route>>,
    /// Answers for paths that no route declares.
    undeclared: Arc<Route>,
    /// Which cookies about visits its policies let be kept.
    keeping: Keeping,
    crowd: Crowd,
    /// Where released cells outlive a restart.
    store: Option<Store>,
    origin: Arc<Origin>,
    /// The fields that its visitors are sent.
    fields: FieldList,
    /// How long after it was fetched a page is looked at again.
    recheck_after: Duration,
    relay: Arc<RelayTarget>,
    /// The door that included fragments pass.
    output: OutputPolicy,
    /// What Cloakroom serves there by itself.
    own: Own,
}

struct RelayTarget {
    authority: String,
    server_name: String,
    tls: Option<Tls>,
    site: SiteId,
    connect_timeout: Duration,
    read_timeout: Duration,
    forward_client_ip: bool,
}

/// What happens next to a request.
pub enum Step {
    /// It is answered.
    Answer(Answer),
    /// Its variant has to be made first: [`Pipeline::fetch`].
    Fetch(Box<Pending>),
    /// It is a form of our own, whose body has to be read first: [`Pipeline::submit`].
    Form(Submission),
    /// It belongs to a passthrough route.
    Relay(Relay),
}

/// Where a passthrough request goes.
pub struct Relay {
    target: Arc<RelayTarget>,
    label: usize,
    /// What is stored no longer holds once the origin has said yes.
    made_invalid: Option<ScrubbedTarget>,
}

impl Relay {
    /// Host and port of the origin.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.target.authority
    }

    /// Over TLS, the name that the origin has to prove.
    #[must_use]
    pub fn server_name(&self) -> Option<&str> {
        self.target.tls.as_ref().map(|_| self.target.server_name.as_str())
    }

    /// Position of its site.
    #[must_use]
    pub fn site(&self) -> usize {
        self.target.site.index()
    }

    /// Time to connect.
    #[must_use]
    pub fn connect_timeout(&self) -> Duration {
        self.target.connect_timeout
    }

    /// The longest silence of the origin.
    #[must_use]
    pub fn read_timeout(&self) -> Duration {
        self.target.read_timeout
    }

    /// The site wants to know the client's address on passthrough routes.
    #[must_use]
    pub fn forwards_client_ip(&self) -> bool {
        self.target.forward_client_ip
    }

    /// Position of its route among the labels of the counters.
    #[must_use]
    pub fn label(&self) -> usize {
        self.label
    }
}

impl Pipeline {
    /// Takes a sealed request as far as it gets without waiting. A hit ends here.
    #[must_use]
    pub fn step(self: &Arc<Self>, raw: RawRequest<'_>) -> Step {
        let is_head = raw.is_head();
        let mut step = self.judge(raw);
        // Refusals too: what a HEAD is answered with has no body, or the next answer would be read in it.
        if let (Step::Answer(answer), true) = (&mut step, is_head) {
            answer.head_only = true;
        }
        step
    }

    fn judge(self: &Arc<Self>, raw: RawRequest<'_>) -> Step {
        let site_id = match self.boundary.site(&raw) {
            Ok(site) => site,
            Err(refusal) => return self.refuse(None, refusal),
        };
        let Some(site) = self.sites.get(site_id.index()) else {
            return self.refuse(None, Refusal::UnknownHost);
        };
        if let Some(wanted) = self.boundary.own_page(site_id, &raw) {
            return own::step(site, wanted);
        }
        let epoch = site.crowd.epoch();
        match self.boundary.admit(site_id, raw, epoch.key()) {
            Ok(Admission::Admitted(admitted)) => self.serve(site, admitted, &epoch),
            Ok(Admission::Passthrough(found)) => Step::Relay(Relay {
                target: Arc::clone(&site.relay),
                label: site.route(Some(found.route)).label,
                made_invalid: found.made_invalid,
            }),
            Err(refusal) => self.refuse(Some(site), refusal),
        }
    }

    fn serve(self: &Arc<Self>, site: &Site, admitted: Admitted, epoch: &cloakroom_crowd::Epoch) -> Step {
        let Admitted { route: id, facts, signals, token, undecided, cookies, asked, request, .. } = admitted;
        let route = site.route(id);
        let cookies = cookies.settle(site.keeping.under(facts));
        let (head_only, label) = (request.is_head(), route.label);
        if route.is_quarantined() {
            let content = Content::Failure(Failure::Quarantined);
            return Step::Answer(Answer { content, head_only, label, reveal: None, cookies });
        }
        let shown = route.shown(facts, undecided);
        let chosen = route.choose(id, Visit { facts, signals, token }, epoch, self.reveal);
        let lookup = VariantLookup::new(&request, chosen.choice).showing(shown);
        let resource = self.stored(route, &lookup);
        let found = resource.as_ref().and_then(|resource| {
            let state = resource.state(Instant::now());
            Some((resource.variant(lookup.variant())?, state))
        });
        let choice = chosen.choice;
        let pending = |request, awaited| {
            let route = Arc::clone(route);
            PendingPage { route, request, choice, shown, awaited, found: resource }
        };
        let (variant, source) = match found {
            Some((variant, State::Fresh(_))) => (variant, Source::Cache),
            Some((variant, State::WhileRevalidating)) => (variant, Source::Revalidating),
            _ if asked.only_if_cached() => {
                let content = Content::Failure(Failure::NotStored);
                return Step::Answer(Answer { content, head_only, label, reveal: None, cookies });
            }
            _ => {
                return Step::Fetch(Box::new(Pending {
                    page: pending(request, true),
                    head_only,
                    reveal: chosen.reveal,
                    cookies,
                    asked,
                }));
            }
        };
        if source == Source::Revalidating {
            // The flight needs nobody who waits for it; where there are too many, a later request asks.
            drop(self.board(pending(request, false)));
        }
        let content = Content::Stored(Stored::new(variant, source, asked));
        Step::Answer(Answer { content, head_only, label, reveal: chosen.reveal, cookies })
    }

    /// What is stored, fresh or not, unless the route's quarantine put it in doubt.
    fn stored(&self, route: &Route, lookup: &VariantLookup<'_>) -> Option<Arc<Resource>> {
        self.cache.find(lookup).filter(|resource| !route.doubts(resource.page().arrived()))
    }

    fn refuse(&self, site: Option<&Site>, refusal: Refusal) -> Step {
        let label = match (&refusal, site) {
            (Refusal::MethodNotAllowed { route, .. }, Some(site)) => site.route(*route).label,
            (_, Some(site)) => site.undeclared.label,
            (_, None) => usize::MAX,
        };
        match refusal {
            Refusal::MethodNotAllowed { .. } => self.measure.trouble(label, Trouble::MethodNotDeclared),
            Refusal::UnknownHost => self.measure.trouble(label, Trouble::UnknownHost),
            _ => {}
        }
        let content = Content::Refused { refusal, explained: self.reveal };
        Step::Answer(Answer {
            content,
            head_only: false,
            label,
            reveal: None,
            cookies: OwnCookies::default(),
        })
    }

    /// Counters and logs.
    #[must_use]
    pub fn measure(&self) -> &Measure {
        &self.measure
    }

    /// What origins over TLS have to prove themselves to, by site: `None` for plain HTTP.
    pub fn relay_tls(&self) -> impl Iterator<Item = Option<&Tls>> {
        self.sites.iter().map(|site| site.relay.tls.as_ref())
    }

    /// How many epochs have ended since the start, over all sites.
    #[must_use]
    pub fn ended_epochs(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.ended_epochs)
    }
}

impl Site {
    fn route(&self, id: Option<RouteId>) -> &Arc<Route> {
        id.and_then(|id| self.routes.get(id.index())).unwrap_or(&self.undeclared)
    }
}
