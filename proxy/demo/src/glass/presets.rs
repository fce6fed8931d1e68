//! Visitors to start with, each of whom shows one thing that the proxy does.

use serde::Serialize;

use super::choice::Choice;

/// A ready-made visitor.
#[derive(Serialize)]
pub(super) struct Preset {
    name: &'static str,
    detail: &'static str,
    choice: Choice,
}

/// All of them, the first being where the page starts.
pub(super) fn presets(campaign: &str) -> Vec<Preset> {
    let preset =
        |name, detail, words: [&str; 4], campaign: &str, (consent, gpc): (&str, bool), path: &str| {
            let [country, device, language, referrer] = words.map(str::to_owned);
            let choice = Choice {
                country,
                device,
                language,
                referrer,
                campaign: campaign.to_owned(),
                consent: consent.to_owned(),
                gpc,
                path: path.to_owned(),
            };
            Preset { name, detail, choice }
        };
    let yes = ("all", false);
    vec![
        preset("Marie, Paris", "Phone, newsletter", ["FR", "phone", "fr", "email"], campaign, yes, "/"),
        preset("Jonas, Berlin", "Desktop, came directly", ["DE", "desktop", "de", "direct"], "", yes, "/"),
        preset("Emma, Leeds", "Phone, social post", ["GB", "phone", "en", "social"], "", yes, "/"),
        preset("Alone in Brazil", "On a TV, with no crowd", ["BR", "tv", "pt", "direct"], "", yes, "/"),
        preset(
            "Luc says no",
            "Refused the banner",
            ["FR", "phone", "fr", "search"],
            "",
            ("none", false),
            "/",
        ),
        preset(
            "Ava, with GPC",
            "Her browser opts out",
            ["US", "desktop", "en", "direct"],
            "",
            ("all", true),
            "/",
        ),
        preset("Marie’s cart", "Passed through", ["FR", "phone", "fr", "email"], campaign, yes, "/cart"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_a_visitor() {
        for preset in presets("spring") {
            assert!(preset.choice.visitor(&["spring".into()]).is_some(), "{}", preset.name);
        }
    }
}
