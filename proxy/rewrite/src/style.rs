//! Reads a `style` attribute the way a browser does, declaration by declaration, and writes anew what
//! is on the list in [`crate::properties`]. Nothing of the text is copied: a value is put together from
//! numbers, units, colours and listed words, so that no escape, comment or unknown function survives.
//! No client data enters.

use cssparser::{Delimiter, ParseError, ParseErrorKind, Parser};

use crate::properties::{BOXES, On, property, why_not};
use crate::removed::{Loss, Reason, printable};
use crate::value::{UNREADABLE, Within, refuse, values};

/// The most declarations of one attribute; more than a banner's element ever has.
const MAX_DECLARATIONS: usize = 40;
/// How deep functions may be nested: a colour in a gradient, a length in `minmax()` in `repeat()`.
const MAX_NESTING: u8 = 3;

/// What one attribute became.
pub(crate) struct Styled {
    /// What may be written; empty if nothing is left.
    pub(crate) css: String,
    /// What is missing, with its place in the value.
    pub(crate) lost: Vec<Loss>,
}

/// Properties by which a box gets a size, which then is to hold all of it.
const SIZES: [&str; 4] = ["width: ", "min-width: ", "flex: ", "flex-basis: "];

/// Reads the value of a `style` attribute.
pub(crate) fn read(value: &str, on: On) -> Styled {
    // Whether the element is a box decides what else may be set, wherever it is written.
    let is_box = on == On::Inline && is_boxed(&read_all(value, on, true).css);
    let mut styled = read_all(value, on, is_box);
    let sets = |what: &str| styled.css.split("; ").any(|one| one.starts_with(what));
    let sized = SIZES.into_iter().any(sets) && !sets("box-sizing: ");
    // The page's lines may be lower than these letters, which then would lie over other lines.
    let lines = sets("font-size: ") && !sets("line-height: ");
    for (missing, written) in [(sized, " box-sizing: border-box;"), (lines, " line-height: 1.25;")] {
        styled.css.push_str(if missing { written } else { "" });
    }
    styled
}

/// Whether what was written anew makes a box of an element: the last of its kind counts.
fn is_boxed(css: &str) -> bool {
    let display = css.rsplit("; ").find_map(|one| one.strip_prefix("display: "));
    display.is_some_and(|display| BOXES.contains(&display.trim_end_matches(';')))
}

fn read_all(value: &str, on: On, is_box: bool) -> Styled {
    let mut styled = Styled { css: String::new(), lost: Vec::new() };
    let mut parser = Parser::new(value);
    parser.set_nested_block_limit(MAX_NESTING);
    let mut declarations = 0_usize;
    while !parser.is_exhausted() {
        parser.skip_whitespace();
        let start = parser.position().byte_index();
        let mut name = String::new();
        let read = parser
            .parse_until_after(Delimiter::Semicolon, |parser| declaration(parser, &mut name, on, is_box));
        let span = start..parser.position().byte_index();
        let full = declarations >= MAX_DECLARATIONS;
        match read {
            Ok(None) => {}
            Ok(Some(written)) if !full => {
                let gap = if styled.css.is_empty() { "" } else { " " };
                styled.css.push_str(&format!("{gap}{name}: {written};"));
                declarations += 1;
            }
            Ok(Some(_)) => {
                styled.lost.push(
                    Reason::new("a style has at most 40 declarations", "use a class").of(shown(&name), span),
                );
                break;
            }
            Err(error) => {
                let why = match error.kind {
                    ParseErrorKind::Custom(why) => why,
                    ParseErrorKind::Basic(_) => Reason::new(UNREADABLE, "write it as `property: value;`"),
                };
                styled.lost.push(why.of(shown(&name), span));
            }
        }
    }
    styled
}

fn shown(property: &str) -> String {
    if property.is_empty() { "a declaration".to_owned() } else { format!("`{}`", printable(property, 40)) }
}

/// Whether columns become as many, or as wide, as there is room for.
fn fits_its_box(columns: &str) -> bool {
    let fixed = ["px", "rem", "pt", "%"].iter().any(|unit| columns.contains(unit));
    // One function, of one column.
    !fixed || columns.starts_with("repeat(auto-fi") && columns.split(' ').count() <= 3
}

