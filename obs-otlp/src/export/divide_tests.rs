use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::InstrumentationScope,
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use proptest::{collection::vec, prelude::*};
use prost::Message as _;

use super::*;

/// A message with these names of spans, by resource and scope.
fn message(resources: &[Vec<Vec<String>>]) -> Encoded {
    let span = |name: &String| Span {
        name: name.clone(),
        ..Span::default()
    };
    let scope = |spans: &Vec<String>| ScopeSpans {
        scope: Some(InstrumentationScope {
            name: format!("of {}", spans.len()),
            ..InstrumentationScope::default()
        }),
        spans: spans.iter().map(span).collect(),
        schema_url: "https://scope".to_owned(),
    };
    let resource = |scopes: &Vec<Vec<String>>| ResourceSpans {
        resource: Some(Resource {
            dropped_attributes_count: 7,
            ..Resource::default()
        }),
        scope_spans: scopes.iter().map(scope).collect(),
        schema_url: "https://resource".to_owned(),
    };
    let request = ExportTraceServiceRequest {
        resource_spans: resources.iter().map(resource).collect(),
    };
    Encoded {
        bytes: request.encode_to_vec().into(),
        items: resources.iter().flatten().flatten().count(),
    }
}

fn decoded(message: &Encoded) -> ExportTraceServiceRequest {
    ExportTraceServiceRequest::decode(message.bytes.clone()).unwrap()
}

/// Every span with what stands around it.
fn spans(message: &Encoded) -> Vec<(Option<Resource>, String, String, Span)> {
    let resources = decoded(message).resource_spans.into_iter();
    let scopes = resources.flat_map(|resource| {
        resource
            .scope_spans
            .into_iter()
            .map(move |scope| (resource.resource.clone(), resource.schema_url.clone(), scope))
    });
    scopes
        .flat_map(|(resource, schema, scope)| {
            let name = format!("{} {schema} {}", scope.scope.unwrap().name, scope.schema_url);
            scope
                .spans
                .into_iter()
                .map(move |span| (resource.clone(), schema.clone(), name.clone(), span))
        })
        .collect()
}

/// Divides until nothing can be divided.
fn singles(message: Encoded) -> Vec<Encoded> {
    match message.halves() {
        Some([one, other]) => [singles(one), singles(other)].concat(),
        None => vec![message],
    }
}

proptest! {
    #[test]
    fn two_halves_have_what_the_whole_has(resources in vec(vec(vec("[a-z]{0,40}", 0..6), 0..4), 0..4)) {
        let whole = message(&resources);
        let Some([one, other]) = whole.halves() else {
            prop_assert!(whole.items < 2);
            return Ok(());
        };
        prop_assert!(one.items > 0 && other.items > 0);
        prop_assert_eq!((spans(&one).len(), spans(&other).len()), (one.items, other.items));
        prop_assert_eq!([spans(&one), spans(&other)].concat(), spans(&whole));
        let singles = singles(whole.clone());
        prop_assert!(singles.iter().all(|single| single.items == 1));
        prop_assert_eq!(singles.iter().flat_map(spans).collect::<Vec<_>>(), spans(&whole));
    }

    #[test]
    fn no_bytes_are_too_odd_to_be_divided(bytes in vec(any::<u8>(), 0..60)) {
        let message = Encoded { bytes: bytes.into(), items: 2 };
        let _ = message.halves();
        let _ = message.halves_of_points();
    }
}

#[test]
fn one_large_span_among_small_ones_ends_alone() {
    let mut names = vec!["s".to_owned(); 10];
    names[3] = "large".repeat(1_000);
    let [one, other] = message(&[vec![names]]).halves().unwrap();
    assert_eq!((one.items, other.items), (4, 6));
    let [small, large] = one.halves().unwrap();
    assert_eq!((small.items, large.items), (3, 1));
}

#[test]
fn a_metric_is_divided_by_its_points() {
    use opentelemetry_proto::tonic::{
        collector::metrics::v1::ExportMetricsServiceRequest,
        metrics::v1::{Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, metric::Data},
    };

    let point = |n| NumberDataPoint {
        time_unix_nano: n,
        ..NumberDataPoint::default()
    };
    let sum = Sum {
        data_points: (1..=5).map(point).collect(),
        aggregation_temporality: 2,
        is_monotonic: true,
    };
    let metric = Metric {
        name: "orders".to_owned(),
        unit: "1".to_owned(),
        data: Some(Data::Sum(sum)),
        ..Metric::default()
    };
    let scope = ScopeMetrics {
        metrics: vec![metric.clone()],
        ..ScopeMetrics::default()
    };
    let resource = ResourceMetrics {
        scope_metrics: vec![scope],
        ..ResourceMetrics::default()
    };
    let request = ExportMetricsServiceRequest {
        resource_metrics: vec![resource],
    };
    let whole = Encoded {
        bytes: request.encode_to_vec().into(),
        items: 1,
    };
    let points = |part: &Encoded| {
        let request = ExportMetricsServiceRequest::decode(part.bytes.clone()).unwrap();
        let mut part = request.resource_metrics[0].scope_metrics[0].metrics[0].clone();
        let Some(Data::Sum(sum)) = &mut part.data else {
            panic!("{part:?}")
        };
        let times: Vec<_> = std::mem::take(&mut sum.data_points)
            .iter()
            .map(|point| point.time_unix_nano)
            .collect();
        let Some(Data::Sum(Sum {
            aggregation_temporality: 2,
            is_monotonic: true,
            ..
        })) = part.data
        else {
            panic!()
        };
        assert_eq!((&part.name, &part.unit), (&metric.name, &metric.unit));
        times
    };
    let [one, other] = whole.halves_of_points().unwrap();
    assert_eq!([points(&one), points(&other)].concat(), [1, 2, 3, 4, 5]);
    assert!(whole.halves().is_none() && points(&one).len() == 3);
}
