//! How a plugin splits traffic: which range of its manifest each bucket falls into. A bucket is a number
//! from 0 to 99; whose it is does not enter.

use sha2::Digest as _;

use crate::manifest::Manifest;

/// How many buckets there are: widths of ranges are hundredths.
pub const BUCKETS: usize = 100;

impl Manifest {
    /// The widths of the ranges into which the plugin splits traffic, in hundredths; empty if it does
    /// not.
    #[must_use]
    pub fn bucket_ranges(&self) -> &[u8] {
        &self.bucket_ranges
    }

    /// Whether the plugin splits traffic.
    #[must_use]
    pub fn splits(&self) -> bool {
        !self.bucket_ranges.is_empty()
    }

    /// The id that says that the bucket is not known; 0 if the plugin does not split traffic.
    #[must_use]
    pub fn unknown_bucket(&self) -> u8 {
        u8::try_from(self.bucket_ranges.len()).unwrap_or(u8::MAX)
    }

    /// The range that each bucket falls into.
    ///
    /// Buckets are put into an order of their own for each `salt`, and the ranges are laid along it. So
    /// the splits of two plugins with different salts do not depend on each other: half of those in one
    /// half are in either half of the other. The order is that of SHA-256 over salt and bucket, and so the
    /// same on every machine and after every restart.
    #[must_use]
    pub fn ranges_of_buckets(&self, salt: &str) -> [u8; BUCKETS] {
        let mut order: Vec<(_, u8)> = (0..)
            .take(BUCKETS)
            .map(|bucket: u8| {
                let hash = sha2::Sha256::new().chain_update(salt).chain_update([0, bucket]).finalize();
                (<[u8; 32]>::from(hash), bucket)
            })
            .collect();
        order.sort_unstable();
        let widths = (0_u8..).zip(&self.bucket_ranges);
        let along = widths.flat_map(|(range, width)| std::iter::repeat_n(range, usize::from(*width)));
        let mut ranges = [0; BUCKETS];
        for ((_, bucket), range) in order.into_iter().zip(along) {
            if let Some(of_bucket) = ranges.get_mut(usize::from(bucket)) {
                *of_bucket = range;
            }
        }
        ranges
    }

    /// The name of a range or of “not known”: `range 1 (50 %)`, `any`.
    #[must_use]
    pub fn bucket_name(&self, id: u8) -> String {
        match self.bucket_ranges.get(usize::from(id)) {
            Some(width) => format!("range {} ({width} %)", u16::from(id) + 1),
            None => "any".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use cloakroom_vocabulary::Domain;

    use super::*;

    fn splitting(widths: &[u8]) -> Manifest {
        Manifest {
            name: "test".into(),
            version: "1".into(),
            slots: Vec::new(),
            signals: Vec::new(),
            bucket_ranges: widths.to_vec(),
            domain: Domain::new(Vec::new()).unwrap(),
            choices: 1,
        }
    }

    fn count(ranges: &[u8], wanted: u8) -> usize {
        ranges.iter().filter(|range| **range == wanted).count()
    }

    #[test]
    fn ranges_have_their_widths_and_the_salt_their_order() {
        let manifest = splitting(&[50, 30, 20]);
        let ranges = manifest.ranges_of_buckets("hero");
        assert_eq!([0, 1, 2].map(|range| count(&ranges, range)), [50, 30, 20]);
        assert_eq!(ranges, manifest.ranges_of_buckets("hero"), "visitors stay in their range");
        assert_ne!(ranges, manifest.ranges_of_buckets("banner"));
    }

    #[test]
    fn splits_of_two_plugins_do_not_depend_on_each_other() {
        let halves = splitting(&[50, 50]);
        let names: Vec<_> = (0..40).map(|number| format!("plugin-{number}")).collect();
        let both: usize = names
            .windows(2)
            .map(|pair| {
                let [one, two] = [0, 1].map(|at| halves.ranges_of_buckets(&pair[at]));
                one.iter().zip(&two).filter(|(one, two)| **one == 0 && **two == 0).count()
            })
            .sum();
        // A quarter of 100 buckets, 39 times; the standard deviation of the sum is about 16.
        assert!((975 - 80..975 + 80).contains(&both), "{both}");
    }

    #[test]
    fn a_bucket_keeps_its_range_across_versions() {
        let ranges = splitting(&[50, 50]).ranges_of_buckets("hero");
        let first: Vec<u8> = ranges.iter().take(16).copied().collect();
        let known = [0, 0, 0, 1, 1, 0, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1];
        assert_eq!(first, known, "another order would move visitors between variants");
    }
}
