//! The main file: reads it, then every site that it names.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use ipnet::IpNet;

use crate::bounds;
use crate::checker::Checker;
use crate::files;
use crate::keys::{LOG_FORMATS, LOG_LEVELS, MAIN};
use crate::names::{Refused, refuse};
use crate::problem::{LoadError, Problem, Problems, Source, Span};
use crate::raw::{self, Text};
use crate::settings::{Limits, Log, LogFormat, LogLevel, Settings, Site};
use crate::{cache, control, listen, shape, site_file};

/// The name of a site's file in its folder.
const SITE_FILE: &str = "site.toml";

/// Reads the main file at `path` and everything that it names.
///
/// # Errors
/// [`LoadError`] with every problem that could be found in one pass over all files.
pub fn load(path: &Path) -> Result<Settings, LoadError> {
    let mut problems = Problems::default();
    let settings = load_into(path, &mut problems);
    problems.or(settings)
}

fn load_into(path: &Path, problems: &mut Problems) -> Option<Settings> {
    let source = match files::text(path, bounds::MAX_CONFIGURATION_FILE, None) {
        Ok(source) => source,
        Err(problem) => {
            problems.add(problem);
            return None;
        }
    };
    let raw: raw::MainFile = shape::read(&source, MAIN, problems)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut checker = Checker::new(&source);
    let head = head(&mut checker, folder, &raw);
    let paths = checker.list("paths", bounds::MAX_SITES, true, Some(&raw.sites.paths));
    let sites = SiteReader { source: &source, folder, taken: Vec::new(), names: Vec::new() };
    let (mut own, mut of_sites) = (checker.problems, Problems::default());
    let sites = sites.read(paths, &mut own, &mut of_sites);
    problems.take_in(own);
    problems.append(of_sites);
    let mut settings = head?;
    settings.sites = sites;
    Some(settings)
}

/// Everything but the sites.
fn head(checker: &mut Checker<'_>, folder: &Path, raw: &raw::MainFile) -> Option<Settings> {
    let listen = listen::read(checker, folder, &raw.listen);
    let metrics_listen = match &raw.metrics.listen {
        None => None,
        Some(written) => {
            let address = checker.accept(written.span(), listen::socket(written.get_ref(), 9090))?;
            if listen.http.contains(&address) || listen.https.contains(&address) {
                let message = format!("`{address}` is taken by `[listen]` already");
                checker.report(written.span(), "again here", message, "give metrics a port of their own");
            }
            Some(address)
        }
    };
    let trusted = raw.client_ip.trusted_proxies.as_ref();
    let trusted = checker.list("trusted_proxies", bounds::MAX_TRUSTED_PROXIES, false, trusted);
    let trusted_proxies = checker.each(trusted, network);
    let geo_database = raw.geo.database.as_ref().map(|written| {
        let path = folder.join(written.get_ref());
        let named = Some((checker.source, written.span()));
        if let Err(problem) = files::usable(&path, bounds::MAX_GEO_FILE, named) {
            checker.problems.add(problem);
        }
        path
    });
    let store_folder = raw.store.as_ref().map(|store| store_folder(checker, folder, &store.path));
    let taken: Vec<_> = listen.http.iter().chain(&listen.https).copied().chain(metrics_listen).collect();
    let control = control::control(checker, folder, &raw.control, store_folder.as_deref(), &taken);
    let cache_bytes = checker.size("max_bytes", &bounds::CACHE_BYTES, raw.cache.max_bytes.as_ref());
    let caching = cache::freshness(checker, &raw.cache);
    let compress = cache::compress(checker, &raw.cache);
    let limits = limits(checker, &raw.limits);
    Some(Settings {
        listen,
        trusted_proxies,
        geo_database,
        store_folder,
        cache_bytes: cache_bytes?,
        caching: caching?,
        compress: compress?,
        metrics_listen,
        control,
        log: log(&raw.log),
        limits: limits?,
        sites: Vec::new(),
    })
}

/// Where released cells are kept. The folder need not be there yet, but nothing else may be.
fn store_folder(checker: &mut Checker<'_>, folder: &Path, written: &Text) -> PathBuf {
    let path = folder.join(written.get_ref());
    if written.get_ref().is_empty() || std::fs::metadata(&path).is_ok_and(|facts| !facts.is_dir()) {
        let message = format!("`{}` is not a folder", written.get_ref());
        checker.report(written.span(), "here", message, "name a folder of its own, such as `\"data\"`");
    }
    path
}

fn network(text: &str) -> Result<IpNet, Refused> {
    let Ok(network) = text.parse::<IpNet>() else {
        let message = format!("`{text}` is not a network");
        let help = match text.parse::<IpAddr>() {
            Ok(address) => format!("write `\"{}\"` for this address alone", IpNet::from(address)),
            Err(_) => "write one such as `\"10.0.0.0/8\"`".to_owned(),
        };
        return Err(refuse(message, help));
    };
    if network.prefix_len() == 0 {
        let message = format!("`{text}` trusts everybody");
        return Err(refuse(
            message,
            "list the networks of your own load balancers: anyone else could fake a crowd",
        ));
    }
    Ok(network.trunc())
}

