//! The proxy's side of the process that runs a plugin: started, fed, listened to, and ended in time.
//!
//! Nothing that comes back is believed: lengths are bounded, and a record is checked like a plugin.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::LoadError;
use crate::limits::Limits;
use crate::plugin::{Digest, Plugin};
use crate::wire;

/// How long a process that has nothing more to say may take to end.
const GRACE: Duration = Duration::from_secs(1);
/// The longest message of a refusal.
const MAX_REFUSAL_BYTES: usize = 16 * 1024;

/// Compiles and tabulates a component in a process of its own. Blocks, at most for the time to compile
/// and to load twice; the process is gone when this returns.
pub(crate) fn load(
    program: &Path,
    arguments: &[String],
    limits: &Limits,
    component: &[u8],
) -> Result<Plugin, LoadError> {
    if component.len() > limits.component_bytes {
        return Err(LoadError::TooLarge { bytes: component.len(), limit: limits.component_bytes });
    }
    let no_worker = |reason: String| LoadError::NoWorker { reason };
    let order = postcard::to_allocvec(limits).map_err(|cause| no_worker(cause.to_string()))?;
    let mut command = Command::new(program);
    command.args(arguments).env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut running = Running(command.spawn().map_err(|cause| no_worker(cause.to_string()))?);
    let (Some(mut to), Some(mut from)) = (running.0.stdin.take(), running.0.stdout.take()) else {
        return Err(no_worker("it has no pipes".to_owned()));
    };
    let after = limits.whole_load();
    let (answered, answers) = sync_channel(1);
    thread::scope(|scope| {
        // Kept open until the answer is here: a process whose proxy is gone ends itself.
        let fed = scope.spawn(move || {
            let _ = feed(&mut to, &order, component);
            to
        });
        scope.spawn(move || answered.send(wire::read(&mut from)));
        let answer = answers.recv_timeout(after);
        let status = match answer {
            Ok(Err(_)) => running.ended(),
            _ => None,
        };
        running.end();
        drop(fed.join());
        match answer {
            Ok(Ok((kind, bytes))) => understood(kind, &bytes, Digest::of(component)),
            Ok(Err(_)) => Err(LoadError::Died { how: how(status) }),
            Err(RecvTimeoutError::Timeout) => Err(LoadError::Overdue { after }),
            Err(RecvTimeoutError::Disconnected) => Err(LoadError::Died { how: how(None) }),
        }
    })
}

fn feed(to: &mut impl Write, limits: &[u8], component: &[u8]) -> std::io::Result<()> {
    wire::write(to, wire::LIMITS, limits)?;
    wire::write(to, wire::COMPONENT, component)
}

fn understood(kind: u8, bytes: &[u8], digest: Digest) -> Result<Plugin, LoadError> {
    let babble = |what: &str| LoadError::Babble { what: what.to_owned() };
    match kind {
        wire::RECORD => {
            let plugin = Plugin::from_record(bytes).map_err(|cause| babble(&cause.to_string()))?;
            if plugin.digest() == digest { Ok(plugin) } else { Err(babble("it is of another plugin")) }
        }
        wire::REFUSAL if bytes.len() <= MAX_REFUSAL_BYTES => {
            let refusal: LoadError =
                postcard::from_bytes(bytes).map_err(|_| babble("its refusal cannot be read"))?;
            let printable = !refusal.to_string().chars().any(char::is_control);
            Err(if printable { refusal } else { babble("its refusal cannot be printed") })
        }
        _ => Err(babble("neither a record nor a refusal")),
    }
}

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

/// A process that is ended and reaped with this.
struct Running(Child);

impl Running {
    /// How it ended, if it does so by itself within a moment.
    fn ended(&mut self) -> Option<ExitStatus> {
        let since = Instant::now();
        while since.elapsed() < GRACE {
            if let Ok(Some(status)) = self.0.try_wait() {
                return Some(status);
            }
            thread::sleep(Duration::from_millis(2));
        }
        None
    }

    fn end(&mut self) {
        // One that has ended already cannot be ended again; either way it is reaped.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}
