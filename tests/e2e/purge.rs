//! What is stored ceases to hold: because somebody says so, or because an origin has said yes to an unsafe request.

use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use crate::client::{Answer, Visitor};
use crate::origin::{Origin, response};
use crate::proxy::{HERO, PATIENCE, Proxy, free_address, site, write_configuration};
use crate::reading::be_patient;

const TOKEN: &str = "a-secret-of-the-CMS";

/// An origin whose pages say their version, a proxy before it, and somebody who types commands.
pub struct Running {
    pub proxy: Proxy,
    pub origin: Origin,
    version: Arc<AtomicUsize>,
    listener: SocketAddr,
    config: PathBuf,
}

/// `/c/…` is posted to as well; a passthrough route has what is not stored. A path names its tags with dots between,
/// and `slow` takes its time.
const ROUTES: &str = "[[route]]\npath = \"/c/*\"\nquery = [\"page\"]\n\
                      [[route]]\npath = \"/c/*\"\nmode = \"passthrough\"\nmethods = [\"POST\", \"DELETE\"]\n\
                      [[route]]\npath = \"/account\"\nmode = \"passthrough\"\n";

fn answered(version: &AtomicUsize, target: &str, request: &[u8]) -> Vec<u8> {
    let body = format!("<section id=\"hero\"></section>version {}.", version.load(SeqCst));
    if !request.starts_with(b"GET ") {
        let status = if target.contains("refused") { "409 Conflict" } else { "303 See Other" };
        let names = "Location: /c/listed?page=2&x=1\r\nContent-Location: http://other.test/c/other\r\n";
        return response(status, names, &body);
    }
    if target.contains("slow") {
        std::thread::sleep(Duration::from_millis(700));
    }
    let tags = target.trim_matches('/').replace('.', ",");
    let fields = format!(
        "Cache-Control: max-age=600, stale-if-error=600\r\nCache-Tag: all,{tags}\r\nSurrogate-Key: page k\r\n"
    );
    response("200 OK", &fields, &body)
}

impl Running {
    fn start() -> Self {
        let version = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&version);
        Self::before(Origin::start(move |target, request| answered(&seen, target, request)), version)
    }

    /// The same before another origin.
    pub fn before(origin: Origin, version: Arc<AtomicUsize>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (http, metrics, listener) = (free_address(), free_address(), free_address());
        write_configuration(folder.path(), http, metrics, &site(&origin, "", ROUTES), HERO);
        be_patient(folder.path());
        let config = folder.path().join("cloakroom.toml");
        let token = folder.path().join("token");
        std::fs::write(&token, format!("{TOKEN}\n")).unwrap();
        std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o600)).unwrap();
        let text = std::fs::read_to_string(&config).unwrap();
        let control = format!("[control]\nlisten = \"{listener}\"\ntoken_file = \"token\"\n");
        std::fs::write(&config, format!("{text}[store]\npath = \"data\"\n{control}")).unwrap();
        Self { proxy: Proxy::start_in(folder, http, metrics), origin, version, listener, config }
    }

    /// The version of a page that a visitor gets.
    pub fn version(&self, target: &str) -> usize {
        let answer = Visitor::new(target).ask(self.proxy.address());
        let text = answer.text();
        let (_, rest) = text.split_once("version ").unwrap_or_else(|| panic!("{} {text}", answer.head));
        rest.split('.').next().unwrap().parse().unwrap()
    }

    /// From now on the origin's pages are of the next version.
    fn change(&self) -> usize {
        self.version.fetch_add(1, SeqCst) + 1
    }

    fn purge(&self, args: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cloakroom"));
        command.arg("purge").args(args).arg("--config").arg(&self.config);
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }

    pub fn purged(&self, args: &[&str]) -> u64 {
        let (code, out, err) = self.purge(&[args, &["--json"]].concat());
        assert_eq!((code, err.as_str()), (0, ""), "{args:?}: {out}");
        serde_json::from_str::<serde_json::Value>(&out).unwrap()["purged"].as_u64().unwrap()
    }

    /// Sends bytes to the control listener as they are.
    fn order(&self, method: &str, target: &str, fields: &[(&str, &str)], body: &str) -> Answer {
        let mut visitor = Visitor::new(target);
        visitor.method = method.into();
        visitor.body = body.into();
        visitor.fields = fields.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        visitor.ask(self.listener)
    }
}

