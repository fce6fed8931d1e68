//! The command `cloakroom`: arguments, then the rooms, then an exit code.
//!
//! No request data enters here: the command knows configuration, and the edge knows sockets.

mod args;
mod assemble;
mod certificates;
mod clock;
mod command;
mod exit;
mod judging;
mod loading;
mod logs;
mod lost;
mod metrics;
mod panics;
mod plugins;
mod report;
mod shown;
mod take_up;

use std::process::ExitCode;

use clap::Parser;
use cloakroom_plugin_host::worker;
use tikv_jemallocator::Jemalloc;

use args::{Args, Command};
use exit::Exit;

/// A request takes two read buffers from the heap, larger than glibc keeps at hand for a thread.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    // This program as the process of one plugin: no argument of it is for people.
    if std::env::args_os().nth(1).is_some_and(|first| first == worker::ARGUMENT) {
        return worker::main();
    }
    panics::print_places_alone();
    let args = Args::parse();
    let output = report::Output::new(args.json);
    let exit = match args.command {
        Command::Demo(demo) => command::demo::run(&demo, &output),
        Command::Serve(serve) => command::serve::run(&serve, &output),
        Command::Check(check) => command::check::run(&check, &output),
        Command::Incidents(incidents) => command::incidents::run(&incidents, &output),
        Command::Plugin { command } => command::plugin::run(&command, &output),
    };
    exit.into()
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
