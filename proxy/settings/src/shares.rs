//! Files that state who the visitors are: shares of values, signal by signal or row by row. What is wrong
//! is told with its place. No visitor is counted here or anywhere.

use std::path::Path;

use cloakroom_vocabulary::{
    Row, Shares, SharesError, Signal, SiteValues, SiteVocabulary, TOLERANCE, is_value,
};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::bounds;
use crate::files;
use crate::keys::SIGNALS;
use crate::names::closest;
use crate::problem::{LoadError, Problems, Source, Span};

/// The key that says how many networks visit in an epoch.
const NETWORKS: &str = "networks";
/// The key of rows.
const CELL: &str = "cell";
/// The key of a row's share.
const SHARE: &str = "share";
/// The smallest share that is not nothing: less than one of all people.
const LEAST_SHARE: f64 = 1e-10;
/// The most networks that can be stated: all that the IPv4 address space has, by /24.
const MAX_NETWORKS: u32 = 1 << 24;

/// Reads a file of shares: TOML of at most 256 KiB with at most 1,000 rows. With a site, values are those
/// of the site; without, those that any site can have.
///
/// # Errors
/// [`LoadError`] with every problem of the file.
pub fn load(path: &Path, site: Option<&SiteVocabulary>) -> Result<Shares, LoadError> {
    let mut problems = Problems::default();
    let shares = match files::text(path, bounds::MAX_SHARES_FILE, None) {
        Ok(source) => read(&source, site, &mut problems),
        Err(problem) => {
            problems.add(problem);
            None
        }
    };
    problems.or(shares)
}

/// As [`load`], for a file that was read.
pub(crate) fn read(
    source: &Source,
    site: Option<&SiteVocabulary>,
    problems: &mut Problems,
) -> Option<Shares> {
    let (document, errors) = DeTable::parse_recoverable(source.text());
    if !errors.is_empty() {
        crate::shape::add_syntax_errors(source, &errors, problems);
        return None;
    }
    let mut reader = Reader { source, site, problems: Problems::default() };
    let shares = reader.file(document.get_ref());
    let is_whole = reader.problems.is_empty();
    problems.take_in(reader.problems);
    shares.filter(|_| is_whole)
}

struct Reader<'a> {
    source: &'a Source,
    site: Option<&'a SiteVocabulary>,
    problems: Problems,
}