fn log(raw: &raw::Log) -> Log {
    // The words were checked with the shape of the file.
    let level = raw.level.as_deref().and_then(|word| LOG_LEVELS.iter().position(|known| *known == word));
    let level = match level {
        Some(0) => LogLevel::Error,
        Some(1) => LogLevel::Warn,
        Some(3) => LogLevel::Debug,
        Some(4) => LogLevel::Trace,
        _ => LogLevel::Info,
    };
    let json = raw.format.as_deref().is_some_and(|word| LOG_FORMATS.get(1) == Some(&word));
    Log { level, format: if json { LogFormat::Json } else { LogFormat::Text } }
}

fn limits(checker: &mut Checker<'_>, raw: &raw::Limits) -> Option<Limits> {
    let header_bytes = checker.size("header_bytes", &bounds::HEADER_BYTES, raw.header_bytes.as_ref());
    let origin_body = checker.size("origin_body", &bounds::ORIGIN_BODY, raw.origin_body.as_ref());
    let streams = checker.number("concurrent_streams", &bounds::STREAMS, raw.concurrent_streams.as_ref());
    let silence = checker.duration("client_silence", &bounds::CLIENT_SILENCE, raw.client_silence.as_ref());
    let connect = checker.duration("origin_connect", &bounds::ORIGIN_CONNECT, raw.origin_connect.as_ref());
    let first = &raw.origin_first_byte;
    let first_byte = checker.duration("origin_first_byte", &bounds::ORIGIN_FIRST_BYTE, first.as_ref());
    let total = checker.duration("origin_timeout", &bounds::ORIGIN_TIMEOUT, raw.origin_timeout.as_ref());
    let (connect, first_byte, total) = (connect?, first_byte?, total?);
    for (key, part, written) in
        [("origin_connect", connect, &raw.origin_connect), ("origin_first_byte", first_byte, first)]
    {
        let place = written.as_ref().or(raw.origin_timeout.as_ref()).map(Text::span);
        if let Some(place) = place.filter(|_| part > total) {
            let message = format!("`{key}` is longer than `origin_timeout`");
            checker.report(
                place,
                "here",
                message,
                "the timeout of the whole fetch holds its parts: raise it",
            );
        }
    }
    Some(Limits {
        header_bytes: usize::try_from(header_bytes?).ok()?,
        client_silence: silence?,
        concurrent_streams: streams?,
        origin_connect: connect,
        origin_first_byte: first_byte,
        origin_timeout: total,
        origin_body: usize::try_from(origin_body?).ok()?,
    })
}

/// A host that a site has taken, and where it says so.
pub(crate) struct Taken {
    pub host: String,
    pub file: String,
    pub line: usize,
}

struct SiteReader<'a> {
    source: &'a Source,
    folder: &'a Path,
    taken: Vec<Taken>,
    names: Vec<String>,
}

impl SiteReader<'_> {
    fn read(mut self, paths: &[Text], own: &mut Problems, of_sites: &mut Problems) -> Vec<Site> {
        let mut sites = Vec::with_capacity(paths.len());
        for written in paths {
            match self.locate(written.get_ref(), written.span()) {
                Err(problem) => own.add(problem),
                Ok((name, source, folder)) => {
                    let mut problems = Problems::default();
                    sites.extend(site_file::read(name, source, &folder, &mut self.taken, &mut problems));
                    of_sites.take_in(problems);
                }
            }
        }
        sites
    }

    /// Finds a site's name, file and folder.
    fn locate(&mut self, written: &str, span: Span) -> Result<(String, Source, PathBuf), Problem> {
        let folder = self.folder.join(written);
        let named = || Some((self.source, span.clone()));
        let facts =
            std::fs::metadata(&folder).map_err(|error| files::unreadable(&folder, &error, named()))?;
        if !facts.is_dir() {
            let parent =
                Path::new(written).parent().map_or_else(String::new, |path| path.display().to_string());
            let parent = if parent.is_empty() { ".".to_owned() } else { parent };
            return Err(files::problem(named(), format!("`{}` is not a folder", folder.display()))
                .help(format!("name the folder that holds `{SITE_FILE}`, such as `\"{parent}\"`")));
        }
        let name = folder.file_name().and_then(|name| name.to_str());
        let Some(name) =
            name.filter(|name| crate::names::is_slug(&name.to_ascii_lowercase().replace(['_', '.'], "-")))
        else {
            return Err(files::problem(named(), "the folder gives the site no name".to_owned())
                .help("end the path with a folder called by 1 to 64 letters, digits, `-`, `_` or `.`"));
        };
        if self.names.iter().any(|taken| taken == name) {
            return Err(files::problem(named(), format!("two sites are called `{name}`"))
                .help("the last part of the path names the site in logs and reports: rename one folder"));
        }
        self.names.push(name.to_owned());
        let source = files::text(&folder.join(SITE_FILE), bounds::MAX_CONFIGURATION_FILE, named())?;
        Ok((name.to_owned(), source, folder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_lose_the_bits_of_a_host_and_nobody_trusts_everybody() {
        assert_eq!(network("10.1.2.3/8"), Ok("10.0.0.0/8".parse().unwrap()));
        assert!(network("10.1.2.3").unwrap_err().help.contains("10.1.2.3/32"));
        assert!(network("::/0").unwrap_err().message.contains("everybody"));
    }
}
