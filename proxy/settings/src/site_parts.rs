//! The parts of a site's file that are more than a value: origin, signals, policies, plugins.

use std::path::Path;
use std::sync::Arc;

use cloakroom_vocabulary::{Signal, SiteValues, SiteVocabulary, VocabularyError, is_click_identifier};

use crate::bounds;
use crate::checker::Checker;
use crate::files;
use crate::names::{self, Refused, refuse};
use crate::problem::Source;
use crate::raw::{self, Text, Texts};
use crate::settings::{Origin, Plugin, PluginFile};

/// Reads the origin: one for now.
pub(crate) fn origin(checker: &mut Checker<'_>, written: &Texts) -> Option<Origin> {
    let [first, others @ ..] = written.get_ref().as_slice() else {
        let help = "write where the pages come from, such as `\"http://10.0.0.5:9000\"`";
        checker.report(written.span(), "empty", "`origin` lists nothing", help);
        return None;
    };
    if let Some(second) = others.first() {
        let help = "one origin for now: name a load balancer, or keep the first alone";
        checker.report(
            second.span(),
            "one too many",
            "balancing over several origins is not built yet",
            help,
        );
    }
    checker.accept(first.span(), parse_origin(first.get_ref()))
}

fn parse_origin(text: &str) -> Result<Origin, Refused> {
    let not = |help: String| refuse(format!("`{text}` is not an origin"), help);
    let lower = text.to_ascii_lowercase();
    let (scheme, rest) = match lower.strip_prefix("https://") {
        Some(rest) => ("https", Some(rest)),
        None => ("http", lower.strip_prefix("http://")),
    };
    let Some(authority) = rest else {
        let name = lower.split_once("://").map_or(lower.as_str(), |(_, rest)| rest);
        let name = name.split(['/', '?', '#']).next().unwrap_or_default();
        return Err(not(match parse_origin_authority(name, false) {
            Some(_) => format!("write `\"http://{name}\"`"),
            None => "write one such as `\"http://10.0.0.5:9000\"`".to_owned(),
        }));
    };
    let authority = authority.strip_suffix('/').unwrap_or(authority);
    if let Some((bare, _)) = authority.split_once(['/', '?', '#']) {
        return Err(not(format!("write `\"{scheme}://{bare}\"`: the path is the visitor's")));
    }
    if let Some((_, bare)) = authority.rsplit_once('@') {
        let help = format!("write `\"{scheme}://{bare}\"`: user names and passwords are not sent");
        return Err(refuse("the origin has a user name in it", help));
    }
    parse_origin_authority(authority, scheme == "https").ok_or_else(|| {
        not("write a host name or address and, if it is not 80 or 443, a port: `\"http://10.0.0.5:9000\"`"
            .to_owned())
    })
}

fn parse_origin_authority(authority: &str, tls: bool) -> Option<Origin> {
    let (name, port) = match authority.rsplit_once(':') {
        // The last colon of an address in brackets is not before a port.
        Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok().filter(|port| *port > 0)?),
        _ => (authority, if tls { 443 } else { 80 }),
    };
    names::host(name).ok().map(|host| Origin { host, port, tls })
}

/// Reads the authorities that an origin over TLS has to prove itself to.
pub(crate) fn origin_ca(
    checker: &mut Checker<'_>,
    folder: &Path,
    origin: Option<&Origin>,
    written: Option<&Text>,
) -> Option<Arc<[u8]>> {
    let written = written?;
    if origin.is_some_and(|origin| !origin.tls) {
        let help = "write `https://` in `origin`, or remove the key";
        checker.report(written.span(), "here", "`origin_ca` means nothing without TLS to the origin", help);
    }
    let named = Some((checker.source, written.span()));
    let read = files::bytes(&folder.join(written.get_ref()), bounds::MAX_CA_FILE, named);
    read.map(Arc::from).map_err(|problem| checker.problems.add(problem)).ok()
}

/// Reads the name of a query parameter.
pub(crate) fn parameter(checker: &mut Checker<'_>, written: &Text, also: &[u8]) -> Option<String> {
    let name = written.get_ref();
    if !names::is_parameter(name, also) {
        let help = "a name is 1 to 64 of letters, digits, `-`, `_` and `.`";
        checker.report(written.span(), "here", format!("`{name}` is not the name of a parameter"), help);
        return None;
    }
    if is_click_identifier(name) {
        let help = "it tells single clicks apart, so it would tell the origin who is asking: remove it";
        checker.report(written.span(), "here", format!("`{name}` identifies a click"), help);
        return None;
    }
    Some(name.clone())
}

