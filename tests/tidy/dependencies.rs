//! Where dependencies come from, under which licences, and with which features.

use cargo_metadata::PackageId;

use crate::workspace::{built, members, metadata, none_of};

/// Licences under which a dependency may be, each with the reason why it may.
const LICENCES: [(&str, &str); 13] = [
    ("Apache-2.0", "our own"),
    ("Apache-2.0 WITH LLVM-exception", "our own, with fewer duties"),
    ("MIT", "permissive: keep the notice"),
    ("MIT-0", "permissive, without duties"),
    ("BSD-2-Clause", "permissive: keep the notice"),
    ("BSD-3-Clause", "permissive: keep the notice, do not advertise with names"),
    ("ISC", "permissive: keep the notice"),
    ("Zlib", "permissive: do not claim to have written it"),
    ("BSL-1.0", "permissive: keep the notice in sources"),
    ("CC0-1.0", "given to the public"),
    ("Unlicense", "given to the public"),
    ("Unicode-3.0", "permissive: data of Unicode, keep the notice"),
    ("MPL-2.0", "its duties end at its own files, and we change none of them"),
];

#[test]
fn dependencies_stand_under_licences_that_we_may_use() {
    let mut wrong = Vec::new();
    for package in built() {
        let licence = package.license.as_deref().unwrap_or_default();
        if !Expression::of(licence).is_allowed() {
            wrong.push(format!("{} {}: `{licence}`", package.name, package.version));
        }
    }
    none_of(&wrong);
}

#[test]
fn licence_expressions_are_understood() {
    let allowed = |text| Expression::of(text).is_allowed();
    assert!(allowed("MIT OR GPL-3.0-only"));
    assert!(allowed("GPL-3.0-only/MIT"));
    assert!(allowed("(MIT OR GPL-3.0-only) AND Unicode-3.0"));
    assert!(!allowed("MIT AND GPL-3.0-only"));
    assert!(!allowed("(GPL-2.0-only AND MIT) OR (GPL-3.0-only AND MIT)"));
    assert!(!allowed("GPL-3.0-only WITH Classpath-exception-2.0"));
    assert!(!allowed(""));
}

#[test]
fn dependencies_come_from_the_public_registry() {
    const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";
    let own: Vec<&PackageId> = members().into_iter().map(|package| &package.id).collect();
    let foreign: Vec<String> = metadata()
        .packages
        .iter()
        .filter(|package| !own.contains(&&package.id))
        .filter(|package| package.source.as_ref().is_none_or(|source| source.repr != REGISTRY))
        .map(|package| format!("{} comes from {:?}", package.name, package.source))
        .collect();
    none_of(&foreign);
}

#[test]
fn what_pingora_logs_does_not_reach_our_log() {
    // pingora writes through the `log` crate, and what it writes can hold what a client sent.
    let bridge = built().find(|package| package.name.as_str() == "tracing-log");
    assert!(bridge.is_none(), "`tracing-log` is built: take it out of the features of tracing-subscriber");
    for node in &metadata().resolve.as_ref().unwrap().nodes {
        let bridged = node.features.iter().any(|feature| feature.as_str() == "tracing-log");
        assert!(!bridged, "{} has the feature `tracing-log`", node.id);
    }
}

/// A licence expression (SPDX), with `/` read as the `OR` that it used to mean.
struct Expression(Vec<String>);

impl Expression {
    fn of(text: &str) -> Self {
        let spaced = text.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
        let mut words: Vec<String> = spaced.split_whitespace().map(str::to_owned).collect();
        // `A WITH B` is one name, not two.
        while let Some(at) = words.iter().position(|word| word == "WITH") {
            let (from, to) = (at.saturating_sub(1), (at + 2).min(words.len()));
            let name =
                words.drain(from..to).collect::<Vec<_>>().join(" ").replace(" WITH ", "\u{a0}WITH\u{a0}");
            words.insert(from, name);
        }
        Self(words)
    }

    fn is_allowed(&self) -> bool {
        let mut rest = self.0.as_slice();
        Self::any(&mut rest) && rest.is_empty()
    }

    /// `all OR all OR …`: one of them has to be allowed.
    fn any(rest: &mut &[String]) -> bool {
        let mut allowed = Self::all(rest);
        while Self::takes(rest, "OR") {
            allowed |= Self::all(rest);
        }
        allowed
    }

    /// `one AND one AND …`: each of them has to be allowed.
    fn all(rest: &mut &[String]) -> bool {
        let mut allowed = Self::one(rest);
        while Self::takes(rest, "AND") {
            allowed &= Self::one(rest);
        }
        allowed
    }

    fn one(rest: &mut &[String]) -> bool {
        if Self::takes(rest, "(") {
            let allowed = Self::any(rest);
            return Self::takes(rest, ")") && allowed;
        }
        let Some((name, after)) = rest.split_first() else { return false };
        *rest = after;
        let name = name.replace('\u{a0}', " ");
        LICENCES.iter().any(|(licence, _)| *licence == name)
    }

    fn takes(rest: &mut &[String], word: &str) -> bool {
        match rest.split_first() {
            Some((first, after)) if first == word => {
                *rest = after;
                true
            }
            _ => false,
        }
    }
}
