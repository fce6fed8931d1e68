//! A personalized cache hit of the real `cloakroom serve` against nginx with a variant key made by
//! hand: CPU time of the server process for each request, in interleaved rounds.
//!
//! Both serve the same page, byte for byte, to the same made-up visitors from one CPU; the load
//! comes from another. Every answer is checked: its status, that it is a hit, and its whole body.

mod arguments;
mod load;
mod machine;
mod origin;
mod report;
mod servers;
mod tracing;

use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;

use arguments::Arguments;
use load::{Client, Load, Visit};
use report::{Figures, Report, Round};
use servers::Server;

/// Slices of a round; even, so that each server comes first in half of them.
const SLICES: usize = 10;

/// Why there is no result.
type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("there is no comparison: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let arguments = Arguments::read(std::env::args().skip(1))?;
    let (serving, loading) = machine::two_cpus()?;
    machine::pin(std::process::id(), loading)?;
    let folder = machine::folder_in_memory()?;
    let origin = origin::start()?;
    let visitors = cloakroom_benches::visitors();
    let visits: Rc<[Visit]> = visitors.iter().map(Visit::of).collect();
    let cloakroom = Server::cloakroom(&arguments.cloakroom, folder.path(), origin, serving)?;
    let nginx = Server::nginx(&arguments.nginx, folder.path(), origin, serving, &visitors)?;
    eprintln!("cloakroom is {}, nginx is {}, on CPU {serving}", cloakroom.pid(), nginx.pid());
    let load = Load::new(visits)?;
    let (mut ours, mut theirs) = (Client::of(&cloakroom), Client::of(&nginx));
    let mut report = Report::new(&nginx, arguments.requests);
    for round in 0..=arguments.rounds {
        load.settle(&mut ours)?;
        load.settle(&mut theirs)?;
        let round_of_both = interleaved(&load, &mut ours, &mut theirs, arguments.requests)?;
        // The first round is the warm-up.
        if round > 0 {
            report.add(round_of_both);
        }
    }
    for client in [&mut ours, &mut theirs] {
        load.settle(client)?;
        report.add_calls(client.server().kind(), tracing::system_calls(&load, client, folder.path()));
    }
    finish(&report, arguments.report.as_deref())
}

/// One round: both in turn, in slices so short that the machine is the same for both, and each as
/// often before the other as behind.
fn interleaved(
    load: &Load,
    ours: &mut Client<'_>,
    theirs: &mut Client<'_>,
    requests: usize,
) -> Result<Round, Failure> {
    let mut round = Round::default();
    for slice in 0..SLICES {
        let share = requests * (slice + 1) / SLICES - requests * slice / SLICES;
        if slice % 2 == 0 {
            round.ours += measure(load, ours, share)?;
            round.theirs += measure(load, theirs, share)?;
        } else {
            round.theirs += measure(load, theirs, share)?;
            round.ours += measure(load, ours, share)?;
        }
    }
    Ok(round)
}

fn measure(load: &Load, client: &mut Client<'_>, requests: usize) -> Result<Figures, Failure> {
    let before = client.server().cpu_time()?;
    let took = load.round(client, requests)?;
    let cpu = client.server().cpu_time()?.saturating_sub(before);
    Ok(Figures { requests, cpu, took })
}

fn finish(report: &Report, file: Option<&Path>) -> Result<(), Failure> {
    let text = report.markdown();
    println!("{text}");
    if let Some(file) = file {
        std::fs::write(file, text)?;
    }
    Ok(())
}
