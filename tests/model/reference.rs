//! The naive cache: what may be answered at a moment, by RFC 9111, from nothing but the times at which the origin
//! was asked and had answered, and those at which somebody had pages purged.
//!
//! All clocks are one: the time at which the origin reads a request is not before the proxy's `request_time`, and
//! the time at which a visitor begins to ask is not after the moment in which the proxy looks at what it has. So an
//! answer is at least as old as it is found to be here, and no tolerance is needed to call it too old. Tolerance is
//! needed only where something must have happened by a certain time.

use std::time::{Duration, Instant};

use crate::policy::{Means, Policy};
use crate::shop::{Flight, Outcome, Purged};

/// How long after the last byte was sent an answer may take to be stored, on a machine that does other things too.
pub const LANDING: Duration = Duration::from_millis(1_500);
/// How long the proxy remembers that an origin has failed.
const REMEMBERED: Duration = Duration::from_secs(5);
/// How much older an answer may be taken to be than the time since it was asked for.
pub const ON_THE_WAY: Duration = Duration::from_millis(800);

/// When a visitor asked, and when the answer was there.
#[derive(Clone, Copy)]
pub struct When {
    pub from: Instant,
    pub to: Instant,
}

/// An answer that may be given.
#[derive(Clone, Copy, Debug)]
pub struct Allowed {
    pub version: u32,
    pub policy: Policy,
    /// Seconds between which `Age` has to be.
    pub age: (u64, u64),
    pub why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It was fetched for whoever asked, or for somebody else in the same moment.
    Fetched,
    Fresh,
    /// RFC 5861 §3.
    WhileRevalidating,
    /// RFC 5861 §4.
    IfError,
}

/// What a purge leaves of a page.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Left {
    Stale,
    Nothing,
}

/// What the naive cache knows of a page, when somebody has asked for it.
pub struct Reference {
    when: When,
    /// Those that the origin was asked for by then.
    flights: Vec<Flight>,
    /// The orders to purge the page.
    purges: Vec<Purged>,
}

impl Reference {
    pub fn new(flights: Vec<Flight>, purges: Vec<Purged>, when: When) -> Self {
        let flights = flights.into_iter().filter(|flight| flight.asked <= when.to).collect();
        Self { when, flights, purges }
    }

    /// The answers that may be given, the newest last.
    pub fn allowed(&self) -> Vec<Allowed> {
        let stored = self.surely_stored().unwrap_or_default();
        let later = self.flights.iter().skip(stored).filter(|flight| flight.is_shared());
        later
            .flat_map(|flight| self.reasons(flight).into_iter().map(|why| self.answer(flight, why)))
            .collect()
    }

    /// Position of the last that surely was stored before it was asked for: what was there before is gone.
    fn surely_stored(&self) -> Option<usize> {
        self.flights.iter().rposition(|flight| flight.is_shared() && flight.has_landed(self.when.from))
    }

    fn reasons(&self, flight: &Flight) -> Vec<Why> {
        let Means::Shared { age, lifetime, while_revalidating, if_error } = flight.policy.means else {
            return Vec::new();
        };
        let left = self.left_of(flight);
        if left == Some(Left::Nothing) {
            // Not even to those who come while it is still on its way.
            return Vec::new();
        }
        let age = age + self.when.from.saturating_duration_since(flight.asked);
        let mut reasons = Vec::new();
        if !flight.has_landed(self.when.from) {
            reasons.push(Why::Fetched);
        }
        if age < lifetime && left.is_none() {
            reasons.push(Why::Fresh);
        }
        if age < lifetime + while_revalidating && !while_revalidating.is_zero() {
            reasons.push(Why::WhileRevalidating);
        }
        if age < lifetime + if_error && !if_error.is_zero() && self.failing(flight) {
            reasons.push(Why::IfError);
        }
        reasons
    }

    /// What purges have surely left of a page: those that were carried out before it was asked for, and ordered after
    /// the origin was.
    fn left_of(&self, flight: &Flight) -> Option<Left> {
        let meant =
            |purge: &&Purged| flight.asked < purge.from && purge.to.is_some_and(|to| to <= self.when.from);
        self.purges.iter().filter(meant).map(left).max()
    }

