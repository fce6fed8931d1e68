//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::command::plugin::PluginCommand;
use crate::command::purge;

/// Personalizes pages at the edge; visitors leave identity at the door.
#[derive(Debug, Parser)]
#[command(name = "cloakroom", version, arg_required_else_help = true)]
pub(crate) struct Args {
    /// Print results, errors and logs as JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a sample shop behind the proxy and look at it as any visitor.
    ///
    /// Everything is embedded and stays on this machine: a shop as origin, the proxy before it,
    /// simulated visitors, and a page that shows what the origin learns of them.
    Demo(Demo),
    /// Run the proxy.
    Serve(Serve),
    /// Check the configuration, its policies and plugins, and report on its routes.
    Check(Check),
    /// Print the incident log: who decided in writing that a limit does not hold, and why.
    Incidents(Incidents),
    /// Purge what a running `serve` has stored: pages of an address, a prefix, a tag or a site, or what a plugin made.
    ///
    /// Ends with 0 when it is done, however little there was; with 1 if nothing is running, and with 3 if the
    /// order names what is not there.
    Purge(purge::Args),
    /// Work with a plugin.
    Plugin {
        #[command(subcommand)]
        command: PluginCommand,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// Port of the shop through the proxy; its origin gets the next one, the looking glass the
    /// tenth after it.
    #[arg(long, value_name = "PORT", default_value_t = 8080, value_parser = clap::value_parser!(u16).range(1..=65_000))]
    pub(crate) port: u16,
    /// Start without simulated visitors: the crowd is then only who really comes.
    #[arg(long)]
    pub(crate) no_visitors: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// The main configuration file.
    #[arg(long, value_name = "FILE", default_value = "cloakroom.toml")]
    pub(crate) config: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// The main configuration file.
    #[arg(long, value_name = "FILE", default_value = "cloakroom.toml")]
    pub(crate) config: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Incidents {
    /// The main configuration file.
    #[arg(long, value_name = "FILE", default_value = "cloakroom.toml")]
    pub(crate) config: PathBuf,
}
