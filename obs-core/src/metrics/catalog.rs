//! The catalog of metrics by name, and the rules about names that clash.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use obs_base::sorting::sort_by;

use super::{
    cells::{CounterCells, FloatCells, GaugeCell, HistogramCells, SummaryCells},
    clash::{Clash, ClashKind},
    descriptions::{Description, Descriptions},
    family::{Cell, Family, Kind},
    kinds::InfoCell,
    meta::{self, Meta},
    red::{RedMetric, Store},
    settings::Settings,
};
use crate::names::MetricType;

/// The largest number of metrics, for programs whose names of metrics come from their input.
const MAX_METRICS: usize = 10_000;

/// The series of a metric, by its kind.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Counter(Arc<Family<CounterCells>>),
    FloatCounter(Arc<Family<FloatCells>>),
    Gauge(Arc<Family<GaugeCell>>),
    Histogram(Arc<Family<HistogramCells>>),
    Summary(Arc<Family<SummaryCells>>),
    Info(Arc<Family<InfoCell>>),
    /// Stores that differ in the labels of their layers.
    Red(Vec<Arc<Store>>, RedMetric),
}

/// A kind of metric that applications can record.
pub(super) trait InCatalog: Cell {
    /// The entry of a family.
    fn source(family: Arc<Family<Self>>) -> Source;

    /// The family of an entry, if it is of this kind.
    fn of(source: &Source) -> Option<&Arc<Family<Self>>>;
}

macro_rules! in_catalog {
    ($($cells:ty => $variant:ident),*) => {
        $(impl InCatalog for $cells {
            fn source(family: Arc<Family<Self>>) -> Source {
                Source::$variant(family)
            }

            fn of(source: &Source) -> Option<&Arc<Family<Self>>> {
                if let Source::$variant(family) = source { Some(family) } else { None }
            }
        })*
    };
}

in_catalog! {
    CounterCells => Counter, FloatCells => FloatCounter, GaugeCell => Gauge, HistogramCells => Histogram,
    SummaryCells => Summary, InfoCell => Info
}

impl Source {
    /// The kind of a metric of the application; none for a metric of the layer.
    fn kind(&self) -> Option<Kind> {
        Some(match self {
            Self::Counter(_) => CounterCells::KIND,
            Self::FloatCounter(_) => FloatCells::KIND,
            Self::Gauge(_) => GaugeCell::KIND,
            Self::Histogram(_) => HistogramCells::KIND,
            Self::Summary(_) => SummaryCells::KIND,
            Self::Info(_) => InfoCell::KIND,
            Self::Red(..) => return None,
        })
    }
}

/// A metric on the page.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    id: u64,
    pub(super) meta: Arc<Meta>,
    pub(super) source: Source,
}

/// All metrics of a registry. Only the page looks at all of them; every other step is a look-up.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    /// By kind and by the name that the application uses.
    known: HashMap<Kind, HashMap<Box<str>, Source>>,
    /// The metric of each kind that records in place of those beyond the limit.
    surplus: HashMap<Kind, Source>,
    descriptions: Descriptions,
    /// By type and plain name: the metric that was registered first.
    plain: HashMap<MetricType, HashMap<String, u64>>,
    /// The names on the page, those of suffixes included, and the metric that has each.
    claims: HashMap<String, u64>,
    entries: HashMap<u64, Entry>,
    /// The entries in the order of the page; empty after a change, until the next page.
    page: OnceLock<Arc<Vec<Entry>>>,
    last_id: u64,
    /// The number of names that the application uses.
    count: usize,
}

// === impl Catalog ===

impl Catalog {
    /// The metrics in the order of the page.
    pub(super) fn page(&self) -> Arc<Vec<Entry>> {
        let sorted = || {
            let mut entries: Vec<Entry> = self.entries.values().cloned().collect();
            sort_by(&mut entries, |one, other| one.meta.name.cmp(&other.meta.name));
            Arc::new(entries)
        };
        Arc::clone(self.page.get_or_init(sorted))
    }

    /// A metric that was resolved before.
    pub(super) fn known<C: InCatalog>(&self, name: &str) -> Option<&Arc<Family<C>>> {
        C::of(self.known.get(&C::KIND)?.get(name)?)
    }

