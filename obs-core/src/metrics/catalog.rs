//! Which metrics there are, under which names, and who may not have which.

use std::{
    borrow::Cow,
    collections::HashMap,
    fmt,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use super::{
    cells::{CounterCells, FloatCells, GaugeCell, HistogramCells, SummaryCells},
    clean,
    family::{Cell, Family, Kind},
    kinds::InfoCell,
    meta::{self, Meta},
    red::{RedMetric, Store},
    settings::Settings,
};
use crate::names::MetricType;

/// A program that makes up metric names gets no further than this.
const MAX_METRICS: usize = 10_000;

/// Where the series of a metric are.
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

/// A metric on the page.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    id: u64,
    pub(super) meta: Arc<Meta>,
    pub(super) source: Source,
}

/// A name that could not be had as it was wanted.
#[derive(Debug)]
pub(super) struct Clash {
    pub(super) metric: String,
    pub(super) what: ClashKind,
}

#[derive(Debug)]
pub(super) enum ClashKind {
    /// Two spellings of one name.
    Merged { spelling: String },
    /// The name, or one derived from it, belongs to another metric.
    Refused { by: String },
    /// A metric of the layer took the name of one that was there before.
    Evicted { by: String },
    /// The description's unit makes a name that belongs to another metric.
    UnitRefused { by: String },
    /// Labels that clash with each other or with Prometheus.
    Labels,
    /// There are too many metrics.
    TooMany,
}

#[derive(Clone, Debug)]
struct Description {
    unit: &'static str,
    help: Cow<'static, str>,
}

#[derive(Clone, Debug)]
struct Known {
    id: u64,
    source: Source,
}

/// All metrics of a registry.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    /// By kind and by the name that the application uses.
    known: HashMap<Kind, HashMap<Box<str>, Known>>,
    descriptions: HashMap<MetricType, HashMap<String, Description>>,
    /// Which metric has which name.
    claims: HashMap<String, u64>,
    page: Arc<Vec<Entry>>,
    last_id: u64,
    count: usize,
}

// === impl Catalog ===

impl Catalog {
    /// The metrics in the order of the page.
    pub(super) fn page(&self) -> Arc<Vec<Entry>> {
        Arc::clone(&self.page)
    }

    /// A metric that was resolved before.
    pub(super) fn known<C: Cell>(&self, name: &str) -> Option<&Arc<Family<C>>> {
        C::of(&self.known.get(&C::KIND)?.get(name)?.source)
    }

    /// Finds or makes the metric that the application calls `name`. A metric whose name clashes
    /// with another works, but is not on the page.
    pub(super) fn resolve<C: Cell>(&mut self, name: &str, settings: &Settings) -> (Arc<Family<C>>, Option<Clash>) {
        if let Some(family) = self.known::<C>(name) {
            return (Arc::clone(family), None);
        }
        let meta = self.meta_of(C::KIND.metric_type(), name);
        let family = || Arc::new(Family::new(C::config(settings, &meta), settings.cap_of(&meta)));
        if self.count >= MAX_METRICS {
            return (family(), Some(Clash { metric: meta.name.into(), what: ClashKind::TooMany }));
        }
        let same = self.page.iter().find(|entry| entry.meta.base == meta.base);
        if let Some((entry, merged)) = same.and_then(|entry| Some((entry, C::of(&entry.source)?))) {
            let (id, family) = (entry.id, Arc::clone(merged));
            self.remember(name, id, &family);
            let what = ClashKind::Merged { spelling: name.to_owned() };
            return (family, Some(Clash { metric: meta.name.into(), what }));
        }
        let family = family();
        let metric = meta.name.to_string();
        let result = self.add(meta, C::source(Arc::clone(&family)));
        let (id, clash) = match result {
            Ok(id) => (id, None),
            Err(by) => (self.next_id(), Some(Clash { metric, what: ClashKind::Refused { by } })),
        };
        self.remember(name, id, &family);
        (family, clash)
    }

    fn remember<C: Cell>(&mut self, name: &str, id: u64, family: &Arc<Family<C>>) {
        let known = Known { id, source: C::source(Arc::clone(family)) };
        self.known.entry(C::KIND).or_default().insert(name.into(), known);
        self.count += 1;
    }

