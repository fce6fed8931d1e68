//! Policy files as one set: parsed, checked against the schema, and never empty of a reason when
//! refused.

use std::collections::HashMap;
use std::str::FromStr;

use cedar_policy::{Policy, PolicyId, PolicySet as CedarSet, Schema, ValidationMode, Validator};

use crate::spelling::{self, Kind, Mention, one_of};
use crate::{DEFAULTS, PolicyError};

/// The most files that one set may come from.
pub const MAX_FILES: usize = 64;

/// The most bytes that a policy file may have.
pub const MAX_FILE_BYTES: usize = 256 * 1024;

/// Where a policy stands: its file, and its `@id` or else its position there.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub file: String,
    pub name: String,
}

/// The policies of a site.
///
/// INVARIANT: every policy is valid against the [schema](crate::schema), and speaks only of known words.
#[derive(Clone, Debug)]
pub struct PolicySet {
    pub(crate) cedar: CedarSet,
    pub(crate) schema: Schema,
    pub(crate) origins: HashMap<PolicyId, Origin>,
    mentions: Vec<Mention>,
    warnings: Vec<PolicyError>,
}

impl PolicySet {
    /// The policies in `sources` (file names with their text), and no others: without the shipped
    /// ones nothing forbids what Global Privacy Control opts out of.
    ///
    /// # Errors
    /// The first [`PolicyError`] found, with the file and the place.
    pub fn parse(sources: &[(&str, &str)]) -> Result<Self, PolicyError> {
        if sources.len() > MAX_FILES {
            return Err(PolicyError::new(format!(
                "{} policy files are given, at most {MAX_FILES} may be",
                sources.len()
            )));
        }
        let mut set = Self {
            cedar: CedarSet::new(),
            schema: schema()?,
            origins: HashMap::new(),
            mentions: Vec::new(),
            warnings: Vec::new(),
        };
        for (position, (file, text)) in sources.iter().enumerate() {
            set.add_file(position, file, text)?;
        }
        Ok(set)
    }

    /// The shipped policies together with those in `sources`, as sites use them.
    ///
    /// # Errors
    /// As [`PolicySet::parse`].
    pub fn with_defaults(sources: &[(&str, &str)]) -> Result<Self, PolicyError> {
        let all: Vec<_> = DEFAULTS.iter().chain(sources).copied().collect();
        Self::parse(&all)
    }

    /// The shipped policies alone.
    ///
    /// # Errors
    /// None for the files as shipped, which a test parses.
    pub fn defaults() -> Result<Self, PolicyError> {
        Self::with_defaults(&[])
    }

    /// What is allowed but most likely a mistake, such as a policy that can never apply.
    #[must_use]
    pub fn warnings(&self) -> &[PolicyError] {
        &self.warnings
    }

    /// Plugins and labels that the policies speak of and the site has none of: most likely misspelt,
    /// and then a `forbid` would silently allow.
    #[must_use]
    pub fn strangers(&self, plugins: &[&str], labels: &[&str]) -> Vec<PolicyError> {
        let mut strangers = Vec::new();
        for Mention { kind, name, file, span } in &self.mentions {
            let (known, message) = match kind {
                Kind::Plugin => (plugins, format!("no plugin of this site is called `{name}`")),
                Kind::Label => (labels, format!("no route of this site has the label `{name}`")),
            };
            if !known.contains(&name.as_str()) {
                let stranger = PolicyError::new(message).in_file(file).at(span.clone());
                strangers.push(stranger.with_help(one_of(name, known)));
            }
        }
        strangers
    }

    fn add_file(&mut self, position: usize, file: &str, text: &str) -> Result<(), PolicyError> {
        if text.len() > MAX_FILE_BYTES {
            return Err(PolicyError::new(format!(
                "the file has {} bytes, at most {MAX_FILE_BYTES} are allowed",
                text.len()
            ))
            .in_file(file));
        }
        let parsed = CedarSet::from_str(text).map_err(|error| PolicyError::of_cedar(file, text, &error))?;
        if parsed.templates().next().is_some() {
            return Err(PolicyError::new("a policy with a slot (`?principal`, `?resource`) never applies")
                .in_file(file)
                .at(text.find("?principal").or_else(|| text.find("?resource")).map(|at| at..at + 1))
                .with_help("write the plugin or the signal in its place"));
        }
        self.validate(file, text, &parsed)?;
        for policy in parsed.policies() {
            self.mentions.extend(spelling::check(file, text, policy)?);
            self.add(position, file, policy)?;
        }
        Ok(())
    }

