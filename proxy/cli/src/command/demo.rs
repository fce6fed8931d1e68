//! `cloakroom demo`: a shop, the proxy before it, visitors, and a looking glass, in one process.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use cloakroom_boundary::Geo;
use cloakroom_demo::{DemoGeo, Glass, GlassConfig, Origin, Recorder, Simulator, SimulatorConfig, Tap};
use cloakroom_edge::EdgeConfig;
use cloakroom_pipeline::{Live, Parts, Pipeline};
use cloakroom_settings::Settings;
use tokio::runtime::Runtime;

use crate::args::Demo;
use crate::assemble::{self, Assembled};
use crate::exit::Exit;
use crate::logs;
use crate::report::Output;
use crate::shown::Plugins;

/// The demo's site, written to a folder of its own so that it is read like any other.
const FILES: [(&str, &str); 4] = [
    ("cloakroom.toml", include_str!("../../../../policies/cloakroom.toml")),
    ("policies/shop/site.toml", include_str!("../../../../policies/shop/site.toml")),
    ("plugins/templates/hero.toml", include_str!("../../../../plugins/templates/hero.toml")),
    ("plugins/templates/banner.toml", include_str!("../../../../plugins/templates/banner.toml")),
];

/// The shop's host towards its origin, the first of `hosts` in the site file.
const HOST: &str = "shop.example";

/// Where everything listens.
struct Addresses {
    /// Before the tap: what people open.
    shop: SocketAddr,
    origin: SocketAddr,
    glass: SocketAddr,
    /// Behind the tap.
    proxy: SocketAddr,
}

pub(crate) fn run(args: &Demo, output: &Output) -> Exit {
    match start(args, output) {
        Ok(exit) => exit,
        Err(message) => {
            output.failure(message);
            Exit::Failure
        }
    }
}

fn start(args: &Demo, output: &Output) -> Result<Exit, String> {
    let addresses = Addresses::new(args.port)?;
    let (settings, parts) = site(&addresses)?;
    logs::start(settings.log, output.is_json());
    let (pipeline, _) = Pipeline::new(parts).map_err(|cause| cause.to_string())?;
    let runtime = Runtime::new().map_err(|cause| format!("the demo cannot start: {cause}"))?;
    let _around = runtime.block_on(Around::start(&addresses, &settings, pipeline.ended_epochs(), args))?;
    announce(&addresses, args, output);
    let edge = EdgeConfig {
        http: vec![addresses.proxy],
        https: Vec::new(),
        certificates: Vec::new(),
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        max_header_bytes: settings.limits.header_bytes,
        max_silence: settings.limits.client_silence,
        max_concurrent_streams: settings.limits.concurrent_streams,
        grace: Duration::ZERO,
    };
    cloakroom_edge::serve(Live::new(pipeline), &edge).map_err(|cause| cause.to_string())?;
    Ok(Exit::Success)
}

impl Addresses {
    fn new(port: u16) -> Result<Self, String> {
        let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let addresses =
            Self { shop: at(port), origin: at(port + 1), glass: at(port + 10), proxy: at(free_port()?) };
        for address in [addresses.shop, addresses.origin, addresses.glass] {
            TcpListener::bind(address).map_err(|cause| {
                format!("cannot listen on `{address}`: {cause}; `--port` moves the demo elsewhere")
            })?;
        }
        Ok(addresses)
    }
}

fn free_port() -> Result<u16, String> {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    free.map(|address| address.port()).map_err(|cause| format!("no port is free: {cause}"))
}

/// Reads the embedded site as `serve` would, and points it at the demo's own addresses.
fn site(addresses: &Addresses) -> Result<(Settings, Parts), String> {
    let folder = tempfile::tempdir().map_err(|cause| format!("no folder for the demo's files: {cause}"))?;
    for (name, text) in FILES {
        write(folder.path(), name, text).map_err(|cause| format!("`{name}` cannot be written: {cause}"))?;
    }
    let main = folder.path().join("cloakroom.toml");
    let mut settings = cloakroom_settings::load(&main).map_err(|error| error.to_string())?;
    settings.listen.http = vec![addresses.proxy];
    for site in &mut settings.sites {
        site.origin.port = addresses.origin.port();
    }
    let geo = Geo::from_bytes(DemoGeo::new().bytes().to_vec()).map_err(|cause| cause.to_string())?;
    let plugins = Plugins::new(None).map_err(|problem| problem.message().to_owned())?;
    let around = assemble::Around { plugins: &plugins, geo: Some(geo), pending: &[] };
    let Assembled { mut parts, .. } = assemble::assemble(&settings, around).map_err(|problems| {
        problems.iter().map(|problem| problem.message().to_owned()).collect::<Vec<_>>().join("\n")
    })?;
    parts.reveal = true;
    Ok((settings, parts))
}

fn write(folder: &Path, name: &str, text: &str) -> std::io::Result<()> {
    let path = folder.join(name);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    // The main file stands beside `policies` here, and inside it in the repository.
    std::fs::write(path, text.replace("paths = [\"shop\"]", "paths = [\"policies/shop\"]"))
}

/// What stands around the proxy. Dropping it ends it.
struct Around {
    _origin: Origin,
    _tap: Tap,
    _glass: Glass,
    _visitors: Option<Simulator>,
}

impl Around {
    async fn start(
        addresses: &Addresses,
        settings: &Settings,
        epochs: Arc<AtomicU64>,
        args: &Demo,
    ) -> Result<Self, String> {
        let failed = |cause: std::io::Error| format!("the demo cannot start: {cause}");
        let (visitors, origin) = (Recorder::new(), Recorder::new());
        let site = settings.sites.first().ok_or("the demo has no site")?;
        let glass = GlassConfig {
            shop: addresses.shop,
            host: HOST.to_owned(),
            shop_url: format!("http://{}", addresses.shop),
            k: site.crowd.k,
            epoch: site.crowd.epoch,
            campaigns: site.values.campaigns.clone(),
            epochs,
        };
        let simulated = SimulatorConfig {
            address: addresses.shop,
            host: HOST.to_owned(),
            seed: u64::from(std::process::id()),
            k: site.crowd.k,
            epoch: site.crowd.epoch,
            campaign: site.values.campaigns.first().cloned().unwrap_or_default(),
        };
        Ok(Self {
            _origin: Origin::start(addresses.origin, origin.clone()).await.map_err(failed)?,
            _tap: Tap::start(addresses.shop, addresses.proxy, visitors.clone()).await.map_err(failed)?,
            _glass: Glass::start(addresses.glass, glass, visitors, origin).await.map_err(failed)?,
            _visitors: (!args.no_visitors).then(|| Simulator::start(simulated)),
        })
    }
}

fn announce(addresses: &Addresses, args: &Demo, output: &Output) {
    let Addresses { shop, origin, glass, .. } = addresses;
    let crowd = if args.no_visitors {
        "Nobody visits by itself: cells are released once enough different visitors have come."
    } else {
        "Simulated visitors give the crowd its numbers: variants appear after some seconds."
    };
    let text = format!(
        "\n  Cloakroom demo\n\n  \
         Open this   http://{glass}/   the looking glass: the shop as any visitor, and what the origin learns\n  \
         The shop    http://{shop}/   through the proxy, as yourself: nobody asked your consent, so the default\n  \
         Its origin  http://{origin}/   the same shop without the proxy\n\n  \
         {crowd}\n  Stop with Ctrl-C.\n"
    );
    output.result(&text, || {
        serde_json::json!({
            "looking_glass": format!("http://{glass}/"),
            "shop": format!("http://{shop}/"),
            "origin": format!("http://{origin}/"),
        })
    });
}
