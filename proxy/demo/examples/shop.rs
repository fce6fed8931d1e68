//! The shop alone, to look at it while working on its pages.

use std::net::SocketAddr;

use cloakroom_demo::{Origin, Recorder};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let origin = Origin::start(SocketAddr::from(([127, 0, 0, 1], 18081)), Recorder::new()).await?;
    println!("http://{}", origin.local_addr());
    std::future::pending::<()>().await;
    Ok(())
}
