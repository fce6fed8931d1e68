//! Answers on streams of HTTP/2: a head, and a body as far as the client has room for it.

use std::future::poll_fn;
use std::time::{Duration, Instant};

use bytes::Bytes;
use cloakroom_pipeline::Answer;
use h2::server::SendResponse;
use h2::{Reason, SendStream};
use http::header::{CONTENT_LENGTH, DATE};
use http::{HeaderMap, HeaderValue, Response};
use pingora_core::protocols::http::date::get_cached_date;
use pingora_timeout::timeout;

use super::FRAME;
use crate::door::Door;
use crate::respond;

/// What is left to do of an answer.
pub(crate) enum Rest {
    /// Nothing: it is sent, or its client is gone.
    Nothing,
    /// A body that the client has no room for yet.
    Body(SendStream<Bytes>),
    /// A page that is still arriving.
    Arriving(SendStream<Bytes>),
}

/// Sends as much of an answer as goes without waiting.
pub(crate) fn begin(door: &Door, mut respond: SendResponse<Bytes>, answer: &Answer) -> Rest {
    let arrives = answer.arriving().is_some();
    let body = answer.body();
    let length = body.iter().map(Bytes::len).sum();
    let head = head(answer, (!arrives).then_some(length));
    let sends = !answer.is_head_only() && (arrives || length > 0);
    // A client that has reset the stream gets nothing, here and below.
    let Ok(mut stream) = respond.send_response(head, !sends) else { return Rest::Nothing };
    if !sends {
        respond::count(door.live.measure(), answer, 0);
        return Rest::Nothing;
    }
    if arrives {
        return Rest::Arriving(stream);
    }
    stream.reserve_capacity(length);
    if stream.capacity() < length {
        return Rest::Body(stream);
    }
    let mut frames = joined(&body).peekable();
    while let Some(frame) = frames.next() {
        let end = frames.peek().is_none();
        if stream.send_data(frame, end).is_err() {
            return Rest::Nothing;
        }
    }
    respond::count(door.live.measure(), answer, length);
    Rest::Nothing
}

/// What became of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// All of it is sent.
    Whole,
    /// Its client has reset the stream, is gone, or took nothing for too long.
    Unwanted,
    /// The page has broken off on its way here.
    Broken,
}

/// Sends the rest of an answer, as the client has room for it.
pub(crate) async fn finish(door: &Door, answer: &Answer, rest: Rest) -> Sent {
    let sent = match rest {
        Rest::Nothing => return Sent::Whole,
        Rest::Body(stream) => send_all(stream, answer, door.max_silence).await,
        Rest::Arriving(stream) => read_along(stream, answer, door.max_silence).await,
    };
    match sent {
        Ok(length) => {
            respond::count(door.live.measure(), answer, length);
            Sent::Whole
        }
        Err(why) => why,
    }
}

async fn send_all(
    mut stream: SendStream<Bytes>,
    answer: &Answer,
    max_silence: Duration,
) -> Result<usize, Sent> {
    let body = answer.body();
    let mut frames = joined(&body).peekable();
    let mut sent = 0;
    while let Some(frame) = frames.next() {
        sent += frame.len();
        let wanted = send(&mut stream, frame, frames.peek().is_none(), max_silence).await;
        wanted.ok_or(Sent::Unwanted)?;
    }
    Ok(sent)
}

async fn read_along(
    mut stream: SendStream<Bytes>,
    answer: &Answer,
    max_silence: Duration,
) -> Result<usize, Sent> {
    let mut page = answer.arriving().ok_or(Sent::Broken)?.read();
    let mut sent = 0;
    loop {
        let next = tokio::select! {
            biased;
            next = page.next() => next,
            _ = poll_fn(|cx| stream.poll_reset(cx)) => return Err(Sent::Unwanted),
        };
        match next {
            Ok(Some(part)) => {
                sent += part.len();
                send(&mut stream, part, false, max_silence).await.ok_or(Sent::Unwanted)?;
            }
            Ok(None) => break,
            Err(_) => {
                // No client may take for whole what has broken off.
                stream.send_reset(Reason::INTERNAL_ERROR);
                return Err(Sent::Broken);
            }
        }
    }
    stream.send_data(Bytes::new(), true).map(|()| sent).map_err(|_| Sent::Unwanted)
}

/// Sends a part of a body as the client has room for it. `None` when the client is gone, or has had no room
/// for longer than `max_silence`; then its stream ends.
pub(crate) async fn send(
    stream: &mut SendStream<Bytes>,
    mut part: Bytes,
    end: bool,
    max_silence: Duration,
) -> Option<()> {
    if part.is_empty() {
        return if end { stream.send_data(part, true).ok() } else { Some(()) };
    }
    while !part.is_empty() {
        stream.reserve_capacity(part.len());
        let room = timeout(max_silence, poll_fn(|cx| stream.poll_capacity(cx))).await;
        let Ok(Some(Ok(room))) = room else {
            stream.send_reset(Reason::CANCEL);
            return None;
        };
        let fits = part.split_to(room.min(part.len()));
        stream.send_data(fits, end && part.is_empty()).ok()?;
    }
    Some(())
}

/// The head of an answer; `length` is that of its body, if it is known.
fn head(answer: &Answer, length: Option<usize>) -> Response<()> {
    let mut fields = HeaderMap::with_capacity(respond::FIELDS);
    respond::each_field(answer, Instant::now(), |name, value| {
        // INVARIANT: an answer has far fewer than the 32,768 fields at which this fails.
        let _ = fields.try_append(name, value);
    });
    let status = answer.status();
    if let Some(length) = length.filter(|_| respond::tells_length(status)) {
        fields.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    if !fields.contains_key(DATE) {
        fields.insert(DATE, get_cached_date());
    }
    let mut head = Response::new(());
    *head.status_mut() = status;
    *head.headers_mut() = fields;
    head
}

/// The same bytes in as few pieces as there are frames for them: each piece would be a frame of its own. Only
/// short pieces are copied.
fn joined(body: &[Bytes]) -> impl Iterator<Item = Bytes> {
    let mut rest = body;
    std::iter::from_fn(move || {
        let mut length = 0;
        let fits = |piece: &&Bytes| {
            length += piece.len();
            length <= FRAME as usize
        };
        let count = rest.iter().take_while(fits).count().max(1);
        let (now, later) = rest.split_at_checked(count)?;
        rest = later;
        match now {
            [one] => Some(one.clone()),
            many => Some(many.concat().into()),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_pieces_are_joined_and_long_ones_left() {
        let frame = FRAME as usize;
        let piece = |length: usize, of: u8| Bytes::from(vec![of; length]);
        let body =
            [piece(10, 1), piece(20, 2), piece(frame, 3), piece(frame - 1, 4), piece(1, 5), piece(1, 6)];
        let lengths: Vec<_> = joined(&body).map(|piece| piece.len()).collect();
        assert_eq!(lengths, [30, frame, frame, 1]);
        assert_eq!(joined(&body).collect::<Vec<_>>().concat(), body.concat());
        assert_eq!(joined(&body[2..3]).next().unwrap().as_ptr(), body[2].as_ptr(), "not copied");
        assert_eq!(joined(&[]).count(), 0);
    }
}
