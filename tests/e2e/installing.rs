//! Plugins are installed, shown without a restart, and gone back from, while visitors keep coming.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use tempfile::TempDir;

use crate::client::Visitor;
use crate::origin::Origin;
use crate::proxy::{HERO, Proxy, free_address, greeting, site, write_configuration};

/// A configuration with a store, and a second folder for what is to be installed.
pub struct Shop {
    _origin: Origin,
    folder: TempDir,
    files: TempDir,
    addresses: [std::net::SocketAddr; 2],
}

impl Shop {
    pub fn new(change: impl Fn(String) -> String) -> Self {
        let origin = Origin::page("Cache-Control: max-age=600\r\n");
        let folder = tempfile::tempdir().unwrap();
        let addresses = [free_address(), free_address()];
        write_configuration(folder.path(), addresses[0], addresses[1], &change(site(&origin, "", "")), HERO);
        let main = folder.path().join("cloakroom.toml");
        let text = std::fs::read_to_string(&main).unwrap();
        std::fs::write(&main, format!("{text}[store]\npath = \"data\"\n")).unwrap();
        Self { _origin: origin, folder, files: tempfile::tempdir().unwrap(), addresses }
    }

    /// Starts `serve`; what is left does not end with the folder.
    pub fn serve(self) -> (Proxy, Typed) {
        let typed = self.typed();
        let files = self.files;
        let proxy = Proxy::start_in(self.folder, self.addresses[0], self.addresses[1]);
        (proxy, Typed { _kept: Some((files, self._origin)), ..typed })
    }

    pub fn typed(&self) -> Typed {
        let config = self.folder.path().join("cloakroom.toml");
        Typed { config, files: self.files.path().to_owned(), _kept: None }
    }
}

/// Somebody who types commands.
pub struct Typed {
    config: PathBuf,
    files: PathBuf,
    _kept: Option<(TempDir, Origin)>,
}

impl Typed {
    pub fn type_in(&self, args: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cloakroom"));
        let Output { status, stdout, stderr } = command.args(args).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }

    pub fn plugin(&self, args: &[&str]) -> (i32, String, String) {
        self.type_in(&[&["plugin"], args, &["--config", self.config.to_str().unwrap()]].concat())
    }

    pub fn file(&self, name: &str, text: &str) -> String {
        self.bytes(name, text.replace("\\#", "#").as_bytes())
    }

    /// The folder of the configuration.
    pub fn folder(&self) -> &Path {
        self.config.parent().unwrap()
    }

    /// Writes a file and gives its path.
    pub fn bytes(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.files.join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub fn install(&self, rules: &str, more: &[&str]) -> (i32, String, String) {
        let file = self.file("new.toml", rules);
        self.plugin(&[&["install", &file, "--site", "shop"], more].concat())
    }

    /// The version of `hero` that is live.
    pub fn live(&self) -> Option<String> {
        let (_, out, _) = self.plugin(&["list", "--json"]);
        let list: serde_json::Value = serde_json::from_str(&out).unwrap();
        let versions = list["sites"][0]["plugins"][0]["versions"].as_array().unwrap();
        let live = versions.iter().find(|version| version["live"] == true)?;
        Some(live["version"].as_str().unwrap().to_owned())
    }
}

fn salut() -> String {
    greeting("hero", &[("country", "FR", "Salut")]).replace("1.0.0", "2.0.0")
}

#[test]
fn what_is_installed_is_shown_without_a_restart_and_no_request_fails() {
    let (proxy, typed) = Shop::new(|site| site).serve();
    let _crowd = proxy.crowd(12, |number| Visitor::consenting("/", number));
    let visitor = Visitor::consenting("/", 3);
    proxy.ask_until(&visitor, "Bonjour la France");
    let (stop, answers) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for number in 20..23 {
            let (proxy, stop, answers) = (&proxy, &stop, &answers);
            scope.spawn(move || {
                while !stop.load(SeqCst) {
                    assert_eq!(Visitor::consenting("/", number).ask(proxy.address()).status, 200);
                    answers.fetch_add(1, SeqCst);
                }
            });
        }
        let (code, out, err) = typed.install(&salut(), &["--note", "a greeting for friends"]);
        assert_eq!((code, err.as_str()), (0, ""));
        assert!(out.contains("in place of the site's own file"), "{out}");
        proxy.ask_until(&visitor, "<h1>Salut</h1>");
        let third = greeting("hero", &[("country", "FR", "Coucou")]).replace("1.0.0", "3.0.0");
        assert_eq!(typed.install(&third, &[]).0, 0);
        proxy.ask_until(&visitor, "<h1>Coucou</h1>");
        let (_, list, _) = typed.plugin(&["list"]);
        assert!(list.contains("a greeting for friends") && list.contains("* 3.0.0"), "{list}");
        assert_eq!(typed.plugin(&["rollback", "hero", "--site", "shop.test"]).0, 0);
        proxy.ask_until(&visitor, "<h1>Salut</h1>");
        let (code, out, _) = typed.plugin(&["rollback", "hero", "--site", "shop"]);
        assert!(code == 0 && out.contains("the site's own file again"), "{out}");
        proxy.ask_until(&visitor, "Bonjour la France");
        stop.store(true, SeqCst);
    });
    assert!(answers.load(SeqCst) > 50);
    proxy.wait_for_words("plugin taken up");
    assert!(!proxy.printed().contains("panicked"), "{}", proxy.printed());
}

