//! The real `cloakroom serve` against nginx, Varnish and HAProxy: CPU time of the server for each request,
//! system calls and latencies, in interleaved rounds; and what hits cost as a site grows. One command runs
//! all of it, and writes a table, the same figures as JSON, and a plot:
//!
//! ```text
//! cargo build --release
//! cargo bench --workspace --bench compare            # -- --quick for a short run, -- --only hit for one part
//! ```
//!
//! All servers serve the same bytes to the same made-up visitors from one CPU; the load comes from another.
//! Every answer is checked: its status, how the cache took part, and its whole body. A peer that is not
//! installed is an error, unless it is left out with `--without`.
//!
//! What is counted is the time that all processes of a server were on a CPU, for themselves or in the
//! system, so that a machine with other work to do changes the figures of all alike; each figure is a ratio
//! within one round, and the report shows how far rounds lie apart. What else could favour one of them:
//!
//! - Cloakroom writes its access log and counts metrics; nginx writes `combined` through a buffer of 64 kB.
//!   Varnish keeps its log in shared memory and nobody writes it down; HAProxy logs nothing. Both would need
//!   another process for it.
//! - The peers' variant key is made by hand of what this site happens to need: a few patterns, no consent
//!   strings, no law, no crowd. Cloakroom does all of its work.
//! - Nobody asks for compressed pages, and nobody makes them: Cloakroom would, after each miss and for as long again.

mod arguments;
mod certificate;
mod client;
mod load;
mod machine;
mod origin;
mod questions;
mod report;
mod rounds;
mod scenarios;
mod servers;
mod stats;
mod tracing;

use std::process::ExitCode;

use arguments::Arguments;
use certificate::Certificate;
use load::Load;
use report::Report;
use scenarios::{Bench, Found};

/// Why there is no result.
type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("the comparison is not whole: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let mut words = std::env::args().skip(1).peekable();
    if words.next_if(|word| word == "--memory").is_some() {
        return scenarios::memory_of_one(words);
    }
    let arguments = Arguments::read(words)?;
    let (serving, loading) = machine::two_cpus()?;
    machine::pin(std::process::id(), loading)?;
    let folder = machine::folder_in_memory()?;
    let bench = Bench {
        arguments: &arguments,
        folder: folder.path(),
        origin: origin::start()?,
        certificate: &Certificate::make(folder.path())?,
        visitors: &cloakroom_benches::visitors(),
        load: &Load::new()?,
        serving,
        loading,
    };
    let Found { sections, versions, failed } = scenarios::run(&bench)?;
    let mut about = vec![machine::described()];
    if !versions.is_empty() {
        about.push(format!("{}.", versions.join(", ")));
    }
    about.push(format!(
        "{} interleaved rounds; figures are medians, with least and most in brackets. CPU time is of all processes of \
         a server, user and system.",
        arguments.rounds
    ));
    let report = Report { about, sections };
    println!("{}", report.markdown());
    report.write(&arguments.out)?;
    if failed.is_empty() { Ok(()) } else { Err(failed.join("; ").into()) }
}
