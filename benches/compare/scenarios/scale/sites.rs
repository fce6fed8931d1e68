//! The sites, a small and a large one for each way to grow, and who asks for what.

use std::fmt::Write;
use std::rc::Rc;

use bytes::Bytes;
use cloakroom_benches::{BANNERS, HEROES, Visitor, page};
use cloakroom_demo::DemoGeo;
use http::Method;

use super::{End, Growth};
use crate::Failure;
use crate::origin::{numbered_page, small_page};
use crate::questions::{Fresh, Mark, Questions, Returning, Visit, plain_fields};
use crate::servers::Site;

/// Networks of each kind of visitors: enough that their crowd is released at once, whatever the noise, in each of a
/// thousand cells and every epoch.
const EACH: u32 = 24;
/// Routes over which plugins are spread: a route has at most 8.
const ROUTES: usize = 7;
const AT_MOST: usize = 8;

/// All ways to grow; a short run grows less far.
pub(super) fn all(quick: bool, visitors: &[Visitor]) -> Result<Vec<Growth>, Failure> {
    Ok(vec![
        variants(if quick { (10, 10) } else { (40, 25) })?,
        routes(1_000)?,
        plugins(50, visitors)?,
        objects(if quick { 10_000 } else { 1_000_000 })?,
    ])
}

