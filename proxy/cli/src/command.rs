//! One file a subcommand.

pub(crate) mod check;
pub(crate) mod demo;
pub(crate) mod incidents;
pub(crate) mod plugin;
pub(crate) mod purge;
pub(crate) mod serve;
