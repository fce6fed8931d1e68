//! Tells the author what the sanitizer took out of some HTML, and where. It reads the HTML by itself and
//! only reports: what is safe is decided elsewhere. No client data enters.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;
use std::sync::LazyLock;

use lol_html::html_content::{Comment, Element, EndTag, TextChunk};
use lol_html::{
    DocumentContentHandlers, ElementContentHandlers, HandlerResult, HtmlRewriter, MemorySettings, Selector,
    Settings,
};

use crate::address::Addresses;
use crate::attribute::{accept, may_stand, why_not};
use crate::entity::decode;
use crate::removed::{Loss, Reason, printable};
use crate::sanitize::WITH_CONTENT;
use crate::spans::{Written, attributes_in, visible};
use crate::tags::{CONTENT, why_no_element};

/// The most losses that are told of one text.
const MAX_LOSSES: usize = 64;
const MEMORY_BYTES: usize = 8 << 20;
/// The most steps of looking for the elements that are missing.
const MAX_STEPS: usize = 1 << 20;

#[expect(clippy::expect_used, reason = "a constant, read by every test")]
static EVERYTHING: LazyLock<Selector> = LazyLock::new(|| "*".parse().expect("a selector"));

/// What stands in some HTML, as far as it matters here.
#[derive(Default)]
struct Inventory {
    /// Elements that may stand, in order, each with its start tag. Those within an element that goes
    /// with its content are left out: it is what is told.
    elements: Vec<(String, Range<usize>)>,
    attributes: BTreeMap<(String, String), usize>,
    text: String,
    losses: Vec<Loss>,
    /// How many elements are open that go with their content.
    within: usize,
    /// The HTML could not be read to its end.
    broken: bool,
}

impl Inventory {
    fn take(addresses: &Addresses, html: &str) -> Self {
        let inventory = Rc::new(RefCell::new(Self::default()));
        let elements = |element: &mut Element<'_, '_>| {
            inventory.borrow_mut().element(addresses, html, element);
            if WITH_CONTENT.contains(&element.tag_name().as_str()) {
                leave(&inventory, element);
            }
            Ok(())
        };
        let comments = |comment: &mut Comment<'_>| {
            inventory.borrow_mut().comment(comment.source_location().bytes());
            Ok(())
        };
        let text = |chunk: &mut TextChunk<'_>| {
            inventory.borrow_mut().text.push_str(chunk.as_str());
            Ok(())
        };
        let settings = Settings::new()
            .with_strict(false)
            .with_memory_settings(MemorySettings::new().with_max_allowed_memory_usage(MEMORY_BYTES))
            .append_element_content_handler((
                Cow::Borrowed(&*EVERYTHING),
                ElementContentHandlers::default().element(elements),
            ))
            .append_document_content_handler(
                DocumentContentHandlers::default().comments(comments).text(text),
            );
        let mut rewriter = HtmlRewriter::new(settings, |_: &[u8]| {});
        let broken = rewriter.write(html.as_bytes()).and_then(|()| rewriter.end()).is_err();
        Self { broken, ..inventory.take() }
    }

    fn element(&mut self, addresses: &Addresses, html: &str, element: &Element<'_, '_>) {
        if self.within > 0 {
            return;
        }
        let tag = element.tag_name();
        let at = element.source_location().bytes();
        if !CONTENT.contains(&tag.as_str()) {
            let what = format!("element `{}`", printable(&tag, 40));
            return self.lose(why_no_element(&tag).of(what, at));
        }
        let source = html.get(at.clone()).unwrap_or_default();
        let written = attributes_in(source, at.start);
        for (position, attribute) in element.attributes().iter().enumerate() {
            let (name, value) = (attribute.name(), attribute.value());
            let place = written.get(position).filter(|found| found.is(&name)).cloned();
            let place = place.unwrap_or_else(|| Written::unknown(at.clone()));
            self.attribute(addresses, &tag, &name, &value, &place);
            *self.attributes.entry((tag.clone(), name)).or_default() += 1;
        }
        self.elements.push((tag, at));
    }

    fn attribute(&mut self, addresses: &Addresses, tag: &str, name: &str, raw: &str, place: &Written) {
        let value = decode(raw);
        // It is written anew on every link.
        if tag == "a" && name == "rel" && value.trim() == "noopener" {
            return;
        }
        let what = format!("attribute `{}` of `{}`", printable(name, 40), printable(tag, 40));
        if !may_stand(tag, name) {
            return self.lose(why_not(tag, name).of(what, place.whole()));
        }
        match accept(addresses, Some(tag), name, &value) {
            Err(why) => self.lose(why.of(what, place.whole())),
            Ok(accepted) => {
                for loss in accepted.lost {
                    let at = place.within(raw, &value, &loss.at);
                    let what = format!("{what}, {}", loss.what);
                    self.lose(Loss { at, what, ..loss });
                }
            }
        }
    }

    fn comment(&mut self, at: Range<usize>) {
        if self.within == 0 {
            let why = Reason::new(
                "comments stay out of pages",
                "leave it out; notes belong into the plugin's source",
            );
            self.lose(why.of("a comment", at));
        }
    }

    /// One more than are told is kept, to know that there are more.
    fn lose(&mut self, loss: Loss) {
        if self.losses.len() <= MAX_LOSSES {
            self.losses.push(loss);
        }
    }
}

