//! The store of aggregates, which each tick updates.

use std::collections::HashMap;

use obs_core::metrics::FamilySnapshot;
use obs_rules::query::Series;

use super::{
    Aggregate, AggregateId, InvalidPattern,
    aggregate::{Data, Kept},
    bounds,
    change::Change,
    column::Column,
    ring::Timeline,
    series::{LabelHasher, Standing, Table},
    slab::Slab,
    subscriptions::{Sample, Subscriptions, samples, subscriptions_of},
};

/// The aggregates that rules and objectives read, over time; see the [module](super).
#[derive(Debug)]
pub(crate) struct History {
    pub(super) timelines: [Timeline; 4],
    pub(super) kept: Slab,
    by_aggregate: HashMap<Aggregate, AggregateId>,
    subscriptions: HashMap<String, Subscriptions>,
    tables: HashMap<String, Table>,
    hasher: LabelHasher,
    generation: u64,
    tick: u64,
    pub(super) now: i64,
    /// Columns of a state file whose aggregates are not in use yet.
    pub(super) saved: HashMap<String, Vec<(u64, Column)>>,
}

// === impl History ===

impl Default for History {
    fn default() -> Self {
        Self {
            timelines: [
                Timeline::new(10, 3_600),
                Timeline::new(300, 3 * 86_400),
                Timeline::new(3_600, 30 * 86_400),
                Timeline::new(86_400, 366 * 86_400),
            ],
            kept: Slab::default(),
            by_aggregate: HashMap::new(),
            subscriptions: HashMap::new(),
            tables: HashMap::new(),
            hasher: LabelHasher::default(),
            generation: 0,
            tick: 0,
            now: i64::MIN,
            saved: HashMap::new(),
        }
    }
}

impl History {
    /// Keeps an aggregate from now on, so that it can be read over the last `reach` milliseconds.
    pub(crate) fn keep(&mut self, aggregate: Aggregate, reach: i64) -> Result<AggregateId, InvalidPattern> {
        let id = match self.by_aggregate.get(&aggregate) {
            Some(id) => *id,
            None => self.begin(aggregate)?,
        };
        if let Some(kept) = self.kept.get_mut(id) {
            kept.users += 1;
            kept.reach = kept.reach.max(reach);
            let reach = kept.reach;
            kept.columns_mut()
                .iter_mut()
                .for_each(|column| column.deepen(reach, &self.timelines));
        }
        Ok(id)
    }

    fn begin(&mut self, aggregate: Aggregate) -> Result<AggregateId, InvalidPattern> {
        let matchers = aggregate.matchers()?;
        let mut kept = Kept::new(aggregate.clone());
        if let Some(columns) = self.saved.remove(&aggregate.name()) {
            kept.restore(columns);
        }
        let id = self.kept.add(kept);
        for (sample, matcher) in matchers {
            self.subscriptions.entry(sample).or_default().add(id, matcher);
        }
        self.by_aggregate.insert(aggregate, id);
        self.generation += 1;
        Ok(id)
    }

    /// Calls [`release`](Self::release) for each.
    pub(crate) fn release_all(&mut self, ids: impl IntoIterator<Item = AggregateId>) {
        for id in ids {
            self.release(id);
        }
    }

    /// Ends one use of an aggregate. Its data is dropped with the last use.
    pub(crate) fn release(&mut self, id: AggregateId) {
        let Some(kept) = self.kept.get_mut(id) else { return };
        kept.users -= 1;
        if kept.users > 0 {
            return;
        }
        if let Some(kept) = self.kept.remove(id) {
            self.by_aggregate.remove(&kept.aggregate);
            for selector in kept.aggregate.selectors() {
                if let Some(subscriptions) = self.subscriptions.get_mut(selector.metric()) {
                    subscriptions.remove(id);
                }
            }
        }
        self.subscriptions.retain(|_, subscriptions| !subscriptions.is_empty());
        self.generation += 1;
    }

    /// Reads the metrics as they are at `now`, in milliseconds of the monotonic clock.
    pub(crate) fn observe(&mut self, families: &[FamilySnapshot], now: i64) {
        self.tick += 1;
        self.now = now;
        for kept in self.kept.iter_mut() {
            if let Data::Now(series) = &mut kept.data {
                series.clear();
            }
        }
        let mut seen_tables = Vec::new();
        for family in families {
            if self.observe_family(family) {
                seen_tables.push(family.name.as_str());
            }
        }
        if self.tables.len() > seen_tables.len() {
            self.tables.retain(|name, _| seen_tables.contains(&name.as_str()));
        }
        self.subscriptions
            .values_mut()
            .for_each(|subscriptions| subscriptions.was_ticked = true);
        // Rings of unused columns are not updated, so they can't be used later.
        self.saved.clear();
        self.settle();
    }

