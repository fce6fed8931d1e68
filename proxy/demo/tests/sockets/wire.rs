//! What recorders and the tap write down is what was sent, byte for byte.

use cloakroom_demo::{Origin, Recorder, Simulator, SimulatorConfig, Tap};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::{anywhere, post};

#[tokio::test]
async fn both_ends_record_each_request_of_a_kept_connection() {
    let (before, behind) = (Recorder::new(), Recorder::new());
    let origin = Origin::start(anywhere(), behind.clone()).await.unwrap();
    let tap = Tap::start(anywhere(), origin.local_addr(), before.clone()).await.unwrap();
    let mut visitor = TcpStream::connect(tap.local_addr()).await.unwrap();
    let first = "GET /c/packs HTTP/1.1\r\nHost: a\r\nX-Odd:   caf\u{e9}\r\n\r\n";
    let second = "HEAD / HTTP/1.1\r\nhOST: a\r\nConnection: close\r\n\r\n";
    for request in [first, second] {
        visitor.write_all(request.as_bytes()).await.unwrap();
    }
    let mut answers = Vec::new();
    visitor.read_to_end(&mut answers).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&answers).matches("HTTP/1.1 200").count(), 2);
    for recorder in [&before, &behind] {
        let kept: Vec<_> = recorder.since(0).iter().map(|r| r.bytes().to_vec()).collect();
        assert_eq!(kept, [first.as_bytes(), second.as_bytes()]);
        assert_eq!((recorder.total(), recorder.since(1).len()), (2, 1));
    }
    assert_eq!(before.since(0)[0].peer(), visitor.local_addr().unwrap());
}

#[tokio::test]
async fn bodies_are_recorded_too() {
    let recorder = Recorder::new();
    let origin = Origin::start(anywhere(), recorder.clone()).await.unwrap();
    post(origin.local_addr(), "/login", "text/plain", "", "name=Marie&password=canary").await;
    assert!(recorder.since(0)[0].bytes().ends_with(b"password=canary"));
}

#[tokio::test]
async fn simulated_visitors_come_at_a_bounded_rate_and_stop_when_told() {
    let recorder = Recorder::new();
    let origin = Origin::start(anywhere(), recorder.clone()).await.unwrap();
    let visitors = Simulator::start(SimulatorConfig {
        address: origin.local_addr(),
        host: "shop.example".into(),
        seed: 3,
        k: 20,
        epoch: std::time::Duration::from_secs(5),
        campaign: "spring".into(),
    });
    tokio::time::sleep(std::time::Duration::from_millis(1_000)).await;
    let (answered, failed) = (visitors.answered(), visitors.failed());
    assert!((20..=320).contains(&answered), "{answered} visits in a second");
    assert_eq!(failed, 0);
    visitors.stop().await;
    let after = recorder.total();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(recorder.total(), after);
}

#[tokio::test]
async fn the_tap_waits_for_a_proxy_that_is_not_there_yet() {
    // Bound and let go again: for the moment nobody listens there.
    let later = tokio::net::TcpListener::bind(anywhere()).await.unwrap().local_addr().unwrap();
    let tap = Tap::start(anywhere(), later, Recorder::new()).await.unwrap();
    let mut visitor = TcpStream::connect(tap.local_addr()).await.unwrap();
    visitor.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(120)).await;
    let _origin = Origin::start(later, Recorder::new()).await.unwrap();
    let mut answer = Vec::new();
    visitor.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
}
