//! RED metrics of servers.

use std::time::Duration;

use obs_axum::ObsLayer;
use obs_core::{
    Obs,
    metrics::{Convention, DURATION_BUCKETS, Registry},
};
use obs_tests::{
    DEADLINE,
    otlp::{Receiver, Transport},
};

use crate::service::{app, ask, attributes, builder, last_push, named};

const DURATION: &str = "http.server.request.duration";

/// The page of an instance.
fn page(obs: &Obs) -> String {
    obs_tests::page::text_of(obs.registry())
}

/// Over HTTP/protobuf, or as the environment says.
#[test]
fn requests_are_pushed_by_the_conventions_whatever_the_page_has() {
    let is_grpc = std::env::var("OTEL_EXPORTER_OTLP_PROTOCOL").is_ok_and(|protocol| protocol == "grpc");
    for convention in [Convention::Prometheus, Convention::OpenTelemetry] {
        let receiver = Receiver::start();
        let obs = builder(&receiver).build().unwrap();
        let app = app(ObsLayer::new().obs(&obs).convention(convention));
        ask(&app, "GET", "/users/7");
        ask(&app, "GET", "/users/8");
        ask(&app, "GET", "/fails");
        ask(&app, "GET", "/made-up");
        ask(&app, "BREW", "/users/9");
        let has_dotted = page(&obs).contains("http_server_request_duration_seconds");
        assert_eq!(
            has_dotted,
            convention == Convention::OpenTelemetry,
            "the page keeps its own names"
        );
        obs.shutdown(DEADLINE).unwrap();

        let push = last_push(&receiver);
        let duration = named(&push, DURATION).unwrap();
        assert_eq!(
            duration.transport,
            if is_grpc { Transport::Grpc } else { Transport::Http }
        );
        assert_eq!((duration.kind(), &*duration.metric.unit), ("histogram", "s"));
        assert!(!duration.metric.description.is_empty());
        assert_eq!(
            (&*duration.scope.name, duration.resource("service.name")),
            ("obs", Some("shop"))
        );
        assert_eq!(duration.resource("service.version"), Some("1.4.2"));
        let of = |method: &str, rest: &[(&str, &str)]| {
            let mut all = attributes(&[("url.scheme", "\"http\""), ("network.protocol.version", "\"1.1\"")]);
            all.insert("http.request.method".to_owned(), method.to_owned());
            all.extend(attributes(rest));
            all
        };
        let seen: Vec<_> = duration.attributes().into_iter().zip(duration.histograms()).collect();
        let count = |wanted| {
            seen.iter()
                .find(|(attributes, _)| *attributes == wanted)
                .map(|(_, point)| point.count)
        };
        let get = |rest: &[(&str, &str)]| of("\"GET\"", rest);
        let status = "http.response.status_code";
        assert_eq!(
            count(get(&[("http.route", "\"/users/{id}\""), (status, "200")])),
            Some(2),
            "{seen:#?}"
        );
        let failed = [("http.route", "\"/fails\""), (status, "503"), ("error.type", "\"503\"")];
        assert_eq!(count(get(&failed)), Some(1), "{seen:#?}");
        // An unmatched endpoint has no route, and a method has to be known and to be answered.
        assert!([Some(1), None].contains(&count(get(&[(status, "404")]))), "{seen:#?}");
        assert_eq!(
            count(of("\"_OTHER\"", &[("http.route", "\"/users/{id}\""), (status, "405")])),
            Some(1)
        );
        assert_eq!(seen.iter().map(|(_, point)| point.count).sum::<u64>(), 5, "{seen:#?}");
        for (_, point) in seen {
            assert_eq!(
                (&*point.explicit_bounds, point.bucket_counts.len()),
                (&DURATION_BUCKETS[..], 15)
            );
            assert_eq!(point.bucket_counts.iter().sum::<u64>(), point.count);
            assert!(point.sum.is_some_and(|sum| sum > 0.0 && sum < 60.0));
            assert!(point.start_time_unix_nano > 0 && point.start_time_unix_nano <= point.time_unix_nano);
        }
    }
}

#[test]
fn exemplars_lead_to_the_spans_of_their_requests() {
    let receiver = Receiver::start();
    let obs = builder(&receiver).build().unwrap();
    ask(&app(ObsLayer::new().obs(&obs)), "GET", "/users/7");
    obs.shutdown(DEADLINE).unwrap();
    let (spans, push) = (receiver.spans(), last_push(&receiver));
    let [point] = named(&push, DURATION).unwrap().histograms() else {
        panic!("{push:#?}")
    };
    let [exemplar] = &point.exemplars[..] else {
        panic!("{point:#?}")
    };
    assert_eq!(
        (&exemplar.trace_id, &exemplar.span_id),
        (&spans[0].span.trace_id, &spans[0].span.span_id)
    );
    assert!(exemplar.value.is_some() && exemplar.time_unix_nano <= point.time_unix_nano);
}