    /// Puts a metric on the page, or says whose name it would take.
    pub(super) fn add(&mut self, meta: Meta, source: Source) -> Result<u64, String> {
        if let Some(owner) = meta.claims().find_map(|claim| self.claims.get(&claim).copied()) {
            return Err(self.name_of(owner));
        }
        let id = self.next_id();
        self.put(Entry { id, meta: Arc::new(meta), source });
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
            let is_ours = self.page.iter().any(|entry| entry.id == owner && matches!(entry.source, Source::Red(..)));
            if is_ours {
                clashes.push(Clash { metric: meta.name.into(), what: ClashKind::Refused { by: name } });
                return clashes;
            }
            self.take_off(owner);
            clashes.push(Clash { metric: name, what: ClashKind::Evicted { by: meta.name.to_string() } });
        }
        let id = self.next_id();
        self.put(Entry { id, meta: Arc::new(meta), source });
        clashes
    }

    /// Puts the stores of a metric of the layer beside those of the same metric that is there already.
    fn join(&mut self, owner: u64, meta: &Meta, source: &Source) -> bool {
        let entry = Arc::make_mut(&mut self.page).iter_mut().find(|entry| entry.id == owner);
        let Some(Entry { meta: known, source: Source::Red(stores, of), .. }) = entry else { return false };
        let Source::Red(added, metric) = source else { return false };
        let collides = |other: &Arc<Store>| stores.iter().any(|store| store.has_label_keys_of(other));
        let is_same = known.base == meta.base && of == metric && !added.iter().any(collides);
        if is_same {
            stores.extend(added.iter().map(Arc::clone));
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
    ) -> Option<Clash> {
        let key = meta::base_name(metric_type, &clean::metric_name(name), "");
        let described = self.descriptions.entry(metric_type).or_default();
        if described.len() >= MAX_METRICS && !described.contains_key(&key) {
            return None;
        }
        described.insert(key, Description { unit, help });
        let of_type = self.known.iter().filter(|(kind, _)| kind.metric_type() == metric_type);
        let id = of_type.filter_map(|(_, names)| names.get(name)).map(|known| known.id).next()?;
        self.redescribe(id, metric_type, name)
    }

    /// Applies a description to a metric that is there already.
    fn redescribe(&mut self, id: u64, metric_type: MetricType, name: &str) -> Option<Clash> {
        let entry = self.page.iter().find(|entry| entry.id == id)?.clone();
        let wanted = self.meta_of(metric_type, name);
        let owner = wanted.claims().find_map(|claim| self.claims.get(&claim).copied().filter(|owner| *owner != id));
        let (meta, clash) = match owner {
            None => (wanted, None),
            Some(owner) => {
                let what = ClashKind::UnitRefused { by: self.name_of(owner) };
                let kept = Meta { help: wanted.help, ..(*entry.meta).clone() };
                (kept, Some(Clash { metric: entry.meta.name.to_string(), what }))
            }
        };
        self.take_off(id);
        self.put(Entry { id, meta: Arc::new(meta), source: entry.source });
        clash
    }

    fn meta_of(&self, metric_type: MetricType, name: &str) -> Meta {
        let cleaned = clean::metric_name(name);
        let key = meta::base_name(metric_type, &cleaned, "");
        let description = self.descriptions.get(&metric_type).and_then(|described| described.get(&key));
        let (unit, help) = match description {
            Some(Description { unit, help }) => (*unit, help.clone()),
            None => ("", Cow::Borrowed("")),
        };
        let base = meta::base_name(metric_type, &cleaned, unit);
        let unit = if unit.is_empty() { meta::unit_of_name(metric_type, &base) } else { unit };
        Meta::new(metric_type, &base, unit, help)
    }

    fn put(&mut self, entry: Entry) {
        self.claims.extend(entry.meta.claims().map(|claim| (claim, entry.id)));
        let at = self.page.partition_point(|other| other.meta.name < entry.meta.name);
        Arc::make_mut(&mut self.page).insert(at, entry);
    }

    fn take_off(&mut self, id: u64) {
        self.claims.retain(|_, owner| *owner != id);
        Arc::make_mut(&mut self.page).retain(|entry| entry.id != id);
    }

    fn name_of(&self, id: u64) -> String {
        self.page.iter().find(|entry| entry.id == id).map(|entry| entry.meta.name.to_string()).unwrap_or_default()
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }
}

/// Says that labels of a metric were repaired, the first time only.
pub(super) fn labels_repaired<C: Cell>(family: &Family<C>, name: &str) -> Option<Clash> {
    let first = !family.repaired.swap(true, Relaxed);
    first.then(|| Clash { metric: clean::metric_name(name).into_owned(), what: ClashKind::Labels })
}

impl fmt::Display for ClashKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Merged { spelling } => write!(f, "{spelling:?} is another spelling of its name and counts there"),
            Self::Refused { by } => write!(f, "its name belongs to {by}, so it is not on the page"),
            Self::Evicted { by } => write!(f, "its name belongs to {by} of the layer, so it left the page"),
            Self::UnitRefused { by } => write!(f, "with its unit its name would belong to {by}, so it has none"),
            Self::Labels => f.write_str("label keys clash with each other or with Prometheus and were repaired"),
            Self::TooMany => write!(f, "there are {MAX_METRICS} metrics already, so it is not on the page"),
        }
    }
}
