//! The properties that a plugin's `style` may set, and how large their values may be. It is a list of
//! what is harmless: nothing on it loads anything, leaves the place where the element stands, lies over
//! something else, or can be taken for an event. No client data enters.

use std::borrow::Cow;

/// How large a length may be. Lengths that depend on a font (`em`) multiply in elements within each other,
/// so that few take them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    /// None at all.
    None,
    /// Of what only limits a box, or paints within it: nothing on a page is larger than some screens.
    Size,
    /// Of boxes: never wider than what they stand in, or small.
    Box,
    /// Between boxes. Never below zero, since a negative margin lays an element over another.
    Space,
    /// Within boxes.
    Padding,
    /// Of borders and rounded lines.
    Line,
    /// How far the shadow of a box falls: it may not paint over the page.
    Shadow,
    /// The same of letters, and lines under them.
    Fine,
    /// Of letters.
    Text,
    /// Between letters.
    Tracking,
}

impl Length {
    /// The least and the most pixels.
    fn pixels(self) -> (f32, f32) {
        match self {
            Self::None => (0.0, -1.0),
            Self::Size => (0.0, 2_000.0),
            Self::Box => (0.0, 256.0),
            Self::Space => (0.0, 128.0),
            Self::Padding => (0.0, 96.0),
            Self::Line => (0.0, 32.0),
            Self::Shadow => (-8.0, 16.0),
            Self::Fine => (-4.0, 4.0),
            Self::Text => (0.0, 80.0),
            Self::Tracking => (-1.0, 16.0),
        }
    }

    /// Whether a length with a unit (lower case) is within bounds.
    pub(crate) fn dimension(self, value: f32, unit: &str) -> bool {
        let (least, most) = self.pixels();
        match unit {
            "px" => (least..=most).contains(&value),
            "rem" | "pt" => (least / 16.0..=most / 16.0).contains(&value),
            "em" | "ch" | "ex" => match self {
                Self::Size => (0.0..=most / 16.0).contains(&value),
                Self::Space => (0.0..=4.0).contains(&value),
                _ => false,
            },
            "vw" | "vh" | "vmin" | "vmax" | "svh" | "svw" | "lvh" | "lvw" | "dvh" | "dvw" => match self {
                Self::Size => (0.0..=100.0).contains(&value),
                Self::Space => (0.0..=10.0).contains(&value),
                Self::Text => (0.0..=5.0).contains(&value),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether a percentage is within bounds.
    pub(crate) fn percentage(self, value: f32) -> bool {
        match self {
            Self::Size | Self::Box => (0.0..=100.0).contains(&value),
            Self::Space => (0.0..=25.0).contains(&value),
            Self::Text => (50.0..=100.0).contains(&value),
            _ => false,
        }
    }
}

/// What one property may be set to.
#[derive(Debug)]
pub(crate) struct Property {
    names: &'static [&'static str],
    /// Words that may stand in it.
    pub(crate) words: &'static [&'static str],
    /// Lengths that may.
    pub(crate) length: Length,
    /// Plain numbers that may, from the least to the most.
    pub(crate) number: Option<(f32, f32)>,
    /// Colours may.
    pub(crate) colour: bool,
    /// Gradients may.
    pub(crate) gradient: bool,
    /// `fr`, `minmax()` and `repeat()` may.
    pub(crate) tracks: bool,
    /// `/` may stand between two parts.
    pub(crate) ratio: bool,
    /// Commas may.
    pub(crate) lists: bool,
    /// It says where parts stand.
    pub(crate) places: bool,
}

/// What a style stands on, as far as it decides what may be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum On {
    /// An element of the page: what is around it was not made for other sizes.
    Page,
    /// An element of the plugin's.
    Block,
    /// One of the plugin's that is part of a line. What is around its letters takes no room, and would be
    /// clicked in the place of the lines above and below.
    Inline,
}

/// What may be set on elements of the page: colours and letters.
const ON_PAGE: [&str; 25] = [
    "color",
    "background",
    "background-color",
    "background-image",
    "border-color",
    "border-radius",
    "text-decoration",
    "text-decoration-color",
    "text-decoration-line",
    "text-decoration-style",
    "text-align",
    "text-transform",
    "text-wrap",
    "font-family",
    "font-size",
    "line-height",
    "font-weight",
    "font-style",
    "font-variant-caps",
    "font-variant-numeric",
    "letter-spacing",
    "word-spacing",
    "hyphens",
    "overflow-wrap",
    "cursor",
];

