//! That somebody shows a plugin although its audit is beyond the limits: who may, and what is written of it.

use cloakroom_audit::Breach;
use cloakroom_incidents::{Incident, IncidentLog, Kind, MAX_REASON_BYTES, Overridden};
use cloakroom_plugin_host::Plugin;
use cloakroom_settings::{Problem, Settings, Site};
use nix::unistd::{Gid, Group, User, getgid, getgroups, getuid};

use crate::clock;
use crate::exit::Exit;
use crate::judging::{BEYOND_HELP, beyond};
use crate::report::Output;

/// The shortest reason, in bytes: a word is none.
const MIN_REASON_BYTES: usize = 20;
/// The most groups of an account that are looked at.
const MAX_GROUPS: usize = 1_024;

/// That limits do not hold, said by somebody who may say so.
pub(crate) struct Decision {
    by: String,
    reason: String,
}

/// Whether a plugin may be shown: None if it is within the limits, so that nobody has to decide.
///
/// # Errors
/// It is beyond the limits, and nobody overrides them who may.
pub(crate) fn decide(
    site: &Site,
    breaches: &[Breach],
    reason: Option<&str>,
) -> Result<Option<Decision>, Problem> {
    match reason {
        _ if breaches.is_empty() => Ok(None),
        None => {
            let message = format!("the plugin is refused: {}", beyond(breaches));
            Err(Problem::nowhere(message).help(BEYOND_HELP))
        }
        Some(reason) => {
            let by = account().map_err(|cause| {
                Problem::nowhere(format!("the system does not say whose account this is: {cause}"))
                    .help("run this from an account that has a name")
            })?;
            may(site, &by)?;
            Ok(Some(Decision { by, reason: reason.to_owned() }))
        }
    }
}

impl Decision {
    /// Writes the decision to the incident log.
    ///
    /// # Errors
    /// The log cannot be written to, so nothing may be shown; that is printed.
    pub(crate) fn write(
        &self,
        settings: &Settings,
        (site, name): (&Site, &str),
        plugin: &Plugin,
        breaches: &[Breach],
        output: &Output,
    ) -> Result<(), Exit> {
        let Some(store) = &settings.store_folder else { return Err(Exit::Failure) };
        let limit = |breach: &Breach| Overridden { limit: breach.key(), found: breach.words.clone() };
        let incident = Incident {
            minute: clock::minute(),
            kind: Kind::LimitsOverridden,
            site: site.name.clone(),
            plugin: name.to_owned(),
            version: plugin.manifest().version().to_owned(),
            digest: plugin.digest().to_string(),
            by: self.by.clone(),
            reason: self.reason.clone(),
            limits: breaches.iter().map(limit).collect(),
        };
        IncidentLog::new(store).add(&incident).map_err(|cause| {
            let help = "run this as the user who runs `cloakroom serve`, to whom all of the store belongs";
            output.problem(&Problem::nowhere(cause.to_string()).help(help));
            output.failure("nothing is installed: what is overridden has to be written down first");
            Exit::Failure
        })
    }

    /// Who decided.
    pub(crate) fn by(&self) -> &str {
        &self.by
    }
}

/// Reads a reason from the command line.
pub(crate) fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    if !(MIN_REASON_BYTES..=MAX_REASON_BYTES).contains(&text.len()) {
        return Err(format!(
            "it has {} bytes: say in {MIN_REASON_BYTES} to {MAX_REASON_BYTES} why the limits do not hold",
            text.len()
        ));
    }
    match text.chars().find(|character| character.is_control()) {
        Some(control) => Err(format!("`{}` is no character of a reason", control.escape_default())),
        None => Ok(text.to_owned()),
    }
}

/// The name of the account that runs this program; its number where it has none.
fn account() -> Result<String, nix::Error> {
    Ok(User::from_uid(getuid())?.map_or_else(|| getuid().to_string(), |user| user.name))
}

/// Whether the site lets this account override its limits.
fn may(site: &Site, account: &str) -> Result<(), Problem> {
    let allowed = &site.audit.override_by;
    let is_in = |name: &str| {
        let mut groups = getgroups().unwrap_or_default();
        groups.push(getgid());
        let named = |gid: &Gid| Group::from_gid(*gid).ok().flatten().is_some_and(|group| group.name == name);
        groups.iter().take(MAX_GROUPS).any(named)
    };
    let fits = |allowed: &String| match allowed.strip_prefix('@') {
        Some(group) => is_in(group),
        None => allowed == account,
    };
    if allowed.is_empty() || allowed.iter().any(fits) {
        return Ok(());
    }
    let message = format!("`{account}` may not override the limits of `{}`", site.name);
    let help = format!("ask one of those whom `override_by` under `[audit]` names: {}", allowed.join(", "));
    Err(Problem::nowhere(message).help(help))
}
