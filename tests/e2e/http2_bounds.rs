//! What one client of HTTP/2 can have us do, and how a connection ends.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use h2::Reason;
use http::Request;
use rustls::{ClientConnection, StreamOwned};

use crate::client::Visitor;
use crate::origin::{Origin, response};
use crate::proxy::{PATIENCE, site};
use crate::secure::{Certified, Http2, Secure, request, whole};

const ROUTES: &str = "[[route]]\npath = \"/account/*\"\nmode = \"passthrough\"\n";

fn shop_with(limits: &str, respond: impl Fn(&str) -> String + Send + Sync + 'static) -> (Origin, Secure) {
    let origin = Origin::start(move |target, _| {
        response("200 OK", "Cache-Control: max-age=600\r\n", &respond(target))
    });
    let proxy = Secure::start_with(&site(&origin, "", ROUTES), &[Certified::of(&["shop.test"])], limits);
    (origin, proxy)
}

fn shop(limits: &str) -> (Origin, Secure) {
    shop_with(limits, |target| format!("page {target}"))
}

/// How the connection ended.
fn end(http2: &mut Http2) -> Result<(), h2::Error> {
    let connection = &mut http2.connection;
    let ended = http2.runtime.block_on(async { tokio::time::timeout(PATIENCE, connection).await });
    ended.expect("an end in time").unwrap()
}

#[test]
fn a_header_that_is_too_large_is_431_and_the_connection_goes_on() {
    let (_origin, proxy) = shop("");
    let http2 = proxy.http2();
    // HTTP/2 counts names, values and 32 bytes a field: 16 KiB here.
    for (fields, length) in [(1, 17_000), (40, 400)] {
        let mut large = Visitor::new("/");
        for at in 0..fields {
            large = large.with(&format!("x-{at}"), "a".repeat(length));
        }
        assert_eq!(http2.ask(&large).status, 431);
        assert_eq!(http2.ask(&Visitor::new("/")).status, 200);
    }
    assert_eq!(http2.ask(&Visitor::new("/").with("x-a", "a".repeat(15_000))).status, 200);
}

#[test]
fn no_more_streams_are_served_at_a_time_than_is_configured() {
    let (_origin, proxy) = shop("concurrent_streams = 3\n");
    let http2 = proxy.http2();
    assert_eq!(http2.ask(&Visitor::new("/")).status, 200);
    assert_eq!(http2.requests.current_max_send_streams(), 3);
}

#[test]
fn a_client_that_takes_nothing_blocks_nobody_else_and_is_cut_off() {
    let (_origin, proxy) = shop_with("client_silence = \"1s\"\n", |target| {
        if target.contains("long") { "x".repeat(900_000) } else { "short".into() }
    });
    for target in ["/long", "/account/long"] {
        let http2 = proxy.http2();
        let stalled = http2.send(&Visitor::new(target));
        let stalled = http2.runtime.block_on(stalled).unwrap();
        assert_eq!(stalled.status(), 200);
        // The window of the connection is full, and nothing is taken out of it; heads go past it.
        assert_eq!(http2.ask(&Visitor { method: "HEAD".into(), ..Visitor::new("/") }).status, 200);
        std::thread::sleep(Duration::from_millis(3_000));
        let cut = http2.runtime.block_on(async { tokio::time::timeout(PATIENCE, whole(stalled)).await });
        let error = cut.expect("an end").unwrap_err();
        assert!(error.is_reset() || error.is_go_away() || error.is_io(), "{error}");
    }
    assert_eq!(proxy.http2().ask(&Visitor::new("/")).text(), "short");
}

#[test]
fn a_client_that_falls_silent_is_let_go() {
    let (_origin, proxy) = shop("client_silence = \"1s\"\n");
    // Said nothing, not even hello; and had an answer.
    let mut mute = proxy.connect(proxy.client(&["h2"]));
    mute.conn.complete_io(&mut mute.sock).unwrap();
    let mut rest = Vec::new();
    let _ = mute.read_to_end(&mut rest);
    let mut http2 = proxy.http2();
    assert_eq!(http2.ask(&Visitor::new("/")).status, 200);
    assert!(end(&mut http2).is_ok(), "a goodbye without an error");
    // Began a passthrough and never sent its body.
    let http2 = proxy.http2();
    let begun = Request::post("https://shop.test/account/a").header("content-length", "9").body(()).unwrap();
    let answer = http2.runtime.block_on(async {
        let (response, _body) = http2.requests.clone().send_request(begun, false).unwrap();
        let answer = async { Ok::<_, h2::Error>(response.await?.status()) };
        tokio::time::timeout(PATIENCE, answer).await.expect("an end in time")
    });
    assert!(!answer.is_ok_and(|status| status.is_success()));
}

/// Opens streams and resets each after a while, until the connection ends; gives how many it took.
fn reset_rapidly(proxy: &Secure, target: &str, after: Duration) -> usize {
    let http2 = proxy.http2();
    http2.runtime.block_on(async {
        let mut requests = http2.requests.clone();
        for opened in 0..3_000 {
            requests = match requests.ready().await {
                Ok(requests) => requests,
                Err(_) => return opened,
            };
            match requests.send_request(request(&Visitor::new(&format!("{target}{opened}"))), true) {
                Ok((_, mut stream)) => {
                    tokio::time::sleep(after).await;
                    stream.send_reset(Reason::CANCEL);
                }
                Err(_) => return opened,
            }
        }
        usize::MAX
    })
}

