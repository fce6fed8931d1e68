//! One load, as the proxy sees it: what it says to the process of a plugin, and what it takes for an answer.
//!
//! Nothing that comes back is believed: lengths and numbers of frames are bounded, each has its time, and a
//! record is checked like a plugin.

use std::io::{Result as IoResult, Write as _};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use crate::code::{CodeCache, EngineKey};
use crate::confine::Confinement;
use crate::error::LoadError;
use crate::limits::Limits;
use crate::plugin::{Digest, Plugin};
use crate::process::Running;
use crate::tabulate::Progress;
use crate::wire;

/// The longest message of a refusal.
const MAX_REFUSAL_BYTES: usize = 16 * 1024;

/// How long whoever waits is told nothing.
const BETWEEN_WORDS: Duration = Duration::from_millis(100);

/// What to load, and how.
pub(crate) struct Request<'a> {
    pub(crate) program: &'a Path,
    pub(crate) arguments: &'a [String],
    pub(crate) limits: &'a Limits,
    pub(crate) cache: Option<&'a CodeCache>,
    pub(crate) component: &'a [u8],
    pub(crate) tell: &'a dyn Fn(Progress),
}

/// What is known after a load, beside the plugin.
#[derive(Default)]
pub(crate) struct Notes {
    /// What the process said of itself, before it saw anything of the plugin.
    pub(crate) confinement: Option<Confinement>,
    /// Why the code could not be kept.
    pub(crate) not_kept: Option<std::io::Error>,
}

/// Why there is no plugin.
enum End {
    Refused(LoadError),
    /// The process has closed its end.
    Closed,
    /// Its time is over.
    Late,
}

type Frame = IoResult<(u8, Vec<u8>)>;

/// Compiles and tabulates a component in a process of its own. Blocks, at most for the time to compile
/// and to load; the process is gone when this returns.
pub(crate) fn load(request: &Request<'_>, notes: &mut Notes) -> Result<Plugin, LoadError> {
    let limits = request.limits;
    if request.component.len() > limits.component_bytes {
        return Err(LoadError::TooLarge { bytes: request.component.len(), limit: limits.component_bytes });
    }
    let no_worker = |reason: String| LoadError::NoWorker { reason };
    let order = postcard::to_allocvec(limits).map_err(|cause| no_worker(cause.to_string()))?;
    let (mut running, mut to, from) =
        Running::start(request.program, request.arguments).map_err(|cause| no_worker(cause.to_string()))?;
    let after = limits.whole_load();
    let deadline = Instant::now() + after;
    // Less than a pipe holds, so that this waits for nobody. One that has ended is heard of below.
    let _ = wire::write(&mut to, wire::LIMITS, &order).and_then(|()| to.flush());
    let (heard, frames) = sync_channel(1);
    thread::scope(|scope| {
        scope.spawn(move || listen(from, &heard));
        let mut talk =
            Talk { request, notes, digest: Digest::of(request.component), engine: None, code: None };
        let mut fed = None;
        let end = talk.hear_out(frames, deadline, |talk| fed = Some(talk.feed(scope, to)));
        let answer = match end {
            Ok(plugin) => Ok(plugin),
            Err(End::Refused(refusal)) => Err(refusal),
            Err(End::Closed) => Err(running.why_it_ended(limits)),
            Err(End::Late) => Err(LoadError::Overdue { after }),
        };
        running.end();
        drop(fed.map(ScopedJoinHandle::join));
        answer
    })
}

/// Reads frames until there is an answer, an end, or nobody who wants more.
fn listen(mut from: ChildStdout, heard: &SyncSender<Frame>) {
    loop {
        let frame = wire::read(&mut from);
        let last = !matches!(frame, Ok((kind, _)) if kind != wire::RECORD && kind != wire::REFUSAL);
        if heard.send(frame).is_err() || last {
            return;
        }
    }
}

struct Talk<'a> {
    request: &'a Request<'a>,
    notes: &'a mut Notes,
    digest: Digest,
    engine: Option<EngineKey>,
    /// Code to keep, if the plugin turns out to be one.
    code: Option<Vec<u8>>,
}

