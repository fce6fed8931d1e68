//! The properties that a plugin's `style` may set, and how large their values may be. It is a list of
//! what is harmless: nothing on it loads anything, leaves the place where the element stands, lies over
//! something else, or can be taken for an event. No client data enters.

use std::borrow::Cow;

/// How large a length may be. In pixels, or as many sixteenths of an `em`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    /// None at all.
    None,
    /// Of boxes: nothing on a page is larger than some screens.
    Size,
    /// Between and within boxes. Never below zero, since a negative margin lays an element over
    /// another.
    Space,
    /// Of borders and rounded lines.
    Line,
    /// How far a shadow falls: it may not paint over the page.
    Shadow,
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
            Self::Space => (0.0, 256.0),
            Self::Line => (0.0, 64.0),
            Self::Shadow => (-32.0, 64.0),
            Self::Text => (0.0, 160.0),
            Self::Tracking => (-2.0, 16.0),
        }
    }

    /// Whether a length with a unit (lower case) is within bounds.
    pub(crate) fn dimension(self, value: f32, unit: &str) -> bool {
        let (least, most) = self.pixels();
        match unit {
            "px" => (least..=most).contains(&value),
            "em" | "rem" | "ch" | "ex" | "pt" => (least / 16.0..=most / 16.0).contains(&value),
            "vw" | "vh" | "vmin" | "vmax" | "svh" | "svw" | "lvh" | "lvw" | "dvh" | "dvw" => match self {
                Self::Size => (0.0..=100.0).contains(&value),
                Self::Space | Self::Text => (0.0..=20.0).contains(&value),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether a percentage is within bounds.
    pub(crate) fn percentage(self, value: f32) -> bool {
        match self {
            Self::Size => (0.0..=100.0).contains(&value),
            Self::Space => (0.0..=50.0).contains(&value),
            Self::Text => (50.0..=400.0).contains(&value),
            Self::None | Self::Line | Self::Shadow | Self::Tracking => false,
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
}

impl Property {
    const fn of(names: &'static [&'static str], words: &'static [&'static str], length: Length) -> Self {
        let (number, colour, gradient) = (None, false, false);
        Self { names, words, length, number, colour, gradient, tracks: false, ratio: false, lists: false }
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
const PLACES: &[&str] = &[
    "start",
    "end",
    "center",
    "left",
    "right",
    "flex-start",
    "flex-end",
    "self-start",
    "self-end",
    "space-between",
    "space-around",
    "space-evenly",
    "stretch",
    "baseline",
    "normal",
    "auto",
    "first",
    "last",
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
        &[], Length::Space),
    Property::of(&["gap", "row-gap", "column-gap", "border-spacing"], &["normal"], Length::Space),
    // Borders and shadows.
    Property::of(&["border", "border-top", "border-right", "border-bottom", "border-left", "border-block",
        "border-inline", "border-width", "border-style", "border-top-width", "border-right-width",
        "border-bottom-width", "border-left-width", "border-top-style", "border-right-style",
        "border-bottom-style", "border-left-style"], LINES, Length::Line).coloured(),
    Property::of(&["border-radius", "border-top-left-radius", "border-top-right-radius",
        "border-bottom-left-radius", "border-bottom-right-radius"], &[], Length::Size),
    Property::words(&["border-collapse"], &["collapse", "separate"]),
    Property { lists: true, ..Property::of(&["box-shadow", "text-shadow"], &["none", "inset"], Length::Shadow).coloured() },
    // Letters. A family by another name than these could be one that the page loads from elsewhere, and
    // would load for this variant alone.
    Property { lists: true, ..Property::words(&["font-family"], &["serif", "sans-serif", "monospace", "cursive",
        "fantasy", "system-ui", "ui-serif", "ui-sans-serif", "ui-monospace", "ui-rounded", "math", "emoji", "inherit"]) },
    Property::of(&["font-size"], &["xx-small", "x-small", "small", "medium", "large", "x-large", "xx-large",
        "smaller", "larger", "inherit"], Length::Text),
    Property::words(&["font-weight"], &["normal", "bold", "bolder", "lighter", "inherit"]).numbers(100.0, 900.0),
    Property::words(&["font-style"], &["normal", "italic", "oblique", "inherit"]),
    Property::words(&["font-variant-caps"], &["normal", "small-caps", "all-small-caps"]),
    Property::words(&["font-variant-numeric"], &["normal", "tabular-nums", "lining-nums", "oldstyle-nums"]),
    // Lines closer than this run into each other and into what stands around.
    Property::words(&["line-height"], &["normal", "inherit"]).numbers(0.8, 4.0),
    Property::of(&["letter-spacing", "word-spacing"], &["normal"], Length::Tracking),
    Property::of(&["text-indent"], &[], Length::Space),
    Property::words(&["text-align"], &["left", "right", "center", "justify", "start", "end", "inherit"]),
    Property::of(&["text-decoration", "text-decoration-line", "text-decoration-style", "text-decoration-thickness",
        "text-underline-offset"], &["none", "underline", "overline", "line-through", "solid", "double", "dotted",
        "dashed", "wavy", "auto", "inherit"], Length::Line).coloured(),
    Property::words(&["text-transform"], &["none", "uppercase", "lowercase", "capitalize"]),
    Property::words(&["text-overflow"], &["clip", "ellipsis"]),
    Property::words(&["text-wrap"], &["wrap", "nowrap", "balance", "pretty"]),
    Property::words(&["white-space"], &["normal", "nowrap", "pre", "pre-wrap", "pre-line"]),
    Property::words(&["word-break"], &["normal", "break-word", "break-all", "keep-all"]),
    Property::words(&["overflow-wrap"], &["normal", "break-word", "anywhere"]),
    Property::words(&["hyphens"], &["none", "manual", "auto"]),
    Property::words(&["vertical-align"], &["baseline", "top", "middle", "bottom", "text-top", "text-bottom", "sub", "super"]),
    // Sizes. No fixed height: what does not fit would lie over what follows.
    Property::of(&["width", "min-width", "max-width", "min-height", "flex-basis", "column-width"],
        &["auto", "none", "min-content", "max-content", "fit-content", "content"], Length::Size),
    Property::words(&["height", "max-height"], &["auto", "none"]),
    Property { ratio: true, ..Property::words(&["aspect-ratio"], &["auto"]).numbers(0.1, 100.0) },
    Property::words(&["box-sizing"], &["border-box", "content-box"]),
    Property::words(&["object-fit"], &["fill", "contain", "cover", "none", "scale-down"]),
    Property::of(&["object-position"], &["left", "right", "top", "bottom", "center"], Length::Size),
    Property::words(&["overflow", "overflow-x", "overflow-y"], &["visible", "hidden", "auto", "clip"]),
    // Where parts stand within their box. Cells of a grid are named by column alone: with a row as well, one
    // could be laid over another.
    Property::words(&["display"], &["block", "inline", "inline-block", "flex", "inline-flex", "grid", "inline-grid",
        "flow-root", "list-item", "table", "table-row", "table-cell", "none"]),
    Property::words(&["flex-direction", "flex-wrap", "flex-flow"],
        &["row", "row-reverse", "column", "column-reverse", "nowrap", "wrap", "wrap-reverse"]),
    Property::of(&["flex"], &["auto", "none", "content"], Length::Size).numbers(0.0, 100.0),
    Property::words(&["flex-grow", "flex-shrink", "order"], &[]).numbers(0.0, 100.0),
    Property::words(&["justify-content", "justify-items", "justify-self", "align-content", "align-items",
        "align-self", "place-content", "place-items", "place-self"], PLACES),
    Property { tracks: true, ..Property::of(&["grid-template-columns", "grid-template-rows", "grid-auto-columns",
        "grid-auto-rows"], &["auto", "none", "min-content", "max-content"], Length::Size) },
    Property::words(&["grid-auto-flow"], &["row", "column"]),
    Property { ratio: true, ..Property::words(&["grid-column"], &["auto", "span"]).numbers(-24.0, 24.0) },
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
        "height" | "max-height" => (
            "what does not fit would cover what follows",
            "use `min-height`, or the attributes `width` and `height` of a picture",
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
        assert!(names.len() > 100, "only {} properties", names.len());
    }

    #[test]
    fn each_property_takes_something_that_can_be_told() {
        for property in PROPERTIES {
            assert!(!property.takes().is_empty(), "{:?}", property.names);
        }
    }
}
