//! The table of released cells as bytes, so that it outlives a restart. Cells and numbers of joint
//! variants enter; no token, key or count does. Files are others' business.
//!
//! All numbers are little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 16 | `cloakroom crowds` |
//! | 2 | version of the format: 1 |
//! | 8 | number of the epoch in which the releases are valid, and in no other |
//! | 4 | routes |
//! | 32 + 4 + 5 each + 2 + 2 each | for each route: fingerprint; released cells, as class and cell, ascending; shown joint variants, ascending |
//! | 32 | SHA-256 of all before |
//!
//! The digest finds damage. It does not find malice: who can write the file can release cells.

use cloakroom_vocabulary::CellId;
use sha2::{Digest as _, Sha256};

use crate::epoch::RouteEpoch;
use crate::fingerprint::Fingerprint;
use crate::release::Releases;
use crate::{Epoch, Released};

/// The most bytes of a table. Routes that do not fit are left out.
pub const MAX_KEPT_BYTES: usize = 16 * 1024 * 1024;

const MAGIC: &[u8; 16] = b"cloakroom crowds";
const VERSION: u16 = 1;
const DIGEST_BYTES: usize = 32;

/// A table to be kept.
pub struct Kept {
    /// What to keep: at most [`MAX_KEPT_BYTES`].
    pub bytes: Vec<u8>,
    /// Routes that do not fit and will show the default after a restart.
    pub left_out: usize,
}

/// What was taken over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Cells that are released again.
    pub cells: usize,
    /// Routes of the table that are not there any more, or not as they were. Their releases are
    /// dropped.
    pub changed_routes: usize,
}

/// Why a table is not taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotKept {
    /// It is something else.
    #[error("it is not a table of released cells")]
    Foreign,
    /// It was written by another version.
    #[error("it has a format that this version does not know")]
    Version,
    /// It is not as it was written.
    #[error("it is damaged")]
    Damaged,
    /// Its epoch is over, or has not begun.
    #[error("it is of another epoch")]
    Expired,
}

/// The releases of an epoch.
pub(crate) fn write(epoch: &Epoch) -> Kept {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(epoch.number().to_le_bytes());
    let (mut routes, mut left_out) = (0_u32, 0);
    let mut tables = Vec::new();
    for route in epoch.routes().iter().flatten() {
        let table = table(route);
        if bytes.len() + 4 + tables.len() + table.len() + DIGEST_BYTES > MAX_KEPT_BYTES {
            left_out += 1;
        } else {
            routes += 1;
            tables.extend(table);
        }
    }
    bytes.extend(routes.to_le_bytes());
    bytes.extend(tables);
    let digest = Sha256::digest(&bytes);
    bytes.extend(digest);
    Kept { bytes, left_out }
}

fn table(route: &RouteEpoch) -> Vec<u8> {
    let (released, shown) = (route.released(), route.releases().list_shown());
    let mut bytes = route.plan().fingerprint().to_vec();
    // Neither count can be too large: a route has at most 64 classes of 250,000 cells.
    bytes.extend(u32::try_from(released.len()).unwrap_or(0).to_le_bytes());
    for Released { class, cell } in released {
        bytes.push(class);
        bytes.extend(cell.0.to_le_bytes());
    }
    bytes.extend(u16::try_from(shown.len()).unwrap_or(0).to_le_bytes());
    bytes.extend(shown.into_iter().flat_map(u16::to_le_bytes));
    bytes
}

/// The releases for each route of an epoch, if the table has them.
pub(crate) fn read(kept: &[u8], epoch: &Epoch) -> Result<(Vec<Option<Releases>>, Restored), NotKept> {
    if kept.get(..MAGIC.len()) != Some(MAGIC.as_slice()) {
        return Err(NotKept::Foreign);
    }
    let end = kept.len().checked_sub(DIGEST_BYTES).filter(|_| kept.len() <= MAX_KEPT_BYTES);
    let (body, digest) = end.and_then(|end| kept.split_at_checked(end)).ok_or(NotKept::Damaged)?;
    let mut left = Reader(body.get(MAGIC.len()..).unwrap_or_default());
    if left.u16() != Some(VERSION) {
        return Err(NotKept::Version);
    }
    if Sha256::digest(body).as_slice() != digest {
        return Err(NotKept::Damaged);
    }
    if left.u64() != Some(epoch.number()) {
        return Err(NotKept::Expired);
    }
    let mut found: Vec<Option<Releases>> = epoch.routes().iter().map(|_| None).collect();
    let mut restored = Restored::default();
    for _ in 0..left.u32().ok_or(NotKept::Damaged)? {
        let table = left.table().ok_or(NotKept::Damaged)?;
        let routes = epoch.routes().iter().zip(&mut found);
        let mut same = routes
            .filter_map(|(route, found)| Some((route.as_ref()?, found)))
            .filter(|(route, _)| *route.plan().fingerprint() == table.fingerprint);
        let Some((route, found)) = same.next() else {
            restored.changed_routes += 1;
            continue;
        };
        let releases = Releases::kept(route.plan(), &table.released, &table.shown);
        *found = Some(releases.ok_or(NotKept::Damaged)?);
        restored.cells += table.released.len();
    }
    if left.0.is_empty() { Ok((found, restored)) } else { Err(NotKept::Damaged) }
}

/// A route's part of a table.
struct Table {
    fingerprint: Fingerprint,
    released: Vec<Released>,
    shown: Vec<u16>,
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    // Lists grow with what is there, not with what their lengths promise.
    fn table(&mut self) -> Option<Table> {
        let fingerprint = self.take()?;
        let released = (0..self.u32()?).map(|_| {
            let [class] = self.take()?;
            Some(Released { class, cell: CellId(self.u32()?) })
        });
        let released = released.collect::<Option<_>>()?;
        let shown = (0..self.u16()?).map(|_| self.u16()).collect::<Option<_>>()?;
        Some(Table { fingerprint, released, shown })
    }
}
