//! How a case is written.
//!
//! ```text
//! [9111 5.2.2.1] the name of the case       the RFC, its section, and what is tried
//! route front                               of the routes in `stage.rs`; `plain` where nothing is said
//! needs ranges                              skipped while that is not there
//! origin 200                                what the origin answers from now on; `origin close` for nothing
//!   ETag: "a"                               its fields
//!   = text                                  its body; otherwise one that no other answer of the case has
//!   delay 300                               milliseconds that it takes
//! confirm                                   what it answers, with 304, to who brings those validators
//!   Cache-Control: max-age=60
//! GET ?q=1                                  a client asks; what follows the method is added to the target
//!   If-None-Match: {etag}                   its fields, `= text` for its body
//! > 200 cache                               status, and where the answer has to be from: `origin` (asked once),
//!                                           `fetched` (asked more than once, to compare), `confirmed` (asked
//!                                           once, 304), `cache` (nobody was asked),
//!                                           `stale` (stored, somebody may have been asked), `own`
//! > 200 stale 1                             and which answer of the origin has this body, if not the last;
//!                                           `any` for any body
//!   Age: 0..3                               a field with a number; `!Age` without; `Age: *` with any value;
//!   Vary: ~accept                           `~` with this in it; else with exactly this
//!   = text                                  its body
//! saw                                       what the origin's last request has, written as above
//! asked 2                                   how many requests the origin has got
//! wait 1200                                 milliseconds
//! ```
//!
//! `{now+60}` is a date so many seconds from when the case began; `{etag}` the last value of that field that the
//! client got. A row is a case too, named by what it says:
//!
//! ```text
//! fresh [9111 5.2.2.1] 200 | Cache-Control: max-age=60      asked twice, the second is from the store
//! stale [9111 5.2.2.1] 200 | Cache-Control: max-age=0       asked twice, both are from the origin
//! refused [9111 5.2.2.5] 200 | Cache-Control: no-store      refused twice, and the origin asked once
//! ```

use super::case::{Answer, Body, Case, Expected, Fields, Match, Source, Step, Value};

const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"];

/// The cases of a file; panics where something is written in another way.
pub fn cases(file: &'static str, text: &'static str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let number = at + 1;
        let wrong = |what: &str| -> ! { panic!("{file}:{number}: {what}: `{line}`") };
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "" if line.is_empty() => {}
            "" => detail(cases.last_mut(), line.trim()).unwrap_or_else(|| wrong("no such detail")),
            "#" => {}
            "fresh" | "stale" | "refused" => {
                let row = row(file, number, word, rest).unwrap_or_else(|| wrong("no such row"));
                cases.push(row);
            }
            _ if word.starts_with('[') => {
                let (section, name) = line[1..].split_once("] ").unwrap_or_else(|| wrong("no such head"));
                cases.push(case(file, number, section, name));
            }
            _ => {
                let case = cases.last_mut().unwrap_or_else(|| wrong("outside of a case"));
                let step = step(case, word, rest).unwrap_or_else(|| wrong("no such step"));
                case.steps.extend(step.map(|step| (number, step)));
            }
        }
    }
    cases
}

fn case(file: &'static str, line: usize, section: &str, name: &str) -> Case {
    let (section, name) = (section.to_owned(), name.to_owned());
    Case { file, line, section, name, route: "plain".into(), needs: Vec::new(), steps: Vec::new() }
}

fn row(file: &'static str, line: usize, word: &str, rest: &str) -> Option<Case> {
    let (section, name) = rest.strip_prefix('[')?.split_once("] ")?;
    let mut case = case(file, line, section, &format!("{word}: {name}"));
    let mut parts = name.split(" | ");
    let status = parts.next()?.trim().parse().ok()?;
    let fields = parts.map(field).collect::<Option<Vec<_>>>()?;
    case.steps.push((line, Step::Origin(Answer { status: Some(status), fields, ..Answer::default() })));
    let (status, sources) = match word {
        "fresh" => (status, [Source::Origin, Source::Cache]),
        "stale" => (status, [Source::Origin, Source::Origin]),
        _ => (502, [Source::Own, Source::Own]),
    };
    for source in sources {
        let body = match source {
            Source::Own => Body::Any,
            _ if status == 204 => Body::Empty,
            _ => Body::Last,
        };
        let ask =
            Step::Ask { method: "GET".into(), suffix: String::new(), fields: vec![], body: String::new() };
        case.steps.push((line, ask));
        case.steps.push((line, Step::Expect(Expected { status, source, body, fields: vec![] })));
    }
    if word == "refused" {
        case.steps.push((line, Step::Asked(1)));
    }
    Some(case)
}

