//! Entries that may be written in two ways, before anything in them is understood.

use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer, value::SeqAccessDeserializer};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use crate::raw::{QueryTable, Text, Texts};

/// An entry of `route.query`.
pub(crate) enum Query {
    Name(String),
    Table(Box<QueryTable>),
}

impl<'de> Deserialize<'de> for Query {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entry;
        impl<'de> Visitor<'de> for Entry {
            type Value = Query;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name or a table")
            }

            fn visit_str<E>(self, name: &str) -> Result<Query, E> {
                Ok(Query::Name(name.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Query, A::Error> {
                let table = QueryTable::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Query::Table(Box::new(table)))
            }
        }
        deserializer.deserialize_any(Entry)
    }
}

/// One text or a list of texts.
pub(crate) enum OneOrMany {
    One(String),
    Many(Vec<Text>),
}

impl OneOrMany {
    /// As a list, each text with its place.
    pub fn list(written: &Spanned<Self>) -> Texts {
        let span = written.span();
        let list = match written.get_ref() {
            Self::One(text) => vec![Spanned::new(span.clone(), text.clone())],
            Self::Many(list) => list.clone(),
        };
        Spanned::new(span, list)
    }
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entry;
        impl<'de> Visitor<'de> for Entry {
            type Value = OneOrMany;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of texts")
            }

            fn visit_str<E>(self, text: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany::One(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<OneOrMany, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(OneOrMany::Many)
            }
        }
        deserializer.deserialize_any(Entry)
    }
}
