//! From a request to an order, and from what came of it to an answer.

use std::sync::Arc;

use bytes::Bytes;
use cloakroom_pipeline::{Named, PurgeOrder};
use http::header::{ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HOST, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Body;
use serde_json::json;

use crate::order::{MAX_BODY_BYTES, Purge};
use crate::{Obey, Token};

/// What CMS plugins send to have a page go stale and not away.
const SOFT: HeaderName = HeaderName::from_static("fastly-soft-purge");
/// The method that CMS plugins purge one page by.
const PURGE: &[u8] = b"PURGE";

/// What stands between a listener and the proxy.
pub(crate) struct Door {
    /// Has to be shown, if there is one.
    pub(crate) token: Option<Token>,
    pub(crate) obey: Arc<Obey>,
}

type Answer = Response<Full<Bytes>>;

/// Why there is no order.
struct Wrong(StatusCode, String);

pub(crate) async fn answer<B>(request: Request<B>, door: &Door) -> Answer
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    if !is_let_in(&request, door) {
        let words = "show the token: `Authorization: Bearer` and what `token_file` holds";
        let mut refused = wrong(&Wrong(StatusCode::UNAUTHORIZED, words.to_owned()));
        refused.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        return refused;
    }
    let order = match (request.method(), request.uri().path()) {
        (method, _) if method.as_str().as_bytes() == PURGE => purge_by_method(&request),
        (&Method::POST, "/purge") => purge_by_body(request).await,
        (_, "/purge") => {
            let words = "send the order with POST".to_owned();
            let mut refused = wrong(&Wrong(StatusCode::METHOD_NOT_ALLOWED, words));
            refused.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
            return refused;
        }
        _ => Err(Wrong(StatusCode::NOT_FOUND, "only POST /purge and the method PURGE are here".to_owned())),
    };
    let order = match order {
        Ok(order) => order,
        Err(why) => return wrong(&why),
    };
    let obey = Arc::clone(&door.obey);
    // However many entries there are, other clients are listened to meanwhile.
    match tokio::task::spawn_blocking(move || obey(&order)).await {
        Ok(Ok(count)) => said(StatusCode::OK, &json!({ "purged": count })),
        Ok(Err(why)) => wrong(&Wrong(StatusCode::UNPROCESSABLE_ENTITY, why.to_string())),
        Err(_) => wrong(&Wrong(StatusCode::INTERNAL_SERVER_ERROR, "the purge broke off".to_owned())),
    }
}

fn is_let_in<B>(request: &Request<B>, door: &Door) -> bool {
    let Some(token) = &door.token else { return true };
    let mut shown = request.headers().get_all(AUTHORIZATION).iter();
    matches!((shown.next(), shown.next()), (Some(shown), None) if token.is_shown_by(shown.as_bytes()))
}

/// `PURGE /path` with the site's host: the page at that address.
fn purge_by_method<B>(request: &Request<B>) -> Result<PurgeOrder, Wrong> {
    let named = request.uri().authority().map(|authority| authority.as_str());
    let field = || request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let host = named.or_else(field).unwrap_or_default();
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let soft = request.headers().get(SOFT).is_some_and(|value| value == "1");
    Ok(PurgeOrder { what: Named::Url(format!("{host}{target}")), soft })
}

async fn purge_by_body<B>(request: Request<B>) -> Result<PurgeOrder, Wrong>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let body = Limited::new(request.into_body(), MAX_BODY_BYTES).collect().await.map_err(|cause| {
        if cause.is::<LengthLimitError>() {
            Wrong(StatusCode::PAYLOAD_TOO_LARGE, format!("an order has at most {MAX_BODY_BYTES} bytes"))
        } else {
            Wrong(StatusCode::BAD_REQUEST, "the order broke off".to_owned())
        }
    })?;
    let order: Purge = serde_json::from_slice(&body.to_bytes())
        .map_err(|cause| Wrong(StatusCode::BAD_REQUEST, format!("the order cannot be read: {cause}")))?;
    order.meant().map_err(|words| Wrong(StatusCode::BAD_REQUEST, words))
}

fn wrong(Wrong(status, words): &Wrong) -> Answer {
    said(*status, &json!({ "error": words }))
}

fn said(status: StatusCode, value: &serde_json::Value) -> Answer {
    let mut answer = Response::new(Full::from(format!("{value}\n")));
    *answer.status_mut() = status;
    let fields = answer.headers_mut();
    fields.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    fields.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
