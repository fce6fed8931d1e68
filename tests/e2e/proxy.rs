//! The real binary, running `serve` with a configuration in a folder of its own.

use std::collections::BTreeSet;
use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cloakroom_demo::DemoGeo;
use tempfile::TempDir;

use crate::client::Visitor;
use crate::origin::Origin;

/// A running proxy; dropping it ends it.
pub struct Proxy {
    child: Child,
    address: SocketAddr,
    metrics: SocketAddr,
    printed: Arc<Mutex<Vec<u8>>>,
    _folder: TempDir,
}

/// How long anything may take in a test before it counts as never.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// A rule plugin that tells France, spring and phones apart.
pub const HERO: &str = r#"
name = "hero"
version = "1.0.0"
[signals.country]
reason = "to greet"
[signals.campaign]
reason = "to keep a promise"
[[slot]]
name = "hero"
selector = "\#hero"
default = "plain"
[[slot.variant]]
name = "plain"
[[slot.variant]]
name = "france"
content = "<h1>Bonjour la France</h1>"
[[slot.variant]]
name = "spring"
content = "<h1>Spring is here</h1>"
[[rule]]
when = { campaign = "spring" }
show = { hero = "spring" }
[[rule]]
when = { country = "FR" }
show = { hero = "france" }
"#;

/// A rule plugin for the slot of [`HERO`]: the heading of the first signal that has the value beside it.
pub fn greeting(name: &str, headings: &[(&str, &str, &str)]) -> String {
    let signals: BTreeSet<_> = headings.iter().map(|(signal, ..)| signal).collect();
    let mut text = format!("name = \"{name}\"\nversion = \"1.0.0\"\n");
    for signal in signals {
        text += &format!("[signals.{signal}]\nreason = \"to greet\"\n");
    }
    text += "[[slot]]\nname = \"hero\"\nselector = \"#hero\"\ndefault = \"plain\"\n\
             [[slot.variant]]\nname = \"plain\"\n";
    for (at, (_, _, heading)) in headings.iter().enumerate() {
        text += &format!("[[slot.variant]]\nname = \"v{at}\"\ncontent = \"<h1>{heading}</h1>\"\n");
    }
    for (at, (signal, value, _)) in headings.iter().enumerate() {
        text += &format!("[[rule]]\nwhen = {{ {signal} = \"{value}\" }}\nshow = {{ hero = \"v{at}\" }}\n");
    }
    text
}

/// A site of one personalized route before `origin`; `more` is added to `site.toml`.
pub fn site(origin: &Origin, route: &str, more: &str) -> String {
    format!(
        "hosts = [\"shop.test\"]\norigin = \"http://{}\"\n\
         [signals]\ncountry = [\"FR\", \"DE\"]\nlanguage = [\"fr\", \"en\"]\n\
         campaign = {{ parameter = \"utm_campaign\", values = [\"spring\"] }}\n\
         [crowd]\nk = 5\nepoch = \"1s\"\n\
         [[plugin]]\nname = \"hero\"\nfile = \"hero.toml\"\n\
         [[route]]\npath = \"/\"\nmode = \"personalize\"\nplugins = [\"hero\"]\n{route}\n{more}",
        origin.address()
    )
}

/// Files of a configuration: `cloakroom.toml` and a site in `shop/`.
pub fn write_configuration(folder: &Path, http: SocketAddr, metrics: SocketAddr, site: &str, hero: &str) {
    let hero = hero.replace("\\#", "#");
    std::fs::write(folder.join("country.mmdb"), DemoGeo::new().bytes()).unwrap();
    std::fs::create_dir_all(folder.join("shop")).unwrap();
    std::fs::write(folder.join("shop/site.toml"), site).unwrap();
    std::fs::write(folder.join("shop/hero.toml"), hero).unwrap();
    let main = format!(
        "[listen]\nhttp = \"{http}\"\n[client_ip]\ntrusted_proxies = [\"127.0.0.1/32\"]\n\
         [geo]\ndatabase = \"country.mmdb\"\n[sites]\npaths = [\"shop\"]\n[metrics]\nlisten = \"{metrics}\"\n\
         [limits]\norigin_connect = \"1s\"\norigin_first_byte = \"2s\"\norigin_timeout = \"4s\"\n"
    );
    std::fs::write(folder.join("cloakroom.toml"), main).unwrap();
}

