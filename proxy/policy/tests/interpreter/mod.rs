//! Policies as a small tree: made at random, written as Cedar, and evaluated by the rules that Cedar's
//! documentation gives. Nothing of the crate, and nothing of Cedar, is called here.

use std::fmt::Write as _;

const JURISDICTIONS: [&str; 5] = ["opt-in", "quebec", "opt-out", "rest", "unknown"];
const MODES: [&str; 3] = ["personalize", "anonymous", "passthrough"];
const FLAGS: [&str; 4] = ["personalization", "measurement", "silent", "gpc"];
const LABELS: [&str; 3] = ["landing", "other", "none"];
const PLUGINS: [&str; 3] = ["hero", "banner", "nobody"];
/// Signals with the grains that tell something.
const SIGNALS: [(&str, &[&str]); 6] = [
    ("country", &["country", "continent"]),
    ("device", &["form", "posture"]),
    ("referrer", &["kind", "side"]),
    ("language", &["language"]),
    ("os", &["os"]),
    ("save_data", &["save_data"]),
];

/// Numbers that are the same in every run (SplitMix64).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(bound).unwrap()).unwrap()
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// One question: may this plugin see this signal at this grain, here?
pub struct Case<'c> {
    pub plugin: &'c str,
    pub signal: &'c str,
    pub grain: &'c str,
    pub level: i64,
    pub personalization: bool,
    pub measurement: bool,
    pub silent: bool,
    pub gpc: bool,
    pub jurisdiction: &'c str,
    pub mode: &'c str,
    pub labels: &'c [String],
}

