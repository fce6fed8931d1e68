//! What a route lets through of the origin's own words: those on caching, and cookies that are the same for everyone.

use crate::bounds;
use crate::checker::Checker;
use crate::names::{Refused, is_parameter, refuse};
use crate::raw;
use crate::settings::{Downstream, Mode};

/// Reads what browsers and caches in front of a route are told.
pub(crate) fn read(checker: &mut Checker<'_>, mode: Mode, raw: &raw::Route) -> Downstream {
    let entries = checker.list("cookies", bounds::MAX_COOKIES, false, raw.cookies.as_ref());
    let cookies = checker.each(entries, cookie);
    let word = raw.downstream.as_ref().filter(|word| word.get_ref() == "origin");
    let Some(word) = word else {
        if let Some(written) = &raw.cookies {
            let message = "`cookies` means nothing without `downstream = \"origin\"`";
            let help =
                "add that, or remove the key: the pages of other routes set no cookies of the origin's";
            checker.report(written.span(), "here", message, help);
        }
        return Downstream::Safe;
    };
    // Where nothing of ours could make its words wrong.
    let contradiction = if mode == Mode::Personalize {
        Some((
            "`downstream = \"origin\"` on a personalize route would let caches in front give one visitor's variant to others",
            "remove it, or make the route anonymous",
        ))
    } else if raw.freshness.is_some() {
        Some((
            "`downstream = \"origin\"` and `freshness` contradict each other",
            "`freshness` overrules what the origin says: remove one of the two",
        ))
    } else {
        None
    };
    if let Some((message, help)) = contradiction {
        checker.report(word.span(), "here", message, help);
    }
    Downstream::Origin(cookies)
}

/// Reads a cookie with its value.
fn cookie(text: &str) -> Result<String, Refused> {
    let not = |help: &str| Err(refuse(format!("`{text}` is not a cookie with its value"), help));
    let Some((name, value)) = text.split_once('=') else {
        return not("write both, such as `lang=fr`: what is not written out could tell visitors apart");
    };
    if !is_parameter(name, b"") {
        return not("a name has 1 to 64 of letters, digits, `-`, `_`, `.`");
    }
    if name.to_ascii_lowercase().contains("cloakroom_") {
        return not("the proxy sets cookies of that name itself");
    }
    // RFC 6265 §4.1.1.
    let stands_in_value = |byte: u8| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte);
    if text.len() > bounds::MAX_COOKIE || !value.bytes().all(stands_in_value) {
        return not(
            "a value has neither spaces nor any of `\"`, `,`, `;`, `\\`; name and value have at most 128 bytes",
        );
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_written_out() {
        for right in ["lang=fr", "a=", "theme=dark=1", "x.y-z_1=%20"] {
            assert_eq!(cookie(right).as_deref(), Ok(right));
        }
        let long = format!("a={}", "b".repeat(127));
        for wrong in ["", "lang", "=fr", "l g=fr", "lang=f r", "lang=fr; Path=/", "a=\"b\"", "é=1", &long] {
            assert!(cookie(wrong).is_err(), "{wrong}");
        }
        let own = cookie("__Host-Cloakroom_visit=1").unwrap_err();
        assert!(own.help.contains("itself"), "{}", own.help);
    }
}
