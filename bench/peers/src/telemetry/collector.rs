//! A collector that answers and counts the spans of OTLP over HTTP.

use std::{
    error::Error,
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use axum::{Router, body::Bytes, extract::DefaultBodyLimit, routing::post};
use http::StatusCode;

use super::protobuf::count;

/// `ExportTraceServiceRequest.resource_spans`, `ResourceSpans.scope_spans`, `ScopeSpans.spans`.
const SPANS: [u64; 3] = [1, 2, 2];

/// A collector on a thread of its own.
#[derive(Clone, Debug)]
pub struct Collector {
    address: SocketAddr,
    spans: Arc<AtomicU64>,
}

// === impl Collector ===

impl Collector {
    pub fn start() -> Result<Self, Box<dyn Error>> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let spans = Arc::<AtomicU64>::default();
        let received = Arc::clone(&spans);
        let take = move |body: Bytes| async move {
            // Counted and not decoded: it shares the processors with what is measured.
            let Some(spans) = count(&body, &SPANS) else {
                return StatusCode::BAD_REQUEST;
            };
            received.fetch_add(spans, Ordering::Relaxed);
            StatusCode::OK
        };
        let app = Router::new().route("/v1/traces", post(take)).layer(DefaultBodyLimit::disable());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        thread::spawn(move || {
            runtime.block_on(async { axum::serve(tokio::net::TcpListener::from_std(listener)?, app).await })
        });
        Ok(Self { address, spans })
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn spans(&self) -> u64 {
        self.spans.load(Ordering::Relaxed)
    }
}
