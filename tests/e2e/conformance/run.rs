//! Plays a case, and says what was not as it has to be.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use super::case::{Body, Case, Expected, Fields, Match, Source, Step, Value};
use super::stage::{Script, Stage};
use crate::client::{Answer, Visitor, send};

/// How long the origin may take to be asked by nobody who waits.
const PATIENCE: Duration = Duration::from_secs(3);

struct Player<'a> {
    stage: &'a Stage,
    case: &'a Case,
    path: String,
    script: Arc<Mutex<Script>>,
    began: SystemTime,
    /// Fields that the client has got, by name in lower case.
    got: BTreeMap<String, String>,
    last: Option<Asked>,
}

struct Asked {
    method: String,
    answer: Answer,
    /// How many requests the origin had got before.
    before: usize,
}

/// Plays a case; the error says at which line, and what.
pub fn run(stage: &Stage, number: usize, case: &Case) -> Result<(), String> {
    let path = format!("/{}/case{number}", case.route);
    let script = stage.script(&path);
    let began = SystemTime::now();
    let mut player = Player { stage, case, path, script, began, got: BTreeMap::new(), last: None };
    for (line, step) in &case.steps {
        player.play(step).map_err(|problem| format!("line {line}: {problem}"))?;
    }
    Ok(())
}

