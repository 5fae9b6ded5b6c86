//! A receiver of notifications.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use obs_tests::net::Server;
use serde_json::Value;

/// Takes everything, and keeps it.
#[derive(Debug)]
pub(crate) struct Hook {
    server: Server,
    bodies: Arc<Mutex<Vec<Value>>>,
}

// === impl Hook ===

impl Hook {
    pub(crate) fn start() -> Self {
        let bodies = Arc::<Mutex<Vec<Value>>>::default();
        let kept = Arc::clone(&bodies);
        let service = tower::service_fn(move |request: Request<Incoming>| {
            let kept = Arc::clone(&kept);
            async move {
                let body = request.into_body().collect().await.unwrap().to_bytes();
                kept.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
                Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
            }
        });
        Self {
            server: Server::start(service),
            bodies,
        }
    }

    pub(crate) fn url(&self) -> String {
        self.server.url("/hook")
    }

    /// What has come so far.
    pub(crate) fn bodies(&self) -> Vec<Value> {
        self.bodies.lock().unwrap().clone()
    }
}
