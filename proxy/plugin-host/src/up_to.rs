//! A list that is read no further than its bound. Whoever says that a list is long must not cost more than
//! saying so: what is small where it is written can be large in memory.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// At most `MOST` of them.
pub(crate) struct UpTo<T, const MOST: usize>(pub(crate) Vec<T>);

impl<T: Serialize, const MOST: usize> Serialize for UpTo<T, MOST> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>, const MOST: usize> Deserialize<'de> for UpTo<T, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Reader::<T, MOST>(PhantomData)).map(Self)
    }
}

struct Reader<T, const MOST: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for Reader<T, MOST> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at most {MOST} elements")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Vec<T>, A::Error> {
        let mut read = Vec::new();
        while let Some(element) = elements.next_element()? {
            if read.len() == MOST {
                return Err(A::Error::custom("too many elements"));
            }
            read.push(element);
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_to_its_bound_and_no_further() {
        let written = |count: usize| postcard::to_allocvec(&vec![(); count]).unwrap();
        let read = |bytes: &[u8]| postcard::from_bytes::<UpTo<(), 3>>(bytes).map(|list| list.0.len()).ok();
        assert_eq!(read(&written(3)), Some(3));
        // Nothing is left of a million elements but their number.
        assert_eq!(written(1_000_000).len(), 3);
        assert_eq!([read(&written(4)), read(&written(1_000_000))], [None, None]);
    }
}
