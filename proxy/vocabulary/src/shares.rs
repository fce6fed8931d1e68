//! What somebody states of the visitors: which share of them has which value. Names of values enter, no
//! count and no visitor.

use crate::Signal;

/// Shares of visitors, stated by whoever knows the site.
///
/// INVARIANT: the shares of each signal, or of all rows together, add up to 1 within [`TOLERANCE`]; each is
/// from 0 to 1; a signal stands once.
#[derive(Clone, Debug, PartialEq)]
pub struct Shares {
    networks: Option<u32>,
    stated: Stated,
}

/// How shares are stated.
#[derive(Clone, Debug, PartialEq)]
pub enum Stated {
    /// Signal by signal, as if they did not depend on each other.
    Signals(Vec<(Signal, Vec<(String, f64)>)>),
    /// Combinations of values.
    Rows(Vec<Row>),
}

/// Visitors with some values; a signal that is not named has each of its values as often.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Signals and values, each signal once.
    pub values: Vec<(Signal, String)>,
    /// The share of all visitors, 0 to 1.
    pub share: f64,
}

/// How far from 1 the sum of shares may be: enough for what people write with six digits.
pub const TOLERANCE: f64 = 1e-6;

/// Shares that are none.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SharesError {
    /// A share is not from 0 to 1.
    #[error("{share} is no share: shares are from 0 to 1")]
    Share {
        /// As stated.
        share: f64,
    },
    /// The shares of a signal, or of all rows, do not add up.
    #[error("the shares{} add up to {sum}, not to 1", of(*.signal))]
    Sum {
        /// Which signal; None for rows.
        signal: Option<Signal>,
        /// What they add up to.
        sum: f64,
    },
}

fn of(signal: Option<Signal>) -> String {
    signal.map(|signal| format!(" of `{signal}`")).unwrap_or_default()
}

impl Shares {
    /// Shares that are stated signal by signal. `networks` is how many networks visit in an epoch, if that
    /// is known.
    ///
    /// # Errors
    /// [`SharesError`] if they do not add up to 1, or one is no share.
    pub fn of_signals(
        networks: Option<u32>,
        signals: Vec<(Signal, Vec<(String, f64)>)>,
    ) -> Result<Self, SharesError> {
        for (signal, shares) in &signals {
            add_up(Some(*signal), shares.iter().map(|(_, share)| *share))?;
        }
        Ok(Self { networks, stated: Stated::Signals(signals) })
    }

    /// Shares of combinations of values.
    ///
    /// # Errors
    /// As [`Shares::of_signals`].
    pub fn of_rows(networks: Option<u32>, rows: Vec<Row>) -> Result<Self, SharesError> {
        add_up(None, rows.iter().map(|row| row.share))?;
        Ok(Self { networks, stated: Stated::Rows(rows) })
    }

    /// How many networks visit in an epoch, if that is known.
    #[must_use]
    pub fn networks(&self) -> Option<u32> {
        self.networks
    }

    /// The shares as they are stated.
    #[must_use]
    pub fn stated(&self) -> &Stated {
        &self.stated
    }
}

fn add_up(signal: Option<Signal>, shares: impl Iterator<Item = f64>) -> Result<(), SharesError> {
    let mut sum = 0.0;
    for share in shares {
        if !(0.0..=1.0).contains(&share) {
            return Err(SharesError::Share { share });
        }
        sum += share;
    }
    if (sum - 1.0).abs() > TOLERANCE { Err(SharesError::Sum { signal, sum }) } else { Ok(()) }
}
