//! A plugin that is compiled and fits the contract, before anything is written down of it.

use crate::caller::Caller;
use crate::error::{Export, LoadError};
use crate::manifest::Manifest;
use crate::table::Table;
use crate::validate;

/// A compiled plugin. Each question is answered by a fresh instance.
pub struct Opened {
    caller: Caller,
}

impl Opened {
    pub(crate) fn new(caller: Caller) -> Self {
        Self { caller }
    }

    pub(crate) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Its compiled code, for [`crate::CodeCache`]; `None` if there is not the memory to copy it.
    #[must_use]
    pub fn code(&self) -> Option<Vec<u8>> {
        self.caller.code()
    }

    /// What the plugin says of itself, checked.
    ///
    /// # Errors
    /// [`LoadError`] if it does not answer, or breaks a rule of the contract.
    pub fn manifest(&self) -> Result<Manifest, LoadError> {
        let described = self.caller.describe();
        described
            .map_err(|stop| LoadError::Call { export: Export::Describe, stop })
            .and_then(validate::manifest)
    }

    /// Asks about one cell, past the table: what a decision costs cold. `ids` as for
    /// [`Table::index`]. Bounded in instructions, not in time.
    ///
    /// # Errors
    /// [`LoadError::Call`] if the plugin does not answer.
    pub fn decide(&self, table: &Table, ids: &[u8]) -> Result<u32, LoadError> {
        let (digits, bucket) = table.digits(table.index(ids));
        self.caller.decide(digits, bucket).map(|decided| decided.answer).map_err(|stop| {
            let cell = format!("the cell {ids:?}");
            LoadError::Call { export: Export::Decide(cell), stop }
        })
    }
}
