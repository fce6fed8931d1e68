//! The one door: from a sealed request to what the rooms behind may know of it.
//!
//! Anonymous routes read nothing of the client but method, target and GPC. Personalized routes
//! read address, consent and the fields of those signals that the route asks for, and keep values of
//! the vocabulary.

use std::collections::HashMap;
use std::time::SystemTime;

use cloakroom_vocabulary::{Consent, ConsentFacts, Jurisdiction, Places};
use http::Method;
use ipnet::IpNet;

use crate::chance::Chance;
use crate::config::MAX_SITES;
use crate::consent::Heard;
use crate::daypart::Dayparts;
use crate::held::HeldCookies;
use crate::host::MAX_HOST_BYTES;
use crate::own_pages::Own;
use crate::routes::Route;
use crate::signals::Wanted;
use crate::site::Site;
use crate::{
    Asked, BoundaryError, Config, Geo, Mode, OwnPages, PendingCookies, RawRequest, Refusal, RouteId,
    ScrubbedRequest, ScrubbedTarget, Signals, SiteId, Token, TokenKey, address, canonical, consent, query,
};

/// Reads requests and lets out what may be known of them.
pub struct Boundary {
    trusted_proxies: Vec<IpNet>,
    geo: Option<Geo>,
    places: Places,
    pub(crate) hosts: HashMap<Box<str>, SiteId>,
    pub(crate) sites: Vec<Site>,
    dayparts: Dayparts,
    chance: Chance,
}

/// What becomes of a request.
pub enum Admission {
    /// It was scrubbed; identity stays behind.
    Admitted(Admitted),
    /// It is forwarded with identity.
    Passthrough(Passthrough),
}

/// All that is known of a request on a personalized or anonymous route.
pub struct Admitted {
    /// The declared route; `None` for an undeclared path, which is anonymous.
    pub route: Option<RouteId>,
    /// [`Mode::Personalize`] or [`Mode::Anonymous`].
    pub mode: Mode,
    /// What law and visitor allow. On anonymous routes only `gpc` is read.
    pub facts: ConsentFacts,
    /// The signals; `any` where the route does not ask. On anonymous routes all are `any`.
    pub signals: Signals,
    /// The visitor's prefix as the crowd counts it. On anonymous routes it is the same for all.
    pub token: Token,
    /// The site asks its visitors through us, and this one has not answered. On anonymous routes nobody
    /// is asked.
    pub undecided: bool,
    /// Cookies of our own that the answer would set or delete. On anonymous routes there are none, since
    /// caches in front keep those answers.
    pub cookies: PendingCookies,
    /// What the client wishes of a stored answer: decides which of its bytes are sent, and nothing else.
    pub asked: Asked,
    /// The page that is wanted.
    pub request: ScrubbedRequest,
}

/// What was read of a visitor.
struct Visitor {
    facts: ConsentFacts,
    signals: Signals,
    token: Token,
    cookies: PendingCookies,
}

/// The route of a request that goes through unread.
pub struct Passthrough {
    /// The site.
    pub site: SiteId,
    /// The route.
    pub route: RouteId,
    /// What is stored no longer holds if the origin says yes to this request: its method is not safe.
    pub made_invalid: Option<ScrubbedTarget>,
}

impl Boundary {
    /// Prepares everything that a request will ask for. Without a database no country is known.
    ///
    /// # Errors
    /// [`BoundaryError`] that names what cannot be worked with.
    pub fn new(config: Config, geo: Option<Geo>) -> Result<Self, BoundaryError> {
        if config.sites.len() > MAX_SITES {
            return Err(BoundaryError::TooManySites { count: config.sites.len() });
        }
        let sites = config.sites.into_iter().enumerate();
        let sites: Vec<_> = sites.map(|(at, site)| Site::new(site, at)).collect::<Result<_, _>>()?;
        let mut hosts = HashMap::new();
        for (id, site) in (0..).map(SiteId).zip(&sites) {
            for host in site.hosts() {
                if hosts.insert(host.into(), id).is_some() {
                    return Err(BoundaryError::RepeatedHost { host: host.to_owned() });
                }
            }
        }
        let dayparts = Dayparts::new(Box::new(SystemTime::now))?;
        let chance = Box::new(rand::random::<u64>);
        let Config { trusted_proxies, places, .. } = config;
        Ok(Self { trusted_proxies, geo, places, hosts, sites, dayparts, chance })
    }

