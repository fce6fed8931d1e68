//! A stand-in for the proxy, so that this room can be tested and looked at without the others.
//! It protects nobody: it only speaks as the proxy does.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

type Stored = Mutex<HashMap<String, (HeaderValue, Bytes)>>;

/// Pages that are passed through.
const OWN: [&str; 4] = ["/cart", "/login", "/logout", "/account"];

/// Starts a stand-in before `origin`; it runs until the runtime ends.
pub async fn start(origin: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let stored = Arc::new(Stored::default());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let stored = Arc::clone(&stored);
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let stored = Arc::clone(&stored);
                    async move { Ok::<_, std::convert::Infallible>(answer(origin, &stored, request).await) }
                });
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    address
}

async fn answer(origin: SocketAddr, stored: &Stored, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    if OWN.contains(&path.as_str()) {
        let mut upstream = Request::new(Full::new(body.collect().await.unwrap().to_bytes()));
        *upstream.method_mut() = parts.method;
        *upstream.uri_mut() = parts.uri;
        *upstream.headers_mut() = parts.headers;
        return fetch(origin, upstream).await;
    }
    let target = match parts.uri.query().filter(|_| path == "/search") {
        Some(query) => format!("{path}?{query}"),
        None => path.clone(),
    };
    let gpc = parts.headers.contains_key("sec-gpc");
    let key = format!("{gpc} {target}");
    let kept = stored.lock().unwrap().get(&key).cloned();
    let hit = kept.is_some();
    let mut response = match kept {
        Some((kind, page)) => {
            let mut response = Response::new(Full::new(page));
            response.headers_mut().insert("content-type", kind);
            response
        }
        None => {
            let (parts, body) = fetch(origin, upstream(&target, gpc)).await.into_parts();
            let page = body.collect().await.unwrap().to_bytes();
            let kind = parts.headers["content-type"].clone();
            stored.lock().unwrap().insert(key, (kind, page.clone()));
            Response::from_parts(parts, Full::new(page))
        }
    };
    response.headers_mut().remove("set-cookie");
    response.headers_mut().remove("etag");
    let status = if hit { "cloakroom; hit; ttl=40" } else { "cloakroom; fwd=miss; stored; ttl=60" };
    response.headers_mut().insert("cache-status", HeaderValue::from_static(status));
    response.headers_mut().insert("age", HeaderValue::from_static(if hit { "20" } else { "0" }));
    if path == "/" {
        let (cell, variant) = cell(&parts.headers, gpc);
        response.headers_mut().insert("cloakroom-cell", HeaderValue::from_static(cell));
        response.headers_mut().insert("cloakroom-variant", HeaderValue::from_static(variant));
        if variant.contains("spring-fr") {
            response = dressed(response).await;
        }
    }
    response
}

fn upstream(target: &str, gpc: bool) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(Bytes::new()));
    *request.method_mut() = Method::GET;
    *request.uri_mut() = target.parse().unwrap();
    let fixed = [("host", "shop.example"), ("user-agent", "Cloakroom"), ("accept", "*/*")];
    for (name, value) in fixed {
        request.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    if gpc {
        request.headers_mut().insert("sec-gpc", HeaderValue::from_static("1"));
    }
    request
}

fn cell(headers: &HeaderMap, gpc: bool) -> (&'static str, &'static str) {
    let field = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let consent = field("cookie").contains("cloakroom_consent=all");
    let any = "country=any, device=any, language=any, campaign=any, daypart=any";
    match field("accept-language") {
        _ if gpc || !consent => (any, "hero=default, banner=default"),
        tag if tag.starts_with("fr") => (
            "country=FR, device=phone, language=fr, campaign=spring, daypart=evening",
            "hero=spring-fr, banner=phone-evening",
        ),
        tag if tag.starts_with("de") => (
            "country=europe, device=desktop, language=any, campaign=none, daypart=any",
            "hero=default, banner=desktop",
        ),
        _ => (any, "hero=default, banner=default"),
    }
}

async fn dressed(response: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
    let (mut parts, body) = response.into_parts();
    let html = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    let start = html.find("<p class=\"eyebrow\">").unwrap();
    let end = html.find("</section>").unwrap();
    let hero = "<div class=\"spring\"></div><h1>Le printemps se dort dehors</h1><p>Quinze jours d’offres sur les tentes, rien que pour nos lecteurs.</p><a href=\"/c/tents\">Voir les tentes</a>";
    let html = format!("{}{hero}{}", &html[..start], &html[end..]);
    parts.headers.remove("content-length");
    Response::from_parts(parts, Full::new(Bytes::from(html)))
}

async fn fetch(origin: SocketAddr, request: Request<Full<Bytes>>) -> Response<Full<Bytes>> {
    let stream = TcpStream::connect(origin).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let (parts, body) = sender.send_request(request).await.unwrap().into_parts();
    Response::from_parts(parts, Full::new(body.collect().await.unwrap().to_bytes()))
}
