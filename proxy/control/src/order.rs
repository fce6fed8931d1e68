//! The one order that there is, as it is written, and as it is meant.

use cloakroom_pipeline::{Named, PurgeOrder};
use serde::{Deserialize, Serialize};

/// The most tags of one order.
pub const MAX_TAGS: usize = 256;
/// The longest tag, in bytes.
pub const MAX_TAG_BYTES: usize = 1_024;
/// The largest order, in bytes.
pub const MAX_BODY_BYTES: usize = 256 * 1_024;

/// The body of `POST /purge`: exactly one of `url`, `prefix`, `tag` and `plugin`, or `site` alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Purge {
    /// One address, whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Every address that begins so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// One tag, or several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<OneOrMany>,
    /// `name`, `name@version`, or at least 12 digits of a component's digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<String>,
    /// A host of a site: all of it, or what of it has the tag or is made by the plugin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// What is purged is stale from now on, and not gone.
    pub soft: bool,
}

/// One text, or a list of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Purge {
    /// What is meant.
    ///
    /// # Errors
    /// What is wrong with it, for whoever wrote it.
    pub(crate) fn meant(self) -> Result<PurgeOrder, String> {
        let Self { url, prefix, tag, plugin, site, soft } = self;
        let what = match (url, prefix, tag, plugin, site) {
            (Some(url), None, None, None, None) => Named::Url(url),
            (None, Some(prefix), None, None, None) => Named::Prefix(prefix),
            (None, None, Some(tag), None, host) => Named::Tags { names: tags(tag)?, host },
            (None, None, None, Some(_), _) if soft => {
                return Err("`soft` and `plugin` do not go together: what a plugin made is made anew from the \
                            stored page"
                    .to_owned());
            }
            (None, None, None, Some(plugin), host) => Named::Plugin { plugin, host },
            (None, None, None, None, Some(host)) => Named::Site(host),
            _ => {
                return Err("name exactly one of `url`, `prefix`, `tag`, `plugin` and `site`; `site` may stand \
                            beside `tag` or `plugin`"
                    .to_owned());
            }
        };
        Ok(PurgeOrder { what, soft })
    }
}

fn tags(written: OneOrMany) -> Result<Vec<String>, String> {
    let tags = match written {
        OneOrMany::One(tag) => vec![tag],
        OneOrMany::Many(tags) => tags,
    };
    if tags.is_empty() || tags.len() > MAX_TAGS {
        return Err(format!("an order has 1 to {MAX_TAGS} tags"));
    }
    if tags.iter().any(|tag| tag.trim().is_empty() || tag.len() > MAX_TAG_BYTES) {
        return Err(format!("a tag has 1 to {MAX_TAG_BYTES} bytes"));
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(json: &str) -> Result<PurgeOrder, String> {
        let order: Purge = serde_json::from_str(json).map_err(|_| "unreadable".to_owned())?;
        order.meant()
    }

    #[test]
    fn an_order_names_one_thing() {
        let order = |what, soft| Ok(PurgeOrder { what, soft });
        let text = str::to_owned;
        for (json, expected) in [
            (r#"{"url":"shop.test/"}"#, order(Named::Url(text("shop.test/")), false)),
            (r#"{"prefix":"shop.test/c/","soft":true}"#, order(Named::Prefix(text("shop.test/c/")), true)),
            (r#"{"tag":"a"}"#, order(Named::Tags { names: vec![text("a")], host: None }, false)),
            (
                r#"{"tag":["a","b"],"site":"shop.test"}"#,
                order(Named::Tags { names: vec![text("a"), text("b")], host: Some(text("shop.test")) }, false),
            ),
            (r#"{"site":"shop.test"}"#, order(Named::Site(text("shop.test")), false)),
            (r#"{"plugin":"hero@1"}"#, order(Named::Plugin { plugin: text("hero@1"), host: None }, false)),
        ] {
            assert_eq!(meant(json), expected, "{json}");
        }
    }

    #[test]
    fn every_other_order_is_refused() {
        let tags = |count: usize| format!("{{\"tag\":[{}]}}", vec!["\"a\""; count].join(","));
        assert!(meant(&tags(MAX_TAGS)).is_ok());
        let long = format!("{{\"tag\":\"{}\"}}", "a".repeat(MAX_TAG_BYTES + 1));
        for (json, words) in [
            ("{}", "exactly one"),
            (r#"{"soft":true}"#, "exactly one"),
            (r#"{"url":"a","site":"b"}"#, "exactly one"),
            (r#"{"url":"a","tag":"b"}"#, "exactly one"),
            (r#"{"tag":"a","plugin":"b"}"#, "exactly one"),
            (r#"{"plugin":"a","soft":true}"#, "do not go together"),
            (r#"{"tag":[]}"#, "1 to 256"),
            (&tags(MAX_TAGS + 1), "1 to 256"),
            (r#"{"tag":" "}"#, "bytes"),
            (&long, "bytes"),
            (r#"{"urls":"a"}"#, "unreadable"),
            (r#"{"url":1}"#, "unreadable"),
            (r#"["url"]"#, "unreadable"),
        ] {
            assert!(meant(json).is_err_and(|message| message.contains(words)), "{json}");
        }
    }
}