impl On {
    /// Why a property that is known may not be set on it, and what to do instead. `is_box` says whether the
    /// style itself makes a box of the element.
    pub(crate) fn forbids(self, name: &str, is_box: bool) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Page if !ON_PAGE.contains(&name) => Some((
                "it could lay an element of the page over others",
                "set colours and letters alone, or a class, or put an element of your own there",
            )),
            Self::Inline if !is_box && BESIDE_LINES.iter().any(|start| name.starts_with(start)) => Some((
                "around a part of a line it takes no room, and covers other lines",
                "add `display: inline-block`",
            )),
            _ => None,
        }
    }
}

/// What stands around letters without taking room.
const BESIDE_LINES: [&str; 5] = ["padding", "border", "box-shadow", "min-", "width"];
/// Values of `display` that make an element a box.
pub(crate) const BOXES: [&str; 7] =
    ["block", "inline-block", "flex", "inline-flex", "grid", "inline-grid", "flow-root"];

impl Property {
    const fn of(names: &'static [&'static str], words: &'static [&'static str], length: Length) -> Self {
        let (number, colour, gradient) = (None, false, false);
        Self {
            names,
            words,
            length,
            number,
            colour,
            gradient,
            tracks: false,
            ratio: false,
            lists: false,
            places: false,
        }
    }

    const fn words(names: &'static [&'static str], words: &'static [&'static str]) -> Self {
        Self::of(names, words, Length::None)
    }

    const fn numbers(mut self, least: f32, most: f32) -> Self {
        self.number = Some((least, most));
        self
    }

    const fn coloured(mut self) -> Self {
        self.colour = true;
        self
    }

    /// What it takes, in words for the author.
    pub(crate) fn takes(&self) -> String {
        const SHOWN: usize = 6;
        let mut takes: Vec<Cow<'_, str>> = Vec::new();
        if self.colour {
            takes.push("a colour".into());
        }
        if self.gradient {
            takes.push("a gradient".into());
        }
        if self.length != Length::None {
            let (least, most) = self.length.pixels();
            takes.push(format!("lengths from {least}px to {most}px").into());
        }
        if let Some((least, most)) = self.number {
            takes.push(format!("numbers from {least} to {most}").into());
        }
        takes.extend(self.words.iter().take(SHOWN).map(|word| format!("`{word}`").into()));
        let more = if self.words.len() > SHOWN { " and the like" } else { "" };
        format!("{}{more}", takes.join(", "))
    }
}

/// The property of that name (lower case), if it may be set.
pub(crate) fn property(name: &str) -> Option<&'static Property> {
    PROPERTIES.iter().find(|property| property.names.contains(&name))
}

const LINES: &[&str] = &[
    "none", "solid", "dashed", "dotted", "double", "groove", "ridge", "inset", "outset", "hidden", "thin",
    "medium", "thick",
];
/// Where parts stand. What is too large for its place may overflow at its end, but never at its beginning:
/// `center` and the ends are written with `safe`. `space-around` and kin come without.
const PLACES: &[&str] = &[
    "start",
    "center",
    "end",
    "flex-start",
    "flex-end",
    "space-between",
    "stretch",
    "normal",
    "auto",
    "safe",
];