/// Takes no notice of what stands in an element until its end.
fn leave(inventory: &Rc<RefCell<Inventory>>, element: &mut Element<'_, '_>) {
    if let Some(handlers) = element.end_tag_handlers() {
        inventory.borrow_mut().within += 1;
        let inventory = Rc::clone(inventory);
        handlers.push(Box::new(move |_: &mut EndTag<'_>| -> HandlerResult {
            let mut inventory = inventory.borrow_mut();
            inventory.within = inventory.within.saturating_sub(1);
            Ok(())
        }));
    }
}

/// What is in `input` and was not let into `output`, in the order of the input. If anything is missing,
/// something is told.
pub(crate) fn differences(addresses: &Addresses, input: &str, output: &str) -> Vec<Loss> {
    let mut before = Inventory::take(addresses, input);
    let after = Inventory::take(addresses, output);
    for (tag, at) in missing(&before.elements, &after.elements) {
        let why = Reason::new(
            "it cannot stand there",
            "close what is open before it, and give it the parent it needs",
        );
        before.lose(why.of(format!("element `{tag}`"), at));
    }
    if before.losses.is_empty() {
        let lost = |(key, count): (&(String, String), &usize)| {
            let less = *count > after.attributes.get(key).copied().unwrap_or_default();
            less.then(|| format!("attribute `{}` of `{}`", printable(&key.1, 40), printable(&key.0, 40)))
        };
        let attribute = before.attributes.iter().find_map(lost);
        let vanished = output.is_empty() && !input.trim().is_empty();
        let text = visible(&before.text, false) > visible(&after.text, true);
        if attribute.is_some() || vanished || text || before.broken && input != output {
            let why =
                Reason::new("it cannot be read", "close quotation marks and tags, each in its own element");
            before.lose(why.of(attribute.unwrap_or_else(|| "markup".to_owned()), 0..input.len()));
        }
    }
    let mut losses = before.losses;
    losses.sort_by_key(|loss| loss.at.start);
    if losses.len() > MAX_LOSSES {
        losses.truncate(MAX_LOSSES);
        let at = losses.last().map_or(0..0, |last| last.at.clone());
        losses.push(Reason::new("only the first 64 are listed", "mend these first").of("and more", at));
    }
    losses
}

/// The elements of `before` that `after` does not have, in the longest way of reading both alongside.
fn missing(
    before: &[(String, Range<usize>)],
    after: &[(String, Range<usize>)],
) -> Vec<(String, Range<usize>)> {
    let mut fewer: BTreeMap<&str, isize> = BTreeMap::new();
    before.iter().for_each(|(tag, _)| *fewer.entry(tag).or_default() += 1);
    after.iter().for_each(|(tag, _)| *fewer.entry(tag).or_default() -= 1);
    if fewer.values().all(|count| *count <= 0) {
        return Vec::new();
    }
    let kept = common(before, after);
    let mut missing = Vec::new();
    // What is not read alongside may still be there in another order.
    for ((tag, at), _) in before.iter().zip(kept).filter(|(_, kept)| !kept) {
        let left = fewer.entry(tag).or_default();
        if *left > 0 {
            *left -= 1;
            missing.push((tag.clone(), at.clone()));
        }
    }
    missing
}

/// Which elements of `before` are in a longest common subsequence with `after`; none where that would
/// take too long.
fn common(before: &[(String, Range<usize>)], after: &[(String, Range<usize>)]) -> Vec<bool> {
    let width = after.len() + 1;
    let mut kept = vec![false; before.len()];
    if (before.len() + 1).saturating_mul(width) > MAX_STEPS {
        return kept;
    }
    let mut longest = vec![0_u16; (before.len() + 1) * width];
    let at = |row: usize, column: usize| row * width + column;
    for (row, (tag, _)) in before.iter().enumerate().rev() {
        for (column, (other, _)) in after.iter().enumerate().rev() {
            let get = |row, column| longest.get(at(row, column)).copied().unwrap_or_default();
            let best = if tag == other {
                get(row + 1, column + 1) + 1
            } else {
                get(row + 1, column).max(get(row, column + 1))
            };
            if let Some(cell) = longest.get_mut(at(row, column)) {
                *cell = best;
            }
        }
    }
    let get = |row, column| longest.get(at(row, column)).copied().unwrap_or_default();
    let mut column = 0;
    for (row, ((tag, _), kept)) in before.iter().zip(&mut kept).enumerate() {
        while column < after.len() && get(row, column) == get(row, column + 1) {
            column += 1;
        }
        if after.get(column).is_some_and(|(other, _)| other == tag)
            && get(row, column) == get(row + 1, column + 1) + 1
        {
            *kept = true;
            column += 1;
        }
    }
    kept
}
