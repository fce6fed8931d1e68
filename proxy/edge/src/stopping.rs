//! The end of the program: connections are told, finish what is under way, and are waited for.

use std::time::Duration;

use async_trait::async_trait;
use pingora_core::server::{ShutdownSignal, ShutdownSignalWatch, ShutdownWatch, UnixShutdownSignalWatch};
use tokio::sync::watch;

/// Tells connections to end. Each holds what it was told by until it has ended.
#[derive(Clone)]
pub(crate) struct Stopping(watch::Sender<bool>);

impl Stopping {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// For one connection, from its beginning to its end.
    pub(crate) fn of_connection(&self) -> ShutdownWatch {
        self.0.subscribe()
    }

    /// Is over when the connections should end.
    pub(crate) async fn told(&self) {
        // An error would mean that nobody can tell any more; this holds the sender.
        let _ = self.0.subscribe().wait_for(|told| *told).await;
    }
}

/// Waits for a signal, and after a gentle one until all connections have ended. pingora would drop
/// requests under way at once: it waits for threads, not for connections. Until it knows, its listeners
/// still accept; what comes by them is answered and closed.
pub(crate) struct Drain {
    pub(crate) stopping: Stopping,
    /// The longest wait.
    pub(crate) grace: Duration,
}

#[async_trait]
impl ShutdownSignalWatch for Drain {
    async fn recv(&self) -> ShutdownSignal {
        let signal = UnixShutdownSignalWatch.recv().await;
        if !matches!(signal, ShutdownSignal::GracefulTerminate) {
            return signal;
        }
        let Stopping(sender) = &self.stopping;
        sender.send_replace(true);
        tokio::select! {
            () = sender.closed() => signal,
            () = tokio::time::sleep(self.grace) => signal,
            // Whoever asks again does not want to wait.
            again = UnixShutdownSignalWatch.recv() => again,
        }
    }
}