impl<'a> Talk<'a> {
    /// Hears frames until there is an answer. `begin` is called once, when the process is ready.
    fn hear_out(
        &mut self,
        frames: Receiver<Frame>,
        deadline: Instant,
        begin: impl FnOnce(&Self),
    ) -> Result<Plugin, End> {
        let mut begin = Some(begin);
        let mut progresses = 0;
        let mut progress = Progress { done: 0, cells: 0 };
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let (kind, bytes) = match frames.recv_timeout(left.min(BETWEEN_WORDS)) {
                Ok(Ok(frame)) => frame,
                Err(RecvTimeoutError::Timeout) if left.is_zero() => return Err(End::Late),
                Err(RecvTimeoutError::Timeout) => {
                    (self.request.tell)(progress);
                    continue;
                }
                Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => return Err(End::Closed),
            };
            match kind {
                wire::READY if begin.is_some() => {
                    self.ready(&bytes)?;
                    begin.take().into_iter().for_each(|begin| begin(self));
                }
                wire::PROGRESS if progresses < wire::MAX_PROGRESS_FRAMES && begin.is_none() => {
                    progresses += 1;
                    progress = wire::progress(&bytes).ok_or_else(|| babble("it is further than its end"))?;
                    (self.request.tell)(progress);
                }
                wire::CODE if self.request.cache.is_some() && self.code.is_none() && begin.is_none() => {
                    self.code = Some(bytes);
                }
                wire::RECORD if begin.is_none() => return self.plugin(&bytes),
                wire::REFUSAL => return Err(refusal(&bytes)),
                _ => return Err(babble("neither a record nor a refusal")),
            }
        }
    }

    fn ready(&mut self, bytes: &[u8]) -> Result<(), End> {
        let ready: wire::Ready =
            postcard::from_bytes(bytes).map_err(|_| babble("it does not say what it can do"))?;
        self.notes.confinement = Some(ready.confinement);
        self.engine = Some(EngineKey(ready.engine));
        Ok(())
    }

    /// Says what the process has waited for. What it was said through stays open until the answer is here:
    /// a process whose proxy is gone ends itself.
    fn feed<'scope>(
        &self,
        scope: &'scope Scope<'scope, '_>,
        mut to: ChildStdin,
    ) -> ScopedJoinHandle<'scope, ChildStdin>
    where
        'a: 'scope,
    {
        let kept = self.request.cache.zip(self.engine);
        let code = kept.map(|(cache, engine)| cache.get(self.digest, engine));
        let component = self.request.component;
        scope.spawn(move || {
            let said = match &code {
                // Without code, but with the wish to have it.
                Some(code) => {
                    let bytes = code.as_ref().map(|code| code.as_bytes()).unwrap_or_default();
                    wire::write(&mut to, wire::CODE, bytes)
                }
                None => Ok(()),
            };
            // A process that does not listen does not answer, and that is heard.
            let _ = said.and_then(|()| wire::write(&mut to, wire::COMPONENT, component));
            to
        })
    }

    fn plugin(&mut self, bytes: &[u8]) -> Result<Plugin, End> {
        let plugin = Plugin::from_record(bytes).map_err(|cause| babble(&cause.to_string()))?;
        if plugin.digest() != self.digest {
            return Err(babble("it is of another plugin"));
        }
        if let (Some(cache), Some(engine), Some(code)) = (self.request.cache, self.engine, &self.code) {
            self.notes.not_kept = cache.put(self.digest, engine, code).err();
        }
        Ok(plugin)
    }
}

fn babble(what: &str) -> End {
    End::Refused(LoadError::Babble { what: what.to_owned() })
}

fn refusal(bytes: &[u8]) -> End {
    if bytes.len() > MAX_REFUSAL_BYTES {
        return babble("its refusal is too long");
    }
    match postcard::from_bytes::<LoadError>(bytes) {
        Err(_) => babble("its refusal cannot be read"),
        Ok(refusal) if refusal.to_string().chars().any(char::is_control) => {
            babble("its refusal cannot be printed")
        }
        Ok(refusal) => End::Refused(refusal),
    }
}
