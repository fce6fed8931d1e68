//! What policies can speak about, written down from the vocabulary in Cedar's schema language. Words of
//! ours alone; nothing of a site or a request enters.
//!
//! A closed list of words is an enumerated entity type, so that Cedar itself refuses a misspelt one
//! wherever it stands: in a `permit` it would only deny, in a `forbid` it would silently allow.

use std::fmt::Write as _;

use cloakroom_vocabulary::{Jurisdiction, Signal, SiteValues, SiteVocabulary};

use crate::PolicyError;

/// The modes of a route.
pub(crate) const MODES: [&str; 3] = ["personalize", "anonymous", "passthrough"];

/// The enumerated types, each with the attribute that has it.
pub(crate) const JURISDICTION: (&str, &str) = ("Jurisdiction", "context.jurisdiction");
pub(crate) const MODE: (&str, &str) = ("Mode", "context.mode");
pub(crate) const SIGNAL_NAME: (&str, &str) = ("SignalName", "resource.signal");
pub(crate) const GRAIN: (&str, &str) = ("Grain", "resource.grain");

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

/// The words of an enumerated type.
pub(crate) fn words(kind: &str) -> Result<Vec<&'static str>, PolicyError> {
    Ok(match kind {
        "Jurisdiction" => Jurisdiction::ALL.map(Jurisdiction::name).to_vec(),
        "Mode" => MODES.to_vec(),
        "SignalName" => Signal::ALL.map(Signal::name).to_vec(),
        _ => {
            let mut words = Vec::new();
            for name in grains()?.into_iter().flat_map(|(_, names)| names) {
                if !words.contains(&name) {
                    words.push(name);
                }
            }
            words
        }
    })
}

/// The schema that policies are checked against when they are loaded, in Cedar's schema language. It
/// is also at `policies/schema.cedarschema`, for people and their editors.
///
/// # Errors
/// None, unless the vocabulary contradicts itself.
pub fn schema() -> Result<String, PolicyError> {
    let mut text = String::from(
        "// What a policy can speak about. Policies are checked against this when they are loaded.\n\
         // Printed from the program's own vocabulary; a test keeps the two alike.\n\n\
         /// A personalization plugin, by the name under which the site lists it: Plugin::\"hero\". What a\n\
         /// route tells its origin (`origin_sees`) is seen by Plugin::\"origin\".\n\
         entity Plugin;\n",
    );
    for ((kind, _), what) in [
        (JURISDICTION, "The law of the place that the visitor's address belongs to: see jurisdictions.toml."),
        (MODE, "What is done with the requests of a route."),
        (SIGNAL_NAME, "A signal, at whatever grain."),
        (GRAIN, "How far a value is generalized. The first of a signal's grains is the finest."),
    ] {
        let words = words(kind)?;
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\n/// {what}\nentity {kind} enum [\"{}\"];", words.join("\", \""));
    }
    text.push_str(
        "\n/// A signal at a grain. There is none for the grain `any`, which tells nothing and is always\n\
         /// allowed. All there are:\n",
    );
    for (signal, names) in grains()? {
        let ids: Vec<_> =
            names.iter().map(|name| format!("Signal::\"{}\"", signal_id(signal, name))).collect();
        let _ = writeln!(text, "///   {}", ids.join(", "));
    }
    text.push_str(TAIL);
    Ok(text)
}

const TAIL: &str = "\
entity Signal = {
  signal: SignalName,
  grain: Grain,
  /// 0 is the finest grain of the signal, 1 the next coarser
  level: Long,
};

/// May this plugin see this signal at this grain? To permit a grain permits every coarser one.
action see appliesTo {
  principal: [Plugin],
  resource: [Signal],
  context: {
    /// The visitor allows content to be chosen by signals.
    personalization: Bool,
    /// The visitor allows the visit to be counted.
    measurement: Bool,
    /// The visitor has said neither yes nor no: nothing that tells of consent is there, or what is
    /// there can only object and does not. A broken or contradictory word is a no, not silence.
    silent: Bool,
    jurisdiction: Jurisdiction,
    /// The browser sent Global Privacy Control.
    gpc: Bool,
    mode: Mode,
    /// What the site calls the route.
    labels: Set<String>,
  },
};
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_in_the_repository_is_the_one_that_the_program_prints() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../policies/schema.cedarschema");
        let schema = schema().unwrap();
        if std::env::var_os("UPDATE_REFERENCE").is_some() {
            std::fs::write(path, &schema).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap();
        assert_eq!(written, schema, "run the test with UPDATE_REFERENCE=1 to write the file");
    }

    #[test]
    fn every_word_of_the_vocabulary_stands_in_the_schema() {
        let schema = schema().unwrap();
        for jurisdiction in Jurisdiction::ALL {
            assert!(schema.contains(&format!("\"{}\"", jurisdiction.name())), "{jurisdiction:?}");
        }
        for (signal, names) in grains().unwrap() {
            assert!(schema.contains(&format!("\"{signal}\"")), "{signal}");
            for name in names {
                assert!(schema.contains(&format!("Signal::\"{}\"", signal_id(signal, name))), "{signal}");
                assert!(words("Grain").unwrap().contains(&name), "{name}");
            }
        }
    }
}
