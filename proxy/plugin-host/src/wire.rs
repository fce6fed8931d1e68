//! What the proxy and the process that runs a plugin say to each other: frames with a kind and a length.
//!
//! The proxy says `LIMITS`, hears `READY`, says `CODE` (where code is kept) and `COMPONENT`, and hears any
//! `PROGRESS`, perhaps `CODE`, and at last `RECORD` or `REFUSAL`. Each side reads with a bound; nothing that
//! is read is believed before it was checked.

use std::io::{Read, Write};

use cloakroom_vocabulary::DomainError;
use serde::{Deserialize, Serialize};

use crate::confine::Confinement;
use crate::tabulate::Progress;

/// The largest frame but for code: a record with all that may be rendered, and the largest table.
const MAX_FRAME_BYTES: usize = 32 * 1024 * 1024;
/// The largest code that is kept. What is compiled to more is compiled each time.
pub(crate) const MAX_CODE_BYTES: usize = 64 * 1024 * 1024;
/// The most words on how far it is that a process may say.
pub(crate) const MAX_PROGRESS_FRAMES: u32 = 4_000;

/// What a frame holds.
pub(crate) const LIMITS: u8 = b'L';
pub(crate) const READY: u8 = b'Y';
pub(crate) const CODE: u8 = b'K';
pub(crate) const COMPONENT: u8 = b'C';
pub(crate) const PROGRESS: u8 = b'P';
pub(crate) const RECORD: u8 = b'R';
pub(crate) const REFUSAL: u8 = b'E';

/// What a process says before it has seen anything of a plugin.
#[derive(Serialize, Deserialize)]
pub(crate) struct Ready {
    pub(crate) confinement: Confinement,
    /// Which engine it has.
    pub(crate) engine: [u8; 32],
}

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

/// Reads one frame within the bound of its kind. Memory is taken as bytes arrive, not as announced.
pub(crate) fn read(from: &mut impl Read) -> std::io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    from.read_exact(&mut head)?;
    let [kind, length @ ..] = head;
    let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
    let most = if kind == CODE { MAX_CODE_BYTES } else { MAX_FRAME_BYTES };
    if length > most {
        return Err(std::io::ErrorKind::InvalidData.into());
    }
    let mut bytes = Vec::new();
    from.take(length as u64).read_to_end(&mut bytes)?;
    if bytes.len() == length { Ok((kind, bytes)) } else { Err(std::io::ErrorKind::UnexpectedEof.into()) }
}

/// How far it is, as it travels.
pub(crate) fn progress_bytes(progress: Progress) -> [u8; 8] {
    let [a, b, c, d] = progress.done.to_le_bytes();
    let [e, f, g, h] = progress.cells.to_le_bytes();
    [a, b, c, d, e, f, g, h]
}

/// How far it is, if these bytes say so.
pub(crate) fn progress(bytes: &[u8]) -> Option<Progress> {
    let [a, b, c, d, e, f, g, h] = *bytes.first_chunk::<8>()?;
    let (done, cells) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
    (bytes.len() == 8 && done <= cells).then_some(Progress { done, cells })
}
