//! The aggregates that a series belongs to.

use std::collections::HashMap;

use obs_core::metrics::{FamilySnapshot, SeriesSnapshot, ValueSnapshot};

use super::{Aggregate, AggregateId, SeriesMatcher, ring::Timeline, slab::Slab};

/// An aggregate that a series belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Subscription {
    pub(super) aggregate: AggregateId,
    pub(super) part: Part,
}

/// The part of a series that an aggregate adds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A counter or gauge; of a histogram the number of observations.
    Value,
    /// The sum of the values that a histogram observed.
    Sum,
    /// One bucket of a histogram.
    Bucket(u16),
    /// All its buckets.
    Buckets,
}

/// The aggregates with series of one sample name: `http_requests_total`, `…_seconds_bucket`.
///
/// Thousands of rules may name an endpoint each. They are indexed by a label that must have one value,
/// so that a new series is not compared with all of them.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    by_label: HashMap<String, HashMap<String, Vec<Subscriber>>>,
    others: Vec<Subscriber>,
    /// Whether a tick has read this name already: series that appear later have grown from zero.
    pub(super) was_ticked: bool,
}

#[derive(Debug)]
struct Subscriber {
    aggregate: AggregateId,
    matcher: SeriesMatcher,
}

/// The part of a metric that samples of one name have.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sample {
    Value,
    Sum,
    Buckets,
}

// === impl Subscriptions ===

impl Subscriptions {
    pub(super) fn add(&mut self, aggregate: AggregateId, matcher: SeriesMatcher) {
        let others_with = |(label, value): &(&str, &str)| {
            self.by_label
                .get(*label)
                .and_then(|values| values.get(*value))
                .map_or(0, Vec::len)
        };
        let rarest = matcher
            .equals()
            .min_by_key(others_with)
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

/// The names of a metric's samples on a page.
pub(super) fn samples(family: &FamilySnapshot) -> Vec<(String, Sample)> {
    let name = &family.name;
    match family.series.first().map(|series| &series.value) {
        Some(ValueSnapshot::Histogram(_)) => vec![
            (format!("{name}_bucket"), Sample::Buckets),
            (format!("{name}_count"), Sample::Value),
            (format!("{name}_sum"), Sample::Sum),
        ],
        Some(ValueSnapshot::Summary(_)) => {
            vec![
                (format!("{name}_count"), Sample::Value),
                (format!("{name}_sum"), Sample::Sum),
            ]
        }
        _ => vec![(name.clone(), Sample::Value)],
    }
}

/// The aggregates that a series belongs to, of those that have subscribed to its samples. The first series of a
/// histogram determines the bounds of its aggregate.
pub(super) fn subscriptions_of(
    subscribed: &[(&Subscriptions, Sample)],
    series: &SeriesSnapshot,
    kept: &mut Slab,
    timelines: &[Timeline; 4],
) -> Vec<Subscription> {
    let mut found = Vec::new();
    for (subscriptions, sample) in subscribed {
        for (aggregate, matcher) in subscriptions.of(&series.labels) {
            match (sample, &series.value, kept.get_mut(aggregate)) {
                (Sample::Buckets, ValueSnapshot::Histogram(histogram), Some(kept)) => {
                    let bounds = histogram.buckets.iter().map(|bucket| bucket.upper_bound);
                    if matches!(kept.aggregate, Aggregate::Buckets(_)) {
                        kept.begin_buckets(bounds, timelines);
                        found.push(Subscription {
                            aggregate,
                            part: Part::Buckets,
                        });
                    } else {
                        found.extend(buckets_of(matcher, bounds).map(|part| Subscription { aggregate, part }));
                    }
                }
                (Sample::Sum, ..) => found.push(Subscription {
                    aggregate,
                    part: Part::Sum,
                }),
                _ => found.push(Subscription {
                    aggregate,
                    part: Part::Value,
                }),
            }
        }
    }
    found.shrink_to_fit();
    found
}

fn buckets_of(matcher: &SeriesMatcher, bounds: impl Iterator<Item = f64>) -> impl Iterator<Item = Part> {
    let taken = bounds.enumerate().filter(|(_, bound)| matcher.takes_bound(*bound));
    taken.filter_map(|(index, _)| u16::try_from(index).ok().map(Part::Bucket))
}
