//! A message that is too large becomes two.
//!
//! `ExportTraceServiceRequest`, `ExportLogsServiceRequest` and `ExportMetricsServiceRequest` have the same numbers of
//! fields down to their spans, log records and metrics, which are not looked into: they are slices of the message.

use bytes::Bytes;
use prost::Message as _;

/// An encoded message and how many spans, log records or metrics are in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Encoded {
    pub(super) bytes: Bytes,
    pub(super) items: usize,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Request {
    #[prost(message, repeated, tag = "1")]
    resources: Vec<OfResource>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct OfResource {
    #[prost(bytes = "bytes", optional, tag = "1")]
    resource: Option<Bytes>,
    #[prost(message, repeated, tag = "2")]
    scopes: Vec<OfScope>,
    #[prost(bytes = "bytes", tag = "3")]
    schema_url: Bytes,
}

#[derive(Clone, PartialEq, prost::Message)]
struct OfScope {
    #[prost(bytes = "bytes", optional, tag = "1")]
    scope: Option<Bytes>,
    #[prost(bytes = "bytes", repeated, tag = "2")]
    items: Vec<Bytes>,
    #[prost(bytes = "bytes", tag = "3")]
    schema_url: Bytes,
}

/// A metric of any kind, with its points as they are.
#[derive(Clone, PartialEq, prost::Message)]
struct Metric {
    #[prost(bytes = "bytes", tag = "1")]
    name: Bytes,
    #[prost(bytes = "bytes", tag = "2")]
    description: Bytes,
    #[prost(bytes = "bytes", tag = "3")]
    unit: Bytes,
    #[prost(message, optional, tag = "5")]
    gauge: Option<Points>,
    #[prost(message, optional, tag = "7")]
    sum: Option<Points>,
    #[prost(message, optional, tag = "9")]
    histogram: Option<Points>,
    #[prost(message, optional, tag = "11")]
    summary: Option<Points>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Points {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    list: Vec<Bytes>,
    #[prost(int32, tag = "2")]
    temporality: i32,
    #[prost(bool, tag = "3")]
    is_monotonic: bool,
}

// === impl Encoded ===

impl Encoded {
    /// Two messages with about half of the bytes each; none if there is a single item.
    pub(super) fn halves(&self) -> Option<[Self; 2]> {
        let request = Request::decode(self.bytes.clone()).ok()?;
        let sizes: Vec<_> = request.items().map(Bytes::len).collect();
        let first = half(&sizes)?;
        let take = |of_first: bool| {
            let mut at = 0;
            request.with(|_| {
                at += 1;
                (at <= first) == of_first
            })
        };
        let (one, other) = (take(true), take(false));
        Some([Self::new(&one, first), Self::new(&other, sizes.len() - first)])
    }

    /// The same for a message with a single metric: by its points.
    pub(super) fn halves_of_points(&self) -> Option<[Self; 2]> {
        let request = Request::decode(self.bytes.clone()).ok()?;
        let metric = Metric::decode(request.items().next()?.clone()).ok()?;
        let first = half(&metric.points().map(Bytes::len).collect::<Vec<_>>())?;
        let with = |metric: Metric| {
            let metric = Bytes::from(metric.encode_to_vec());
            let mut request = request.clone();
            for scope in request.resources.iter_mut().flat_map(|resource| &mut resource.scopes) {
                scope.items.fill(metric.clone());
            }
            Self::new(&request, 1)
        };
        let (one, other) = metric.divided(first);
        Some([with(one), with(other)])
    }

    fn new(request: &Request, items: usize) -> Self {
        Self {
            bytes: request.encode_to_vec().into(),
            items,
        }
    }
}

/// How many of these sizes make up half of them all, but neither none nor all of them.
fn half(sizes: &[usize]) -> Option<usize> {
    let all: usize = sizes.iter().sum();
    let mut sum = 0;
    let at = sizes.iter().position(|size| {
        sum += size;
        sum >= all - all / 2
    })?;
    (sizes.len() > 1).then(|| (at + 1).min(sizes.len() - 1))
}

// === impl Request ===

impl Request {
    fn items(&self) -> impl Iterator<Item = &Bytes> {
        self.resources
            .iter()
            .flat_map(|resource| &resource.scopes)
            .flat_map(|scope| &scope.items)
    }

    /// With those items alone that `keeps` says yes to, and nothing that has none.
    fn with(&self, mut keeps: impl FnMut(&Bytes) -> bool) -> Self {
        let mut part = self.clone();
        for resource in &mut part.resources {
            for scope in &mut resource.scopes {
                scope.items.retain(&mut keeps);
            }
            resource.scopes.retain(|scope| !scope.items.is_empty());
        }
        part.resources.retain(|resource| !resource.scopes.is_empty());
        part
    }
}

// === impl Metric ===

impl Metric {
    fn kinds(&self) -> impl Iterator<Item = &Points> {
        [&self.gauge, &self.sum, &self.histogram, &self.summary]
            .into_iter()
            .flatten()
    }

    fn points(&self) -> impl Iterator<Item = &Bytes> {
        self.kinds().flat_map(|kind| &kind.list)
    }

    /// One with the first points, one with the others.
    fn divided(mut self, first: usize) -> (Self, Self) {
        let mut other = self.clone();
        let kinds = |metric: &mut Self, change: &dyn Fn(&mut Vec<Bytes>)| {
            let all = [
                &mut metric.gauge,
                &mut metric.sum,
                &mut metric.histogram,
                &mut metric.summary,
            ];
            all.into_iter().flatten().for_each(|kind| change(&mut kind.list));
        };
        kinds(&mut self, &|points| points.truncate(first));
        kinds(&mut other, &|points| drop(points.drain(..first.min(points.len()))));
        (self, other)
    }
}

#[cfg(test)]
#[path = "divide_tests.rs"]
mod tests;
