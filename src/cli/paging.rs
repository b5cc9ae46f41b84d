//! Answers that come in parts: pages that are asked for one after the other, and streams.

use tonic::{Response, Status, Streaming};

use super::{client::Client, failure::Failure};
use crate::grpc::pb;

/// Objects in a page. The largest that a server gives is 1,000.
const PAGE: u32 = 500;

/// Asks for page after page until that many objects are there, and whether that was all of them. A page is its
/// objects and the token of the next one.
pub(super) async fn pages<T>(
    most: usize,
    mut ask: impl AsyncFnMut(pb::Page) -> Result<(Vec<T>, String), Failure>,
) -> Result<(Vec<T>, bool), Failure> {
    let (mut all, mut token) = (Vec::new(), String::new());
    loop {
        let (objects, next) = ask(pb::Page { size: PAGE, token }).await?;
        all.extend(objects);
        if all.len() > most || next.is_empty() {
            let whole = all.len() <= most;
            all.truncate(most);
            return Ok((all, whole));
        }
        token = next;
    }
}

/// Takes in every message of a stream; one that breaks off is no answer.
pub(super) async fn parts<T>(
    client: &Client,
    stream: Result<Response<Streaming<T>>, Status>,
    mut take: impl FnMut(T),
) -> Result<(), Failure> {
    let mut stream = stream.map_err(|status| client.failure(status))?.into_inner();
    while let Some(part) = stream.message().await.map_err(|status| client.failure(status))? {
        take(part);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pages_end_where_they_must() {
        for (most, expected) in [(usize::MAX, 1_200), (1_200, 1_200), (1_199, 1_199), (500, 500), (7, 7)] {
            let ask = async |page: pb::Page| {
                let start = page.token.parse::<u32>().unwrap_or(0);
                let end = (start + page.size).min(1_200);
                let next = if end == 1_200 { String::new() } else { end.to_string() };
                Ok(((start..end).collect(), next))
            };
            let (all, whole) = pages(most, ask).await.unwrap();
            assert_eq!((all, whole), ((0..expected).collect(), most >= 1_200), "{most}");
        }
    }
}