fn bearer() -> (&'static str, &'static str) {
    ("Authorization", "Bearer a-secret-of-the-CMS")
}

#[test]
fn each_way_to_name_pages_reaches_those_and_no_others() {
    let running = Running::start();
    let targets = ["/c/red.blue", "/c/green", "/c/green?page=2", "/d/blue", "/"];
    let cases: [(&[&str], &[usize]); 9] = [
        (&["--url", "http://shop.test/c/green"], &[1]),
        (&["--url", "https://SHOP.test:8443/c/%67reen;s=1?page=2&session=7#top"], &[2]),
        (&["--prefix", "shop.test/c/"], &[0, 1, 2]),
        (&["--prefix", "shop.test/c/green"], &[1, 2]),
        (&["--tag", "c/red"], &[0]),
        (&["--tag", "BLUE", "--tag", "d/blue", "--site", "shop"], &[0, 3]),
        (&["--tag", "k"], &[0, 1, 2, 3, 4]),
        (&["--site", "shop.test"], &[0, 1, 2, 3, 4]),
        (&["--tag", "unheard-of"], &[]),
    ];
    let mut expected: Vec<_> = targets.iter().map(|target| running.version(target)).collect();
    for (args, reached) in cases {
        let now = running.change();
        let count = running.purged(args);
        assert_eq!(count, reached.len() as u64, "{args:?}");
        reached.iter().for_each(|at| expected[*at] = now);
        for _ in 0..2 {
            let found: Vec<_> = targets.iter().map(|target| running.version(target)).collect();
            assert_eq!(found, expected, "{args:?}");
        }
    }
    assert_eq!(running.purged(&["--tag", "all", "--soft"]), 5);
    assert_eq!(running.purged(&["--tag", "all", "--soft"]), 0, "they are stale already");
    let printed = running.proxy.printed();
    assert!(
        printed.contains("purged") && !printed.contains("green") && !printed.contains("unheard"),
        "{printed}"
    );
}

