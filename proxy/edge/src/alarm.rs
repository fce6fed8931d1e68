//! The end of waiting for a client that says nothing.

use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

/// A connection's one timer: it is set anew when it rings too early, and not with each request.
pub(crate) struct Alarm {
    longest: Duration,
    since: Instant,
    timer: Pin<Box<Sleep>>,
}

impl Alarm {
    /// Of a connection that may be silent for so long.
    pub(crate) fn new(longest: Duration) -> Self {
        Self { longest, since: Instant::now(), timer: Box::pin(sleep(longest)) }
    }

    /// A silence begins.
    pub(crate) fn wind(&mut self) {
        self.since = Instant::now();
    }

    /// Is over when the silence has lasted too long. What was waited is not lost if nobody waits on.
    pub(crate) async fn rings(&mut self) {
        loop {
            self.timer.as_mut().await;
            let left = self.longest.saturating_sub(self.since.elapsed());
            if left.is_zero() {
                return;
            }
            self.timer.as_mut().reset(Instant::now() + left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST: Duration = Duration::from_millis(60);

    #[tokio::test]
    async fn it_rings_when_a_silence_has_lasted_too_long_and_no_sooner() {
        let mut alarm = Alarm::new(LONGEST);
        for _ in 0..3 {
            // Silences that end before they are too long; a slow machine may find one longer.
            alarm.wind();
            let began = Instant::now();
            let rung = tokio::time::timeout(LONGEST * 2 / 3, alarm.rings()).await.is_ok();
            assert!(!rung || began.elapsed() >= LONGEST);
        }
        alarm.wind();
        let began = Instant::now();
        alarm.rings().await;
        assert!(began.elapsed() >= LONGEST - Duration::from_millis(1));
    }
}
