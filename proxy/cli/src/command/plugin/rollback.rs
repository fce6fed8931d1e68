//! `cloakroom plugin rollback NAME --site S`: an earlier version again.

use std::path::PathBuf;

use cloakroom_plugin_store::{StoreError, Target};
use cloakroom_settings::Problem;
use serde_json::json;

use crate::exit::Exit;
use crate::report::Output;
use crate::shown::key;

use super::place::{Place, in_words, listed, store_trouble, wrong};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The name under which the site lists the plugin.
    #[arg(value_name = "NAME")]
    name: String,
    /// The site, by its folder's name or one of its hosts.
    #[arg(long, value_name = "SITE")]
    site: String,
    /// The version whose digest begins so, or `file` for the site's own file; what was live before, if this is
    /// left out.
    #[arg(long, value_name = "DIGEST")]
    to: Option<String>,
    /// The main configuration file.
    #[arg(long, value_name = "FILE", default_value = "cloakroom.toml")]
    config: PathBuf,
}

pub(crate) fn run(args: &Args, output: &Output) -> Exit {
    roll_back(args, output).unwrap_or_else(|exit| exit)
}

fn roll_back(args: &Args, output: &Output) -> Result<Exit, Exit> {
    let place = Place::open(&args.config, output)?;
    let store = place.store().map_err(wrong(output))?;
    let site = place.site(&args.site).map_err(wrong(output))?;
    listed(site, &args.name).map_err(wrong(output))?;
    let mut change = store.change(key(site)).map_err(store_trouble(output))?;
    let to = match args.to.as_deref() {
        None => Target::Before,
        Some("file") => Target::File,
        Some(prefix) => Target::Digest(prefix.to_ascii_lowercase()),
    };
    let back = change.roll_back(&args.name, &to).map(|version| version.cloned());
    let version = back.map_err(|cause| {
        let list = format!("`cloakroom plugin list --site {}` shows what there is", site.name);
        match cause {
            StoreError::NothingInstalled { .. }
            | StoreError::NothingBefore { .. }
            | StoreError::Digest { .. } => wrong(output)(Problem::nowhere(cause.to_string()).help(list)),
            cause => store_trouble(output)(cause),
        }
    })?;
    place.try_out(site, &args.name, &change).map_err(|problems| {
        problems.iter().for_each(|problem| output.problem(problem));
        output.failure(format_args!("nothing is rolled back: `{}` goes on as it was", site.name));
        Exit::Wrong
    })?;
    change.commit().map_err(store_trouble(output))?;
    let live = in_words(site, &args.name, version.as_ref());
    let text = format!(
        "`{}` on `{}` is {live} again; a running `serve` takes it up within some seconds\n",
        args.name, site.name
    );
    output.result(&text, || {
        let live = version.map(|version| json!({ "version": version.version, "digest": version.digest }));
        json!({ "site": site.name, "name": args.name, "live": live })
    });
    Ok(Exit::Success)
}
