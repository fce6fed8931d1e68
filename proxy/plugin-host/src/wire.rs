//! What the proxy and the process that runs a plugin say to each other: frames with a kind and a length.
//!
//! Each side reads with a bound; nothing that is read is believed before it was checked.

use std::io::{Read, Write};

use cloakroom_vocabulary::DomainError;
use serde::{Deserialize, Serialize};

/// The largest frame: a record with all that may be rendered, and the largest table.
pub(crate) const MAX_FRAME_BYTES: usize = 32 * 1024 * 1024;

/// What a frame holds.
pub(crate) const LIMITS: u8 = b'L';
pub(crate) const COMPONENT: u8 = b'C';
pub(crate) const RECORD: u8 = b'R';
pub(crate) const REFUSAL: u8 = b'E';

/// A [`DomainError`] as it travels; its own room knows no serialization.
#[derive(Serialize, Deserialize)]
#[serde(remote = "DomainError")]
pub(crate) enum DomainForm {
    Signals { count: usize },
    Cells { arithmetic: String, size: u64 },
}

/// Writes one frame.
pub(crate) fn write(to: &mut impl Write, kind: u8, bytes: &[u8]) -> std::io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(|_| std::io::ErrorKind::InvalidInput)?;
    to.write_all(&[kind])?;
    to.write_all(&length.to_le_bytes())?;
    to.write_all(bytes)?;
    to.flush()
}

/// Reads one frame of at most [`MAX_FRAME_BYTES`]. Memory is taken as bytes arrive, not as announced.
pub(crate) fn read(from: &mut impl Read) -> std::io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    from.read_exact(&mut head)?;
    let [kind, length @ ..] = head;
    let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
    if length > MAX_FRAME_BYTES {
        return Err(std::io::ErrorKind::InvalidData.into());
    }
    let mut bytes = Vec::new();
    from.take(length as u64).read_to_end(&mut bytes)?;
    if bytes.len() == length { Ok((kind, bytes)) } else { Err(std::io::ErrorKind::UnexpectedEof.into()) }
}