#[test]
fn what_is_stale_is_fetched_anew_and_stands_in_where_that_fails() {
    let running = Running::start();
    assert_eq!((running.version("/c/soft"), running.version("/c/hard")), (0, 0));
    let now = running.change();
    running.origin.set_down(true);
    assert_eq!(running.purged(&["--url", "shop.test/c/soft", "--soft"]), 1);
    assert_eq!(running.purged(&["--url", "shop.test/c/hard"]), 1);
    assert_eq!(running.version("/c/soft"), 0, "the stale copy stands in");
    let gone = Visitor::new("/c/hard").ask(running.proxy.address());
    assert_eq!(gone.status, 502, "{}", gone.head);
    running.origin.set_down(false);
    let since = Instant::now();
    while running.version("/c/soft") != now {
        assert!(since.elapsed() < PATIENCE, "a stale page is never fetched anew");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_is_fetched_while_it_is_purged_is_not_kept() {
    let running = Running::start();
    for args in [["--url", "shop.test/c/slow"], ["--tag", "c/slow"], ["--prefix", "shop.test/c/s"]] {
        let fetches = running.origin.count("/c/slow");
        let before = running.version.load(SeqCst);
        let (seen, late, now) = std::thread::scope(|scope| {
            let reader = scope.spawn(|| running.version("/c/slow"));
            let since = Instant::now();
            while running.origin.count("/c/slow") == fetches {
                assert!(since.elapsed() < PATIENCE, "the origin is never asked");
                std::thread::sleep(Duration::from_millis(10));
            }
            let now = running.change();
            running.purged(&args);
            let late = running.version("/c/slow");
            (reader.join().unwrap(), late, now)
        });
        // What the origin says is made when it has slept, so the reader may see either.
        assert!(seen == before || seen == now);
        assert_eq!(late, now, "{args:?}: nobody who comes later waits for what was purged");
        assert_eq!(running.version("/c/slow"), now);
        assert_eq!(running.origin.count("/c/slow"), fetches + 2, "{args:?}: fetched again, not kept");
        running.purged(&["--site", "shop"]);
    }
}

#[test]
fn an_unsafe_request_takes_its_page_with_it_if_the_origin_says_yes() {
    let running = Running::start();
    let targets = ["/c/item", "/c/listed?page=2", "/c/listed", "/c/other", "/c/refused"];
    let found = || targets.map(|target| running.version(target));
    assert_eq!(found(), [0; 5]);
    let send = |method: &str, target: &str| {
        let mut visitor = Visitor::new(target);
        visitor.method = method.into();
        visitor.body = b"x".to_vec();
        visitor.ask(running.proxy.address()).status
    };
    let now = running.change();
    assert_eq!(send("POST", "/c/refused"), 409);
    assert_eq!(found(), [0; 5], "the origin said no");
    assert_eq!(send("POST", "/c/item?session=7"), 303);
    assert_eq!(found(), [now, now, 0, 0, 0], "the target, and what `Location` names of this origin");
    let later = running.change();
    assert_eq!(send("DELETE", "/c/item"), 303);
    assert_eq!(found(), [later, later, 0, 0, 0]);
    assert_eq!(send("POST", "/account"), 303);
    assert_eq!(
        found(),
        [later, later, 0, 0, 0],
        "where nothing is stored nothing goes, but for what it names"
    );
}

#[test]
fn what_a_plugin_made_is_made_anew_from_the_stored_page() {
    let running = Running::start();
    assert_eq!(running.version("/"), 0);
    let fetches = running.origin.count("/");
    running.change();
    assert!(running.purged(&["--plugin", "hero"]) >= 1);
    assert_eq!(running.purged(&["--plugin", "hero@1.0.0", "--site", "shop"]), 0);
    assert_eq!(running.version("/"), 0, "the page is the same");
    assert_eq!(running.origin.count("/"), fetches);
    assert!(running.purged(&["--plugin", "hero@1.0.0"]) >= 1);
    let (code, _, err) = running.purge(&["--plugin", "hero@2"]);
    assert_eq!(code, 3);
    assert!(err.contains("no plugin of that name, version or digest"), "{err}");
}

#[test]
fn a_cms_on_another_machine_shows_its_token() {
    let running = Running::start();
    let order = |fields: &[(&str, &str)], body: &str| running.order("POST", "/purge", fields, body);
    assert_eq!((running.version("/c/a"), running.version("/c/b")), (0, 0));
    let now = running.change();
    for fields in [&[][..], &[("Authorization", "Bearer a-secret-of-the-CMs")], &[bearer(), bearer()]] {
        let answer = order(fields, "{\"site\":\"shop.test\"}");
        assert_eq!((answer.status, answer.field("www-authenticate")), (401, Some("Bearer")), "{fields:?}");
    }
    assert_eq!(running.order("PURGE", "/c/a", &[], "").status, 401);
    assert_eq!((running.version("/c/a"), running.version("/c/b")), (0, 0));
    let answer = order(&[bearer()], "{\"tag\":[\"c/a\",\"nothing\"],\"soft\":false}");
    assert_eq!((answer.status, answer.text().trim()), (200, "{\"purged\":1}"));
    let answer = running.order("PURGE", "/c/b?x=1", &[bearer()], "");
    assert_eq!((answer.status, answer.text().trim()), (200, "{\"purged\":1}"));
    assert_eq!((running.version("/c/a"), running.version("/c/b")), (now, now));
    let soft = running.order("PURGE", "/c/b", &[bearer(), ("Fastly-Soft-Purge", "1")], "");
    assert_eq!(soft.text().trim(), "{\"purged\":1}");
    let again = running.order("PURGE", "/c/b", &[bearer(), ("Fastly-Soft-Purge", "1")], "");
    assert_eq!(again.text().trim(), "{\"purged\":0}", "it was stale already");
    for (method, target, body, status, words) in [
        ("POST", "/purge", "{", 400, "cannot be read"),
        ("POST", "/purge", "{\"urls\":\"x\"}", 400, "unknown field"),
        ("POST", "/purge", "{}", 400, "exactly one"),
        ("POST", "/purge", "{\"site\":\"nowhere.test\"}", 422, "no site has that host"),
        ("POST", "/purge", "{\"url\":\"shop.test/account\"}", 422, "passthrough"),
        ("GET", "/purge", "", 405, "POST"),
        ("POST", "/", "{}", 404, "only POST /purge"),
    ] {
        let answer = running.order(method, target, &[bearer()], body);
        assert_eq!(answer.status, status, "{body}");
        let said: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert!(said["error"].as_str().unwrap().contains(words), "{body}: {said}");
    }
    let long = format!("{{\"url\":\"{}\"}}", "a".repeat(300_000));
    assert_eq!(order(&[bearer()], &long).status, 413);
}

#[test]
fn an_order_that_cannot_be_carried_out_says_why() {
    let running = Running::start();
    for (args, code, words) in [
        (&["--url", "nowhere.test/"][..], 3, "no site has that host"),
        (&["--url", "nowhere.test/"], 3, "`shop.test`"),
        (&["--url", "/c/a"], 3, "not the address of a page"),
        (&["--url", "shop.test/account"], 3, "of which nothing is ever stored"),
        (&["--site", "shopp"], 3, "did you mean `shop`?"),
        (&["--tag", " "], 3, "a tag has 1 to"),
        (&[], 2, "required"),
        (&["--url", "a", "--tag", "b"], 2, "cannot be used with"),
        (&["--plugin", "a", "--soft"], 2, "cannot be used with"),
    ] {
        let (found, out, err) = running.purge(args);
        assert_eq!((found, out.as_str()), (code, ""), "{args:?}: {err}");
        assert!(err.contains(words), "{args:?}: {err}");
    }
    let tags: Vec<String> = (0..257).flat_map(|number| ["--tag".to_owned(), number.to_string()]).collect();
    let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
    assert!(running.purge(&tags).2.contains("at most 256"));
    assert_eq!(running.purge(&tags[..512]).0, 0);
}

#[test]
fn only_a_serve_of_this_user_is_spoken_to() {
    let mut running = Running::start();
    let socket = running.config.parent().unwrap().join("data/control.sock");
    assert_eq!(std::fs::symlink_metadata(&socket).unwrap().mode() & 0o777, 0o600);
    // A second `serve` with the same configuration cannot listen, and takes nothing from the first.
    let mut second = Command::new(env!("CARGO_BIN_EXE_cloakroom"));
    let second = second.arg("serve").arg("--config").arg(&running.config).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert_eq!(running.purge(&["--site", "shop"]).0, 0);
    running.proxy.terminate();
    running.proxy.wait_for_exit();
    let (code, _, err) = running.purge(&["--site", "shop"]);
    assert_eq!(code, 1);
    assert!(err.contains("no `serve` is running with this configuration"), "{err}");
    std::fs::remove_file(&socket).unwrap();
    assert!(running.purge(&["--site", "shop"]).2.contains("no `serve` is running"));
    std::fs::write(&socket, "").unwrap();
    let (code, _, err) = running.purge(&["--site", "shop"]);
    assert_eq!(code, 1);
    assert!(err.contains("not the socket of a `serve`"), "{err}");
    let text = std::fs::read_to_string(&running.config).unwrap();
    std::fs::write(&running.config, text.replace("[store]\npath = \"data\"\n", "")).unwrap();
    let (code, _, err) = running.purge(&["--site", "shop"]);
    assert_eq!(code, 3);
    assert!(err.contains("no control socket"), "{err}");
}
