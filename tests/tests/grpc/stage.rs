//! tonic's server with the layer, a client of it, and what it has recorded.

use std::time::Duration;

use obs_axum::{ObsLayer, obs_core::Obs};
use obs_tests::{
    DEADLINE,
    logs::{LogBuffer, LogLine},
    spans::SpanBuffer,
    until_async,
};
use opentelemetry_sdk::trace::SpanData;
use tokio::net::TcpListener;
use tonic::{
    Request, Status, Streaming,
    client::Grpc,
    codegen::http::uri::PathAndQuery,
    service::Interceptor,
    transport::{Channel, Server, server::TcpIncoming},
};
use tonic_prost::ProstCodec;

use crate::orders::{Ask, Order, Orders};

/// An instance of obs whose signals can be looked at, and a client of the server that it observes.
pub(crate) struct Stage {
    pub(crate) obs: Obs,
    pub(crate) logs: LogBuffer,
    pub(crate) spans: SpanBuffer,
    pub(crate) channel: Channel,
}

impl Stage {
    /// Serves in the runtime of the test.
    pub(crate) async fn new(layer: impl FnOnce(ObsLayer) -> ObsLayer) -> Self {
        Self::guarded(layer, Ok).await
    }

    /// Serves behind an interceptor.
    pub(crate) async fn guarded(
        layer: impl FnOnce(ObsLayer) -> ObsLayer,
        guard: impl Interceptor + Clone + Send + Sync + 'static,
    ) -> Self {
        let (logs, spans) = (LogBuffer::new(), SpanBuffer::new());
        let builder = Obs::builder("grpc")
            .log_writer(logs.clone())
            .log_format(obs_core::logs::LogFormat::Json);
        let obs = builder
            .log_filter("info")
            .tracer_provider(spans.provider())
            .build()
            .unwrap();
        let layer = layer(ObsLayer::new().obs(&obs));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let guarded = tonic::service::interceptor::InterceptedService::new(Orders, guard);
        let server = Server::builder().layer(layer).add_service(guarded);
        tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
        let channel = Channel::from_shared(format!("http://{addr}"))
            .unwrap()
            .connect()
            .await
            .unwrap();
        Self {
            obs,
            logs,
            spans,
            channel,
        }
    }

    /// A call with one answer.
    pub(crate) async fn unary(&self, path: &str, ask: Ask) -> Result<Order, Status> {
        let mut client = Grpc::new(self.channel.clone());
        client.ready().await.unwrap();
        let path: PathAndQuery = path.parse().unwrap();
        client
            .unary(Request::new(ask), path, ProstCodec::default())
            .await
            .map(tonic::Response::into_inner)
    }

    /// A call of `Get` that fails with this code.
    pub(crate) async fn get(&self, fails: i32) -> Result<Order, Status> {
        self.unary("/shop.Orders/Get", Ask { fails, messages: 0 }).await
    }

    /// A call of `Get` that an interceptor can tell from others, by its header.
    pub(crate) async fn real(&self) -> Result<Order, Status> {
        let mut client = Grpc::new(self.channel.clone());
        client.ready().await.unwrap();
        let mut ask = Request::new(Ask::default());
        ask.metadata_mut()
            .insert("x-real", tonic::metadata::MetadataValue::from_static("1"));
        let path = PathAndQuery::from_static("/shop.Orders/Get");
        client
            .unary(ask, path, ProstCodec::default())
            .await
            .map(tonic::Response::into_inner)
    }

    /// A call of `Watch`.
    pub(crate) async fn watch(&self, messages: i32, fails: i32) -> Result<Streaming<Order>, Status> {
        let mut client = Grpc::new(self.channel.clone());
        client.ready().await.unwrap();
        let path = PathAndQuery::from_static("/shop.Orders/Watch");
        let ask = Request::new(Ask { fails, messages });
        client
            .server_streaming(ask, path, ProstCodec::default())
            .await
            .map(tonic::Response::into_inner)
    }

    /// The one line and the one span of the one call.
    pub(crate) async fn record(&self) -> (LogLine, SpanData) {
        until_async(DEADLINE, || !self.spans.ended().is_empty()).await;
        self.obs.shutdown(Duration::from_secs(5)).unwrap();
        let (mut lines, mut spans) = (self.logs.request_lines(), self.spans.ended());
        assert_eq!((lines.len(), spans.len()), (1, 1), "{lines:?} {spans:?}");
        (lines.remove(0), spans.remove(0))
    }

    pub(crate) fn page(&self) -> String {
        obs_tests::page::text_of(self.obs.registry())
    }

    /// The lines of the page that tell of requests and errors, once there are so many requests.
    pub(crate) async fn counters(&self, requests: usize) -> Vec<String> {
        until_async(DEADLINE, || self.counted() == requests).await;
        let page = self.page();
        let of = |metric: &'static str| {
            page.lines()
                .filter(move |line| line.starts_with(metric))
                .map(str::to_owned)
        };
        of("http_requests_total{").chain(of("http_errors_total{")).collect()
    }

    fn counted(&self) -> usize {
        let page = self.page();
        let totals = page.lines().filter(|line| line.starts_with("http_requests_total{"));
        totals
            .filter_map(|line| line.rsplit_once(' ')?.1.parse::<usize>().ok())
            .sum()
    }
}

/// An attribute of a span as text.
pub(crate) fn attribute(span: &SpanData, key: &str) -> Option<String> {
    span.attributes
        .iter()
        .find(|known| known.key.as_str() == key)
        .map(|known| known.value.to_string())
}

pub(crate) fn total(endpoint: &str, status: &str, outcome: &str) -> String {
    format!(r#"http_requests_total{{method="POST",endpoint="{endpoint}",status="{status}",outcome="{outcome}"}} 1"#)
}

pub(crate) fn error(endpoint: &str, error_type: &str) -> String {
    format!(r#"http_errors_total{{method="POST",endpoint="{endpoint}",error_type="{error_type}"}} 1"#)
}
