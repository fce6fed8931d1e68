//! Header sets of browsers, from `browsers.txt`; how that file was made stands in `proxy/NOTICE.md`.

use crate::Failure;

/// Distinct fields, an empty line, then a line of positions for each browser.
const FILE: &str = include_str!("browsers.txt");

/// The fields that one browser sends with a navigation, in its order and spelling.
pub(crate) struct Browser {
    pub(crate) fields: Vec<(&'static str, &'static str)>,
}

impl Browser {
    /// The primary tag of its first language; empty if it sends none.
    pub(crate) fn language(&self) -> &'static str {
        let languages = self.fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("accept-language"));
        languages.map_or("", |(_, value)| value.split(['-', ',', ';']).next().unwrap_or_default())
    }

    /// Whether it writes names in lower case, as browsers do in HTTP/2.
    pub(crate) fn is_lower_case(&self) -> bool {
        self.fields.iter().any(|(name, _)| *name == "user-agent")
    }
}

/// All of them.
pub(crate) fn browsers() -> Result<Vec<Browser>, Failure> {
    let (fields, sets) = FILE.split_once("\n\n").ok_or("browsers.txt has no second part")?;
    let fields: Vec<_> =
        fields.lines().filter(|line| !line.starts_with('#')).map(|line| line.split_once(": ")).collect();
    let field = |position: &str| {
        let found = position.parse::<usize>().ok().and_then(|at| fields.get(at).copied().flatten());
        found.ok_or_else(|| Failure::from(format!("browsers.txt has no field `{position}`")))
    };
    sets.lines()
        .map(|line| Ok(Browser { fields: line.split(' ').map(field).collect::<Result<_, Failure>>()? }))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn there_are_hundreds_and_each_differs() {
        let all = browsers().unwrap();
        let distinct: HashSet<_> = all.iter().map(|browser| browser.fields.clone()).collect();
        assert!(distinct.len() >= 300 && distinct.len() == all.len(), "{} of {}", distinct.len(), all.len());
        for browser in &all {
            assert!(browser.fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("user-agent")));
        }
        for tag in ["fr", "de", "en"] {
            assert!(all.iter().filter(|browser| browser.language() == tag).count() > 10, "{tag}");
        }
    }
}