#[rustfmt::skip]
const PROPERTIES: &[Property] = &[
    // Colours.
    Property::words(&["color", "background-color", "border-color", "border-top-color", "border-right-color",
        "border-bottom-color", "border-left-color", "text-decoration-color"], &[]).coloured(),
    Property { gradient: true, lists: true, ..Property::words(&["background"], &["none"]).coloured() },
    Property { gradient: true, lists: true, ..Property::words(&["background-image"], &["none"]) },
    // Spacing, never negative.
    Property::of(&["margin", "margin-top", "margin-right", "margin-bottom", "margin-left", "margin-block",
        "margin-block-start", "margin-block-end", "margin-inline", "margin-inline-start", "margin-inline-end"],
        &["auto"], Length::Space),
    Property::of(&["padding", "padding-top", "padding-right", "padding-bottom", "padding-left", "padding-block",
        "padding-block-start", "padding-block-end", "padding-inline", "padding-inline-start", "padding-inline-end"],
        &[], Length::Padding),
    Property::of(&["gap", "row-gap", "column-gap", "border-spacing"], &["normal"], Length::Line),
    // Borders and shadows.
    Property::of(&["border", "border-top", "border-right", "border-bottom", "border-left", "border-block",
        "border-inline", "border-width", "border-style", "border-top-width", "border-right-width",
        "border-bottom-width", "border-left-width", "border-top-style", "border-right-style",
        "border-bottom-style", "border-left-style"], LINES, Length::Line).coloured(),
    Property::of(&["border-radius", "border-top-left-radius", "border-top-right-radius",
        "border-bottom-left-radius", "border-bottom-right-radius"], &[], Length::Size),
    Property::words(&["border-collapse"], &["collapse", "separate"]),
    Property { lists: true, ..Property::of(&["box-shadow"], &["none", "inset"], Length::Shadow).coloured() },
    Property { lists: true, ..Property::of(&["text-shadow"], &["none"], Length::Fine).coloured() },
    // Letters. A family by another name than these could be one that the page loads from elsewhere, and
    // would load for this variant alone.
    Property { lists: true, ..Property::words(&["font-family"], &["serif", "sans-serif", "monospace", "cursive",
        "fantasy", "system-ui", "ui-serif", "ui-sans-serif", "ui-monospace", "ui-rounded", "math", "emoji", "inherit"]) },
    Property::of(&["font-size"], &["xx-small", "x-small", "small", "medium", "large", "x-large", "xx-large",
        "smaller", "inherit"], Length::Text),
    Property::words(&["font-weight"], &["normal", "bold", "bolder", "lighter", "inherit"]).numbers(100.0, 900.0),
    Property::words(&["font-style"], &["normal", "italic", "oblique", "inherit"]),
    Property::words(&["font-variant-caps"], &["normal", "small-caps", "all-small-caps"]),
    Property::words(&["font-variant-numeric"], &["normal", "tabular-nums", "lining-nums", "oldstyle-nums"]),
    // Lines closer than this run into each other and into what stands around.
    Property::words(&["line-height"], &["normal"]).numbers(1.0, 4.0),
    Property::of(&["letter-spacing", "word-spacing"], &["normal"], Length::Tracking),
    Property::of(&["text-indent"], &[], Length::Space),
    Property::words(&["text-align"], &["left", "right", "center", "justify", "start", "end", "inherit"]),
    Property::of(&["text-decoration", "text-decoration-line", "text-decoration-style", "text-decoration-thickness",
        "text-underline-offset"], &["none", "underline", "overline", "line-through", "solid", "double", "dotted",
        "dashed", "wavy", "auto", "inherit"], Length::Fine).coloured(),
    Property::words(&["text-transform"], &["none", "uppercase", "lowercase", "capitalize"]),
    Property::words(&["text-overflow"], &["clip", "ellipsis"]),
    Property::words(&["text-wrap"], &["wrap", "nowrap", "balance", "pretty"]),
    Property::words(&["white-space"], &["normal", "nowrap", "pre", "pre-wrap", "pre-line"]),
    Property::words(&["word-break"], &["normal", "break-word", "break-all", "keep-all"]),
    Property::words(&["overflow-wrap"], &["normal", "break-word", "anywhere"]),
    Property::words(&["hyphens"], &["none", "manual", "auto"]),
    Property::words(&["vertical-align"], &["baseline", "top", "middle", "bottom", "sub", "super"]),
    // Sizes. No fixed height: what does not fit would lie over what follows.
    Property::of(&["width", "min-width", "flex-basis"],
        &["auto", "min-content", "fit-content", "content"], Length::Box),
    Property::of(&["max-width"], &["none", "min-content", "max-content", "fit-content"], Length::Size),
    Property::words(&["height", "max-height"], &["auto", "none"]),
    Property::words(&["box-sizing"], &["border-box"]),
    Property::words(&["object-fit"], &["fill", "contain", "cover", "none", "scale-down"]),
    Property::of(&["object-position"], &["left", "right", "top", "bottom", "center"], Length::Size),
    Property::words(&["overflow", "overflow-x", "overflow-y"], &["visible", "hidden", "auto", "clip"]),
    // Where parts stand within their box. Cells of a grid are named by column alone: with a row as well, one
    // could be laid over another.
    Property::words(&["display"], &["block", "inline-block", "flex", "inline-flex", "grid", "inline-grid", "flow-root",
        "list-item", "none"]),
    Property::words(&["flex-direction", "flex-wrap", "flex-flow"], &["row", "column", "nowrap", "wrap"]),
    Property::of(&["flex"], &["auto", "none", "content"], Length::Box).numbers(0.0, 100.0),
    Property::words(&["flex-grow", "flex-shrink", "order"], &[]).numbers(0.0, 100.0),
    Property { places: true, ..Property::words(&["justify-content", "justify-items", "justify-self", "align-content",
        "align-items", "align-self", "place-content", "place-items", "place-self"], PLACES) },
    // Rows are as high as what is in them.
    Property { tracks: true, ..Property::of(&["grid-template-columns"], &["auto", "none", "min-content", "max-content"],
        Length::Box) },
    Property::words(&["grid-auto-flow"], &["row", "column"]),
    Property { ratio: true, ..Property::words(&["grid-column"], &["auto", "span"]).numbers(-12.0, 12.0) },
    Property::words(&["column-count"], &["auto"]).numbers(1.0, 12.0),
    // Lists, tables and the pointer.
    Property::words(&["list-style", "list-style-type", "list-style-position"], &["none", "disc", "circle", "square",
        "decimal", "lower-alpha", "upper-alpha", "lower-roman", "upper-roman", "inside", "outside"]),
    Property::words(&["table-layout"], &["auto", "fixed"]),
    Property::words(&["caption-side"], &["top", "bottom"]),
    Property::words(&["cursor"], &["auto", "default", "pointer"]),
];

