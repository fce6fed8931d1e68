//! One proxy and one origin for all cases; each case has a path of its own, and the origin a script for it.

use std::collections::HashMap;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::case::{Answer, Fields};
use super::parse::lines;
use crate::origin::Origin;
use crate::proxy::{HERO, Proxy, free_address, site, write_configuration};

/// The routes that cases name: `/plain/…`, and so on.
const ROUTES: &str = r#"
[[route]]
path = "/plain/*"
query = ["q"]
[[route]]
path = "/relay/*"
unstorable = "relay"
[[route]]
path = "/own/*"
freshness = "2s"
[[route]]
path = "/front/*"
downstream = "origin"
[[route]]
path = "/page/*"
mode = "personalize"
plugins = ["hero"]
[[route]]
path = "/form/*"
[[route]]
path = "/form/*"
mode = "passthrough"
methods = ["POST", "PUT", "DELETE", "PATCH"]
[[route]]
path = "/through/*"
mode = "passthrough"
[output]
headers = ["a", "b", "test-header", "content-foo"]
"#;

/// Short enough to be waited for.
const CACHE: &str = "[cache]\nnegative = \"2s\"\nstale_if_error = \"4s\"\n";

/// What the origin does for a case, and what it has seen.
#[derive(Default)]
pub struct Script {
    pub answer: Answer,
    /// The fields of a 304, for who brings the validators of the answer.
    pub confirm: Option<Fields>,
    /// Every request, as text.
    pub seen: Vec<String>,
    /// The bodies of all answers but 304, in order.
    pub bodies: Vec<String>,
    /// The statuses that were answered.
    pub statuses: Vec<u16>,
}

/// What cases are played on.
pub struct Stage {
    scripts: Arc<Mutex<HashMap<String, Arc<Mutex<Script>>>>>,
    proxy: Proxy,
}

impl Stage {
    pub fn new() -> Self {
        let scripts: Arc<Mutex<HashMap<String, Arc<Mutex<Script>>>>> = Arc::default();
        let known = Arc::clone(&scripts);
        let origin = Origin::start_writing(move |target, request, stream| {
            let path = target.split('?').next().unwrap_or_default().to_owned();
            let script = known.lock().unwrap().get(&of_case(&path)).cloned();
            let answer = script.and_then(|script| respond(&script, request));
            stream.write_all(&answer.ok_or(io::ErrorKind::ConnectionAborted)?)
        });
        let folder = tempfile::tempdir().unwrap();
        let (address, metrics) = (free_address(), free_address());
        write_configuration(folder.path(), address, metrics, &site(&origin, "", ROUTES), HERO);
        let main = folder.path().join("cloakroom.toml");
        let text = std::fs::read_to_string(&main).unwrap();
        std::fs::write(&main, text + CACHE).unwrap();
        Self { scripts, proxy: Proxy::start_in(folder, address, metrics) }
    }

    pub fn address(&self) -> SocketAddr {
        self.proxy.address()
    }

    /// The script for a path.
    pub fn script(&self, path: &str) -> Arc<Mutex<Script>> {
        Arc::clone(self.scripts.lock().unwrap().entry(path.to_owned()).or_default())
    }
}

/// The first two segments: the route and the case.
fn of_case(path: &str) -> String {
    path.split('/').take(3).collect::<Vec<_>>().join("/")
}

/// The bytes of an answer; none where the connection is closed instead.
fn respond(script: &Mutex<Script>, request: &[u8]) -> Option<Vec<u8>> {
    let request = String::from_utf8_lossy(request).into_owned();
    let mut script = script.lock().unwrap();
    script.seen.push(request.clone());
    let answer = script.answer.clone();
    let status = answer.status?;
    let bytes = match script.confirm.clone().filter(|_| is_confirmed(&answer, &request)) {
        Some(fields) => {
            script.statuses.push(304);
            format!("HTTP/1.1 304 Not Modified\r\n{}\r\n", lines(&fields))
        }
        None => {
            script.statuses.push(status);
            let body = answer.body.clone().unwrap_or_else(|| format!("answer {}\n", script.bodies.len() + 1));
            script.bodies.push(if status == 204 { String::new() } else { body.clone() });
            let typed = answer.fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
            let content_type = if typed { "" } else { "Content-Type: text/plain\r\n" };
            let content = match status {
                204 => String::new(),
                _ => format!("{content_type}Content-Length: {}\r\n", body.len()),
            };
            let body = if status == 204 { "" } else { &body };
            format!("HTTP/1.1 {status} Said So\r\n{content}{}\r\n{body}", lines(&answer.fields))
        }
    };
    drop(script);
    std::thread::sleep(Duration::from_millis(answer.delay));
    Some(bytes.into_bytes())
}

/// Whether a request brings the validators of an answer (RFC 9110 §13.2.2).
fn is_confirmed(answer: &Answer, request: &str) -> bool {
    let of = |fields: &str, name: &str| {
        let lines = fields.lines().filter_map(|line| line.split_once(':'));
        let mut found = lines
            .filter(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim().to_owned());
        found.next()
    };
    let fields = lines(&answer.fields);
    match (of(request, "if-none-match"), of(request, "if-modified-since")) {
        (Some(tag), _) => of(&fields, "etag") == Some(tag),
        (None, Some(date)) => of(&fields, "last-modified") == Some(date),
        (None, None) => false,
    }
}
