//! The figures for people and programs: a table in Markdown, the same as JSON, and a plot.

mod plot;

use std::fmt::Write;
use std::path::Path;

use serde_json::{Value, json};

use crate::Failure;
use crate::rounds::{Measured, Round};
use crate::stats::Spread;
use crate::tracing::Calls;

/// What one scenario found.
pub(crate) struct Section {
    /// A few words.
    pub(crate) name: String,
    /// What was done, in sentences.
    pub(crate) words: String,
    pub(crate) head: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
    /// The same for programs.
    pub(crate) figures: Value,
    /// What the plot shows of it.
    pub(crate) bars: Vec<Bar>,
}

/// A ratio in the plot.
pub(crate) struct Bar {
    pub(crate) label: String,
    pub(crate) ratio: Spread,
    /// At most so much is aimed at.
    pub(crate) aim: Option<f64>,
}

impl Section {
    /// A table of servers of which the first is ours; `aims` are by the peer's name.
    pub(crate) fn compared(name: &str, words: &str, measured: &[Measured], aims: &[(&str, f64)]) -> Self {
        let head = ["server", "CPU µs a request", "Cloakroom's share of it", "system calls", "requests/s"];
        let mut head: Vec<String> = head.map(str::to_owned).to_vec();
        let rate = measured.iter().find_map(|server| server.rate);
        if let Some(rate) = rate {
            head.extend([format!("p50 ms at {rate:.0}/s"), format!("p99 ms at {rate:.0}/s")]);
        }
        let Some(ours) = measured.first() else { return Self::words(name, words) };
        let mut section = Self::words(name, words);
        section.head = head;
        let mut figures = Vec::new();
        for server in measured {
            let share = ours.against(server, Round::cpu_each);
            let of_itself = std::ptr::eq(ours, server);
            let calls = server.calls.as_ref();
            let mut row = vec![
                server.name.clone(),
                server.spread(Round::cpu_each).words(2),
                if of_itself { "1".to_owned() } else { format!("**{}**", share.words(3)) },
                calls.map_or_else(|| "–".to_owned(), |calls| in_words(calls.as_ref())),
                format!("{:.0}", server.spread(Round::per_second).median),
            ];
            let mut figure = json!({
                "server": server.name,
                "cpu_us_per_request": server.spread(Round::cpu_each).json(),
                "cloakroom_cpu_ratio": share.json(),
                "requests_per_second": server.spread(Round::per_second).json(),
                "system_calls_per_request": calls.and_then(|calls| calls.as_ref().ok()).map(|calls| {
                    calls.iter().map(|(name, count)| (name.clone(), json!(count))).collect::<serde_json::Map<_, _>>()
                }),
            });
            if let Some(rate) = rate {
                let (half, most) = (|round: &Round| round.latency(0.5), |round: &Round| round.latency(0.99));
                row.extend([server.spread(half).words(2), server.spread(most).words(2)]);
                let latencies = json!({
                    "offered_per_second": rate,
                    "p50_ms": server.spread(half).json(),
                    "p99_ms": server.spread(most).json(),
                    "cloakroom_p99_ratio": ours.against(server, most).json(),
                });
                if let (Some(figure), Some(latencies)) = (figure.as_object_mut(), latencies.as_object()) {
                    figure.extend(latencies.clone());
                }
            }
            section.rows.push(row);
            figures.push(figure);
            if !of_itself {
                let aim = aims.iter().find(|(peer, _)| *peer == server.name).map(|(_, aim)| *aim);
                section.bars.push(Bar { label: server.name.clone(), ratio: share, aim });
            }
        }
        section.figures = Value::Array(figures);
        section
    }

    /// Without a table.
    pub(crate) fn words(name: &str, words: &str) -> Self {
        let (name, words) = (name.to_owned(), words.to_owned());
        Self { name, words, head: Vec::new(), rows: Vec::new(), figures: Value::Null, bars: Vec::new() }
    }

    fn markdown(&self) -> String {
        let mut text = format!("## {}\n\n{}\n", self.name, self.words);
        if !self.head.is_empty() {
            let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
            let rule: Vec<String> = self.head.iter().map(|_| "---".to_owned()).collect();
            let rows: String = self.rows.iter().map(|row| line(row)).collect();
            let _ = write!(text, "\n{}{}{rows}", line(&self.head), line(&rule));
        }
        text
    }
}

/// The most frequent calls by name.
fn in_words(calls: Result<&Calls, &String>) -> String {
    match calls {
        Err(cause) => format!("not counted ({cause})"),
        Ok(calls) => {
            let all: f64 = calls.iter().map(|(_, count)| count).sum();
            let often = calls.iter().filter(|(_, count)| *count >= 0.05);
            let words: Vec<_> = often.map(|(name, count)| format!("{name} {count:.2}")).collect();
            format!("{all:.2} ({})", words.join(", "))
        }
    }
}

/// Everything that was found, in the order of its sections.
pub(crate) struct Report {
    /// The machine, the versions, and what holds for all sections.
    pub(crate) about: Vec<String>,
    pub(crate) sections: Vec<Section>,
}

impl Report {
    /// As Markdown.
    pub(crate) fn markdown(&self) -> String {
        let about: String = self.about.iter().map(|line| format!("{line}\n\n")).collect();
        let sections: Vec<String> = self.sections.iter().map(Section::markdown).collect();
        format!("# How fast it is\n\n{about}{}", sections.join("\n"))
    }

    /// Writes `speed.md`, `speed.json` and `speed.svg` into a folder.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), Failure> {
        std::fs::create_dir_all(folder)?;
        let sections: Vec<Value> = self
            .sections
            .iter()
            .map(
                |section| json!({ "name": section.name, "about": section.words, "figures": section.figures }),
            )
            .collect();
        let all = json!({ "about": self.about, "sections": sections });
        std::fs::write(folder.join("speed.md"), self.markdown())?;
        std::fs::write(folder.join("speed.json"), format!("{all:#}\n"))?;
        std::fs::write(folder.join("speed.svg"), plot::draw(self))?;
        Ok(())
    }
}