impl Player<'_> {
    fn play(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Origin(answer) => {
                let mut answer = answer.clone();
                answer.fields = self.filled_all(&answer.fields)?;
                let mut script = self.script.lock().unwrap();
                (script.answer, script.confirm) = (answer, None);
            }
            Step::Confirm(fields) => {
                let fields = self.filled_all(fields)?;
                self.script.lock().unwrap().confirm = Some(fields);
            }
            Step::Ask { method, suffix, fields, body } => self.ask(method, suffix, fields, body)?,
            Step::Expect(expected) => {
                let asked = self.last.take().ok_or("nothing was asked")?;
                let shown = || format!("the answer was\n{}\n", asked.answer.head);
                self.check(expected, &asked).map_err(|problem| format!("{problem}: {}", shown()))?;
                self.last = Some(asked);
            }
            Step::Saw(fields) => {
                let seen =
                    self.script.lock().unwrap().seen.last().cloned().ok_or("the origin saw nothing")?;
                self.check_fields(fields, &|name| values(&seen, name))
                    .map_err(|e| format!("{e} in {seen}"))?;
            }
            Step::Asked(count) => {
                let since = Instant::now();
                while self.count() < *count && since.elapsed() < PATIENCE {
                    std::thread::sleep(Duration::from_millis(20));
                }
                is(self.count() == *count, || format!("the origin was asked {} times in all", self.count()))?;
            }
            Step::Wait(millis) => std::thread::sleep(Duration::from_millis(*millis)),
        }
        Ok(())
    }

    fn ask(&mut self, method: &str, suffix: &str, fields: &Fields, body: &str) -> Result<(), String> {
        let mut visitor = Visitor::new(&format!("{}{suffix}", self.path));
        visitor.method = method.into();
        visitor.fields = self.filled_all(fields)?;
        visitor.body = body.as_bytes().to_vec();
        let before = self.count();
        let answer = send(self.stage.address(), &visitor.bytes()).ok_or("no answer")?;
        for line in answer.head.lines() {
            if let Some((name, value)) = line.split_once(':') {
                self.got.insert(name.to_ascii_lowercase(), value.trim().to_owned());
            }
        }
        self.last = Some(Asked { method: method.into(), answer, before });
        Ok(())
    }

    fn count(&self) -> usize {
        self.script.lock().unwrap().seen.len()
    }

    fn check(&self, expected: &Expected, asked: &Asked) -> Result<(), String> {
        let Asked { answer, method, .. } = asked;
        is(answer.status == expected.status, || format!("the status is {}", answer.status))?;
        self.check_source(expected.source, asked)?;
        self.check_fields(&expected.fields, &|name| values(&answer.head, name))?;
        let script = self.script.lock().unwrap();
        let wanted = match &expected.body {
            Body::Any => return Ok(()),
            Body::Empty => "",
            Body::Text(text) => text,
            Body::Last => script.bodies.last().map_or("", String::as_str),
            Body::Number(number) => script.bodies.get(number - 1).ok_or("there was no such answer")?,
        };
        let wanted = if method == "HEAD" { "" } else { wanted };
        let boundary = values(&answer.head, "content-type")
            .first()
            .and_then(|v| v.split_once("boundary=").map(|(_, b)| b.to_owned()));
        let wanted =
            boundary.map_or_else(|| wanted.to_owned(), |boundary| wanted.replace("{boundary}", &boundary));
        is(answer.text() == wanted, || format!("the body is {:?} and not {wanted:?}", answer.text()))
    }

    /// Where the answer is from, by what the origin has seen, and by what the answer says of it itself.
    fn check_source(&self, source: Source, asked: &Asked) -> Result<(), String> {
        let script = self.script.lock().unwrap();
        let more = script.seen.len() - asked.before;
        let confirmed = script.statuses.last() == Some(&304);
        match source {
            Source::Origin => is(more == 1 && !confirmed, || format!("the origin was asked {more} times"))?,
            Source::Confirmed => {
                is(more == 1 && confirmed, || {
                    format!("the origin was asked {more} times, confirmed: {confirmed}")
                })?;
            }
            Source::Fetched => {
                is(more > 1, || format!("the origin was asked {more} times, which is not more"))?;
            }
            Source::Cache => is(more == 0, || format!("the origin was asked {more} times"))?,
            Source::Stale | Source::Own => {}
        }
        drop(script);
        if asked.answer.status >= 500 && source == Source::Own || self.case.route == "through" {
            return Ok(());
        }
        let said = values(&asked.answer.head, "cache-status").join(", ");
        let hit = said.contains("; hit");
        match source {
            // RFC 9211 §2.1, §2.2; RFC 9111 §5.1.
            Source::Origin | Source::Fetched | Source::Confirmed => {
                is(!hit && said.contains("; fwd="), || format!("9211 2.2: {said}"))?
            }
            Source::Cache | Source::Stale => {
                is(hit && !said.contains("fwd="), || format!("9211 2.1: {said}"))?;
                is(values(&asked.answer.head, "age").len() == 1, || "9111 5.1: no Age".into())?;
            }
            Source::Own => {}
        }
        is(values(&asked.answer.head, "date").len() == 1, || "9110 6.6.1: no Date".into())
    }

    fn check_fields(&self, matches: &[Match], of: &dyn Fn(&str) -> Vec<String>) -> Result<(), String> {
        for Match { name, value } in matches {
            let found = of(name).join(", ");
            let present = !of(name).is_empty();
            let right = match value {
                Value::Missing => !present,
                Value::Any => present,
                Value::Is(wanted) => present && found == self.filled(wanted)?,
                Value::Has(part) => found.contains(&self.filled(part)?),
                Value::Between(least, most) => {
                    found.parse().is_ok_and(|number| (*least..=*most).contains(&number))
                }
            };
            is(right, || format!("{name} is `{found}`"))?;
        }
        Ok(())
    }

    fn filled_all(&self, fields: &Fields) -> Result<Fields, String> {
        fields.iter().map(|(name, value)| Ok((name.clone(), self.filled(value)?))).collect()
    }

    /// A value with dates and what the client has got in it.
    fn filled(&self, value: &str) -> Result<String, String> {
        let mut filled = String::new();
        let mut rest = value;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or("a brace is open")?;
            filled += before;
            filled += &match name.strip_prefix("now") {
                Some("") => date(self.began, 0),
                Some(seconds) => {
                    date(self.began, seconds.parse().map_err(|_| format!("`{name}` is no date"))?)
                }
                None => {
                    self.got.get(name).cloned().ok_or_else(|| format!("the client has got no `{name}`"))?
                }
            };
            rest = after;
        }
        Ok(filled + rest)
    }
}

fn date(began: SystemTime, seconds: i64) -> String {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    httpdate::fmt_http_date(if seconds < 0 { began - distance } else { began + distance })
}

fn values(head: &str, name: &str) -> Vec<String> {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    lines
        .filter(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim().to_owned())
        .collect()
}

fn is(right: bool, problem: impl FnOnce() -> String) -> Result<(), String> {
    if right { Ok(()) } else { Err(problem()) }
}
