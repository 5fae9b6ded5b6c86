//! Reads a condition and its threshold.

use super::{
    Service,
    fields::{Field, Fields},
    node::Value,
    read_slo::read_scope,
    report::suggestion,
};
use crate::{
    Comparison, Condition, Scope, Tally, Unit,
    condition::is_metric_name,
    promql::{Selector, Window},
};

const KINDS: [&str; 8] = [
    "error_ratio",
    "latency",
    "availability",
    "rate_change",
    "ratio",
    "gauge",
    "increase",
    "absence",
];
const SERIES_KEYS: [&str; 2] = ["metric", "labels"];
/// What a condition looks at if it does not say.
const DEFAULT_WINDOW: Window = Window::minutes(5);
const DEFAULT_QUANTILE: f64 = 0.99;

/// A map with one key, the kind of the condition.
pub(super) fn read_condition(field: Field<'_>, service: &Service) -> Option<Condition> {
    let [entry] = field.entries() else {
        return match field.node.value {
            Value::Map(_) => field.refuse(&format!("one kind of condition: {}", KINDS.join(", "))),
            _ => None,
        };
    };
    let inner = Field {
        key: &entry.key,
        node: &entry.value,
        report: field.report,
    };
    match entry.key.as_str() {
        "error_ratio" => read_error_ratio(inner, service),
        "latency" => read_latency(inner, service),
        "availability" => read_availability(inner, service),
        "rate_change" => read_rate_change(inner, service),
        "ratio" => read_ratio(inner),
        "gauge" => read_gauge(inner),
        "increase" => read_increase(inner),
        "absence" => Some(Condition::Absence {
            selector: read_series(inner.fields("absence", &SERIES_KEYS)?)?,
        }),
        kind => {
            let hint = suggestion(kind, KINDS);
            let message = format!("no condition is named {kind:?}{hint}: there are {}", KINDS.join(", "));
            field.report.add(entry.at, message)
        }
    }
}

/// `above` or `below`, whichever the condition compares with.
pub(super) fn read_threshold(field: Field<'_>, condition: &Condition) -> Option<f64> {
    match condition.unit().filter(|_| condition.burn_rate().is_none()) {
        Some(unit) => unit.read(field),
        None => field.refuse("nothing here: the alert compares nothing that can be set"),
    }
}

fn read_error_ratio(field: Field<'_>, service: &Service) -> Option<Condition> {
    let fields = field.fields("error_ratio", &["endpoint", "window", "above"])?;
    let (scope, window) = (scope(fields, service, false), window(fields));
    let above = fields.need("above", "5%").and_then(Field::share);
    Some(Condition::ErrorRatio {
        scope: scope?,
        window: window?,
        above: above?,
    })
}

fn read_availability(field: Field<'_>, service: &Service) -> Option<Condition> {
    let fields = field.fields("availability", &["endpoint", "window", "below"])?;
    let (scope, window) = (scope(fields, service, false), window(fields));
    let below = fields.need("below", "99%").and_then(Field::share);
    Some(Condition::Availability {
        scope: scope?,
        window: window?,
        below: below?,
    })
}

fn read_latency(field: Field<'_>, service: &Service) -> Option<Condition> {
    let fields = field.fields("latency", &["endpoint", "window", "quantile", "above"])?;
    let (scope, window) = (scope(fields, service, true), window(fields));
    let quantile = fields.get("quantile").map_or(Some(DEFAULT_QUANTILE), Field::number);
    let above = fields.need("above", "800ms").and_then(Field::window);
    Some(Condition::Latency {
        scope: scope?,
        window: window?,
        quantile: quantile?,
        above: above?.duration(),
    })
}

fn read_rate_change(field: Field<'_>, service: &Service) -> Option<Condition> {
    let fields = field.fields("rate_change", &["endpoint", "window", "before", "above", "below"])?;
    let (scope, window) = (scope(fields, service, false), window(fields));
    let offset = fields.need("before", "1h").and_then(Field::window);
    let comparison = comparison(fields, Unit::Ratio);
    Some(Condition::RateChange {
        scope: scope?,
        window: window?,
        offset: offset?,
        comparison: comparison?,
    })
}

