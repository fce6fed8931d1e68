//! A record as the bytes of its file.
//!
//! All numbers are little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 16 | `cloakroom record` |
//! | 2 | version of the format: 1 |
//! | 4 | bytes of the head |
//! | 8 | bytes of the body |
//! | 32 | SHA-256 of the body |
//! | 32 | seal over the name and all before and the head ([`Seal`]) |
//! | | head |
//! | | body |
//!
//! So the head alone can be read and trusted, and with it the body. What was damaged, put there by somebody
//! else, or moved to another name has a seal that does not hold.

use std::io::{self, Read};

use bytes::Bytes;
use cloakroom_private_files::{SEAL_BYTES, Seal};
use sha2::{Digest as _, Sha256};

use crate::Name;

/// The most bytes of a head.
pub const MAX_HEAD_BYTES: usize = 256 << 10;
/// The most bytes of a head and a body together.
pub const MAX_RECORD_BYTES: u64 = 128 << 20;

const MAGIC: &[u8; 16] = b"cloakroom record";
const VERSION: u16 = 1;
const DIGEST_BYTES: usize = 32;
const FACTS_BYTES: usize = MAGIC.len() + 2 + 4 + 8 + DIGEST_BYTES;
/// Bytes before the head.
const PREFIX_BYTES: usize = FACTS_BYTES + SEAL_BYTES;

/// A record that was kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// What [`Disk::open`](crate::Disk::open) shows of it.
    pub head: Bytes,
    /// All else.
    pub body: Bytes,
}

/// Bytes of the file of a record.
pub(crate) fn file_bytes(head: &[u8], body: &[Bytes]) -> u64 {
    (PREFIX_BYTES + head.len()) as u64 + body.iter().map(|part| part.len() as u64).sum::<u64>()
}

/// What stands before the head. The head is at most [`MAX_HEAD_BYTES`].
pub(crate) fn prefix(seal: &Seal, name: Name, head: &[u8], body: &[Bytes]) -> Vec<u8> {
    let mut digest = Sha256::new();
    body.iter().for_each(|part| digest.update(part));
    let body_bytes: u64 = body.iter().map(|part| part.len() as u64).sum();
    let mut prefix = Vec::with_capacity(PREFIX_BYTES);
    prefix.extend(MAGIC);
    prefix.extend(VERSION.to_le_bytes());
    prefix.extend(u32::try_from(head.len()).unwrap_or(u32::MAX).to_le_bytes());
    prefix.extend(body_bytes.to_le_bytes());
    prefix.extend(digest.finalize());
    let over = seal.over(&name.to_string(), &[&prefix, head]);
    prefix.extend(over);
    prefix
}

/// A head whose seal holds, and what it says of the body behind it.
pub(crate) struct Head {
    pub(crate) head: Vec<u8>,
    body_bytes: u64,
    digest: [u8; DIGEST_BYTES],
}

/// Reads a head from the start of a file of `bytes` bytes.
///
/// # Errors
/// The system's reason, or that it is no whole head of this name.
pub(crate) fn read_head(mut file: impl Read, bytes: u64, name: Name, seal: &Seal) -> io::Result<Head> {
    let mut prefix = [0; PREFIX_BYTES];
    file.read_exact(&mut prefix)?;
    let mut left = prefix.as_slice();
    let known = take::<16>(&mut left)? == *MAGIC && take(&mut left)? == VERSION.to_le_bytes();
    let head_bytes = u32::from_le_bytes(take(&mut left)?) as usize;
    let body_bytes = u64::from_le_bytes(take(&mut left)?);
    let digest = take::<DIGEST_BYTES>(&mut left)?;
    let of_seal = left;
    let whole = (PREFIX_BYTES as u64 + head_bytes as u64).checked_add(body_bytes);
    if !known || head_bytes > MAX_HEAD_BYTES || whole != Some(bytes) {
        return Err(damaged());
    }
    let mut head = vec![0; head_bytes];
    file.read_exact(&mut head)?;
    let facts = prefix.get(..FACTS_BYTES).ok_or_else(damaged)?;
    if !seal.holds(&name.to_string(), &[facts, &head], of_seal) {
        return Err(damaged());
    }
    Ok(Head { head, body_bytes, digest })
}