#[test]
fn what_is_installed_outlives_a_restart_and_check_tells_of_it() {
    let shop = Shop::new(|site| site);
    let typed = shop.typed();
    assert_eq!(typed.install(&salut(), &[]).0, 0);
    let (code, out, _) = typed.install(&salut(), &[]);
    assert!(code == 0 && out.contains("is live on `shop` already"), "{out}");
    let (_, checked, _) = typed.type_in(&["check", "--config", typed.config.to_str().unwrap()]);
    assert!(checked.contains("hero: version 2.0.0 ("), "{checked}");
    let (proxy, _typed) = shop.serve();
    let _crowd = proxy.crowd(12, |number| Visitor::consenting("/", number));
    proxy.ask_until(&Visitor::consenting("/", 3), "<h1>Salut</h1>");
}

#[test]
fn a_plugin_without_a_file_shows_what_is_installed() {
    let (proxy, typed) = Shop::new(|site| site.replace("file = \"hero.toml\"\n", "")).serve();
    proxy.wait_for_words("nothing is installed as `hero`");
    let _crowd = proxy.crowd(12, |number| Visitor::consenting("/", number));
    assert!(Visitor::consenting("/", 3).ask(proxy.address()).text().contains("origin hero"));
    assert_eq!(typed.install(&salut(), &[]).0, 0);
    proxy.ask_until(&Visitor::consenting("/", 3), "<h1>Salut</h1>");
}

