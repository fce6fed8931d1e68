//! Puts Cloakroom's own placard into a page: markup that is made by `notice` alone, and is trusted
//! because of that. No client data enters.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::sync::LazyLock;

use cloakroom_notice::{Placard, Place};
use lol_html::html_content::{ContentType, Doctype, DocumentEnd, Element};
use lol_html::{DocumentContentHandlers, ElementContentHandlers, HandlerResult, Selector, Settings};

use crate::entity::decode;
use crate::page::Work;

#[expect(clippy::expect_used, reason = "constants, read by every test with a placard")]
static PARTS: LazyLock<[Selector; 3]> =
    LazyLock::new(|| ["html", "base", "body"].map(|part| part.parse().expect("a selector")));

/// The longest `lang` that is read, in bytes.
const MAX_LANGUAGE_BYTES: usize = 35;

/// A placard on its way into one page.
pub(crate) struct Standing<'p> {
    placard: &'p Placard,
    /// `lang` of the page.
    language: RefCell<Option<String>>,
    /// This is a page, not a part of one that another page takes in.
    whole: Cell<bool>,
    /// It has found its place, or there is none.
    settled: Cell<bool>,
}

impl<'p> Standing<'p> {
    pub(crate) fn new(placard: &'p Placard) -> Self {
        Self { placard, language: RefCell::default(), whole: Cell::new(false), settled: Cell::new(false) }
    }

    /// Adds what finds the place.
    pub(crate) fn settings<'h, 's: 'h>(
        &'h self,
        settings: Settings<'h, 's>,
        work: &'h Work<'h>,
    ) -> Settings<'h, 's> {
        let [html, base, body] = &*PARTS;
        let element = |selector: &'static Selector| Cow::Borrowed(selector);
        settings
            .append_element_content_handler((
                element(html),
                ElementContentHandlers::default().element(|found: &mut Element<'_, '_>| {
                    self.html(found);
                    Ok(())
                }),
            ))
            .append_element_content_handler((
                element(base),
                ElementContentHandlers::default().element(|found: &mut Element<'_, '_>| {
                    self.base(found);
                    Ok(())
                }),
            ))
            .append_element_content_handler((
                element(body),
                ElementContentHandlers::default()
                    .element(|found: &mut Element<'_, '_>| self.body(found, work)),
            ))
            .append_document_content_handler(
                DocumentContentHandlers::default()
                    .doctype(|_: &mut Doctype<'_>| {
                        self.whole.set(true);
                        Ok(())
                    })
                    .end(|end: &mut DocumentEnd<'_>| self.end(end, work)),
            )
    }

    fn html(&self, element: &Element<'_, '_>) {
        self.whole.set(true);
        let language = element.get_attribute("lang").filter(|tag| tag.len() <= MAX_LANGUAGE_BYTES);
        self.language.borrow_mut().get_or_insert_with(|| decode(&language.unwrap_or_default()).into());
    }

    /// A page whose addresses lead to another host would send the answer there.
    fn base(&self, element: &Element<'_, '_>) {
        let Some(href) = element.get_attribute("href") else { return };
        let href = decode(&href);
        let href = href.trim();
        let here =
            href.is_empty() || href.starts_with('/') && !href.starts_with("//") && !href.contains('\\');
        if !here {
            self.settled.set(true);
        }
    }

    fn body(&self, element: &mut Element<'_, '_>, work: &Work<'_>) -> HandlerResult {
        self.whole.set(true);
        if self.placard.place() == Place::First && !self.settled.replace(true) {
            element.prepend(&work.add(&self.markup())?, ContentType::Html);
        }
        Ok(())
    }

    /// The last place; the first too, in a page that leaves its `<body>` out. A browser takes what comes
    /// after the end of the body into it.
    fn end(&self, end: &mut DocumentEnd<'_>, work: &Work<'_>) -> HandlerResult {
        if self.whole.get() && !self.settled.replace(true) {
            end.append(&work.add(&self.markup())?, ContentType::Html);
        }
        Ok(())
    }

    fn markup(&self) -> String {
        self.placard.html(self.language.borrow().as_deref())
    }
}
