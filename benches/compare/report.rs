//! The figures as a table that a person can read and a document can hold.

use std::fmt::Write;
use std::ops::AddAssign;
use std::time::Duration;

use crate::Failure;
use crate::machine::described;
use crate::servers::{Kind, Server};
use crate::tracing::Calls;

/// What one server did.
#[derive(Default)]
pub(crate) struct Figures {
    pub(crate) requests: usize,
    /// CPU time of the server.
    pub(crate) cpu: Duration,
    /// Time that went by.
    pub(crate) took: Duration,
}

impl Figures {
    /// Microseconds of CPU time for each request.
    fn cpu_each(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.requests as f64
    }

    fn per_second(&self) -> f64 {
        self.requests as f64 / self.took.as_secs_f64()
    }
}

impl AddAssign for Figures {
    fn add_assign(&mut self, more: Self) {
        self.requests += more.requests;
        self.cpu += more.cpu;
        self.took += more.took;
    }
}

/// Both servers in one round.
#[derive(Default)]
pub(crate) struct Round {
    pub(crate) ours: Figures,
    pub(crate) theirs: Figures,
}

/// All rounds.
pub(crate) struct Report {
    heading: String,
    rounds: Vec<Round>,
    calls: String,
}

impl Report {
    pub(crate) fn new(nginx: &Server, requests: usize) -> Self {
        let heading = format!(
            "A personalized hit, 10 kB, 32 keep-alive connections, {requests} requests a server and round, \
             one CPU for the server. {}. {}.",
            nginx.version(),
            described()
        );
        Self { heading, rounds: Vec::new(), calls: String::new() }
    }

    pub(crate) fn add(&mut self, round: Round) {
        self.rounds.push(round);
    }

    pub(crate) fn add_calls(&mut self, kind: Kind, calls: Result<Calls, Failure>) {
        // Writing to a String cannot fail.
        let _ = match calls {
            Err(cause) => writeln!(self.calls, "- {}: not counted ({cause})", kind.name()),
            Ok(calls) => {
                let all: f64 = calls.iter().map(|(_, count)| count).sum();
                let often = calls.iter().filter(|(_, count)| *count >= 0.005);
                let words: Vec<_> = often.map(|(name, count)| format!("{name} {count:.2}")).collect();
                writeln!(self.calls, "- {}: {all:.2} ({})", kind.name(), words.join(", "))
            }
        };
    }

    /// Everything, as Markdown.
    pub(crate) fn markdown(&self) -> String {
        let mut text = format!("{}\n\n", self.heading);
        text.push_str(
            "| round | cloakroom µs | nginx µs | ratio | cloakroom requests/s | nginx requests/s |\n",
        );
        text.push_str("|---|---|---|---|---|---|\n");
        for (number, round) in (1..).zip(&self.rounds) {
            row(&mut text, &number.to_string(), |of| of(round));
        }
        for (name, pick) in [("median", median as fn(Vec<f64>) -> f64), ("min", least), ("max", most)] {
            row(&mut text, name, |of| pick(self.rounds.iter().map(of).collect()));
        }
        text.push_str("\nµs are CPU time of the server process for each request, user and system.\n");
        let _ = write!(text, "\nSystem calls for each request, while strace looks on:\n\n{}", self.calls);
        text
    }
}

/// A line of the table; `pick` makes one number of each column.
fn row(text: &mut String, name: &str, pick: impl Fn(fn(&Round) -> f64) -> f64) {
    let _ = writeln!(
        text,
        "| {name} | {:.2} | {:.2} | {:.3} | {:.0} | {:.0} |",
        pick(|round| round.ours.cpu_each()),
        pick(|round| round.theirs.cpu_each()),
        pick(|round| round.ours.cpu_each() / round.theirs.cpu_each()),
        pick(|round| round.ours.per_second()),
        pick(|round| round.theirs.per_second()),
    );
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    let at = |position: usize| figures.get(position).copied().unwrap_or(f64::NAN);
    if figures.len().is_multiple_of(2) {
        f64::midpoint(at(middle.saturating_sub(1)), at(middle))
    } else {
        at(middle)
    }
}

fn least(figures: Vec<f64>) -> f64 {
    figures.into_iter().fold(f64::INFINITY, f64::min)
}

fn most(figures: Vec<f64>) -> f64 {
    figures.into_iter().fold(f64::NEG_INFINITY, f64::max)
}
