//! The looking glass before a stand-in for the proxy, to look at it while working on its page.

#[path = "../tests/stand_in/mod.rs"]
mod stand_in;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use cloakroom_demo::{CAMPAIGN, Glass, GlassConfig, Origin, Recorder, Simulator, SimulatorConfig, Tap};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
    let (visitors, received) = (Recorder::new(), Recorder::new());
    let origin = Origin::start(local(18_081), received.clone()).await?;
    let proxy = stand_in::start(origin.local_addr()).await;
    let tap = Tap::start(local(18_080), proxy, visitors.clone()).await?;
    let epochs = u64::from(std::env::args().nth(1).as_deref() != Some("gathering"));
    let config = GlassConfig {
        shop: tap.local_addr(),
        host: "127.0.0.1:18080".to_owned(),
        shop_url: "http://127.0.0.1:18080".to_owned(),
        k: 20,
        epoch: Duration::from_secs(5),
        campaigns: vec![CAMPAIGN.to_owned()],
        epochs: Arc::new(AtomicU64::new(epochs)),
    };
    let glass = Glass::start(local(18_090), config, visitors, received).await?;
    let _simulator = Simulator::start(SimulatorConfig {
        address: tap.local_addr(),
        host: "127.0.0.1:18080".to_owned(),
        seed: 1,
        k: 20,
        epoch: Duration::from_secs(5),
        campaign: CAMPAIGN.to_owned(),
    });
    println!("http://{}", glass.local_addr());
    std::future::pending::<()>().await;
    Ok(())
}
