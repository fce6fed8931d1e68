//! Words in policies that are strings to Cedar but a closed list to us.
//!
//! A misspelt word in a `permit` only denies; in a `forbid` it would silently allow. So a literal
//! that is compared with such an attribute has to be one of the words, and so has the id of a signal.

use std::ops::Range;

use cedar_policy::Policy;
use cloakroom_vocabulary::{Jurisdiction, Signal, SiteValues, SiteVocabulary};
use serde_json::Value;

use crate::PolicyError;

const MODES: [&str; 3] = ["personalize", "anonymous", "passthrough"];

/// The signals with the names of those grains that tell something; the same on every site.
pub(crate) fn grains() -> Result<Vec<(Signal, Vec<&'static str>)>, PolicyError> {
    let site =
        SiteVocabulary::new(&SiteValues::default()).map_err(|error| PolicyError::new(error.to_string()))?;
    Ok(Signal::ALL
        .into_iter()
        .map(|signal| {
            let hierarchy = site.hierarchy(signal);
            let telling = usize::from(hierarchy.any_grain().0);
            (signal, hierarchy.grains().iter().copied().take(telling).collect())
        })
        .collect())
}

/// The id of a signal at a grain, as policies write it.
pub(crate) fn signal_id(signal: Signal, grain: &str) -> String {
    format!("{signal}/{grain}")
}

/// Refuses a policy that uses an unknown word.
pub(crate) fn check(file: &str, text: &str, policy: &Policy) -> Result<(), PolicyError> {
    let tree = policy.to_json().map_err(|error| PolicyError::new(error.to_string()).in_file(file))?;
    let speller = Speller { file, text, grains: grains()? };
    speller.walk(&tree)
}

struct Speller<'a> {
    file: &'a str,
    text: &'a str,
    grains: Vec<(Signal, Vec<&'static str>)>,
}

impl Speller<'_> {
    /// Depth is bounded by Cedar's own parser, which made the tree.
    fn walk(&self, tree: &Value) -> Result<(), PolicyError> {
        match tree {
            Value::Array(items) => items.iter().try_for_each(|item| self.walk(item)),
            Value::Object(fields) => {
                self.entity(tree)?;
                for (operator, operands) in fields {
                    if matches!(operator.as_str(), "==" | "!=" | "contains" | "containsAny" | "containsAll") {
                        self.comparison(operands)?;
                    }
                    self.walk(operands)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn comparison(&self, operands: &Value) -> Result<(), PolicyError> {
        let (Some(left), Some(right)) = (operands.get("left"), operands.get("right")) else {
            return Ok(());
        };
        for (attribute, literals) in [(left, right), (right, left)] {
            let Some((name, words)) = self.words_of(attribute) else { continue };
            for literal in strings(literals) {
                if !words.iter().any(|word| word == literal) {
                    return Err(self.unknown(literal, &name, &words));
                }
            }
        }
        Ok(())
    }

    /// The words that an attribute can have, if there is a closed list of them.
    fn words_of(&self, expression: &Value) -> Option<(String, Vec<String>)> {
        let access = expression.get(".")?;
        let variable = access.get("left")?.get("Var")?.as_str()?;
        let attribute = access.get("attr")?.as_str()?;
        let words: Vec<&str> = match (variable, attribute) {
            ("context", "jurisdiction") => Jurisdiction::ALL.map(Jurisdiction::name).to_vec(),
            ("context", "mode") => MODES.to_vec(),
            ("resource", "signal") => Signal::ALL.map(Signal::name).to_vec(),
            ("resource", "grain") => self.grains.iter().flat_map(|(_, names)| names.clone()).collect(),
            _ => return None,
        };
        Some((format!("{variable}.{attribute}"), words.into_iter().map(str::to_owned).collect()))
    }

    fn entity(&self, tree: &Value) -> Result<(), PolicyError> {
        let (Some("Signal"), Some(id)) =
            (tree.get("type").and_then(Value::as_str), tree.get("id").and_then(Value::as_str))
        else {
            return Ok(());
        };
        let words: Vec<_> = self
            .grains
            .iter()
            .flat_map(|(signal, names)| names.iter().map(|name| signal_id(*signal, name)))
            .collect();
        if words.iter().any(|word| word == id) { Ok(()) } else { Err(self.unknown(id, "Signal", &words)) }
    }

    fn unknown(&self, literal: &str, what: &str, words: &[String]) -> PolicyError {
        PolicyError::new(format!("`{literal}` is not a value of `{what}`"))
            .in_file(self.file)
            .at(self.place(literal))
            .with_help(format!("it is one of {}", words.join(", ")))
    }

    /// The syntax tree does not keep places: the first such literal of the file is meant.
    fn place(&self, literal: &str) -> Option<Range<usize>> {
        let quoted = format!("\"{literal}\"");
        self.text.find(&quoted).map(|start| start..start + quoted.len())
    }
}

fn strings(expression: &Value) -> Vec<&str> {
    if let Some(text) = expression.get("Value").and_then(Value::as_str) {
        return vec![text];
    }
    let items = expression.get("Set").or_else(|| expression.get("Value"));
    items.and_then(Value::as_array).map_or_else(Vec::new, |items| {
        items.iter().filter_map(|item| item.as_str().or_else(|| item.get("Value")?.as_str())).collect()
    })
}

#[cfg(test)]
mod tests {
    use crate::PolicySet;

    fn refusal(policy: &str) -> String {
        let error = PolicySet::parse(&[("site.cedar", policy)]).unwrap_err();
        format!("{error}; {} at `{}`", error.help().unwrap(), &policy[error.span().unwrap()])
    }

    #[test]
    fn misspelt_words_are_refused_wherever_they_stand() {
        let forbid = r#"forbid (principal, action == Action::"see", resource) when"#;
        for (condition, word) in [
            (r#"context.jurisdiction == "optin""#, "optin"),
            (r#""optin" != context.jurisdiction"#, "optin"),
            (r#"!(["opt-in", "optout"].contains(context.jurisdiction))"#, "optout"),
            (r#"context.gpc || (if context.mode == "personalise" then true else false)"#, "personalise"),
            (r#"resource.signal == "contry""#, "contry"),
            (r#"resource.grain == "any""#, "any"),
            (r#"resource == Signal::"country/contry""#, "country/contry"),
        ] {
            let message = refusal(&format!("{forbid} {{ {condition} }};"));
            assert!(message.starts_with(&format!("`{word}` is not a value of")), "{message}");
            assert!(message.ends_with(&format!("at `\"{word}\"`")), "{message}");
        }
    }

    #[test]
    fn a_misspelt_signal_in_the_scope_is_refused() {
        let message =
            refusal(r#"forbid (principal, action == Action::"see", resource == Signal::"country");"#);
        assert!(message.contains("country/country, country/continent, device/form"), "{message}");
    }

    #[test]
    fn right_words_and_free_labels_are_accepted() {
        let policy = r#"
            permit (principal == Plugin::"hero", action == Action::"see", resource == Signal::"device/form")
            when { context.labels.contains("a/b") && context.mode == "personalize" }
            unless { resource.signal == "country" && resource.grain == "continent" && resource.level > 0 };
        "#;
        PolicySet::parse(&[("site.cedar", policy)]).unwrap();
    }
}
