//! Finds and runs external tools: an argument list, a bounded time, a bounded output.
//!
//! No shell ever sees a project's words.

use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use cloakroom_settings::Problem;

use crate::BuildError;

/// How long a tool may take: a first build of a standard library takes minutes.
pub const TOOL_TIME: Duration = Duration::from_secs(900);

/// How long a tool may take that is only asked about itself.
const QUESTION_TIME: Duration = Duration::from_secs(30);

/// How much of a tool's output is kept, in bytes a stream: the last ones, since errors end with what matters.
pub const OUTPUT_KEPT: usize = 16 * 1024;

/// How often a running tool is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// How long output is waited for after the tool has ended: a process that it left behind may hold it open.
const DRAIN: Duration = Duration::from_secs(2);

/// A tool with the arguments that always come first: `python3 -m ziglang`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tool {
    program: PathBuf,
    first: Vec<&'static str>,
}

impl Tool {
    /// A tool that is one program.
    pub(crate) fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), first: Vec::new() }
    }

    /// The same with arguments that always come first.
    pub(crate) fn with(mut self, first: &[&'static str]) -> Self {
        self.first.extend(first);
        self
    }

    /// The file that is run.
    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// A run of it in `folder`.
    pub(crate) fn run_in<'a>(&'a self, folder: &'a Path) -> Run<'a> {
        let args = self.first.iter().map(OsString::from).collect();
        Run { tool: self, folder, args, environment: Vec::new() }
    }
}

/// One run of a tool that is being put together.
pub(crate) struct Run<'a> {
    tool: &'a Tool,
    folder: &'a Path,
    args: Vec<OsString>,
    environment: Vec<(&'static str, OsString)>,
}

impl Run<'_> {
    /// Adds an argument.
    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    pub(crate) fn args(self, args: &[&str]) -> Self {
        args.iter().fold(self, |run, arg| run.arg(arg))
    }

    /// Adds a variable to the environment that the tool inherits.
    pub(crate) fn variable(mut self, name: &'static str, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name, value.as_ref().to_owned()));
        self
    }

    /// The command, for people.
    fn shown(&self) -> String {
        let args = self.args.iter().map(|arg| arg.to_string_lossy());
        std::iter::once(self.tool.program.to_string_lossy()).chain(args).collect::<Vec<_>>().join(" ")
    }

    fn start(&self) -> std::io::Result<Child> {
        Command::new(&self.tool.program)
            .args(&self.args)
            .current_dir(self.folder)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
    }
}

/// Where tools are looked for, and whom to tell before one is run.
pub struct Tools {
    path: Vec<PathBuf>,
    tell: fn(&str),
}

impl Tools {
    /// Looks in the folders of `path`, as `PATH` lists them, those that are relative left out. `tell` gets
    /// the command before each run that may take long.
    #[must_use]
    pub fn new(path: Option<&OsStr>, tell: fn(&str)) -> Self {
        let path = path.map(std::env::split_paths).into_iter().flatten();
        Self { path: path.filter(|folder| folder.is_absolute()).collect(), tell }
    }

    /// The tool of this name, if there is one.
    pub(crate) fn find(&self, name: &str) -> Option<Tool> {
        self.path.iter().map(|folder| folder.join(name)).find(|file| runs(file)).map(Tool::new)
    }

    /// Runs a tool that makes something.
    ///
    /// # Errors
    /// The tool cannot be started, fails, or does not end in [`TOOL_TIME`].
    pub(crate) fn run(&self, run: &Run<'_>) -> Result<(), BuildError> {
        (self.tell)(&run.shown());
        let ended = finish(run, TOOL_TIME).map_err(|cause| failed(run, &cause, String::new()))?;
        let help = || ended.errors.clone() + &ended.output;
        match ended.status {
            Some(status) if status.success() => Ok(()),
            Some(status) => Err(failed(run, &status, help())),
            None => Err(failed(run, &format_args!("it did not end in {} s", TOOL_TIME.as_secs()), help())),
        }
    }

    /// What a tool answers when it is asked about itself, if it does so in time and without failing.
    pub(crate) fn ask(&self, run: &Run<'_>) -> Option<String> {
        let ended = finish(run, QUESTION_TIME).ok()?;
        ended.status?.success().then(|| ended.output.trim().to_owned())
    }
}

/// The largest file that is read of what a tool made: far more than any plugin has.
const MAX_MADE: u64 = 64 << 20;