#[test]
fn a_client_that_resets_streams_rapidly_is_cut_off() {
    let (origin, proxy) = shop_with("", |target| {
        std::thread::sleep(Duration::from_millis(300));
        format!("page {target}")
    });
    for target in ["/account/", "/slow"] {
        // Reset before they are looked at, or when they have long been begun.
        for after in [Duration::ZERO, Duration::from_millis(4)] {
            let opened = reset_rapidly(&proxy, target, after);
            assert!(opened < 400, "{target}: {opened} streams, each reset after {after:?}");
        }
    }
    assert!(origin.received().len() < 800, "{}", origin.received().len());
    // Somebody who changes their mind now and then is not.
    let http2 = proxy.http2();
    for at in 0..20 {
        drop(http2.send(&Visitor::new(&format!("/account/{at}"))));
        assert_eq!(http2.ask(&Visitor::new("/")).status, 200);
    }
}

/// A connection on which frames are written by hand.
fn by_hand(proxy: &Secure) -> StreamOwned<ClientConnection, TcpStream> {
    let mut stream = proxy.connect(proxy.client(&["h2"]));
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap();
    stream.write_all(&frame(4, 0, 0, b"")).unwrap();
    stream
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// The code of the GOAWAY that ends the connection, if one does.
fn goodbye(stream: &mut StreamOwned<ClientConnection, TcpStream>) -> Option<u32> {
    let mut read = Vec::new();
    let _ = stream.read_to_end(&mut read);
    let mut rest = read.as_slice();
    let mut code = None;
    while let Some(head) = rest.get(..9) {
        let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
        let Some(payload) = rest.get(9..9 + length) else { break };
        if head[3] == 7 {
            code = Some(u32::from_be_bytes(payload[4..8].try_into().unwrap()));
        }
        rest = &rest[9 + length..];
    }
    code
}

#[test]
fn a_head_that_never_ends_is_cut_off() {
    let (_origin, proxy) = shop("");
    let mut stream = by_hand(&proxy);
    // HEADERS without END_HEADERS, then CONTINUATION after CONTINUATION (CVE-2024-27316).
    let _ = stream.write_all(&frame(1, 1, 1, &[0x82]));
    let field = [&[0x00, 0x01, b'a', 0x7f, 0x81, 0x7e][..], &vec![b'a'; 16_000]].concat();
    let mut written = 0;
    while written < 400 && stream.write_all(&frame(9, 0, 1, &field)).is_ok() {
        written += 1;
    }
    assert!(written < 400, "the connection takes 6 MB of one head");
    assert_eq!(proxy.http2().ask(&Visitor::new("/")).status, 200);
}

#[test]
fn frames_that_break_the_protocol_end_the_connection_and_nothing_else() {
    let (_origin, proxy) = shop("");
    let broken: [&[u8]; 6] = [
        // DATA on stream 0; a window of 0; settings of 5 bytes; a push; a frame longer than was agreed on.
        &frame(0, 0, 0, b"x"),
        &frame(8, 0, 0, &[0; 4]),
        &frame(4, 0, 0, &[0; 5]),
        &frame(5, 4, 1, &[0, 0, 0, 2]),
        &frame(0, 0, 1, &vec![0; 20_000]),
        b"GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n",
    ];
    for bytes in broken {
        let mut stream = by_hand(&proxy);
        let _ = stream.write_all(bytes);
        assert_ne!(goodbye(&mut stream), Some(0), "{bytes:?}");
    }
    // Too many streams that are none: requests without a path.
    let mut stream = by_hand(&proxy);
    let mut written = 0;
    for id in (1..4_000).step_by(2) {
        if stream.write_all(&frame(1, 5, id, &[0x82, 0x87])).is_err() {
            break;
        }
        written += 1;
    }
    assert!(written < 1_999 || goodbye(&mut stream).is_some_and(|code| code != 0));
    assert_eq!(proxy.http2().ask(&Visitor::new("/")).status, 200);
}

#[test]
fn a_program_that_stops_says_goodbye_and_finishes_what_is_under_way() {
    let (_origin, mut proxy) = shop_with("", |target| {
        if target.contains("slow") {
            std::thread::sleep(Duration::from_millis(1_500));
        }
        format!("page {target}")
    });
    let (mut idle, mut busy) = (proxy.http2(), proxy.http2());
    assert_eq!(idle.ask(&Visitor::new("/")).status, 200);
    let under_way = [busy.send(&Visitor::new("/slow")), busy.send(&Visitor::new("/account/slow"))];
    let mut plain = TcpStream::connect(proxy.proxy.address()).unwrap();
    plain.write_all(b"GET /account/slow HTTP/1.1\r\nHost: shop.test\r\n\r\n").unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let since = Instant::now();
    proxy.proxy.terminate();
    assert!(end(&mut idle).is_ok(), "GOAWAY without an error");
    assert!(since.elapsed() < Duration::from_millis(900), "an idle connection need not wait");
    for response in under_way {
        assert!(busy.wait(response).unwrap().text().ends_with("slow"));
    }
    assert!(end(&mut busy).is_ok());
    let mut read = String::new();
    plain.set_read_timeout(Some(PATIENCE)).unwrap();
    let _ = plain.read_to_string(&mut read);
    assert!(read.ends_with("page /account/slow"), "{read}");
    assert!(proxy.proxy.wait_for_exit().success());
    assert!(since.elapsed() < Duration::from_secs(4));
}

#[test]
fn frames_of_an_answer_are_no_longer_than_the_client_allows() {
    let long = "a line\n".repeat(50_000);
    let served = long.clone();
    let (_origin, proxy) = shop_with("", move |_| served.clone());
    let mut builder = h2::client::Builder::new();
    builder.initial_window_size(1_000).initial_connection_window_size(65_535).max_frame_size(16_384);
    let http2 = Http2::connect(&proxy, builder);
    for _ in 0..3 {
        assert_eq!(http2.ask(&Visitor::new("/long")).text(), long);
    }
}
