//! Durations and sizes as people write them: `24h`, `8MiB`. A whole number and a unit, nothing between.

/// A way to write quantities: its units, and the words that people use for them instead.
pub(crate) struct Notation {
    /// What such a quantity is called.
    pub name: &'static str,
    /// How to write one, for people who wrote something else entirely.
    pub example: &'static str,
    /// Units from small to large, in the smallest quantity counted.
    units: &'static [(&'static str, u64)],
    /// Other words, lower case, for suggestions alone.
    words: &'static [(&'static str, u64)],
}

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// Durations, in milliseconds.
pub(crate) const DURATION: Notation = Notation {
    name: "duration",
    example: "write a whole number and `ms`, `s`, `m`, `h` or `d`, such as `60s`",
    units: &[("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)],
    words: &[
        ("", 1_000),
        ("millisecond", 1),
        ("milliseconds", 1),
        ("millis", 1),
        ("sec", 1_000),
        ("secs", 1_000),
        ("second", 1_000),
        ("seconds", 1_000),
        ("min", 60_000),
        ("mins", 60_000),
        ("minute", 60_000),
        ("minutes", 60_000),
        ("hr", 3_600_000),
        ("hrs", 3_600_000),
        ("hour", 3_600_000),
        ("hours", 3_600_000),
        ("day", 86_400_000),
        ("days", 86_400_000),
        ("w", 604_800_000),
        ("week", 604_800_000),
        ("weeks", 604_800_000),
    ],
};

/// Sizes, in bytes.
pub(crate) const SIZE: Notation = Notation {
    name: "size",
    example: "write a whole number and `B`, `KiB`, `MiB` or `GiB`, such as `8MiB`",
    units: &[("B", 1), ("KiB", KIB), ("MiB", MIB), ("GiB", GIB)],
    words: &[
        ("", 1),
        ("byte", 1),
        ("bytes", 1),
        ("k", KIB),
        ("kb", KIB),
        ("kilobytes", KIB),
        ("m", MIB),
        ("mb", MIB),
        ("megabytes", MIB),
        ("g", GIB),
        ("gb", GIB),
        ("gigabytes", GIB),
    ],
};

impl Notation {
    /// Reads a quantity; `None` if it is written in any other way or does not fit.
    pub fn parse(&self, text: &str) -> Option<u64> {
        let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
        let (_, factor) = self.units.iter().find(|(name, _)| *name == unit)?;
        number.parse::<u64>().ok()?.checked_mul(*factor)
    }

    /// The shortest way to write a quantity.
    pub fn show(&self, quantity: u64) -> String {
        let unit = self
            .units
            .iter()
            .rev()
            .find(|(_, factor)| quantity >= *factor && quantity.is_multiple_of(*factor));
        let smallest = self.units.first();
        unit.or(smallest).map_or_else(String::new, |(name, factor)| format!("{}{name}", quantity / factor))
    }

    /// What the writer probably meant, in the right notation.
    pub fn suggest(&self, text: &str) -> Option<String> {
        let text = text.trim().to_ascii_lowercase();
        let split = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(text.len());
        let (number, word) = text.split_at(split);
        let number: f64 = number.replace('_', "").parse().ok()?;
        let word = word.trim();
        let units = self.units.iter().chain(self.words);
        let (_, factor) = units.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(word))?;
        let quantity = (number * *factor as f64).round();
        if !(1.0..1e15).contains(&quantity) {
            return None;
        }
        let same_unit = self.units.iter().find(|(_, known)| known == factor);
        match same_unit {
            Some((unit, _)) if number.fract() == 0.0 && *factor > 1 => Some(format!("{number}{unit}")),
            _ => Some(self.show(quantity as u64)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_number_and_a_unit_are_read() {
        assert_eq!(DURATION.parse("60s"), Some(60_000));
        assert_eq!(DURATION.parse("250ms"), Some(250));
        assert_eq!(SIZE.parse("8MiB"), Some(8 << 20));
        for wrong in [
            "",
            "60",
            "s",
            "60 s",
            "-1s",
            "1.5h",
            "+1s",
            "1S",
            "99999999999999999999s",
            "18446744073709551615d",
        ] {
            assert_eq!(DURATION.parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_shown_reads_back() {
        for quantity in [0, 1, 999, 1_000, 90_000, 5_400_000, 86_400_000 * 30] {
            assert_eq!(DURATION.parse(&DURATION.show(quantity)), Some(quantity));
        }
        assert_eq!(DURATION.show(86_400_000), "1d");
        assert_eq!(SIZE.show(256 << 20), "256MiB");
    }

    #[test]
    fn words_and_fractions_suggest_the_notation() {
        let duration = |text| DURATION.suggest(text);
        assert_eq!(duration("60 seconds").as_deref(), Some("60s"));
        assert_eq!(duration("1.5h").as_deref(), Some("90m"));
        assert_eq!(duration("45").as_deref(), Some("45s"));
        assert_eq!(duration("2 weeks").as_deref(), Some("14d"));
        assert_eq!(duration("soon"), None);
        assert_eq!(SIZE.suggest("256 MB").as_deref(), Some("256MiB"));
    }
}