/// What a tool has made.
///
/// # Errors
/// It is not there, or larger than anything that could be a plugin.
pub(crate) fn made(path: &Path) -> Result<Vec<u8>, BuildError> {
    let read = || {
        let mut bytes = Vec::new();
        std::fs::File::open(path)?.take(MAX_MADE + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_MADE {
            return Err(std::io::Error::other("it is larger than any plugin"));
        }
        Ok(bytes)
    };
    read().map_err(|cause| BuildError::file(path, &cause))
}

fn failed(run: &Run<'_>, why: &dyn Display, output: String) -> BuildError {
    let problem = Problem::nowhere(format!("`{}` failed: {why}", run.shown()))
        .help("what the tool wrote last says where; what was built before is still there");
    BuildError::Failed { problem, output }
}

/// How a tool ended. Without a status it was stopped.
struct Ended {
    status: Option<ExitStatus>,
    output: String,
    errors: String,
}

fn finish(run: &Run<'_>, time: Duration) -> std::io::Result<Ended> {
    let mut child = run.start()?;
    let (output, errors) = (keep_last(child.stdout.take()), keep_last(child.stderr.take()));
    let end = Instant::now() + time;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if Instant::now() >= end {
            // It may have ended just now: then there is nothing to stop.
            let _ = child.kill();
            child.wait()?;
            break None;
        }
        std::thread::sleep(LOOK);
    };
    let text = |kept: mpsc::Receiver<String>| kept.recv_timeout(DRAIN).unwrap_or_default();
    Ok(Ended { status, output: text(output), errors: text(errors) })
}

/// Reads a stream to its end in a thread, so that the tool never waits for us, and keeps the last of it.
fn keep_last(stream: Option<impl Read + Send + 'static>) -> mpsc::Receiver<String> {
    let (send, kept) = mpsc::channel();
    if let Some(stream) = stream {
        // Nobody waits for it any more when the receiver is gone.
        std::thread::spawn(move || send.send(last(stream)));
    }
    kept
}

fn last(mut stream: impl Read) -> String {
    let (mut kept, mut chunk) = (Vec::new(), [0; 4096]);
    while let Ok(read @ 1..) = stream.read(&mut chunk) {
        kept.extend_from_slice(chunk.get(..read).unwrap_or_default());
        let over = kept.len().saturating_sub(OUTPUT_KEPT);
        kept.drain(..over);
    }
    String::from_utf8_lossy(&kept).into_owned()
}

#[cfg(unix)]
fn runs(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn runs(file: &Path) -> bool {
    file.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tools() -> Tools {
        Tools::new(std::env::var_os("PATH").as_deref(), |_| ())
    }

    fn shell() -> Tool {
        tools().find("sh").unwrap().with(&["-c"])
    }

    #[test]
    fn nothing_is_found_on_a_path_that_is_empty_or_relative() {
        for path in [None, Some(""), Some(".:bin")] {
            assert_eq!(Tools::new(path.map(OsStr::new), |_| ()).find("sh"), None);
        }
    }

    #[test]
    fn a_failure_shows_the_command_and_what_the_tool_wrote() {
        let (shell, folder) = (shell(), std::env::temp_dir());
        let run = shell.run_in(&folder).arg("echo $WORD; exit 3").variable("WORD", "there");
        let Err(BuildError::Failed { problem, output }) = tools().run(&run) else { unreachable!() };
        assert!(problem.message().contains("exit 3` failed: exit status: 3"), "{problem}");
        assert_eq!(output, "there\n");
        assert!(tools().run(&shell.run_in(&folder).arg("exit 0")).is_ok());
    }

    #[test]
    fn words_of_a_project_are_never_read_by_a_shell() {
        let folder = std::env::temp_dir();
        let echo = tools().find("echo").unwrap();
        let answer = tools().ask(&echo.run_in(&folder).args(&["$HOME", ";", "exit"]));
        assert_eq!(answer.as_deref(), Some("$HOME ; exit"));
    }

    #[test]
    fn a_tool_that_never_ends_is_stopped() {
        let (shell, folder) = (shell(), std::env::temp_dir());
        let run = shell.run_in(&folder).arg("exec sleep 600");
        assert!(finish(&run, Duration::from_millis(50)).unwrap().status.is_none());
    }

    #[test]
    fn output_is_bounded_to_its_end() {
        let long = [vec![b'a'; 2 * OUTPUT_KEPT], b"end".to_vec()].concat();
        let kept = last(long.as_slice());
        assert_eq!(kept.len(), OUTPUT_KEPT);
        assert!(kept.ends_with("end"));
    }
}