/// Reads the listed values of all signals.
pub(crate) fn values(checker: &mut Checker<'_>, raw: &raw::Signals) -> (SiteValues, Option<SiteVocabulary>) {
    let most = bounds::MAX_LISTED_VALUES;
    let country = checker.list("country", most, false, raw.country.as_ref());
    let language = checker.list("language", most, false, raw.language.as_ref());
    let campaign = raw.campaign.as_ref().map(|campaign| &campaign.values);
    let campaign = checker.list("values", most, false, campaign);
    let topic = &crate::topics::names(checker, raw.interest.as_ref());
    let texts = |list: &[Text]| list.iter().map(|text| text.get_ref().clone()).collect::<Vec<_>>();
    let mut values = SiteValues {
        countries: texts(country),
        languages: texts(language),
        campaigns: texts(campaign),
        topics: texts(topic),
    };
    for written in country.iter().filter(|text| text.get_ref().bytes().any(|b| b.is_ascii_lowercase())) {
        let code = written.get_ref();
        let message = format!("`{code}` is not a country value: codes are upper case");
        checker.report(written.span(), "here", message, format!("write `{}`", code.to_ascii_uppercase()));
        values.countries.retain(|country| country != code);
    }
    // Each round takes one wrong value away, so that the next one is found.
    for _ in 0..=4 * most {
        let error = match SiteVocabulary::new(&values) {
            Ok(vocabulary) => return (values, Some(vocabulary)),
            Err(error) => error,
        };
        let (list, written) = match error.signal {
            Signal::Country => (&mut values.countries, country),
            Signal::Language => (&mut values.languages, language),
            Signal::Interest => (&mut values.topics, topic.as_slice()),
            _ => (&mut values.campaigns, campaign),
        };
        let Some(at) = list.iter().rposition(|value| *value == error.value) else { break };
        list.remove(at);
        let place = written.iter().rfind(|text| *text.get_ref() == error.value);
        let span = place.map(Text::span).unwrap_or_default();
        checker.report(span, "here", error.to_string(), suggest_value(&error, written));
    }
    (values, None)
}

fn suggest_value(error: &VocabularyError, written: &[Text]) -> String {
    let value = error.value.as_str();
    let candidate = match error.signal {
        Signal::Country if value.eq_ignore_ascii_case("UK") => "GB".to_owned(),
        Signal::Country => value.to_ascii_uppercase(),
        Signal::Language => value.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase(),
        _ => names::slug_near(value).unwrap_or_default(),
    };
    if written.iter().any(|text| *text.get_ref() == candidate) {
        return "remove it".to_owned();
    }
    let mut alone = SiteValues::default();
    match error.signal {
        Signal::Country => alone.countries.push(candidate.clone()),
        Signal::Language => alone.languages.push(candidate.clone()),
        Signal::Interest => alone.topics.push(candidate.clone()),
        _ => alone.campaigns.push(candidate.clone()),
    }
    if SiteVocabulary::new(&alone).is_ok() {
        format!("did you mean `{candidate}`?")
    } else {
        "remove it".to_owned()
    }
}

/// Reads the policies: those listed, or all beside the site's file.
pub(crate) fn policies(checker: &mut Checker<'_>, folder: &Path, listed: Option<&Texts>) -> Vec<Source> {
    let mut policies = Vec::new();
    let mut add = |checker: &mut Checker<'_>, read| match read {
        Ok(source) => policies.push(source),
        Err(problem) => checker.problems.add(problem),
    };
    if listed.is_some() {
        let entries = checker.list("files", bounds::MAX_POLICY_FILES, false, listed);
        let paths = checker.each(entries, |path| Ok(path.to_owned()));
        for path in paths {
            let span =
                entries.iter().find(|entry| *entry.get_ref() == path).map(Text::span).unwrap_or_default();
            let named = Some((checker.source, span));
            add(checker, files::text(&folder.join(path), bounds::MAX_POLICY_FILE, named));
        }
        return policies;
    }
    for path in beside(checker, folder) {
        add(checker, files::text(&path, bounds::MAX_POLICY_FILE, None));
    }
    policies
}

