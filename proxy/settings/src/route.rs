//! Routes: what each says, whether it fits its mode, and that no two say the same.

use cloakroom_vocabulary::Signal;
use toml::Spanned;

use crate::bounds;
use crate::checker::Checker;
use crate::names::{self, closest, refuse};
use crate::problem::Span;
use crate::raw::{self, Text, Texts};
use crate::route_parts::{path, pattern, queries, segment};
use crate::settings::{Downstream, Mode, Route, Unstorable};

/// The methods of a route that lists none, unless it is passthrough.
const SAFE_METHODS: [&str; 2] = ["GET", "HEAD"];

/// Reads the routes of a site.
pub(crate) fn routes(checker: &mut Checker<'_>, plugins: &[&str], raw: &[raw::Route]) -> Vec<Route> {
    if let Some(over) = raw.get(bounds::MAX_ROUTES) {
        let help = format!("at most {} are allowed", bounds::MAX_ROUTES);
        checker.report(over.path.span(), "one too many", format!("the site has {} routes", raw.len()), help);
    }
    let mut routes: Vec<Route> = Vec::new();
    for written in raw.iter().take(bounds::MAX_ROUTES) {
        let Some(route) = route(checker, plugins, written) else { continue };
        if let Some(earlier) = routes.iter().find(|earlier| collide(earlier, &route)) {
            let (line, _) = checker.source.line_and_column(earlier.path_at.start);
            let message = format!("two routes are for `{}` and the same method", route.path);
            let help =
                format!("the other one is at line {line}: join them, or give them different `methods`");
            checker.report(route.path_at.clone(), "again here", message, help);
        }
        routes.push(route);
    }
    routes
}

/// Whether two routes claim the same requests with the same weight.
fn collide(one: &Route, other: &Route) -> bool {
    if one.path != other.path {
        return false;
    }
    match (answered(one), answered(other)) {
        (None, None) => true,
        (Some(one), Some(other)) => one.iter().any(|method| other.contains(method)),
        // A route for some methods is more specific than one for all.
        _ => false,
    }
}

/// The methods that a route answers; `None` for all.
fn answered(route: &Route) -> Option<Vec<&str>> {
    if route.mode != Mode::Passthrough {
        return Some(SAFE_METHODS.to_vec());
    }
    let mut methods: Vec<&str> = route.methods.as_ref()?.iter().map(String::as_str).collect();
    if methods.contains(&"GET") {
        methods.push("HEAD");
    }
    Some(methods)
}

fn route(checker: &mut Checker<'_>, plugins: &[&str], raw: &raw::Route) -> Option<Route> {
    let mode = mode(raw);
    let methods = methods(checker, mode, raw.methods.as_ref());
    fits_mode(checker, mode, raw);
    fits_downstream(checker, mode, raw);
    let path_read = checker.accept(raw.path.span(), path(raw.path.get_ref()));
    let segment_read = segment(checker, raw);
    let query = queries(checker, raw.query.as_ref());
    let used = used_plugins(checker, plugins, raw.plugins.as_ref());
    let origin_sees = raw.origin_sees.as_ref();
    let seen = checker.list("origin_sees", Signal::COUNT, false, origin_sees);
    // The words were checked with the shape of the file.
    let origin_sees = checker.each(seen, |word| {
        Signal::from_name(word).ok_or_else(|| refuse(format!("`{word}` is not a signal"), "remove it"))
    });
    let freshness = match &raw.freshness {
        None => None,
        written => Some(checker.duration("freshness", &bounds::FRESHNESS, written.as_ref())?),
    };
    let volatile = volatile(checker, mode, raw);
    let labels = labels(checker, raw.labels.as_ref());
    let distinct_paths =
        checker.number("distinct_paths", &bounds::DISTINCT_PATHS, raw.distinct_paths.as_ref());
    path_read?;
    let relay = raw.unstorable.as_ref().is_some_and(|word| word.get_ref() == "relay");
    let origins = raw.downstream.as_ref().is_some_and(|word| word.get_ref() == "origin");
    Some(Route {
        path: raw.path.get_ref().clone(),
        methods,
        mode,
        query,
        segment: segment_read,
        plugins: used,
        origin_sees,
        freshness,
        volatile,
        unstorable: if relay { Unstorable::Relay } else { Unstorable::Error },
        downstream: if origins { Downstream::Origin } else { Downstream::Safe },
        labels,
        fragment: raw.fragment.as_ref().is_some_and(|flag| *flag.get_ref()),
        distinct_paths: distinct_paths?,
        compress: mode != Mode::Passthrough && raw.compress.as_ref().is_none_or(|flag| *flag.get_ref()),
        path_at: raw.path.span(),
        plugins_at: raw.plugins.as_ref().map_or_else(|| raw.path.span(), Texts::span),
    })
}

fn mode(raw: &raw::Route) -> Mode {
    // The word was checked with the shape of the file.
    match raw.mode.as_ref().map(|word| word.get_ref().as_str()) {
        Some("personalize") => Mode::Personalize,
        Some("passthrough") => Mode::Passthrough,
        _ => Mode::Anonymous,
    }
}

