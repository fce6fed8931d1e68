//! `cloakroom plugin …`: one file a command.

mod build;
mod new;
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
    /// Print who sees what: a plugin's whole table, as rules.
    Table(table::Args),
}

pub(crate) fn run(command: &PluginCommand, output: &Output) -> Exit {
    match command {
        PluginCommand::New(args) => new::run(args, output),
        PluginCommand::Build(args) => build::run(args, output),
        PluginCommand::Table(args) => table::run(args, output),
    }
}
