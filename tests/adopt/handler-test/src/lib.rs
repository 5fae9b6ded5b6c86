//! A handler, and tests of what it records: each test has an instance of its own, and none installs anything.

use axum::{Router, extract::Path, http::StatusCode, routing::get};
use obs_axum::{ObsLayer, obs_core::Obs};

/// The service, recorded by an instance.
pub fn app(obs: &Obs) -> Router {
    Router::new()
        .route("/orders/{id}", get(order))
        .layer(ObsLayer::new().obs(obs))
}

async fn order(Path(id): Path<u64>) -> Result<String, StatusCode> {
    tracing::info!(order = id, "looked up");
    match id {
        0 => Err(StatusCode::NOT_FOUND),
        id => Ok(format!("order {id}")),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
        time::Duration,
    };

    use axum::{
        body::{Body, to_bytes},
        http::Request,
    };
    use obs_axum::obs_core::{logs::LogFormat, metrics::Format};
    use tower::ServiceExt as _;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    /// The lines that a test has written.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Answers one request; returns status, body, metrics page and lines.
    async fn ask(path: &str) -> (StatusCode, String, String, String) {
        let lines = Lines::default();
        let obs = Obs::builder("orders")
            .log_writer(lines.clone())
            .log_format(LogFormat::Json)
            .build()
            .unwrap();
        let subscriber = tracing_subscriber::registry().with(obs.subscriber_layer());
        let _current = tracing::subscriber::set_default(subscriber);
        let response = app(&obs)
            .oneshot(Request::get(path).body(Body::empty()).unwrap())
            .await
            .unwrap();
        let status = response.status();
        // A request is recorded when its body has been read.
        let body = to_bytes(response.into_body(), 1_024).await.unwrap();
        obs.flush(Duration::from_secs(5)).unwrap();
        let page = String::from_utf8(obs.registry().render(Format::Text)).unwrap();
        let lines = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap(), page, lines)
    }

    #[tokio::test]
    async fn an_order_is_answered_counted_and_logged() {
        let (status, body, page, lines) = ask("/orders/7").await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, "order 7"));
        let series = r#"http_requests_total{method="GET",endpoint="/orders/{id}",status="200",outcome="ok"} 1"#;
        assert!(page.contains(series), "{page}");
        assert!(
            lines.contains(r#""message":"looked up""#) && lines.contains(r#""order":7"#),
            "{lines}"
        );
        assert!(lines.contains(r#""message":"GET /orders/{id} 200""#), "{lines}");
    }

    #[tokio::test]
    async fn an_order_that_is_not_there_is_a_client_error() {
        let (status, _, page, lines) = ask("/orders/0").await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        let series =
            r#"http_requests_total{method="GET",endpoint="/orders/{id}",status="404",outcome="client_error"} 1"#;
        assert!(page.contains(series), "{page}");
        assert!(lines.contains(r#""outcome":"client_error""#), "{lines}");
    }
}
