//! Passthrough: what is not stored, relayed with everything that the visitor sent.

use std::rc::Rc;

use bytes::Bytes;
use http::Method;

use super::{AT_ONCE, Bench, Compared};
use crate::Failure;
use crate::client::Transport;
use crate::origin::{LARGE, letters};
use crate::questions::{Mark, Returning, Visit, plain_fields};
use crate::report::Section;
use crate::rounds::Effort;
use crate::servers::Server;

/// Bytes of a form.
const FORM: usize = 4 * 1024;
/// Passthrough costs several hits.
const SHARE: f64 = 0.3;

/// A small answer.
pub(super) fn small(bench: &Bench<'_>, servers: &[Server]) -> Result<Section, Failure> {
    let visit = relayed(Method::GET, "/p/small", &[], letters(1024))?;
    compared(
        "Passthrough, 1 kB",
        "GET of 1 kB of JSON over kept connections to the origin.",
        visit,
        bench,
        servers,
    )
}

/// An answer of several buffers.
pub(super) fn large(bench: &Bench<'_>, servers: &[Server]) -> Result<Section, Failure> {
    let visit = relayed(Method::GET, "/p/large", &[], letters(LARGE))?;
    compared("Passthrough, 64 kB", "GET of 64 kB over kept connections to the origin.", visit, bench, servers)
}

/// A request with a body.
pub(super) fn posted(bench: &Bench<'_>, servers: &[Server]) -> Result<Section, Failure> {
    let answer = Bytes::from(format!("{FORM} bytes"));
    let visit = relayed(Method::POST, "/p/form", &letters(FORM), answer)?;
    compared("Passthrough, POST", "POST of 4 kB, answered in a few bytes.", visit, bench, servers)
}

fn relayed(method: Method, target: &str, body: &[u8], page: Bytes) -> Result<Visit, Failure> {
    Visit::new(method, target, &plain_fields(), body, (page, Mark::Relayed))
}

fn compared(
    name: &str,
    words: &str,
    visit: Visit,
    bench: &Bench<'_>,
    servers: &[Server],
) -> Result<Section, Failure> {
    Compared {
        name,
        words,
        transport: &Transport::Http1,
        at_once: AT_ONCE,
        questions: Rc::new(Returning::new(vec![visit])),
        effort: Effort { latencies: false, ..bench.effort().with_requests(SHARE) },
        aims: &[("nginx", 1.3)],
    }
    .among(bench, servers)
}