fn methods(checker: &mut Checker<'_>, mode: Mode, written: Option<&Texts>) -> Option<Vec<String>> {
    let written = written?;
    let entries = checker.list("methods", crate::keys::METHODS.len(), true, Some(written));
    let methods = checker.each(entries, |method| Ok(method.to_owned()));
    if mode == Mode::Passthrough {
        return Some(methods);
    }
    for entry in entries.iter().filter(|entry| !SAFE_METHODS.contains(&entry.get_ref().as_str())) {
        let method = entry.get_ref();
        let message = format!("{} route cannot answer {method}", article(mode));
        let help = format!(
            "the origin is only ever asked with GET there: add a `passthrough` route for {method} on this path"
        );
        checker.report(entry.span(), "here", message, help);
    }
    if mode == Mode::Personalize && !methods.is_empty() && !methods.iter().any(|method| method == "GET") {
        let message = "a personalize route needs GET".to_owned();
        checker.report(written.span(), "here", message, "add `GET`, or remove `methods` for GET and HEAD");
    }
    Some(methods)
}

fn article(mode: Mode) -> &'static str {
    match mode {
        Mode::Personalize => "a personalize",
        Mode::Anonymous => "an anonymous",
        Mode::Passthrough => "a passthrough",
    }
}

/// The origin's words on caching are sent where nothing of ours could make them wrong.
fn fits_downstream(checker: &mut Checker<'_>, mode: Mode, raw: &raw::Route) {
    let Some(word) = raw.downstream.as_ref().filter(|word| word.get_ref() == "origin") else { return };
    let (message, help) = if mode == Mode::Personalize {
        (
            "`downstream = \"origin\"` on a personalize route would let caches in front give one visitor's variant to others",
            "remove it, or make the route anonymous",
        )
    } else if raw.freshness.is_some() {
        (
            "`downstream = \"origin\"` and `freshness` contradict each other",
            "`freshness` overrules what the origin says: remove one of the two",
        )
    } else {
        return;
    };
    checker.report(word.span(), "here", message.to_owned(), help);
}

/// Reports keys that mean nothing in the route's mode.
fn fits_mode(checker: &mut Checker<'_>, mode: Mode, raw: &raw::Route) {
    let personalize_only = [
        ("plugins", raw.plugins.as_ref().filter(|list| !list.get_ref().is_empty()).map(Texts::span)),
        ("origin_sees", raw.origin_sees.as_ref().filter(|list| !list.get_ref().is_empty()).map(Texts::span)),
    ];
    let never_passthrough = [
        ("query", raw.query.as_ref().map(Spanned::span)),
        ("freshness", raw.freshness.as_ref().map(Text::span)),
        ("unstorable", raw.unstorable.as_ref().map(Text::span)),
        ("downstream", raw.downstream.as_ref().map(Text::span)),
        ("fragment", raw.fragment.as_ref().filter(|flag| *flag.get_ref()).map(Spanned::span)),
        ("distinct_paths", raw.distinct_paths.as_ref().map(Spanned::span)),
        ("compress", raw.compress.as_ref().filter(|flag| *flag.get_ref()).map(Spanned::span)),
    ];
    let mut report = |key: &str, span: Span, why: &str| {
        let message = format!("`{key}` means nothing on {} route", article(mode));
        checker.report(span, "here", message, why);
    };
    if mode != Mode::Personalize {
        let why = match raw.mode {
            None => "add `mode = \"personalize\"` to the route, or remove the key",
            Some(_) => {
                "only `mode = \"personalize\"` looks at the visitor: change the mode, or remove the key"
            }
        };
        for (key, span) in personalize_only {
            span.into_iter().for_each(|span| report(key, span, why));
        }
    }
    if mode == Mode::Passthrough {
        let why = "everything passes there as it is, and nothing is stored: remove the key";
        for (key, span) in never_passthrough {
            span.into_iter().for_each(|span| report(key, span, why));
        }
    }
}

/// Positions of the plugins that the route names.
fn used_plugins(checker: &mut Checker<'_>, plugins: &[&str], written: Option<&Texts>) -> Vec<usize> {
    let entries = checker.list("plugins", bounds::MAX_ROUTE_PLUGINS, false, written);
    checker.each(entries, |name| {
        plugins.iter().position(|known| *known == name).ok_or_else(|| {
            let help = match closest(name, plugins) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("add a `[[plugin]]` with `name = \"{name}\"` and, if it has one, its `file`"),
            };
            refuse(format!("there is no plugin `{name}`"), help)
        })
    })
}

/// Reads what may differ in pages, which matters only where pages are watched.
fn volatile(checker: &mut Checker<'_>, mode: Mode, raw: &raw::Route) -> Vec<String> {
    if let (Some(written), None) = (&raw.volatile, &raw.freshness)
        && mode != Mode::Personalize
    {
        let help = "add `freshness`, or remove the key: pages are not watched here";
        let message = format!("`volatile` means nothing on {} route without `freshness`", article(mode));
        checker.report(written.span(), "here", message, help);
    }
    let entries = checker.list("volatile", bounds::MAX_VOLATILE, false, raw.volatile.as_ref());
    entries.iter().filter_map(|entry| pattern(checker, entry)).collect()
}

fn labels(checker: &mut Checker<'_>, written: Option<&Texts>) -> Vec<String> {
    let entries = checker.list("labels", bounds::MAX_LABELS, false, written);
    checker.each(entries, |label| {
        if names::is_slug(label) {
            return Ok(label.to_owned());
        }
        let help = match names::slug_near(label) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write 1 to 64 of a-z, 0-9 and `-`".to_owned(),
        };
        Err(refuse(format!("`{label}` is not a label"), help))
    })
}
