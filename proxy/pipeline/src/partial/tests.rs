//! Parts of bodies, read back by a parser that shares nothing with what wrote them.

use proptest::prelude::*;

use super::*;

const TYPE: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

fn range(first: usize, last: usize) -> ByteRange {
    ByteRange::new(first, last).unwrap()
}

/// A body in slices of at most `step` bytes.
fn sliced(body: &[u8], step: usize) -> Vec<Bytes> {
    body.chunks(step).map(Bytes::copy_from_slice).collect()
}

fn whole(partial: &Partial) -> Vec<u8> {
    let body = partial.body().concat();
    assert_eq!(body.len(), partial.length());
    body
}

fn field<'p>(partial: &'p Partial, name: &HeaderName) -> &'p str {
    let [(found, value)] = partial.fields() else { panic!("{} fields", partial.fields().len()) };
    assert_eq!(found, name);
    value.to_str().unwrap()
}

/// The fields and bytes of each part of a `multipart/byteranges`, by RFC 2046 §5.1.1 read from its text.
fn parse(content_type: &str, body: &[u8]) -> Vec<(Vec<(String, String)>, Vec<u8>)> {
    let boundary = content_type.strip_prefix("multipart/byteranges; boundary=").unwrap();
    assert!((1..=70).contains(&boundary.len()) && boundary.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    // A delimiter belongs to the line end before it, which the first one does not need.
    let text = [b"\r\n", body].concat();
    let delimiter = format!("\r\n--{boundary}");
    let mut ends = Vec::new();
    for at in 0..text.len() {
        if text[at..].starts_with(delimiter.as_bytes()) {
            ends.push((at, at + delimiter.len()));
        }
    }
    let (_, last) = ends.pop().unwrap();
    assert_eq!(&text[last..], b"--\r\n");
    let starts = ends.iter().map(|(_, end)| *end);
    let stops = ends.iter().map(|(start, _)| *start).skip(1).chain([last - delimiter.len()]);
    let part = |(start, stop): (usize, usize)| {
        let part = text[start..stop].strip_prefix(b"\r\n").unwrap();
        let head = part.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let fields = std::str::from_utf8(&part[..head]).unwrap().split("\r\n");
        let fields = fields.map(|line| line.split_once(": ").unwrap());
        let fields = fields.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        (fields, part[head + 4..].to_vec())
    };
    starts.zip(stops).map(part).collect()
}

#[test]
fn one_part_is_sent_as_it_is_as_rfc_9110_15_3_7_1_says() {
    let body = sliced(b"0123456789", 4);
    let rows =
        [(0, 0, "0"), (0, 9, "0123456789"), (3, 4, "34"), (4, 7, "4567"), (2, 8, "2345678"), (9, 9, "9")];
    for (first, last, bytes) in rows {
        let partial = Partial::of(&[range(first, last)], &body, Some(&TYPE), None).unwrap();
        assert_eq!(partial.status(), 206);
        assert_eq!(field(&partial, &CONTENT_RANGE), format!("bytes {first}-{last}/10"));
        assert_eq!(whole(&partial), bytes.as_bytes());
    }
}

#[test]
fn the_body_is_not_copied() {
    let body = sliced(b"0123456789", 5);
    let partial = Partial::of(&[range(3, 6)], &body, None, None).unwrap();
    let places: Vec<_> = partial.body().iter().map(|slice| slice.as_ptr()).collect();
    assert_eq!(places, [body[0][3..].as_ptr(), body[1].as_ptr()]);
    let partial = Partial::of(&[range(6, 6), range(0, 1)], &body, None, None).unwrap();
    let places = [1, 3].map(|at: usize| partial.body()[at].as_ptr());
    assert_eq!(places, [body[1][1..].as_ptr(), body[0].as_ptr()]);
}

#[test]
fn several_parts_are_written_as_rfc_9110_15_3_7_2_says() {
    let tag = EntityTag::of([&b"x"[..]]);
    let ranges = [range(5, 6), range(0, 0)];
    let partial = Partial::of(&ranges, &sliced(b"0123456789", 3), Some(&TYPE), Some(tag)).unwrap();
    let boundary = format!("part0of{}", tag.digits());
    assert_eq!(partial.status(), 206);
    assert_eq!(field(&partial, &CONTENT_TYPE), format!("multipart/byteranges; boundary={boundary}"));
    let text = format!(
        "--{boundary}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Range: bytes 5-6/10\r\n\r\n56\r\n\
         --{boundary}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Range: bytes 0-0/10\r\n\r\n0\r\n\
         --{boundary}--\r\n"
    );
    assert_eq!(String::from_utf8(whole(&partial)).unwrap(), text);
    let untyped = Partial::of(&ranges, &sliced(b"0123456789", 3), None, Some(tag)).unwrap();
    assert!(!String::from_utf8(whole(&untyped)).unwrap().contains("Content-Type"));
}

#[test]
fn a_boundary_that_the_parts_hold_is_not_used() {
    let tag = Some(EntityTag::of([&b"x"[..]]));
    let ends = |body: &[u8], step| {
        let ranges = [range(0, 0), range(2, body.len() - 1)];
        let partial = Partial::of(&ranges, &sliced(body, step), None, tag)?;
        Some(field(&partial, &CONTENT_TYPE).to_owned())
    };
    let taken = boundary(tag, 0);
    let with = format!("ab--{taken}--");
    let free = format!("multipart/byteranges; boundary={}", boundary(tag, 1));
    for step in 1..with.len() + 1 {
        assert_eq!(ends(with.as_bytes(), step), Some(free.clone()), "in slices of {step}");
    }
    // One letter less is no boundary, and neither is what no part holds.
    let first = format!("multipart/byteranges; boundary={taken}");
    assert_eq!(ends(&with.as_bytes()[..with.len() - 3], 7), Some(first.clone()));
    let between = format!("a{taken}b");
    let ranges = [range(0, 4), range(between.len() - 4, between.len() - 1)];
    let partial = Partial::of(&ranges, &sliced(between.as_bytes(), 7), None, tag).unwrap();
    assert_eq!(field(&partial, &CONTENT_TYPE), first);
    let all: String = (0..MAX_TRIES).map(|attempt| boundary(tag, attempt)).collect();
    assert_eq!(ends(format!("ab{all}").as_bytes(), 5), None);
}

#[test]
fn what_is_not_there_is_not_taken_apart() {
    let body = sliced(b"0123456789", 4);
    assert!(Partial::of(&[], &body, None, None).is_none());
    assert!(Partial::of(&[range(0, 10)], &body, None, None).is_none());
    assert!(Partial::of(&[range(0, 1), range(5, 10)], &body, None, None).is_none());
    assert!(Partial::of(&[range(0, 0)], &[], None, None).is_none());
}

#[test]
fn a_416_tells_the_length_as_rfc_9110_15_5_17_says() {
    let partial = Partial::unsatisfiable(47_022);
    assert_eq!(partial.status(), 416);
    assert_eq!(field(&partial, &CONTENT_RANGE), "bytes */47022");
    assert!(partial.body().is_empty() && partial.length() == 0);
}

proptest! {
    /// Bodies of few letters, line ends and pieces of the boundary, in slices of any size.
    #[test]
    fn parts_are_read_back_as_they_stood_and_nothing_panics(
        pieces in proptest::collection::vec(prop_oneof![
            Just("\r\n"), Just("--"), Just("part0of"), Just("part1of"), Just("a"), Just("\r\n\r\n"),
        ], 1..40),
        step in 1_usize..30,
        places in proptest::collection::vec((0_usize..120, 0_usize..120), 1..6),
    ) {
        let body = pieces.concat().into_bytes();
        let places: Vec<_> = places.into_iter().map(|(a, b)| range(a.min(b), a.max(b))).collect();
        let within = places.iter().all(|range| range.last() < body.len());
        let partial = Partial::of(&places, &sliced(&body, step), Some(&TYPE), None);
        let Some(partial) = partial else {
            prop_assert!(!within);
            return Ok(());
        };
        prop_assert!(within);
        let bytes = whole(&partial);
        let told = |range: &ByteRange| format!("bytes {}-{}/{}", range.first(), range.last(), body.len());
        if let [range] = &places[..] {
            prop_assert_eq!(field(&partial, &CONTENT_RANGE), told(range));
            prop_assert_eq!(&bytes[..], &body[range.first()..=range.last()]);
            return Ok(());
        }
        let parts = parse(field(&partial, &CONTENT_TYPE), &bytes);
        prop_assert_eq!(parts.len(), places.len());
        for ((fields, bytes), range) in parts.iter().zip(&places) {
            let wanted = [("content-type", "text/html; charset=utf-8".to_owned()), ("content-range", told(range))];
            let wanted = wanted.map(|(name, value)| (name.to_owned(), value));
            prop_assert_eq!(&fields[..], &wanted[..]);
            prop_assert_eq!(&bytes[..], &body[range.first()..=range.last()]);
        }
    }
}
