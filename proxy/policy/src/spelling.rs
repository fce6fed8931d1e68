//! Words in policies that Cedar cannot check, and advice on those that it refuses.
//!
//! A signal at a grain has attributes, so its type is no enumeration to Cedar, and any id would do. A
//! misspelt one in a `forbid` would silently allow; so it is refused here. Names that only the site knows,
//! of plugins and labels, are gathered, to be compared with those that it has.

use std::ops::Range;

use cedar_policy::Policy;
use serde_json::Value;

use crate::PolicyError;
use crate::schema::{GRAIN, JURISDICTION, MODE, SIGNAL_NAME, grains, signal_id, words};

/// What a name that only the site knows is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Plugin,
    /// Every text in a policy is one: nothing else that policies see is a text.
    Label,
}

/// A name that a policy speaks of.
#[derive(Clone, Debug)]
pub(crate) struct Mention {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) file: String,
    pub(crate) span: Option<Range<usize>>,
}

/// Refuses a policy that names a signal or a grain that is none, and gathers what only the site knows.
pub(crate) fn check(file: &str, text: &str, policy: &Policy) -> Result<Vec<Mention>, PolicyError> {
    let tree = policy.to_json().map_err(|error| PolicyError::new(error.to_string()).in_file(file))?;
    let ids = grains()?
        .into_iter()
        .flat_map(|(signal, names)| names.into_iter().map(move |name| signal_id(signal, name)))
        .collect();
    let mut speller = Speller { file, text, ids, mentions: Vec::new() };
    speller.walk(&tree)?;
    Ok(speller.mentions)
}

/// `error` in other words, where `marked`, the part of a policy that it is about, shows what was meant.
pub(crate) fn advise(error: PolicyError, marked: &str) -> PolicyError {
    let kinds = [JURISDICTION, MODE, SIGNAL_NAME, GRAIN];
    for (kind, attribute) in kinds {
        let Ok(words) = words(kind) else { continue };
        let literal = marked.strip_prefix(kind).and_then(|rest| rest.strip_prefix("::\"")?.strip_suffix('"'));
        if let Some(word) = literal.filter(|word| !words.contains(word)) {
            return error.reworded(format!("`{word}` is no `{kind}`")).with_help(one_of(word, &words));
        }
        let bare = texts(marked).find(|(before, _)| marked.contains(attribute) && !before.ends_with("::"));
        if let (Some((_, word)), Some(first)) = (bare, words.first()) {
            let meant = closest(word, &words).unwrap_or(first);
            return error.with_help(format!(
                "`{attribute}` is written `{kind}::\"{meant}\"`; it is one of {}",
                words.join(", ")
            ));
        }
    }
    error
}

/// The texts in quotation marks, each with what stands before it.
fn texts(marked: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + marked.get(at..)?.find('"')?;
        let length = marked.get(start + 1..)?.find('"')?;
        at = start + length + 2;
        Some((marked.get(..start)?, marked.get(start + 1..start + 1 + length)?))
    })
}

/// Names the words that there are, the likely one first.
pub(crate) fn one_of(word: &str, words: &[&str]) -> String {
    let all = words.join(", ");
    match closest(word, words) {
        Some(close) => format!("did you mean `{close}`? It is one of {all}"),
        None if words.is_empty() => "there is none at all".to_owned(),
        None => format!("it is one of {all}"),
    }
}

/// The word that differs least, if that is little.
fn closest<'w>(word: &str, words: &[&'w str]) -> Option<&'w str> {
    let distances = words.iter().map(|known| (strsim::damerau_levenshtein(word, known), *known));
    let (distance, known) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= 2 && distance < word.len()).then_some(known)
}

struct Speller<'a> {
    file: &'a str,
    text: &'a str,
    ids: Vec<String>,
    mentions: Vec<Mention>,
}

