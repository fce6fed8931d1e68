//! What `check` says of a site's signals: their values, grains and bits, who measured what, the sum against
//! the budget, and the sensitive names that the site has in spite of the shipped list.

use std::fmt::Write;

use cloakroom_pipeline::{SignalReport, SiteReport};
use cloakroom_settings::SensitiveNames;
use serde_json::{Value, json};

pub(super) fn text(site: &SiteReport, allowed: Option<&SensitiveNames>) -> String {
    let mut text = String::new();
    // The sum of nothing is a negative zero.
    let sum = site.signals.iter().map(|report| report.bits).sum::<f64>() + 0.0;
    let words: Vec<_> =
        site.signals.iter().map(|report| format!("{} {:.1}", report.name, report.bits)).collect();
    let words = if words.is_empty() { "none".to_owned() } else { words.join(" + ") };
    // Writing to a String cannot fail.
    let _ = writeln!(text, "  {:<24} {words} = {sum:.1} of {} bits", "signals", site.signal_bits);
    for report in &site.signals {
        let _ = writeln!(text, "    {:<22} {}", report.name, line(report));
    }
    for (name, matter) in allowed.iter().flat_map(|allowed| &allowed.names) {
        let _ = writeln!(text, "  {:<24} `{name}` tells of {matter}; the site says why:", "sensitive");
    }
    if let Some(allowed) = allowed {
        let _ = writeln!(text, "    {}", allowed.reason);
    }
    text
}

fn line(report: &SignalReport) -> String {
    let SignalReport { values, grains, bits, published, .. } = report;
    let measured = published.measured.map_or_else(String::new, |bits| format!("{bits:.1} bits in "));
    format!(
        "{values} values by {}: at most {bits:.1} bits; {measured}{}",
        grains.join(" → "),
        published.source
    )
}

pub(super) fn value(site: &SiteReport) -> Vec<Value> {
    let one = |report: &SignalReport| {
        json!({
            "signal": report.name, "values": report.values, "grains": report.grains,
            "bits": report.bits, "measured_bits": report.published.measured, "source": report.published.source,
        })
    };
    site.signals.iter().map(one).collect()
}

pub(super) fn allowed_value(allowed: Option<&SensitiveNames>) -> Value {
    allowed.map_or(Value::Null, |allowed| {
        let names: Vec<_> =
            allowed.names.iter().map(|(name, matter)| json!({ "name": name, "tells_of": matter })).collect();
        json!({ "names": names, "reason": allowed.reason })
    })
}
