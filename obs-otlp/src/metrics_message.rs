//! Metrics encoded as the OTLP message `ExportMetricsServiceRequest`.
//!
//! Each metric is started by [`MetricsMessage::begin`], followed by its points; [`MetricsMessage::finish`] ends the
//! message:
//!
//! ```
//! use obs_otlp::{AttributeValue, MetricsMessage, NumberValue, Point};
//!
//! let mut message = MetricsMessage::default();
//! message.begin("http.server.active_requests", "Requests in flight.", "{request}");
//! let attributes = [("http.route", AttributeValue::Text("/orders/{id}"))];
//! message.gauge(Point { start: 0, attributes: &attributes }, NumberValue::Int(3));
//! let (bytes, metrics) = message.finish(&[], "");
//! assert!(metrics == 1 && !bytes.is_empty());
//! ```
//!
//! Field numbers are those of [opentelemetry-proto], file `metrics/v1/metrics.proto` and the files it imports.
//!
//! [opentelemetry-proto]: https://github.com/open-telemetry/opentelemetry-proto/tree/main/opentelemetry/proto

use std::time::Duration;

use obs_base::{
    clock,
    ids::{SpanId, TraceId},
    protobuf::{Message, Nested},
};

/// `AGGREGATION_TEMPORALITY_CUMULATIVE`: points are totals since their start.
const CUMULATIVE: u64 = 2;

/// A source of metrics, which the export thread reads for each push.
///
/// ```
/// use obs_otlp::{AttributeValue, MetricsMessage, NumberValue, Point, ReadMetrics};
///
/// /// The number of jobs since the start of the process, in nanoseconds since 1970.
/// struct Jobs { done: u64, started: u64 }
///
/// impl ReadMetrics for Jobs {
///     fn read(&self, message: &mut MetricsMessage) {
///         message.begin("jobs.done", "Jobs that have ended.", "{job}");
///         let point = Point { start: self.started, attributes: &[("queue", AttributeValue::Text("mail"))] };
///         message.sum(point, NumberValue::Int(self.done.cast_signed()), None, true);
///     }
/// }
///
/// let mut message = MetricsMessage::default();
/// Jobs { done: 7, started: 1_700_000_000_000_000_000 }.read(&mut message);
/// assert_eq!(message.finish(&[], "").1, 1);
/// ```
pub trait ReadMetrics: Send + Sync {
    /// Adds all metrics with their current values to `message`.
    fn read(&self, message: &mut MetricsMessage);
}

/// The item of the metrics queue: a request for a push. Several queued ones become one push.
#[derive(Clone, Copy, Debug)]
pub struct Tick;

/// A metrics message that is being written. All points have the same timestamp, the time at which it was created.
#[derive(Debug)]
pub struct MetricsMessage {
    /// Nanoseconds since the Unix epoch.
    now: u64,
    metrics: Message,
    count: usize,
    current: Option<Current>,
}

/// The metric that is being written.
#[derive(Debug)]
struct Current {
    metric: Nested,
    data: Option<(Kind, Nested)>,
}

/// The field of a metric's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Gauge,
    Sum { is_monotonic: bool },
    Histogram,
    Summary,
}

/// The start time and the attributes of a point of any kind.
#[derive(Clone, Copy, Debug)]
pub struct Point<'a> {
    /// The start of counting of a cumulative value, in nanoseconds since the Unix epoch.
    pub start: u64,
    /// The attributes; each key must occur once.
    pub attributes: &'a [(&'a str, AttributeValue<'a>)],
}

/// The value of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeValue<'a> {
    /// Text.
    Text(&'a str),
    /// An integer.
    Int(i64),
    /// A boolean.
    Bool(bool),
}

/// The value of a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NumberValue {
    /// An integer.
    Int(i64),
    /// A float.
    Double(f64),
}

/// The value of a histogram's point. Sum and bounds are in the unit of the metric.
#[derive(Clone, Copy, Debug)]
pub struct Histogram<'a> {
    /// The number of observations: the sum of `counts`.
    pub count: u64,
    /// The sum of the observed values.
    pub sum: f64,
    /// The inclusive upper bounds of the buckets, ascending, without the infinite bound of the last one.
    pub bounds: &'a [f64],
    /// The number of observations in each bucket (not cumulative), one more than there are bounds.
    pub counts: &'a [u64],
}

