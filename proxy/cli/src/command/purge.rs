//! `cloakroom purge`: tells a running `serve` that what it has stored no longer holds.

use std::path::{Path, PathBuf};

use cloakroom_control::{ClientError, MAX_TAG_BYTES, MAX_TAGS, Purge, ask};
use cloakroom_settings::{Problem, Settings};
use serde_json::json;

use crate::command::plugin::site_of;
use crate::exit::Exit;
use crate::report::Output;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// One page, by its whole address; of a query, what its route lists counts.
    #[arg(long, value_name = "URL", conflicts_with_all = ["prefix", "tag", "plugin", "site"])]
    url: Option<String>,
    /// Every page whose address begins so, such as `https://shop.example/c/`.
    #[arg(long, value_name = "URL", conflicts_with_all = ["tag", "plugin", "site"])]
    prefix: Option<String>,
    /// Every page that its origin gave this tag in `Cache-Tag` or `Surrogate-Key`; may be repeated.
    #[arg(long, value_name = "TAG", conflicts_with = "plugin")]
    tag: Vec<String>,
    /// What a plugin made: by its name on the site, `NAME@VERSION`, or at least 12 digits of its digest.
    #[arg(long, value_name = "PLUGIN", conflicts_with = "soft")]
    plugin: Option<String>,
    /// A whole site, by its folder's name or one of its hosts; beside `--tag` or `--plugin`, that of it alone.
    #[arg(long, value_name = "SITE", required_unless_present_any = ["url", "prefix", "tag", "plugin"])]
    site: Option<String>,
    /// Have it be stale, and not gone: it may still be shown while it is fetched anew, or if that fails.
    #[arg(long)]
    soft: bool,
    /// The main configuration file.
    #[arg(long, value_name = "FILE", default_value = "cloakroom.toml")]
    config: PathBuf,
}

pub(crate) fn run(args: Args, output: &Output) -> Exit {
    let settings = match cloakroom_settings::load(&args.config) {
        Ok(settings) => settings,
        Err(error) => {
            output.refused(&error);
            return Exit::Wrong;
        }
    };
    let (socket, order) = match ordered(args, &settings) {
        Ok(found) => found,
        Err(problem) => {
            output.problem(&problem);
            return Exit::Wrong;
        }
    };
    let unit = if order.plugin.is_some() { "variant" } else { "page" };
    match ask(socket, &order) {
        Ok(count) => {
            let plural = if count == 1 { "" } else { "s" };
            let done = if order.soft { "now stale" } else { "gone" };
            let is = if count == 1 { "is" } else { "are" };
            output.result(
                &format!("{count} stored {unit}{plural} {is} {done}\n"),
                || json!({ "purged": count }),
            );
            Exit::Success
        }
        Err(cause) => {
            output.problem(&told(&cause, socket, &settings));
            if matches!(cause, ClientError::Refused(_)) { Exit::Wrong } else { Exit::Failure }
        }
    }
}

/// Where to send what.
fn ordered(args: Args, settings: &Settings) -> Result<(&Path, Purge), Problem> {
    let Args { url, prefix, tag, plugin, site, soft, config: _ } = args;
    let Some(socket) = &settings.control.socket else {
        let problem = Problem::nowhere("the configuration has no control socket, so nothing can be purged");
        return Err(problem.help(
            "add a section `[store]` with `path = \"data\"`, or `[control]` with `socket = \"control.sock\"`, and start \
             `serve` again",
        ));
    };
    if tag.len() > MAX_TAGS {
        let message = format!("{} tags are named, at most {MAX_TAGS} may be", tag.len());
        return Err(Problem::nowhere(message).help("purge them in several steps"));
    }
    if tag.iter().any(|tag| tag.trim().is_empty() || tag.len() > MAX_TAG_BYTES) {
        return Err(Problem::nowhere(format!("a tag has 1 to {MAX_TAG_BYTES} bytes")));
    }
    let site = site.map(|name| site_of(settings, &name)).transpose()?;
    let site = site.and_then(|site| site.hosts.first()).cloned();
    let tag = (!tag.is_empty()).then_some(tag.into());
    Ok((socket, Purge { url, prefix, tag, plugin, site, soft }))
}

fn told(cause: &ClientError, socket: &Path, settings: &Settings) -> Problem {
    let problem = Problem::nowhere(cause.to_string());
    match cause {
        ClientError::NothingRuns => problem.help(format!(
            "nobody listens at `{}`: a `serve` that starts has nothing stored yet, unless it keeps pages on disk",
            socket.display()
        )),
        ClientError::Foreign => {
            problem.help(format!("`{}` is in the way: look whose it is, and what", socket.display()))
        }
        ClientError::NotAllowed => problem.help("run this as the user who runs `cloakroom serve`"),
        ClientError::Refused(_) => {
            let hosts = settings.sites.iter().flat_map(|site| &site.hosts).map(|host| format!("`{host}`"));
            let hosts: Vec<_> = hosts.take(10).collect();
            problem.help(format!("addresses are whole, with a host; hosts of this configuration: {}", hosts.join(", ")))
        }
        ClientError::Broken(_) => problem.help("look into the log of `serve`, and try again"),
    }
}