    /// The most that purges may have taken of it.
    fn may_be_left_of(&self, flight: &Flight) -> Option<Left> {
        let meant = |purge: &&Purged| {
            purge.from <= self.when.to && purge.to.is_none_or(|to| flight.asked <= to + ON_THE_WAY)
        };
        self.purges.iter().filter(meant).map(left).max()
    }

    fn answer(&self, flight: &Flight, why: Why) -> Allowed {
        let Flight { version, policy, .. } = *flight;
        let least = self.age(flight, self.when.from).as_secs();
        let most = (self.age(flight, self.when.to) + slack(&policy)).as_secs();
        Allowed { version, policy, age: (least, most), why }
    }

    fn age(&self, flight: &Flight, at: Instant) -> Duration {
        let Means::Shared { age, .. } = flight.policy.means else { return Duration::ZERO };
        age + at.saturating_duration_since(flight.asked)
    }

    /// Whether the origin has failed after a flight, and so lately that the proxy need not ask again.
    fn failing(&self, after: &Flight) -> bool {
        self.failures().any(|failure| failure.done.is_none_or(|done| done > after.asked))
    }

    fn failures(&self) -> impl Iterator<Item = &Flight> {
        let failed = |flight: &&Flight| !flight.is_shared();
        self.flights
            .iter()
            .filter(failed)
            .filter(|flight| flight.done.is_none_or(|done| done + REMEMBERED + LANDING >= self.when.from))
    }

    /// Whether an error may be shown: the origin has failed, and there is nothing that could be shown instead.
    pub fn may_fail(&self) -> bool {
        let stale = self.surely_stored().and_then(|at| self.flights.get(at)).filter(|flight| {
            let Means::Shared { lifetime, if_error, .. } = flight.policy.means else { return false };
            self.age(flight, self.when.to) + slack(&flight.policy) < lifetime + if_error
        });
        let gone = |flight: &Flight| self.may_be_left_of(flight) == Some(Left::Nothing);
        self.failures().next().is_some() && stale.is_none_or(|flight| !can_be_stale(flight) || gone(flight))
    }

    /// Whether part of a page may have been sent of which the rest never came.
    pub fn broken(&self) -> impl Iterator<Item = &Flight> {
        let broken = |flight: &&Flight| flight.outcome == Outcome::Broken;
        self.flights.iter().filter(broken).filter(|flight| !flight.has_landed(self.when.from))
    }

    /// Whether the page was there, and fresh, all the time: then nobody need be asked.
    pub fn is_surely_fresh(&self) -> bool {
        let Some(flight) = self.surely_stored().and_then(|at| self.flights.get(at)) else { return false };
        let Means::Shared { lifetime, .. } = flight.policy.means else { return false };
        self.may_be_left_of(flight).is_none()
            && self.age(flight, self.when.to) + slack(&flight.policy) < lifetime
    }

    /// Whether the origin was asked meanwhile.
    pub fn was_asked(&self) -> bool {
        self.flights.iter().any(|flight| flight.asked >= self.when.from)
    }
}

impl Flight {
    /// Whether it has brought something that may be stored and shared.
    fn is_shared(&self) -> bool {
        matches!(self.outcome, Outcome::Whole | Outcome::Confirmed)
    }

    /// Whether it was surely over by then.
    fn has_landed(&self, by: Instant) -> bool {
        self.seen.is_some_and(|seen| seen <= by) || self.done.is_some_and(|done| done + LANDING < by)
    }
}

fn left(purge: &Purged) -> Left {
    if purge.soft { Left::Stale } else { Left::Nothing }
}

/// How much older than by the origin's clock an answer may be: `Date` has no fractions (RFC 9111 §4.2.3).
fn slack(policy: &Policy) -> Duration {
    ON_THE_WAY + Duration::from_secs(u64::from(policy.dated))
}

fn can_be_stale(flight: &Flight) -> bool {
    matches!(flight.policy.means, Means::Shared { if_error, .. } if !if_error.is_zero())
}