/// An observed value with the trace that it belongs to
/// ([exemplars](https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exemplars)).
#[derive(Clone, Copy, Debug)]
pub struct Exemplar {
    /// The trace of the observation.
    pub trace_id: TraceId,
    /// The span of the observation.
    pub span_id: SpanId,
    /// The observed value, in the unit of the metric.
    pub value: f64,
    /// The time of the observation, since the Unix epoch.
    pub at: Duration,
}

// === impl MetricsMessage ===

impl Default for MetricsMessage {
    fn default() -> Self {
        Self {
            now: nanoseconds(clock::unix_now()),
            metrics: Message::default(),
            count: 0,
            current: None,
        }
    }
}

impl MetricsMessage {
    /// Starts a metric, and ends the one before.
    ///
    /// `unit` is one of [UCUM](https://ucum.org/ucum), such as `s`, `By` or `{request}`. The kind of the metric is that
    /// of its first point; points of another kind are ignored.
    pub fn begin(&mut self, name: &str, description: &str, unit: &str) {
        self.end();
        let metric = self.metrics.begin(2);
        self.metrics.bytes(1, name.as_bytes());
        self.metrics.bytes(2, description.as_bytes());
        self.metrics.bytes(3, unit.as_bytes());
        self.count += 1;
        self.current = Some(Current { metric, data: None });
    }

    /// Adds a point to a gauge. The start of `point` is ignored.
    pub fn gauge(&mut self, point: Point<'_>, value: NumberValue) {
        let point = Point { start: 0, ..point };
        self.point(Kind::Gauge, |message, now| put_number(message, now, point, value, None));
    }

    /// Adds a point to a counter (`is_monotonic`) or to an up-down counter: the total since the start of `point`. The
    /// exemplar is a request that was counted.
    pub fn sum(&mut self, point: Point<'_>, value: NumberValue, exemplar: Option<Exemplar>, is_monotonic: bool) {
        self.point(Kind::Sum { is_monotonic }, |message, now| {
            put_number(message, now, point, value, exemplar);
        });
    }

    /// Adds a point to a histogram, with any number of exemplars. An exemplar belongs to the bucket that contains its
    /// value.
    ///
    /// ```
    /// use obs_otlp::{Histogram, MetricsMessage, Point};
    ///
    /// let mut message = MetricsMessage::default();
    /// message.begin("http.server.request.duration", "Duration of requests.", "s");
    /// let durations = Histogram { count: 3, sum: 1.2, bounds: &[0.1, 1.0], counts: &[1, 2, 0] };
    /// message.histogram(Point { start: 0, attributes: &[] }, durations, std::iter::empty());
    /// assert_eq!(message.finish(&[], "").1, 1);
    /// ```
    pub fn histogram(&mut self, point: Point<'_>, histogram: Histogram<'_>, exemplars: impl Iterator<Item = Exemplar>) {
        let Histogram {
            count,
            sum,
            bounds,
            counts,
        } = histogram;
        self.point(Kind::Histogram, |message, now| {
            message.fixed64(2, point.start);
            message.fixed64(3, now);
            message.fixed64(4, count);
            message.put_double(5, sum);
            message.message(6, |packed| {
                for count in counts {
                    packed.raw(&count.to_le_bytes());
                }
            });
            message.message(7, |packed| {
                for bound in bounds {
                    packed.raw(&bound.to_le_bytes());
                }
            });
            exemplars.for_each(|exemplar| message.message(8, |message| put_exemplar(message, exemplar)));
            put_attributes(message, 9, point.attributes);
        });
    }

    /// Adds a point to a summary; `quantiles` are pairs of a quantile from 0 to 1 and its value.
    pub fn summary(&mut self, point: Point<'_>, count: u64, sum: f64, quantiles: impl Iterator<Item = (f64, f64)>) {
        self.point(Kind::Summary, |message, now| {
            message.fixed64(2, point.start);
            message.fixed64(3, now);
            message.fixed64(4, count);
            message.put_double(5, sum);
            quantiles.for_each(|(quantile, value)| {
                message.message(6, |message| {
                    message.put_double(1, quantile);
                    message.put_double(2, value);
                });
            });
            put_attributes(message, 7, point.attributes);
        });
    }

