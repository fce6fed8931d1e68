//! The main file as it is written, before anything is checked.

use serde::Deserialize;
use toml::Spanned;

use super::{Fraction, OneOrMany, Text, Texts};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MainFile {
    pub listen: Spanned<Listen>,
    #[serde(default)]
    pub client_ip: ClientIp,
    #[serde(default)]
    pub geo: Geo,
    pub sites: Sites,
    pub store: Option<Store>,
    #[serde(default)]
    pub cache: Cache,
    #[serde(default)]
    pub metrics: Metrics,
    #[serde(default)]
    pub control: crate::control::Section,
    #[serde(default)]
    pub log: Log,
    #[serde(default)]
    pub limits: Limits,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listen {
    pub http: Option<Spanned<OneOrMany>>,
    pub https: Option<Spanned<OneOrMany>>,
    #[serde(default)]
    pub certificate: Vec<Certificate>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Certificate {
    pub cert: Text,
    pub key: Text,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientIp {
    pub trusted_proxies: Option<Texts>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct Geo {
    pub database: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sites {
    pub paths: Texts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Store {
    pub path: Text,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cache {
    pub max_bytes: Option<Text>,
    pub heuristic: Option<Fraction>,
    pub heuristic_most: Option<Text>,
    pub negative: Option<Text>,
    pub stale_if_error: Option<Text>,
    pub compress: Option<Texts>,
    pub compress_from: Option<Text>,
    pub compress_threads: Option<Spanned<u64>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct Metrics {
    pub listen: Option<Text>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct Log {
    pub level: Option<String>,
    pub format: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limits {
    pub header_bytes: Option<Text>,
    pub client_silence: Option<Text>,
    pub concurrent_streams: Option<Spanned<u64>>,
    pub origin_connect: Option<Text>,
    pub origin_first_byte: Option<Text>,
    pub origin_timeout: Option<Text>,
    pub origin_body: Option<Text>,
}