fn read_ratio(field: Field<'_>) -> Option<Condition> {
    let fields = field.fields("ratio", &["numerator", "denominator", "window", "above", "below"])?;
    let tally = |key, example| {
        let selector = read_series(fields.need(key, example)?.fields(key, &SERIES_KEYS)?)?;
        Some(Tally::new(vec![selector]))
    };
    let numerator = tally("numerator", "{ metric: jobs_failed_total }");
    let denominator = tally("denominator", "{ metric: jobs_total }");
    let (window, comparison) = (window(fields), comparison(fields, Unit::Ratio));
    Some(Condition::Ratio {
        numerator: numerator?,
        denominator: denominator?,
        window: window?,
        comparison: comparison?,
    })
}

fn read_gauge(field: Field<'_>) -> Option<Condition> {
    let fields = field.fields("gauge", &["metric", "labels", "divided_by", "above", "below"])?;
    let selector = read_series(fields);
    let denominator = match fields.get("divided_by") {
        Some(field) => Some(read_series(field.fields("divided_by", &SERIES_KEYS)?)?),
        None => None,
    };
    let comparison = comparison(
        fields,
        if denominator.is_some() {
            Unit::Ratio
        } else {
            Unit::Number
        },
    );
    Some(Condition::Gauge {
        selector: selector?,
        denominator,
        comparison: comparison?,
    })
}

fn read_increase(field: Field<'_>) -> Option<Condition> {
    let fields = field.fields("increase", &["metric", "labels", "window", "above", "below"])?;
    let (selector, window) = (read_series(fields), window(fields));
    let comparison = comparison(fields, Unit::Number);
    Some(Condition::Increase {
        selector: selector?,
        window: window?,
        comparison: comparison?,
    })
}

/// `metric` with `labels`.
fn read_series(fields: Fields<'_>) -> Option<Selector> {
    let metric = fields.need("metric", "cart_abandonment_rate")?;
    let name = metric.text()?;
    if !is_metric_name(name) {
        return metric.refuse("the name of a metric: letters, digits, '_' and ':', no digit first");
    }
    let labels = fields.get("labels").map(Field::pairs).unwrap_or_default();
    Some(
        labels
            .into_iter()
            .fold(Selector::new(name), |selector, (key, value)| selector.with(key, value)),
    )
}

fn scope(fields: Fields<'_>, service: &Service, is_timed: bool) -> Option<Scope> {
    fields
        .get("endpoint")
        .map_or(Some(Scope::service()), |field| read_scope(field, service, is_timed))
}

fn window(fields: Fields<'_>) -> Option<Window> {
    fields.get("window").map_or(Some(DEFAULT_WINDOW), Field::window)
}

fn comparison(fields: Fields<'_>, unit: Unit) -> Option<Comparison> {
    match (fields.get("above"), fields.get("below")) {
        (Some(above), None) => unit.read(above).map(Comparison::Above),
        (None, Some(below)) => unit.read(below).map(Comparison::Below),
        (None, None) => fields
            .report
            .add(fields.at, "\"above\" or \"below\" is missing: say when it is too much"),
        (Some(_), Some(below)) => {
            below.refuse("nothing here: \"above\" is given; a second alert can watch the other side")
        }
    }
}

// === impl Unit ===

impl Unit {
    /// Reads a threshold as `obs.yaml` has it in this unit.
    fn read(self, field: Field<'_>) -> Option<f64> {
        match (self, &field.node.value) {
            (Self::Share, _) | (Self::Ratio, Value::Text(_)) => field.share(),
            (Self::Seconds, _) => field.window().map(|window| window.duration().as_secs_f64()),
            (Self::Number | Self::Ratio, _) => field.number(),
        }
    }
}
