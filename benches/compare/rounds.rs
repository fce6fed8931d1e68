//! Interleaved rounds: all servers in turn, in slices so short that the machine is the same for all, and
//! each as often before the others as behind.

use std::time::Duration;

use crate::Failure;
use crate::client::Client;
use crate::load::Load;
use crate::stats::{Spread, percentile};
use crate::tracing::{self, Calls};

/// Slices of a round; even, so that each server comes first as often as last.
const SLICES: usize = 10;
/// The part of what the slowest server can do that is offered to each when latencies are measured.
const OFFERED: f64 = 0.5;
/// Seconds for which it is offered in a slice.
const OFFERED_FOR: f64 = 0.3;

/// How much is measured.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    /// Rounds that count; one more goes before them.
    pub(crate) rounds: usize,
    /// Requests to each server in a round.
    pub(crate) requests: usize,
    /// Latencies are measured too, at a rate that all servers can bear.
    pub(crate) latencies: bool,
    /// System calls are counted, where strace is there.
    pub(crate) calls: bool,
}

impl Effort {
    /// The same with a share of the requests, for those that cost more.
    pub(crate) fn with_requests(self, share: f64) -> Self {
        Self { requests: ((self.requests as f64 * share) as usize).max(SLICES), ..self }
    }

    /// CPU time alone.
    pub(crate) fn cpu_alone(self) -> Self {
        Self { latencies: false, calls: false, ..self }
    }
}

/// What one server did in one round.
#[derive(Clone, Default)]
pub(crate) struct Round {
    requests: usize,
    cpu: Duration,
    took: Duration,
    /// Milliseconds, sorted.
    latencies: Vec<f64>,
}

impl Round {
    /// Microseconds of CPU time of the server for each request.
    pub(crate) fn cpu_each(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.requests as f64
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.requests as f64 / self.took.as_secs_f64()
    }

    /// Milliseconds within which so large a share of requests was answered.
    pub(crate) fn latency(&self, share: f64) -> f64 {
        percentile(&self.latencies, share)
    }
}

/// What one server did in all rounds that count.
pub(crate) struct Measured {
    pub(crate) name: String,
    pub(crate) rounds: Vec<Round>,
    pub(crate) calls: Option<Result<Calls, String>>,
    /// Requests a second at which latencies were measured.
    pub(crate) rate: Option<f64>,
}

impl Measured {
    pub(crate) fn spread(&self, of: impl Fn(&Round) -> f64) -> Spread {
        Spread::of(self.rounds.iter().map(of))
    }

    /// A figure of this server divided by the other's, round by round.
    pub(crate) fn against(&self, other: &Self, of: impl Fn(&Round) -> f64) -> Spread {
        Spread::of(self.rounds.iter().zip(&other.rounds).map(|(ours, theirs)| of(ours) / of(theirs)))
    }
}

/// Measures all clients' servers.
pub(crate) fn measure(
    load: &Load,
    clients: &mut [Client<'_>],
    effort: Effort,
) -> Result<Vec<Measured>, Failure> {
    let mut measured: Vec<Measured> = clients
        .iter()
        .map(|client| Measured {
            name: client.name().to_owned(),
            rounds: Vec::new(),
            calls: None,
            rate: None,
        })
        .collect();
    let mut rate = None;
    for round in 0..=effort.rounds {
        let figures = interleaved(load, clients, effort.requests, rate)?;
        if round > 0 {
            measured.iter_mut().zip(figures).for_each(|(all, figures)| all.rounds.push(figures));
            continue;
        }
        // The first round is the warm-up.
        if effort.latencies {
            let slowest = figures.iter().map(Round::per_second).fold(f64::INFINITY, f64::min);
            rate = Some((slowest * OFFERED / 100.0).floor().max(1.0) * 100.0);
        }
    }
    for (client, all) in clients.iter_mut().zip(&mut measured) {
        all.rate = rate;
        if effort.calls {
            load.settle(client)?;
            all.calls = Some(tracing::system_calls(load, client).map_err(|cause| cause.to_string()));
        }
    }
    Ok(measured)
}

fn interleaved(
    load: &Load,
    clients: &mut [Client<'_>],
    requests: usize,
    rate: Option<f64>,
) -> Result<Vec<Round>, Failure> {
    let mut figures = vec![Round::default(); clients.len()];
    for slice in 0..SLICES {
        let share = requests * (slice + 1) / SLICES - requests * slice / SLICES;
        let mut order: Vec<_> = clients.iter_mut().zip(&mut figures).collect();
        // Who begins changes every two slices, and the direction with each.
        let first = slice / 2 % order.len().max(1);
        order.rotate_left(first);
        if slice % 2 == 1 {
            order.reverse();
        }
        for (client, figures) in &mut order {
            // Brings the crowd back too: it is counted anew every few seconds.
            load.settle(client)?;
            let before = client.server().cpu_time()?;
            let took = load.round(client, share, None)?;
            figures.cpu += client.server().cpu_time()?.saturating_sub(before);
            figures.requests += share;
            figures.took += took.whole;
            if let Some(rate) = rate {
                let offered = load.round(client, (rate * OFFERED_FOR) as usize, Some(rate))?;
                figures.latencies.extend(offered.latencies.iter().map(|took| took.as_secs_f64() * 1e3));
            }
        }
    }
    for figures in &mut figures {
        figures.latencies.sort_by(f64::total_cmp);
    }
    Ok(figures)
}
