//! What changes in the edits of a variant that keeps its name.

use cloakroom_rewrite::Edit;

use crate::error::short;
use crate::manifest::Slot;
use crate::plugin::Plugin;

/// The most characters of a text that a line shows.
const SHOWN: usize = 100;
/// Characters shown before the first that differs.
const CONTEXT: usize = 20;

/// A variant whose edits differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditsChange {
    /// Its name.
    pub variant: String,
    /// The edits that only the old variant has, a line each: shortened and printable.
    pub removed: Vec<String>,
    /// Those that only the new one has. If neither has any, the same edits stand in another order.
    pub added: Vec<String>,
}

/// A plugin's slot and its position.
type Place<'a> = (&'a Plugin, usize, &'a Slot);

/// The variants of both slots whose edits differ.
pub(super) fn compare(old: Place<'_>, new: Place<'_>) -> Vec<EditsChange> {
    let mut changes = Vec::new();
    for (at, variant) in old.2.variants().iter().enumerate() {
        let Some(other) = new.2.variants().iter().position(|name| name == variant) else { continue };
        let (before, after) = (old.0.edits(old.1, at), new.0.edits(new.1, other));
        if before != after {
            let removed = without(before, after).iter().map(|edit| line(edit, after)).collect();
            let added = without(after, before).iter().map(|edit| line(edit, before)).collect();
            changes.push(EditsChange { variant: variant.clone(), removed, added });
        }
    }
    changes
}

/// The edits of one that the other does not have as often.
fn without<'a>(one: &'a [Edit], other: &[Edit]) -> Vec<&'a Edit> {
    let mut left: Vec<&Edit> = other.iter().collect();
    let mut without = Vec::new();
    for edit in one {
        match left.iter().position(|known| *known == edit) {
            Some(at) => drop(left.swap_remove(at)),
            None => without.push(edit),
        }
    }
    without
}

/// An edit in a line. What differs from the other version's edit of the same place is in sight.
fn line(edit: &Edit, others: &[Edit]) -> String {
    let (place, text) = parts(edit);
    let counterpart = others.iter().map(parts).find(|(other, theirs)| *other == place && *theirs != text);
    let same = counterpart.map_or(0, |(_, theirs)| {
        text.chars().zip(theirs.chars()).take_while(|(one, other)| one == other).count()
    });
    let start = if same > SHOWN / 2 { same - CONTEXT } else { 0 };
    let (before, after) =
        (if start > 0 { "…" } else { "" }, if text.chars().count() > start + SHOWN { "…" } else { "" });
    let shown = short(&text.chars().skip(start).take(SHOWN).collect::<String>(), SHOWN);
    if text.is_empty() { place } else { format!("{place}: {before}{shown}{after}") }
}

/// What an edit does where, and with which text.
fn parts(edit: &Edit) -> (String, &str) {
    let of = |what: &str, selector: &str| format!("{what} `{}`", short(selector, SHOWN));
    match edit {
        Edit::SetContent { selector, content } => (of("content of", selector), content),
        Edit::Before { selector, content } => (of("before", selector), content),
        Edit::After { selector, content } => (of("after", selector), content),
        Edit::Remove { selector } => (of("remove", selector), ""),
        Edit::SetAttribute { selector, name, value } => {
            (of(&format!("attribute `{}` of", short(name, SHOWN)), selector), value)
        }
        Edit::Text { selector, content } => (of("text of", selector), content),
        Edit::Include { selector, path } => (of("fragment in", selector), path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(content: &str) -> Edit {
        Edit::Text { selector: "#a".into(), content: content.into() }
    }

    #[test]
    fn what_differs_is_in_sight_however_far_behind() {
        let long = "x".repeat(5_000);
        let (old, new) = (text(&format!("{long}old")), text(&format!("{long}new")));
        let shown = line(&old, std::slice::from_ref(&new));
        assert_eq!(shown, format!("text of `#a`: …{}old", "x".repeat(CONTEXT)));
        assert!(line(&text(&long), &[]).chars().count() < SHOWN + 30);
    }

    #[test]
    fn what_a_plugin_writes_cannot_reach_the_terminal() {
        let line = line(&text("\u{1b}[31mred\u{202e}"), &[]);
        assert!(!line.contains('\u{1b}') && !line.contains('\u{202e}'), "{line}");
    }

    #[test]
    fn edits_are_counted_and_not_only_known() {
        let (one, two) = (text("1"), text("2"));
        let edits = [one.clone(), one.clone(), two.clone()];
        assert_eq!(without(&edits, std::slice::from_ref(&one)), [&one, &two]);
    }
}
