//! System calls of a server for each request, counted by strace where it is there.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::Failure;
use crate::client::Client;
use crate::load::Load;
use crate::machine::ask;

/// Requests while strace looks on; a traced server is some ten times slower.
const REQUESTS: usize = 5_000;

/// Calls for each request by name, the most frequent first.
pub(crate) type Calls = Vec<(String, f64)>;

/// Counts the calls of a round. Fails where strace is missing or may not trace.
pub(crate) fn system_calls(load: &Load, client: &mut Client<'_>) -> Result<Calls, Failure> {
    let file = client.server().folder().join("strace");
    let mut strace = Command::new("strace");
    strace.arg("-c").arg("-f").arg("-o").arg(&file).stderr(Stdio::null());
    for pid in client.server().pids() {
        strace.arg("-p").arg(pid.to_string());
    }
    let mut strace = strace.spawn()?;
    std::thread::sleep(Duration::from_secs(1));
    let round = load.round(client, REQUESTS, None);
    // strace prints its table when it is interrupted.
    ask("kill", &["-INT", &strace.id().to_string()])?;
    strace.wait()?;
    round?;
    Ok(read(&std::fs::read_to_string(&file)?))
}

/// Reads lines such as ` 55.13  0.060219  11  5123  14 epoll_wait`.
fn read(table: &str) -> Calls {
    let mut calls: Calls = table
        .lines()
        .filter_map(|line| {
            let words: Vec<_> = line.split_ascii_whitespace().collect();
            let (name, count) = (words.last()?, words.get(3)?.parse::<u32>().ok()?);
            (*name != "total").then(|| ((*name).to_owned(), f64::from(count) / REQUESTS as f64))
        })
        .collect();
    calls.sort_by(|one, other| other.1.total_cmp(&one.1));
    calls
}
