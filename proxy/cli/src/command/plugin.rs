//! `cloakroom plugin …`: one file a command.

mod table;

use clap::Subcommand;

use crate::exit::Exit;
use crate::report::Output;

#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// Print who sees what: a plugin's whole table, as rules.
    Table(table::Args),
}

pub(crate) fn run(command: &PluginCommand, output: &Output) -> Exit {
    match command {
        PluginCommand::Table(args) => table::run(args, output),
    }
}
