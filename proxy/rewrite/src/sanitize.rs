//! Makes a plugin's HTML safe to stand in a page: a list of elements, a list of attributes, and the
//! address rules, over what a browser's parser would see. No client data enters.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use ammonia::{Builder, UrlRelative};

use crate::address::Addresses;
use crate::attribute::{accept, may_stand, names};
use crate::findings::differences;
use crate::removed::{Loss, Reason};
use crate::tags::CONTENT;
use crate::tangle::{MAX_GROWTH_BYTES, too_tangled};
use crate::template::delimiter_in_html;

/// How often what is left is read again until it stays the same.
const MAX_ROUNDS: usize = 4;
/// Elements that go with everything inside: their content is not meant as markup of the page.
pub(crate) const WITH_CONTENT: [&str; 21] = [
    "script",
    "style",
    "iframe",
    "noscript",
    "template",
    "svg",
    "math",
    "object",
    "embed",
    "applet",
    "select",
    "textarea",
    "title",
    "xmp",
    "noembed",
    "noframes",
    "plaintext",
    "frameset",
    "audio",
    "video",
    "canvas",
];

/// The sanitizer, set up once for a site.
pub(crate) struct Sanitizer {
    builder: Builder<'static>,
    addresses: Arc<Addresses>,
}

impl Sanitizer {
    pub(crate) fn new(addresses: Arc<Addresses>) -> Self {
        let judge = Arc::clone(&addresses);
        let filter = move |tag: &str, name: &str, value: &str| -> Option<String> {
            may_stand(tag, name)
                .then(|| accept(&judge, Some(tag), name, value).ok())
                .flatten()
                // A style or a class of which nothing is left says nothing.
                .filter(|found| {
                    !matches!(name, "style" | "class") || !found.value.is_empty() || found.lost.is_empty()
                })
                .map(|found| found.value.into_owned())
        };
        let mut builder = Builder::empty();
        builder
            .tags(HashSet::from(CONTENT))
            .clean_content_tags(HashSet::from(WITH_CONTENT))
            .tag_attributes(HashMap::new())
            .generic_attributes(names().collect())
            .url_schemes(HashSet::from(["https"]))
            .url_relative(UrlRelative::PassThrough)
            .link_rel(Some("noopener"))
            .attribute_filter(move |tag, name, value| {
                // `rel` is not the author's: it was set by the line above.
                if name == "rel" {
                    Some(Cow::Borrowed(value))
                } else {
                    filter(tag, name, value).map(Cow::Owned)
                }
            });
        Self { builder, addresses }
    }

    /// Safe HTML.
    ///
    /// # Errors
    /// Why nothing of it may be used.
    pub(crate) fn clean(&self, html: &str) -> Result<String, Loss> {
        if let Some((at, why)) = too_tangled(html) {
            return Err(Reason::new(why, "write less markup, and close what is opened").of("the edit", at));
        }
        if let Some(at) = control_in(html) {
            return Err(control_error().of("the edit", at));
        }
        let mut safe = self.once(html, html.len())?;
        // An element that is taken away may have been what kept others in their places: a browser would
        // read what is left in another way than was judged. So it is read again until nothing moves.
        let mut rounds = 0;
        loop {
            let again = self.once(&safe, html.len())?;
            if again == safe {
                break;
            }
            rounds += 1;
            if rounds == MAX_ROUNDS {
                let why = Reason::new(
                    "browsers would read what is left of it in several ways",
                    "close what is opened",
                );
                return Err(why.of("the edit", 0..html.len()));
            }
            safe = again;
        }
        if control_in(&safe).is_some() {
            return Err(control_error().of("the edit", 0..html.len()));
        }
        if let Some(delimiter) = delimiter_in_html(&safe) {
            // References in the input may spell it in another way.
            let at = html.find(delimiter).unwrap_or(0);
            return Err(template_error(delimiter).of("the edit", at..at + delimiter.len()));
        }
        Ok(safe)
    }

    /// Reads `html` once, for an input of `asked` bytes.
    fn once(&self, html: &str, asked: usize) -> Result<String, Loss> {
        let safe = self.builder.clean(html).to_string();
        if safe.len() > asked.saturating_add(MAX_GROWTH_BYTES) {
            let why = Reason::new("the markup is too tangled", "close what is opened");
            return Err(why.of("the edit", 0..asked));
        }
        Ok(safe)
    }

    /// What of `html` is missing from `safe`, which it was cleaned to.
    pub(crate) fn losses(&self, html: &str, safe: &str) -> Vec<Loss> {
        differences(&self.addresses, html, safe)
    }
}

/// Where a control character stands in a text. Parsers drop some, which would put together what stood apart;
/// with others a page in some encodings goes on in another alphabet.
pub(crate) fn control_in(text: &str) -> Option<Range<usize>> {
    let is_control = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    text.char_indices().find(|(_, c)| is_control(*c)).map(|(at, control)| at..at + control.len_utf8())
}

/// Why text with a control character is refused.
pub(crate) fn control_error() -> Reason {
    Reason::new("its content holds a control character", "leave the character out")
}

/// Why text with a delimiter is refused.
pub(crate) fn template_error(delimiter: &str) -> Reason {
    Reason::new(
        format!("`{delimiter}` could be run by a template language of the page"),
        "write it with other signs, or with a space or a word between them",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_that_outgrows_its_input_is_refused() {
        let sanitizer = Sanitizer::new(Arc::new(Addresses::new(vec![], vec![], Box::new(|_| false))));
        let few: String = (0..60).map(|n| format!("<em class=a{n}>")).collect();
        assert!(sanitizer.clean(&format!("<p>{few}{}", "<p>a".repeat(1_900))).is_err());
    }
}
