//! `cloakroom serve`: the proxy, until it is told to stop.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use cloakroom_edge::{Certificate, EdgeConfig};
use cloakroom_pipeline::{Live, Pipeline};
use cloakroom_settings::Settings;

use crate::args::Serve;
use crate::assemble::{Around, Assembled, assemble};
use crate::exit::Exit;
use crate::report::Output;
use crate::shown::Plugins;
use crate::take_up::TakeUp;
use crate::{certificates, logs, metrics};

/// How long requests under way are given when the process is told to stop.
const GRACE: Duration = Duration::from_secs(5);

pub(crate) fn run(args: &Serve, output: &Output) -> Exit {
    let settings = match cloakroom_settings::load(&args.config) {
        Ok(settings) => settings,
        Err(error) => {
            output.refused(&error);
            return Exit::Wrong;
        }
    };
    logs::start(settings.log, output.is_json());
    let assembled =
        Plugins::new(settings.store_folder.as_deref()).map_err(|problem| vec![problem]).and_then(|plugins| {
            let around = Around { plugins: &plugins, geo: None, pending: &[] };
            let mut assembled = assemble(&settings, around)?;
            let (certificates, untimely) = certificates::read(&settings, SystemTime::now())?;
            assembled.warnings.extend(untimely);
            Ok((plugins, assembled, certificates))
        });
    match assembled {
        Ok((plugins, assembled, certificates)) => listen(settings, plugins, assembled, certificates, output),
        Err(problems) => {
            problems.iter().for_each(|problem| output.problem(problem));
            Exit::Wrong
        }
    }
}

/// Builds the pipeline and serves it.
fn listen(
    settings: Settings,
    plugins: Plugins,
    assembled: Assembled,
    certificates: Vec<Certificate>,
    output: &Output,
) -> Exit {
    let missing = assembled.cannot_be_shown().collect();
    let Assembled { mut parts, shown, warnings } = assembled;
    warnings.iter().for_each(|warning| output.problem(warning));
    parts.access_log = Some(Box::new(std::io::stdout()));
    parts.store.clone_from(&settings.store_folder);
    let geo = parts.geo.clone();
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
        http: settings.listen.http.clone(),
        https: settings.listen.https.clone(),
        certificates,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        max_header_bytes: settings.limits.header_bytes,
        max_concurrent_streams: settings.limits.concurrent_streams,
        max_silence: settings.limits.client_silence,
        grace: GRACE,
    };
    for address in edge.http.iter().chain(&edge.https) {
        tracing::info!(%address, sites = settings.sites.len(), "listening");
    }
    if plugins.store().is_some()
        && let Err(cause) = TakeUp::new(Arc::clone(&live), settings, geo, plugins).start(&shown, missing)
    {
        output.failure(format_args!("installed plugins cannot be taken up: {cause}"));
        return Exit::Failure;
    }
    match cloakroom_edge::serve(live, &edge) {
        Ok(()) => Exit::Success,
        Err(error) => {
            output.failure(error);
            Exit::Failure
        }
    }
}
