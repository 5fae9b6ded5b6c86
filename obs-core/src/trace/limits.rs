//! How much a span or a log record may hold.

use crate::environment::Env;

/// The longest text of an attribute where nothing else is set, in bytes.
const VALUE: usize = 4 * 1_024;
/// The same in log records, in bytes: the length of a line.
const RECORD_VALUE: usize = 64 * 1_024;
/// How many attributes, events or links there are at most where nothing else is set: the default of the
/// standard.
const COUNT: usize = 128;

/// The limits of the [standard](https://opentelemetry.io/docs/specs/otel/common/#attribute-limits), and
/// that of [spans](https://opentelemetry.io/docs/specs/otel/trace/sdk/#span-limits).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// The longest text of an attribute, in bytes; of a list of texts, all together.
    pub(crate) value: usize,
    pub(crate) attributes: usize,
    pub(crate) events: usize,
    pub(crate) links: usize,
    pub(crate) event_attributes: usize,
    pub(crate) link_attributes: usize,
}

// === impl Limits ===

impl Limits {
    /// Of spans. `value` is what code says about the length of values.
    pub(crate) fn of_spans(value: Option<usize>, env: Env<'_>) -> Self {
        let of_values = [
            "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
            "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        ];
        Self {
            value: value.unwrap_or_else(|| read(env, of_values, VALUE)),
            attributes: read(
                env,
                ["OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT"],
                COUNT,
            ),
            events: read(env, ["OTEL_SPAN_EVENT_COUNT_LIMIT"], COUNT),
            links: read(env, ["OTEL_SPAN_LINK_COUNT_LIMIT"], COUNT),
            event_attributes: read(env, ["OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT"], COUNT),
            link_attributes: read(env, ["OTEL_LINK_ATTRIBUTE_COUNT_LIMIT"], COUNT),
        }
    }

    /// Of log records, which have no events and links.
    pub(crate) fn of_records(value: Option<usize>, env: Env<'_>) -> Self {
        let of_values = [
            "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT",
            "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        ];
        let value = value.unwrap_or_else(|| read(env, of_values, RECORD_VALUE));
        let attributes = read(
            env,
            ["OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT"],
            COUNT,
        );
        Self {
            value,
            attributes,
            ..Self::default()
        }
    }
}

/// The first of the variables that has a number, or the default.
fn read<const N: usize>(env: Env<'_>, names: [&'static str; N], default: usize) -> usize {
    env.number(names, 0)
        .map_or(default, |limit| usize::try_from(limit).unwrap_or(usize::MAX))
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            value: VALUE,
            attributes: COUNT,
            events: COUNT,
            links: COUNT,
            event_attributes: COUNT,
            link_attributes: COUNT,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Notices;

    fn spans(set: &[(&str, &str)]) -> (Limits, Vec<String>) {
        let env = |name: &str| {
            set.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        };
        let notices = Notices::default();
        (Limits::of_spans(None, Env::new(&env, &notices)), notices.take())
    }

    #[test]
    fn limits_are_bounded_by_default() {
        let (limits, notices) = spans(&[]);
        assert_eq!(
            (limits.value, limits.attributes, limits.events, limits.links),
            (4_096, 128, 128, 128)
        );
        assert_eq!((limits, notices), (Limits::default(), vec![]));
    }

    #[test]
    fn the_variable_for_spans_beats_the_one_for_all() {
        let general = [
            ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "10"),
            ("OTEL_ATTRIBUTE_COUNT_LIMIT", "11"),
        ];
        let (limits, _) = spans(&general);
        assert_eq!((limits.value, limits.attributes), (10, 11));
        let special = [
            general[0],
            general[1],
            ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "1"),
            ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "2"),
            ("OTEL_SPAN_EVENT_COUNT_LIMIT", "3"),
            ("OTEL_SPAN_LINK_COUNT_LIMIT", "4"),
            ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "5"),
            ("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "0"),
        ];
        let (limits, _) = spans(&special);
        let expected = Limits {
            value: 1,
            attributes: 2,
            events: 3,
            links: 4,
            event_attributes: 5,
            link_attributes: 0,
        };
        assert_eq!(limits, expected);
        let env = |name: &str| {
            special
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        };
        let records = Limits::of_records(None, Env::without_notices(&env));
        assert_eq!((records.value, records.attributes), (10, 11));
        assert_eq!(
            Limits::of_spans(Some(7), Env::without_notices(&env)).value,
            7,
            "code beats environment"
        );
    }

    #[test]
    fn a_limit_that_is_no_number_is_told_and_ignored() {
        let (limits, notices) = spans(&[
            ("OTEL_SPAN_EVENT_COUNT_LIMIT", "-1"),
            ("OTEL_ATTRIBUTE_COUNT_LIMIT", "many"),
        ]);
        assert_eq!(limits, Limits::default());
        assert_eq!(
            notices,
            [
                "OTEL_ATTRIBUTE_COUNT_LIMIT is \"many\", expected a whole number from 0 to 4294967295: it is ignored",
                "OTEL_SPAN_EVENT_COUNT_LIMIT is \"-1\", expected a whole number from 0 to 4294967295: it is ignored",
            ]
        );
    }
}