impl Reader<'_> {
    fn report(&mut self, span: Span, label: &str, message: String, help: impl Into<String>) {
        self.problems.add(self.source.problem(span, label, message).help(help));
    }

    fn file(&mut self, table: &DeTable<'_>) -> Option<Shares> {
        let (mut networks, mut signals, mut rows) = (None, Vec::new(), None);
        for (written, value) in table {
            match (written.get_ref().as_ref(), value.get_ref()) {
                (NETWORKS, _) => networks = self.networks(value),
                (CELL, DeValue::Array(entries)) => rows = Some((written.span(), self.rows(entries))),
                (CELL, _) => {
                    let help = "write `[[cell]]`, with values and a `share` below it";
                    self.report(
                        value.span(),
                        "wrong type",
                        "`cell` must be a list of sections".to_owned(),
                        help,
                    );
                }
                (name, DeValue::Table(values)) => {
                    let Some(signal) = self.signal(name, written.span()) else { continue };
                    let shares = self.values(signal, values);
                    self.add_up(Some(signal), written.span(), &shares);
                    signals.push((signal, shares));
                }
                (name, _) => {
                    if let Some(signal) = self.signal(name, written.span()) {
                        let help =
                            format!("write a section `[{signal}]`, and below it values and their shares");
                        let message = format!("`{signal}` must be a section of values and their shares");
                        self.report(value.span(), "wrong type", message, help);
                    }
                }
            }
        }
        if !self.problems.is_empty() {
            return None;
        }
        let stated = match rows {
            Some((at, _)) if !signals.is_empty() => {
                let message = "the file states shares signal by signal, and of rows too".to_owned();
                self.report(
                    at,
                    "here",
                    message,
                    "keep either the sections of signals or the `[[cell]]` rows",
                );
                return None;
            }
            Some((at, rows)) => {
                self.add_up(None, at, &rows.iter().map(|row| (String::new(), row.share)).collect::<Vec<_>>());
                Shares::of_rows(networks, rows)
            }
            None if signals.is_empty() => {
                let help = "add a section such as `[country]`, with values and their shares";
                self.report(0..0, "here", "the file states no shares".to_owned(), help);
                return None;
            }
            None => Shares::of_signals(networks, signals),
        };
        // Whatever it could say has been said with its place.
        stated.ok()
    }

    fn networks(&mut self, value: &Spanned<DeValue<'_>>) -> Option<u32> {
        let number = match value.get_ref() {
            DeValue::Integer(number) => u32::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        let number = number.filter(|number| (1..=MAX_NETWORKS).contains(number));
        if number.is_none() {
            let help =
                format!("write a whole number from 1 to {MAX_NETWORKS}: how many networks visit in an epoch");
            self.report(value.span(), "here", "`networks` is not a number of networks".to_owned(), help);
        }
        number
    }

    fn signal(&mut self, name: &str, span: Span) -> Option<Signal> {
        let signal = Signal::from_name(name);
        if signal.is_none() {
            let known: Vec<&str> = SIGNALS.iter().copied().chain([NETWORKS, CELL]).collect();
            let near = closest(name, &known);
            let help = match (name, near) {
                ("bucket", _) => "leave it out: a bucket is drawn evenly".to_owned(),
                (_, Some(near)) => format!("did you mean `{near}`?"),
                _ => format!("the signals are {}", SIGNALS.join(", ")),
            };
            self.report(span, "unknown", format!("there is no signal `{name}`"), help);
        }
        signal
    }

    fn values(&mut self, signal: Signal, table: &DeTable<'_>) -> Vec<(String, f64)> {
        let mut shares = Vec::new();
        for (written, value) in table {
            let name = written.get_ref().as_ref();
            self.known(signal, name, written.span());
            shares.extend(self.share(value).map(|share| (name.to_owned(), share)));
        }
        shares
    }

    fn rows(&mut self, entries: &[Spanned<DeValue<'_>>]) -> Vec<Row> {
        if let Some(over) = entries.get(bounds::MAX_SHARE_ROWS) {
            let help = format!("at most {} are allowed: join rows that are rare", bounds::MAX_SHARE_ROWS);
            self.report(over.span(), "one too many", format!("the file has {} rows", entries.len()), help);
            return Vec::new();
        }
        entries.iter().filter_map(|entry| self.row(entry)).collect()
    }

    fn row(&mut self, entry: &Spanned<DeValue<'_>>) -> Option<Row> {
        let DeValue::Table(table) = entry.get_ref() else {
            let help = "write `[[cell]]`, with values and a `share` below it";
            self.report(entry.span(), "wrong type", "a `cell` must be a section".to_owned(), help);
            return None;
        };
        let mut row = Row { values: Vec::new(), share: 0.0 };
        let mut has_share = false;
        for (written, value) in table {
            let name = written.get_ref().as_ref();
            if name == SHARE {
                has_share = true;
                row.share = self.share(value).unwrap_or_default();
                continue;
            }
            let Some(signal) = self.signal(name, written.span()) else { continue };
            match value.get_ref() {
                DeValue::String(text) => {
                    self.known(signal, text, value.span());
                    row.values.push((signal, text.to_string()));
                }
                _ => {
                    let message = format!("`{signal}` must be a text with a value");
                    self.report(value.span(), "wrong type", message, "write a value in double quotes");
                }
            }
        }
        if !has_share {
            let help = "add `share = …`: the share of all visitors that have these values, from 0 to 1";
            self.report(entry.span(), "here", "a row has no `share`".to_owned(), help);
        }
        Some(row)
    }

    /// Whether a visitor can have the value.
    fn known(&mut self, signal: Signal, value: &str, span: Span) {
        let Some(site) = self.site else {
            let everywhere = SiteVocabulary::new(&SiteValues::default());
            let is_listed = everywhere.is_ok_and(|site| site.hierarchy(signal).find(value).is_some());
            let is_known = is_listed || !signal.is_closed() && (is_value(signal, value) || value == "other");
            if !is_known {
                let message = format!("`{value}` is not {} {signal} value", signal.article());
                self.report(span, "unknown", message, "name a value as rule files do, or `other`");
            }
            return;
        };
        let hierarchy = site.hierarchy(signal);
        if hierarchy.find(value).is_some() {
            return;
        }
        let names: Vec<&str> = hierarchy.values().map(|value| hierarchy.name(value)).collect();
        let help = match closest(value, &names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                format!("the site tells {} apart; what it does not list counts as `other`", names.join(", "))
            }
        };
        self.report(span, "unknown", format!("`{value}` is not a value of `{signal}` on this site"), help);
    }

    fn share(&mut self, value: &Spanned<DeValue<'_>>) -> Option<f64> {
        let written = self.source.text().get(value.span()).unwrap_or_default().trim();
        let share = match value.get_ref() {
            DeValue::Float(_) | DeValue::Integer(_) => written.replace('_', "").parse::<f64>().ok(),
            _ => None,
        };
        let share = share.filter(|share| *share == 0.0 || (LEAST_SHARE..=1.0).contains(share));
        if share.is_none() {
            let message = format!("`{written}` is not a share");
            self.report(value.span(), "here", message, "write a number from 0 to 1, such as 0.25");
        }
        share
    }

    fn add_up(&mut self, signal: Option<Signal>, span: Span, shares: &[(String, f64)]) {
        let sum: f64 = shares.iter().map(|(_, share)| share).sum();
        if !self.problems.is_empty() || (sum - 1.0).abs() <= TOLERANCE {
            return;
        }
        let rounded = (sum * 1e6).round() / 1e6;
        let missing = ((1.0 - rounded) * 1e6).round() / 1e6;
        let has_other = |signal: Signal| {
            let everywhere = SiteVocabulary::new(&SiteValues::default());
            let hierarchy = everywhere.as_ref().ok().map(|everywhere| everywhere.hierarchy(signal));
            hierarchy.is_some_and(|hierarchy| hierarchy.find("other").is_some())
                && !shares.iter().any(|(value, _)| value == "other")
        };
        let help = match signal {
            Some(signal) if missing > 0.0 && has_other(signal) => {
                format!("add `other = {missing}`, or correct the shares")
            }
            _ if missing > 0.0 => format!("{missing} is missing: correct the shares"),
            _ => format!("that is {} too much: correct the shares", -missing),
        };
        let error = SharesError::Sum { signal, sum: rounded };
        self.report(span, "here", error.to_string(), help);
    }
}
