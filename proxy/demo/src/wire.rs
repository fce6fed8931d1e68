//! Sockets: bounded accept loops, streams that are written down as they are read, and the relay
//! that stands before the proxy in the demo.
//!
//! Raw bytes of requests live here and in the looking glass, in the demo alone: the visitors whose
//! bytes are kept are the demo's own inventions and whoever opens the demo's shop by hand.

mod framer;
mod listen;
mod recorder;
mod tap;

pub use listen::Running;
pub(crate) use listen::{listen, serve_http};
pub use recorder::{Recorded, Recorder, RecordingStream};
pub use tap::Tap;
