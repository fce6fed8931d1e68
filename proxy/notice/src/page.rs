//! The preference page: what is chosen, the choice itself, and what all of it means.

use cloakroom_vocabulary::Consent;

use crate::escape::escape;
use crate::texts::Texts;
use crate::{Language, Notice, PREFERENCES, STYLESHEET};

/// What a visitor has said so far, as the page tells him.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Nothing, or nothing that can be read.
    Undecided,
    /// This.
    Said(Consent),
}

/// What a form has just changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// A choice was kept.
    Saved,
    /// The topics were deleted.
    TopicsDeleted,
}

/// What a preference page shows of one visitor. It is for him, and is not kept: no `Clone`, no `Debug`.
pub struct Preferences<'a> {
    /// His language; one that the site does not have becomes its first.
    pub language: Option<Language>,
    /// What he has said.
    pub choice: Choice,
    /// His browser sends an opt-out signal.
    pub gpc: bool,
    /// What he has just done.
    pub done: Option<Done>,
    /// The topics of interest that his browser keeps.
    pub topics: &'a [String],
}

impl Notice {
    /// The preference page, whole.
    #[must_use]
    pub fn preferences(&self, shown: &Preferences<'_>) -> String {
        let Some((language, texts)) = self.texts(shown.language.map(Language::tag)) else {
            return String::new();
        };
        let tag = language.tag();
        let title = escape(texts.title);
        let body = [
            state(texts, shown),
            both(texts, tag),
            about(texts),
            single(texts, tag, shown.choice),
            topics(texts, tag, shown.topics),
            cookies(texts, self.days),
            self.more(*language, texts),
        ];
        format!(
            "<!doctype html>\n<html lang=\"{tag}\" dir=\"ltr\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"robots\" content=\"noindex\">\n<title>{title}</title>\n\
             <link rel=\"stylesheet\" href=\"{STYLESHEET}\">\n</head>\n\
             <body class=\"cloakroom-page\">\n<main>\n<h1>{title}</h1>\n{}</main>\n</body>\n</html>\n",
            body.concat(),
        )
    }

    /// Ways to other languages, the site's policy, and back.
    fn more(&self, current: Language, texts: &Texts) -> String {
        let mut links = format!("<p><a href=\"/\">{}</a></p>\n", escape(texts.back));
        if let Some(policy) = &self.privacy_policy {
            links += &format!("<p><a href=\"{}\">{}</a></p>\n", escape(policy), escape(texts.policy));
        }
        let others: String = self
            .texts
            .iter()
            .filter(|(language, _)| *language != current)
            .map(|(language, texts)| {
                let (tag, name) = (language.tag(), escape(texts.name));
                format!("<li><a href=\"{PREFERENCES}?language={tag}\" hreflang=\"{tag}\" lang=\"{tag}\">{name}</a></li>")
            })
            .collect();
        if !others.is_empty() {
            let label = escape(texts.languages);
            links += &format!("<nav aria-label=\"{label}\"><ul class=\"languages\">{others}</ul></nav>\n");
        }
        links
    }
}

/// What holds at the moment.
fn state(texts: &Texts, shown: &Preferences<'_>) -> String {
    let mut html = String::new();
    let done = match (shown.done, shown.choice) {
        (Some(Done::TopicsDeleted), _) => Some(texts.topics_gone),
        // A browser that takes no cookies has kept nothing.
        (Some(Done::Saved), Choice::Said(_)) => Some(texts.saved),
        (Some(Done::Saved), Choice::Undecided) | (None, _) => None,
    };
    if let Some(done) = done {
        html += &format!("<p class=\"saved\" role=\"status\">{}</p>\n", escape(done));
    }
    let said = match shown.choice {
        Choice::Undecided => texts.undecided,
        Choice::Said(Consent { personalization: true, measurement: true }) => texts.said_yes,
        Choice::Said(Consent { personalization: false, measurement: false }) => texts.said_no,
        Choice::Said(_) => texts.said_some,
    };
    html += &format!("<p class=\"said\">{}</p>\n", escape(said));
    if shown.gpc {
        html += &format!("<p class=\"signal\">{}</p>\n", escape(texts.gpc));
    }
    html
}

/// Yes and no to everything, side by side and alike.
fn both(texts: &Texts, tag: &str) -> String {
    format!(
        "{}<div class=\"both\">\
         <button name=\"consent\" value=\"none\">{}</button>\
         <button name=\"consent\" value=\"all\">{}</button></div></form>\n\
         <p>{}</p>\n<p>{}</p>\n<p>{}</p>\n",
        form(tag),
        escape(texts.no),
        escape(texts.yes),
        escape(texts.no_means),
        escape(texts.yes_means),
        escape(texts.change),
    )
}

fn about(texts: &Texts) -> String {
    format!(
        "<h2>{}</h2>\n<p>{}</p>\n<p>{}</p>\n<p>{}</p>\n",
        escape(texts.about),
        escape(texts.about_facts),
        escape(texts.about_identity),
        escape(texts.about_country),
    )
}