/// Reads a whole record.
///
/// # Errors
/// The system's reason, or that it is no whole record of this name.
pub(crate) fn read(mut file: impl Read, bytes: u64, name: Name, seal: &Seal) -> io::Result<Record> {
    if bytes > MAX_RECORD_BYTES + PREFIX_BYTES as u64 {
        return Err(damaged());
    }
    let Head { head, body_bytes, digest } = read_head(&mut file, bytes, name, seal)?;
    let mut body = Vec::with_capacity(usize::try_from(body_bytes).map_err(|_| damaged())?);
    file.take(body_bytes).read_to_end(&mut body)?;
    if body.len() as u64 != body_bytes || Sha256::digest(&body).as_slice() != digest {
        return Err(damaged());
    }
    Ok(Record { head: head.into(), body: body.into() })
}

fn take<const N: usize>(left: &mut &[u8]) -> io::Result<[u8; N]> {
    let (first, rest) = left.split_first_chunk().ok_or_else(damaged)?;
    *left = rest;
    Ok(*first)
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it is not a whole record of this name")
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloakroom_private_files::Folder;
    use proptest::prelude::*;

    fn seal() -> Seal {
        let folder = tempfile::tempdir().unwrap();
        Folder::new(folder.path()).seal("key").unwrap()
    }

    fn written(seal: &Seal, name: Name, head: &[u8], body: &[Bytes]) -> Vec<u8> {
        let mut file = prefix(seal, name, head, body);
        file.extend(head);
        body.iter().for_each(|part| file.extend(part));
        assert_eq!(file.len() as u64, file_bytes(head, body));
        file
    }

    fn read_all(seal: &Seal, name: Name, file: &[u8]) -> Option<Record> {
        let bytes = file.len() as u64;
        let read = read(file, bytes, name, seal).ok();
        let head = read_head(file, bytes, name, seal).ok();
        assert!(
            read.is_none()
                || head.is_some_and(|head| Some(&head.head[..]) == read.as_ref().map(|r| &r.head[..]))
        );
        read
    }

    #[test]
    fn no_bit_can_change_and_no_byte_can_come_or_go() {
        let (seal, name) = (seal(), Name::of(&[7; 16]));
        let file = written(&seal, name, b"head", &[Bytes::from_static(b"bo"), Bytes::from_static(b"dy")]);
        let record = read_all(&seal, name, &file).unwrap();
        assert_eq!((&record.head[..], &record.body[..]), (&b"head"[..], &b"body"[..]));
        assert!(read_all(&seal, Name::of(&[8; 16]), &file).is_none(), "it was moved to another name");
        for bit in 0..file.len() * 8 {
            let mut flipped = file.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(read_all(&seal, name, &flipped).is_none(), "bit {bit}");
        }
        for bytes in 0..file.len() {
            assert!(read_all(&seal, name, &file[..bytes]).is_none(), "cut to {bytes} bytes");
        }
        assert!(read_all(&seal, name, &[file.as_slice(), b"y"].concat()).is_none(), "one more byte");
        assert!(read_all(&self::seal(), name, &file).is_none(), "of another folder");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            head in proptest::collection::vec(any::<u8>(), 0..200),
            body in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 0..5),
        ) {
            let (seal, name) = (seal(), Name::of(&[1; 16]));
            let parts: Vec<Bytes> = body.iter().cloned().map(Bytes::from).collect();
            let record = read_all(&seal, name, &written(&seal, name, &head, &parts)).unwrap();
            prop_assert_eq!(&record.head[..], &head[..]);
            prop_assert_eq!(&record.body[..], &body.concat()[..]);
        }

        #[test]
        fn anything_else_is_refused_without_a_panic(mut file in proptest::collection::vec(any::<u8>(), 0..400), start in 0_usize..20) {
            let (seal, name) = (seal(), Name::of(&[1; 16]));
            // The first bytes are right, so that reading goes on to what follows.
            let right = prefix(&seal, name, b"", &[]);
            for (byte, right) in file.iter_mut().zip(right.iter().take(start)) {
                *byte = *right;
            }
            prop_assert!(read_all(&seal, name, &file).is_none());
        }
    }
}