/// A condition.
#[derive(Clone)]
pub enum Condition {
    Flag(&'static str),
    Jurisdiction(&'static str),
    AnyJurisdiction(Vec<&'static str>),
    Mode(&'static str),
    Label(&'static str),
    Signal(&'static str),
    Grain(&'static str),
    Sight(&'static str, &'static str),
    CoarserThan(i64),
    Plugin(&'static str),
    /// False, but for an overflow where the level and this number make two or more.
    Overflow(i64),
    Not(Box<Condition>),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    If(Box<Condition>, Box<Condition>, Box<Condition>),
}

use Condition::{And, AnyJurisdiction, CoarserThan, Flag, If, Label, Not, Or, Overflow};

impl Condition {
    fn random(dice: &mut Dice, depth: u32) -> Self {
        let (signal, grains) = dice.pick(&SIGNALS);
        let grain = dice.pick(grains);
        let deeper = |dice: &mut Dice| Box::new(Self::random(dice, depth - 1));
        match dice.below(if depth == 0 { 11 } else { 17 }) {
            0 => Flag(dice.pick(&FLAGS)),
            1 => Self::Jurisdiction(dice.pick(&JURISDICTIONS)),
            2 => AnyJurisdiction((0..=dice.below(3)).map(|_| dice.pick(&JURISDICTIONS)).collect()),
            3 => Self::Mode(dice.pick(&MODES)),
            4 => Label(dice.pick(&LABELS)),
            5 => Self::Signal(signal),
            6 => Self::Grain(grain),
            7 => Self::Sight(signal, grain),
            8 => CoarserThan(i64::try_from(dice.below(2)).unwrap()),
            9 => Self::Plugin(dice.pick(&PLUGINS)),
            10 => Overflow(i64::try_from(dice.below(3)).unwrap()),
            11 | 12 => Not(deeper(dice)),
            13 | 14 => And(deeper(dice), deeper(dice)),
            15 => Or(deeper(dice), deeper(dice)),
            _ => If(deeper(dice), deeper(dice), deeper(dice)),
        }
    }

    fn to_cedar(&self) -> String {
        match self {
            Flag(name) => format!("context.{name}"),
            Self::Jurisdiction(word) => format!("context.jurisdiction == Jurisdiction::\"{word}\""),
            AnyJurisdiction(words) => {
                let words: Vec<_> = words.iter().map(|word| format!("Jurisdiction::\"{word}\"")).collect();
                format!("[{}].contains(context.jurisdiction)", words.join(", "))
            }
            Self::Mode(word) => format!("context.mode == Mode::\"{word}\""),
            Label(word) => format!("context.labels.contains(\"{word}\")"),
            Self::Signal(word) => format!("resource.signal == SignalName::\"{word}\""),
            Self::Grain(word) => format!("resource.grain == Grain::\"{word}\""),
            Self::Sight(signal, grain) => format!("resource == Signal::\"{signal}/{grain}\""),
            CoarserThan(level) => format!("resource.level > {level}"),
            Self::Plugin(name) => format!("principal == Plugin::\"{name}\""),
            Overflow(plus) => format!("(resource.level + {plus}) * {} < 0", i64::MAX),
            Not(inner) => format!("!({})", inner.to_cedar()),
            And(left, right) => format!("({} && {})", left.to_cedar(), right.to_cedar()),
            Or(left, right) => format!("({} || {})", left.to_cedar(), right.to_cedar()),
            If(asked, then, otherwise) => {
                let [asked, then, otherwise] = [asked, then, otherwise].map(|part| part.to_cedar());
                format!("(if {asked} then {then} else {otherwise})")
            }
        }
    }

    /// What is not reached does not fail.
    fn holds(&self, case: &Case<'_>) -> Result<bool, ()> {
        Ok(match self {
            Flag("personalization") => case.personalization,
            Flag("measurement") => case.measurement,
            Flag("silent") => case.silent,
            Flag(_) => case.gpc,
            Self::Jurisdiction(word) => case.jurisdiction == *word,
            AnyJurisdiction(words) => words.contains(&case.jurisdiction),
            Self::Mode(word) => case.mode == *word,
            Label(word) => case.labels.iter().any(|label| label == word),
            Self::Signal(word) => case.signal == *word,
            Self::Grain(word) => case.grain == *word,
            Self::Sight(signal, grain) => case.signal == *signal && case.grain == *grain,
            CoarserThan(level) => case.level > *level,
            Self::Plugin(name) => case.plugin == *name,
            Overflow(plus) => (case.level + plus).checked_mul(i64::MAX).ok_or(())? < 0,
            Not(inner) => !inner.holds(case)?,
            And(left, right) => left.holds(case)? && right.holds(case)?,
            Or(left, right) => left.holds(case)? || right.holds(case)?,
            If(asked, then, otherwise) => {
                if asked.holds(case)? {
                    then.holds(case)?
                } else {
                    otherwise.holds(case)?
                }
            }
        })
    }
}

/// A policy.
#[derive(Clone)]
pub struct Rule {
    permit: bool,
    plugin: Option<&'static str>,
    sight: Option<(&'static str, &'static str)>,
    /// In order; `true` for `when`, `false` for `unless`.
    conditions: Vec<(bool, Condition)>,
}

impl Rule {
    pub fn random(dice: &mut Dice) -> Self {
        let (signal, grains) = dice.pick(&SIGNALS);
        Self {
            permit: dice.below(3) > 0,
            plugin: (dice.below(4) == 0).then(|| dice.pick(&PLUGINS)),
            sight: (dice.below(6) == 0).then(|| (signal, dice.pick(grains))),
            conditions: (0..dice.below(3)).map(|_| (dice.below(3) > 0, Condition::random(dice, 3))).collect(),
        }
    }

    pub fn to_cedar(&self) -> String {
        let effect = if self.permit { "permit" } else { "forbid" };
        let plugin = self.plugin.map_or_else(String::new, |name| format!(" == Plugin::\"{name}\""));
        let sight = self
            .sight
            .map_or_else(String::new, |(signal, grain)| format!(" == Signal::\"{signal}/{grain}\""));
        let mut text = format!("{effect} (principal{plugin}, action == Action::\"see\", resource{sight})");
        for (wanted, condition) in &self.conditions {
            let word = if *wanted { "when" } else { "unless" };
            let _ = write!(text, "\n{word} {{ {} }}", condition.to_cedar());
        }
        text + ";"
    }

    fn applies(&self, case: &Case<'_>) -> Result<bool, ()> {
        if self.plugin.is_some_and(|name| name != case.plugin)
            || self.sight.is_some_and(|sight| sight != (case.signal, case.grain))
        {
            return Ok(false);
        }
        for (wanted, condition) in &self.conditions {
            if condition.holds(case)? != *wanted {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Whether the rules allow it; an error if one of them fails, which must deny.
pub fn allows(rules: &[Rule], case: &Case<'_>) -> Result<bool, ()> {
    let applying = rules.iter().map(|rule| rule.applies(case)).collect::<Vec<_>>();
    if applying.iter().any(Result::is_err) {
        return Err(());
    }
    let any = |permit| {
        rules.iter().zip(&applying).any(|(rule, applies)| rule.permit == permit && *applies == Ok(true))
    };
    Ok(any(true) && !any(false))
}

/// What the shipped policies say, written down again.
pub fn defaults() -> Vec<Rule> {
    let consented = Rule {
        permit: true,
        plugin: None,
        sight: None,
        conditions: vec![(true, Flag("personalization")), (false, Condition::Jurisdiction("unknown"))],
    };
    let opted_out = Rule { permit: false, conditions: vec![(true, Flag("gpc"))], ..consented.clone() };
    vec![consented, opted_out]
}
