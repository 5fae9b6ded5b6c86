//! What the tests share: an instance whose signals are captured, and servers that misbehave.

use std::{
    convert::Infallible,
    io,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body::Frame;
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::Incoming;
use obs_reqwest::{
    ObsClientMiddleware,
    obs_core::{Obs, ObsBuilder, metrics::Format},
    reqwest,
    reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware},
};
use obs_tests::{net::Server, page::Page, spans::SpanBuffer};
use opentelemetry_sdk::trace::SpanData;

/// One instance, with a provider of the user's own, and a client that records into it.
pub(crate) struct Bench {
    pub(crate) obs: Obs,
    pub(crate) spans: SpanBuffer,
    pub(crate) http: ClientWithMiddleware,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(|middleware| middleware)
    }

    pub(crate) fn with(change: impl FnOnce(ObsClientMiddleware) -> ObsClientMiddleware) -> Self {
        Self::built(|builder| builder, change)
    }

    /// An instance with other settings.
    pub(crate) fn built(
        settings: impl FnOnce(ObsBuilder) -> ObsBuilder,
        change: impl FnOnce(ObsClientMiddleware) -> ObsClientMiddleware,
    ) -> Self {
        let spans = SpanBuffer::new();
        let builder = Obs::builder("test")
            .log_writer(io::sink())
            .tracer_provider(spans.provider());
        let obs = settings(builder).build().unwrap();
        let http = ClientBuilder::new(plain())
            .with(change(ObsClientMiddleware::new().obs(&obs)))
            .build();
        Self { obs, spans, http }
    }

    /// The same instance behind another client.
    pub(crate) fn behind(self, client: reqwest::Client) -> Self {
        self.behind_with(client, |middleware| middleware)
    }

    pub(crate) fn behind_with(
        self,
        client: reqwest::Client,
        change: impl FnOnce(ObsClientMiddleware) -> ObsClientMiddleware,
    ) -> Self {
        let http = ClientBuilder::new(client)
            .with(change(ObsClientMiddleware::new().obs(&self.obs)))
            .build();
        Self { http, ..self }
    }

    /// The same instance below another middleware.
    pub(crate) fn below(self, outer: impl Middleware) -> Self {
        let http = ClientBuilder::new(plain())
            .with(outer)
            .with(ObsClientMiddleware::new().obs(&self.obs))
            .build();
        Self { http, ..self }
    }

    pub(crate) fn page(&self) -> Page {
        Page::parse(&String::from_utf8(self.obs.registry().render(Format::Text)).unwrap()).unwrap()
    }

    /// The one span that there is.
    #[track_caller]
    pub(crate) fn span(&self) -> SpanData {
        let mut ended = self.spans.ended();
        assert_eq!(ended.len(), 1, "{ended:#?}");
        ended.remove(0)
    }

    /// Checks that one attempt was recorded, and so; nothing is in flight.
    #[track_caller]
    pub(crate) fn expect(&self, method: &str, target: &str, status: &str, outcome: &str, error_type: Option<&str>) {
        let page = self.page();
        let place = [("method", method), ("host", "127.0.0.1"), ("target", target)];
        let [method, host, target] = place;
        let (status, outcome) = (("status", status), ("outcome", outcome));
        assert_eq!(
            page.value("http_client_requests_total", &[method, host, target, status, outcome]),
            Some(1.0)
        );
        assert_eq!(page.sum("http_client_requests_total", &[]), 1.0);
        let count = page.value(
            "http_client_request_duration_seconds_count",
            &[method, host, target, status],
        );
        assert_eq!(count, Some(1.0));
        let errors = error_type.and_then(|word| {
            page.value(
                "http_client_errors_total",
                &[method, host, target, ("error_type", word)],
            )
        });
        assert_eq!(errors, error_type.map(|_| 1.0));
        assert_eq!(
            page.sum("http_client_errors_total", &[]),
            error_type.map_or(0.0, |_| 1.0)
        );
        assert_eq!(
            page.value("http_client_requests_in_flight", &[method, host, target]),
            Some(0.0)
        );
    }
}

/// Connections that other tests have left behind are not used again.
pub(crate) fn plain() -> reqwest::Client {
    reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap()
}

type AnyBody = UnsyncBoxBody<Bytes, io::Error>;

/// A server that answers by path, and what it was sent.
pub(crate) struct Upstream {
    server: Server,
    seen: Arc<Mutex<Vec<HeaderMap>>>,
}

