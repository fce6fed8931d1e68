//! What the section `[cache]` says, read back.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that fails should say so at once")]

use std::fs;
use std::time::Duration;

use cloakroom_settings::{Caching, Compress, Settings, load};
use cloakroom_vocabulary::Coding;

/// The settings with these lines under `[cache]`, and these in the site's file.
fn with(cache: &str, site: &str) -> Settings {
    let folder = tempfile::tempdir().unwrap();
    let main =
        format!("[listen]\nhttp = \"127.0.0.1:8080\"\n[sites]\npaths = [\"shop\"]\n[cache]\n{cache}\n");
    let site = format!("hosts = [\"shop.example\"]\norigin = \"http://10.0.0.5:9000\"\n{site}\n");
    fs::create_dir(folder.path().join("shop")).unwrap();
    fs::write(folder.path().join("shop/site.toml"), site).unwrap();
    let path = folder.path().join("cloakroom.toml");
    fs::write(&path, main).unwrap();
    load(&path).unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)))
}

#[test]
fn forms_are_chosen_and_turned_off() {
    let some = "compress = [\"gzip\", \"br\"]\ncompress_from = \"1KiB\"\ncompress_threads = 4";
    let chosen = Compress { codings: vec![Coding::Gzip, Coding::Brotli], from_bytes: 1_024, threads: 4 };
    assert_eq!(with(some, "").compress, chosen);
    assert_eq!(with("compress = []", "").compress.codings, []);
}

#[test]
fn a_route_turns_compression_off() {
    let routes = "[[route]]\npath = \"/\"\ncompress = false\n[[route]]\npath = \"/b\"\ncompress = true";
    let settings = with("", routes);
    let compressed: Vec<_> = settings.sites[0].routes.iter().map(|route| route.compress).collect();
    assert_eq!(compressed, [false, true]);
}

#[test]
fn what_an_origin_does_not_say_is_the_operators_to_say() {
    let seconds = Duration::from_secs;
    let day = seconds(86_400);
    let unsaid = Caching { heuristic: 0.1, heuristic_most: day, negative: seconds(10), stale_if_error: day };
    assert_eq!(with("", "").caching, unsaid);
    let lines = "heuristic = 0\nheuristic_most = \"1h\"\nnegative = \"0s\"\nstale_if_error = \"365d\"";
    let said = Caching {
        heuristic: 0.0,
        heuristic_most: seconds(3_600),
        negative: Duration::ZERO,
        stale_if_error: 365 * day,
    };
    assert_eq!(with(lines, "").caching, said);
}
