//! One connection: HTTP/1.1 by hyper, answers by the page.

use std::{
    convert::Infallible,
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    HeaderMap, Request, Response, StatusCode, body::Incoming, header::HeaderValue, server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpStream, sync::watch, time::timeout};

use super::{connections::Permit, listener::GRACE, stream::WatchedStream};
use crate::{
    exposition::{PageRequest, PageResponse},
    headers::HeaderReader,
    page::MetricsPage,
};

/// Where the page is.
const PATH: &str = "/metrics";
/// From one answer to the end of the next request's head; the first has less. Scrapers that come less often
/// connect anew.
const IDLE: Duration = Duration::from_secs(75);
/// How long a connection lives at most: one that is never read from must not keep its place for ever.
const LIFETIME: Duration = Duration::from_secs(600);
/// What heads may take up: a token and a list of metrics.
const MAX_HEAD: usize = 64 * 1_024;

/// Headers of hyper, read by the page.
struct Headers<'a>(&'a HeaderMap);

/// Answers until the client leaves, the connection is old or has lost its place, or `stopping` says so.
pub(super) async fn serve(stream: TcpStream, permit: Permit, page: MetricsPage, mut stopping: watch::Receiver<()>) {
    let activity = permit.activity();
    let service = service_fn(|request| {
        activity.begin_request();
        let answer = answer(&page, &request);
        async {
            let answer = answer.await;
            activity.begin_answer();
            answer
        }
    });
    let stream = TokioIo::new(WatchedStream::new(stream, activity));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .max_buf_size(MAX_HEAD);
    let mut connection = pin!(http.serve_connection(stream, service));
    let over = timeout(LIFETIME, stopping.changed());
    let is_over = until(until(connection.as_mut(), over), permit.lost())
        .await
        .is_some_and(|ended| ended.is_none());
    if is_over {
        connection.as_mut().graceful_shutdown();
        // What does not end now is cut off.
        let _ = timeout(GRACE, connection).await;
    }
}

/// What `work` comes to, or `None` if `end` is first.
pub(super) async fn until<T>(work: impl Future<Output = T>, end: impl Future) -> Option<T> {
    let (mut work, mut end) = (pin!(work), pin!(end));
    poll_fn(|cx| match work.as_mut().poll(cx) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => end.as_mut().poll(cx).map(|_| None),
    })
    .await
}

fn answer(
    page: &MetricsPage,
    request: &Request<Incoming>,
) -> impl Future<Output = Result<Response<Full<Bytes>>, Infallible>> + Send + use<> {
    let (uri, headers) = (request.uri(), Headers(request.headers()));
    let request = PageRequest {
        method: request.method().as_str(),
        path: uri.path(),
        query: uri.query(),
        headers: &headers,
    };
    let response = (uri.path() == PATH).then(|| page.respond(&request));
    async {
        Ok(translated(match response {
            Some(response) => response.await,
            None => PageResponse::not_found(),
        }))
    }
}

fn translated(PageResponse { status, headers, body }: PageResponse) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

// === impl Headers ===

impl HeaderReader for Headers<'_> {
    fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(HeaderValue::as_bytes)
    }

    fn for_each(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        self.0.get_all(name).iter().for_each(|value| each(value.as_bytes()));
    }
}