/// The policies in the folder, by name.
fn beside(checker: &mut Checker<'_>, folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            checker.problems.add(files::unreadable(folder, &error, None));
            return Vec::new();
        }
    };
    let is_policy =
        |path: &std::path::PathBuf| path.extension().is_some_and(|extension| extension == "cedar");
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_policy).collect();
    paths.sort();
    if paths.len() > bounds::MAX_POLICY_FILES {
        let message = format!("`{}` holds {} policies", folder.display(), paths.len());
        let help = format!("at most {} are allowed: join some", bounds::MAX_POLICY_FILES);
        checker.problems.add(crate::problem::Problem::nowhere(message).help(help));
        paths.truncate(bounds::MAX_POLICY_FILES);
    }
    paths
}

/// Reads the plugins and their files.
pub(crate) fn plugins(checker: &mut Checker<'_>, folder: &Path, raw: &[raw::Plugin]) -> Vec<Plugin> {
    if let Some(over) = raw.get(bounds::MAX_PLUGINS) {
        let help = format!("at most {} are allowed", bounds::MAX_PLUGINS);
        checker.report(over.name.span(), "one too many", format!("the site has {} plugins", raw.len()), help);
    }
    let mut plugins: Vec<Plugin> = Vec::new();
    for written in raw.iter().take(bounds::MAX_PLUGINS) {
        let name = written.name.get_ref();
        if !names::is_slug(name) {
            let help = match names::slug_near(name) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "write 1 to 64 of a-z, 0-9 and `-`".to_owned(),
            };
            checker.report(
                written.name.span(),
                "here",
                format!("`{name}` is not the name of a plugin"),
                help,
            );
        } else if plugins.iter().any(|plugin| plugin.name == *name) {
            let message = format!("two plugins are called `{name}`");
            checker.report(written.name.span(), "again here", message, "rename one of the two");
        }
        let file = written.file.as_ref().and_then(|file| plugin_file(checker, folder, file));
        let at = written.file.as_ref().unwrap_or(&written.name).span();
        plugins.push(Plugin { name: name.clone(), file, at });
    }
    plugins
}

fn plugin_file(checker: &mut Checker<'_>, folder: &Path, written: &Text) -> Option<PluginFile> {
    let path = folder.join(written.get_ref());
    let named = Some((checker.source, written.span()));
    let read = match path.extension().and_then(|extension| extension.to_str()) {
        Some("toml") => files::text(&path, bounds::MAX_RULE_FILE, named).map(PluginFile::Rules),
        Some("wasm") => files::bytes(&path, bounds::MAX_COMPONENT_FILE, named)
            .map(|bytes| PluginFile::Component(Arc::from(bytes))),
        _ => {
            let message = format!("`{}` is neither a rule file nor a component", written.get_ref());
            let help = "name a rule file that ends with `.toml` or a component that ends with `.wasm`";
            checker.report(written.span(), "here", message, help);
            return None;
        }
    };
    read.map_err(|problem| checker.problems.add(problem)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_a_host_and_a_port() {
        let read = |text| parse_origin(text).map(|origin| (origin.host, origin.port));
        let tls = parse_origin("HTTPS://shop.internal").map(|origin| (origin.port, origin.tls));
        assert_eq!(tls, Ok((443, true)));
        assert_eq!(read("https://[::1]:8443/"), Ok(("[::1]".into(), 8443)));
        assert_eq!(read("http://10.0.0.5:9000"), Ok(("10.0.0.5".into(), 9000)));
        assert_eq!(read("http://Shop.internal/"), Ok(("shop.internal".into(), 80)));
        assert_eq!(read("http://[::1]:81"), Ok(("[::1]".into(), 81)));
        assert_eq!(read("http://[::1]"), Ok(("[::1]".into(), 80)));
        for wrong in ["http://", "http://a:0", "http://a:70000", "http://a:b", "http://a b", "ftp://a"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_origin_with_too_much_or_too_little_is_suggested_right() {
        let help = |text| parse_origin(text).unwrap_err().help;
        assert!(help("10.0.0.5:9000").contains("http://10.0.0.5:9000"));
        assert!(help("http://a.example/shop").contains("`\"http://a.example\"`"));
        assert!(help("http://me:secret@a.example").contains("`\"http://a.example\"`"));
        assert!(!parse_origin("http://me:secret@a").unwrap_err().message.contains("secret"));
    }
}