impl Speller<'_> {
    /// Depth is bounded by Cedar's own parser, which made the tree.
    fn walk(&mut self, tree: &Value) -> Result<(), PolicyError> {
        match tree {
            Value::Array(items) => items.iter().try_for_each(|item| self.walk(item)),
            Value::Object(fields) => {
                self.entity(tree)?;
                if let Some(value) = fields.get("Value") {
                    self.labels(value);
                }
                fields.values().try_for_each(|field| self.walk(field))
            }
            _ => Ok(()),
        }
    }

    fn labels(&mut self, value: &Value) {
        let listed = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        for label in listed.iter().filter_map(Value::as_str) {
            self.mention(Kind::Label, label);
        }
    }

    fn entity(&mut self, tree: &Value) -> Result<(), PolicyError> {
        let (Some(kind), Some(id)) =
            (tree.get("type").and_then(Value::as_str), tree.get("id").and_then(Value::as_str))
        else {
            return Ok(());
        };
        if kind == "Plugin" {
            self.mention(Kind::Plugin, id);
        }
        if kind != "Signal" || self.ids.iter().any(|known| known == id) {
            return Ok(());
        }
        let ids: Vec<_> = self.ids.iter().map(String::as_str).collect();
        Err(PolicyError::new(format!("`{id}` is no `Signal`"))
            .in_file(self.file)
            .at(self.place(id))
            .with_help(one_of(id, &ids)))
    }

    fn mention(&mut self, kind: Kind, name: &str) {
        let (name, span) = (name.to_owned(), self.place(name));
        self.mentions.push(Mention { kind, name, file: self.file.to_owned(), span });
    }

    /// The syntax tree does not keep places: the first such literal of the file is meant.
    fn place(&self, literal: &str) -> Option<Range<usize>> {
        let quoted = format!("\"{literal}\"");
        self.text.find(&quoted).map(|start| start..start + quoted.len())
    }
}

#[cfg(test)]
mod tests {
    use crate::PolicySet;

    fn refusal(policy: &str) -> String {
        let error = PolicySet::parse(&[("site.cedar", policy)]).unwrap_err();
        format!("{error}; {} at `{}`", error.help().unwrap(), &policy[error.span().unwrap()])
    }

    const FORBID: &str = r#"forbid (principal, action == Action::"see", resource) when"#;

    #[test]
    fn misspelt_words_are_refused_wherever_they_stand() {
        for (condition, word) in [
            (r#"context.jurisdiction == Jurisdiction::"optin""#, "optin"),
            (r#"Jurisdiction::"optin" != context.jurisdiction"#, "optin"),
            (
                r#"!([Jurisdiction::"opt-in", Jurisdiction::"optout"].contains(context.jurisdiction))"#,
                "optout",
            ),
            (r#"{ law: Jurisdiction::"optin" }.law == context.jurisdiction"#, "optin"),
            (
                r#"context.jurisdiction == (if context.gpc then Jurisdiction::"rest" else Jurisdiction::"rset")"#,
                "rset",
            ),
            (
                r#"context.gpc || (if context.mode == Mode::"personalise" then true else false)"#,
                "personalise",
            ),
            (r#"resource.signal == SignalName::"contry""#, "contry"),
            (r#"resource.grain == Grain::"any""#, "any"),
        ] {
            let message = refusal(&format!("{FORBID} {{ {condition} }};"));
            assert!(message.starts_with(&format!("`{word}` is no `")), "{message}");
            assert!(message.contains("it is one of ") || message.contains("? It is one of "), "{message}");
            assert!(message.ends_with(&format!("::\"{word}\"`")), "{message}");
        }
    }

    #[test]
    fn a_plain_text_in_the_place_of_a_word_is_refused_with_the_way_to_write_it() {
        for (condition, advice) in [
            (
                r#"context.jurisdiction == "opt-in""#,
                r#"`context.jurisdiction` is written `Jurisdiction::"opt-in"`"#,
            ),
            (r#"["opt-in"].contains(context.jurisdiction)"#, r#"`Jurisdiction::"opt-in"`"#),
            (r#"resource.grain == "country""#, r#"`Grain::"country"`; it is one of country, continent"#),
            (r#"context.gpc && "personalize" == context.mode"#, r#"`Mode::"personalize"`"#),
        ] {
            let message = refusal(&format!("{FORBID} {{ {condition} }};"));
            assert!(message.contains(advice), "{message}");
        }
    }

    #[test]
    fn a_misspelt_signal_at_a_grain_is_refused() {
        for policy in [
            r#"forbid (principal, action == Action::"see", resource == Signal::"country");"#.to_owned(),
            format!(r#"{FORBID} {{ resource == Signal::"country" }};"#),
            format!(r#"{FORBID} {{ [Signal::"country"].contains(resource) }};"#),
        ] {
            let message = refusal(&policy);
            assert!(message.starts_with("`country` is no `Signal`"), "{message}");
            assert!(message.contains("country/country, country/continent, device/form"), "{message}");
            assert!(message.ends_with("at `\"country\"`"), "{message}");
        }
    }

    #[test]
    fn right_words_and_free_labels_are_accepted() {
        let policy = r#"
            permit (principal == Plugin::"hero", action == Action::"see", resource == Signal::"device/form")
            when { context.labels.contains("a/b") && context.mode == Mode::"personalize" }
            unless {
              resource.signal == SignalName::"country" && resource.grain == Grain::"continent" &&
              resource.level > 0
            };
        "#;
        PolicySet::parse(&[("site.cedar", policy)]).unwrap();
    }
}
