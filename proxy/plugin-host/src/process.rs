//! The proxy's side of the process that runs a plugin: started, listened to, and ended in time.

use std::io::{PipeReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::LoadError;
use crate::limits::{Limits, MIB};
use crate::worker;

/// How long a process that has nothing more to say may take to end.
const GRACE: Duration = Duration::from_secs(1);
/// What is read of a process' last words. No one but this program is told of them.
const MAX_LAST_WORDS: u64 = 4 * 1024;
/// What the standard library says when there is no memory left, before it ends the process.
const NO_MEMORY: &str = "memory allocation of ";

/// Signals by which the system ends a process that goes beyond its bounds, on Linux.
const BAD_CALL: i32 = 31;
const PROCESSOR_TIME: i32 = 24;

/// A process that is ended and reaped with this.
pub(crate) struct Running {
    child: Child,
    words: PipeReader,
}

impl Running {
    /// Starts a process with nothing but its pipes.
    pub(crate) fn start(
        program: &Path,
        arguments: &[String],
    ) -> std::io::Result<(Self, ChildStdin, ChildStdout)> {
        let (words, errors) = std::io::pipe()?;
        let mut command = Command::new(program);
        command.args(arguments).env_clear().envs(worker::ENVIRONMENT);
        // The root of all files, which is there whatever becomes of the folder that the proxy was started in.
        command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors);
        in_a_group_of_its_own(&mut command);
        let mut running = Self { child: command.spawn()?, words };
        match (running.child.stdin.take(), running.child.stdout.take()) {
            (Some(to), Some(from)) => Ok((running, to, from)),
            _ => Err(std::io::Error::other("it has no pipes")),
        }
    }

    /// Why it ended by itself, if it does so within a moment.
    pub(crate) fn why_it_ended(&mut self, limits: &Limits) -> LoadError {
        let status = self.ended();
        self.end();
        let mut words = Vec::new();
        // All ends of the pipe but this one are closed now.
        let _ = (&self.words).take(MAX_LAST_WORDS).read_to_end(&mut words);
        let exhausted = |what: String| LoadError::Exhausted { what };
        if String::from_utf8_lossy(&words).contains(NO_MEMORY) {
            return exhausted(format!("{} MiB of memory", limits.process_memory_bytes / MIB));
        }
        match status.and_then(signal) {
            Some(PROCESSOR_TIME) => {
                let seconds = worker::bounds(limits).processor_seconds;
                exhausted(format!("{seconds} seconds of processor time"))
            }
            Some(BAD_CALL) => LoadError::Died {
                how: "it asked the system for what no plugin needs, and was ended".to_owned(),
            },
            _ => LoadError::Died { how: how(status) },
        }
    }

    fn ended(&mut self) -> Option<ExitStatus> {
        let since = Instant::now();
        while since.elapsed() < GRACE {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            thread::sleep(Duration::from_millis(2));
        }
        None
    }

    pub(crate) fn end(&mut self) {
        // One that has ended already cannot be ended again; either way it is reaped.
        end_group(&self.child);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// What a process starts, where it can, ends with it.
#[cfg(target_os = "linux")]
fn in_a_group_of_its_own(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(target_os = "linux")]
fn end_group(child: &Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    // Not yet reaped, so its number is nobody else's.
    let _ = group.map(|group| kill_process_group(group, Signal::KILL));
}

#[cfg(not(target_os = "linux"))]
fn in_a_group_of_its_own(_: &mut Command) {}

#[cfg(not(target_os = "linux"))]
fn end_group(_: &Child) {}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> Option<i32> {
    None
}

fn how(status: Option<ExitStatus>) -> String {
    match status.map(|status| (signal(status), status.code())) {
        Some((Some(signal), _)) => format!("it was ended by signal {signal}"),
        Some((None, Some(code))) => format!("it ended with code {code} and without an answer"),
        _ => "it closed its end without an answer".to_owned(),
    }
}
