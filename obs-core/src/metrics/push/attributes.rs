//! Labels as attributes.

use obs_otlp::AttributeValue;

use crate::{
    metrics::labels::LabelsRef,
    names::{attribute, label, semconv, value},
};

/// An attribute.
type Pair<'a> = (&'a str, AttributeValue<'a>);

/// Labels under their own names, as text.
pub(super) fn of_application(labels: LabelsRef<'_>) -> Vec<Pair<'_>> {
    labels
        .pairs
        .iter()
        .map(|(key, value)| (&**key, AttributeValue::Text(value)))
        .collect()
}

/// Labels of RED metrics under their dotted names, numbers as such. A label without a value is no
/// attribute; those of the series that takes what the cap refuses are one attribute that says so.
pub(super) fn of_red(labels: LabelsRef<'_>) -> Vec<Pair<'_>> {
    if labels
        .pairs
        .first()
        .is_some_and(|(_, method)| method == value::OVERFLOW)
    {
        return vec![(attribute::OTEL_METRIC_OVERFLOW, AttributeValue::Bool(true))];
    }
    let given = labels.pairs.iter().filter(|(_, value)| !value.is_empty());
    given.map(|(key, value)| (dotted(key), typed(key, value))).collect()
}

fn dotted(key: &str) -> &str {
    semconv::ATTRIBUTES
        .into_iter()
        .find(|(label, _)| *label == key)
        .map_or(key, |(_, dotted)| dotted)
}

fn typed<'a>(key: &str, text: &'a str) -> AttributeValue<'a> {
    let is_number = matches!(key, label::HTTP_RESPONSE_STATUS_CODE | label::SERVER_PORT);
    let number = is_number.then(|| text.parse().ok()).flatten();
    number.map_or(AttributeValue::Text(text), AttributeValue::Int)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::labels::Labels;

    /// Checks the attributes of a series with the labels `given`.
    fn assert_red(given: &[(&'static str, &'static str)], expected: &[Pair<'_>]) {
        let labels = Labels::new(
            given
                .iter()
                .map(|(key, value)| ((*key).into(), (*value).into()))
                .collect::<Vec<_>>(),
        );
        assert_eq!(of_red(labels.as_ref()), expected);
    }

    #[test]
    fn every_label_of_the_conventions_has_its_attribute() {
        for def in semconv::DOTTED.map(|(def, _, _)| def) {
            assert!(
                def.labels
                    .iter()
                    .all(|label| dotted(label) != *label || !label.contains('_')),
                "{def:?}"
            );
        }
        assert_red(
            &[("http_route", "/a"), ("tier", "paid")],
            &[
                ("http.route", AttributeValue::Text("/a")),
                ("tier", AttributeValue::Text("paid")),
            ],
        );
    }

    #[test]
    fn statuses_and_ports_are_numbers_unless_they_are_none() {
        assert_red(
            &[("http_response_status_code", "200"), ("server_port", "8080")],
            &[
                ("http.response.status_code", AttributeValue::Int(200)),
                ("server.port", AttributeValue::Int(8080)),
            ],
        );
        assert_red(&[("error_type", "500")], &[("error.type", AttributeValue::Text("500"))]);
        assert_red(
            &[("server_port", "http")],
            &[("server.port", AttributeValue::Text("http"))],
        );
    }

    #[test]
    fn a_label_without_a_value_is_no_attribute() {
        let method = ("http.request.method", AttributeValue::Text("GET"));
        assert_red(&[("http_request_method", "GET"), ("http_route", "")], &[method]);
    }

    #[test]
    fn what_the_cap_refuses_has_one_attribute() {
        let overflow = [
            ("http_request_method", value::OVERFLOW),
            ("http_response_status_code", value::OVERFLOW),
        ];
        assert_red(&overflow, &[("otel.metric.overflow", AttributeValue::Bool(true))]);
    }
}
