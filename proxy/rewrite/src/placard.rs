//! Puts Cloakroom's own placard into a page: markup that is made by `notice` alone, and is trusted
//! because of that. No client data enters.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, OnceLock};

use cloakroom_notice::{Placard, Place};
use lol_html::html_content::{ContentType, Doctype, DocumentEnd};
use lol_html::{HandlerResult, Selector};

use crate::entity::decode;
use crate::work::{DocumentHandlers, Element, ElementHandlers, Settings, Work};

#[expect(clippy::expect_used, reason = "constants, read by every test with a placard")]
static PARTS: LazyLock<[Selector; 3]> =
    LazyLock::new(|| ["html", "base", "body"].map(|part| part.parse().expect("a selector")));

/// The longest `lang` that is read, in bytes.
const MAX_LANGUAGE_BYTES: usize = 35;

/// A placard on its way into one page.
pub(crate) struct Standing<'p> {
    placard: &'p Placard,
    /// `lang` of the page, empty if it has none.
    language: OnceLock<String>,
    /// This is a page, not a part of one that another page takes in.
    whole: AtomicBool,
    /// It has found its place, or there is none.
    settled: AtomicBool,
}

impl<'p> Standing<'p> {
    pub(crate) fn new(placard: &'p Placard) -> Self {
        Self {
            placard,
            language: OnceLock::new(),
            whole: AtomicBool::new(false),
            settled: AtomicBool::new(false),
        }
    }

    /// Adds what finds the place.
    pub(crate) fn settings<'s>(
        self: Arc<Self>,
        settings: Settings<'p, 's>,
        work: &Arc<Work<'p>>,
    ) -> Settings<'p, 's> {
        let [html, base, body] = &*PARTS;
        let [of_html, of_base, of_body, of_doctype] = [(); 4].map(|()| Arc::clone(&self));
        let [in_body, at_end] = [(); 2].map(|()| Arc::clone(work));
        let on =
            |selector: &'static Selector, handlers: ElementHandlers<'p>| (Cow::Borrowed(selector), handlers);
        settings
            .append_element_content_handler(on(
                html,
                ElementHandlers::default().element(move |found: &mut Element<'_, '_>| {
                    of_html.html(found);
                    Ok(())
                }),
            ))
            .append_element_content_handler(on(
                base,
                ElementHandlers::default().element(move |found: &mut Element<'_, '_>| {
                    of_base.base(found);
                    Ok(())
                }),
            ))
            .append_element_content_handler(on(
                body,
                ElementHandlers::default()
                    .element(move |found: &mut Element<'_, '_>| of_body.body(found, &in_body)),
            ))
            .append_document_content_handler(
                DocumentHandlers::default()
                    .doctype(move |_: &mut Doctype<'_>| {
                        of_doctype.whole.store(true, Relaxed);
                        Ok(())
                    })
                    .end(move |end: &mut DocumentEnd<'_>| self.end(end, &at_end)),
            )
    }

    fn html(&self, element: &Element<'_, '_>) {
        self.whole.store(true, Relaxed);
        let language = element.get_attribute("lang").filter(|tag| tag.len() <= MAX_LANGUAGE_BYTES);
        self.language.get_or_init(|| decode(&language.unwrap_or_default()).into());
    }

    /// A page whose addresses lead to another host would send the answer there.
    fn base(&self, element: &Element<'_, '_>) {
        let Some(href) = element.get_attribute("href") else { return };
        let href = decode(&href);
        let href = href.trim();
        let here =
            href.is_empty() || href.starts_with('/') && !href.starts_with("//") && !href.contains('\\');
        if !here {
            self.settled.store(true, Relaxed);
        }
    }

    fn body(&self, element: &mut Element<'_, '_>, work: &Work<'_>) -> HandlerResult {
        self.whole.store(true, Relaxed);
        if self.placard.place() == Place::First && !self.settled.swap(true, Relaxed) {
            element.prepend(&work.add(&self.markup())?, ContentType::Html);
        }
        Ok(())
    }

    /// The last place; the first too, in a page that leaves its `<body>` out. A browser takes what comes
    /// after the end of the body into it.
    fn end(&self, end: &mut DocumentEnd<'_>, work: &Work<'_>) -> HandlerResult {
        if self.whole.load(Relaxed) && !self.settled.swap(true, Relaxed) {
            end.append(&work.add(&self.markup())?, ContentType::Html);
        }
        Ok(())
    }

    fn markup(&self) -> String {
        self.placard.html(self.language.get().map(String::as_str))
    }
}
