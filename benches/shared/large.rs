//! A page as shops make them: style and script in the head, a deep menu, many tiles with long class lists,
//! some text. Made up, and the same every time.

use std::fmt::Write;

/// Words for texts.
const WORDS: [&str; 24] = [
    "tent",
    "light",
    "rain",
    "two",
    "summer",
    "night",
    "weighs",
    "and",
    "the",
    "stays",
    "dry",
    "packed",
    "small",
    "with",
    "for",
    "people",
    "poles",
    "of",
    "aluminium",
    "in",
    "every",
    "weather",
    "under",
    "stars",
];

/// A page of about so many bytes; `#hero`, `nav .account > a` and `li.tile--7 .price` are in it once.
#[must_use]
pub fn large_page(bytes: usize) -> String {
    let mut page = String::with_capacity(bytes + 4096);
    page.push_str(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Tents for every weather</title>\n\
         <link rel=\"preload\" href=\"/f/text.woff2\" as=\"font\" type=\"font/woff2\" crossorigin>\n\
         <link rel=\"stylesheet\" href=\"/look.css?v=1851\">\n<style>\n",
    );
    for number in 0..bytes / 1_000 {
        // Writing to a String cannot fail.
        let _ = writeln!(
            page,
            ".tile--{number}{{display:grid;gap:.5rem;grid-template-columns:1fr {}fr}}",
            2 + number % 5
        );
    }
    page.push_str("</style>\n<script>\nwindow.shop = window.shop || {};\n");
    for number in 0..bytes / 1_600 {
        let _ = writeln!(
            page,
            "shop.item{number} = function (a, b) {{ return a < b ? \"</b>\" + a : b && {number}; }};"
        );
    }
    page.push_str("</script>\n</head>\n<body class=\"home page light\">\n<header><nav><ul class=\"menu\">\n");
    for number in 0..20 {
        let _ = writeln!(
            page,
            "<li class=\"menu__entry menu__entry--{number}\"><a class=\"menu__link\" href=\"/c/{number}\">{}</a></li>",
            text(number, 2)
        );
    }
    page.push_str(
        "</ul><div class=\"account\"><a href=\"/account\">Your account</a></div></nav></header>\n<main>\n\
         <section id=\"hero\" class=\"hero hero--wide\"><h1>Everything for a night outside</h1>\
         <p>Tents, bags and stoves that last.</p></section>\n<ul class=\"tiles\">\n",
    );
    let mut number = 0;
    while page.len() + 200 < bytes {
        tile(&mut page, number);
        number += 1;
    }
    page.push_str("</ul>\n</main>\n<footer><p>Made up for a measurement.</p></footer>\n</body>\n</html>\n");
    page
}

fn tile(page: &mut String, number: usize) {
    let _ = writeln!(
        page,
        "<li class=\"tile tile--{number} grid__cell\" data-id=\"{number}\">\n  <article class=\"card card--product\">\n    \
         <a class=\"card__link\" href=\"/p/{number}?from=tiles&amp;at={number}\"><img class=\"card__image\" \
         src=\"/i/{number}-320.webp\" srcset=\"/i/{number}-320.webp 320w, /i/{number}-640.webp 640w\" sizes=\"(min-width: 60em) \
         25vw, 50vw\" width=\"320\" height=\"240\" loading=\"lazy\" alt=\"{}\"></a>\n    \
         <h3 class=\"card__title\">{}</h3>\n    <p class=\"card__text\">{}.</p>\n    \
         <p class=\"card__line\"><span class=\"price\">{}.90&nbsp;€</span> <span class=\"rating\" title=\"of five\">4.{}</span></p>\n  \
         </article>\n</li>",
        text(number, 3),
        text(number + 5, 4),
        text(number + 11, 40),
        19 + number,
        number % 10
    );
}

fn text(from: usize, words: usize) -> String {
    let word = |at: usize| WORDS.get((from * 7 + at * 5) % WORDS.len()).copied().unwrap_or_default();
    (0..words).map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_about_as_large_as_asked() {
        for bytes in [50_000, 100_000] {
            let page = large_page(bytes);
            assert!(page.len().abs_diff(bytes) < 2_000, "{} for {bytes}", page.len());
            assert_eq!(page.matches("id=\"hero\"").count(), 1);
        }
    }
}
