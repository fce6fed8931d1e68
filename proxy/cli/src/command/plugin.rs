//! `cloakroom plugin …`: one file a command.

mod audit;
mod build;
mod check;
mod diff;
mod install;
mod list;
mod new;
mod overriding;
mod place;
mod rollback;
mod table;

use clap::Subcommand;

use crate::exit::Exit;
use crate::report::Output;

pub(crate) use place::site_of;

#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// Start a plugin from the example of its language.
    New(new::Args),
    /// Build a plugin, by the toolchain of its language.
    Build(build::Args),
    /// Check that a plugin keeps all that is promised of plugins, with the figures.
    Check(check::Args),
    /// Print what a plugin does to whom: who sees what, what a page tells of its visitor, fairness.
    ///
    /// Ends with 3 if it is beyond the limits of the site.
    Audit(audit::Args),
    /// Print what another version of a plugin changes: only the cells that change, as rules.
    ///
    /// Ends with 0 if the two do the same, with 4 if they differ.
    Diff(diff::Args),
    /// Print who sees what: a plugin's whole table, as rules, JSON or CSV.
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
        PluginCommand::Audit(args) => audit::run(args, output),
        PluginCommand::Diff(args) => diff::run(args, output),
        PluginCommand::Table(args) => table::run(args, output),
        PluginCommand::Install(args) => install::run(args, output),
        PluginCommand::Rollback(args) => rollback::run(args, output),
        PluginCommand::List(args) => list::run(args, output),
    }
}
