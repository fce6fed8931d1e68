//! How a site's values become a plugin's ids. This is what makes a table independent of the site.

use cloakroom_vocabulary::{Hierarchy, ValueId};

use crate::manifest::SignalUse;

impl SignalUse {
    /// The id that this plugin is given for each value of a site's hierarchy, by [`ValueId`].
    ///
    /// A value declared by its own name has its own id, else that of the nearest declared value
    /// above it. Otherwise a value that a visitor can have is `other`; a generalized one is `any`
    /// if something below it is declared (it might be that), else `other`.
    #[must_use]
    pub fn ids(&self, hierarchy: &Hierarchy) -> Vec<u8> {
        hierarchy.values().map(|value| self.id(hierarchy, value)).collect()
    }

    fn id(&self, hierarchy: &Hierarchy, value: ValueId) -> u8 {
        let mut above = value;
        while above != hierarchy.any() {
            if let Some(id) = self.declared(hierarchy.name(above)) {
                return id;
            }
            above = hierarchy.parent(above);
        }
        if value == hierarchy.any() {
            return self.any();
        }
        let is_leaf = hierarchy.leaves().any(|leaf| leaf == value);
        let below = |lower: ValueId| {
            let mut up = lower;
            while up < value {
                up = hierarchy.parent(up);
            }
            up == value && lower != value
        };
        let hides_declared = !is_leaf
            && hierarchy.values().any(|lower| below(lower) && self.declared(hierarchy.name(lower)).is_some());
        if hides_declared { self.any() } else { self.other() }
    }

    fn declared(&self, name: &str) -> Option<u8> {
        self.values.iter().position(|value| value == name).and_then(|id| u8::try_from(id).ok())
    }
}

#[cfg(test)]
mod tests {
    use cloakroom_vocabulary::{Signal, SiteValues, SiteVocabulary};

    use super::*;

    fn names(values: &[&str], signal: Signal, countries: &[&str]) -> Vec<String> {
        let owned = |values: &[&str]| values.iter().map(|v| (*v).to_owned()).collect::<Vec<_>>();
        let site = SiteVocabulary::new(&SiteValues { countries: owned(countries), ..SiteValues::default() });
        let site = site.unwrap();
        let hierarchy = site.hierarchy(signal);
        let used = SignalUse { signal, reason: "test".into(), values: owned(values) };
        used.ids(hierarchy)
            .into_iter()
            .zip(hierarchy.values())
            .map(|(id, value)| format!("{}>{}", hierarchy.name(value), used.id_name(id)))
            .collect()
    }

    #[test]
    fn values_take_their_own_id_then_the_one_above_then_other() {
        assert_eq!(
            names(&["europe", "FR"], Signal::Country, &["FR", "DE", "US"]),
            [
                "FR>FR",
                "DE>europe",
                "US>other",
                "other>other",
                "europe>europe",
                "north-america>other",
                "any>any"
            ]
        );
    }

    #[test]
    fn a_generalized_value_that_might_be_a_declared_one_says_nothing() {
        assert_eq!(
            names(&["FR"], Signal::Country, &["FR", "DE", "US"]),
            ["FR>FR", "DE>other", "US>other", "other>other", "europe>any", "north-america>other", "any>any"]
        );
        assert_eq!(
            names(&["handheld", "tv"], Signal::Device, &[]),
            [
                "phone>handheld",
                "tablet>handheld",
                "desktop>other",
                "tv>tv",
                "bot>other",
                "other>other",
                "handheld>handheld",
                "stationary>any",
                "any>any"
            ]
        );
    }
}