/// An address that nobody listens on, and that no other test of this process was given.
pub fn free_address() -> SocketAddr {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        if GIVEN.lock().unwrap().insert(address.port()) {
            return address;
        }
    }
}

impl Proxy {
    pub fn start(site: &str) -> Self {
        Self::start_with(site, HERO)
    }

    pub fn start_with(site: &str, hero: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (address, metrics) = (free_address(), free_address());
        write_configuration(folder.path(), address, metrics, site, hero);
        Self::start_in(folder, address, metrics)
    }

    /// Starts with a configuration that is written already.
    pub fn start_in(folder: TempDir, address: SocketAddr, metrics: SocketAddr) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_cloakroom"))
            .arg("serve")
            .arg("--config")
            .arg(folder.path().join("cloakroom.toml"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let printed = Arc::default();
        gather(child.stdout.take().unwrap(), &printed);
        gather(child.stderr.take().unwrap(), &printed);
        let proxy = Self { child, address, metrics, printed, _folder: folder };
        let since = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(since.elapsed() < PATIENCE, "the proxy does not listen: {}", proxy.printed());
            std::thread::sleep(Duration::from_millis(20));
        }
        proxy
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Everything that the process has printed: logs, access log, warnings.
    pub fn printed(&self) -> String {
        String::from_utf8_lossy(&self.printed.lock().unwrap()).into_owned()
    }

    pub fn metrics(&self) -> String {
        let mut visitor = Visitor::new("/metrics");
        visitor.host = "metrics".into();
        visitor.ask(self.metrics).text()
    }

    /// Asks the program to stop, as an init system does.
    pub fn terminate(&self) {
        let told = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(told.success());
    }

    pub fn wait_for_exit(&mut self) -> ExitStatus {
        let since = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(since.elapsed() < PATIENCE, "the program does not stop: {}", self.printed());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the log says `words`.
    pub fn wait_for_words(&self, words: &str) {
        let since = Instant::now();
        while !self.printed().contains(words) {
            assert!(since.elapsed() < PATIENCE, "`{words}` is never printed: {}", self.printed());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Keeps a crowd of visitors like `visitor` coming from `size` networks, until dropped.
    pub fn crowd(&self, size: u32, visitor: impl Fn(u32) -> Visitor + Send + 'static) -> Crowd {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, address) = (Arc::clone(&stop), self.address);
        std::thread::spawn(move || {
            while !stopped.load(SeqCst) {
                for number in 0..size {
                    visitor(number).ask(address);
                }
            }
        });
        Crowd(stop)
    }

    /// Asks until the body contains `words`, and gives that answer.
    pub fn ask_until(&self, visitor: &Visitor, words: &str) -> crate::client::Answer {
        let since = Instant::now();
        loop {
            let answer = visitor.ask(self.address);
            if answer.text().contains(words) {
                return answer;
            }
            assert!(since.elapsed() < PATIENCE, "`{words}` never comes, but {}", answer.text());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

fn gather(mut from: impl Read + Send + 'static, into: &Arc<Mutex<Vec<u8>>>) {
    let into = Arc::clone(into);
    std::thread::spawn(move || {
        let mut chunk = [0; 4_096];
        while let Ok(read @ 1..) = from.read(&mut chunk) {
            into.lock().unwrap().extend_from_slice(&chunk[..read]);
        }
    });
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A crowd that keeps coming.
pub struct Crowd(Arc<AtomicBool>);

impl Drop for Crowd {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}
