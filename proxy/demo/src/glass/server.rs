//! The looking glass as a server: its page, and the three questions that the page asks.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use serde::Serialize;
use tokio::sync::Semaphore;

use super::GlassConfig;
use super::choice::Choice;
use super::look::look;
use super::numbers::Numbers;
use super::presets::{Preset, presets};
use crate::geo::DemoGeo;
use crate::visitor::LANGUAGES;
use crate::wire::{Recorder, Running, listen, serve_http};

/// Connections served at once.
const MAX_CONNECTIONS: usize = 64;
/// Looks under way at once.
const MAX_LOOKS: usize = 8;
/// The largest question.
const MAX_QUESTION: usize = 4 * 1024;

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const JSON: &str = "application/json";
const FILES: [(&str, &str, &str); 6] = [
    ("/", HTML, include_str!("../../assets/glass/page.html")),
    ("/look.css", "text/css; charset=utf-8", include_str!("../../assets/glass/look.css")),
    ("/glass.js", SCRIPT, include_str!("../../assets/glass/glass.js")),
    ("/draw.js", SCRIPT, include_str!("../../assets/glass/draw.js")),
    ("/compare.js", SCRIPT, include_str!("../../assets/glass/compare.js")),
    ("/mark.svg", "image/svg+xml", include_str!("../../assets/glass/mark.svg")),
];

/// The running looking glass. It stops when this is dropped.
pub struct Glass(Running);

struct Room {
    config: GlassConfig,
    visitors: Recorder,
    origin: Recorder,
    since: Instant,
    looks: Semaphore,
    security: HeaderValue,
}

/// What can be chosen.
#[derive(Serialize)]
struct Options<'c> {
    countries: Vec<&'static str>,
    languages: [&'static str; LANGUAGES.len()],
    campaigns: &'c [String],
    presets: Vec<Preset>,
    shop_url: &'c str,
}

impl Glass {
    /// Opens the looking glass on `address`. `visitors` is the tap's recorder, `origin` the shop's.
    ///
    /// # Errors
    /// When the address cannot be listened on, or `shop_url` cannot stand in a header.
    pub async fn start(
        address: SocketAddr,
        config: GlassConfig,
        visitors: Recorder,
        origin: Recorder,
    ) -> io::Result<Self> {
        let security = security(&config.shop_url)?;
        let looks = Semaphore::new(MAX_LOOKS);
        let room = Arc::new(Room { config, visitors, origin, since: Instant::now(), looks, security });
        let serve = move |stream, _peer| {
            let room = Arc::clone(&room);
            serve_http(stream, move |request| answer(Arc::clone(&room), request))
        };
        listen(address, MAX_CONNECTIONS, serve).await.map(Self)
    }

    /// Where it listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.0.local_addr()
    }
}

/// The shop's page is shown in a frame without scripts; its pictures and styles come from the shop.
/// A frame filled by `srcdoc` obeys this policy too.
fn security(shop_url: &str) -> io::Result<HeaderValue> {
    let plain = shop_url.bytes().all(|b| b.is_ascii_alphanumeric() || b":/.-[]".contains(&b));
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline' {shop_url}; \
         img-src 'self' data: {shop_url}; font-src {shop_url}; connect-src 'self'; frame-src 'self'; \
         base-uri {shop_url}; form-action 'none'; frame-ancestors 'none'"
    );
    match HeaderValue::try_from(policy) {
        Ok(policy) if plain => Ok(policy),
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "the shop's address is no plain URL")),
    }
}

async fn answer(room: Arc<Room>, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let (status, kind, body) = match (&parts.method, parts.uri.path()) {
        (&Method::GET, "/options") => json(StatusCode::OK, &room.options()),
        (&Method::GET, "/numbers") => json(StatusCode::OK, &room.numbers()),
        (&Method::POST, "/look") => question(&room, &parts.headers, body).await,
        (&Method::GET | &Method::HEAD, path) => match FILES.iter().find(|(name, ..)| *name == path) {
            Some((_, kind, text)) => (StatusCode::OK, *kind, Bytes::from_static(text.as_bytes())),
            None => problem(StatusCode::NOT_FOUND, "there is nothing here"),
        },
        _ => problem(StatusCode::METHOD_NOT_ALLOWED, "only GET is answered here"),
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(CONTENT_SECURITY_POLICY, room.security.clone());
    response
}

impl Room {
    fn options(&self) -> Options<'_> {
        Options {
            countries: DemoGeo::countries().collect(),
            languages: LANGUAGES,
            campaigns: &self.config.campaigns,
            presets: presets(self.config.campaigns.first().map_or("", String::as_str)),
            shop_url: &self.config.shop_url,
        }
    }

    fn numbers(&self) -> Numbers {
        Numbers::now(&self.config, self.since, &self.visitors, &self.origin)
    }
}

type Written = (StatusCode, &'static str, Bytes);

async fn question(room: &Room, headers: &HeaderMap, body: Incoming) -> Written {
    // Other sites' pages cannot send this type without asking first, and are never told yes.
    if headers.get(CONTENT_TYPE).is_none_or(|kind| kind.as_bytes() != JSON.as_bytes()) {
        return problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "a look is asked for in `application/json`");
    }
    let Ok(body) = Limited::new(body, MAX_QUESTION).collect().await else {
        return problem(StatusCode::PAYLOAD_TOO_LARGE, "the question is too long");
    };
    let Ok(choice) = serde_json::from_slice::<Choice>(&body.to_bytes()) else {
        return problem(StatusCode::BAD_REQUEST, "the question cannot be read");
    };
    let Some(visitor) = choice.visitor(&room.config.campaigns) else {
        return problem(StatusCode::BAD_REQUEST, "there is no such visitor");
    };
    let Ok(_turn) = room.looks.try_acquire() else {
        return problem(StatusCode::SERVICE_UNAVAILABLE, "too many look at once");
    };
    let gathering = room.numbers().gathering;
    let recorders = (&room.visitors, &room.origin);
    match look(&room.config, recorders, &visitor, &choice.path, gathering).await {
        Ok(seen) => json(StatusCode::OK, &seen),
        Err(_) => problem(StatusCode::BAD_GATEWAY, "the shop does not answer"),
    }
}

fn json(status: StatusCode, value: &impl Serialize) -> Written {
    match serde_json::to_vec(value) {
        Ok(text) => (status, JSON, Bytes::from(text)),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, JSON, Bytes::from_static(b"{}")),
    }
}

fn problem(status: StatusCode, words: &'static str) -> Written {
    json(status, &serde_json::json!({ "problem": words }))
}
