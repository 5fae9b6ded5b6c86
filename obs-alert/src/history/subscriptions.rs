//! From a series to the aggregates that it belongs to.

use std::collections::HashMap;

use super::{AggregateId, SeriesMatcher};

/// What a series is to an aggregate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Subscription {
    pub(super) aggregate: AggregateId,
    pub(super) part: Part,
}

/// What is taken of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A counter or gauge; of a histogram the number of observations.
    Value,
    /// The sum of what a histogram observed.
    Sum,
    /// One bucket of a histogram.
    Bucket(u16),
    /// All its buckets.
    Buckets,
}

/// The aggregates that want series of one sample name: `http_requests_total`, `…_seconds_bucket`.
///
/// Thousands of rules may name an endpoint each. They are found by a label that must have one value,
/// so that a new series is not held against all of them.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    by_label: HashMap<String, HashMap<String, Vec<Subscriber>>>,
    others: Vec<Subscriber>,
    /// Whether a tick has looked for this name already: what appears later has grown from zero.
    pub(super) was_looked_for: bool,
}

#[derive(Debug)]
struct Subscriber {
    aggregate: AggregateId,
    matcher: SeriesMatcher,
}

// === impl Subscriptions ===

impl Subscriptions {
    pub(super) fn add(&mut self, aggregate: AggregateId, matcher: SeriesMatcher) {
        let others = |(label, value): &(&str, &str)| {
            self.by_label
                .get(*label)
                .and_then(|values| values.get(*value))
                .map_or(0, Vec::len)
        };
        let rarest = matcher
            .equals()
            .min_by_key(others)
            .map(|(label, value)| (label.to_owned(), value.to_owned()));
        let subscriber = Subscriber { aggregate, matcher };
        match rarest {
            Some((label, value)) => self
                .by_label
                .entry(label)
                .or_default()
                .entry(value)
                .or_default()
                .push(subscriber),
            None => self.others.push(subscriber),
        }
    }

    pub(super) fn remove(&mut self, aggregate: AggregateId) {
        self.others.retain(|subscriber| subscriber.aggregate != aggregate);
        for values in self.by_label.values_mut() {
            for subscribers in values.values_mut() {
                subscribers.retain(|subscriber| subscriber.aggregate != aggregate);
            }
            values.retain(|_, subscribers| !subscribers.is_empty());
        }
        self.by_label.retain(|_, values| !values.is_empty());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.others.is_empty() && self.by_label.is_empty()
    }

    /// The aggregates that take a series with these labels.
    pub(super) fn of<'a>(
        &'a self,
        labels: &'a [(String, String)],
    ) -> impl Iterator<Item = (AggregateId, &'a SeriesMatcher)> + 'a {
        let found = labels
            .iter()
            .filter_map(|(key, value)| self.by_label.get(key)?.get(value))
            .flatten();
        let value_of = |wanted: &str| {
            labels
                .iter()
                .find(|(key, _)| key == wanted)
                .map(|(_, value)| value.as_str())
        };
        found
            .chain(&self.others)
            .filter(move |subscriber| subscriber.matcher.takes(value_of))
            .map(|subscriber| (subscriber.aggregate, &subscriber.matcher))
    }
}
