use metrics::NoopRecorder;
use obs_base::ServiceInfo;
use tracing::{info, info_span};

use super::{
    super::{LogFormat, LogSettings, constants::ConstantSettings, format::Style, parts::MAX_LINE},
    fixture::{Fixture, known_context, parsed, service},
    requests,
};
use crate::{
    context,
    environment::{Env, Notices},
};

fn constants(fields: &[(&'static str, &'static str)], attributes: &[&str]) -> ConstantSettings {
    ConstantSettings {
        fields: fields
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect(),
        attributes: attributes.iter().map(|name| (*name).to_owned()).collect(),
    }
}

fn in_shop() -> ServiceInfo {
    ServiceInfo {
        attributes: vec![("service.namespace".to_owned(), "shop".to_owned())],
        ..service()
    }
}

fn fixture(format: LogFormat) -> Fixture {
    let fields = [
        ("region", "eu-1"),
        ("shard", "a\"b"),
        ("region", "eu-2"),
        ("api_key", "5ecr3t"),
    ];
    let settings = LogSettings {
        format: Some(format),
        constants: constants(&fields, &["service.namespace"]),
        ..LogSettings::default()
    };
    Fixture::set(in_shop(), settings, &NoopRecorder)
}

#[test]
fn constant_fields_are_on_the_lines_of_events_and_requests() {
    let fixture = fixture(LogFormat::Json);
    fixture.run(|| info!("hello"));
    let start = fixture.logs.begin_request("/orders/7", None, None);
    fixture
        .logs
        .write_request(start, &known_context(true), &requests::line("/orders/{id}", ""));
    let lines = fixture.lines();
    assert_eq!(lines.len(), 2);
    for line in &lines {
        let line = parsed(line);
        let [namespace, region, shard, key] = ["service.namespace", "region", "shard", "api_key"].map(|key| &line[key]);
        assert_eq!([namespace, region, shard, key], ["shop", "eu-2", "a\"b", "REDACTED"]);
    }
}

#[test]
fn every_other_field_goes_before_a_constant_one() {
    let fixture = fixture(LogFormat::Json);
    fixture.run(|| {
        info!(region = "of the event");
        let _span = info_span!("work", region = "of the span").entered();
        info!("hello");
        context::run_in(known_context(true), || {
            context::set_field("region", "of the request");
            info!("hello");
        });
    });
    let lines = fixture.lines();
    let regions: Vec<_> = lines.iter().map(|line| parsed(line)["region"].clone()).collect();
    assert_eq!(regions, ["of the event", "of the span", "of the request"]);
}

#[test]
fn a_line_that_is_cut_keeps_the_constant_fields() {
    let fixture = fixture(LogFormat::Json);
    fixture.run(|| info!(big = "x".repeat(2 * MAX_LINE), "hello"));
    let line = fixture.only_line();
    assert!(line.len() < MAX_LINE);
    assert_eq!(parsed(&line)["region"], "eu-2");
    assert_eq!(parsed(&line)["truncated"], true);
}

#[test]
fn lines_for_people_have_none() {
    let fixture = fixture(LogFormat::Pretty);
    fixture.run(|| info!("hello"));
    assert!(fixture.only_line().ends_with("hello"));
}

#[test]
fn names_that_lines_have_themselves_and_too_much_are_errors() {
    let notices = Notices::default();
    let env = Env::new(&|_| None, &notices);
    let error = |settings: &ConstantSettings| settings.check(Style::Json, &in_shop(), env).unwrap_err().to_string();
    for (name, expected) in [("", "region"), ("status", "\"status\""), ("trace_id", "\"trace_id\"")] {
        assert!(error(&constants(&[(name, "x")], &[])).contains(expected));
    }
    assert!(error(&constants(&[], &["level"])).contains("log_attributes"));
    let long = Box::leak("x".repeat(9_000).into_boxed_str());
    assert!(error(&constants(&[("region", long)], &[])).contains("8192 bytes"));
    assert_eq!(notices.take(), Vec::<String>::new());

    constants(&[("region", "x")], &["k8s.pod.name"])
        .check(Style::Json, &in_shop(), env)
        .unwrap();
    let told = notices.take().concat();
    assert!(
        told.contains("k8s.pod.name") && told.contains("OTEL_RESOURCE_ATTRIBUTES"),
        "{told}"
    );
}
