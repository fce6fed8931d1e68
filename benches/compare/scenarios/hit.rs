//! A personalized page that is in the cache: every visitor gets their own variant.

use std::rc::Rc;

use super::{AT_ONCE, Bench, Compared};
use crate::Failure;
use crate::client::Transport;
use crate::questions::{Questions, Returning};
use crate::report::Section;
use crate::servers::Server;

/// What is aimed at over HTTP/1.1.
const AIMS: [(&str, f64); 2] = [("nginx", 0.8), ("varnish", 0.55)];
/// Many connections.
const MANY: usize = 1_000;
/// As many times the requests then: with two for each connection in a slice, what is measured is how the load wakes up.
const FOR_MANY: f64 = 4.0;

fn visitors(bench: &Bench<'_>) -> Result<Rc<dyn Questions>, Failure> {
    Ok(Rc::new(Returning::visitors(bench.visitors)?))
}

/// Over HTTP/1.1 without TLS.
pub(super) fn plain(bench: &Bench<'_>, servers: &[Server]) -> Result<Section, Failure> {
    Compared {
        name: "Personalized hit, HTTP/1.1",
        words: "A page of 10 kB in 15 variants, 32 keep-alive connections.",
        transport: &Transport::Http1,
        at_once: AT_ONCE,
        questions: visitors(bench)?,
        effort: bench.effort(),
        aims: &AIMS,
    }
    .among(bench, servers)
}

/// Over HTTP/1.1 with TLS.
pub(super) fn over_tls(bench: &Bench<'_>, servers: &[Server]) -> Result<Section, Failure> {
    Compared {
        name: "Personalized hit, HTTP/1.1 over TLS",
        words: "The same over 32 connections with TLS 1.3 (AES-128-GCM), made before; Debian's Varnish speaks no TLS.",
        transport: &bench.certificate.http1()?,
        at_once: AT_ONCE,
        questions: visitors(bench)?,
        effort: bench.effort(),
        aims: &AIMS,
    }
    .among(bench, servers)
}

/// Over HTTP/2 with TLS.
pub(super) fn over_http2(bench: &Bench<'_>, servers: &[Server]) -> Result<Section, Failure> {
    Compared {
        name: "Personalized hit, HTTP/2 over TLS",
        words: "The same over 8 connections with 4 streams each; Debian's Varnish speaks no TLS.",
        transport: &bench.certificate.http2()?,
        at_once: AT_ONCE,
        questions: visitors(bench)?,
        effort: bench.effort(),
        aims: &AIMS,
    }
    .among(bench, servers)
}

/// Over HTTP/1.1 with a thousand connections that all ask.
pub(super) fn many_connections(bench: &Bench<'_>, servers: &[Server]) -> Result<Section, Failure> {
    Compared {
        name: "Personalized hit, 1,000 connections",
        words: "The same over 1,000 keep-alive connections of HTTP/1.1, all of which ask at once.",
        transport: &Transport::Http1,
        at_once: MANY,
        questions: visitors(bench)?,
        effort: bench.effort().cpu_alone().with_requests(FOR_MANY),
        aims: &AIMS,
    }
    .among(bench, servers)
}

/// Over HTTP/1.1, with servers that have two CPUs, which they share with the load.
pub(super) fn on_two_cores(bench: &Bench<'_>) -> Result<Section, Failure> {
    let servers = bench.all_servers("two", &[bench.loading, bench.serving])?;
    Compared {
        name: "Personalized hit, two cores",
        words: "The same over 32 keep-alive connections of HTTP/1.1, with two workers or threads on two CPUs, one \
                of which the load needs too.",
        transport: &Transport::Http1,
        at_once: AT_ONCE,
        questions: visitors(bench)?,
        effort: bench.effort().cpu_alone(),
        aims: &AIMS,
    }
    .among(bench, &servers)
}
