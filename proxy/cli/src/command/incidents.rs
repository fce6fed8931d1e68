//! `cloakroom incidents`: what was decided against the rules, by whom and why.
//!
//! Ends with 0, with 3 if the configuration is wrong or has no store, and with 1 if the log cannot be read.

use std::fmt::Write;

use cloakroom_incidents::{Incident, IncidentLog, Kind};
use cloakroom_settings::Problem;
use serde_json::json;

use crate::args::Incidents;
use crate::clock;
use crate::exit::Exit;
use crate::report::{Output, printable};

pub(crate) fn run(args: &Incidents, output: &Output) -> Exit {
    let settings = match cloakroom_settings::load(&args.config) {
        Ok(settings) => settings,
        Err(error) => {
            output.refused(&error);
            return Exit::Wrong;
        }
    };
    let Some(store) = &settings.store_folder else {
        let problem = Problem::nowhere("the configuration has no store, and so no incident log");
        output.problem(&problem.help("add a section `[store]` with `path = \"data\"`, or another folder"));
        return Exit::Wrong;
    };
    match IncidentLog::new(store).read() {
        Ok(incidents) => {
            output.result(
                &text(&incidents),
                || json!({ "incidents": incidents.iter().map(value).collect::<Vec<_>>() }),
            );
            Exit::Success
        }
        Err(cause) => {
            let help =
                "run this as the user who runs `cloakroom serve`; a damaged line has to be mended by hand";
            output.problem(&Problem::nowhere(cause.to_string()).help(help));
            Exit::Failure
        }
    }
}

fn text(incidents: &[Incident]) -> String {
    if incidents.is_empty() {
        return "no incidents\n".to_owned();
    }
    let mut text = String::new();
    for incident in incidents {
        let Incident { site, plugin, by, digest, .. } = incident;
        let (version, reason) = (printable(&incident.version), printable(&incident.reason));
        let digest = digest.get(..12).unwrap_or(digest);
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{}  {by} let {site} show {plugin} {version} ({digest}) beyond its limits",
            clock::in_words(incident.minute)
        );
        let _ = writeln!(text, "    reason: {reason}");
        for limit in &incident.limits {
            let _ = writeln!(text, "    {}: {}", limit.limit, limit.found);
        }
    }
    text
}

fn value(incident: &Incident) -> serde_json::Value {
    let kind = match incident.kind {
        Kind::LimitsOverridden => "limits_overridden",
    };
    let limits: Vec<_> =
        incident.limits.iter().map(|limit| json!({ "limit": limit.limit, "found": limit.found })).collect();
    json!({
        "when": clock::in_words(incident.minute), "kind": kind, "site": incident.site, "plugin": incident.plugin,
        "version": incident.version, "digest": incident.digest, "by": incident.by, "reason": incident.reason,
        "limits": limits,
    })
}