/// Yes or no for each purpose. What nobody has said yes to stands on no.
fn single(texts: &Texts, tag: &str, choice: Choice) -> String {
    let consent = match choice {
        Choice::Said(consent) => consent,
        Choice::Undecided => Consent::default(),
    };
    let purpose = |name: &str, legend: &str, granted: bool| {
        let radio = |value: &str, words: &str, checked: bool| {
            let checked = if checked { " checked" } else { "" };
            let words = escape(words);
            format!(
                "<label><input type=\"radio\" name=\"{name}\" value=\"{value}\"{checked}> {words}</label>"
            )
        };
        format!(
            "<fieldset><legend>{}</legend>{}{}</fieldset>\n",
            escape(legend),
            radio("no", texts.refuse, !granted),
            radio("yes", texts.allow, granted),
        )
    };
    format!(
        "<h2>{}</h2>\n{}{}{}<button>{}</button></form>\n",
        escape(texts.single),
        form(tag),
        purpose("personalization", texts.personalization, consent.personalization),
        purpose("measurement", texts.measurement, consent.measurement),
        escape(texts.save),
    )
}

fn topics(texts: &Texts, tag: &str, topics: &[String]) -> String {
    let heading = escape(texts.topics);
    if topics.is_empty() {
        return format!("<h2>{heading}</h2>\n<p>{}</p>\n", escape(texts.topics_none));
    }
    let listed: String = topics.iter().map(|topic| format!("<li>{}</li>", escape(topic))).collect();
    format!(
        "<h2>{heading}</h2>\n<p>{}</p>\n<ul>{listed}</ul>\n\
         {}<button name=\"clear\" value=\"interest\">{}</button></form>\n",
        escape(texts.topics_some),
        form(tag),
        escape(texts.topics_clear),
    )
}

/// Each cookie of ours by name, and all that it holds.
fn cookies(texts: &Texts, days: u64) -> String {
    let consent = texts.cookie_consent.replace("{days}", &days.to_string());
    let rows: String = [
        ("cloakroom_consent", consent.as_str()),
        ("cloakroom_visit", texts.cookie_visit),
        ("cloakroom_interest", texts.cookie_interest),
        ("cloakroom_bucket", texts.cookie_bucket),
    ]
    .iter()
    .map(|(name, holds)| format!("<tr><th scope=\"row\">{name}</th><td>{}</td></tr>", escape(holds)))
    .collect();
    format!(
        "<h2>{}</h2>\n<table><thead><tr><th scope=\"col\">{}</th><th scope=\"col\">{}</th></tr></thead>\
         <tbody>{rows}</tbody></table>\n",
        escape(texts.cookies),
        escape(texts.cookie),
        escape(texts.holds),
    )
}

/// The start of a form that comes back to this page in the same language.
fn form(tag: &str) -> String {
    format!(
        "<form method=\"post\" action=\"{PREFERENCES}\">\
         <input type=\"hidden\" name=\"language\" value=\"{tag}\">"
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Config;

    fn page(shown: &Preferences<'_>) -> String {
        let config = Config {
            languages: Language::all().collect(),
            privacy_policy: Some("/privacy?a=1&b=\"2\"".into()),
            lifetime: Duration::from_secs(180 * 86_400),
        };
        Notice::new(config).unwrap().preferences(shown)
    }

    fn said(choice: Choice) -> Preferences<'static> {
        Preferences { language: Some(Language::ENGLISH), choice, gpc: false, done: None, topics: &[] }
    }

    #[test]
    fn the_page_says_what_was_chosen_and_marks_it() {
        let consent = |personalization, measurement| Choice::Said(Consent { personalization, measurement });
        let yes = "name=\"personalization\" value=\"yes\" checked";
        for (choice, words, allowed) in [
            (Choice::Undecided, "That counts as no.", false),
            (consent(false, false), "Your choice: no.", false),
            (consent(true, true), "Your choice: yes.", true),
            (consent(true, false), "in part", true),
        ] {
            let page = page(&said(choice));
            assert!(page.contains(words), "{page}");
            assert_eq!(page.contains(yes), allowed, "{page}");
            assert_eq!(page.matches(" checked").count(), 2);
        }
    }

    #[test]
    fn the_signal_the_country_and_how_long_are_told() {
        let mut shown = said(Choice::Said(Consent::default()));
        assert!(!page(&shown).contains("Global Privacy Control"));
        (shown.gpc, shown.done) = (true, Some(Done::Saved));
        let page = page(&shown);
        for words in
            ["Global Privacy Control", "is saved", "looked up from your internet address", "for 180 days"]
        {
            assert!(page.contains(words), "{words} is missing");
        }
        assert!(page.contains("href=\"/privacy?a=1&amp;b=&quot;2&quot;\""));
    }

    #[test]
    fn what_was_done_is_told_only_if_the_browser_kept_it() {
        let mut shown = said(Choice::Undecided);
        shown.done = Some(Done::Saved);
        assert!(!page(&shown).contains("role=\"status\""));
        shown.done = Some(Done::TopicsDeleted);
        assert!(page(&shown).contains("The topics are deleted."));
    }

    #[test]
    fn topics_are_listed_escaped_and_can_be_cleared() {
        let topics = ["hiking".to_owned(), "<b>".to_owned()];
        let mut shown = said(Choice::Undecided);
        assert!(!page(&shown).contains("name=\"clear\""));
        shown.topics = &topics;
        let page = page(&shown);
        assert!(page.contains("<li>hiking</li><li>&lt;b&gt;</li>"));
        assert!(page.contains("<button name=\"clear\" value=\"interest\">"));
    }

    #[test]
    fn every_language_has_its_page_without_script() {
        for language in Language::all() {
            let mut shown = said(Choice::Undecided);
            shown.language = Some(language);
            let page = page(&shown);
            assert!(page.contains(&format!("<html lang=\"{}\"", language.tag())));
            assert!(!page.contains("<script") && !page.contains("style="), "{}", language.tag());
        }
    }
}
