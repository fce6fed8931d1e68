//! What the door takes out of plugins, as problems with their places and as JSON. Only text of plugins
//! stands here.

use std::ops::Range;

use cloakroom_plugin_host::{Lost, Plugin};
use cloakroom_rewrite::Removed;
use cloakroom_settings::{Problem, Source};
use serde_json::json;

use crate::report::printable;

/// Text shorter than this is not looked for in a rule file, where it could stand anywhere.
const LEAST_BYTES: usize = 4;

/// As a warning that points into the rule file, if the text stands there word for word and once, and
/// otherwise into the edit's own text.
pub(crate) fn problem(lost: &Lost, plugin: Option<&Plugin>, rules: Option<&Source>) -> Problem {
    let Removed { edit, part, what, instead, place, .. } = &lost.removed;
    let of = format!("{}={}, edit {}", printable(&lost.slot), printable(&lost.variant), edit + 1);
    let left = if what == "the edit" { "it" } else { "a part of it" };
    let message = format!("`{of}` is shown without {left}: {}", lost.removed);
    let text = plugin.and_then(|plugin| plugin.edits(lost.at.0, lost.at.1).get(*edit)?.text(*part));
    let problem = match text {
        None => Problem::nowhere(message),
        Some(text) => {
            let span = place.start..place.end;
            let in_file = rules.and_then(|rules| Some((rules, only_place(rules.text(), text)?)));
            match in_file {
                Some((rules, start)) => rules.problem(start + span.start..start + span.end, "this", message),
                None => {
                    let (text, span) = shown(text, span);
                    Source::new(&format!("{of}, {}", part.name()), &text).problem(span, "this", message)
                }
            }
        }
    };
    problem.help(instead).warning()
}

/// All that there is to say of one loss.
pub(crate) fn value(lost: &Lost) -> serde_json::Value {
    let Removed { edit, part, what, why, instead, place } = &lost.removed;
    json!({
        "slot": lost.slot, "variant": lost.variant, "edit": edit, "part": part.name(),
        "what": what, "why": why, "instead": instead,
        "line": place.line, "column": place.column, "excerpt": place.excerpt,
        "caret": place.caret, "width": place.width,
    })
}

/// A line for a report that has no room for the text itself.
pub(crate) fn line(lost: &Lost) -> String {
    let Removed { edit, part, place, .. } = &lost.removed;
    let (slot, variant) = (printable(&lost.slot), printable(&lost.variant));
    let at = format!("{} line {}, column {}", part.name(), place.line, place.column);
    format!("{slot}={variant}, edit {}, {at}: {}", edit + 1, lost.removed)
}

/// Where a text stands in a file, if it does so once.
fn only_place(file: &str, text: &str) -> Option<usize> {
    let mut places = file.match_indices(text).map(|(at, _)| at).filter(|_| text.len() >= LEAST_BYTES);
    let first = places.next()?;
    places.next().is_none().then_some(first)
}

/// A text in which nothing commands a terminal, and where a range of it went.
fn shown(text: &str, span: Range<usize>) -> (String, Range<usize>) {
    let plain = |text: &str| -> String {
        let is_kept = |c: char| c == '\n' || printable(c.encode_utf8(&mut [0; 4])).chars().eq([c]);
        text.chars().map(|c| if is_kept(c) { c } else { '\u{FFFD}' }).collect()
    };
    let (before, after) = text.split_at(text.floor_char_boundary(span.start));
    let (pointed, after) = after.split_at(after.floor_char_boundary(span.len()));
    let (before, pointed, after) = (plain(before), plain(pointed), plain(after));
    let span = before.len()..before.len() + pointed.len();
    (before + &pointed + &after, span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_plugin_is_shown_without_its_commands() {
        let (text, span) = shown("é\u{1b}[2J<b>\u{202e}\n", 6..9);
        assert_eq!((text.as_str(), &text[span]), ("é\u{FFFD}[2J<b>\u{FFFD}\n", "<b>"));
        assert_eq!(shown("", 0..5).1, 0..0);
    }

    #[test]
    fn a_place_in_a_file_is_told_only_where_it_is_the_only_one() {
        assert_eq!(only_place("a = 'hero'", "hero"), Some(5));
        assert_eq!(only_place("hero hero", "hero"), None);
        assert_eq!(only_place("a = 1", "a"), None);
    }
}
