//! Pictures in several sizes: `srcset` and `sizes`. Each address in them is judged like a `src`, and
//! written anew. No client data enters.

use crate::address::Addresses;
use crate::removed::Reason;

/// What to do about an address that may not load.
pub(crate) const INSTEAD: &str =
    "use a picture of this site that no passthrough route serves, or list its host in `[output] hosts`";

/// The most candidates of one picture.
const MAX_CANDIDATES: usize = 16;
/// Words of `sizes`: what a browser knows of a window's width, and nothing about who looks at it.
const SIZE_WORDS: [&str; 9] = ["min-width", "max-width", "px", "em", "rem", "vw", "auto", "and", "w"];

/// A `srcset`, written anew, if every address in it may load.
///
/// # Errors
/// What is wrong with one of them.
pub(crate) fn candidates(addresses: &Addresses, value: &str) -> Result<String, Reason> {
    const FORM: &str =
        "it takes addresses without commas, each with one of `2x` or `600w`, with commas between";
    let mut written: Vec<String> = Vec::new();
    for candidate in value.split(',') {
        let mut words = candidate.split_ascii_whitespace();
        let (Some(address), descriptor, None) = (words.next(), words.next(), words.next()) else {
            return Err(Reason::new(FORM, "write it so"));
        };
        let address = addresses.loading(address).map_err(|why| Reason::new(why, INSTEAD))?.text;
        match descriptor {
            None => written.push(address),
            Some(descriptor) if is_descriptor(descriptor) => written.push(format!("{address} {descriptor}")),
            Some(_) => return Err(Reason::new(FORM, "write it so")),
        }
        if written.len() > MAX_CANDIDATES {
            return Err(Reason::new("it has more than 16 candidates", "write fewer"));
        }
    }
    Ok(written.join(", "))
}

fn is_descriptor(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit());
    match (text.strip_suffix('w'), text.strip_suffix('x')) {
        (Some(width), _) => digits(width),
        (_, Some(density)) => {
            let (whole, part) = density.split_once('.').unwrap_or((density, "0"));
            digits(whole) && digits(part)
        }
        _ => false,
    }
}

/// Whether a value of `sizes` asks for nothing but the width of the window.
pub(crate) fn are_sizes(value: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" ():,.%-\n\t\r".contains(&byte);
    let words = value.split(|c: char| !c.is_ascii_alphabetic() && c != '-');
    value.len() <= 512
        && value.bytes().all(plain)
        && words.filter(|word| !word.is_empty()).all(|word| SIZE_WORDS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_candidate_is_judged() {
        let addresses = Addresses::new(
            vec!["shop.example".to_owned()],
            vec!["cdn.example".to_owned()],
            Box::new(|path| path.starts_with("/account")),
        );
        for (text, expected) in [
            ("/a.png 1x, /b.png 2x", Some("/a.png 1x, /b.png 2x")),
            (
                "/%61.png 300w,\n https://cdn.example/b.png 1.5x",
                Some("/a.png 300w, https://cdn.example/b.png 1.5x"),
            ),
            ("/a.png", Some("/a.png")),
            ("/a.png 1x, /account/b.png 2x", None),
            ("/a.png 1x, //evil.example/b.png 2x", None),
            ("/a.png 1x, https://evil.example/b.png 2x", None),
            ("/a.png 1x, data:image/png;base64,AA 2x", None),
            ("/a.png,/account/b.png", None),
            ("/a.png 1x 2w", None),
            ("/a.png 1h", None),
            ("/a.png,", None),
            (",", None),
            ("", None),
        ] {
            assert_eq!(candidates(&addresses, text).ok().as_deref(), expected, "{text}");
        }
        assert!(candidates(&addresses, &vec!["/a.png 1x"; 17].join(",")).is_err());
    }

    #[test]
    fn sizes_ask_for_widths_alone() {
        for text in
            ["100vw", "(min-width: 600px) 50vw, 100vw", "(max-width: 30em) and (min-width: 20em) 20rem, auto"]
        {
            assert!(are_sizes(text), "{text}");
        }
        for text in
            ["(prefers-color-scheme: dark) 1px", "calc(1px + 1vw)", "url(a)", "(pointer: coarse) 1px", "1px;"]
        {
            assert!(!are_sizes(text), "{text}");
        }
    }
}
