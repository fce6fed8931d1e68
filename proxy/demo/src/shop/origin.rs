//! The shop's server: routes, cookies, validators.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, COOKIE, ETAG, IF_NONE_MATCH, LOCATION, SET_COOKIE};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;

use super::markup::Greeting;
use super::sessions::{Session, Sessions};
use super::{catalogue, drawing, fields, pages, personal};
use crate::wire::{Recorder, Running, listen, serve_http};

/// Connections served at once.
const MAX_CONNECTIONS: usize = 1_024;
/// The largest form.
const MAX_FORM: usize = 8 * 1024;
/// The longest search.
const MAX_QUERY: usize = 80;
const STYLE: &str = include_str!("../../assets/shop.css");

/// The running shop. It stops when this is dropped.
pub struct Origin(Running);

impl Origin {
    /// Opens the shop on `address`; every byte that it receives goes to `recorder`.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start(address: SocketAddr, recorder: Recorder) -> io::Result<Self> {
        let sessions = Arc::new(Sessions::default());
        let serve = move |stream, peer| {
            let stream = recorder.record(stream, peer);
            let sessions = Arc::clone(&sessions);
            serve_http(stream, move |request| answer(Arc::clone(&sessions), request))
        };
        listen(address, MAX_CONNECTIONS, serve).await.map(Self)
    }

    /// Where the shop listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.0.local_addr()
    }
}

/// What the shop knows of who is asking.
struct Visit {
    visitor_id: String,
    sid: Option<String>,
    session: Session,
}

impl Visit {
    fn read(parts: &Parts, sessions: &Sessions) -> Self {
        let cookie = |name| {
            let mut lines = parts.headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
            lines.find_map(|line| fields::cookie(line, name)).map(str::to_owned)
        };
        let known = |id: &String| id.len() == 16 && id.bytes().all(|b| b.is_ascii_hexdigit());
        let visitor_id = cookie("visitor_id").filter(known);
        let sid = cookie("sid");
        let session = sid.as_deref().and_then(|sid| sessions.get(sid));
        Self {
            visitor_id: visitor_id.unwrap_or_else(|| format!("{:016x}", rand::random::<u64>())),
            sid,
            session: session.unwrap_or_default(),
        }
    }

    fn greeting(&self) -> Greeting {
        Greeting {
            name: self.session.name.clone(),
            in_cart: self.session.cart.iter().map(|(_, pieces)| pieces).sum(),
        }
    }
}

