//! Varnish with the variant key in VCL: the same traits by the same patterns, all of them hashed.
//!
//! It keeps its usual log in shared memory; no `varnishncsa` writes it to a file, which would be another
//! process and its CPU time.

use std::ffi::OsString;
use std::fmt::Write;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use cloakroom_benches::{COUNTRIES, Visitor};

use super::Setup;
use super::networks::networks;
use crate::Failure;

/// All of it, but for what a run decides.
const VCL: &str = r#"
vcl 4.1;
import std;
backend origin { .host = "ORIGIN_HOST"; .port = "ORIGIN_PORT"; }
ACLS
sub vcl_recv {
    if (req.url ~ "^/p/") {
        return (pass);
    }
    if (req.url ~ "^/m/") {
        unset req.http.Cookie;
        return (hash);
    }
    set req.http.X-Device = "desktop";
    if (req.http.User-Agent ~ "(?i)(ipad|tablet)") {
        set req.http.X-Device = "tablet";
    } else if (req.http.User-Agent ~ "(?i)(iphone|mobile)") {
        set req.http.X-Device = "phone";
    } else if (req.http.User-Agent ~ "(?i)android") {
        set req.http.X-Device = "tablet";
    }
    set req.http.X-Language = "other";
    if (req.http.Accept-Language ~ "(?i)^fr") {
        set req.http.X-Language = "fr";
    } else if (req.http.Accept-Language ~ "(?i)^de") {
        set req.http.X-Language = "de";
    } else if (req.http.Accept-Language ~ "(?i)^en") {
        set req.http.X-Language = "en";
    }
    set req.http.X-Consent = "none";
    if (req.http.Cookie ~ "(^|; )cloakroom_consent=all(;|$)") {
        set req.http.X-Consent = "all";
    }
    set req.http.X-Campaign = "none";
    if (req.url ~ "[?&]utm_campaign=spring(&|$)") {
        set req.http.X-Campaign = "spring";
    }
    # Varnish has added its own peer behind.
    set req.http.X-Visitor = regsub(req.http.X-Forwarded-For, ",.*$", "");
    set req.http.X-Country = "other";
COUNTRIES
    set req.url = regsub(req.url, "\?.*$", "");
    unset req.http.Cookie;
    return (hash);
}

sub vcl_hash {
    hash_data(req.url);
    hash_data(req.http.host);
    if (req.http.X-Device) {
        hash_data(req.http.X-Device);
        hash_data(req.http.X-Language);
        hash_data(req.http.X-Country);
        hash_data(req.http.X-Campaign);
        hash_data(req.http.X-Consent);
    }
    return (lookup);
}

sub vcl_deliver {
    if (obj.hits > 0) {
        set resp.http.x-cache = "HIT";
    } else {
        set resp.http.x-cache = "MISS";
    }
}
"#;

/// Writes the configuration; answers the words that Varnish is started with.
pub(super) fn configure(
    folder: &Path,
    address: SocketAddr,
    setup: &Setup<'_>,
) -> Result<Vec<OsString>, Failure> {
    let file = folder.join("shop.vcl");
    let (acls, countries) = countries(setup.visitors);
    let text = VCL
        .replace("ORIGIN_HOST", &setup.origin.ip().to_string())
        .replace("ORIGIN_PORT", &setup.origin.port().to_string())
        .replace("ACLS", &acls)
        .replace("COUNTRIES", &countries);
    fs::write(&file, text)?;
    let words = format!(
        "-F -j none -a {address} -T none -s malloc,256m -p thread_pools={} -p timeout_idle=3600 -n",
        setup.cpus.len()
    );
    let mut words: Vec<OsString> = words.split(' ').map(Into::into).collect();
    words.extend([folder.join("state").into(), "-f".into(), file.into()]);
    Ok(words)
}

/// A list of networks for each country, looked up by bisection, and the lines that use them.
fn countries(visitors: &[Visitor]) -> (String, String) {
    let networks = networks(visitors);
    let (mut acls, mut lines) = (String::new(), String::new());
    for (at, country) in COUNTRIES.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = writeln!(acls, "acl in_{country} +table {{");
        for (network, length, _) in networks.iter().filter(|(_, _, of)| of == country) {
            let _ = writeln!(acls, "    \"{network}\"/{length};");
        }
        acls.push_str("}\n");
        let otherwise = if at == 0 { "" } else { "else " };
        let _ = writeln!(
            lines,
            "    {otherwise}if (std.ip(req.http.X-Visitor, \"0.0.0.0\") ~ in_{country}) \
             {{ set req.http.X-Country = \"{country}\"; }}"
        );
    }
    (acls, lines)
}
