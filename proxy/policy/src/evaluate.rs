//! Asking Cedar: may this plugin see this signal at this grain, under these facts?

use std::collections::{HashMap, HashSet};
use std::str::FromStr;

use cedar_policy::{
    AuthorizationError, Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid,
    PolicyId, Request, RestrictedExpression,
};
use cloakroom_vocabulary::{ConsentFacts, Signal, SiteVocabulary};

use crate::schema::{GRAIN, JURISDICTION, MODE, SIGNAL_NAME, signal_id};
use crate::{PolicyError, PolicySet, Subject};

/// The most evaluations that one route may take.
pub const MAX_EVALUATIONS: u64 = 1_000_000;

/// A policy that fails in some contexts (an overflow, say) and therefore denies there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedPolicy {
    /// The file that it stands in.
    pub file: String,
    /// Its `@id`, or else its position in the file.
    pub policy: String,
    /// What Cedar says about the first failure.
    pub message: String,
    /// The context of the first failure, for people.
    pub context: String,
    /// In how many evaluations it failed.
    pub evaluations: u32,
}

impl std::fmt::Display for FailedPolicy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { file, policy, message, context, evaluations } = self;
        write!(
            f,
            "`{policy}` in `{file}` fails in {evaluations} evaluations and denies there, first for {context}: {message}"
        )
    }
}

/// Refuses what would take too long, with the arithmetic.
pub(crate) fn check_bound(vocabulary: &SiteVocabulary, subject: &Subject<'_>) -> Result<(), PolicyError> {
    let sights: u64 = subject
        .plugins
        .iter()
        .flat_map(|(_, signals)| signals)
        .map(|signal| u64::from(vocabulary.hierarchy(*signal).any_grain().0))
        .sum();
    let contexts = ConsentFacts::COUNT as u64;
    let evaluations = contexts.saturating_mul(sights);
    if evaluations <= MAX_EVALUATIONS {
        return Ok(());
    }
    Err(PolicyError::new(format!(
        "{contexts} contexts × {sights} combinations of plugin, signal and grain = {evaluations} \
         evaluations, at most {MAX_EVALUATIONS} are allowed"
    ))
    .with_help("list fewer plugins on the route"))
}

/// Cedar, ready to be asked about one route.
pub(crate) struct Evaluator<'a> {
    policies: &'a PolicySet,
    subject: &'a Subject<'a>,
    authorizer: Authorizer,
    entities: Entities,
    action: EntityUid,
    failed: HashMap<PolicyId, FailedPolicy>,
}

impl<'a> Evaluator<'a> {
    pub(crate) fn new(
        policies: &'a PolicySet,
        vocabulary: &SiteVocabulary,
        subject: &'a Subject<'a>,
    ) -> Result<Self, PolicyError> {
        let mut entities = Vec::new();
        for signal in Signal::ALL {
            let telling = usize::from(vocabulary.hierarchy(signal).any_grain().0);
            for (level, grain) in vocabulary.hierarchy(signal).grains().iter().take(telling).enumerate() {
                entities.push(sight(signal, grain, level)?);
            }
        }
        let schema = Some(&policies.schema);
        Ok(Self {
            policies,
            subject,
            authorizer: Authorizer::new(),
            entities: Entities::from_entities(entities, schema).map_err(internal)?,
            action: uid("Action", "see")?,
            failed: HashMap::new(),
        })
    }

    /// Whether every policy could be evaluated and the answer is yes.
    pub(crate) fn permits(
        &mut self,
        plugin: &str,
        signal: Signal,
        grain: &str,
        facts: ConsentFacts,
    ) -> Result<bool, PolicyError> {
        let request = Request::new(
            uid("Plugin", plugin)?,
            self.action.clone(),
            uid("Signal", &signal_id(signal, grain))?,
            self.context(facts)?,
            Some(&self.policies.schema),
        )
        .map_err(internal)?;
        let response = self.authorizer.is_authorized(&request, &self.policies.cedar, &self.entities);
        let mut failed = false;
        for error in response.diagnostics().errors() {
            failed = true;
            self.note(error, || {
                format!("plugin {plugin}, signal {signal} at grain {grain}, {}", describe(facts))
            });
        }
        // Cedar passes over a policy that fails; were it a `forbid`, that would allow.
        Ok(response.decision() == Decision::Allow && !failed)
    }

