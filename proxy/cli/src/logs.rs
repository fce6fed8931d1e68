//! The process log: our own events alone.
//!
//! The `log` records of libraries are not bridged in: pingora's may quote a client's bytes.

use cloakroom_settings::{Log, LogFormat, LogLevel};
use tracing::level_filters::LevelFilter;

/// Starts logging to standard error. A second call changes nothing.
pub(crate) fn start(log: Log, json: bool) {
    let level = match log.level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let lines = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_target(false)
        .with_writer(std::io::stderr)
        .with_ansi(false);
    let json = json || log.format == LogFormat::Json;
    let started = if json {
        tracing::subscriber::set_global_default(lines.json().finish())
    } else {
        tracing::subscriber::set_global_default(lines.finish())
    };
    drop(started);
}
