//! A rule file read naively: every rule asked about one cell at a time, by the names of its values.

/// Conditions as the reference understands them: yes, no or unknown, worked out per cell by name.
#[derive(Debug)]
pub enum When {
    Is(&'static str, Vec<&'static str>),
    All(Vec<When>),
    Any(Vec<When>),
    Not(Box<When>),
}

pub const SIGNALS: [(&str, &[&str]); 3] = [
    ("country", &["FR", "DE", "US", "europe", "other", "any"]),
    ("device", &["phone", "desktop", "tv", "handheld", "other", "any"]),
    ("language", &["fr", "de", "en", "other", "any"]),
];

fn above(value: &str) -> &str {
    match value {
        "FR" | "DE" => "europe",
        "US" => "north-america",
        "phone" | "tablet" => "handheld",
        "desktop" | "tv" => "stationary",
        _ => "any",
    }
}

impl When {
    pub fn random(random: &mut impl FnMut(usize) -> usize, depth: usize) -> Self {
        let parts = |random: &mut _| (0..2).map(|_| Self::random(random, depth + 1)).collect();
        match if depth > 2 { 9 } else { random(10) } {
            0 => Self::All(parts(random)),
            1 | 2 => Self::Any(parts(random)),
            3 | 4 => Self::Not(Box::new(Self::random(random, depth + 1))),
            _ => {
                let (signal, values) = SIGNALS[random(SIGNALS.len())];
                let start = random(values.len() - 2);
                let mut named = vec![values[start]];
                named.extend((random(3) == 0).then(|| values[random(values.len())]));
                Self::Is(signal, named)
            }
        }
    }

    pub fn toml(&self) -> String {
        let list = |parts: &[Self]| parts.iter().map(Self::toml).collect::<Vec<_>>().join(", ");
        match self {
            Self::Is(signal, values) => format!("{{ {signal} = {values:?} }}"),
            Self::All(parts) => format!("{{ all = [{}] }}", list(parts)),
            Self::Any(parts) => format!("{{ any = [{}] }}", list(parts)),
            Self::Not(inner) => format!("{{ not = {} }}", inner.toml()),
        }
    }

    pub fn answer(&self, cell: &dyn Fn(&str) -> String) -> Option<bool> {
        match self {
            Self::Is(signal, names) => {
                let value = cell(signal);
                let named = |word: &str| names.contains(&word);
                if named(&value) || named(above(&value)) && above(&value) != "any" {
                    Some(true)
                } else if value == "any" || names.iter().any(|name| above(name) == value) {
                    None
                } else {
                    Some(false)
                }
            }
            Self::Not(inner) => inner.answer(cell).map(|answer| !answer),
            Self::All(parts) => all(parts.iter().map(|part| part.answer(cell))),
            Self::Any(parts) => all(parts.iter().map(|part| part.answer(cell).map(|a| !a))).map(|a| !a),
        }
    }
}

fn all(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let answers: Vec<_> = answers.collect();
    if answers.contains(&Some(false)) {
        return Some(false);
    }
    (!answers.contains(&None)).then_some(true)
}

/// What a rule shows: a variant or block to everybody, or several by weight.
#[derive(Debug)]
pub enum Shows {
    One(&'static str),
    Split(Vec<(&'static str, u8)>),
}

/// A rule.
#[derive(Debug)]
pub struct Rule {
    pub when: When,
    pub shows: Shows,
    pub priority: i64,
}

impl Rule {
    pub fn random(random: &mut impl FnMut(usize) -> usize) -> Self {
        const NAMES: [&str; 6] = ["v0", "v1", "v2", "b", "b-fr", "v1"];
        let when = When::random(random, 0);
        let priority = i64::try_from(random(3)).unwrap();
        let first = random(4);
        let shows = if random(2) == 0 {
            Shows::One(NAMES[random(6)])
        } else if random(2) == 0 {
            let weight = u8::try_from(1 + random(99)).unwrap();
            Shows::Split(vec![(NAMES[first], weight), (NAMES[(first + 1) % 4], 100 - weight)])
        } else {
            Shows::Split(vec![(NAMES[(first + 1) % 4], 20), (NAMES[first], 30), (NAMES[(first + 2) % 4], 50)])
        };
        Self { when, shows, priority }
    }

    pub fn toml(&self) -> String {
        let shows = match &self.shows {
            Shows::One(name) => format!("show = {{ s = {name:?} }}"),
            Shows::Split(shares) => {
                let shares: Vec<_> =
                    shares.iter().map(|(name, weight)| format!("{name} = {weight}")).collect();
                format!("split = {{ s = {{ {} }} }}", shares.join(", "))
            }
        };
        format!("[[rule]]\nwhen = {}\n{shows}\npriority = {}\n", self.when.toml(), self.priority)
    }

    /// The variant that the rule decides on, if it does; `hundredth` is `None` where it is not known.
    pub fn decides(&self, cell: &dyn Fn(&str) -> String, hundredth: Option<u8>) -> Option<String> {
        if self.when.answer(cell) != Some(true) {
            return None;
        }
        let name = match &self.shows {
            Shows::One(name) => *name,
            Shows::Split(shares) => {
                let mut left = hundredth?;
                shares
                    .iter()
                    .find(|(_, weight)| {
                        let here = left < *weight;
                        left = left.saturating_sub(*weight);
                        here
                    })?
                    .0
            }
        };
        Some(in_language(name, &cell("language")))
    }
}

/// The variant of the block `b` for a language; any other name is a variant.
pub fn in_language(name: &str, language: &str) -> String {
    match (name, language) {
        ("b", "fr" | "de") => format!("b-{language}"),
        ("b", _) => "b-en".to_owned(),
        (variant, _) => variant.to_owned(),
    }
}
