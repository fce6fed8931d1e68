//! Counters by route: lock-free, of fixed number, with labels that stop at the route.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::{Outcome, Trouble};

/// What a counter says of its route: never more than the configuration does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteLabel {
    /// The site's first host.
    pub site: String,
    /// The route's pattern, or `undeclared`.
    pub route: String,
}

#[derive(Default)]
struct OfRoute {
    outcomes: [AtomicU64; Outcome::ALL.len()],
    troubles: [AtomicU64; Trouble::ALL.len()],
}

/// All counters of a process.
pub struct Counters {
    labels: Vec<RouteLabel>,
    routes: Vec<OfRoute>,
    /// Label and counters of what belongs to no route (an unknown host).
    nowhere: (RouteLabel, OfRoute),
}

impl Counters {
    pub(crate) fn new(labels: Vec<RouteLabel>) -> Self {
        let nowhere = RouteLabel { site: "none".into(), route: "none".into() };
        Self {
            routes: labels.iter().map(|_| OfRoute::default()).collect(),
            labels,
            nowhere: (nowhere, OfRoute::default()),
        }
    }

    fn route(&self, route: usize) -> &OfRoute {
        self.routes.get(route).unwrap_or(&self.nowhere.1)
    }

    pub(crate) fn is_labelled(&self, labels: &[RouteLabel]) -> bool {
        self.labels == labels
    }

    pub(crate) fn label(&self, route: usize) -> &RouteLabel {
        self.labels.get(route).unwrap_or(&self.nowhere.0)
    }

    pub(crate) fn count(&self, route: usize, outcome: Outcome) {
        if let Some(counter) = self.route(route).outcomes.get(outcome as usize) {
            counter.fetch_add(1, Relaxed);
        }
    }

    /// Counts and answers how many there are now.
    pub(crate) fn trouble(&self, route: usize, trouble: Trouble) -> u64 {
        self.route(route).troubles.get(trouble as usize).map_or(0, |c| c.fetch_add(1, Relaxed) + 1)
    }

    /// How many requests of all routes ended like that.
    #[must_use]
    pub fn total(&self, outcome: Outcome) -> u64 {
        let of = |route: &OfRoute| route.outcomes.get(outcome as usize).map_or(0, |c| c.load(Relaxed));
        self.routes.iter().map(of).sum::<u64>() + of(&self.nowhere.1)
    }

    /// All counters in the Prometheus text format (version 0.0.4). Zeros are left out.
    #[must_use]
    pub fn prometheus(&self) -> String {
        let mut text = String::new();
        let all = || self.labels.iter().zip(&self.routes).chain([(&self.nowhere.0, &self.nowhere.1)]);
        text.push_str("# HELP cloakroom_requests_total Requests by outcome.\n");
        text.push_str("# TYPE cloakroom_requests_total counter\n");
        for (label, route) in all() {
            let counters = Outcome::ALL.iter().map(|o| o.name()).zip(&route.outcomes);
            lines(&mut text, "cloakroom_requests_total", "outcome", label, counters);
        }
        text.push_str("# HELP cloakroom_events_total Events that an operator should know about.\n");
        text.push_str("# TYPE cloakroom_events_total counter\n");
        for (label, route) in all() {
            let counters = Trouble::ALL.iter().map(|t| t.name()).zip(&route.troubles);
            lines(&mut text, "cloakroom_events_total", "event", label, counters);
        }
        text
    }
}

fn lines<'a>(
    text: &mut String,
    metric: &str,
    key: &str,
    label: &RouteLabel,
    counters: impl Iterator<Item = (&'static str, &'a AtomicU64)>,
) {
    let (site, route) = (escaped(&label.site), escaped(&label.route));
    for (name, counter) in counters {
        let value = counter.load(Relaxed);
        if value > 0 {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{metric}{{site=\"{site}\",route=\"{route}\",{key}=\"{name}\"}} {value}");
        }
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_appear_under_their_route_and_zeros_do_not() {
        let counters = Counters::new(vec![RouteLabel { site: "shop.example".into(), route: "/p/*".into() }]);
        counters.count(0, Outcome::Hit);
        counters.count(0, Outcome::Hit);
        assert_eq!(counters.trouble(7, Trouble::UnknownHost), 1);
        let text = counters.prometheus();
        assert!(
            text.contains(
                "cloakroom_requests_total{site=\"shop.example\",route=\"/p/*\",outcome=\"hit\"} 2\n"
            )
        );
        assert!(text.contains("{site=\"none\",route=\"none\",event=\"unknown-host\"} 1\n"));
        assert!(!text.contains("outcome=\"miss\""));
        assert_eq!(counters.total(Outcome::Hit), 2);
    }
}