    /// Ends a tick: pushes the totals into the rings whose interval has elapsed.
    fn settle(&mut self) {
        let now = self.now;
        let due = self.timelines.each_ref().map(|timeline| timeline.is_due(now));
        for (timeline, is_due) in self.timelines.iter_mut().zip(due) {
            if is_due {
                timeline.push(now);
            }
        }
        for column in self.kept.iter_mut().flat_map(Kept::columns_mut) {
            column.settle();
            for (ring, _) in column.rings.iter_mut().zip(due).filter(|(_, is_due)| *is_due) {
                ring.push(column.total);
            }
        }
    }

    /// Adds the changes of a metric's series to their aggregates. False if no aggregate has any of its series.
    fn observe_family(&mut self, family: &FamilySnapshot) -> bool {
        let samples = samples(family);
        let subscribed = samples
            .iter()
            .filter_map(|(name, part)| Some((self.subscriptions.get(name)?, *part)));
        let subscribed: Vec<(&Subscriptions, Sample)> = subscribed.collect();
        if subscribed.is_empty() {
            return false;
        }
        // A series that appears after the first tick with its subscription has grown from zero.
        let from_zero = subscribed.iter().any(|(subscriptions, _)| subscriptions.was_ticked);
        let is_new = !self.tables.contains_key(&family.name);
        let table = self.tables.entry(family.name.clone()).or_default();
        for series in &family.series {
            let key = self.hasher.key(&series.labels);
            let known = table.entry(key, self.tick);
            if known.generation != self.generation {
                known.subscriptions = subscriptions_of(&subscribed, series, &mut self.kept, &self.timelines);
                known.generation = self.generation;
                let is_listed = known
                    .subscriptions
                    .iter()
                    .any(|subscription| is_now(&self.kept, subscription.aggregate));
                known.labels = is_listed.then(|| series.labels.as_slice().into());
            }
            let current = Standing::of(series);
            let previous = known.previous.take();
            let change = Change {
                current: &current,
                previous: previous.as_ref(),
                from_zero: from_zero || !is_new,
            };
            for subscription in &known.subscriptions {
                if let Some(kept) = self.kept.get_mut(subscription.aggregate) {
                    change.add_to(
                        kept,
                        subscription.part,
                        series,
                        known.labels.as_ref().map(|labels| (key, labels)),
                    );
                }
            }
            known.previous = Some(current);
        }
        table.forget_unseen(self.tick, family.series.len());
        true
    }

    /// Growth over the `window` that ended `before` ago, both in milliseconds; `None` without data.
    pub(crate) fn growth(&self, id: AggregateId, window: i64, before: i64) -> Option<f64> {
        match &self.kept.get(id)?.data {
            Data::Growth(column) => self.column_growth(column, window, before),
            Data::Buckets { .. } | Data::Now(_) => None,
        }
    }

    fn column_growth(&self, column: &Column, window: i64, before: i64) -> Option<f64> {
        let until = self.now.saturating_sub(before);
        column.growth(&self.timelines, self.now, until.saturating_sub(window), until)
    }

    /// The quantile of the values that were observed over the last `window` milliseconds; `None` without data.
    pub(crate) fn quantile(&self, id: AggregateId, quantile: f64, window: i64) -> Option<f64> {
        let Data::Buckets { bounds, columns } = &self.kept.get(id)?.data else {
            return None;
        };
        let grown: Option<Vec<f64>> = columns
            .iter()
            .map(|column| self.column_growth(column, window, 0))
            .collect();
        bounds::quantile(quantile, bounds, &grown?)
    }

    /// The current values of the series of an aggregate.
    pub(crate) fn series(&self, id: AggregateId) -> &[Series] {
        match self.kept.get(id).map(|kept| &kept.data) {
            Some(Data::Now(series)) => series,
            _ => &[],
        }
    }

    /// The heap size in bytes, without the allocator's overhead.
    pub(crate) fn bytes(&self) -> usize {
        let kept: usize = self.kept.iter().map(Kept::bytes).sum();
        let tables: usize = self.tables.values().map(Table::bytes).sum();
        kept + tables + self.timelines.iter().map(Timeline::bytes).sum::<usize>()
    }
}

fn is_now(kept: &Slab, id: AggregateId) -> bool {
    matches!(kept.get(id).map(|kept| &kept.data), Some(Data::Now(_)))
}
