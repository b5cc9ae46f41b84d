//! Answers in messages that are encoded already, so that thousands of streams can send the same one.
//!
//! tonic's own way keeps a buffer for each stream: 8 KiB from the beginning, and from then on as much as the largest
//! message that the stream has ever sent. For answers that end soon that is well. A watch doesn't end.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_util::Stream;
use http_body::Frame;
use prost::Message;
use tonic::{
    Status,
    body::Body,
    codegen::{
        Bytes,
        http::{HeaderMap, HeaderValue, Response, header::CONTENT_TYPE},
    },
};

/// Whether it is compressed, and how long it is.
const PREFIX: usize = 1 + size_of::<u32>();

/// A message as it goes over the wire. A clone shares its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded(Bytes);

impl Encoded {
    pub fn of(message: &impl Message) -> Self {
        let encoded = message.encode_to_vec();
        let mut bytes = Vec::with_capacity(PREFIX + encoded.len());
        bytes.push(0);
        // Messages are cut long before.
        bytes.extend(u32::try_from(encoded.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend(encoded);
        Self(bytes.into())
    }

    /// How many bytes go over the wire.
    pub fn size(&self) -> usize {
        self.0.len()
    }
}

/// An answer of such messages. It ends with the first error, or well.
pub fn answer<S>(messages: S) -> Response<Body>
where
    S: Stream<Item = Result<Encoded, Status>> + Unpin + Send + 'static,
{
    let mut response = Response::new(Body::new(Frames(Some(messages))));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}

/// The messages; none once their end has been told.
struct Frames<S>(Option<S>);

impl<S: Stream<Item = Result<Encoded, Status>> + Unpin> http_body::Body for Frames<S> {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Some(messages) = &mut self.0 else { return Poll::Ready(None) };
        let status = match ready!(Pin::new(messages).poll_next(context)) {
            Some(Ok(Encoded(bytes))) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
            Some(Err(status)) => status,
            None => Status::ok(""),
        };
        self.0 = None;
        let mut trailers = HeaderMap::new();
        Poll::Ready(Some(status.add_header(&mut trailers).map(|()| Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }
}

#[cfg(test)]
mod tests {
    use tokio_stream::StreamExt as _;
    use tonic::{Code, Streaming, codec::Codec as _};
    use tonic_prost::ProstCodec;

    use super::*;
    use crate::grpc::pb;

    async fn read(messages: Vec<Result<Encoded, Status>>) -> Vec<Result<String, Code>> {
        let (parts, body) = answer(tokio_stream::iter(messages)).into_parts();
        assert_eq!(parts.headers["content-type"], "application/grpc");
        let decoder = ProstCodec::<pb::Feed, pb::Feed>::default().decoder();
        let messages = Streaming::<pb::Feed>::new_response(decoder, body, parts.status, None, None);
        messages.map(|message| message.map(|feed| feed.name).map_err(|status| status.code())).collect().await
    }

    #[tokio::test]
    async fn what_is_encoded_once_reads_as_what_tonic_encodes() {
        let feed = |name: &str| Encoded::of(&pb::Feed { name: name.into(), ..pb::Feed::default() });
        let long = "x".repeat(100_000);
        let well = read(vec![Ok(feed("a")), Ok(feed("")), Ok(feed(&long))]).await;
        assert_eq!(well, [Ok("a".to_owned()), Ok(String::new()), Ok(long)]);
        assert_eq!(read(vec![]).await, []);
        let ill = read(vec![Ok(feed("a")), Err(Status::unavailable("x")), Ok(feed("b"))]).await;
        assert_eq!(ill, [Ok("a".to_owned()), Err(Code::Unavailable)]);
    }
}
