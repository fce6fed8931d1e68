//! Percent-encoded text, read byte by byte without a copy; and base64, into room of a fixed size.

/// The bytes of `text` with its escapes resolved; what is no escape stands for itself.
pub(super) fn decoded(text: &[u8]) -> impl Iterator<Item = u8> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (first, after) = rest.split_first()?;
        let digit = |at: usize| after.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                rest = after.get(2..).unwrap_or_default();
                u8::try_from(high * 16 + low).ok()
            }
            _ => {
                rest = after;
                Some(*first)
            }
        }
    })
}

/// The bytes that base64 text (RFC 4648 §4 or §5, padded or not) stands for, in `room`. `None` at a
/// character of neither alphabet, at an end that no encoder makes, and where there is no more room.
pub(super) fn base64(text: impl Iterator<Item = u8>, room: &mut [u8]) -> Option<&[u8]> {
    let (mut bits, mut held, mut length, mut padding, mut read) = (0_u32, 0, 0, 0, 0);
    for character in text {
        if character == b'=' {
            padding += 1;
            continue;
        }
        let sextet = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        if padding > 0 {
            return None;
        }
        read += 1;
        bits = bits << 6 | u32::from(sextet);
        held += 6;
        if held >= 8 {
            held -= 8;
            *room.get_mut(length)? = u8::try_from(bits >> held & 0xFF).ok()?;
            length += 1;
        }
    }
    let is_whole = read % 4 != 1 && (padding == 0 || (padding < 3 && (read + padding) % 4 == 0));
    let is_clean = bits & ((1 << held) - 1) == 0;
    if is_whole && is_clean { room.get(..length) } else { None }
}

/// A short word that is put together byte by byte. One that is too long equals nothing.
#[derive(Clone, Copy)]
pub(super) struct Word {
    bytes: [u8; Self::MOST],
    length: usize,
}

impl Word {
    const MOST: usize = 16;

    pub(super) fn new() -> Self {
        Self { bytes: [0; Self::MOST], length: 0 }
    }

    pub(super) fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
        }
        self.length = self.length.saturating_add(1);
    }

    /// The word; `None` if it is too long.
    pub(super) fn get(&self) -> Option<&[u8]> {
        self.bytes.get(..self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_resolved_and_words_are_bounded() {
        let read = |text: &str| decoded(text.as_bytes()).collect::<Vec<_>>();
        assert_eq!(read("C0001%3A1%2cC0002%3a0"), b"C0001:1,C0002:0");
        assert_eq!(read("%"), b"%");
        assert_eq!(read("%4"), b"%4");
        assert_eq!(read("%zz%41"), b"%zzA");
        let mut word = Word::new();
        (0..16).for_each(|_| word.push(b'a'));
        assert_eq!(word.get(), Some(&[b'a'; 16][..]));
        word.push(b'a');
        assert_eq!(word.get(), None);
    }
}
