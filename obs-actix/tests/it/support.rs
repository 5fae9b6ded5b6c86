//! What all tests need: an instance that is watched in every signal, and a server.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use actix_web::{
    App, HttpServer,
    dev::{ServerHandle, ServiceResponse},
    rt::System,
    test::{TestRequest, call_service, init_service, read_body},
    web::{self, Bytes, ServiceConfig},
};
use obs_actix::{
    ObsMiddleware,
    obs_core::{
        Obs,
        logs::LogFormat,
        metrics::{Format, Registry},
        request::{Finished, Outcome},
    },
};
use obs_tests::{
    DEADLINE,
    logs::{LogBuffer, LogLine},
    page::Page,
    spans::SpanBuffer,
    until,
};

/// An instance whose signals all go to memory.
pub(crate) struct Watch {
    pub(crate) obs: Obs,
    pub(crate) lines: LogBuffer,
    pub(crate) spans: SpanBuffer,
    ended: Arc<Mutex<Vec<Ended>>>,
}

/// A request that has ended, as the hook was told.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) method: String,
    pub(crate) endpoint: String,
    pub(crate) status: u16,
    pub(crate) outcome: Outcome,
    pub(crate) error_type: Option<String>,
    pub(crate) duration: Duration,
    pub(crate) head: Option<Duration>,
    pub(crate) request_bytes: Option<u64>,
    pub(crate) response_bytes: u64,
}

/// A server on a free port, until it is dropped.
pub(crate) struct Served {
    pub(crate) addr: SocketAddr,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

// === impl Watch ===

impl Watch {
    pub(crate) fn new() -> Self {
        let (lines, spans) = (LogBuffer::new(), SpanBuffer::new());
        let obs = Obs::builder("test")
            .registry(Registry::new())
            .log_format(LogFormat::Json)
            .log_writer(lines.clone())
            .log_filter("info")
            .tracer_provider(spans.provider())
            .build()
            .unwrap();
        Self {
            obs,
            lines,
            spans,
            ended: Arc::default(),
        }
    }

    pub(crate) fn middleware(&self) -> ObsMiddleware {
        let ended = Arc::clone(&self.ended);
        ObsMiddleware::new()
            .obs(&self.obs)
            .on_finish(move |finished| ended.lock().unwrap().push(Ended::from(finished)))
    }

    /// Sends one request through an application with these routes and reads the answer.
    pub(crate) async fn ask(&self, request: TestRequest, routes: impl FnOnce(&mut ServiceConfig)) -> Answer {
        let app = init_service(App::new().wrap(self.middleware()).configure(routes)).await;
        Answer::of(call_service(&app, request.to_request()).await).await
    }

    pub(crate) fn ended(&self) -> Vec<Ended> {
        self.ended.lock().unwrap().clone()
    }

    pub(crate) fn wait_for(&self, requests: usize) -> Vec<Ended> {
        until(DEADLINE, || self.ended.lock().unwrap().len() >= requests);
        self.ended()
    }

    /// The one request that was recorded, after a check that each signal has it exactly once.
    #[track_caller]
    pub(crate) fn only(&self) -> Ended {
        let ended = self.wait_for(1);
        let [ended] = &*ended else {
            panic!("recorded {} times: {ended:#?}", ended.len())
        };
        let page = self.page();
        let status = ended.status.to_string();
        let labels = [
            ("endpoint", &*ended.endpoint),
            ("status", &*status),
            ("outcome", ended.outcome.as_str()),
        ];
        assert_eq!(page.value("http_requests_total", &labels), Some(1.0));
        assert_eq!(page.sum("http_requests_total", &[]), 1.0);
        assert_eq!(page.sum("http_requests_in_flight", &[]), 0.0);
        let line = self.line();
        assert_eq!(
            (line.str("endpoint"), line.str("outcome")),
            (&*ended.endpoint, ended.outcome.as_str())
        );
        assert_eq!(self.spans.ended().len(), 1);
        ended.clone()
    }

    /// The one canonical line.
    #[track_caller]
    pub(crate) fn line(&self) -> LogLine {
        let lines = self.lines.wait_for_requests(DEADLINE, 1);
        let [line] = &*lines else {
            panic!("{} lines", lines.len())
        };
        line.clone()
    }

    pub(crate) fn page(&self) -> Page {
        let page = self.obs.registry().render(Format::Text);
        Page::parse(std::str::from_utf8(&page).unwrap()).unwrap()
    }
}

// === impl Ended ===

impl From<&Finished<'_>> for Ended {
    fn from(finished: &Finished<'_>) -> Self {
        Self {
            method: finished.method.to_owned(),
            endpoint: finished.endpoint.to_owned(),
            status: finished.status,
            outcome: finished.outcome,
            error_type: finished.error_type.map(ToOwned::to_owned),
            duration: finished.duration,
            head: finished.head,
            request_bytes: finished.request_bytes,
            response_bytes: finished.response_bytes,
        }
    }
}

/// An answer that was read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: actix_web::http::header::HeaderMap,
    pub(crate) body: Bytes,
}

// === impl Answer ===

impl Answer {
    pub(crate) async fn of<B: actix_web::body::MessageBody>(response: ServiceResponse<B>) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self {
            status,
            headers,
            body: read_body(response).await,
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

// === impl Served ===

impl Served {
    /// Serves these routes with the middleware around them.
    pub(crate) fn start(
        workers: usize,
        middleware: impl Fn() -> ObsMiddleware + Clone + Send + 'static,
        routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    ) -> Self {
        let (started, start) = mpsc::channel();
        let thread = thread::spawn(move || {
            System::new().block_on(async move {
                let server = HttpServer::new(move || App::new().wrap(middleware()).configure(&routes))
                    .workers(workers)
                    .disable_signals()
                    .shutdown_timeout(1)
                    .bind_auto_h2c("127.0.0.1:0")
                    .unwrap();
                let addr = server.addrs()[0];
                let running = server.run();
                started.send((addr, running.handle())).unwrap();
                running.await.unwrap();
            });
        });
        let (addr, handle) = start.recv().unwrap();
        Self {
            addr,
            handle,
            thread: Some(thread),
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // The command is sent at once; the future only tells when it is done.
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            let stopped = thread.join();
            assert!(thread::panicking() || stopped.is_ok(), "the server panicked");
        }
    }
}

/// `GET` of a path in the process.
pub(crate) fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(path)
}

/// A route that answers `hello`.
pub(crate) fn hello(template: &'static str) -> impl Fn(&mut ServiceConfig) + Clone {
    move |config| {
        config.route(template, web::get().to(|| async { "hello" }));
    }
}
