//! A server over HTTP/2 with scripted responses, of gRPC or not.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Response};
use tokio::net::TcpListener;

type Pairs = &'static [(&'static str, &'static str)];

/// What a server answers: status of HTTP, headers, body and trailers.
pub(crate) type Plain = (u16, Pairs, &'static [u8], Pairs);

/// A server of one connection that answers every request so; where it is.
pub(crate) async fn answering((status, headers, body, trailers): Plain) -> SocketAddr {
    let mut head = Response::new(());
    *head.status_mut() = status.try_into().unwrap();
    *head.headers_mut() = map(headers);
    let trailers = map(trailers);
    serving(move |respond| {
        let is_over = body.is_empty() && trailers.is_empty();
        let mut send = respond.send_response(head.clone(), is_over).unwrap();
        if !body.is_empty() {
            send.send_data(Bytes::from_static(body), trailers.is_empty()).unwrap();
        }
        if !trailers.is_empty() {
            send.send_trailers(trailers.clone()).unwrap();
        }
    })
    .await
}

/// A server of one connection that answers each request in this way; where it is.
pub(crate) async fn serving(
    mut answer: impl FnMut(&mut h2::server::SendResponse<Bytes>) + Send + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut connection = h2::server::handshake(stream).await.unwrap();
        while let Some(Ok((_, mut respond))) = connection.accept().await {
            answer(&mut respond);
        }
    });
    addr
}

fn map(pairs: Pairs) -> HeaderMap {
    let pairs = pairs.iter().copied();
    pairs
        .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()))
        .collect()
}
