//! The history itself.

use std::{collections::HashMap, sync::Arc};

use obs_core::metrics::{FamilySnapshot, SeriesSnapshot, ValueSnapshot};
use obs_rules::query::Series;

use super::{
    Aggregate, AggregateId, InvalidPattern, SeriesMatcher,
    aggregate::{Data, Kept},
    bounds,
    column::Column,
    ring::Timeline,
    series::{LabelHasher, Standing, Table},
    slab::Slab,
    subscriptions::{Part, Subscription, Subscriptions},
};

/// See the [module](super).
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
    /// Columns of a state file that nobody has asked for yet.
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
    /// Keeps an aggregate from now on, so that it can be asked for as it was `reach` milliseconds ago.
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

    /// [`release`](Self::release) for each.
    pub(crate) fn release_all(&mut self, ids: impl IntoIterator<Item = AggregateId>) {
        for id in ids {
            self.release(id);
        }
    }

    /// One that kept it does so no more; the last one's data goes.
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
            .for_each(|subscriptions| subscriptions.was_looked_for = true);
        // Rings of columns that nobody asks for don't go on with the times.
        self.saved.clear();
        self.settle();
    }

    /// Ends a tick: what has been added up is put into the rings whose time has come.
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

    /// Whether anybody wants its series.
    fn observe_family(&mut self, family: &FamilySnapshot) -> bool {
        let samples = samples(family);
        let wanted = samples
            .iter()
            .filter_map(|(name, part)| Some((self.subscriptions.get(name)?, *part)));
        let wanted: Vec<(&Subscriptions, Sample)> = wanted.collect();
        if wanted.is_empty() {
            return false;
        }
        // What appears after somebody has looked for it has grown from zero.
        let from_zero = wanted.iter().any(|(subscriptions, _)| subscriptions.was_looked_for);
        let is_new = !self.tables.contains_key(&family.name);
        let table = self.tables.entry(family.name.clone()).or_default();
        for series in &family.series {
            let key = self.hasher.key(&series.labels);
            let known = table.entry(key, self.tick);
            if known.generation != self.generation {
                known.subscriptions = subscriptions_of(&wanted, series, &mut self.kept, &self.timelines);
                known.generation = self.generation;
                let is_listed = known
                    .subscriptions
                    .iter()
                    .any(|subscription| is_now(&self.kept, subscription.aggregate));
                known.labels = is_listed.then(|| series.labels.as_slice().into());
            }
            let stands = Standing::of(series);
            let stood = known.stood.take();
            let grown = Grown {
                stands: &stands,
                stood: stood.as_ref(),
                from_zero: from_zero || !is_new,
            };
            for subscription in &known.subscriptions {
                if let Some(kept) = self.kept.get_mut(subscription.aggregate) {
                    grown.give(
                        kept,
                        subscription.part,
                        series,
                        known.labels.as_ref().map(|labels| (key, labels)),
                    );
                }
            }
            known.stood = Some(stands);
        }
        table.forget_unseen(self.tick, family.series.len());
        true
    }

    /// Growth over the `window` that ended `before` ago, both in milliseconds; `None` if there is none
    /// to know of.
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

    /// The quantile of what was observed over the last `window` milliseconds.
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

    /// The series of an aggregate as they stand.
    pub(crate) fn series(&self, id: AggregateId) -> &[Series] {
        match self.kept.get(id).map(|kept| &kept.data) {
            Some(Data::Now(series)) => series,
            _ => &[],
        }
    }

    /// Bytes on the heap, but for the allocator's own.
    pub(crate) fn bytes(&self) -> usize {
        let kept: usize = self.kept.iter().map(Kept::bytes).sum();
        let tables: usize = self.tables.values().map(Table::bytes).sum();
        kept + tables + self.timelines.iter().map(Timeline::bytes).sum::<usize>()
    }
}

type Labels = [(String, String)];

/// What a series has grown by since the last look.
struct Grown<'a> {
    stands: &'a Standing,
    stood: Option<&'a Standing>,
    from_zero: bool,
}