#[test]
fn what_is_refused_changes_nothing() {
    let shop = Shop::new(|site| site.replace("[signals]\n", "[signals]\nbudget = 3\n"));
    let typed = shop.typed();
    assert_eq!(typed.install(&salut(), &[]).0, 0);
    let nonsense = typed.file("nonsense.wasm", "this is no component");
    let tells_too_much =
        greeting("hero", &[("country", "FR", "a"), ("device", "phone", "b"), ("language", "fr", "c")]);
    let wrong_rules = salut().replace("country = \"FR\"", "country = \"Frankreich\"");
    let stranger = salut().replace("name = \"hero\"\nversion", "name = \"heroes\"\nversion");
    let no_store = typed.file("elsewhere.toml", "");
    let cases: [(&str, &str, &str, &str); 7] = [
        (&nonsense, "shop", "hero", "nonsense.wasm` is refused"),
        (&typed.file("much.toml", &tells_too_much), "shop", "hero", "its budget is 3"),
        (&typed.file("wrong.toml", &wrong_rules), "shop", "hero", "wrong.toml:"),
        (&typed.file("fine.toml", &salut()), "shopp", "hero", "did you mean `shop`?"),
        (&typed.file("fine.toml", &salut()), "shop", "hreo", "did you mean `hero`?"),
        (&typed.file("stranger.toml", &stranger), "shop", "", "lists no plugin `heroes`"),
        (&no_store.replace("elsewhere", "absent"), "shop", "hero", "cannot be read"),
    ];
    for (file, site, name, words) in cases {
        let mut args = vec!["install", file, "--site", site];
        if !name.is_empty() {
            args.extend(["--as", name]);
        }
        let (code, out, err) = typed.plugin(&args);
        assert!(code != 0 && out.is_empty(), "{out}");
        assert!(err.contains(words), "{err}");
        assert_eq!(typed.live().as_deref(), Some("2.0.0"), "{err}");
    }
    for (args, words) in [
        (["rollback", "hero", "--site", "shop", "--to", "ffff"], "0 installed versions"),
        (["rollback", "banner", "--site", "shop", "--to", "ffff"], "there are `hero`"),
    ] {
        let (code, _, err) = typed.plugin(&args);
        assert!(code != 0 && err.contains(words), "{err}");
    }
    let long = "x".repeat(500);
    let (code, _, err) = typed.install(&salut(), &["--note", &long]);
    assert!(code == 2 && err.contains("at most 400"), "{err}");
}

#[test]
fn without_a_store_nothing_is_installed_and_the_way_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let origin = Origin::page("");
    write_configuration(folder.path(), free_address(), free_address(), &site(&origin, "", ""), HERO);
    let typed =
        Typed { config: folder.path().join("cloakroom.toml"), files: folder.path().to_owned(), _kept: None };
    let (code, _, err) = typed.install(&salut(), &[]);
    assert!(code == 3 && err.contains("`[store]` with `path"), "{err}");
}

#[test]
fn a_damaged_store_does_not_take_the_page_away() {
    let (proxy, typed) = Shop::new(|site| site).serve();
    let _crowd = proxy.crowd(12, |number| Visitor::consenting("/", number));
    let visitor = Visitor::consenting("/", 3);
    assert_eq!(typed.install(&salut(), &[]).0, 0);
    proxy.ask_until(&visitor, "<h1>Salut</h1>");
    let data = typed.config.parent().unwrap().join("data/plugins");
    let list = data.join("sites/shop.test.json");
    let whole = std::fs::read(&list).unwrap();
    std::fs::write(&list, "{").unwrap();
    proxy.wait_for_words("is damaged");
    assert!(visitor.ask(proxy.address()).text().contains("<h1>Salut</h1>"));
    let (code, _, err) = typed.install(HERO, &[]);
    assert!(code == 1 && err.contains("is damaged"), "{err}");

    // A version that is live by the list, and is there neither as table nor as component.
    std::fs::write(&list, &whole).unwrap();
    let third = greeting("hero", &[("country", "FR", "Coucou")]).replace("1.0.0", "3.0.0");
    empty(&data.join("tables"));
    std::fs::write(&list, with_another_digest(&String::from_utf8(whole).unwrap())).unwrap();
    proxy.wait_for_words("is not in the store any more");
    assert!(visitor.ask(proxy.address()).text().contains("<h1>Salut</h1>"));
    assert_eq!(typed.install(&third, &[]).0, 0);
    proxy.ask_until(&visitor, "<h1>Coucou</h1>");
}

fn empty(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
}

/// The same list, of a component that nobody has installed.
fn with_another_digest(list: &str) -> String {
    let at = list.find("\"digest\": \"").unwrap() + "\"digest\": \"".len();
    list.replace(&list[at..at + 64], &"0123".repeat(16))
}

