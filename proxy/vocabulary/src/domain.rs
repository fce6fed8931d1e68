//! Cells as numbers: the mixed-radix arithmetic over a list of signals.

use crate::{Hierarchy, Signal, ValueId};

/// The most cells that a plugin or a route may distinguish.
pub const MAX_CELLS: u32 = 250_000;

/// The most signals that one route may combine, besides `bucket`.
pub const MAX_ROUTE_SIGNALS: usize = 5;

/// One combination of values over a domain's signals, as its number in that domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CellId(pub u32);

/// All combinations of the values of some signals.
///
/// INVARIANT: at most [`MAX_ROUTE_SIGNALS`] signals, the product of the sizes at most [`MAX_CELLS`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    axes: Vec<(Signal, u32)>,
    size: u32,
}

/// A domain that is too large to be computed ahead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DomainError {
    /// Too many signals at once.
    #[error("{count} signals are combined, at most {MAX_ROUTE_SIGNALS} may be")]
    Signals {
        /// How many were asked for.
        count: usize,
    },
    /// Too many combinations.
    #[error("{arithmetic} = {size} cells, at most {MAX_CELLS} are allowed")]
    Cells {
        /// The product written out (`country 12 × device 9`).
        arithmetic: String,
        /// Its value.
        size: u64,
    },
}

impl Domain {
    /// The domain over `axes`, each a signal with its number of values.
    ///
    /// # Errors
    /// [`DomainError`] with the arithmetic when it is too large.
    pub fn new(axes: Vec<(Signal, u32)>) -> Result<Self, DomainError> {
        if axes.len() > MAX_ROUTE_SIGNALS {
            return Err(DomainError::Signals { count: axes.len() });
        }
        let size = axes.iter().fold(1_u64, |size, (_, values)| size.saturating_mul(u64::from(*values)));
        match u32::try_from(size) {
            Ok(size) if size <= MAX_CELLS => Ok(Self { axes, size }),
            _ => {
                let factors: Vec<_> =
                    axes.iter().map(|(signal, values)| format!("{signal} {values}")).collect();
                Err(DomainError::Cells { arithmetic: factors.join(" × "), size })
            }
        }
    }

    /// The domain over whole hierarchies of a site.
    ///
    /// # Errors
    /// As [`Domain::new`].
    pub fn of_site<'a>(
        signals: impl IntoIterator<Item = (Signal, &'a Hierarchy)>,
    ) -> Result<Self, DomainError> {
        Self::new(signals.into_iter().map(|(signal, h)| (signal, h.len())).collect())
    }

    /// Number of cells.
    #[must_use]
    pub fn size(&self) -> u32 {
        self.size
    }

    /// The signals, in the order of the digits.
    pub fn signals(&self) -> impl Iterator<Item = Signal> + '_ {
        self.axes.iter().map(|(signal, _)| *signal)
    }

    /// Signals with their numbers of values.
    #[must_use]
    pub fn axes(&self) -> &[(Signal, u32)] {
        &self.axes
    }

    /// The cell in which each signal has the value that `value_of` gives. The first signal is the
    /// most significant digit. A value beyond its axis counts as the axis' last, which is `any`.
    #[must_use]
    pub fn cell(&self, mut value_of: impl FnMut(Signal) -> ValueId) -> CellId {
        CellId(self.axes.iter().fold(0, |cell, (signal, values)| {
            cell * values + u32::from(value_of(*signal).0).min(values.saturating_sub(1))
        }))
    }

    /// The values of a cell, in the order of [`Domain::signals`]; unused places are 0.
    #[must_use]
    pub fn values(&self, cell: CellId) -> [ValueId; MAX_ROUTE_SIGNALS] {
        let mut digits = [ValueId(0); MAX_ROUTE_SIGNALS];
        let mut rest = cell.0;
        for (digit, (_, values)) in digits.iter_mut().zip(&self.axes).take(self.axes.len()).rev() {
            let radix = (*values).max(1);
            *digit = ValueId(u8::try_from(rest % radix).unwrap_or(u8::MAX));
            rest /= radix;
        }
        digits
    }

    /// Every cell.
    pub fn cells(&self) -> impl Iterator<Item = CellId> + use<> {
        (0..self.size).map(CellId)
    }

    /// The cell in which every signal has its last value, `any`.
    #[must_use]
    pub fn any(&self) -> CellId {
        CellId(self.size.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain() -> Domain {
        Domain::new(vec![(Signal::Country, 3), (Signal::Device, 5), (Signal::Daypart, 2)]).unwrap()
    }

    #[test]
    fn numbers_and_values_are_inverse() {
        let domain = domain();
        assert_eq!(domain.size(), 30);
        for cell in domain.cells() {
            let digits = domain.values(cell);
            let mut next = digits.iter();
            assert_eq!(domain.cell(|_| *next.next().unwrap()), cell);
        }
    }

    #[test]
    fn the_last_cell_is_any() {
        let domain = domain();
        assert_eq!(domain.any(), CellId(29));
        assert_eq!(domain.cell(|_| ValueId(u8::MAX)), domain.any());
    }

    #[test]
    fn too_large_shows_the_arithmetic() {
        let error =
            Domain::new(vec![(Signal::Country, 200), (Signal::Language, 200), (Signal::Campaign, 20)])
                .unwrap_err();
        assert_eq!(
            error.to_string(),
            "country 200 × language 200 × campaign 20 = 800000 cells, at most 250000 are allowed"
        );
    }
}
