//! The load: many at once, each with one request after the other; as fast as the server answers, or at a
//! given rate.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::sync::Mutex;
use tokio::task::{JoinSet, LocalSet};

use crate::Failure;
use crate::client::{Client, Connection, Marks};
use crate::questions::Questions;

/// How long everybody may wait for their own page: some epochs.
const PATIENCE: Duration = Duration::from_secs(90);

/// Everything that is sent goes through here, on one thread.
pub(crate) struct Load {
    runtime: Runtime,
    tasks: LocalSet,
}

/// What a round took.
pub(crate) struct Took {
    pub(crate) whole: Duration,
    /// From when each request was due until its answer was there; nothing where there was no rate.
    pub(crate) latencies: Vec<Duration>,
}

impl Load {
    pub(crate) fn new() -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { runtime, tasks: LocalSet::new() })
    }

    /// Lets every visitor come until all get their own page from the cache.
    pub(crate) fn settle(&self, client: &mut Client<'_>) -> Result<(), Failure> {
        let since = Instant::now();
        while let Err(failure) = self.all_once(client) {
            if since.elapsed() > PATIENCE {
                return Err(format!("{}: {failure}", client.name()).into());
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        Ok(())
    }

    /// Every visitor comes once: whoever does not is missing in the crowd.
    fn all_once(&self, client: &mut Client<'_>) -> Result<(), Failure> {
        match client.questions().returning() {
            Some(all) => self.round(client, all, None).map(drop),
            None => Ok(()),
        }
    }

    /// Sends so many requests; with a rate, in requests a second, each when it is due. Fails if an answer
    /// was wrong, but not before all are sent.
    pub(crate) fn round(
        &self,
        client: &mut Client<'_>,
        requests: usize,
        rate: Option<f64>,
    ) -> Result<Took, Failure> {
        let round = Rc::new(Round {
            questions: Rc::clone(client.questions()),
            marks: client.server().marks(),
            requests,
            sent: Cell::new(0),
            wrong: OnceCell::new(),
            started: Cell::new(Instant::now()),
            rate,
            turn: Mutex::new(()),
            latencies: RefCell::default(),
        });
        let asked = async {
            let open = client.take().await.map_err(|cause| cause.to_string())?;
            round.started.set(Instant::now());
            let mut asking = JoinSet::new();
            for connection in open {
                let round = Rc::clone(&round);
                // Why a connection failed crosses no thread, but `JoinSet` does not know that.
                asking.spawn_local(
                    async move { round.on(connection).await.map_err(|cause| cause.to_string()) },
                );
            }
            let mut open = Vec::new();
            while let Some(ended) = asking.join_next().await {
                open.push(ended.map_err(|cause| cause.to_string()).flatten()?);
            }
            Ok::<_, String>((open, round.started.get().elapsed()))
        };
        let (open, whole) = self.tasks.block_on(&self.runtime, asked)?;
        client.keep(open);
        match round.wrong.get() {
            Some(wrong) => Err(format!("{}: {wrong}", client.name()).into()),
            None => Ok(Took { whole, latencies: round.latencies.take() }),
        }
    }
}

/// A round as its connections share it.
struct Round {
    questions: Rc<dyn Questions>,
    marks: Marks,
    requests: usize,
    sent: Cell<usize>,
    /// The first wrong answer.
    wrong: OnceCell<String>,
    started: Cell<Instant>,
    rate: Option<f64>,
    /// Held by the one connection that waits for the next request to be due.
    turn: Mutex<()>,
    latencies: RefCell<Vec<Duration>>,
}

impl Round {
    /// Asks until everything is sent, and gives the connection back.
    async fn on(&self, mut connection: Connection) -> Result<Connection, Failure> {
        let mut read = Vec::with_capacity(96 * 1024);
        loop {
            let turn = if self.rate.is_some() { Some(self.turn.lock().await) } else { None };
            let number = self.sent.get();
            if number >= self.requests {
                return Ok(connection);
            }
            self.sent.set(number + 1);
            let visit = self.questions.visit(number)?;
            let due = match self.rate {
                Some(rate) => Some(self.wait_for(number as f64 / rate).await),
                None => None,
            };
            drop(turn);
            if let Err(wrong) = connection.ask(&visit, self.marks, &mut read).await? {
                // Only the first counts.
                let _ = self.wrong.set(wrong);
            }
            if let Some(due) = due {
                self.latencies.borrow_mut().push(due.elapsed());
            }
        }
    }

    /// Waits until so many seconds have gone by. Timers are too coarse for it; the CPU is the load's own.
    async fn wait_for(&self, seconds: f64) -> Instant {
        let due = self.started.get() + Duration::from_secs_f64(seconds);
        while Instant::now() < due {
            tokio::task::yield_now().await;
        }
        due
    }
}
