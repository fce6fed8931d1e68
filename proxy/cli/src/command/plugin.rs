//! `cloakroom plugin …`: one file a command.

mod check;
mod table;

use clap::Subcommand;

use crate::exit::Exit;
use crate::report::Output;

#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// Check that a plugin keeps all that is promised of plugins, with the figures.
    Check(check::Args),
    /// Print who sees what: a plugin's whole table, as rules, JSON or CSV.
    Table(table::Args),
}

pub(crate) fn run(command: &PluginCommand, output: &Output) -> Exit {
    match command {
        PluginCommand::Check(args) => check::run(args, output),
        PluginCommand::Table(args) => table::run(args, output),
    }
}
