//! The process log: our own events alone.
//!
//! What libraries log stays out, at any level, since it may quote a client's bytes: `log` records
//! (pingora's) are not bridged in, and `tracing` events count only from our own crates.

use cloakroom_settings::{Log, LogFormat, LogLevel};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging to standard error. A second call changes nothing.
pub(crate) fn start(log: Log, json: bool) {
    let level = match log.level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let ours = Targets::new().with_target("cloakroom", level);
    let lines =
        tracing_subscriber::fmt::layer().with_target(false).with_writer(std::io::stderr).with_ansi(false);
    let json = json || log.format == LogFormat::Json;
    let started = if json {
        tracing_subscriber::registry().with(lines.json().with_filter(ours)).try_init()
    } else {
        tracing_subscriber::registry().with(lines.with_filter(ours)).try_init()
    };
    drop(started);
}