    fn validate(&mut self, file: &str, text: &str, parsed: &CedarSet) -> Result<(), PolicyError> {
        let result = Validator::new(self.schema.clone()).validate(parsed, ValidationMode::Strict);
        self.warnings
            .extend(result.validation_warnings().map(|warning| PolicyError::of_cedar(file, text, warning)));
        let first = result
            .validation_errors()
            .map(|error| PolicyError::of_cedar(file, text, error))
            .min_by_key(|error| error.span().map_or(usize::MAX, |span| span.start));
        let Some(error) = first else { return Ok(()) };
        let marked = error.span().and_then(|span| text.get(span)).unwrap_or_default();
        Err(spelling::advise(error, marked))
    }

    fn add(&mut self, position: usize, file: &str, policy: &Policy) -> Result<(), PolicyError> {
        let id = PolicyId::new(format!("{position}/{}", policy.id()));
        let name = policy.annotation("id").map_or_else(|| policy.id().to_string(), str::to_owned);
        self.origins.insert(id.clone(), Origin { file: file.to_owned(), name });
        self.cedar.add(policy.new_id(id)).map_err(|error| PolicyError::new(error.to_string()).in_file(file))
    }
}

fn schema() -> Result<Schema, PolicyError> {
    Schema::from_cedarschema_str(&crate::schema()?)
        .map(|(schema, _)| schema)
        .map_err(|error| PolicyError::new(error.to_string()).in_file("schema.cedarschema"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEE: &str = r#"permit (principal, action == Action::"see", resource) when"#;

    fn refusal(condition: &str) -> (PolicyError, String) {
        let text = format!("// a site\n{SEE} {{ {condition} }};");
        let error = PolicySet::with_defaults(&[("site.cedar", &text)]).unwrap_err();
        let marked = error.span().map_or_else(String::new, |span| text[span].to_owned());
        (error, marked)
    }

    #[test]
    fn the_shipped_policies_are_valid_and_without_warnings() {
        let set = PolicySet::defaults().unwrap();
        assert_eq!(set.cedar.num_of_policies(), 4);
        assert_eq!(set.warnings(), []);
    }

    #[test]
    fn a_syntax_error_is_placed() {
        let (error, marked) = refusal("context.gpc ==");
        assert_eq!(error.file(), Some("site.cedar"));
        assert_eq!(marked, "}");
        assert!(error.message().starts_with("unexpected token"), "{error}");
    }

    #[test]
    fn a_misspelt_attribute_is_placed_and_corrected() {
        let (error, marked) = refusal("context.personalisation");
        assert_eq!(error.file(), Some("site.cedar"));
        assert!(marked.contains("personalisation"), "{marked}");
        assert!(error.help().unwrap().contains("personalization"), "{error:?}");
    }

    #[test]
    fn a_wrong_type_is_refused() {
        let (error, _) = refusal("context.gpc == \"1\"");
        assert!(error.message().contains("types"), "{error}");
    }

    #[test]
    fn names_that_the_site_does_not_have_are_told_with_their_place() {
        let text = r#"
            forbid (principal == Plugin::"heroo", action == Action::"see", resource)
            when { context.labels.contains("sensitve") || ["home"].containsAny(context.labels) }
            unless { principal in [Plugin::"banner", Plugin::"hero"] || context.labels == ["home", "x"] };
        "#;
        let set = PolicySet::with_defaults(&[("site.cedar", text)]).unwrap();
        let strangers = set.strangers(&["hero", "banner"], &["home", "sensitive"]);
        let told: Vec<_> = strangers
            .iter()
            .map(|error| format!("{error} at {}: {}", &text[error.span().unwrap()], error.help().unwrap()))
            .collect();
        assert_eq!(
            told,
            [
                "no plugin of this site is called `heroo` at \"heroo\": did you mean `hero`? It is one of hero, banner",
                "no route of this site has the label `sensitve` at \"sensitve\": did you mean `sensitive`? It is one \
                 of home, sensitive",
                "no route of this site has the label `x` at \"x\": it is one of home, sensitive",
            ]
        );
        assert_eq!(PolicySet::defaults().unwrap().strangers(&[], &[]), []);
    }

    #[test]
    fn a_template_is_refused() {
        let text = r#"permit (principal == ?principal, action == Action::"see", resource);"#;
        let error = PolicySet::parse(&[("site.cedar", text)]).unwrap_err();
        assert!(error.message().contains("slot"), "{error}");
        assert_eq!(error.span(), Some(21..22));
    }

    #[test]
    fn files_may_share_ids_but_not_grow_without_bound() {
        let text = format!("@id(\"consent\") {SEE} {{ context.measurement }};");
        assert!(PolicySet::with_defaults(&[("a.cedar", &text), ("a.cedar", &text)]).is_ok());
        let long = " ".repeat(MAX_FILE_BYTES + 1);
        let error = PolicySet::parse(&[("long.cedar", &long)]).unwrap_err();
        assert_eq!(error.file(), Some("long.cedar"));
    }
}