/// One declaration: its name is stored, its value given back. `None` where there is nothing between two
/// semicolons.
fn declaration(
    parser: &mut Parser<'_>,
    name: &mut String,
    on: On,
    is_box: bool,
) -> Result<Option<String>, ParseError<Reason>> {
    if parser.is_exhausted() {
        return Ok(None);
    }
    *name = parser.expect_ident()?.to_ascii_lowercase();
    let Some(known) = property(name) else {
        let (why, instead) = why_not(name);
        return refuse(why, instead);
    };
    if let Some((why, instead)) = on.forbids(name, is_box) {
        return refuse(why, instead);
    }
    parser.expect_colon()?;
    let mut parts = 0;
    let written = values(parser, known, Within::Value, &mut parts)?;
    if known.tracks && !fits_its_box(&written) {
        return refuse(
            "columns of a fixed width may not fit, and lie over what is beside them",
            "use `fr`, or `repeat(auto-fit, minmax(…, 1fr))`",
        );
    }
    if written.is_empty() { refuse(UNREADABLE, "write it as `property: value;`") } else { Ok(Some(written)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_banners_need_is_written_anew() {
        for (text, expected) in [
            ("color:red", "color: red;"),
            ("COLOR : #FFF ; padding:1.50rem 8PX;;", "color: #fff; padding: 1.5rem 8px;"),
            ("color:r\\65 d", "color: red;"),
            ("color/**/:/*x*/red", "color: red;"),
            (
                "background:linear-gradient(90deg,#fff 0%,rgba(0,0,0,.5))",
                "background: linear-gradient(90deg, #fff 0%, rgba(0, 0, 0, 0.5));",
            ),
            (
                "border:1px solid currentColor;border-radius:50%",
                "border: 1px solid currentcolor; border-radius: 50%;",
            ),
            ("font-family:system-ui,sans-serif", "font-family: system-ui, sans-serif;"),
            ("font-size:clamp(1rem,4vw,3rem)", "font-size: clamp(1rem, 4vw, 3rem); line-height: 1.25;"),
            (
                "grid-template-columns:repeat(2,minmax(0,1fr)) auto",
                "grid-template-columns: repeat(2, minmax(0, 1fr)) auto;",
            ),
            (
                "grid-template-columns:repeat(auto-fit,minmax(200px,1fr))",
                "grid-template-columns: repeat(auto-fit, minmax(200px, 1fr));",
            ),
            ("line-height:1.5;font-size:small", "line-height: 1.5; font-size: small;"),
            ("grid-column:1/3", "grid-column: 1 / 3;"),
            ("width:100%;padding:1rem", "width: 100%; padding: 1rem; box-sizing: border-box;"),
            (
                "align-items:center;place-content:safe end",
                "align-items: safe center; place-content: safe end;",
            ),
            ("max-width:60ch;max-width:1200px", "max-width: 60ch; max-width: 1200px;"),
            ("color:rgb(0 0 0 / 50%)", "color: rgb(0 0 0 / 50%);"),
            ("margin:0 auto", "margin: 0 auto;"),
            ("box-shadow:0 2px 8px rgba(0,0,0,.2)", "box-shadow: 0 2px 8px rgba(0, 0, 0, 0.2);"),
            ("letter-spacing:-.5px", "letter-spacing: -0.5px;"),
            ("", ""),
            (" ; ", ""),
        ] {
            let styled = read(text, On::Block);
            assert_eq!(styled.lost, [], "{text}");
            assert_eq!(styled.css, expected, "{text}");
            assert_eq!(read(&styled.css, On::Block).css, styled.css, "{text}");
        }
    }

    #[test]
    fn what_loads_covers_or_acts_is_left_out_and_told() {
        for text in [
            "background:url(//evil.example)",
            "background:u\\72l(//evil.example)",
            "background:url('//evil.example')",
            "background-image:image-set('a.png' 1x)",
            "background:-webkit-image-set(url(a) 1x)",
            "background:cross-fade(url(a),url(b))",
            "background:element(#a)",
            "background:linear-gradient(red,url(a))",
            "background:src('a')",
            "list-style:url(a)",
            "list-style-image:url(a)",
            "border-image:url(a)",
            "cursor:url(a),pointer",
            "width:expression(alert(1))",
            "width:calc(100% - 1px)",
            "width:calc(1px*9999999)",
            "width:99999px",
            "width:1e30px",
            "color:var(--x)",
            "color:env(x)",
            "color:attr(data-x)",
            "--x:red",
            "behavior:url(a)",
            "-moz-binding:url(a)",
            "@import 'a'",
            "color:red!important",
            "position:fixed",
            "position:absolute",
            "posi\\74ion:sticky",
            "z-index:9",
            "top:0",
            "inset:0",
            "float:left",
            "margin:-10px",
            "margin-top:-9999px",
            "margin:min(-99px,0px)",
            "transform:scale(99)",
            "translate:0 -100vh",
            "opacity:0",
            "visibility:hidden",
            "clip-path:inset(0)",
            "filter:blur(1px)",
            "height:0",
            "max-height:0",
            "line-height:0",
            "pointer-events:none",
            "content:'a'",
            "animation:x 1s",
            "transition:color 1s",
            "font-family:Papyrus",
            "font-family:'Papyrus'",
            "font:12px serif",
            "grid-row:1 / 2",
            "grid-area:1/1",
            "color:'red'",
            "color:red}*{color:blue",
            "color:{red}",
            "color:[red]",
            "color:#12345",
            "color:a-b",
            "color",
            "color:",
            ":red",
            "<!--color:red",
        ] {
            let styled = read(text, On::Block);
            assert_eq!(styled.css, "", "{text}");
            assert!(!styled.lost.is_empty(), "{text}");
        }
    }

    #[test]
    fn what_would_not_fit_or_multiplies_is_left_out_and_told() {
        for text in [
            "grid-auto-rows:1px",
            "grid-template-rows:1px",
            "grid-auto-columns:1px",
            "aspect-ratio:100",
            "min-height:1px",
            "grid-template-columns:1px",
            "grid-template-columns:repeat(12,256px)",
            "grid-template-columns:repeat(auto-fit,256px 256px 256px)",
            "line-height:inherit",
            "line-height:.8",
            "min-width:2000px",
            "width:100vw",
            "width:600px",
            "width:max-content",
            "display:inline",
            "display:table-row",
            "flex-direction:row-reverse",
            "flex-flow:column-reverse",
            "flex-wrap:wrap-reverse",
            "align-items:last baseline",
            "justify-content:space-around",
            "justify-content:right",
            "box-sizing:content-box",
            "padding:256px",
            "padding:4em",
            "padding:50%",
            "border:4em solid red",
            "font-size:10em",
            "font-size:150%",
            "font-size:larger",
            "font-size:160px",
            "box-shadow:0 0 0 4em red",
            "box-shadow:0 0 0 64px red",
            "text-shadow:-2em -1em 0 red",
            "text-shadow:-32px 0 0 red",
            "letter-spacing:-.125em",
            "letter-spacing:-2px",
            "word-spacing:-1em",
        ] {
            let styled = read(text, On::Block);
            assert_eq!(styled.css, "", "{text}");
            assert!(!styled.lost.is_empty(), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_takes_nothing_else_with_it() {
        let styled = read("color: red; position: fixed; margin: 0", On::Block);
        assert_eq!(styled.css, "color: red; margin: 0;");
        let [lost] = styled.lost.as_slice() else { panic!("one is lost") };
        assert_eq!((lost.at.clone(), lost.what.as_str()), (12..28, "`position`"));
        assert!(lost.reason.why.contains("cover"), "{lost:?}");
    }

    #[test]
    fn what_a_style_stands_on_decides_what_may_be_set() {
        for (text, expected) in [
            ("padding:9px;color:red", "color: red;"),
            ("border:1px solid;box-shadow:0 0 1px red", ""),
            ("padding:9px;display:inline-block", "padding: 9px; display: inline-block;"),
            ("display:inline-block;padding:9px;display:none", "display: inline-block; display: none;"),
            ("padding:9px;display:list-item", "display: list-item;"),
        ] {
            assert_eq!(read(text, On::Inline).css, expected, "{text}");
            assert_eq!(read(expected, On::Inline).css, expected, "{text}");
        }
        let styled = read("color:red;padding:9px;display:flex;min-height:1px;letter-spacing:1px", On::Page);
        assert_eq!((styled.css.as_str(), styled.lost.len()), ("color: red; letter-spacing: 1px;", 3));
    }

    #[test]
    fn declarations_and_parts_are_bounded() {
        let many = read(&"color:red;".repeat(1_000), On::Block);
        assert_eq!(many.css.matches("color").count(), MAX_DECLARATIONS);
        assert_eq!(many.lost.len(), 1);
        for text in
            [format!("box-shadow:{}", "0 0 0 red,".repeat(40)), format!("color:{}", "rgb(".repeat(500))]
        {
            assert_eq!(read(&text, On::Block).css, "", "{text}");
        }
    }
}
