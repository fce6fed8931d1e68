//! Words in policies that Cedar cannot check, and advice on those that it refuses.
//!
//! A signal at a grain has attributes, so its type is no enumeration to Cedar, and any id would do. A
//! misspelt one in a `forbid` would silently allow; so it is refused here.

use std::ops::Range;

use cedar_policy::Policy;
use serde_json::Value;

use crate::PolicyError;
use crate::schema::{GRAIN, JURISDICTION, MODE, SIGNAL_NAME, grains, signal_id, words};

/// Refuses a policy that names a signal or a grain that is none.
pub(crate) fn check(file: &str, text: &str, policy: &Policy) -> Result<(), PolicyError> {
    let tree = policy.to_json().map_err(|error| PolicyError::new(error.to_string()).in_file(file))?;
    let ids = grains()?
        .into_iter()
        .flat_map(|(signal, names)| names.into_iter().map(move |name| signal_id(signal, name)))
        .collect();
    Speller { file, text, ids }.walk(&tree)
}

/// How to write what `marked`, a refused part of a policy, may have meant.
pub(crate) fn advice(marked: &str) -> Option<String> {
    let bare = marked.match_indices('"').step_by(2).any(|(at, _)| {
        let before = marked.get(..at).unwrap_or_default();
        !before.ends_with("::")
    });
    let (kind, attribute) = [JURISDICTION, MODE, SIGNAL_NAME, GRAIN]
        .into_iter()
        .find(|(_, attribute)| bare && marked.contains(attribute))?;
    let words = words(kind).ok()?;
    let first = words.first()?;
    Some(format!("`{attribute}` is written `{kind}::\"{first}\"`; it is one of {}", words.join(", ")))
}

struct Speller<'a> {
    file: &'a str,
    text: &'a str,
    ids: Vec<String>,
}

impl Speller<'_> {
    /// Depth is bounded by Cedar's own parser, which made the tree.
    fn walk(&self, tree: &Value) -> Result<(), PolicyError> {
        match tree {
            Value::Array(items) => items.iter().try_for_each(|item| self.walk(item)),
            Value::Object(fields) => {
                self.entity(tree)?;
                fields.values().try_for_each(|field| self.walk(field))
            }
            _ => Ok(()),
        }
    }

    fn entity(&self, tree: &Value) -> Result<(), PolicyError> {
        let (Some("Signal"), Some(id)) =
            (tree.get("type").and_then(Value::as_str), tree.get("id").and_then(Value::as_str))
        else {
            return Ok(());
        };
        if self.ids.iter().any(|known| known == id) {
            return Ok(());
        }
        Err(PolicyError::new(format!("`{id}` is not a signal at a grain"))
            .in_file(self.file)
            .at(self.place(id))
            .with_help(format!("it is one of {}", self.ids.join(", "))))
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
            assert!(message.contains(&format!("`\"{word}\"` is not declared")), "{message}");
            assert!(message.ends_with(&format!("::\"{word}\"`")), "{message}");
            assert!(message.contains("valid entity eids: \""), "{message}");
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
            assert!(message.starts_with("`country` is not a signal at a grain"), "{message}");
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
