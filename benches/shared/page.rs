//! A page of 10 kB with two places that differ by visitor, and the rules by which they do.

use std::fmt::Write;

use crate::Traits;

/// Where the hero stands.
pub const HERO_SELECTOR: &str = "#hero";
/// Where the banner stands.
pub const BANNER_SELECTOR: &str = "#banner";

/// Heroes by name; the first is the origin's own.
pub const HEROES: [(&str, &str); 5] = [
    ("classic", "<h1>Everything for a night outside</h1><p>Tents, bags and stoves that last.</p>"),
    ("spring-fr", "<h1>Le printemps est là</h1><p>Tentes légères, vingt pour cent de moins.</p>"),
    ("spring", "<h1>Spring is here, sleep in it</h1><p>Light tents, a fifth off until May.</p>"),
    ("france", "<h1>Livraison offerte en France</h1><p>Tentes, sacs et réchauds solides.</p>"),
    ("germany", "<h1>Alles für eine Nacht draußen</h1><p>Zelte, Säcke und Kocher, die halten.</p>"),
];

/// Banners by name; the first is the origin's own.
pub const BANNERS: [(&str, &str); 3] = [
    ("plain", "<p>Orders until noon leave today.</p>"),
    ("phone", "<p>Little room on the screen, much in the pack.</p>"),
    ("tablet", "<p>Lean back and look at all tents side by side.</p>"),
];

/// About how long the page is.
const PAGE_BYTES: usize = 10 * 1024;

/// The page with these contents in its two places.
#[must_use]
pub fn page(hero: &str, banner: &str) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>A shop for tents</title>\n\
         <link rel=\"stylesheet\" href=\"/look.css\">\n</head>\n<body>\n\
         <nav><a href=\"/\">Home</a> <a href=\"/c/tents\">Tents</a> <a href=\"/cart\">Cart</a></nav>\n\
         <div id=\"banner\">{banner}</div>\n<section id=\"hero\">{hero}</section>\n<ul class=\"goods\">\n"
    );
    let mut number = 0;
    while page.len() < PAGE_BYTES - 100 {
        // Writing to a String cannot fail.
        let _ = writeln!(
            page,
            "<li><a href=\"/p/{number}\"><img src=\"/i/{number}.svg\" alt=\"\" width=\"64\" height=\"64\">\
             <b>Article {number}</b> <span class=\"price\">{}.90</span></a></li>",
            19 + number
        );
        number += 1;
    }
    page.push_str("</ul>\n<footer>Made up for a measurement.</footer>\n</body>\n</html>\n");
    page
}

/// Positions in [`HEROES`] and [`BANNERS`] of what a visitor gets: what the rules below say, said
/// once more.
#[must_use]
pub fn choose(visitor: &Traits) -> (usize, usize) {
    if !visitor.consents {
        return (0, 0);
    }
    let hero = match (visitor.spring, visitor.country, visitor.language) {
        (true, _, "fr") => 1,
        (true, _, _) => 2,
        (false, "FR", _) => 3,
        (false, "DE", _) => 4,
        _ => 0,
    };
    let banner = match visitor.device {
        "phone" => 1,
        "tablet" => 2,
        _ => 0,
    };
    (hero, banner)
}

/// The rule file of the heroes.
#[must_use]
pub fn hero_rules() -> String {
    let mut rules = rule_file("hero", &["campaign", "country", "language"], HERO_SELECTOR, &HEROES);
    for (when, show) in [
        ("campaign = \"spring\", language = \"fr\"", "spring-fr"),
        ("campaign = \"spring\"", "spring"),
        ("country = \"FR\"", "france"),
        ("country = \"DE\"", "germany"),
    ] {
        rules.push_str(&rule(when, "hero", show));
    }
    rules
}

/// The rule file of the banners.
#[must_use]
pub fn banner_rules() -> String {
    let mut rules = rule_file("banner", &["device"], BANNER_SELECTOR, &BANNERS);
    rules.push_str(&rule("device = \"phone\"", "banner", "phone"));
    rules.push_str(&rule("device = \"tablet\"", "banner", "tablet"));
    rules
}

fn rule_file(name: &str, signals: &[&str], selector: &str, variants: &[(&str, &str)]) -> String {
    let mut text = format!("name = \"{name}\"\nversion = \"1\"\n");
    for signal in signals {
        let _ = writeln!(text, "[signals.{signal}]\nreason = \"to be measured\"");
    }
    let default = variants.first().map_or("", |(name, _)| name);
    let _ = writeln!(text, "[[slot]]\nname = \"{name}\"\nselector = \"{selector}\"\ndefault = \"{default}\"");
    for (variant, content) in variants {
        let _ = writeln!(text, "[[slot.variant]]\nname = \"{variant}\"");
        if *variant != default {
            let _ = writeln!(text, "content = '{content}'");
        }
    }
    text
}

fn rule(when: &str, slot: &str, show: &str) -> String {
    format!("[[rule]]\nwhen = {{ {when} }}\nshow = {{ {slot} = \"{show}\" }}\n")
}
