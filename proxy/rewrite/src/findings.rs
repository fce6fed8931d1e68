//! Tells the author what the sanitizer took out of some HTML. It reads the HTML by itself and only
//! reports: what is safe is decided elsewhere. No client data enters.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use lol_html::html_content::{Comment, Element};
use lol_html::{
    DocumentContentHandlers, ElementContentHandlers, HtmlRewriter, MemorySettings, Selector, Settings,
};

use crate::address::Addresses;
use crate::attribute::{accept, describe, may_stand};
use crate::entity::decode;
use crate::tags::CONTENT;

const MAX_NOTES: usize = 16;
const MEMORY_BYTES: usize = 8 << 20;

#[expect(clippy::expect_used, reason = "a constant, read by every test")]
static EVERYTHING: LazyLock<Selector> = LazyLock::new(|| "*".parse().expect("a selector"));

/// What stands in some HTML, as far as it matters here.
#[derive(Default)]
struct Inventory {
    elements: BTreeMap<String, usize>,
    comments: usize,
    notes: Vec<String>,
    /// The HTML could not be read to its end.
    broken: bool,
}

impl Inventory {
    fn take(addresses: &Addresses, html: &str) -> Self {
        let inventory = RefCell::new(Self::default());
        let elements = |element: &mut Element<'_, '_>| {
            inventory.borrow_mut().element(addresses, element);
            Ok(())
        };
        let comments = |_: &mut Comment<'_>| {
            inventory.borrow_mut().comments += 1;
            Ok(())
        };
        let settings = Settings::new()
            .with_strict(false)
            .with_memory_settings(MemorySettings::new().with_max_allowed_memory_usage(MEMORY_BYTES))
            .append_element_content_handler((
                Cow::Borrowed(&*EVERYTHING),
                ElementContentHandlers::default().element(elements),
            ))
            .append_document_content_handler(DocumentContentHandlers::default().comments(comments));
        let mut rewriter = HtmlRewriter::new(settings, |_: &[u8]| {});
        let broken = rewriter.write(html.as_bytes()).and_then(|()| rewriter.end()).is_err();
        Self { broken, ..inventory.into_inner() }
    }

    fn element(&mut self, addresses: &Addresses, element: &Element<'_, '_>) {
        let tag = element.tag_name();
        if CONTENT.contains(&tag.as_str()) {
            for attribute in element.attributes() {
                // `rel` is written anew on every link.
                let name = attribute.name();
                if name != "rel" {
                    self.attribute(addresses, &tag, &name, &decode(&attribute.value()));
                }
            }
        }
        // More kinds than this cannot be told to anybody.
        if self.elements.len() < 256 {
            *self.elements.entry(tag).or_default() += 1;
        }
    }

    fn attribute(&mut self, addresses: &Addresses, tag: &str, name: &str, value: &str) {
        if !may_stand(tag, name) {
            return self.note(describe(tag, name));
        }
        match accept(addresses, name, value) {
            Err(why) => self.note(format!("attribute `{name}` of `{tag}`: {why}")),
            Ok(accepted) => {
                if let Some(why) = accepted.lost {
                    self.note(format!("part of attribute `{name}` of `{tag}`: {why}"));
                }
            }
        }
    }

    fn note(&mut self, note: String) {
        if self.notes.len() <= MAX_NOTES && !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

/// What is in `input` and was not let into `output`, in words.
pub(crate) fn differences(addresses: &Addresses, input: &str, output: &str) -> Vec<String> {
    let mut before = Inventory::take(addresses, input);
    let after = Inventory::take(addresses, output);
    if before.comments > after.comments {
        before.note("a comment".to_owned());
    }
    for (tag, count) in std::mem::take(&mut before.elements) {
        if !CONTENT.contains(&tag.as_str()) {
            let shown: String = tag.chars().take(40).filter(|character| !character.is_control()).collect();
            before.note(format!("element `{shown}`"));
        } else if count > after.elements.get(&tag).copied().unwrap_or_default() {
            before.note(format!("element `{tag}` where it cannot stand"));
        }
    }
    let vanished = output.is_empty() && !input.trim().is_empty();
    if before.notes.is_empty() && (vanished || before.broken && input != output) {
        before.note("markup that cannot be read".to_owned());
    }
    let mut notes = before.notes;
    if notes.len() > MAX_NOTES {
        notes.truncate(MAX_NOTES);
        notes.push("and more".to_owned());
    }
    notes
}