#[test]
fn a_site_starts_although_nobody_knows_what_is_installed() {
    let shop = Shop::new(|site| site);
    let typed = shop.typed();
    assert_eq!(typed.install(&salut(), &[]).0, 0);
    let data = typed.config.parent().unwrap().join("data/plugins");
    std::fs::write(data.join("sites/shop.test.json"), "{").unwrap();
    let check = typed.type_in(&["check", "--config", typed.config.to_str().unwrap()]);
    assert!(check.0 == 3 && check.2.contains("what is installed cannot be read"), "{check:?}");
    let (proxy, _typed) = shop.serve();
    proxy.wait_for_words("or remove it: the plugins of the site are");
    let answer = Visitor::consenting("/", 3).ask(proxy.address());
    assert!(answer.status == 200 && answer.text().contains("origin hero"));
    std::fs::remove_file(data.join("sites/shop.test.json")).unwrap();
    let _crowd = proxy.crowd(12, |number| Visitor::consenting("/", number));
    proxy.ask_until(&Visitor::consenting("/", 3), "Bonjour la France");
}

#[test]
fn what_a_site_does_not_do_is_told_to_whoever_installs_it() {
    let shop = Shop::new(|site| site);
    let typed = shop.typed();
    let misspelt = greeting("hero", &[("campaign", "sprnig", "Spring"), ("country", "FR", "Salut")]);
    let (code, _, err) = typed.install(&misspelt, &[]);
    assert!(code == 0 && err.contains("`campaign`") && err.contains("`sprnig`"), "{err}");
    let unsafe_edit = salut().replace("<h1>Salut</h1>", "<h1 onclick='f()'>Salut</h1>");
    let (code, _, err) = typed.install(&unsafe_edit, &[]);
    assert!(code == 0 && err.contains("`hero=v0, edit 1` is shown without a part of it"), "{err}");
    // It points to where it stands in the rule file.
    assert!(err.contains("<h1 onclick='f()'>Salut</h1>") && err.contains(".toml:"), "{err}");
    let lost = salut().replace("content = \"<h1>Salut</h1>\"", "include = \"/not/a/fragment\"");
    assert_ne!(lost, salut());
    let (code, _, err) = typed.install(&lost, &[]);
    assert!(code == 0 && err.contains("no route of the site that is marked `fragment`"), "{err}");
    // The way back is that to what was live.
    assert_eq!(typed.plugin(&["rollback", "hero", "--site", "shop", "--to", "file"]).0, 0);
    assert_eq!(typed.live(), None);
    assert_eq!(typed.plugin(&["rollback", "hero", "--site", "shop"]).0, 0);
    assert_eq!(typed.live().as_deref(), Some("2.0.0"));
}

#[test]
fn a_site_judges_what_a_plugin_writes_by_its_own_list() {
    let shop = Shop::new(|site| format!("{site}[output]\nhosts = [\"pictures.test\"]\n"));
    let typed = shop.typed();
    let picture = "<img src='https://pictures.test/a.png'><p onclick='f()'>a</p>";
    let file = typed.file("new.toml", &salut().replace("<h1>Salut</h1>", picture));
    let (code, out, err) = typed.type_in(&["plugin", "check", &file]);
    assert!(code == 0 && out.contains("2 parts taken out; judged without a site"), "{out}");
    assert!(err.contains("`src`") && err.contains("`onclick`"), "{err}");
    let (code, out, err) = typed.plugin(&["check", &file, "--site", "shop"]);
    assert!(code == 0 && out.contains("1 part taken out; judged by `shop`"), "{out}");
    assert!(!err.contains("`src`") && err.contains("`onclick`"), "{err}");
    assert_eq!(typed.plugin(&["check", &file, "--site", "nowhere"]).0, 3);

    assert_eq!(typed.plugin(&["install", &file, "--site", "shop"]).0, 0);
    let (_, out, _) = typed.type_in(&["check", "--config", typed.config.to_str().unwrap()]);
    let at = out.find("removed from hero, hero=v0, edit 1, content line 1, column 43: attribute `onclick`");
    let lines: Vec<_> = out[at.unwrap_or_else(|| panic!("{out}"))..].lines().map(str::trim).skip(1).collect();
    assert_eq!(lines[..2], [picture, "^^^^^^^^^^^^^"], "{out}");
}