impl Upstream {
    pub(crate) fn start() -> Self {
        let seen = Arc::<Mutex<Vec<HeaderMap>>>::default();
        let requests = Arc::clone(&seen);
        let server = Server::start(tower::service_fn(move |request: Request<Incoming>| {
            let count = {
                let mut requests = requests.lock().unwrap();
                requests.push(request.headers().clone());
                requests.len()
            };
            async move { Ok::<_, Infallible>(answer(request, count).await) }
        }));
        Self { server, seen }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        self.server.url(path)
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// The headers of all requests so far.
    pub(crate) fn seen(&self) -> Vec<HeaderMap> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The values of a header of the last request.
    pub(crate) fn last(&self, name: &str) -> Vec<String> {
        let seen = self.seen();
        let values = seen.last().unwrap().get_all(name);
        values.iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    /// Parts of the one `traceparent` of the last request: trace id, parent id, flags.
    pub(crate) fn last_parent(&self) -> [String; 3] {
        let parents = self.last("traceparent");
        assert_eq!(parents.len(), 1, "{parents:?}");
        parent(&parents[0])
    }
}

pub(crate) fn parent(header: &str) -> [String; 3] {
    let parts: Vec<_> = header.split('-').collect();
    assert_eq!((parts.len(), parts[0]), (4, "00"), "{header}");
    [parts[1], parts[2], parts[3]].map(str::to_owned)
}

async fn answer(request: Request<Incoming>, count: usize) -> Response<AnyBody> {
    let path = request.uri().path().to_owned();
    let (_, body) = request.into_parts();
    if path == "/slow" {
        return std::future::pending().await;
    }
    let _ = body.collect().await;
    let mut response = Response::new(full("hello"));
    if path == "/status/204" {
        *response.body_mut() = full("");
    }
    match path
        .strip_prefix("/status/")
        .and_then(|status| status.parse::<u16>().ok())
    {
        Some(status) => *response.status_mut() = StatusCode::from_u16(status).unwrap(),
        None => match &*path {
            "/third-time" if count < 3 => *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE,
            "/streamed" => {
                let parts = futures_util::stream::iter([Ok(Frame::data(Bytes::from_static(b"hello")))]);
                *response.body_mut() = StreamBody::new(parts).boxed_unsync();
            }
            "/redirect" => redirect(&mut response, "/here"),
            "/loop" => redirect(&mut response, "/loop"),
            _ => {}
        },
    }
    response
}

fn redirect(response: &mut Response<AnyBody>, to: &'static str) {
    *response.status_mut() = StatusCode::FOUND;
    response
        .headers_mut()
        .insert(header::LOCATION, header::HeaderValue::from_static(to));
}

fn full(text: &'static str) -> AnyBody {
    Full::new(Bytes::from_static(text.as_bytes()))
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// A body that fails after its first frame.
pub(crate) struct Truncated(bool);

impl Truncated {
    pub(crate) fn new() -> Self {
        Self(false)
    }
}

impl http_body::Body for Truncated {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(Some(Err(io::Error::other("on purpose"))));
        }
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"abc")))))
    }
}

/// What a server does that speaks no HTTP.
#[derive(Clone, Copy)]
pub(crate) enum Rude {
    /// Closes the connection once it has read something.
    Hangs,
    /// Says something that is no answer.
    Babbles,
    /// Begins a head and closes the connection.
    Truncates,
    /// Sends a head and some of the body that it promises, and closes the connection.
    BreaksOff,
    /// The same with a head that tells of an error.
    BreaksOffAnError,
    /// Sends a head and some of the body that it promises, and no more.
    Stalls,
}

/// A server for one connection.
pub(crate) fn rude(rude: Rude) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 1024]);
        let _ = stream.write_all(match rude {
            Rude::Hangs => b"",
            Rude::Babbles => b"\x15\x03\x01 what?\r\n\r\n",
            Rude::Truncates => b"HTTP/1.1 200 OK\r\ncontent-le",
            Rude::BreaksOff | Rude::Stalls => b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc",
            Rude::BreaksOffAnError => b"HTTP/1.1 503 No\r\ncontent-length: 10\r\n\r\nabc",
        });
        if let Rude::Stalls = rude {
            // Until the client has gone.
            let _ = stream.read(&mut [0]);
        }
    });
    url
}

/// Where nobody listens.
pub(crate) fn nobody() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    format!("http://{}/", listener.local_addr().unwrap())
}
