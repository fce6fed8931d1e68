//! nginx as somebody sets it up who makes the variant key by hand: a map for each trait of the
//! visitor, all of them in the key, and the maps' words to the origin so that it makes the page.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use cloakroom_benches::{COUNTRIES, HOST, Visitor};

use crate::Failure;

/// All of it, but for what a run decides.
const CONFIGURATION: &str = r#"
daemon off;
user root;
worker_processes 1;
pcre_jit on;
pid FOLDER/pid;
error_log FOLDER/error.log;
events { worker_connections 1024; }
http {
    default_type text/plain;
    client_body_temp_path FOLDER/body;
    proxy_temp_path FOLDER/proxy;
    fastcgi_temp_path FOLDER/fastcgi;
    uwsgi_temp_path FOLDER/uwsgi;
    scgi_temp_path FOLDER/scgi;
    access_log FOLDER/access.log combined buffer=64k flush=5s;
    sendfile on;
    tcp_nopush off;
    keepalive_timeout 75s;
    keepalive_requests 1000000000;
    open_file_cache max=2000 inactive=1h;
    open_file_cache_valid 1h;
    proxy_cache_path FOLDER/cache levels=1:2 keys_zone=pages:10m inactive=1d max_size=256m use_temp_path=off;

    map $http_user_agent $device {
        default desktop;
        ~*(ipad|tablet) tablet;
        ~*(iphone|mobile) phone;
        ~*android tablet;
    }
    map $http_accept_language $language {
        default other;
        ~*^fr fr;
        ~*^de de;
        ~*^en en;
    }
    map $cookie_cloakroom_consent $consent {
        default none;
        all all;
    }
    map $arg_utm_campaign $campaign {
        default none;
        spring spring;
    }
    geo $http_x_forwarded_for $country {
        default other;
NETWORKS    }

    server {
        listen ADDRESS;
        server_name HOST;
        location / {
            proxy_pass http://ORIGIN;
            proxy_cache pages;
            proxy_cache_key $host$uri|$device|$language|$country|$campaign|$consent;
            proxy_cache_lock on;
            proxy_set_header Host $host;
            proxy_set_header Cookie "";
            proxy_set_header X-Device $device;
            proxy_set_header X-Language $language;
            proxy_set_header X-Country $country;
            proxy_set_header X-Campaign $campaign;
            proxy_set_header X-Consent $consent;
            add_header X-Cache $upstream_cache_status;
        }
    }
}
"#;

/// Writes the configuration; answers where it is.
pub(crate) fn configure(
    folder: &Path,
    address: SocketAddr,
    origin: SocketAddr,
    visitors: &[Visitor],
) -> Result<PathBuf, Failure> {
    fs::create_dir_all(folder)?;
    let file = folder.join("nginx.conf");
    let text = CONFIGURATION
        .replace("FOLDER", &folder.display().to_string())
        .replace("NETWORKS", &networks(visitors))
        .replace("ADDRESS", &address.to_string())
        .replace("ORIGIN", &origin.to_string())
        .replace("HOST", HOST);
    fs::write(&file, text)?;
    Ok(file)
}

/// The country of every network that a visitor comes from.
fn networks(visitors: &[Visitor]) -> String {
    let known = visitors.iter().filter(|visitor| COUNTRIES.contains(&visitor.traits.country));
    let lines: BTreeSet<String> = known
        .map(|visitor| match visitor.address {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                format!("{a}.{b}.{c}.0/24 {}", visitor.traits.country)
            }
            IpAddr::V6(address) => {
                let [a, b, c, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}::/48 {}", visitor.traits.country)
            }
        })
        .collect();
    lines.iter().fold(String::new(), |mut text, line| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "        {line};");
        text
    })
}
