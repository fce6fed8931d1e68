//! One look: a real request through tap and proxy, and what the wire says of it afterwards.

use std::io;

use http::header::{CONTENT_TYPE, LOCATION};
use http::response::Parts;
use serde::Serialize;

use super::GlassConfig;
use super::explain::{Facts, Source, Step, steps};
use super::wire_text::{Side, WireText};
use crate::visitor::{Connection, Visitor};
use crate::wire::Recorder;

/// Everything that the page shows of a look.
#[derive(Serialize)]
pub(super) struct Look {
    status: u16,
    /// The page as the visitor got it, with a base so that its pictures are found.
    page: Option<String>,
    /// Where the shop sends the visitor instead.
    moved_to: Option<String>,
    facts: Facts,
    steps: Vec<Step>,
    sent: Option<WireText>,
    received: Option<WireText>,
    /// `received` was caused by this very look, not by an earlier visit whose copy is stored.
    received_now: bool,
}

/// Looks at `path` as `visitor`. This is a visit like any other: the crowd counts it.
pub(super) async fn look(
    config: &GlassConfig,
    recorders: (&Recorder, &Recorder),
    visitor: &Visitor,
    path: &str,
    gathering: bool,
) -> io::Result<Look> {
    let (visitors, origin) = recorders;
    let request = visitor
        .request(&config.host, path)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the visitor makes no request"))?;
    let cursor = origin.total();
    let mut connection = Connection::open(config.shop).await?;
    let fetched = connection.fetch(request).await?;
    let peer = connection.local_addr();
    let sent = visitors.newest(|recorded| recorded.peer() == peer);
    let facts = Facts::read(&fetched.head.headers, visitor);
    let asked = matches!(facts.source, Source::Origin | Source::Through);
    let received = origin.newest(|recorded| {
        same_page(recorded.target(), path)
            && has_gpc(recorded.bytes()) == visitor.gpc
            && (!asked || recorded.id() >= cursor)
    });
    Ok(Look {
        status: fetched.head.status.as_u16(),
        page: page(&fetched.head, &fetched.body, &config.shop_url),
        moved_to: fetched
            .head
            .headers
            .get(LOCATION)
            .and_then(|to| to.to_str().ok())
            .map(|to| to.chars().take(256).collect()),
        steps: steps(&facts, visitor, config.k, gathering),
        facts,
        sent: sent.map(|recorded| WireText::new(&recorded, Side::Visitor)),
        received_now: asked && received.is_some(),
        received: received.map(|recorded| WireText::new(&recorded, Side::Origin)),
    })
}

/// The same page, whatever parameters a link may have added.
fn same_page(target: &str, path: &str) -> bool {
    target.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['?', '&']))
}

fn has_gpc(request: &[u8]) -> bool {
    String::from_utf8_lossy(request).lines().any(|line| line.to_ascii_lowercase().starts_with("sec-gpc:"))
}

fn page(head: &Parts, body: &[u8], shop_url: &str) -> Option<String> {
    let kind = head.headers.get(CONTENT_TYPE)?.to_str().ok()?;
    kind.starts_with("text/html").then_some(())?;
    let html = String::from_utf8_lossy(body);
    let base = format!("<head><base href=\"{shop_url}/\">");
    Some(html.replacen("<head>", &base, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_the_same_with_the_parameters_of_a_link() {
        assert!(same_page("/", "/"));
        assert!(same_page("/?utm_campaign=spring", "/"));
        assert!(same_page("/search?q=warm&gclid=1", "/search?q=warm"));
        assert!(!same_page("/c/tents", "/"));
        assert!(!same_page("/search?q=warmer", "/search?q=warm"));
    }
}