    /// Finds or makes the metric that the application calls `name`. A metric whose name clashes
    /// with another works, but is not on the page.
    pub(super) fn resolve<C: InCatalog>(&mut self, name: &str, settings: &Settings) -> (Arc<Family<C>>, Vec<Clash>) {
        if let Some(family) = self.known::<C>(name) {
            return (Arc::clone(family), Vec::new());
        }
        let make = |meta: &Meta, is_surplus: bool| {
            let config = C::config(settings, meta);
            C::source(Arc::new(if is_surplus {
                Family::surplus(config)
            } else {
                Family::new(config, settings.cap_of(meta))
            }))
        };
        let (source, meta, clashes) = self.find_or_make(C::KIND, name, &make);
        // What is kept under a kind is of that kind.
        let family = C::of(&source).map_or_else(|| Arc::new(Family::surplus(C::config(settings, &meta))), Arc::clone);
        (family, clashes)
    }

    /// The part of [`resolve`](Self::resolve) that all kinds share: compiled once. `make` makes a metric, or one in the
    /// place of all that are too many.
    fn find_or_make(
        &mut self,
        kind: Kind,
        name: &str,
        make: &dyn Fn(&Meta, bool) -> Source,
    ) -> (Source, Meta, Vec<Clash>) {
        let metric_type = kind.metric_type();
        let plain = meta::plain_name(metric_type, name);
        if self.count >= MAX_METRICS {
            let meta = self.meta_of(metric_type, &plain);
            let clash = Clash {
                metric: meta.name.to_string(),
                what: ClashKind::TooMany { limit: MAX_METRICS },
            };
            let source = self.surplus.entry(kind).or_insert_with(|| make(&meta, true));
            return (source.clone(), meta, vec![clash]);
        }
        let mut clashes: Vec<Clash> = self.register(metric_type, &plain).into_iter().collect();
        let meta = self.meta_of(metric_type, &plain);
        let metric = meta.name.to_string();
        let (id, source) = if let Some((id, merged)) = self.same(&meta, kind) {
            clashes.push(Clash {
                metric,
                what: ClashKind::Merged {
                    spelling: name.to_owned(),
                },
            });
            (id, merged)
        } else {
            let source = make(&meta, false);
            let added = self.add(meta.clone(), source.clone());
            let id = added.unwrap_or_else(|by| {
                clashes.push(Clash {
                    metric,
                    what: ClashKind::Refused { by },
                });
                self.next_id()
            });
            (id, source)
        };
        self.remember(kind, (&plain, name), id, source.clone());
        (source, meta, clashes)
    }

    /// A metric of this plain name is to come: if another one goes by its description, that gives it
    /// back.
    fn register(&mut self, metric_type: MetricType, plain: &str) -> Option<Clash> {
        let names = self.plain.entry(metric_type).or_default();
        if names.contains_key(plain) {
            return None;
        }
        // No metric has this number.
        names.insert(plain.to_owned(), 0);
        let borrower = self.descriptions.borrower(metric_type, plain)?;
        self.redescribe(metric_type, borrower)
    }

    /// The metric with the same name on the page, if it is of the same kind.
    fn same(&self, meta: &Meta, kind: Kind) -> Option<(u64, Source)> {
        let entry = self.entries.get(self.claims.get(&*meta.base)?)?;
        let is_same = entry.source.kind() == Some(kind) && entry.meta.base == meta.base;
        is_same.then(|| (entry.id, entry.source.clone()))
    }

    fn remember(&mut self, kind: Kind, (plain, name): (&str, &str), id: u64, source: Source) {
        self.known.entry(kind).or_default().insert(name.into(), source);
        if let Some(first) = self
            .plain
            .get_mut(&kind.metric_type())
            .and_then(|names| names.get_mut(plain))
            && !self.entries.contains_key(first)
        {
            *first = id;
        }
        self.count += 1;
    }

    /// Puts a metric on the page, or says whose name it would take.
    pub(super) fn add(&mut self, meta: Meta, source: Source) -> Result<u64, String> {
        if let Some(owner) = meta.claims().find_map(|claim| self.claims.get(&claim).copied()) {
            return Err(self.name_of(owner));
        }
        let id = self.next_id();
        self.put(Entry {
            id,
            meta: Arc::new(meta),
            source,
        });
        Ok(id)
    }

