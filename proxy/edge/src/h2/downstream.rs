//! A stream of HTTP/2 as pingora's proxy takes it: what is not answered at the door goes on as one of
//! its sessions.
//!
//! pingora has a session of its own for HTTP/2, but only for streams that it accepts itself, which would
//! cost every hit what only a passthrough needs.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use http::header::{CONNECTION, CONTENT_LENGTH, DATE, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName, Response};
use pingora_core::protocols::Digest;
use pingora_core::protocols::http::HttpTask;
use pingora_core::protocols::http::custom::CustomMessageWrite;
use pingora_core::protocols::http::custom::server::Session;
use pingora_core::protocols::http::date::get_cached_date;
use pingora_core::protocols::l4::socket::SocketAddr;
use pingora_core::{Error, ErrorType, OrErr, Result};
use pingora_http::{RequestHeader, ResponseHeader};
use pingora_timeout::timeout;

use super::sending;

/// Of a request's body, what is kept in case that it has to be sent to the origin again.
const RETRY: usize = 64 << 10;

/// Fields of HTTP/1.1's connections, which no answer over HTTP/2 has (RFC 9113 §8.2.2).
const OF_CONNECTIONS: [HeaderName; 5] = [
    CONNECTION,
    TRANSFER_ENCODING,
    UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

type Messages = Box<dyn Stream<Item = Result<Bytes>> + Unpin + Send + Sync + 'static>;

/// A stream, as a session.
pub(crate) struct Downstream {
    request: RequestHeader,
    body: RecvStream,
    respond: SendResponse<Bytes>,
    sending: Option<SendStream<Bytes>>,
    written: Option<Box<ResponseHeader>>,
    ended: bool,
    read: usize,
    sent: usize,
    /// `None` while nothing has to be kept, or once it is too much.
    retry: Option<BytesMut>,
    retry_truncated: bool,
    digest: Arc<Digest>,
    max_silence: Duration,
}

impl Downstream {
    /// Any silence of the client longer than `max_silence` ends the stream.
    pub(crate) fn new(
        request: RequestHeader,
        body: RecvStream,
        respond: SendResponse<Bytes>,
        digest: Arc<Digest>,
        max_silence: Duration,
    ) -> Self {
        Self {
            request,
            body,
            respond,
            sending: None,
            written: None,
            ended: false,
            read: 0,
            sent: 0,
            retry: None,
            retry_truncated: false,
            digest,
            max_silence,
        }
    }

    fn keep(&mut self, part: &[u8]) {
        let Some(kept) = &mut self.retry else { return };
        if kept.len() + part.len() <= RETRY {
            kept.extend_from_slice(part);
        } else {
            (self.retry, self.retry_truncated) = (None, true);
        }
    }

    fn write_head(&mut self, mut head: Box<ResponseHeader>, end: bool) -> Result<()> {
        if self.ended || self.written.is_some() || head.status.is_informational() {
            return Ok(());
        }
        if !head.headers.contains_key(DATE) {
            head.insert_header(DATE, get_cached_date())?;
        }
        for name in &OF_CONNECTIONS {
            head.remove_header(name);
        }
        let response = Response::from_parts(head.as_owned_parts(), ());
        let sending = self.respond.send_response(response, end);
        let gone = |error: Box<Error>| error.into_down();
        let what = "the head of an answer over HTTP/2";
        self.sending = Some(sending.or_err(ErrorType::WriteError, what).map_err(gone)?);
        (self.written, self.ended) = (Some(head), end);
        Ok(())
    }

    async fn write(&mut self, part: Bytes, end: bool) -> Result<()> {
        if self.ended {
            return Ok(());
        }
        let Some(stream) = &mut self.sending else {
            return Error::e_explain(ErrorType::H2Error, "a body before its head");
        };
        let length = part.len();
        let gone =
            || Error::explain(ErrorType::WriteError, "the client takes no more over HTTP/2").into_down();
        sending::send(stream, part, end, self.max_silence).await.ok_or_else(gone)?;
        (self.sent, self.ended) = (self.sent + length, end);
        Ok(())
    }

    /// Ends the answer if it is not ended.
    fn end(&mut self) -> Result<()> {
        let Some(stream) = self.sending.as_mut().filter(|_| !self.ended) else { return Ok(()) };
        self.ended = true;
        let sent = stream.send_data(Bytes::new(), true);
        sent.or_err(ErrorType::WriteError, "the end of an answer over HTTP/2")
            .map_err(|error| error.into_down())
    }

    async fn part_of_body(&mut self) -> Result<Option<Bytes>> {
        let next = timeout(self.max_silence, self.body.data()).await;
        let next = next.or_err(ErrorType::ReadTimedout, "a body over HTTP/2").map_err(|e| e.into_down())?;
        let Some(part) = next.transpose().or_err(ErrorType::ReadError, "a body over HTTP/2")? else {
            return Ok(None);
        };
        self.read += part.len();
        // An error would mean that the stream is gone, which the next read finds.
        let _ = self.body.flow_control().release_capacity(part.len());
        self.keep(&part);
        Ok(Some(part))
    }

    /// Ends when the client resets the stream, or is gone.
    async fn reset(&mut self) -> Result<Reason> {
        let reset = poll_fn(|cx| match &mut self.sending {
            Some(stream) => stream.poll_reset(cx),
            None => self.respond.poll_reset(cx),
        });
        reset.await.or_err(ErrorType::H2Error, "a client that is gone")
    }

    fn has_no_body(&self) -> bool {
        let length = self.request.headers.get(CONTENT_LENGTH);
        self.read == 0 && (self.body.is_end_stream() || length.is_some_and(|length| length == "0"))
    }

    fn is_read(&self) -> bool {
        self.has_no_body() || self.body.is_end_stream()
    }
}

#[async_trait]
impl Session for Downstream {
    fn req_header(&self) -> &RequestHeader {
        &self.request
    }

    fn req_header_mut(&mut self) -> &mut RequestHeader {
        &mut self.request
    }

    async fn read_body_bytes(&mut self) -> Result<Option<Bytes>> {
        self.part_of_body().await
    }

    async fn drain_request_body(&mut self) -> Result<()> {
        let longest = self.max_silence;
        let drained = timeout(longest, async {
            while !self.is_read() && self.part_of_body().await?.is_some() {}
            Ok(())
        });
        drained
            .await
            .or_err(ErrorType::ReadTimedout, "a body that nobody reads")
            .map_err(|e| e.into_down())?
    }

    async fn write_response_header(&mut self, head: Box<ResponseHeader>, end: bool) -> Result<()> {
        self.write_head(head, end)
    }

    async fn write_response_header_ref(&mut self, head: &ResponseHeader, end: bool) -> Result<()> {
        self.write_head(Box::new(head.clone()), end)
    }

    async fn write_body(&mut self, data: Bytes, end: bool) -> Result<()> {
        self.write(data, end).await
    }

    async fn write_trailers(&mut self, trailers: HeaderMap) -> Result<()> {
        let Some(stream) = self.sending.as_mut().filter(|_| !self.ended) else { return Ok(()) };
        self.ended = true;
        let sent = stream.send_trailers(trailers);
        sent.or_err(ErrorType::WriteError, "trailers over HTTP/2").map_err(|error| error.into_down())
    }

    async fn response_duplex_vec(&mut self, tasks: Vec<HttpTask>) -> Result<bool> {
        let mut over = false;
        for task in tasks {
            over |= match task {
                HttpTask::Header(head, end) => self.write_head(head, end).map(|()| end)?,
                HttpTask::Body(data, end) => {
                    if let Some(data) = data.filter(|data| !data.is_empty()) {
                        self.write(data, end).await?;
                    }
                    end
                }
                HttpTask::UpgradedBody(..) => {
                    return Error::e_explain(ErrorType::InternalError, "HTTP/2 knows no upgrades");
                }
                HttpTask::Trailer(Some(trailers)) => self.write_trailers(*trailers).await.map(|()| true)?,
                HttpTask::Trailer(None) | HttpTask::Done => true,
                HttpTask::Failed(error) => return Err(error),
            };
        }
        if over {
            self.end()?;
        }
        Ok(over)
    }

    // All waiting for the client ends alike.
    fn set_read_timeout(&mut self, _timeout: Option<Duration>) {}

    fn get_read_timeout(&self) -> Option<Duration> {
        Some(self.max_silence)
    }

    fn set_write_timeout(&mut self, _timeout: Option<Duration>) {}

    fn get_write_timeout(&self) -> Option<Duration> {
        Some(self.max_silence)
    }

    fn set_total_drain_timeout(&mut self, _timeout: Option<Duration>) {}

    fn get_total_drain_timeout(&self) -> Option<Duration> {
        Some(self.max_silence)
    }

    /// Nothing of the request.
    fn request_summary(&self) -> String {
        "a request over HTTP/2".to_owned()
    }

    fn response_written(&self) -> Option<&ResponseHeader> {
        self.written.as_deref()
    }

    /// Lets the client see that the answer is not whole.
    async fn shutdown(&mut self, _code: u32, _context: &str) {
        if !self.ended {
            self.respond.send_reset(Reason::INTERNAL_ERROR);
        }
    }

    fn is_body_done(&mut self) -> bool {
        self.is_read()
    }

    async fn finish(&mut self) -> Result<()> {
        self.end()
    }

    fn is_body_empty(&mut self) -> bool {
        self.has_no_body()
    }

    async fn read_body_or_idle(&mut self, no_body_expected: bool) -> Result<Option<Bytes>> {
        if !no_body_expected && !self.is_read() {
            return self.part_of_body().await;
        }
        self.reset().await?;
        Error::e_explain(ErrorType::H2Error, "the client has reset the stream")
    }

    fn body_bytes_sent(&self) -> usize {
        self.sent
    }

    fn body_bytes_read(&self) -> usize {
        self.read
    }

    fn digest(&self) -> Option<&Digest> {
        Some(&self.digest)
    }

    fn digest_mut(&mut self) -> Option<&mut Digest> {
        Arc::get_mut(&mut self.digest)
    }

    fn client_addr(&self) -> Option<&SocketAddr> {
        self.digest.socket_digest.as_ref()?.peer_addr()
    }

    fn server_addr(&self) -> Option<&SocketAddr> {
        self.digest.socket_digest.as_ref()?.local_addr()
    }

    /// Asked for by subrequests alone, of which there are none.
    fn pseudo_raw_h1_request_header(&self) -> Bytes {
        Bytes::new()
    }

    fn enable_retry_buffering(&mut self) {
        if self.retry.is_none() && !self.retry_truncated {
            self.retry = Some(BytesMut::new());
        }
    }

    fn retry_buffer_truncated(&self) -> bool {
        self.retry_truncated
    }

    fn get_retry_buffer(&self) -> Option<Bytes> {
        let kept = self.retry.as_ref().filter(|kept| !kept.is_empty())?;
        Some(Bytes::copy_from_slice(kept))
    }

    // HTTP/2 has no messages beside request and answer.
    async fn finish_custom(&mut self) -> Result<()> {
        Ok(())
    }

    fn take_custom_message_reader(&mut self) -> Option<Messages> {
        None
    }

    fn restore_custom_message_reader(&mut self, _reader: Messages) -> Result<()> {
        Ok(())
    }

    fn take_custom_message_writer(&mut self) -> Option<Box<dyn CustomMessageWrite>> {
        None
    }

    fn restore_custom_message_writer(&mut self, _writer: Box<dyn CustomMessageWrite>) -> Result<()> {
        Ok(())
    }
}
