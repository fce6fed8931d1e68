//! The cookies about visits, over real sockets: set with consent alone, deleted at its withdrawal, never
//! upstream, never on pages that caches in front may keep.

use crate::client::{Answer, Visitor, french};
use crate::origin::Origin;
use crate::proxy::{Proxy, greeting, site};

/// A rule plugin that asks whether visitors were here before, and what they like.
fn greeter() -> String {
    greeting("greeter", &[("interest", "tents", "New tents"), ("visit", "returning", "Welcome back")])
}

const ATTRIBUTES: &str = "HttpOnly; Secure; SameSite=Lax";

/// The site with topics, product pages that ask for nothing, and a page for nobody in particular.
fn shop(origin: &Origin) -> String {
    let topics = "[signals.interest]\ntopics = [\n\
                  { name = \"tents\", paths = [\"/p/tent-*\"] }, { name = \"boats\", paths = [\"/b/*\"] } ]\n[crowd]\n";
    let more = "[[route]]\npath = \"/p/*\"\nmode = \"personalize\"\n\
                [[route]]\npath = \"/plain\"\nmode = \"anonymous\"\n\
                [[route]]\npath = \"/account/*\"\nmode = \"passthrough\"\n";
    site(origin, "", more).replace("[crowd]\n", topics)
}

fn visitor(target: &str, cookies: &str) -> Visitor {
    Visitor::new(target).with("Cookie", cookies).with("X-Forwarded-For", french(3))
}

fn set(answer: &Answer) -> Vec<String> {
    answer.fields("set-cookie").into_iter().map(str::to_owned).collect()
}

fn deleted(name: &str) -> String {
    format!("cloakroom_{name}=; Path=/; Max-Age=0; {ATTRIBUTES}")
}

#[test]
fn cookies_are_set_with_consent_alone_and_only_where_they_change() {
    let origin = Origin::page("Cache-Control: max-age=600\r\n");
    let proxy = Proxy::start_with(&shop(&origin), &greeter());
    for cookies in ["", "cloakroom_consent=none", "cloakroom_consent=measurement", "session=1"] {
        assert!(set(&visitor("/", cookies).ask(proxy.address())).is_empty(), "{cookies}");
    }
    // Both ways through the edge: the second request has a field that only the longer way reads.
    let mut records = Vec::new();
    for longer in [false, true] {
        let mut first = visitor("/", "cloakroom_consent=all");
        if longer {
            first = first.with("Upgrade", "x");
        }
        let lines = set(&first.ask(proxy.address()));
        assert_eq!(lines[0], format!("cloakroom_visit=0; Path=/; Max-Age=31536000; {ATTRIBUTES}"));
        let (record, rest) = lines[1].split_once("; ").unwrap();
        assert_eq!(rest, format!("Path=/; Max-Age=1209600; {ATTRIBUTES}"));
        assert_eq!(record.len(), "cloakroom_interest=".len() + 11, "{record}");
        assert_eq!(lines.len(), 2, "no plugin asks for a bucket");
        records.push(record.to_owned());
    }
    let kept = format!("cloakroom_consent=all; cloakroom_visit=0; {}", records[0]);
    let inside = visitor("/", &kept).with("Referer", "https://shop.test/");
    assert!(set(&inside.ask(proxy.address())).is_empty());
    // A page of a topic is remembered on a route that asks for nothing; HEAD is no different.
    let mut product = visitor("/p/tent-2", &kept).with("Referer", "https://shop.test/");
    for method in ["GET", "HEAD"] {
        product.method = method.into();
        let lines = set(&product.ask(proxy.address()));
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].starts_with("cloakroom_interest=") && lines[0].contains(".0001; "), "{lines:?}");
    }
    // Coming back from elsewhere turns the bit, once.
    let back = visitor("/", &kept).with("Referer", "https://elsewhere.example/").ask(proxy.address());
    assert_eq!(set(&back), [format!("cloakroom_visit=1; Path=/; Max-Age=31536000; {ATTRIBUTES}")]);
    let again = visitor("/", &kept.replace("visit=0", "visit=1")).ask(proxy.address());
    assert!(set(&again).is_empty());
}

