//! Labels as attributes.

use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};

use crate::{
    metrics::labels::LabelsRef,
    names::{attribute, label, semconv, value},
};

/// Labels under their own names, as text.
pub(super) fn of_application(labels: LabelsRef<'_>) -> Vec<KeyValue> {
    labels.pairs.iter().map(|(key, value)| pair(key, Value::StringValue(value.to_string()))).collect()
}

/// Labels of RED metrics under their dotted names, numbers as such. A label without a value is no
/// attribute; those of the series that takes what the cap refuses are one attribute that says so.
pub(super) fn of_red(labels: LabelsRef<'_>) -> Vec<KeyValue> {
    if labels.pairs.first().is_some_and(|(_, method)| method == value::OVERFLOW) {
        return vec![pair(attribute::OTEL_METRIC_OVERFLOW, Value::BoolValue(true))];
    }
    let given = labels.pairs.iter().filter(|(_, value)| !value.is_empty());
    given.map(|(key, value)| pair(dotted(key), typed(key, value))).collect()
}

fn dotted(key: &str) -> &str {
    semconv::ATTRIBUTES.into_iter().find(|(label, _)| *label == key).map_or(key, |(_, dotted)| dotted)
}

fn typed(key: &str, text: &str) -> Value {
    let is_number = matches!(key, label::HTTP_RESPONSE_STATUS_CODE | label::SERVER_PORT);
    let number = is_number.then(|| text.parse().ok()).flatten();
    number.map_or_else(|| Value::StringValue(text.to_owned()), Value::IntValue)
}

fn pair(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::labels::Labels;

    fn red(given: &[(&'static str, &'static str)]) -> Vec<(String, Value)> {
        let labels = Labels::new(given.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect::<Vec<_>>());
        let attributes = of_red(labels.as_ref()).into_iter();
        attributes.filter_map(|of| Some((of.key, of.value?.value?))).collect()
    }

    fn text(text: &str) -> Value {
        Value::StringValue(text.to_owned())
    }

    #[test]
    fn every_label_of_the_conventions_has_its_attribute() {
        for def in semconv::DOTTED.map(|(def, _, _)| def) {
            assert!(def.labels.iter().all(|label| dotted(label) != *label || !label.contains('_')), "{def:?}");
        }
        assert_eq!(
            red(&[("http_route", "/a"), ("tier", "paid")]),
            [("http.route".to_owned(), text("/a")), ("tier".to_owned(), text("paid"))]
        );
    }

    #[test]
    fn statuses_and_ports_are_numbers_unless_they_are_none() {
        assert_eq!(
            red(&[("http_response_status_code", "200"), ("server_port", "8080")]),
            [
                ("http.response.status_code".to_owned(), Value::IntValue(200)),
                ("server.port".to_owned(), Value::IntValue(8080))
            ]
        );
        assert_eq!(red(&[("error_type", "500")]), [("error.type".to_owned(), text("500"))]);
        assert_eq!(red(&[("server_port", "http")]), [("server.port".to_owned(), text("http"))]);
    }

    #[test]
    fn a_label_without_a_value_is_no_attribute() {
        assert_eq!(red(&[("http_request_method", "GET"), ("http_route", "")]).len(), 1);
    }

    #[test]
    fn what_the_cap_refuses_has_one_attribute() {
        let overflow = [("http_request_method", value::OVERFLOW), ("http_response_status_code", value::OVERFLOW)];
        assert_eq!(red(&overflow), [("otel.metric.overflow".to_owned(), Value::BoolValue(true))]);
    }
}