    /// Writes a point, unless the metric has points of another kind.
    fn point(&mut self, kind: Kind, write: impl FnOnce(&mut Message, u64)) {
        let Some(current) = &mut self.current else { return };
        let metrics = &mut self.metrics;
        let (metric_kind, _) = current.data.get_or_insert_with(|| (kind, metrics.begin(kind.field())));
        if *metric_kind == kind {
            let now = self.now;
            metrics.message(1, |message| write(message, now));
        }
    }

    /// Ends the current metric.
    fn end(&mut self) {
        let Some(Current { metric, data }) = self.current.take() else {
            return;
        };
        if let Some((kind, data)) = data {
            kind.end(&mut self.metrics);
            self.metrics.end(&data);
        }
        self.metrics.end(&metric);
    }

    /// Ends the message, and returns its bytes and the number of its metrics.
    ///
    /// `resource` is an encoded `Resource` message, `schema_url` the URL of the semantic conventions of its attributes.
    #[must_use]
    pub fn finish(mut self, resource: &[u8], schema_url: &str) -> (Vec<u8>, usize) {
        self.end();
        let mut message = Message::with_capacity(resource.len() + self.metrics.as_bytes().len() + 64);
        message.message(1, |message| {
            message.put_bytes(1, resource);
            message.message(2, |message| {
                message.message(1, |scope| {
                    scope.bytes(1, b"obs");
                    scope.bytes(2, env!("CARGO_PKG_VERSION").as_bytes());
                });
                message.raw(self.metrics.as_bytes());
            });
            message.bytes(3, schema_url.as_bytes());
        });
        (message.into_bytes(), self.count)
    }
}

// === impl Kind ===

impl Kind {
    fn field(self) -> u32 {
        match self {
            Self::Gauge => 5,
            Self::Sum { .. } => 7,
            Self::Histogram => 9,
            Self::Summary => 11,
        }
    }

    /// Writes the fields after the points.
    fn end(self, data: &mut Message) {
        match self {
            Self::Gauge | Self::Summary => {}
            Self::Histogram => data.varint(2, CUMULATIVE),
            Self::Sum { is_monotonic } => {
                data.varint(2, CUMULATIVE);
                data.varint(3, is_monotonic.into());
            }
        }
    }
}

fn put_number(message: &mut Message, now: u64, point: Point<'_>, value: NumberValue, exemplar: Option<Exemplar>) {
    message.fixed64(2, point.start);
    message.fixed64(3, now);
    if let NumberValue::Double(value) = value {
        message.put_double(4, value);
    }
    if let Some(exemplar) = exemplar {
        message.message(5, |message| put_exemplar(message, exemplar));
    }
    if let NumberValue::Int(value) = value {
        message.put_fixed64(6, value.cast_unsigned());
    }
    put_attributes(message, 7, point.attributes);
}

fn put_exemplar(
    message: &mut Message,
    Exemplar {
        trace_id,
        span_id,
        value,
        at,
    }: Exemplar,
) {
    message.fixed64(2, nanoseconds(at));
    message.put_double(3, value);
    message.put_bytes(4, &span_id.get().to_be_bytes());
    message.put_bytes(5, &trace_id.get().to_be_bytes());
}

fn put_attributes(message: &mut Message, tag: u32, attributes: &[(&str, AttributeValue<'_>)]) {
    for (key, value) in attributes {
        message.message(tag, |message| {
            message.bytes(1, key.as_bytes());
            message.message(2, |message| match value {
                AttributeValue::Text(text) => message.put_bytes(1, text.as_bytes()),
                AttributeValue::Bool(truth) => message.put_varint(2, (*truth).into()),
                AttributeValue::Int(number) => message.put_varint(3, number.cast_unsigned()),
            });
        });
    }
}

fn nanoseconds(since_epoch: Duration) -> u64 {
    u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "metrics_message_tests.rs"]
mod tests;
