//! nginx as somebody sets it up who makes the variant key by hand: a map for each trait of the
//! visitor, all of them in the key, and the maps' words to the origin so that it makes the page.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use cloakroom_benches::{HOST, Visitor};

use super::networks::networks;
use super::{Addresses, Setup};
use crate::Failure;

/// All of it, but for what a run decides.
const CONFIGURATION: &str = r#"
daemon off;
user root;
worker_processes WORKERS;
worker_rlimit_nofile 16384;
pcre_jit on;
pid FOLDER/pid;
error_log FOLDER/error.log;
events { worker_connections 8192; }
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
    keepalive_timeout 1h;
    keepalive_requests 1000000000;
    open_file_cache max=4000 inactive=1h;
    open_file_cache_valid 1h;
    proxy_cache_path FOLDER/cache levels=1:2 keys_zone=pages:64m inactive=1d max_size=256m use_temp_path=off;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:tls:10m;
    upstream origin {
        server ORIGIN;
        keepalive 64;
        keepalive_requests 1000000000;
        keepalive_timeout 1h;
    }

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
        listen HTTP_ADDRESS;
        listen HTTPS_ADDRESS ssl http2;
        ssl_certificate CERTIFICATE;
        ssl_certificate_key KEY;
        server_name HOST;
        proxy_http_version 1.1;
        proxy_set_header Host $host;
        proxy_set_header Connection "";
        add_header x-cache $upstream_cache_status;
        location = / {
            proxy_pass http://origin;
            proxy_cache pages;
            proxy_cache_key $host$uri|$device|$language|$country|$campaign|$consent;
            proxy_cache_lock on;
            proxy_set_header Host $host;
            proxy_set_header Connection "";
            proxy_set_header Cookie "";
            proxy_set_header X-Device $device;
            proxy_set_header X-Language $language;
            proxy_set_header X-Country $country;
            proxy_set_header X-Campaign $campaign;
            proxy_set_header X-Consent $consent;
        }
        location /m/ {
            proxy_pass http://origin;
            proxy_cache pages;
            proxy_cache_key $host$uri;
            proxy_cache_lock on;
            proxy_set_header Host $host;
            proxy_set_header Connection "";
            proxy_set_header Cookie "";
        }
        location /p/ {
            proxy_pass http://origin;
        }
    }
}
"#;

/// Writes the configuration; answers the words that nginx is started with.
pub(super) fn configure(
    folder: &Path,
    addresses: Addresses,
    setup: &Setup<'_>,
) -> Result<Vec<OsString>, Failure> {
    let file = folder.join("nginx.conf");
    let text = CONFIGURATION
        .replace("FOLDER", &folder.display().to_string())
        .replace("NETWORKS", &countries(setup.visitors))
        .replace("WORKERS", &setup.cpus.len().to_string())
        .replace("HTTP_ADDRESS", &addresses.http.to_string())
        .replace("HTTPS_ADDRESS", &addresses.https.to_string())
        .replace("CERTIFICATE", &setup.certificate.certificate.display().to_string())
        .replace("KEY", &setup.certificate.key.display().to_string())
        .replace("ORIGIN", &setup.origin.to_string())
        .replace("HOST", HOST);
    fs::write(&file, text)?;
    let log = folder.join("error.log");
    Ok(["-p".into(), folder.into(), "-e".into(), log.into(), "-c".into(), file.into()].into())
}

/// The lines of `geo`.
fn countries(visitors: &[Visitor]) -> String {
    let lines = networks(visitors).into_iter();
    lines.map(|(network, length, country)| format!("        {network}/{length} {country};\n")).collect()
}
