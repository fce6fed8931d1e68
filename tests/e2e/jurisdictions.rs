//! Places under different laws, told apart down to states and provinces, and what a policy makes of it.

use std::net::SocketAddr;

use cloakroom_demo::DemoGeo;

use crate::client::Visitor;
use crate::origin::Origin;
use crate::proxy::{Proxy, free_address, greeting, site, write_configuration};

/// Lets silence count where one may opt out, and asks nobody where no law is known.
const POLICY: &str = r#"
permit (principal, action == Action::"see", resource)
when { context.silent && context.jurisdiction == Jurisdiction::"opt-out" };
permit (principal, action == Action::"see", resource)
when { context.jurisdiction == Jurisdiction::"rest" };
"#;

fn greeting_site(origin: &Origin) -> String {
    site(origin, "", "")
        .replace("[\"FR\", \"DE\"]", "[\"CA\", \"US\"]")
        .replace("[[plugin]]", "[consent]\nsources = [\"usprivacy\", \"cookie\"]\n[[plugin]]")
}

fn greeting_under(policy: &str) -> Proxy {
    let origin = Origin::page("Cache-Control: max-age=600\r\n");
    let folder = tempfile::tempdir().unwrap();
    let (address, metrics): (SocketAddr, SocketAddr) = (free_address(), free_address());
    let hello = greeting("hero", &[("country", "CA", "Hello Canada"), ("country", "US", "Hello America")]);
    write_configuration(folder.path(), address, metrics, &greeting_site(&origin), &hello);
    std::fs::write(folder.path().join("shop/site.cedar"), policy).unwrap();
    Proxy::start_in(folder, address, metrics)
}

/// Somebody of whom nothing is known but the network.
fn from(country: &str, part: &str, number: u32) -> Visitor {
    let address = DemoGeo::address_in(country, part, number).expect("the demo knows the place");
    Visitor::new("/").with("X-Forwarded-For", address.to_string())
}

#[test]
fn a_province_and_its_neighbour_stand_under_different_laws() {
    let proxy = greeting_under(POLICY);
    let _ontario = proxy.crowd(12, |number| from("CA", "ON", number));
    proxy.ask_until(&from("CA", "ON", 3), "Hello Canada");
    // The cell is released: only the law keeps it from the visitor in Quebec.
    let quebec = from("CA", "QC", 3).ask(proxy.address());
    assert!(quebec.text().contains("origin hero"), "{}", quebec.text());
    let consenting = from("CA", "QC", 3).with("Cookie", "cloakroom_consent=all").ask(proxy.address());
    assert!(consenting.text().contains("Hello Canada"), "{}", consenting.text());
}

#[test]
fn where_one_may_opt_out_silence_counts_and_any_objection_wins() {
    let proxy = greeting_under(POLICY);
    let _texas = proxy.crowd(12, |number| from("US", "TX", number));
    proxy.ask_until(&from("US", "TX", 3), "Hello America");
    let no_objection = from("US", "CA", 3).with("Cookie", "usprivacy=1YNN").ask(proxy.address());
    assert!(no_objection.text().contains("Hello America"), "{}", no_objection.text());
    for (name, value) in [
        ("Sec-GPC", "1"),
        ("DNT", "1"),
        ("Cookie", "cloakroom_consent=none"),
        ("Cookie", "cloakroom_consent=yes please"),
        ("Cookie", "cloakroom_consent=measurement"),
        ("Cookie", "usprivacy=1YYN"),
    ] {
        let page = from("US", "TX", 3).with(name, value).ask(proxy.address());
        assert!(page.text().contains("origin hero"), "{name}: {value}: {}", page.text());
    }
}

#[test]
fn without_a_policy_of_its_own_a_site_asks_in_every_place() {
    let proxy = greeting_under("// nothing\n");
    let consenting = |number| from("US", "TX", number).with("Cookie", "cloakroom_consent=all");
    let _texas = proxy.crowd(12, consenting);
    proxy.ask_until(&consenting(3), "Hello America");
    for (country, part) in [("US", "TX"), ("US", "CA"), ("CA", "QC"), ("CA", "ON"), ("FR", "")] {
        let silent = from(country, part, 3).ask(proxy.address());
        assert!(silent.text().contains("origin hero"), "{country} {part}: {}", silent.text());
    }
}
