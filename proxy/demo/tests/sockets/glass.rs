//! The looking glass before a stand-in for the proxy.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cloakroom_demo::{CAMPAIGN, Glass, GlassConfig, Origin, Recorder, Tap};
use serde_json::{Value, json};

use crate::{anywhere, get, post, stand_in};

const JSON: &str = "application/json";

struct Demo {
    glass: Glass,
    epochs: Arc<AtomicU64>,
    _origin: Origin,
    _tap: Tap,
}

async fn demo() -> Demo {
    let (visitors, received) = (Recorder::new(), Recorder::new());
    let origin = Origin::start(anywhere(), received.clone()).await.unwrap();
    let proxy = stand_in::start(origin.local_addr()).await;
    let tap = Tap::start(anywhere(), proxy, visitors.clone()).await.unwrap();
    let epochs = Arc::new(AtomicU64::new(1));
    let config = GlassConfig {
        shop: tap.local_addr(),
        host: "shop.example".into(),
        shop_url: format!("http://{}", tap.local_addr()),
        k: 20,
        epoch: Duration::from_secs(5),
        campaigns: vec![CAMPAIGN.into()],
        epochs: Arc::clone(&epochs),
    };
    let glass = Glass::start(anywhere(), config, visitors, received).await.unwrap();
    Demo { glass, epochs, _origin: origin, _tap: tap }
}

async fn look(glass: SocketAddr, choice: &Value) -> Value {
    let answer = post(glass, "/look", JSON, "", &choice.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

async fn preset(glass: SocketAddr, name: &str) -> Value {
    let options: Value = serde_json::from_str(&get(glass, "/options", "").await.body).unwrap();
    let presets = options["presets"].as_array().unwrap();
    presets.iter().find(|p| p["name"] == name).unwrap()["choice"].clone()
}

fn text(wire: &Value) -> String {
    let lines = wire["lines"].as_array().unwrap().iter();
    let line = |parts: &Value| {
        parts.as_array().unwrap().iter().map(|p| p["text"].as_str().unwrap()).collect::<String>()
    };
    lines.map(|parts| line(parts) + "\n").collect()
}

#[tokio::test]
async fn a_look_shows_what_was_sent_and_what_was_received() {
    let demo = demo().await;
    let glass = demo.glass.local_addr();
    let marie = preset(glass, "Marie, Paris").await;
    let first = look(glass, &marie).await;
    assert_eq!(first["facts"]["source"], "origin");
    assert_eq!(first["received_now"], true);
    assert!(text(&first["sent"]).contains("Cookie: visitor_id="));
    assert_eq!(
        text(&first["received"]),
        "GET / HTTP/1.1\nhost: shop.example\nuser-agent: Cloakroom\naccept: */*\n"
    );
    assert!(first["sent"]["telling"].as_u64().unwrap() > 8);
    assert_eq!(first["received"]["telling"], 0);
    assert!(first["page"].as_str().unwrap().contains("<head><base href=\"http://127.0.0.1:"));

    let second = look(glass, &marie).await;
    assert_eq!((&second["facts"]["source"], &second["received_now"]), (&json!("cache"), &json!(false)));
    assert_eq!(second["received"], first["received"]);
    assert_eq!(second["sent"], first["sent"]);
}

#[tokio::test]
async fn two_visitors_cause_the_same_bytes_and_passthrough_shows_its_person() {
    let demo = demo().await;
    let glass = demo.glass.local_addr();
    let marie = look(glass, &preset(glass, "Marie, Paris").await).await;
    let jonas = look(glass, &preset(glass, "Jonas, Berlin").await).await;
    assert_eq!(marie["received"], jonas["received"]);
    assert_ne!(text(&marie["sent"]), text(&jonas["sent"]));

    let cart = look(glass, &preset(glass, "Marie’s cart").await).await;
    assert_eq!(cart["facts"]["source"], "through");
    assert!(cart["received"]["telling"].as_u64().unwrap() > 5);
    assert!(text(&cart["received"]).contains("visitor_id="));
}

#[tokio::test]
async fn until_an_epoch_is_complete_the_glass_says_that_the_crowd_gathers() {
    let demo = demo().await;
    let glass = demo.glass.local_addr();
    demo.epochs.store(0, Ordering::Relaxed);
    let numbers: Value = serde_json::from_str(&get(glass, "/numbers", "").await.body).unwrap();
    assert_eq!((&numbers["gathering"], &numbers["k"]), (&json!(true), &json!(20)));
    assert!((1..=5).contains(&numbers["wait_seconds"].as_u64().unwrap()));
    let alone = look(glass, &preset(glass, "Alone in Brazil").await).await;
    assert_eq!(alone["steps"][2]["outcome"], "gathering");
    demo.epochs.store(1, Ordering::Relaxed);
    let alone = look(glass, &preset(glass, "Alone in Brazil").await).await;
    assert_eq!(alone["steps"][2]["outcome"], "too few");
}

#[tokio::test]
async fn only_whole_questions_about_listed_visitors_are_answered() {
    let demo = demo().await;
    let glass = demo.glass.local_addr();
    let mut choice = preset(glass, "Marie, Paris").await;
    let ask = async |kind, body: String| post(glass, "/look", kind, "", &body).await.status;
    assert_eq!(ask("text/plain", choice.to_string()).await, 415);
    assert_eq!(ask(JSON, "{".into()).await, 400);
    assert_eq!(ask(JSON, "x".repeat(5_000)).await, 413);
    choice["country"] = json!("XX");
    assert_eq!(ask(JSON, choice.to_string()).await, 400);
    choice["extra"] = json!(1);
    assert_eq!(ask(JSON, choice.to_string()).await, 400);
    assert_eq!(get(glass, "/etc/passwd", "").await.status, 404);
}

#[tokio::test]
async fn every_file_that_the_page_names_is_served_and_nothing_comes_from_elsewhere() {
    let demo = demo().await;
    let glass = demo.glass.local_addr();
    let page = get(glass, "/", "").await;
    assert!(page.fields("content-security-policy")[0].starts_with("default-src 'none'"));
    assert!(!page.body.contains("http:") && !page.body.contains("https:"));
    let scripts = get(glass, "/glass.js", "").await.body;
    let named = |text: &str, before: &str, after: char| {
        let parts: Vec<_> = text.split(before).skip(1).collect();
        parts.iter().filter_map(|p| p.split(after).next()).map(|n| format!("/{n}")).collect::<Vec<_>>()
    };
    let mut files = named(&page.body, "src=\"/", '"');
    files.extend(named(&page.body, "stylesheet\" href=\"/", '"'));
    files.extend(named(&scripts, "from './", '\''));
    assert!(files.len() >= 5, "{files:?}");
    for file in files {
        assert_eq!(get(glass, &file, "").await.status, 200, "{file}");
    }
}