    /// The policies that failed so far, ordered by file and name.
    pub(crate) fn into_failed(self) -> Vec<FailedPolicy> {
        let mut failed: Vec<_> = self.failed.into_values().collect();
        failed.sort_by(|a, b| (&a.file, &a.policy).cmp(&(&b.file, &b.policy)));
        failed
    }

    fn context(&self, facts: ConsentFacts) -> Result<Context, PolicyError> {
        let text = |value: &str| RestrictedExpression::new_string(value.to_owned());
        let labels = self.subject.labels.iter().map(|label| text(label));
        Context::from_pairs([
            ("personalization".to_owned(), RestrictedExpression::new_bool(facts.consent.personalization)),
            ("measurement".to_owned(), RestrictedExpression::new_bool(facts.consent.measurement)),
            ("silent".to_owned(), RestrictedExpression::new_bool(facts.silent)),
            ("jurisdiction".to_owned(), word(JURISDICTION, facts.jurisdiction.name())?),
            ("gpc".to_owned(), RestrictedExpression::new_bool(facts.gpc)),
            ("mode".to_owned(), word(MODE, self.subject.mode)?),
            ("labels".to_owned(), RestrictedExpression::new_set(labels)),
        ])
        .map_err(internal)
    }

    fn note(&mut self, error: &AuthorizationError, context: impl FnOnce() -> String) {
        let AuthorizationError::PolicyEvaluationError(error) = error;
        let known = self.failed.entry(error.policy_id().clone()).or_insert_with(|| {
            let origin = self.policies.origins.get(error.policy_id());
            FailedPolicy {
                file: origin.map_or_else(String::new, |origin| origin.file.clone()),
                policy: origin.map_or_else(String::new, |origin| origin.name.clone()),
                message: error.inner().to_string(),
                context: context(),
                evaluations: 0,
            }
        });
        known.evaluations = known.evaluations.saturating_add(1);
    }
}

fn sight(signal: Signal, grain: &str, level: usize) -> Result<Entity, PolicyError> {
    let attributes = HashMap::from([
        ("signal".to_owned(), word(SIGNAL_NAME, signal.name())?),
        ("grain".to_owned(), word(GRAIN, grain)?),
        ("level".to_owned(), RestrictedExpression::new_long(i64::try_from(level).unwrap_or(i64::MAX))),
    ]);
    Entity::new(uid("Signal", &signal_id(signal, grain))?, attributes, HashSet::new()).map_err(internal)
}

/// A word of an enumerated type.
fn word((kind, _): (&str, &str), word: &str) -> Result<RestrictedExpression, PolicyError> {
    Ok(RestrictedExpression::new_entity_uid(uid(kind, word)?))
}

fn uid(kind: &str, id: &str) -> Result<EntityUid, PolicyError> {
    let kind = EntityTypeName::from_str(kind).map_err(internal)?;
    Ok(EntityUid::from_type_name_and_id(kind, EntityId::new(id)))
}

/// What the schema makes impossible is still an error, never a permission.
fn internal(error: impl std::fmt::Display) -> PolicyError {
    PolicyError::new(format!("the policies cannot be evaluated: {error}"))
}

fn describe(facts: ConsentFacts) -> String {
    let word = |yes: bool| if yes { "yes" } else { "no" };
    format!(
        "jurisdiction {}, personalization {}, measurement {}, silent {}, GPC {}",
        facts.jurisdiction.name(),
        word(facts.consent.personalization),
        word(facts.consent.measurement),
        word(facts.silent),
        word(facts.gpc)
    )
}
