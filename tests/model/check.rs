//! Compares an answer with what the reference allows.

use std::collections::HashMap;

use crate::page::{Key, Variant, body, is_personalized, says};
use crate::ranges;
use crate::reference::{Allowed, Reference, When, Why};
use crate::reply::Reply;
use crate::shop::Shop;
use crate::steps::{Visit, Wish};

/// Entity tags that were seen, each with the coding and the bytes that it stood for.
#[derive(Default)]
pub struct Tags {
    meant: HashMap<String, (String, Vec<u8>)>,
    /// By path, the last one last.
    seen: HashMap<String, Vec<String>>,
}

impl Tags {
    pub fn seen(&self, path: &str) -> &[String] {
        self.seen.get(path).map_or(&[], Vec::as_slice)
    }

    /// Takes the tag of a whole answer down: it must stand for these bytes alone (RFC 9110 §8.8.3).
    fn learn(&mut self, path: &str, tag: &str, meant: (String, Vec<u8>)) -> Result<(), String> {
        let known = self.meant.entry(tag.to_owned()).or_insert_with(|| meant.clone());
        if *known != meant {
            return Err(format!("{tag} stood for `{}` and stands for `{}`", says(&known.1), says(&meant.1)));
        }
        let seen = self.seen.entry(path.to_owned()).or_default();
        if seen.last().is_none_or(|last| last != tag) {
            seen.push(tag.to_owned());
        }
        Ok(())
    }
}

/// An answer that a visitor may be given.
pub struct Candidate {
    pub key: Key,
    pub variant: Variant,
    pub allowed: Allowed,
}

/// A visit with its answer, and what is known of the pages that it may be about.
pub struct Check<'v> {
    visit: &'v Visit,
    reply: &'v Reply,
    /// The tags that were asked about.
    asked: Vec<String>,
    references: Vec<(Key, Reference)>,
}

impl<'v> Check<'v> {
    /// `asked` are the tags that stood in the request.
    pub fn new(shop: &Shop, visit: &'v Visit, reply: &'v Reply, asked: Vec<String>) -> Self {
        let due = visit.who.key(visit.path());
        // Those of whom too few came lately get what everybody gets.
        let mut keys = vec![Key { told: None, ..due.clone() }, due];
        keys.dedup();
        let when = When { from: reply.from, to: reply.to };
        let purges = shop.purges(visit.path());
        let of = |key: Key| (key.clone(), Reference::new(shop.flights(&key), purges.clone(), when));
        Self::of(visit, reply, asked, keys.into_iter().map(of).collect())
    }

    /// The same, of what is known otherwise.
    pub fn of(
        visit: &'v Visit,
        reply: &'v Reply,
        asked: Vec<String>,
        references: Vec<(Key, Reference)>,
    ) -> Self {
        Self { visit, reply, asked, references }
    }

    /// What was given, where it was a page; an error says what is wrong with it.
    pub fn judge(&self, tags: &mut Tags) -> Result<Option<Candidate>, String> {
        if !self.reply.complete {
            return self.judge_half().map(|()| None);
        }
        if self.is_head_of_half() {
            return Ok(None);
        }
        let found = match self.reply.status {
            502..=504 => return self.judge_failure().map(|()| None),
            200 | 404 | 410 => self.judge_whole(tags)?,
            304 => self.judge_unmodified(tags)?,
            206 => self.judge_part()?,
            416 => self.judge_unsatisfiable()?,
            status => return Err(format!("nobody has asked for a {status}")),
        };
        let reference =
            self.references.iter().find(|(key, _)| *key == found.key).map(|(_, reference)| reference);
        if reference.is_some_and(|reference| reference.is_surely_fresh() && reference.was_asked()) {
            return Err("the origin was asked for a page that was there, and fresh".into());
        }
        Ok(Some(found))
    }

    fn judge_whole(&self, tags: &mut Tags) -> Result<Candidate, String> {
        let (reply, path) = (self.reply, self.visit.path());
        let head = matches!(self.visit.wish, Wish::Head);
        let decoded = reply.decoded();
        let length = reply.field("content-length").and_then(|length| length.parse::<usize>().ok());
        let coded = reply.field("content-encoding").is_some();
        let found = self.fitting(|status, body| {
            let fits = if head {
                coded || length.is_none_or(|length| body.len() == length)
            } else {
                *body == decoded
            };
            status == reply.status && fits
        })?;
        let tag = reply.field("etag");
        if let Some(tag) = tag.filter(|tag| self.asked.iter().any(|asked| asked == tag)) {
            let condition = matches!(self.visit.wish, Wish::Unlike(_));
            let unchanged =
                matches!(self.visit.wish, Wish::RangeOf(..)) && length.is_some_and(|length| length > 300);
            if condition || unchanged {
                return Err(format!("{tag} was sent whole to somebody who has it"));
            }
        }
        if let Some(tag) = tag.filter(|_| !head) {
            let coding = reply.field("content-encoding").unwrap_or("identity").to_owned();
            tags.learn(path, tag, (coding, decoded))?;
        }
        Ok(found)
    }

    fn judge_unmodified(&self, tags: &Tags) -> Result<Candidate, String> {
        let tag = self.reply.field("etag").ok_or("a 304 without a tag")?;
        if !self.reply.body.is_empty() {
            return Err("a 304 with a body".into());
        }
        if matches!(self.visit.wish, Wish::UnlessAny) {
            let known = tags.meant.get(tag);
            return self
                .fitting(|status, body| status == 200 && known.is_none_or(|(_, known)| known == body));
        }
        if !matches!(self.visit.wish, Wish::Unlike(_)) || !self.asked.iter().any(|asked| asked == tag) {
            return Err(format!("a 304 for {tag}, to somebody who does not have it"));
        }
        let Some((_, known)) = tags.meant.get(tag) else { return Err(format!("nobody has ever had {tag}")) };
        self.fitting(|status, body| status == 200 && body == known)
    }

