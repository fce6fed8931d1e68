//! What is put into a site's pages: the banner for those who have not decided, and the status for
//! those whose opt-out signal the law wants answered.

use std::sync::Arc;

use crate::escape::escape;
use crate::texts::Texts;
use crate::{Language, Notice, PREFERENCES, STYLESHEET};

/// What a page shows of the notice: the whole of it that tells one visitor from another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Shown {
    /// Nothing.
    #[default]
    Nothing,
    /// The banner with the question.
    Ask,
    /// That the browser's opt-out signal is honoured.
    Honoured,
}

/// Where in a page a placard stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// First in the body, so that keyboards and screen readers come to it first.
    First,
    /// At the end, where it is in nobody's way.
    Last,
}

/// Markup of our own for one page. Made by [`Notice::placard`] alone.
///
/// INVARIANT: what [`Placard::html`] gives is complete elements without script or event handler, and
/// all in it that is not a text of ours is escaped.
pub struct Placard {
    notice: Arc<Notice>,
    asks: bool,
    target: Box<str>,
}

impl Notice {
    /// The placard of a page, if it shows one. `target` is the page's canonical path and query, to
    /// which a visitor returns who has answered.
    #[must_use]
    pub fn placard(self: &Arc<Self>, shown: Shown, target: &str) -> Option<Placard> {
        let asks = match shown {
            Shown::Nothing => return None,
            Shown::Ask => true,
            Shown::Honoured => false,
        };
        Some(Placard { notice: Arc::clone(self), asks, target: target.into() })
    }
}

impl Placard {
    /// Where it stands.
    #[must_use]
    pub fn place(&self) -> Place {
        if self.asks { Place::First } else { Place::Last }
    }

    /// Its markup for a page in the language of that tag (the page's `lang`).
    #[must_use]
    pub fn html(&self, page_language: Option<&str>) -> String {
        let Some((language, texts)) = self.notice.texts(page_language) else { return String::new() };
        if self.asks { ask(*language, texts, &self.target) } else { honoured(*language, texts) }
    }
}

/// The question. Both buttons are alike, and no is said as easily as yes.
fn ask(language: Language, texts: &Texts, target: &str) -> String {
    format!(
        "<link rel=\"stylesheet\" href=\"{STYLESHEET}\">\
         <section class=\"cloakroom-notice\" lang=\"{tag}\" dir=\"ltr\" aria-label=\"{title}\">\
         <p>{ask}</p>\
         <form method=\"post\" action=\"{PREFERENCES}\" target=\"_self\">\
         {back}\
         <button name=\"consent\" value=\"none\">{no}</button>\
         <button name=\"consent\" value=\"all\">{yes}</button>\
         </form>\
         <p><a href=\"{PREFERENCES}?language={tag}\" target=\"_self\">{details}</a></p>\
         </section>",
        tag = language.tag(),
        title = escape(texts.title),
        ask = escape(texts.ask),
        back = back(target),
        no = escape(texts.no),
        yes = escape(texts.yes),
        details = escape(texts.details),
    )
}

/// The most bytes that an address takes in a form; one that is longer leads to the preference page instead.
const MAX_BACK_BYTES: usize = 3_500;

/// The field that says where to go on after the answer.
fn back(target: &str) -> String {
    // As forms are sent (WHATWG URL, application/x-www-form-urlencoded): all but these take three bytes.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"*-._".contains(&byte);
    let sent: usize = target.bytes().map(|byte| if plain(byte) { 1 } else { 3 }).sum();
    if sent > MAX_BACK_BYTES {
        return String::new();
    }
    format!("<input type=\"hidden\" name=\"return\" value=\"{}\">", escape(target))
}

/// The status (California: 11 CCR § 7025 (c)(6)), with the way to more.
fn honoured(language: Language, texts: &Texts) -> String {
    format!(
        "<link rel=\"stylesheet\" href=\"{STYLESHEET}\">\
         <section class=\"cloakroom-status\" lang=\"{tag}\" dir=\"ltr\" aria-label=\"{title}\">\
         <p>{honored}. <a href=\"{PREFERENCES}?language={tag}\" target=\"_self\">{title}</a></p>\
         </section>",
        tag = language.tag(),
        title = escape(texts.title),
        honored = escape(texts.honored),
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Config;

    fn notice() -> Arc<Notice> {
        let languages = vec![Language::of_tag("fr").unwrap(), Language::ENGLISH];
        let config = Config { languages, privacy_policy: None, lifetime: Duration::ZERO };
        Arc::new(Notice::new(config).unwrap())
    }

    #[test]
    fn the_language_is_that_of_the_page_else_the_first() {
        let placard = notice().placard(Shown::Ask, "/").unwrap();
        assert!(placard.html(Some("en-GB")).contains("No, refuse"));
        for other in [None, Some("de"), Some("")] {
            assert!(placard.html(other).contains("Non, refuser"));
        }
    }

    #[test]
    fn an_address_too_long_for_a_form_is_left_out() {
        let html = |target: &str| notice().placard(Shown::Ask, target).unwrap().html(None);
        assert!(html(&format!("/{}", "a".repeat(3_000))).contains("name=\"return\""));
        assert!(!html(&format!("/{}", "%C3%A9".repeat(400))).contains("name=\"return\""));
    }

    #[test]
    fn nothing_of_the_target_becomes_markup() {
        let placard = notice().placard(Shown::Ask, "/?q=\"><script>x</script>&a='b'").unwrap();
        let html = placard.html(None);
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("value=\"/?q=&quot;&gt;&lt;script&gt;x&lt;/script&gt;&amp;a=&#39;b&#39;\""));
    }

    #[test]
    fn yes_and_no_are_buttons_of_the_same_kind() {
        let html = notice().placard(Shown::Ask, "/").unwrap().html(None);
        let buttons: Vec<_> = html.split("<button ").skip(1).collect();
        assert_eq!(buttons.len(), 2);
        assert!(buttons.iter().all(|button| button.starts_with("name=\"consent\" value=\"")));
    }

    #[test]
    fn no_question_no_placard_and_the_status_stands_last() {
        assert!(notice().placard(Shown::Nothing, "/").is_none());
        let status = notice().placard(Shown::Honoured, "/").unwrap();
        assert_eq!(status.place(), Place::Last);
        assert!(status.html(Some("en")).contains("Opt-out request honored"));
        assert!(!status.html(Some("en")).contains("<form"));
    }
}
