//! The looking glass: one page on which a person looks at the shop as any visitor, and sees side
//! by side what that visitor sent and what the origin received.
//!
//! Everything shown comes from the wire: the left side from the tap, the right side from the
//! origin's recorder. Nothing here is derived from what the proxy says of itself but the released
//! cell, the variant and the cache status, which stand in the response.

mod choice;
mod explain;
mod look;
mod numbers;
mod presets;
mod server;
mod wire_text;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use std::net::SocketAddr;

pub use server::Glass;

/// What the looking glass must know of the demo around it.
pub struct GlassConfig {
    /// Where looks connect: the tap.
    pub shop: SocketAddr,
    /// The shop's host, as in `Host`.
    pub host: String,
    /// The shop as a browser reaches it, without a path: `http://127.0.0.1:8080`.
    pub shop_url: String,
    /// The crowd that a combination needs.
    pub k: u32,
    /// How long crowds are counted.
    pub epoch: Duration,
    /// The campaigns that the site lists.
    pub campaigns: Vec<String>,
    /// Complete epochs so far: whoever turns the crowd adds one each time.
    pub epochs: Arc<AtomicU64>,
}
