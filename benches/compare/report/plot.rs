//! The ratios as an SVG: one bar each, with the spread over the rounds, and a line where both are alike.

use std::fmt::Write;

use super::{Bar, Report};

const WIDTH: f64 = 860.0;
/// Where bars begin.
const LEFT: f64 = 330.0;
const RIGHT: f64 = WIDTH - 70.0;
const LINE: f64 = 20.0;
const HEADING: f64 = 30.0;
const TOP: f64 = 56.0;
/// The largest ratio that is drawn to scale.
const MOST: f64 = 2.0;

/// Draws all bars of a report.
pub(super) fn draw(report: &Report) -> String {
    let sections = || report.sections.iter().filter(|section| !section.bars.is_empty());
    let height = TOP + sections().map(|s| HEADING + LINE * s.bars.len() as f64).sum::<f64>() + 44.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"13\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"16\" y=\"26\" font-size=\"17\" font-weight=\"600\">CPU time of Cloakroom, as a share of the \
         other's (shorter is better)</text>\n\
         <text x=\"16\" y=\"45\" fill=\"#555555\">Bars are medians, lines the spread over interleaved rounds, \
         diamonds what is aimed at.</text>\n"
    );
    let mut y = TOP;
    for section in sections() {
        y += HEADING;
        // Writing to a String cannot fail.
        let _ = writeln!(
            svg,
            "<text x=\"16\" y=\"{:.1}\" font-weight=\"600\">{}</text>",
            y - 10.0,
            escaped(&section.name)
        );
        for bar in &section.bars {
            one(&mut svg, bar, y);
            y += LINE;
        }
    }
    axis(&mut svg, y);
    let about = report.about.first().map_or("", String::as_str);
    let _ = writeln!(
        svg,
        "<text x=\"16\" y=\"{:.1}\" fill=\"#555555\" font-size=\"11\">{}</text>",
        y + 38.0,
        escaped(about)
    );
    svg.push_str("</svg>\n");
    svg
}

fn one(svg: &mut String, bar: &Bar, y: f64) {
    let ratio = bar.ratio;
    let colour = if bar.aim.is_some_and(|aim| ratio.median > aim) { "#c2703d" } else { "#3b7a6b" };
    let middle = y + LINE / 2.0;
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\n\
         <rect x=\"{LEFT}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{colour}\"/>\n\
         <line x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{middle:.1}\" y2=\"{middle:.1}\" stroke=\"#222222\"/>\n\
         <text x=\"{:.1}\" y=\"{:.1}\">{:.2}</text>",
        LEFT - 10.0,
        middle + 4.0,
        escaped(&bar.label),
        y + 3.0,
        x(ratio.median) - LEFT,
        LINE - 6.0,
        x(ratio.least),
        x(ratio.most),
        x(ratio.most.max(ratio.median)) + 8.0,
        middle + 4.0,
        ratio.median
    );
    if let Some(aim) = bar.aim {
        let at = x(aim);
        let _ = writeln!(
            svg,
            "<path d=\"M {at:.1} {:.1} l 4 4 l -4 4 l -4 -4 z\" fill=\"#ffffff\" stroke=\"#222222\"/>",
            middle - 4.0
        );
    }
}

fn axis(svg: &mut String, bottom: f64) {
    for tenths in [0, 5, 10, 15, 20] {
        let at = f64::from(tenths) / 10.0;
        let (colour, dashes) = if tenths == 10 { ("#222222", "none") } else { ("#bbbbbb", "2 3") };
        let _ = writeln!(
            svg,
            "<line x1=\"{0:.1}\" x2=\"{0:.1}\" y1=\"{TOP}\" y2=\"{bottom:.1}\" stroke=\"{colour}\" \
             stroke-dasharray=\"{dashes}\"/>\n<text x=\"{0:.1}\" y=\"{1:.1}\" text-anchor=\"middle\" \
             fill=\"#555555\">{at:.1}</text>",
            x(at),
            bottom + 16.0
        );
    }
}

fn x(ratio: f64) -> f64 {
    LEFT + (RIGHT - LEFT) * (ratio / MOST).clamp(0.0, 1.0)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
