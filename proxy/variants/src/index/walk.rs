//! A walk over the entries of a scope, some at a time, so that the lock can be let go between two steps.

use std::ops::Bound::{self, Excluded, Included, Unbounded};
use std::sync::Arc;

use cloakroom_boundary::SiteId;

use super::lists::Number;
use super::state::{Address, State};
use super::{Purgeable, Scope};
use crate::Tag;

/// Where a walk stands. What is put in behind it is met, what is put in before it is not.
pub(super) struct Walk(Vec<Part>);

/// One range of a map that is yet to be walked.
enum Part {
    /// From there on, while targets of the site begin so, or are so.
    Addresses { next: Bound<Address>, site: SiteId, start: Box<str>, whole: bool },
    /// Behind that number, of one site or of all.
    Tag { tag: Tag, site: Option<SiteId>, last: Number },
}

impl Walk {
    /// Of all entries that a scope may be about; with editions, that is the site.
    pub(super) fn new(scope: &Scope) -> Self {
        Self(match scope {
            Scope::Url { site, target } => vec![Part::addresses(*site, target, true)],
            Scope::Prefix { site, prefix } => vec![Part::addresses(*site, prefix, false)],
            Scope::Site(site) | Scope::Editions { site, .. } => vec![Part::addresses(*site, "", false)],
            Scope::Tag { site, tag } => vec![Part::tag(*tag, *site), Part::tag(Tag::ANY, *site)],
        })
    }

    /// Looks at no more than `most` entries more, and shows those of the scope. The answer is whether there may be others.
    pub(super) fn step<T: Purgeable>(
        &mut self,
        state: &State<T>,
        most: usize,
        mut show: impl FnMut(&Arc<T>),
    ) -> bool {
        let Some(part) = self.0.last_mut() else { return false };
        let mut seen = 0;
        match part {
            Part::Addresses { next, site, start, whole } => {
                let fits =
                    |target: &str| if *whole { *target == **start } else { target.starts_with(&**start) };
                let fitting = state.addresses.range((next.clone(), Unbounded));
                let fitting = fitting.take_while(|(at, _)| at.site == *site && fits(&at.target));
                let mut last = None;
                for (at, entry) in fitting.take(most) {
                    show(entry);
                    (last, seen) = (Some(at), seen + 1);
                }
                if let Some(at) = last {
                    *next = Excluded(at.clone());
                }
            }
            Part::Tag { tag, site, last } => {
                for (number, entry) in state.tags.after(*tag, *last).take(most) {
                    if number.is_of(*site) {
                        show(entry);
                    }
                    (*last, seen) = (number, seen + 1);
                }
            }
        }
        if seen < most {
            self.0.pop();
        }
        !self.0.is_empty()
    }
}

impl Part {
    fn addresses(site: SiteId, start: &str, whole: bool) -> Self {
        Self::Addresses { next: Included(Address::first(site, start)), site, start: start.into(), whole }
    }

    fn tag(tag: Tag, site: Option<SiteId>) -> Self {
        Self::Tag { tag, site, last: Number::FIRST }
    }
}
