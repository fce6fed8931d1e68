//! HAProxy with its cache in memory. Its key is host, path and query, so the traits, found by the same
//! patterns through maps, become the query.
//!
//! It logs to other programs alone, over a socket; none is set up, which saves it a system call a request.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use super::networks::networks;
use super::{Addresses, Setup};
use crate::Failure;

/// All of it, but for what a run decides.
const CONFIGURATION: &str = r#"
global
    nbthread THREADS
    maxconn 8192
    tune.bufsize 32768
    ssl-default-bind-options ssl-min-ver TLSv1.2

cache pages
    total-max-size 256
    max-object-size 131072
    max-age 86400

defaults
    mode http
    timeout client 1h
    timeout server 1h
    timeout connect 5s
    timeout http-keep-alive 1h
    option http-keep-alive
    http-reuse always

frontend visitors
    bind HTTP_ADDRESS
    bind HTTPS_ADDRESS ssl crt CERTIFICATE alpn h2,http/1.1
    acl relayed path_beg /p/
    acl personalized path /
    http-request set-header X-Device %[req.fhdr(user-agent),map_reg(FOLDER/devices,desktop)] if personalized
    http-request set-header X-Language %[req.fhdr(accept-language),map_beg(FOLDER/languages,other)] if personalized
    http-request set-header X-Country %[req.hdr_ip(x-forwarded-for),map_ip(FOLDER/countries,other)] if personalized
    http-request set-header X-Campaign %[url_param(utm_campaign),map_str(FOLDER/campaigns,none)] if personalized
    http-request set-header X-Consent %[req.cook(cloakroom_consent),map_str(FOLDER/consents,none)] if personalized
    http-request set-query %[req.hdr(x-device)]|%[req.hdr(x-language)]|%[req.hdr(x-country)]|%[req.hdr(x-campaign)]|%[req.hdr(x-consent)] if personalized
    http-request del-header Cookie unless relayed
    http-request cache-use pages unless relayed
    http-after-response set-header x-cache HIT if { res.cache_hit }
    http-after-response set-header x-cache MISS unless { res.cache_hit }
    use_backend passed if relayed
    default_backend stored

backend stored
    http-response cache-store pages
    server origin ORIGIN pool-max-conn 64

backend passed
    server origin ORIGIN pool-max-conn 64
"#;

/// Writes the configuration; answers the words that HAProxy is started with.
pub(super) fn configure(
    folder: &Path,
    addresses: Addresses,
    setup: &Setup<'_>,
) -> Result<Vec<OsString>, Failure> {
    let file = folder.join("haproxy.cfg");
    let text = CONFIGURATION
        .replace("FOLDER", &folder.display().to_string())
        .replace("THREADS", &setup.cpus.len().to_string())
        .replace("HTTP_ADDRESS", &addresses.http.to_string())
        .replace("HTTPS_ADDRESS", &addresses.https.to_string())
        .replace("CERTIFICATE", &setup.certificate.both.display().to_string())
        .replace("ORIGIN", &setup.origin.to_string());
    fs::write(&file, text)?;
    let countries = networks(setup.visitors).into_iter();
    let countries: String =
        countries.map(|(network, length, country)| format!("{network}/{length} {country}\n")).collect();
    for (name, lines) in [
        ("devices", "(?i)(ipad|tablet) tablet\n(?i)(iphone|mobile) phone\n(?i)android tablet\n"),
        ("languages", "fr fr\nde de\nen en\n"),
        ("countries", countries.as_str()),
        ("campaigns", "spring spring\n"),
        ("consents", "all all\n"),
    ] {
        fs::write(folder.join(name), lines)?;
    }
    Ok(["-db".into(), "-f".into(), file.into()].into())
}