/// A step; `Some(None)` for a line about the whole case.
fn step(case: &mut Case, word: &str, rest: &str) -> Option<Option<Step>> {
    let step = match word {
        "route" => {
            case.route = rest.to_owned();
            return Some(None);
        }
        "needs" => {
            case.needs.push(rest.to_owned());
            return Some(None);
        }
        "origin" if rest == "close" => Step::Origin(Answer::default()),
        "origin" => Step::Origin(Answer { status: Some(rest.parse().ok()?), ..Answer::default() }),
        "confirm" if rest.is_empty() => Step::Confirm(Vec::new()),
        "saw" if rest.is_empty() => Step::Saw(Vec::new()),
        "asked" => Step::Asked(rest.parse().ok()?),
        "wait" => Step::Wait(rest.parse().ok()?),
        ">" => Step::Expect(expected(case, rest)?),
        method if METHODS.contains(&method) => {
            Step::Ask { method: method.into(), suffix: rest.into(), fields: vec![], body: String::new() }
        }
        _ => return None,
    };
    Some(Some(step))
}

fn expected(case: &Case, text: &str) -> Option<Expected> {
    let mut words = text.split(' ');
    let status = words.next()?.parse().ok()?;
    let source = match words.next()? {
        "origin" => Source::Origin,
        "fetched" => Source::Fetched,
        "confirmed" => Source::Confirmed,
        "cache" => Source::Cache,
        "stale" => Source::Stale,
        "own" => Source::Own,
        _ => return None,
    };
    let asked = case.steps.iter().rev().find_map(|(_, step)| match step {
        Step::Ask { method, .. } => Some(method.as_str()),
        _ => None,
    })?;
    let body = match words.next() {
        Some("any") => Body::Any,
        Some(number) => Body::Number(number.parse().ok()?),
        None if asked == "HEAD" || matches!(status, 204 | 304) => Body::Empty,
        None if source == Source::Own => Body::Any,
        None => Body::Last,
    };
    words.next().is_none().then_some(Expected { status, source, body, fields: Vec::new() })
}

/// Adds a detail to the last step.
fn detail(case: Option<&mut Case>, line: &str) -> Option<()> {
    let (_, step) = case?.steps.last_mut()?;
    let text = line.strip_prefix("= ").map(|text| text.replace("\\r\\n", "\r\n"));
    match (step, text) {
        (Step::Origin(answer), Some(text)) => answer.body = Some(text),
        (Step::Origin(answer), None) => match line.strip_prefix("delay ") {
            Some(delay) => answer.delay = delay.parse().ok()?,
            None => answer.fields.push(field(line)?),
        },
        (Step::Confirm(fields), None) => fields.push(field(line)?),
        (Step::Ask { body, .. }, Some(text)) => *body = text,
        (Step::Ask { fields, .. }, None) => fields.push(field(line)?),
        (Step::Expect(expected), Some(text)) => expected.body = Body::Text(text),
        (Step::Expect(Expected { fields, .. }) | Step::Saw(fields), None) => fields.push(matching(line)?),
        _ => return None,
    }
    Some(())
}

fn field(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once(':')?;
    let known =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    known.then(|| (name.to_owned(), value.trim().to_owned()))
}

fn matching(line: &str) -> Option<Match> {
    if let Some(name) = line.strip_prefix('!') {
        return Some(Match { name: name.to_owned(), value: Value::Missing });
    }
    let (name, value) = field(line)?;
    let between =
        value.split_once("..").and_then(|(least, most)| Some((least.parse().ok()?, most.parse().ok()?)));
    let value = match (value.as_str(), between) {
        (_, Some((least, most))) => Value::Between(least, most),
        ("*", None) => Value::Any,
        (text, None) => match text.strip_prefix('~') {
            Some(part) => Value::Has(part.to_owned()),
            None => Value::Is(text.to_owned()),
        },
    };
    Some(Match { name, value })
}

/// Fields of a case may be written by several lines of a name; this is all that a test needs to know of them.
pub fn lines(fields: &Fields) -> String {
    fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect()
}
