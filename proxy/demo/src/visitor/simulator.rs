//! Sends the visitors: over a few kept connections, at a bounded rate, until it is dropped.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::connection::Connection;
use super::schedule::{steady_rate, visit};

/// Connections, each with its share of the rate.
const CONNECTIONS: u32 = 8;
/// Visits a second while the first crowds gather.
const BURST_RATE: f64 = 300.0;
/// How many epochs the burst lasts; at most half a minute.
const BURST_EPOCHS: u32 = 3;
const LONGEST_BURST: Duration = Duration::from_secs(30);
/// Bounds of the rate afterwards.
const STEADY_RATES: (f64, f64) = (20.0, 400.0);
/// The pause after a connection failed.
const PAUSE: Duration = Duration::from_millis(250);

/// How the simulator works.
pub struct SimulatorConfig {
    /// Where visitors connect: the tap.
    pub address: SocketAddr,
    /// The shop's host, as in `Host`.
    pub host: String,
    /// Moves everybody's addresses, so that two runs differ.
    pub seed: u64,
    /// The crowd that must be reached.
    pub k: u32,
    /// In how long.
    pub epoch: Duration,
    /// The campaign that some of them follow.
    pub campaign: String,
}

#[derive(Default)]
struct Counts {
    turns: AtomicU64,
    answered: AtomicU64,
    failed: AtomicU64,
}

/// Running visitors; they stop when this is dropped.
pub struct Simulator {
    counts: Arc<Counts>,
    // Owned for its `Drop`, which aborts the tasks.
    tasks: JoinSet<()>,
}

impl Simulator {
    /// Starts the visitors. To be called within a tokio runtime.
    #[must_use]
    pub fn start(config: SimulatorConfig) -> Self {
        let counts = Arc::new(Counts::default());
        let config = Arc::new(config);
        let mut tasks = JoinSet::new();
        for _ in 0..CONNECTIONS {
            tasks.spawn(visitors(Arc::clone(&config), Arc::clone(&counts)));
        }
        Self { counts, tasks }
    }

    /// Visits that were answered so far.
    #[must_use]
    pub fn answered(&self) -> u64 {
        self.counts.answered.load(Ordering::Relaxed)
    }

    /// Visits that were not, because a connection failed.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.counts.failed.load(Ordering::Relaxed)
    }

    /// Sends the visitors home and waits until they are gone.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

async fn visitors(config: Arc<SimulatorConfig>, counts: Arc<Counts>) {
    let (least, most) = STEADY_RATES;
    let steady = steady_rate(config.k, config.epoch).clamp(least, most);
    let pause = |rate: f64| Duration::from_secs_f64(f64::from(CONNECTIONS) / rate);
    let burst_ends = Instant::now() + config.epoch.saturating_mul(BURST_EPOCHS).min(LONGEST_BURST);
    let mut ticks = interval(pause(steady.max(BURST_RATE)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut bursting = true;
    let mut connection = None;
    loop {
        ticks.tick().await;
        if bursting && Instant::now() >= burst_ends {
            bursting = false;
            ticks = interval(pause(steady));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        }
        let turn = counts.turns.fetch_add(1, Ordering::Relaxed);
        if one_visit(&config, turn, &mut connection).await {
            counts.answered.fetch_add(1, Ordering::Relaxed);
        } else {
            counts.failed.fetch_add(1, Ordering::Relaxed);
            connection = None;
            sleep(PAUSE).await;
        }
    }
}

async fn one_visit(config: &SimulatorConfig, turn: u64, connection: &mut Option<Connection>) -> bool {
    let Some((visitor, path)) = visit(config.seed, turn, &config.campaign) else { return false };
    let Some(request) = visitor.request(&config.host, path) else { return false };
    if connection.is_none() {
        *connection = Connection::open(config.address).await.ok();
    }
    match connection {
        Some(open) => open.fetch(request).await.is_ok(),
        None => false,
    }
}
