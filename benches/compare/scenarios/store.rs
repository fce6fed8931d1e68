//! The store by itself, in this process: what pages and variants are put into it by.

mod memory;
mod purge;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use bytes::Bytes;
use cloakroom_benches::HOST;
use cloakroom_boundary::{
    Admission, Boundary, Config, ConsentSource, Mode, PathPattern, RawRequest, RouteConfig, SiteConfig,
    TokenKey,
};
use cloakroom_policy::Jurisdictions;
use cloakroom_variants::{
    Answered, CACHE_TAG, Choice, Freshness, JointVariant, OwnTag, Page, PageKey, Validators, VariantId,
    VariantLookup,
};
use cloakroom_vocabulary::{SiteValues, SiteVocabulary};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Request, StatusCode};

use crate::Failure;

pub(crate) use memory::measure as memory_of_one;
pub(super) use memory::per_variant;
pub(super) use purge::tagged;

/// Makes keys of paths, the only way there is: through the boundary.
struct Keys(Boundary);

impl Keys {
    fn new() -> Result<Self, Failure> {
        let values = SiteValues { countries: vec![], languages: vec![], campaigns: vec![], topics: vec![] };
        let route = RouteConfig {
            pattern: PathPattern::parse("/m/*", None)?,
            methods: None,
            mode: Mode::Personalize,
            query: Vec::new(),
            fragment: false,
            signals: Vec::new(),
            bucket: false,
        };
        let site = SiteConfig {
            hosts: vec![HOST.to_owned()],
            vocabulary: Arc::new(SiteVocabulary::new(&values)?),
            consent: vec![ConsentSource::Cookie { name: "cloakroom_consent".to_owned() }],
            campaign_parameter: None,
            topics: Vec::new(),
            routes: vec![route],
        };
        let places = Jurisdictions::shipped()?.into_places();
        let config = Config { trusted_proxies: Vec::new(), places, sites: vec![site] };
        Ok(Self(Boundary::new(config, None)?))
    }

    /// The key of a page, and those of its variants.
    fn of(&self, page: usize, variants: usize) -> Result<(PageKey, Vec<VariantId>), Failure> {
        let request = Request::get(format!("/m/{page}")).header("host", HOST).body(())?;
        let (parts, ()) = request.into_parts();
        let raw = RawRequest::seal(&parts, IpAddr::V4(Ipv4Addr::LOCALHOST));
        let site = self.0.site(&raw).map_err(|_| "the site is not known")?;
        let Ok(Admission::Admitted(admitted)) = self.0.admit(site, raw, &TokenKey::random()) else {
            return Err("the route is not personalized".into());
        };
        let key = |variant| {
            let joint = JointVariant(variant);
            VariantLookup::new(&admitted.request, Choice { joint, ..Choice::default() }).to_key()
        };
        let ids = (0..u16::try_from(variants)?).map(|variant| key(variant).variant()).collect();
        Ok((key(0).page().clone(), ids))
    }
}

/// A page that can be stored.
fn page(body: Bytes, tag: Option<&'static str>) -> Page {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    let mut origin = HeaderMap::new();
    origin.extend(tag.map(|tag| (CACHE_TAG, HeaderValue::from_static(tag))));
    let answered = Answered {
        status: StatusCode::OK,
        headers,
        sent: HeaderMap::new(),
        own_tag: OwnTag::Ours,
        dated: false,
        compresses: true,
        body,
        validators: Validators::default(),
        origin,
    };
    Page::new(answered, Freshness::once())
}
