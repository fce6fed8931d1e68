//! Events as a closed enum: counted, and logged by allow-list.
//!
//! What enters is a route's number, an outcome, a status and a length; never a path, an address, a
//! cookie, a cell or a variant. So nothing that leaves here, as a counter or as a log line, can be
//! about a person, and access logs cannot be joined with anything finer than a minute.

mod access_log;
mod counters;
mod event;

pub use access_log::{AccessLog, Entry};
pub use counters::{Counters, RouteLabel};
pub use event::{Outcome, Trouble};

/// Counts and logs what happened. One for the whole process, shared by reference.
pub struct Measure {
    counters: Counters,
    access: Option<AccessLog>,
}

impl Measure {
    /// Counters for `labels` (by position), and an access log if one is wanted.
    #[must_use]
    pub fn new(labels: Vec<RouteLabel>, access: Option<AccessLog>) -> Self {
        Self { counters: Counters::new(labels), access }
    }

    /// Whether these are the labels that it was made with.
    #[must_use]
    pub fn is_labelled(&self, labels: &[RouteLabel]) -> bool {
        self.counters.is_labelled(labels)
    }

    /// Records one answered request. `route` is a position in the labels given to [`Measure::new`].
    pub fn answered(&self, route: usize, outcome: Outcome, status: u16, bytes: usize) {
        self.counters.count(route, outcome);
        if let Some(access) = &self.access {
            access.write(Entry { route, outcome, status, bytes });
        }
    }

    /// Records something that the operator should know, as a counter and as a log line.
    pub fn trouble(&self, route: usize, trouble: Trouble) {
        let label = self.counters.label(route);
        // One line for the first of many: a broken origin must not flood the log.
        let seen = self.counters.trouble(route, trouble);
        if seen.is_power_of_two() {
            tracing::warn!(
                site = label.site,
                route = label.route,
                event = trouble.name(),
                count = seen,
                "{}",
                trouble.advice()
            );
        }
    }

    /// The counters.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }
}
