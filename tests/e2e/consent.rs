//! Consent as consent managers store it, through the real binary: who agrees is personalized, and who
//! objects, contradicts or sends what nobody can read gets the page of those who say nothing.

use crate::client::{PHONE, Visitor, french};
use crate::origin::Origin;
use crate::proxy::{Proxy, site};

/// A GPP string of a European section in which the publisher has consent for everything, and a
/// Californian one that does not object. Made with `@iabgpp/cmpapi`; no visitor made it.
const GRANTING: &str = "DBACNMA~CQuMEMAQuMEMAAAAAAENAAFgAP_gAAAAAAAAAUAAQAAABAAAAAAA.IAUAAQAAABAA.f_wAAAAAAAAA\
                        ~BUoAAACA.QA";
/// `didomi_token` with the purpose `content-Xy3` enabled and `audience-4Z` disabled.
const TOKEN: &str = "eyJ1c2VyX2lkIjoiMTc4NDExNGMtZjhiMy02NTkwLWE2ZGYtYjlmYjI0MGJkZWE1IiwicHVycG9zZXMiOnsiZW5hYmx\
                     lZCI6WyJjb250ZW50LVh5MyJdLCJkaXNhYmxlZCI6WyJhdWRpZW5jZS00WiJdfSwidmVyc2lvbiI6Mn0=";

/// From the `number`th network of France, with these cookies.
fn visitor(cookies: &str, number: u32) -> Visitor {
    Visitor::new("/")
        .with("Cookie", cookies)
        .with("X-Forwarded-For", french(number))
        .with("User-Agent", PHONE)
        .with("Accept-Language", "fr-FR,fr;q=0.9")
}

/// Visitors with `granting` are greeted, those with any of the others see what the silent see.
fn greets(consent: &str, granting: String, others: &[String]) {
    let origin = Origin::page("Cache-Control: max-age=600\r\n");
    let proxy = Proxy::start(&site(&origin, "", consent));
    let cookies = granting.clone();
    let _crowd = proxy.crowd(12, move |number| visitor(&cookies, number));
    proxy.ask_until(&visitor(&granting, 3), "Bonjour la France");
    let silent = visitor("session=1", 3).ask(proxy.address());
    assert!(silent.text().contains("origin hero"));
    for other in others {
        let page = visitor(other, 3).ask(proxy.address());
        assert_eq!((page.status, &page.body), (200, &silent.body), "{other}");
    }
}

#[test]
fn a_gpp_string_grants_and_refuses() {
    let cookie = |text: &str| format!("a=b; OTGPPConsent={text}");
    let objecting = GRANTING.replace("~BUoAAACA.QA", "~BUYAAACA.QA");
    let by_gpc = GRANTING.replace(".QA", ".YA");
    let without_disclosure = GRANTING.replace(".IAUAAQAAABAA", "");
    let cut = GRANTING.trim_end_matches("~BUoAAACA.QA");
    greets(
        "[consent]\nsources = [\"gpp\"]\n",
        cookie(GRANTING),
        &[
            cookie(&objecting),
            cookie(&by_gpc),
            cookie(&without_disclosure),
            cookie(cut),
            cookie("DBABBg~BUoAAACA.QA"),
            cookie("DBAA"),
            format!("{}; OTGPPConsent=DBAA", cookie(GRANTING)),
            format!("__gpp={GRANTING}"),
        ],
    );
}

#[test]
fn a_token_of_didomi_grants_and_refuses() {
    greets(
        "[consent]\nsources = [\"didomi\", \"usprivacy\"]\n\
         [consent.didomi]\npersonalization = [\"content-Xy3\"]\nmeasurement = [\"audience-4Z\"]\n",
        format!("didomi_token={TOKEN}"),
        &[
            format!("didomi_token={TOKEN}; usprivacy=1YYN"),
            format!("didomi_token={}", TOKEN.trim_end_matches("iI6Mn0=")),
            "didomi_token=eyJwdXJwb3NlcyI6eyJkaXNhYmxlZCI6WyJjb250ZW50LVh5MyJdfX0".to_owned(),
        ],
    );
}