#[test]
fn withdrawal_and_opt_outs_delete_in_that_very_response() {
    let origin = Origin::page("Cache-Control: max-age=600\r\n");
    let proxy = Proxy::start_with(&shop(&origin), &greeter());
    let held = "cloakroom_visit=1; cloakroom_interest=anything; cloakroom_bucket=7";
    let all = ["visit", "interest", "bucket"].map(deleted);
    assert_eq!(set(&visitor("/", held).ask(proxy.address())), all);
    assert_eq!(set(&visitor("/p/1", held).ask(proxy.address())), all);
    let none = format!("{held}; cloakroom_consent=none");
    assert_eq!(set(&visitor("/", &none).ask(proxy.address())), all);
    let yes = format!("{held}; cloakroom_consent=all");
    for opt_out in ["Sec-GPC", "DNT"] {
        assert_eq!(set(&visitor("/", &yes).with(opt_out, "1").ask(proxy.address())), all, "{opt_out}");
    }
    // Nobody knows what law holds where this one is: nothing is kept there.
    let nowhere = Visitor::new("/").with("Cookie", yes.clone());
    assert_eq!(set(&nowhere.ask(proxy.address())), all);
    // With consent what nobody asks for goes, and what is no record is made anew.
    let lines = set(&visitor("/", &yes).ask(proxy.address()));
    assert!(lines[0].starts_with("cloakroom_interest=") && lines[0].contains("Max-Age=1209600"), "{lines:?}");
    assert_eq!(lines[1..], [deleted("bucket")]);
}

#[test]
fn a_policy_that_forbids_is_a_reason_to_keep_nothing() {
    let origin = Origin::page("Cache-Control: max-age=600\r\n");
    let folder = tempfile::tempdir().unwrap();
    let (http, metrics) = (crate::proxy::free_address(), crate::proxy::free_address());
    crate::proxy::write_configuration(folder.path(), http, metrics, &shop(&origin), &greeter());
    let policy = "forbid (principal, action == Action::\"see\", resource == Signal::\"visit/visit\");";
    std::fs::write(folder.path().join("shop/site.cedar"), policy).unwrap();
    let proxy = Proxy::start_in(folder, http, metrics);
    let lines = set(&visitor("/", "cloakroom_consent=all; cloakroom_visit=1").ask(proxy.address()));
    assert!(lines[0].starts_with("cloakroom_interest="), "{lines:?}");
    assert_eq!(lines[1..], [deleted("visit")]);
}

#[test]
fn anonymous_pages_carry_none_and_passthrough_hides_them_both_ways() {
    let origin = Origin::start(|_, _| {
        let fields = "Set-Cookie: __Host-Cloakroom_visit=1\r\nSet-Cookie: =cloakroom_consent=all\r\n\
                      Set-Cookie: cloakroom_bucket=7\r\nSet-Cookie: sid=1\r\nCache-Control: max-age=600\r\n";
        crate::origin::response("200 OK", fields, "page")
    });
    let proxy = Proxy::start_with(&shop(&origin), &greeter());
    let held = "cloakroom_visit=1; theme=dark; __host-CLOAKROOM_bucket=7; cloakroom_interest=5f.1.-.0000";
    for cookies in [held.to_owned(), format!("{held}; cloakroom_consent=all")] {
        assert!(set(&visitor("/plain", &cookies).ask(proxy.address())).is_empty());
        assert!(set(&visitor("/undeclared", &cookies).ask(proxy.address())).is_empty());
        let answer = visitor("/account/", &cookies).ask(proxy.address());
        assert_eq!(set(&answer), ["sid=1"]);
        let seen = String::from_utf8(origin.received().pop().unwrap()).unwrap();
        assert!(seen.contains("\r\nCookie: theme=dark\r\n"), "{seen}");
    }
}

