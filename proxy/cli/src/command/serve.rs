//! `cloakroom serve`: the proxy, until it is told to stop.

use std::sync::Arc;

use cloakroom_edge::EdgeConfig;
use cloakroom_pipeline::{Live, Parts, Pipeline};
use cloakroom_settings::Settings;

use crate::args::Serve;
use crate::assemble::{Assembled, assemble};
use crate::exit::Exit;
use crate::report::Output;
use crate::{logs, metrics};

/// Seconds that requests under way are given when the process is told to stop.
const GRACE_SECONDS: u64 = 5;

pub(crate) fn run(args: &Serve, output: &Output) -> Exit {
    let settings = match cloakroom_settings::load(&args.config) {
        Ok(settings) => settings,
        Err(error) => {
            output.refused(&error);
            return Exit::Wrong;
        }
    };
    logs::start(settings.log, output.is_json());
    let Assembled { mut parts, warnings } = match assemble(&settings, None) {
        Ok(assembled) => assembled,
        Err(problems) => {
            problems.iter().for_each(|problem| output.problem(problem));
            return Exit::Wrong;
        }
    };
    warnings.iter().for_each(|warning| output.problem(warning));
    parts.access_log = Some(Box::new(std::io::stdout()));
    parts.store = settings.store_folder.clone();
    listen(&settings, parts, output)
}

/// Builds the pipeline and serves it. Shared with `demo`.
pub(crate) fn listen(settings: &Settings, parts: Parts, output: &Output) -> Exit {
    let live = match Pipeline::new(parts) {
        Ok((pipeline, _)) => Live::new(pipeline),
        Err(error) => {
            output.failure(error);
            return Exit::Wrong;
        }
    };
    if let Some(address) = settings.metrics_listen
        && let Err(cause) = metrics::start(address, Arc::clone(&live))
    {
        output.failure(format_args!("cannot listen on `{address}` for metrics: {cause}"));
        return Exit::Failure;
    }
    let edge = EdgeConfig {
        http: settings.listen.clone(),
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        max_header_bytes: settings.limits.header_bytes,
        max_silence: settings.limits.client_silence,
        grace_seconds: GRACE_SECONDS,
    };
    for address in &edge.http {
        tracing::info!(%address, sites = settings.sites.len(), "listening");
    }
    match cloakroom_edge::serve(live, &edge) {
        Ok(()) => Exit::Success,
        Err(error) => {
            output.failure(error);
            Exit::Failure
        }
    }
}
