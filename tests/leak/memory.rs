//! Searches the memory of a process, as somebody could who got hold of it (Linux: proc(5), `maps`
//! and `mem`). Only the process's own parent or its administrator may.

use std::collections::BTreeSet;
use std::fs::File;
use std::os::unix::fs::FileExt;

use memchr::memmem;

use crate::Failure;

/// Read at once.
const CHUNK: usize = 1 << 20;
/// Bytes of a chunk that the next one repeats, so that nothing is missed between two.
const OVERLAP: usize = 64;

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// Bytes of writable memory that were searched.
    pub searched: usize,
    /// Places where the mark stands.
    pub places: usize,
    /// The different eight bytes that follow it.
    pub distinct: BTreeSet<[u8; 8]>,
}

/// Looks for `mark` in all writable memory of a process, and reads what follows it.
///
/// # Errors
/// When the process is gone, or not ours to look into.
pub fn search(pid: u32, mark: &[u8]) -> Result<Found, Failure> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps"))?;
    let memory = File::open(format!("/proc/{pid}/mem"))?;
    let finder = memmem::Finder::new(mark);
    let mut found = Found::default();
    let mut chunk = vec![0; CHUNK + OVERLAP];
    for line in maps.lines() {
        let mut words = line.split(' ');
        let (Some(range), Some(rights)) = (words.next(), words.next()) else { continue };
        let Some((start, end)) = range.split_once('-') else { continue };
        if !rights.starts_with("rw") {
            continue;
        }
        let (mut at, end) = (u64::from_str_radix(start, 16)?, u64::from_str_radix(end, 16)?);
        while at < end {
            let wanted = usize::try_from(end - at)?.min(chunk.len());
            // A page can go away between the list and the look.
            let read = memory.read_at(chunk.get_mut(..wanted).unwrap_or_default(), at).unwrap_or(0);
            let bytes = chunk.get(..read).unwrap_or_default();
            // What begins in the overlap is the next chunk's, unless there is none.
            let own = if read > CHUNK { CHUNK } else { read };
            for place in finder.find_iter(bytes).filter(|place| *place < own) {
                found.places += 1;
                let rest = bytes.get(place + mark.len()..).unwrap_or_default();
                found.distinct.extend(rest.first_chunk::<8>().copied());
            }
            found.searched += own;
            at += CHUNK as u64;
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_memory_is_found() {
        // Put together here, so that the test's own constants are not found as well.
        let mark = ["need", "le-in-", "memory-"].concat();
        let kept: Vec<String> = (0..3).map(|number| format!("{mark}{number:08}")).collect();
        let found = search(std::process::id(), mark.as_bytes()).unwrap();
        for number in 0..3 {
            assert!(found.distinct.contains(format!("{number:08}").as_bytes()), "{number}");
        }
        assert!(found.searched > 1 << 20 && kept.len() == 3);
    }
}