#[test]
fn visitors_with_different_cookies_cause_equal_bytes_upstream() {
    let origin = Origin::page("Cache-Control: max-age=0\r\n");
    let proxy = Proxy::start_with(&shop(&origin), &greeter());
    let cookies = [
        "cloakroom_consent=all; cloakroom_visit=0; cloakroom_bucket=1",
        "cloakroom_consent=all; cloakroom_visit=1; cloakroom_bucket=99; cloakroom_interest=5f.1.1.0003",
        "cloakroom_consent=all; cloakroom_visit=forged'; cloakroom_interest=canary",
        "",
    ];
    for cookies in cookies {
        assert_eq!(visitor("/", cookies).ask(proxy.address()).status, 200);
    }
    let received = origin.received();
    assert_eq!(received.len(), cookies.len());
    assert!(received.iter().all(|bytes| *bytes == received[0]));
    assert!(!String::from_utf8_lossy(&received[0]).contains("cloakroom_"));
}

#[test]
fn a_crowd_that_comes_back_is_welcomed() {
    let origin = Origin::page("Cache-Control: max-age=600\r\n");
    let proxy = Proxy::start_with(&shop(&origin), &greeter());
    let _crowd = proxy.crowd(12, |number| {
        Visitor::new("/")
            .with("Cookie", "cloakroom_consent=all; cloakroom_visit=1")
            .with("X-Forwarded-For", french(number))
    });
    proxy.ask_until(&visitor("/", "cloakroom_consent=all; cloakroom_visit=1"), "Welcome back");
    // A forged cookie is a claim like any other header: it shows its sender what the crowd is shown.
    let unconsented = visitor("/", "cloakroom_visit=1").ask(proxy.address());
    assert!(unconsented.text().contains("origin hero"), "{}", unconsented.text());
}

#[test]
fn what_a_week_was_read_about_is_shown_in_the_next() {
    let origin = Origin::page("Cache-Control: max-age=600\r\n");
    let proxy = Proxy::start_with(&shop(&origin), &greeter());
    let first = set(&visitor("/p/tent-2", "cloakroom_consent=all").ask(proxy.address()));
    let record = first.iter().find_map(|line| line.strip_prefix("cloakroom_interest=")).unwrap();
    assert_eq!(record.get(7..11), Some("0001"), "{record}");
    // The same record a week later, as a browser would bring it back.
    let (list, week) = (&record[..2], record[3..4].parse::<u8>().unwrap());
    let kept = format!(
        "cloakroom_consent=all; cloakroom_visit=1; cloakroom_interest={list}.{}.-.0001",
        (week + 3) % 4
    );
    let of_crowd = kept.clone();
    let _crowd = proxy.crowd(12, move |number| {
        Visitor::new("/").with("Cookie", of_crowd.clone()).with("X-Forwarded-For", french(number))
    });
    let answer = proxy.ask_until(&visitor("/", &kept), "New tents");
    let lines = set(&answer);
    assert!(lines[0].starts_with(&format!("cloakroom_interest={list}.{week}.0.0000; ")), "{lines:?}");
    // From then on the answer stands in the cookie, and nothing is set or drawn anew.
    let now =
        kept.split("cloakroom_interest").next().unwrap().to_owned() + lines[0].split(';').next().unwrap();
    for _ in 0..20 {
        assert!(set(&proxy.ask_until(&visitor("/", &now), "New tents")).is_empty());
    }
}

#[test]
fn check_shows_what_signals_tell_and_who_says_so_and_sensitive_names_need_a_reason() {
    let origin = Origin::page("");
    let site = shop(&origin);
    let (code, out, err) = crate::commands::checked(&site, &greeter());
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("visit 1.0 + interest 1.6 = 2.6 of 16 bits"), "{out}");
    assert!(
        out.contains("interest               3 values by interest → any: at most 1.6 bits; log2"),
        "{out}"
    );
    let belief = site.replace("\"spring\"", "\"ramadan\"");
    let (code, _, err) = crate::commands::checked(&belief, &greeter());
    assert_eq!(code, 3);
    assert!(err.contains("would tell of a visitor's belief") && err.contains("site.toml:6:"), "{err}");
    let reason = "An association of believers asked its members, Art. 9(2)(d) GDPR";
    let allowed = belief.replace(
        "[signals.interest]",
        &format!("[signals.sensitive]\nallow = [\"ramadan\"]\nreason = \"{reason}\"\n[signals.interest]"),
    );
    let (code, out, err) = crate::commands::checked(&allowed, &greeter());
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("`ramadan` tells of belief") && out.contains(reason), "{out}");
}