    /// Tells the time by another clock: a test's, or that of a question about another hour.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.dayparts.set_clock(Box::new(clock));
        self
    }

    /// Draws from another source of 64 random bits at a time: a test's.
    #[must_use]
    pub fn with_chance(mut self, chance: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        self.chance = Box::new(chance);
        self
    }

    /// Serves pages of Cloakroom's own on the sites, in their order; on those that `pages` has no entry
    /// for, none.
    #[must_use]
    pub fn with_own_pages(mut self, pages: &[OwnPages]) -> Self {
        for (site, pages) in self.sites.iter_mut().zip(pages) {
            site.own = Own::new(pages);
        }
        self
    }

    pub(crate) fn known(&self, site: SiteId) -> Option<&Site> {
        self.sites.get(site.index())
    }

    /// The site that a request asks for.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] without one valid host, [`Refusal::UnknownHost`] for no site's.
    pub fn site(&self, raw: &RawRequest<'_>) -> Result<SiteId, Refusal> {
        let mut buffer = [0; MAX_HOST_BYTES];
        let host = raw.host(&mut buffer)?;
        self.hosts.get(host).copied().ok_or(Refusal::UnknownHost)
    }

    /// Takes a request apart.
    ///
    /// # Errors
    /// [`Refusal`] if no route answers it.
    pub fn admit(&self, site: SiteId, raw: RawRequest<'_>, key: &TokenKey) -> Result<Admission, Refusal> {
        let known = self.sites.get(site.index()).ok_or(Refusal::UnknownHost)?;
        let path = raw.path()?;
        let mut target = String::with_capacity(path.len() + raw.query().len() + 1);
        canonical::push_path(path, &mut target)?;
        // Pages of our own are answered before; another spelling of their paths is none of them.
        if known.own.answers(&target) {
            return Err(Refusal::NotFound);
        }
        let path_len = target.len();
        let found = known.routes.find(raw.method(), &target)?;
        let route = found.map(|(id, _)| id);
        let mode = found.map_or(Mode::Anonymous, |(_, route)| route.mode);
        if let (Some(route), Mode::Passthrough) = (route, mode) {
            let made_invalid = known.made_invalid(site, &target, &raw);
            return Ok(Admission::Passthrough(Passthrough { site, route, made_invalid }));
        }
        if let Some((_, route)) = found {
            query::push_query(raw.query(), &route.query, &mut target);
        }
        let gpc = consent::gpc(&raw);
        let head = *raw.method() == Method::HEAD;
        let request = ScrubbedRequest {
            site,
            route,
            target,
            path_len,
            head,
            gpc,
            #[cfg(feature = "cache-tests")]
            marks: if mode == Mode::Anonymous { crate::Marks::of(&raw) } else { crate::Marks::default() },
        };
        let Visitor { facts, signals, token, cookies } = match found {
            Some((_, route)) if route.mode == Mode::Personalize => {
                self.read_visitor(known, route.wanted, &raw, &request, key)
            }
            _ => Visitor {
                facts: ConsentFacts {
                    jurisdiction: Jurisdiction::Unknown,
                    consent: Consent::default(),
                    silent: false,
                    gpc,
                },
                signals: Signals::unknown(&known.vocabulary),
                token: Token::UNREAD,
                cookies: PendingCookies::default(),
            },
        };
        let undecided = known.own.asks() && facts.silent && !gpc;
        let asked = Asked::read(&raw);
        Ok(Admission::Admitted(Admitted {
            route,
            mode,
            facts,
            signals,
            token,
            undecided,
            cookies,
            asked,
            request,
        }))
    }

    fn read_visitor(
        &self,
        site: &Site,
        wanted: Wanted,
        raw: &RawRequest<'_>,
        request: &ScrubbedRequest,
        key: &TokenKey,
    ) -> Visitor {
        let address = address::client_address(raw, &self.trusted_proxies);
        let located = address.and_then(|address| self.geo.as_ref()?.locate(address, &self.places));
        let (country, jurisdiction) = located.unzip();
        let Heard { consent, silent } = consent::hear(raw, &site.consent);
        let facts = ConsentFacts {
            jurisdiction: jurisdiction.unwrap_or(Jurisdiction::Unknown),
            consent,
            silent,
            gpc: request.gpc,
        };
        let consented = facts.consent.personalization && !facts.gpc;
        let (remembered, cookies) =
            site.remember(raw, request.path(), consented, &self.dayparts, &self.chance);
        let signals = site.signals(wanted, raw, country, &self.dayparts, &remembered);
        Visitor { facts, signals, token: key.token(address), cookies }
    }

    /// The topics that the visitor's own cookie holds on a site, by name, for whoever sent it to see.
    #[must_use]
    pub fn topics_held(&self, site: SiteId, raw: &RawRequest<'_>) -> Vec<&str> {
        let Some(known) = self.sites.get(site.index()) else { return Vec::new() };
        let record = HeldCookies::of(raw).interest.value().and_then(|value| known.interest.read(value));
        record.map_or(Vec::new(), |record| known.interest.names(record).collect())
    }

    /// A request for a fragment, made by the proxy itself for a page whose visitor sent `gpc` or
    /// not. `None` unless `target` belongs to a route of the site that is marked `fragment`.
    #[must_use]
    pub fn fragment(&self, site: SiteId, target: &str, gpc: bool) -> Option<ScrubbedRequest> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let (mut target, id, route) = self.reading(site, path)?;
        if !route.fragment {
            return None;
        }
        let path_len = target.len();
        query::push_query(query, &route.query, &mut target);
        Some(ScrubbedRequest {
            site,
            route: Some(id),
            target,
            path_len,
            head: false,
            gpc,
            #[cfg(feature = "cache-tests")]
            marks: crate::Marks::default(),
        })
    }

    /// The sites, in the order of the configuration.
    pub fn sites(&self) -> impl Iterator<Item = SiteId> + use<> {
        // INVARIANT: at most `MAX_SITES` sites, which 16 bits can number.
        (0..u16::try_from(self.sites.len()).unwrap_or(u16::MAX)).map(SiteId)
    }

    /// Whether reading a path would send identity upstream. Paths that cannot be told count as
    /// such.
    #[must_use]
    pub fn is_passthrough(&self, site: SiteId, path: &str) -> bool {
        let Some(known) = self.sites.get(site.index()) else { return true };
        let mut canonical = String::new();
        if canonical::push_path(path, &mut canonical).is_err() {
            return true;
        }
        match known.routes.find(&Method::GET, &canonical) {
            Ok(Some((_, route))) => route.mode == Mode::Passthrough,
            Ok(None) => false,
            Err(_) => true,
        }
    }

    fn reading(&self, site: SiteId, path: &str) -> Option<(String, RouteId, &Route)> {
        let known = self.sites.get(site.index())?;
        let mut target = String::new();
        canonical::push_path(path, &mut target).ok()?;
        let (id, route) = known.routes.find(&Method::GET, &target).ok()??;
        Some((target, id, route))
    }
}