#[test]
fn totals_grow_from_push_to_push_and_their_start_stays() {
    let receiver = Receiver::start();
    let obs = builder(&receiver)
        .otlp_metrics_interval(Duration::from_millis(20))
        .build()
        .unwrap();
    let app = app(ObsLayer::new().obs(&obs));
    let mut starts = Vec::new();
    for requests in 1..=3 {
        ask(&app, "GET", "/users/7");
        let pushes = receiver.wait_for_metrics(DEADLINE, |pushes| {
            let point = pushes
                .last()
                .and_then(|push| named(push, DURATION)?.histograms().first());
            point.is_some_and(|point| point.count == requests)
        });
        let point = &named(pushes.last().unwrap(), DURATION).unwrap().histograms()[0];
        starts.push(point.start_time_unix_nano);
    }
    obs.shutdown(DEADLINE).unwrap();
    assert!(
        starts.iter().all(|start| *start == starts[0] && *start > 0),
        "{starts:?}"
    );
    let times: Vec<_> = receiver
        .metrics()
        .iter()
        .map(|push| push[0].numbers().first().unwrap().time_unix_nano)
        .collect();
    assert!(times.is_sorted() && times.len() >= 3, "{times:?}");
}

#[test]
fn what_the_conventions_leave_to_choice_is_pushed_on_demand_only() {
    for (opt_in, convention) in [
        (false, Convention::Prometheus),
        (false, Convention::OpenTelemetry),
        (true, Convention::Prometheus),
    ] {
        let receiver = Receiver::start();
        let obs = builder(&receiver).otlp_opt_in_metrics(opt_in).build().unwrap();
        ask(
            &app(ObsLayer::new().obs(&obs).convention(convention)),
            "GET",
            "/users/7",
        );
        obs.shutdown(DEADLINE).unwrap();
        let push = last_push(&receiver);
        let about: Vec<_> = push
            .iter()
            .filter(|metric| metric.name().starts_with("http."))
            .collect();
        let seen: Vec<_> = about
            .iter()
            .map(|of| (of.name(), of.kind(), &*of.metric.unit))
            .collect();
        let always = (DURATION, "histogram", "s");
        if !opt_in {
            assert_eq!(seen, [always], "{convention:?}");
            continue;
        }
        let on_demand = [
            ("http.server.active_requests", "up-down sum", "{request}"),
            ("http.server.request.body.size", "histogram", "By"),
            ("http.server.response.body.size", "histogram", "By"),
        ];
        assert_eq!(seen, [&[always], &on_demand[..]].concat());
        let gauge = named(&push, "http.server.active_requests").unwrap();
        let labels = attributes(&[("http.request.method", "\"GET\""), ("url.scheme", "\"http\"")]);
        assert_eq!(gauge.attributes(), [labels]);
    }
}

#[test]
fn own_labels_of_a_layer_are_attributes() {
    let receiver = Receiver::start();
    let obs = builder(&receiver).build().unwrap();
    let layer = ObsLayer::new()
        .obs(&obs)
        .label("tier", ["free", "paid"], |_| Some("paid"));
    ask(&app(layer), "GET", "/users/7");
    obs.shutdown(DEADLINE).unwrap();
    let push = last_push(&receiver);
    let attributes = named(&push, DURATION).unwrap().attributes();
    assert_eq!(
        attributes[0].get("tier").map(String::as_str),
        Some("\"paid\""),
        "{attributes:?}"
    );
}

#[test]
fn layers_of_both_conventions_are_added_up() {
    let receiver = Receiver::start();
    let obs = builder(&receiver).build().unwrap();
    ask(&app(ObsLayer::new().obs(&obs)), "GET", "/users/7");
    ask(
        &app(ObsLayer::new().obs(&obs).convention(Convention::OpenTelemetry)),
        "GET",
        "/users/7",
    );
    obs.shutdown(DEADLINE).unwrap();
    let push = last_push(&receiver);
    let counts: Vec<_> = named(&push, DURATION)
        .unwrap()
        .histograms()
        .iter()
        .map(|point| point.count)
        .collect();
    assert_eq!(counts, [2]);
    // On the page each has its own.
    assert!(
        page(&obs)
            .lines()
            .any(|line| line.starts_with("http_requests_total{") && line.ends_with(" 1"))
    );
}

#[test]
fn what_the_cap_refuses_is_one_series_that_says_so() {
    let receiver = Receiver::start();
    let registry = Registry::builder().series_cap(1).build().unwrap();
    let obs = builder(&receiver).registry(registry).build().unwrap();
    let app = app(ObsLayer::new().obs(&obs));
    ask(&app, "GET", "/users/7");
    ask(&app, "GET", "/fails");
    obs.shutdown(DEADLINE).unwrap();
    let push = last_push(&receiver);
    let duration = named(&push, DURATION).unwrap();
    let overflow = attributes(&[("otel.metric.overflow", "true")]);
    assert!(duration.attributes().contains(&overflow), "{duration:#?}");
    assert_eq!(duration.histograms().iter().map(|point| point.count).sum::<u64>(), 2);
}

#[test]
fn instances_of_a_service_are_told_apart() {
    let id = |named: Option<&str>| {
        let receiver = Receiver::start();
        let builder = builder(&receiver);
        let builder = match named {
            Some(id) => builder.attribute("service.instance.id", id),
            None => builder,
        };
        builder.build().unwrap().shutdown(DEADLINE).unwrap();
        last_push(&receiver)[0]
            .resource("service.instance.id")
            .unwrap()
            .to_owned()
    };
    assert_ne!(id(None), id(None));
    assert_eq!(id(Some("pod-7")), "pod-7");
}