    /// Puts a metric of the layer on the page; what stood in its way leaves it, unless that is a
    /// metric of the layer too.
    pub(super) fn add_by_force(&mut self, meta: Meta, source: Source) -> Vec<Clash> {
        let mut clashes = Vec::new();
        let owners = |catalog: &Self| meta.claims().find_map(|claim| catalog.claims.get(&claim).copied());
        while let Some(owner) = owners(self) {
            let name = self.name_of(owner);
            if self.join(owner, &meta, &source) {
                return clashes;
            }
            let is_ours = self
                .entries
                .get(&owner)
                .is_some_and(|entry| matches!(entry.source, Source::Red(..)));
            if is_ours {
                clashes.push(Clash {
                    metric: meta.name.into(),
                    what: ClashKind::Refused { by: name },
                });
                return clashes;
            }
            self.take_off(owner);
            clashes.push(Clash {
                metric: name,
                what: ClashKind::Evicted {
                    by: meta.name.to_string(),
                },
            });
        }
        let id = self.next_id();
        self.put(Entry {
            id,
            meta: Arc::new(meta),
            source,
        });
        clashes
    }

    /// Puts the stores of a metric of the layer beside those of the same metric that is there already.
    fn join(&mut self, owner: u64, meta: &Meta, source: &Source) -> bool {
        let entry = self.entries.get_mut(&owner);
        let Some(Entry {
            meta: known,
            source: Source::Red(stores, of),
            ..
        }) = entry
        else {
            return false;
        };
        let Source::Red(added, metric) = source else {
            return false;
        };
        let collides = |other: &Arc<Store>| stores.iter().any(|store| store.has_label_keys_of(other));
        let is_same = known.base == meta.base && of == metric && !added.iter().any(collides);
        if is_same {
            stores.extend(added.iter().map(Arc::clone));
            self.page.take();
        }
        is_same
    }

    /// Sets the help text and the unit of a metric, now and when it is registered later.
    pub(super) fn describe(
        &mut self,
        metric_type: MetricType,
        name: &str,
        unit: &'static str,
        help: Cow<'static, str>,
    ) -> Vec<Clash> {
        let plain = meta::plain_name(metric_type, name);
        let names = self
            .descriptions
            .insert(metric_type, &plain, Description { unit, help }, MAX_METRICS);
        names
            .iter()
            .filter_map(|name| self.redescribe(metric_type, name))
            .collect()
    }

    /// Applies what is said of the metric with this plain name, if there is one.
    fn redescribe(&mut self, metric_type: MetricType, plain: &str) -> Option<Clash> {
        let id = *self.plain.get(&metric_type)?.get(plain)?;
        let entry = self.entries.get(&id)?.clone();
        let wanted = self.meta_of(metric_type, plain);
        if wanted.is_same(&entry.meta) {
            return None;
        }
        let owner = wanted
            .claims()
            .find_map(|claim| self.claims.get(&claim).copied().filter(|owner| *owner != id));
        let (meta, clash) = match owner {
            None => (wanted, None),
            Some(owner) => {
                let what = ClashKind::UnitRefused {
                    by: self.name_of(owner),
                };
                let kept = Meta {
                    help: wanted.help,
                    ..(*entry.meta).clone()
                };
                (
                    kept,
                    Some(Clash {
                        metric: entry.meta.name.to_string(),
                        what,
                    }),
                )
            }
        };
        self.take_off(id);
        self.put(Entry {
            id,
            meta: Arc::new(meta),
            source: entry.source,
        });
        clash
    }

    fn meta_of(&self, metric_type: MetricType, plain: &str) -> Meta {
        let names = self.plain.get(&metric_type);
        let is_metric = |name: &str| names.is_some_and(|names| names.contains_key(name));
        let (unit, help) = match self.descriptions.get(metric_type, plain, is_metric) {
            Some(Description { unit, help }) => (*unit, help.clone()),
            None => ("", Cow::Borrowed("")),
        };
        let base = meta::with_unit(plain, unit);
        let unit = if unit.is_empty() {
            meta::unit_of_name(metric_type, &base)
        } else {
            unit
        };
        Meta::new(metric_type, &base, unit, help)
    }

    fn put(&mut self, entry: Entry) {
        self.claims.extend(entry.meta.claims().map(|claim| (claim, entry.id)));
        self.entries.insert(entry.id, entry);
        self.page.take();
    }

    fn take_off(&mut self, id: u64) {
        let Some(entry) = self.entries.remove(&id) else { return };
        for claim in entry.meta.claims() {
            self.claims.remove(&claim);
        }
        self.page.take();
    }

    fn name_of(&self, id: u64) -> String {
        self.entries
            .get(&id)
            .map(|entry| entry.meta.name.to_string())
            .unwrap_or_default()
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }
}