enum Reply {
    /// Anyone's page, or so the shop says.
    Page(StatusCode, String),
    /// One visitor's page.
    Own(String),
    /// To be fetched elsewhere, with a new session cookie (empty: the old one ends).
    SeeOther(&'static str, Option<String>),
    Asset(&'static str, String),
    Refused(StatusCode, &'static str),
}

async fn answer(sessions: Arc<Sessions>, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let visit = Visit::read(&parts, &sessions);
    let reply = if parts.method == Method::POST {
        match Limited::new(body, MAX_FORM).collect().await {
            Ok(form) => post(&parts, &visit, &sessions, &String::from_utf8_lossy(&form.to_bytes())),
            Err(_) => Reply::Refused(StatusCode::PAYLOAD_TOO_LARGE, ""),
        }
    } else if parts.method == Method::GET || parts.method == Method::HEAD {
        get(&parts, &visit)
    } else {
        Reply::Refused(StatusCode::METHOD_NOT_ALLOWED, "GET, HEAD, POST")
    };
    respond(&parts, &visit, reply)
}

fn get(parts: &Parts, visit: &Visit) -> Reply {
    let greeting = visit.greeting();
    let page = |html| Reply::Page(StatusCode::OK, html);
    let path = parts.uri.path();
    match path {
        "/" => return page(pages::home(&greeting)),
        "/search" => {
            let query = fields::form_value(parts.uri.query().unwrap_or_default(), "q").unwrap_or_default();
            let query: String = query.chars().take(MAX_QUERY).collect();
            return page(pages::results(&greeting, &query));
        }
        "/cart" => return Reply::Own(personal::cart(&greeting, &visit.session)),
        "/login" => return Reply::Own(personal::login(&greeting, false)),
        "/account" => {
            return match &visit.session.name {
                Some(name) => Reply::Own(personal::account(&greeting, name)),
                None => Reply::SeeOther("/login", None),
            };
        }
        "/logout" => return Reply::Refused(StatusCode::METHOD_NOT_ALLOWED, "POST"),
        "/style.css" => return Reply::Asset("text/css; charset=utf-8", STYLE.to_owned()),
        _ => {}
    }
    let mut segments = path.split('/').skip(1);
    let found = match (segments.next(), segments.next(), segments.next()) {
        (Some("c"), Some(slug), None) => {
            catalogue::category(slug).map(|c| page(pages::category(&greeting, c)))
        }
        (Some("p"), Some(slug), None) => catalogue::product(slug).and_then(|product| {
            let shelf = catalogue::category(product.category)?;
            Some(page(pages::product(&greeting, product, shelf)))
        }),
        (Some("img"), Some(file), None) => {
            file.strip_suffix(".svg").and_then(drawing::svg).map(|svg| Reply::Asset("image/svg+xml", svg))
        }
        _ => None,
    };
    found.unwrap_or_else(|| {
        let words = "The path ends here. Perhaps it was mended away.";
        Reply::Page(StatusCode::NOT_FOUND, pages::lost(&greeting, "Page not found", words))
    })
}

fn post(parts: &Parts, visit: &Visit, sessions: &Sessions, form: &str) -> Reply {
    let value = |name| fields::form_value(form, name).filter(|value| !value.trim().is_empty());
    match parts.uri.path() {
        "/cart" => match value("product").and_then(|slug| catalogue::product(&slug)) {
            Some(product) => Reply::SeeOther("/cart", sessions.add(visit.sid.as_deref(), product.slug)),
            None => Reply::Refused(StatusCode::UNPROCESSABLE_ENTITY, ""),
        },
        "/login" => match (value("name"), value("password")) {
            (Some(name), Some(_)) => {
                let sid = sessions.log_in(visit.sid.as_deref(), name.trim());
                Reply::SeeOther("/account", Some(sid))
            }
            _ => Reply::Own(personal::login(&visit.greeting(), true)),
        },
        "/logout" => {
            if let Some(sid) = &visit.sid {
                sessions.log_out(sid);
            }
            Reply::SeeOther("/", Some(String::new()))
        }
        _ => Reply::Refused(StatusCode::METHOD_NOT_ALLOWED, "GET, HEAD"),
    }
}

fn respond(parts: &Parts, visit: &Visit, reply: Reply) -> Response<Full<Bytes>> {
    let (status, kind, caching, body) = match reply {
        Reply::Page(status, html) => (status, "text/html; charset=utf-8", "public, max-age=60", html),
        Reply::Own(html) => (StatusCode::OK, "text/html; charset=utf-8", "no-store", html),
        Reply::Asset(kind, text) => {
            return response(StatusCode::OK, kind, "public, max-age=300", text);
        }
        Reply::SeeOther(to, sid) => {
            let mut moved = response(StatusCode::SEE_OTHER, "text/plain", "no-store", String::new());
            moved.headers_mut().insert(LOCATION, HeaderValue::from_static(to));
            match sid.as_deref() {
                Some("") => set(&mut moved, SET_COOKIE, "sid=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"),
                Some(sid) => {
                    set(&mut moved, SET_COOKIE, &format!("sid={sid}; Path=/; HttpOnly; SameSite=Lax"))
                }
                None => {}
            }
            return moved;
        }
        Reply::Refused(status, allow) => {
            let html =
                pages::lost(&visit.greeting(), "That did not work", "The shop cannot take this request.");
            let mut refused = response(status, "text/html; charset=utf-8", "no-store", html);
            if !allow.is_empty() {
                refused.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
            }
            return refused;
        }
    };
    let tag = entity_tag(&visit.visitor_id, &body);
    let known = parts.headers.get(IF_NONE_MATCH).is_some_and(|sent| sent.as_bytes() == tag.as_bytes());
    let mut page = if known && status == StatusCode::OK {
        response(StatusCode::NOT_MODIFIED, kind, caching, String::new())
    } else {
        response(status, kind, caching, body)
    };
    set(&mut page, ETAG, &tag);
    let tracking = format!("visitor_id={}; Path=/; Max-Age=31536000; SameSite=Lax", visit.visitor_id);
    set(&mut page, SET_COOKIE, &tracking);
    page
}

/// A validator that names the visitor as well as the page: the careless part.
fn entity_tag(visitor_id: &str, body: &str) -> String {
    let mut hasher = DefaultHasher::new();
    (visitor_id, body).hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}

fn response(
    status: StatusCode,
    kind: &'static str,
    caching: &'static str,
    body: String,
) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    response
}

/// Every value set here is made of hexadecimal digits and constants, so none is refused.
fn set(response: &mut Response<Full<Bytes>>, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::try_from(value) {
        response.headers_mut().append(name, value);
    }
}
