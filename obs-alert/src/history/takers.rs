//! From a series to the aggregates that it belongs to.

use std::collections::HashMap;

use super::{AskId, Pick};

/// What a series is to an aggregate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Taker {
    pub(super) ask: AskId,
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
pub(super) struct Takers {
    by_label: HashMap<String, HashMap<String, Vec<Wish>>>,
    others: Vec<Wish>,
    /// Whether a tick has looked for this name already: what appears later has grown from zero.
    pub(super) was_looked_for: bool,
}

#[derive(Debug)]
struct Wish {
    ask: AskId,
    pick: Pick,
}

// === impl Takers ===

impl Takers {
    pub(super) fn add(&mut self, ask: AskId, pick: Pick) {
        let others = |(label, value): &(&str, &str)| {
            self.by_label.get(*label).and_then(|values| values.get(*value)).map_or(0, Vec::len)
        };
        let rarest = pick.equals().min_by_key(others).map(|(label, value)| (label.to_owned(), value.to_owned()));
        let wish = Wish { ask, pick };
        match rarest {
            Some((label, value)) => self.by_label.entry(label).or_default().entry(value).or_default().push(wish),
            None => self.others.push(wish),
        }
    }

    pub(super) fn remove(&mut self, ask: AskId) {
        self.others.retain(|wish| wish.ask != ask);
        for values in self.by_label.values_mut() {
            for wishes in values.values_mut() {
                wishes.retain(|wish| wish.ask != ask);
            }
            values.retain(|_, wishes| !wishes.is_empty());
        }
        self.by_label.retain(|_, values| !values.is_empty());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.others.is_empty() && self.by_label.is_empty()
    }

    /// The aggregates that take a series with these labels.
    pub(super) fn of<'a>(&'a self, labels: &'a [(String, String)]) -> impl Iterator<Item = (AskId, &'a Pick)> + 'a {
        let found = labels.iter().filter_map(|(key, value)| self.by_label.get(key)?.get(value)).flatten();
        let value_of = |wanted: &str| labels.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.as_str());
        found.chain(&self.others).filter(move |wish| wish.pick.takes(value_of)).map(|wish| (wish.ask, &wish.pick))
    }
}