// === impl Grown ===

impl Grown<'_> {
    /// Gives an aggregate what it takes of a series.
    fn give(&self, kept: &mut Kept, part: Part, series: &SeriesSnapshot, listed: Option<(u128, &Arc<Labels>)>) {
        match &mut kept.data {
            Data::Growth(column) => self.add(column, part),
            Data::Buckets { bounds, columns } => self.add_buckets(bounds, columns, series),
            Data::Now(list) => {
                let value = self.stands.value();
                list.extend(listed.map(|(key, labels)| Series {
                    key,
                    labels: Arc::clone(labels),
                    value,
                }));
            }
        }
    }

    fn add(&self, column: &mut Column, part: Part) {
        self.put(column, |standing| match part {
            Part::Value | Part::Buckets => standing.value(),
            Part::Sum => standing.sum(),
            Part::Bucket(index) => standing.bucket(usize::from(index)),
        });
    }

    fn put(&self, column: &mut Column, value: impl Fn(&Standing) -> f64) {
        let stands = value(self.stands);
        match self.stood {
            Some(stood) if self.stands.was_reset(stood) => column.grow(stands, stands - value(stood)),
            Some(stood) => {
                let by = stands - value(stood);
                column.grow(by.max(0.0), by);
            }
            None if self.from_zero => column.grow(stands, stands),
            None => column.look_first(stands),
        }
    }

    /// A series with other bounds than the first one's adds to those that it shares.
    fn add_buckets(&self, bounds: &[f64], columns: &mut [Column], series: &SeriesSnapshot) {
        let ValueSnapshot::Histogram(histogram) = &series.value else {
            return;
        };
        for (at, bucket) in histogram.buckets.iter().enumerate() {
            let same = |bound: &f64| bound.to_bits() == bucket.upper_bound.to_bits();
            let Some(column) = bounds.iter().position(same).and_then(|index| columns.get_mut(index)) else {
                continue;
            };
            self.put(column, |standing| standing.bucket(at));
        }
    }
}

/// Which part of a metric a sample's name stands for.
#[derive(Clone, Copy, Debug)]
enum Sample {
    Value,
    Sum,
    Buckets,
}

/// The names of a metric's samples on a page.
fn samples(family: &FamilySnapshot) -> Vec<(String, Sample)> {
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

fn is_now(kept: &Slab, id: AggregateId) -> bool {
    matches!(kept.get(id).map(|kept| &kept.data), Some(Data::Now(_)))
}

/// The aggregates that a series belongs to. The first series of a histogram gives its bounds.
fn subscriptions_of(
    wanted: &[(&Subscriptions, Sample)],
    series: &SeriesSnapshot,
    kept: &mut Slab,
    timelines: &[Timeline; 4],
) -> Vec<Subscription> {
    let mut found = Vec::new();
    for (subscriptions, sample) in wanted {
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

// === impl Kept ===

impl Kept {
    fn begin_buckets(&mut self, found: impl Iterator<Item = f64>, timelines: &[Timeline; 4]) {
        let reach = self.reach;
        let Data::Buckets { bounds, columns } = &mut self.data else {
            return;
        };
        if !bounds.is_empty() {
            return;
        }
        bounds.extend(found);
        columns.resize_with(bounds.len(), Column::default);
        for column in columns {
            column.begin_late(reach, timelines);
        }
    }

    fn restore(&mut self, saved: Vec<(u64, Column)>) {
        match &mut self.data {
            Data::Growth(column) => {
                if let Some((_, saved)) = saved.into_iter().next() {
                    *column = saved;
                }
            }
            Data::Buckets { bounds, columns } => {
                let (found, saved): (Vec<f64>, Vec<Column>) = saved
                    .into_iter()
                    .map(|(bound, column)| (f64::from_bits(bound), column))
                    .unzip();
                *bounds = found;
                *columns = saved;
            }
            Data::Now(_) => {}
        }
    }
}
