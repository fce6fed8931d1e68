//! `cloakroom plugin …`: one file a command.

mod build;
mod check;
mod install;
mod list;
mod new;
mod place;
mod rollback;
mod table;

use clap::Subcommand;

use crate::exit::Exit;
use crate::report::Output;

#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// Start a plugin from the example of its language.
    New(new::Args),
    /// Build a plugin, by the toolchain of its language.
    Build(build::Args),
    /// Check that a plugin keeps all that is promised of plugins, with the figures.
    Check(check::Args),
    /// Print who sees what: a plugin's whole table, as rules.
    Table(table::Args),
    /// Show a plugin on a site from now on: a running `serve` takes it up without a restart.
    ///
    /// The plugin is checked, its table is made, and the whole configuration is tried with it before
    /// anything changes.
    Install(install::Args),
    /// Show an earlier version of a plugin again.
    Rollback(rollback::Args),
    /// List the versions that are installed.
    List(list::Args),
}

pub(crate) fn run(command: &PluginCommand, output: &Output) -> Exit {
    match command {
        PluginCommand::New(args) => new::run(args, output),
        PluginCommand::Build(args) => build::run(args, output),
        PluginCommand::Check(args) => check::run(args, output),
        PluginCommand::Table(args) => table::run(args, output),
        PluginCommand::Install(args) => install::run(args, output),
        PluginCommand::Rollback(args) => rollback::run(args, output),
        PluginCommand::List(args) => list::run(args, output),
    }
}
