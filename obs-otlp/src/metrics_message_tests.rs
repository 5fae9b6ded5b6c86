use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value},
    metrics::v1::{
        Exemplar as ProtoExemplar, Gauge, Histogram as ProtoHistogram, HistogramDataPoint, Metric, NumberDataPoint,
        ResourceMetrics, ScopeMetrics, Sum, Summary, SummaryDataPoint, exemplar, metric::Data,
        number_data_point::Value, summary_data_point::ValueAtQuantile,
    },
    resource::v1::Resource,
};
use prost::Message as _;

use super::*;

const ATTRIBUTES: [(&str, AttributeValue<'_>); 3] = [
    ("route", AttributeValue::Text("/orders/{id}")),
    ("status", AttributeValue::Int(-1)),
    ("overflow", AttributeValue::Bool(true)),
];
const POINT: Point<'_> = Point {
    start: 7,
    attributes: &ATTRIBUTES,
};

fn seen() -> Exemplar {
    let (trace_id, span_id) = (TraceId::new(0xab).unwrap(), SpanId::new(0xcd).unwrap());
    Exemplar {
        trace_id,
        span_id,
        value: 0.3,
        at: Duration::from_nanos(5),
    }
}

fn attributes() -> Vec<KeyValue> {
    let pair = |key: &str, value| KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    };
    vec![
        pair("route", any_value::Value::StringValue("/orders/{id}".to_owned())),
        pair("status", any_value::Value::IntValue(-1)),
        pair("overflow", any_value::Value::BoolValue(true)),
    ]
}

fn exemplars() -> Vec<ProtoExemplar> {
    vec![ProtoExemplar {
        time_unix_nano: 5,
        span_id: 0xcd_u64.to_be_bytes().to_vec(),
        trace_id: 0xab_u128.to_be_bytes().to_vec(),
        value: Some(exemplar::Value::AsDouble(0.3)),
        ..ProtoExemplar::default()
    }]
}

fn metric(name: &str, data: Option<Data>) -> Metric {
    Metric {
        name: name.to_owned(),
        description: "help".to_owned(),
        unit: "s".to_owned(),
        data,
        ..Metric::default()
    }
}

fn number(value: Value, exemplars: Vec<ProtoExemplar>) -> NumberDataPoint {
    NumberDataPoint {
        attributes: attributes(),
        start_time_unix_nano: 7,
        time_unix_nano: 9,
        exemplars,
        value: Some(value),
        ..NumberDataPoint::default()
    }
}

fn expected() -> Vec<Metric> {
    let sum = |point, is_monotonic| {
        Data::Sum(Sum {
            data_points: vec![point],
            aggregation_temporality: 2,
            is_monotonic,
        })
    };
    let gauge = NumberDataPoint {
        start_time_unix_nano: 0,
        ..number(Value::AsDouble(0.0), Vec::new())
    };
    let histogram = HistogramDataPoint {
        attributes: attributes(),
        start_time_unix_nano: 7,
        time_unix_nano: 9,
        count: 3,
        sum: Some(0.0),
        bucket_counts: vec![1, 0, 2],
        explicit_bounds: vec![0.5, 1.0],
        exemplars: exemplars(),
        ..HistogramDataPoint::default()
    };
    let summary = SummaryDataPoint {
        attributes: attributes(),
        start_time_unix_nano: 7,
        time_unix_nano: 9,
        count: 2,
        sum: 1.5,
        quantile_values: vec![ValueAtQuantile {
            quantile: 0.0,
            value: 0.5,
        }],
        ..SummaryDataPoint::default()
    };
    vec![
        metric("counter", Some(sum(number(Value::AsInt(i64::MIN), exemplars()), true))),
        metric("up_down", Some(sum(number(Value::AsInt(0), Vec::new()), false))),
        metric(
            "gauge",
            Some(Data::Gauge(Gauge {
                data_points: vec![gauge],
            })),
        ),
        metric(
            "histogram",
            Some(Data::Histogram(ProtoHistogram {
                data_points: vec![histogram],
                aggregation_temporality: 2,
            })),
        ),
        metric(
            "summary",
            Some(Data::Summary(Summary {
                data_points: vec![summary],
            })),
        ),
        metric("empty", None),
    ]
}

#[test]
fn every_kind_is_read_as_it_was_written() {
    let mut message = MetricsMessage {
        now: 9,
        ..MetricsMessage::default()
    };
    message.begin("counter", "help", "s");
    message.sum(POINT, NumberValue::Int(i64::MIN), Some(seen()), true);
    message.gauge(POINT, NumberValue::Int(1)); // of another kind: left out
    message.begin("up_down", "help", "s");
    message.sum(POINT, NumberValue::Int(0), None, false);
    message.begin("gauge", "help", "s");
    message.gauge(POINT, NumberValue::Double(0.0));
    message.begin("histogram", "help", "s");
    let histogram = Histogram {
        count: 3,
        sum: 0.0,
        bounds: &[0.5, 1.0],
        counts: &[1, 0, 2],
    };
    message.histogram(POINT, histogram, std::iter::once(seen()));
    message.begin("summary", "help", "s");
    message.summary(POINT, 2, 1.5, [(0.0, 0.5)].into_iter());
    message.begin("empty", "help", "s");
    let resource = Resource {
        dropped_attributes_count: 3,
        ..Resource::default()
    };
    let (bytes, count) = message.finish(&resource.encode_to_vec(), "https://schema");
    let scope = InstrumentationScope {
        name: "obs".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    };
    let of_scope = ScopeMetrics {
        scope: Some(scope),
        metrics: expected(),
        ..ScopeMetrics::default()
    };
    let of_resource = ResourceMetrics {
        resource: Some(resource),
        scope_metrics: vec![of_scope],
        schema_url: "https://schema".to_owned(),
    };
    assert_eq!(count, 6);
    assert_eq!(
        ExportMetricsServiceRequest::decode(&*bytes).unwrap(),
        ExportMetricsServiceRequest {
            resource_metrics: vec![of_resource]
        }
    );
}