fn original(hero: &str, banner: &str) -> Bytes {
    let first = |of: &[(&str, &'static str)]| of.first().map_or("", |(_, content)| *content);
    let or =
        |text: &str, other: &'static str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
    page(&or(hero, first(&HEROES)), &or(banner, first(&BANNERS))).into()
}

/// One route whose visitors see one page, or as many as there are campaigns and languages; they tell the same
/// of themselves in both cases.
fn variants((campaigns, languages): (usize, usize)) -> Result<Growth, Failure> {
    let languages: Vec<String> = ('a'..='z').map(|letter| format!("q{letter}")).take(languages).collect();
    let campaigns: Vec<String> = (0..campaigns).map(|number| format!("c{number}")).collect();
    let hero =
        |number: usize| if number == 0 { String::new() } else { format!("<h1>Campaign {number}</h1>") };
    let banner =
        |number: usize| if number == 0 { String::new() } else { format!("<p>Language {number}</p>") };
    let end = |name: &str, grown: bool| -> Result<End, Failure> {
        let mut site = Site::named(name);
        let mut rules = "name = \"many\"\nversion = \"1\"\n[signals.campaign]\nreason = \"to be measured\"\n\
                         [signals.language]\nreason = \"to be measured\"\n"
            .to_owned();
        rules.push_str(&slot("hero", "#hero", &campaigns, grown.then_some(&hero)));
        rules.push_str(&slot("banner", "#banner", &languages, grown.then_some(&banner)));
        rules.push_str(&told("campaign", "hero", &campaigns, grown));
        rules.push_str(&told("language", "banner", &languages, grown));
        site.plugins = vec![("many".to_owned(), rules)];
        site.campaigns.clone_from(&campaigns);
        site.languages.clone_from(&languages);
        site.route("/", "personalize", "plugins = [\"many\"]");
        let mut kinds = Vec::new();
        for (c, campaign) in campaigns.iter().enumerate() {
            for (l, language) in languages.iter().enumerate() {
                let seen = if grown { original(&hero(c), &banner(l)) } else { original("", "") };
                kinds.push((campaign, language, seen));
            }
        }
        let mut visits = Vec::new();
        for number in 0..EACH {
            for (kind, (campaign, language, seen)) in (0..).zip(&kinds) {
                let address = DemoGeo::address_for("FR", kind * EACH + number).ok_or("no network")?;
                let fields = plain_fields()
                    .replace("192.0.2.1", &address.to_string())
                    .replace("en-US,en;q=0.5", &format!("{language},en;q=0.5"))
                    .replace("cookie: ", "cookie: cloakroom_consent=all; ");
                let target = format!("/?utm_source=news&utm_campaign={campaign}");
                let answer = (seen.clone(), Mark::Hit);
                visits.push(Visit::new(Method::GET, &target, &fields, &[], answer)?);
            }
        }
        Ok(End { site, questions: Rc::new(Returning::new(visits)), filling: None })
    };
    let most = campaigns.len() * languages.len();
    let (near, far) = (end("one-variant", false)?, end("many-variants", true)?);
    Ok(Growth { name: format!("1 to {most} variants of a route"), near, far, also: None })
}

/// A slot with a variant for each value, or with its default alone.
fn slot(name: &str, selector: &str, values: &[String], content: Option<&impl Fn(usize) -> String>) -> String {
    let mut text = format!(
        "[[slot]]\nname = \"{name}\"\nselector = \"{selector}\"\ndefault = \"v0\"\n[[slot.variant]]\nname = \"v0\"\n"
    );
    for (number, content) in
        content.iter().flat_map(|of| (1..values.len()).map(move |number| (number, of(number))))
    {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "[[slot.variant]]\nname = \"v{number}\"\ncontent = '{content}'");
    }
    text
}

/// The rules by which each value but the first has its variant, or all have the default.
fn told(signal: &str, slot: &str, values: &[String], grown: bool) -> String {
    let rules = values.iter().enumerate().skip(1).map(|(number, value)| {
        let shown = if grown { number } else { 0 };
        format!("[[rule]]\nwhen = {{ {signal} = \"{value}\" }}\nshow = {{ {slot} = \"v{shown}\" }}\n")
    });
    rules.collect()
}

/// As many pages under one route as under a route each.
fn routes(count: usize) -> Result<Growth, Failure> {
    let end = |name: &str, paths: &[String]| -> Result<End, Failure> {
        let mut site = Site::named(name);
        paths.iter().for_each(|path| site.route(path, "anonymous", ""));
        let ask = |mark| -> Result<Rc<dyn Questions>, Failure> {
            let visits = (0..count).map(|number| numbered(number as u64, "m", numbered_page, mark));
            Ok(Rc::new(Returning::new(visits.collect::<Result<_, _>>()?)))
        };
        Ok(End { site, questions: ask(Mark::Hit)?, filling: Some((ask(Mark::Miss)?, count)) })
    };
    let each: Vec<String> = (0..count).map(|number| format!("/m/{number}")).collect();
    let (near, far) = (end("one-route", &["/m/*".to_owned()])?, end("many-routes", &each)?);
    Ok(Growth { name: format!("1 to {count} routes"), near, far, also: None })
}

/// Some routes that all have the same plugin, or as many others as there is room for.
fn plugins(count: usize, visitors: &[Visitor]) -> Result<Growth, Failure> {
    let end = |name: &str, count: usize| -> Result<End, Failure> {
        let mut site = Site::named(name);
        site.plugins = (0..count).map(|number| (format!("p{number}"), device_rules(number))).collect();
        let numbers: Vec<usize> = (0..count).collect();
        // The same one everywhere, or each on one route.
        let shares: Vec<&[usize]> =
            if count == 1 { vec![&numbers; ROUTES] } else { numbers.chunks(AT_MOST).collect() };
        for (route, share) in shares.iter().enumerate() {
            let names: Vec<_> = share.iter().map(|number| format!("p{number}")).collect();
            site.route(&format!("/q/{route}"), "personalize", &format!("plugins = {names:?}"));
        }
        let mut visits = Vec::new();
        for (number, visitor) in visitors.iter().enumerate() {
            // The kinds of visitors repeat; the shift spreads each of them over all routes.
            let route = (number + number / ROUTES) % shares.len().max(1);
            let mut seen = String::from_utf8(original("", "").to_vec())?;
            if visitor.traits.consents && visitor.traits.device == "phone" {
                let share = shares.get(route).copied().unwrap_or_default();
                let added: String = share.iter().map(|number| format!("<p>Plugin {number}</p>")).collect();
                seen = seen.replace("<section id=\"hero\">", &format!("{added}<section id=\"hero\">"));
            }
            let target = visitor.target.replacen('/', &format!("/q/{route}"), 1);
            let fields = visitor.fields.replace("gzip, deflate, br", "identity");
            visits.push(Visit::new(Method::GET, &target, &fields, &[], (seen.into(), Mark::Hit))?);
        }
        Ok(End { site, questions: Rc::new(Returning::new(visits)), filling: None })
    };
    let (near, far) = (end("one-plugin", 1)?, end("many-plugins", count)?);
    Ok(Growth { name: format!("1 to {count} plugins, {AT_MOST} on a route"), near, far, also: None })
}

fn device_rules(number: usize) -> String {
    format!(
        "name = \"p{number}\"\nversion = \"1\"\n[signals.device]\nreason = \"to be measured\"\n\
         [[slot]]\nname = \"s\"\nselector = \"#hero\"\ndefault = \"plain\"\n[[slot.variant]]\nname = \"plain\"\n\
         [[slot.variant]]\nname = \"phone\"\nbefore = '<p>Plugin {number}</p>'\n\
         [[rule]]\nwhen = {{ device = \"phone\" }}\nshow = {{ s = \"phone\" }}\n"
    )
}

/// A store of few small pages, or of many, asked for by popularity.
fn objects(count: u64) -> Result<Growth, Failure> {
    const FEW: u64 = 10;
    let end = |name: &str, count: u64| -> Result<End, Failure> {
        let mut site = Site::named(name);
        site.route("/s/*", "anonymous", "distinct_paths = 1_000_000");
        site.cache = "8GiB".to_owned();
        let filling = Fresh::new(|number| numbered(number, "s", small_page, Mark::Miss));
        let filling: (Rc<dyn Questions>, usize) = (Rc::new(filling), usize::try_from(count)?);
        Ok(End { site, questions: Rc::new(Popular { of: count }), filling: Some(filling) })
    };
    let (near, far) = (end("few-objects", FEW)?, end("many-objects", count)?);
    let also: (String, Rc<dyn Questions>) = (
        format!("{FEW} to {count} stored objects, of which {FEW} are asked for"),
        Rc::new(Popular { of: FEW }),
    );
    let name = format!("{FEW} to {count} stored objects, all asked for");
    Ok(Growth { name, near, far, also: Some(also) })
}

fn numbered(number: u64, folder: &str, page: fn(&str) -> Bytes, mark: Mark) -> Result<Visit, Failure> {
    let number = number.to_string();
    let target = format!("/{folder}/{number}");
    Visit::new(Method::GET, &target, &plain_fields(), &[], (page(&number), mark))
}

/// Stored pages as real ones are asked for: the one at place n of a ranking n times less often than the first.
struct Popular {
    of: u64,
}

impl Questions for Popular {
    fn visit(&self, number: usize) -> Result<Rc<Visit>, Failure> {
        // Of the bits of a well-mixed number (SplitMix64) as many as a fraction has.
        let mut mixed = (number as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        let share = ((mixed ^ mixed >> 31) >> 11) as f64 / (1_u64 << 53) as f64;
        // A rank whose logarithm is spread evenly follows Zipf's law.
        let rank = (self.of as f64).powf(share) as u64;
        // Neighbours in the ranking were not stored one after the other.
        let page = rank.wrapping_mul(0x9e37_79b1) % self.of;
        numbered(page, "s", small_page, Mark::Hit).map(Rc::new)
    }

    fn returning(&self) -> Option<usize> {
        None
    }
}
