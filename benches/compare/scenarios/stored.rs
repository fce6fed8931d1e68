//! Pages that nobody has asked for before: each is fetched, stored, and sent.

use std::rc::Rc;

use http::Method;

use super::{AT_ONCE, Bench, Compared};
use crate::Failure;
use crate::client::Transport;
use crate::origin::numbered_page;
use crate::questions::{Fresh, Mark, Visit, plain_fields};
use crate::report::Section;
use crate::servers::Server;

/// A miss costs several hits.
const SHARE: f64 = 0.3;

/// Each request for another page of an anonymous route.
pub(super) fn missed(bench: &Bench<'_>, servers: &[Server]) -> Result<Section, Failure> {
    let fields = plain_fields();
    let questions = Fresh::new(move |number| {
        let number = number.to_string();
        let answer = (numbered_page(&number), Mark::Miss);
        Visit::new(Method::GET, &format!("/m/{number}"), &fields, &[], answer)
    });
    Compared {
        name: "Miss",
        words: "Another HTML page of 10 kB with each request, the same for all visitors: fetched over kept \
                connections, stored, sent. The caches hold 256 MB, so that they are full after some rounds. nginx's \
                is in memory (tmpfs).",
        transport: &Transport::Http1,
        at_once: AT_ONCE,
        questions: Rc::new(questions),
        effort: crate::rounds::Effort { latencies: false, ..bench.effort().with_requests(SHARE) },
        aims: &[("nginx", 1.3)],
    }
    .among(bench, servers)
}