/// Why a property may not be set, and what to do instead.
pub(crate) fn why_not(name: &str) -> (Cow<'static, str>, &'static str) {
    const BEGINNINGS: [(&str, &str, &str); 6] = [
        ("--", "the page's own styles and scripts could read it", "set the property itself"),
        ("-", "what browsers make of it differs", "use the property without a prefix"),
        ("animation", "scripts of the page can take its steps for an event", "leave it out"),
        ("transition", "scripts of the page can take its end for an event", "leave it out"),
        ("mask", "it could load something, or hide what is clicked", "use an `<img>`"),
        ("inset", MOVES, STAY),
    ];
    const MOVES: &str = "it could lay the element over others, which then would be clicked unseen";
    const STAY: &str = "leave the element where it stands, and use margins, flex or grid";
    if let Some((_, why, instead)) = BEGINNINGS.iter().find(|(start, ..)| name.starts_with(start)) {
        return ((*why).into(), instead);
    }
    let (why, instead) = match name {
        "position" | "top" | "right" | "bottom" | "left" | "z-index" | "float" | "transform"
        | "translate" | "rotate" | "scale" | "offset" | "perspective" | "zoom" | "grid-row" | "grid-area"
        | "isolation" => ("it could cover other parts of the page, so that they are clicked unseen", STAY),
        "opacity" | "visibility" | "clip" | "clip-path" | "filter" | "backdrop-filter" | "mix-blend-mode" => {
            ("something could be there to be clicked and not be seen", "set `hidden`, or remove the element")
        }
        "pointer-events" | "user-select" | "touch-action" => {
            ("it decides what a click reaches", "leave it out")
        }
        "height" | "max-height" | "min-height" => (
            "what does not fit would cover what follows",
            "use `padding`, or the attributes `width` and `height` of a picture",
        ),
        "aspect-ratio" | "grid-template-rows" | "grid-auto-rows" | "grid-auto-columns" => (
            "what does not fit would cover what is around",
            "let the content decide, or use the attributes `width` and `height` of a picture",
        ),
        "content" | "quotes" | "counter-reset" | "counter-increment" => {
            ("text stands in HTML alone, where it is checked", "write the text as content")
        }
        "font" => {
            ("it could load a font of the page", "use `font-size`, `font-weight` and a generic `font-family`")
        }
        "behavior" => ("it runs a script in old browsers", "leave it out"),
        "list-style-image" | "border-image" | "border-image-source" | "src" | "shape-outside" => {
            ("it could load something by itself", "use an `<img>`, whose address is checked")
        }
        _ => ("it is not on the list of harmless properties", "use a class"),
    };
    (why.into(), instead)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_property_stands_twice() {
        let names: Vec<_> = PROPERTIES.iter().flat_map(|property| property.names).collect();
        for name in &names {
            assert_eq!(names.iter().filter(|other| *other == name).count(), 1, "{name}");
        }
        assert!(names.len() > 90, "only {} properties", names.len());
    }

    #[test]
    fn each_property_takes_something_that_can_be_told() {
        for property in PROPERTIES {
            assert!(!property.takes().is_empty(), "{:?}", property.names);
        }
    }
}
