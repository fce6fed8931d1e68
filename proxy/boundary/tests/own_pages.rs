//! Pages of our own as the boundary reads requests for them: who may change something, where an answer
//! may lead, and who is still to be asked.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    reason = "a test may fail where it stands, and the support is shared"
)]

mod support;

use std::time::Duration;

use cloakroom_boundary::{
    Boundary, Form, MAX_FORM_BYTES, OwnPage, OwnPages, OwnRequest, RawRequest, Refusal, Said,
};
use support::{admitted, boundary, request};

const PREFERENCES: &str = "/_cloakroom/preferences";
const MEDIA: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn asking() -> Boundary {
    boundary().with_own_pages(&[OwnPages {
        preferences: true,
        gpc_statement: true,
        languages: ["en", "fr", "de"].map(str::to_owned).to_vec(),
        lifetime: Duration::from_secs(600),
    }])
}

fn own(
    boundary: &Boundary,
    method: &str,
    target: &str,
    fields: &[(&str, &str)],
) -> Option<Result<OwnRequest, Refusal>> {
    let parts = request(method, target, fields);
    let raw = RawRequest::seal(&parts, "198.18.1.7".parse().unwrap());
    boundary.own_page(boundary.site(&raw).unwrap(), &raw)
}

fn said(target: &str, fields: &[(&str, &str)]) -> Said {
    match own(&asking(), "GET", target, fields).unwrap().map(|request| request.page) {
        Ok(OwnPage::Preferences(said)) => said,
        _ => panic!("not the preference page"),
    }
}

fn form(fields: &[(&str, &str)]) -> Result<Form, Refusal> {
    match own(&asking(), "POST", PREFERENCES, fields).unwrap() {
        Ok(OwnRequest { page: OwnPage::Form(form), .. }) => Ok(form),
        Ok(_) => panic!("not a form"),
        Err(refusal) => Err(refusal),
    }
}

/// The cookies and the next address, of a form that this site sent.
fn sent(body: &str) -> Result<(Vec<String>, String), Refusal> {
    let form = form(&[MEDIA, ("sec-fetch-site", "same-origin")]).unwrap();
    let changed = asking().read_form(&form, body.as_bytes())?;
    let lines = changed.cookies.lines().map(|line| line.to_str().unwrap().to_owned()).collect();
    Ok((lines, changed.location))
}

#[test]
fn a_site_without_own_pages_keeps_every_path() {
    let without = boundary();
    for path in [PREFERENCES, "/_cloakroom/notice.css", "/.well-known/gpc.json"] {
        assert!(own(&without, "GET", path, &[]).is_none(), "{path}");
    }
    for path in ["/", "/_cloakroom", "/_cloakroomx", "/a/_cloakroom/preferences", "/.well-known/gpc.jsonx"] {
        assert!(own(&asking(), "GET", path, &[]).is_none(), "{path}");
    }
}

#[test]
fn paths_and_methods_that_are_not_there_are_refused() {
    let status = |method, path| own(&asking(), method, path, &[]).unwrap().err().map(|r| r.status());
    assert_eq!(status("GET", "/_cloakroom/other"), Some(404));
    assert_eq!(status("PUT", PREFERENCES), Some(405));
    assert_eq!(status("POST", "/_cloakroom/notice.css"), Some(405));
    assert_eq!(status("POST", "/.well-known/gpc.json"), Some(405));
    assert_eq!(status("HEAD", "/.well-known/gpc.json"), None);
}

#[test]
fn only_a_page_of_this_site_sends_a_form() {
    let same = |fields: &[(&str, &str)]| form(&[&[MEDIA], fields].concat()).is_ok();
    assert!(same(&[("sec-fetch-site", "same-origin")]));
    assert!(same(&[("sec-fetch-site", "same-origin"), ("origin", "null")]));
    assert!(same(&[("origin", "https://shop.example")]));
    assert!(same(&[("origin", "http://shop.example:8080"), ("host", "SHOP.example:8080")]));
    for fields in [
        &[][..],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site"), ("origin", "https://shop.example")],
        &[("sec-fetch-site", "none")],
        &[("sec-fetch-site", "")],
        &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
        &[("origin", "null")],
        &[("origin", "https://evil.example")],
        &[("origin", "https://shop.example.evil.example")],
        &[("origin", "https://www.shop.example")],
        &[("origin", "shop.example")],
        &[("origin", "https://shop.example"), ("origin", "https://evil.example")],
        &[("referer", "https://shop.example/")],
    ] {
        let fields = [&[MEDIA], fields].concat();
        assert_eq!(form(&fields).err(), Some(Refusal::ForeignForm), "{fields:?}");
    }
}

#[test]
fn a_form_is_short_and_a_form() {
    let ours = ("sec-fetch-site", "same-origin");
    let long = (MAX_FORM_BYTES + 1).to_string();
    assert_eq!(form(&[MEDIA, ours, ("content-length", &long)]).err(), Some(Refusal::FormTooLarge));
    assert_eq!(form(&[ours]).err(), Some(Refusal::Malformed));
    assert_eq!(form(&[ours, ("content-type", "text/plain")]).err(), Some(Refusal::Malformed));
    assert!(form(&[ours, ("content-type", "Application/X-WWW-Form-URLencoded; charset=utf-8")]).is_ok());
    let body = format!("consent=all&return=/{}", "a".repeat(MAX_FORM_BYTES));
    assert_eq!(sent(&body).err(), Some(Refusal::FormTooLarge));
}

