//! Percent-encoded text, read byte by byte without a copy.

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
