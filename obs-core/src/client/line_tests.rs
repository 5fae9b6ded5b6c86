use std::{
    collections::BTreeSet,
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};
use tracing_subscriber::layer::SubscriberExt as _;

use super::super::{ClientRequest, ClientResponse, ClientUrl, observation::ClientObservation, options::ClientState};
use crate::{
    Obs, context,
    logs::{LogFormat, LogProfile, assert_ecs_types},
    names::{ecs, google_cloud, log},
};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The line of an attempt with this method, which was answered with this status or not at all; `None` in its names.
fn line(profile: LogProfile, method: &str, status: Option<u16>) -> (String, Value) {
    let lines = Lines::default();
    let obs = Obs::builder("caller")
        .log_format(LogFormat::Json)
        .log_profile(profile)
        .google_cloud_project("my-project")
        .log_writer(lines.clone())
        .build()
        .unwrap();
    let client = ClientState::default().with(|options| {
        options.common.record_into(&obs);
        options.common.logs = true;
    });
    let url = ClientUrl {
        scheme: "https",
        host: "users.internal",
        path: "/users/7",
        ..ClientUrl::default()
    };
    let request = ClientRequest {
        method,
        url,
        target: Some("/users/{id}"),
        body_bytes: Some(12),
        ..Default::default()
    };
    let subscriber = tracing_subscriber::registry().with(obs.subscriber_layer());
    tracing::subscriber::with_default(subscriber, || {
        context::run_new(|| {
            context::set_field("team", "checkout");
            // Of an application, which has the name of one of the line's.
            let _span = tracing::info_span!("work", outcome = "of the application").entered();
            let mut attempt = ClientObservation::start(client.instrument(), &request, &());
            match status {
                Some(status) => attempt.head(&ClientResponse {
                    status,
                    body_bytes: None,
                    ..ClientResponse::new(&())
                }),
                None => attempt.error("connect", None),
            }
        });
    });
    obs.shutdown(Duration::from_secs(5)).unwrap();
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let text = text.trim_end().to_owned();
    let parsed = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    (text, parsed)
}

#[test]
fn ecs_lines_of_clients_have_the_names_of_the_schema() {
    let (text, answered) = line(LogProfile::Ecs, "GET", Some(404));
    let of_schema = assert_ecs_types(&text);
    for key in [
        ecs::HTTP_REQUEST_METHOD,
        ecs::HTTP_RESPONSE_STATUS_CODE,
        ecs::HTTP_REQUEST_BODY_BYTES,
        ecs::EVENT_DURATION,
        ecs::SERVER_ADDRESS,
        ecs::TRACE_ID,
    ] {
        assert!(of_schema.contains(key), "{key} of {text}");
    }
    for (key, value) in [
        (ecs::LOG_LOGGER, json!("obs::client")),
        (ecs::LOG_LEVEL, json!("warn")),
        (ecs::HTTP_REQUEST_METHOD, json!("GET")),
        (ecs::SERVER_ADDRESS, json!("users.internal")),
        (ecs::OBS_URL_TEMPLATE, json!("/users/{id}")),
        (ecs::HTTP_RESPONSE_STATUS_CODE, json!(404)),
        (ecs::EVENT_OUTCOME, json!("failure")),
        (ecs::OBS_OUTCOME, json!("client_error")),
        (ecs::ERROR_TYPE, json!("404")),
        (ecs::OBS_RESEND_COUNT, json!(0)),
        (ecs::HTTP_REQUEST_BODY_BYTES, json!(12)),
        ("team", json!("checkout")),
        ("outcome", json!("of the application")),
    ] {
        assert_eq!(answered[key], value, "{key} of {text}");
    }
    // Nothing else is there.
    let keys: BTreeSet<_> = answered.as_object().unwrap().keys().map(String::as_str).collect();
    let others: Vec<_> = keys.into_iter().filter(|key| !ecs::ALL.contains(key)).collect();
    assert_eq!(others, ["outcome", "team"]);

    let (text, failed) = line(LogProfile::Ecs, "PURGE", None);
    assert_ecs_types(&text);
    assert_eq!(failed[ecs::HTTP_REQUEST_METHOD], "PURGE", "{text}");
    assert_eq!(failed[ecs::ERROR_TYPE], "connect", "{text}");
    assert_eq!(failed[ecs::HTTP_RESPONSE_STATUS_CODE], Value::Null, "{text}");
}

#[test]
fn google_cloud_lines_of_clients_have_an_http_request() {
    let (text, mut answered) = line(LogProfile::GoogleCloud, "GET", Some(200));
    let request = answered[google_cloud::HTTP_REQUEST].take();
    let latency = request[google_cloud::LATENCY].as_str().unwrap();
    assert!(
        latency.ends_with('s') && latency.trim_end_matches('s').parse::<f64>().is_ok(),
        "{text}"
    );
    let expected = json!({"requestMethod": "GET", "status": 200, "requestSize": "12", "latency": latency});
    assert_eq!(request, expected);
    for (key, value) in [
        (google_cloud::SEVERITY, json!("INFO")),
        (log::HOST, json!("users.internal")),
        (log::URL_TEMPLATE, json!("/users/{id}")),
        (log::OUTCOME, json!("ok")),
        (log::METHOD, Value::Null),
        (log::STATUS, Value::Null),
        (log::REQUEST_BYTES, Value::Null),
        ("team", json!("checkout")),
    ] {
        assert_eq!(answered[key], value, "{key} of {text}");
    }
    let (text, failed) = line(LogProfile::GoogleCloud, "PURGE", None);
    assert_eq!(
        failed[google_cloud::HTTP_REQUEST][google_cloud::REQUEST_METHOD],
        "PURGE",
        "{text}"
    );
    assert_eq!(failed[log::METHOD_ORIGINAL], Value::Null, "{text}");
}

#[test]
fn an_event_of_the_application_under_that_target_keeps_its_names() {
    let lines = Lines::default();
    let builder = Obs::builder("caller")
        .log_format(LogFormat::Json)
        .log_profile(LogProfile::Ecs);
    let obs = builder.log_writer(lines.clone()).build().unwrap();
    let subscriber = tracing_subscriber::registry().with(obs.subscriber_layer());
    tracing::subscriber::with_default(subscriber, || {
        tracing::info!(target: "obs::client", outcome = "mine", duration_ms = 1.5, "an event");
    });
    obs.shutdown(Duration::from_secs(5)).unwrap();
    let line: Value = serde_json::from_slice(&lines.0.lock().unwrap()).unwrap();
    assert_eq!((&line["outcome"], &line["duration_ms"]), (&json!("mine"), &json!(1.5)));
}