#[test]
fn a_choice_is_kept_and_a_no_takes_everything_else_away() {
    let kept =
        |value| format!("cloakroom_consent={value}; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax");
    let gone = |name| format!("cloakroom_{name}=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax");
    let others = ["visit", "interest", "bucket"].map(gone).to_vec();
    let cookies = |body| sent(body).unwrap().0;
    assert_eq!(cookies("consent=all"), [kept("all")]);
    assert_eq!(cookies("personalization=yes&measurement=no"), [kept("personalization")]);
    assert_eq!(cookies("consent=none"), [vec![kept("none")], others.clone()].concat());
    assert_eq!(cookies("personalization=no&measurement=yes"), [vec![kept("measurement")], others].concat());
    assert_eq!(cookies("clear=interest"), [gone("interest")]);
}

#[test]
fn the_way_back_is_a_canonical_target_of_this_site() {
    let back = |target: &str| sent(&format!("consent=all&return={target}")).map(|(_, location)| location);
    assert_eq!(back("/p/coat"), Ok("/p/coat".into()));
    assert_eq!(back("%2F%3Fpage%3D2%26sort%3Dname%26utm_source%3Dx").as_deref(), Ok("/?page=2&sort=name"));
    assert_eq!(back("/p/../p/%2563oat"), Ok("/p/coat".into()));
    assert_eq!(back("/account/orders?token=secret"), Ok("/account/orders".into()));
    for wrong in [
        "",
        "//evil.example/",
        "%2F%2Fevil.example",
        "/./%2Fevil.example",
        "/..//evil.example",
        "https://evil.example/",
        "evil.example",
        "javascript:alert(1)",
        "/a%0D%0ASet-Cookie:%20a=b",
        "/a%0a",
        "%00",
    ] {
        let answered = back(wrong);
        assert_eq!(answered, Err(Refusal::Malformed), "{wrong}");
    }
    // Not a separator to us, but to browsers: it stays encoded.
    assert_eq!(back("/%5Cevil.example"), Ok("/%5Cevil.example".into()));
    assert_eq!(sent("clear=interest").unwrap().1, "/_cloakroom/preferences?done=cleared");
    assert_eq!(sent("consent=all").unwrap().1, "/_cloakroom/preferences?done=saved");
    assert_eq!(sent("consent=all&language=fr").unwrap().1, "/_cloakroom/preferences?done=saved&language=fr");
    assert_eq!(sent("consent=all&language=tlh").unwrap().1, "/_cloakroom/preferences?done=saved");
}

#[test]
fn the_page_is_in_the_language_that_is_named_or_liked_best() {
    let language = |target: &str, liked: &str| said(target, &[("accept-language", liked)]).language;
    assert_eq!(language(PREFERENCES, "de;q=0.5, fr;q=0.9, en;q=0.1"), Some(1));
    assert_eq!(language(PREFERENCES, "fr;q=0, de-AT"), Some(2));
    assert_eq!(language(PREFERENCES, "ja, zh"), None);
    assert_eq!(language("/_cloakroom/preferences?language=fr", "de"), Some(1));
    assert_eq!(language("/_cloakroom/preferences?language=xx", "de"), Some(2));
}

#[test]
fn the_page_tells_what_was_said() {
    let consent = |cookie: &str| said(PREFERENCES, &[("cookie", cookie)]).consent;
    assert!(consent("a=b").is_none() && consent("cloakroom_consent=what").is_none());
    assert!(consent("cloakroom_consent=all").is_some_and(|c| c.personalization && c.measurement));
    assert!(consent("cloakroom_consent=none").is_some_and(|c| !c.personalization && !c.measurement));
    assert!(said(PREFERENCES, &[("sec-gpc", "1")]).gpc && !said(PREFERENCES, &[]).gpc);
    assert!(said("/_cloakroom/preferences?done=saved", &[]).saved && !said(PREFERENCES, &[]).saved);
    assert!(said("/_cloakroom/preferences?done=cleared", &[]).cleared);
}

#[test]
fn who_has_spoken_is_not_asked() {
    let undecided = |boundary: &Boundary, target: &str, fields: &[(&str, &str)]| {
        admitted(boundary, &request("GET", target, fields), "198.18.1.7").undecided
    };
    assert!(undecided(&asking(), "/", &[]) && undecided(&asking(), "/", &[("cookie", "session=1")]));
    for fields in [
        ("cookie", "cloakroom_consent=none"),
        ("cookie", "cloakroom_consent=all"),
        ("cookie", "cloakroom_consent=broken"),
        ("sec-gpc", "1"),
        ("dnt", "1"),
    ] {
        assert!(!undecided(&asking(), "/", &[fields]), "{fields:?}");
    }
    assert!(!undecided(&boundary(), "/", &[]), "a site without own pages asks nobody");
    assert!(!undecided(&asking(), "/elsewhere", &[]), "nobody is asked on anonymous routes");
}