    fn judge_part(&self) -> Result<Candidate, String> {
        let range = match &self.visit.wish {
            Wish::Range(range) => range,
            Wish::RangeOf(range, _) => {
                let tag = self.reply.field("etag");
                if !self.asked.iter().any(|asked| Some(asked.as_str()) == tag) {
                    return Err(format!("a part of {tag:?}, to somebody who has parts of another"));
                }
                range
            }
            _ => return Err("nobody has asked for a part".into()),
        };
        self.fitting(|status, body| status == 200 && ranges::are_of(self.reply, range, body))
    }

    fn judge_unsatisfiable(&self) -> Result<Candidate, String> {
        let (Wish::Range(range) | Wish::RangeOf(range, _)) = &self.visit.wish else {
            return Err("nobody has asked for a part".into());
        };
        let told = self.reply.field("content-range").unwrap_or_default();
        self.fitting(|status, body| {
            status == 200
                && ranges::is_unsatisfiable(range, body.len())
                && told == format!("bytes */{}", body.len())
        })
    }

    /// Half a page that was read along: the origin has broken off, and the client can tell.
    fn judge_half(&self) -> Result<(), String> {
        let sent = &self.reply.body;
        if self.reply.field("etag").is_some() || self.reply.field("content-length").is_some() {
            return Err(format!("a page that is there ended after {} bytes", sent.len()));
        }
        let is_half = |key: &Key, version| {
            self.variants().into_iter().any(|variant| body(key, version, variant).starts_with(sent))
        };
        let broken = self
            .references
            .iter()
            .any(|(key, reference)| reference.broken().any(|flight| is_half(key, flight.version)));
        if broken { Ok(()) } else { Err(format!("it ended after {} bytes", sent.len())) }
    }

    /// The head of a page that is read along, to somebody who wants no more, while its origin is about to break off.
    fn is_head_of_half(&self) -> bool {
        let along = self.reply.status == 200 && self.reply.field("content-length").is_none();
        let broken = self.references.iter().any(|(_, reference)| reference.broken().next().is_some());
        matches!(self.visit.wish, Wish::Head) && along && broken
    }

    fn judge_failure(&self) -> Result<(), String> {
        let cached = matches!(self.visit.wish, Wish::OnlyIfCached) && self.reply.status == 504;
        let fresh = || self.references.iter().all(|(_, reference)| reference.is_surely_fresh());
        if cached && is_personalized(self.visit.path()) {
            // The page may be there, but not in this variant.
            return Ok(());
        }
        if fresh() {
            return Err("an error, while the page is there, and fresh".into());
        }
        let may_fail = self.references.iter().any(|(_, reference)| reference.may_fail());
        if cached || may_fail { Ok(()) } else { Err("an error without a reason".into()) }
    }

    /// The allowed answer that this is, where `is` says so of a status and a body.
    fn fitting(&self, is: impl Fn(u16, &Vec<u8>) -> bool) -> Result<Candidate, String> {
        let age = self.reply.field("age").map(str::parse::<u64>);
        let Some(Ok(age)) = age else { return Err(format!("its age is {age:?}")) };
        let why = self.told_why()?;
        let mut candidates = self.candidates();
        let near = candidates.iter().map(|Candidate { key, variant, allowed }| {
            format!(
                "\n  {variant:?} of {key} version={} {:?}, {} old",
                allowed.version,
                allowed.why,
                show(allowed.age)
            )
        });
        let near: String = near.collect();
        candidates.retain(|candidate| {
            let Candidate { key, variant, allowed } = candidate;
            allowed.why == why
                && (allowed.age.0..=allowed.age.1).contains(&age)
                && is(allowed.policy.status, &body(key, allowed.version, *variant))
        });
        candidates.pop().ok_or_else(|| format!("{why:?}, {age} s old: it is none of{near}"))
    }

    /// Everything that this visitor may be given now.
    fn candidates(&self) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for (key, reference) in &self.references {
            for allowed in reference.allowed() {
                for variant in self.variants() {
                    candidates.push(Candidate { key: key.clone(), variant, allowed });
                }
            }
        }
        candidates
    }

    /// What this visitor may be shown in the slot.
    fn variants(&self) -> Vec<Variant> {
        let mut variants = vec![Variant::Plain, self.visit.who.variant(self.visit.path())];
        variants.dedup();
        variants
    }

    /// Why the proxy says that it may be given (RFC 9211).
    fn told_why(&self) -> Result<Why, String> {
        let status = self.reply.field("cache-status").ok_or("no Cache-Status")?;
        let parameters: Vec<_> = status.split("; ").collect();
        let has = |parameter| parameters.contains(&parameter);
        match parameters[1] {
            "hit" if has("detail=stale-while-revalidate") => Ok(Why::WhileRevalidating),
            "hit" if has("detail=stale-if-error") => Ok(Why::IfError),
            "hit" => Ok(Why::Fresh),
            "fwd=miss" | "fwd=stale" => Ok(Why::Fetched),
            _ => Err(format!("`{status}`")),
        }
    }
}

fn show((least, most): (u64, u64)) -> String {
    format!("{least} to {most} s")
}
