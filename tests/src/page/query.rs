//! Asking a page.

use std::collections::{BTreeMap, BTreeSet};

use super::{Family, Page, Sample};

// === impl Page ===

impl Page {
    /// The family called `name`.
    #[must_use]
    pub fn family(&self, name: &str) -> Option<&Family> {
        self.families.iter().find(|family| family.name == name)
    }

    /// All samples called `name` that have all of `labels`.
    pub fn samples<'a>(&'a self, name: &'a str, labels: &'a [(&str, &str)]) -> impl Iterator<Item = &'a Sample> {
        self.all()
            .filter(move |sample| sample.name == name && sample.has(labels))
    }

    /// The value of the one sample called `name` that has all of `labels`; panics when there are more.
    #[must_use]
    #[track_caller]
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let found: Vec<_> = self.samples(name, labels).collect();
        assert!(
            found.len() < 2,
            "{name} with {labels:?} is {} series: {found:#?}",
            found.len()
        );
        found.first().map(|sample| sample.value)
    }

    /// The sum of the samples called `name` that have all of `labels`, 0 without any.
    #[must_use]
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.samples(name, labels).map(|sample| sample.value).sum()
    }

    /// How many samples called `name` there are.
    #[must_use]
    pub fn series_count(&self, name: &str) -> usize {
        self.samples(name, &[]).count()
    }

    /// The values that `label` has on the samples called `name`.
    #[must_use]
    pub fn label_values(&self, name: &str, label: &str) -> BTreeSet<&str> {
        self.all()
            .filter(|sample| sample.name == name)
            .filter_map(|sample| sample.label(label))
            .collect()
    }

    /// By how much [`sum`](Self::sum) has grown since `before`.
    #[must_use]
    pub fn delta(&self, before: &Self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.sum(name, labels) - before.sum(name, labels)
    }

    /// Every series whose value differs from `before`, with the difference, sorted by
    /// [`Sample::series`]. A new series counts from 0, a removed one to 0, so a new one at 0 isn't listed.
    #[must_use]
    pub fn changes(&self, before: &Self) -> Vec<(String, f64)> {
        let mut changes: BTreeMap<String, f64> = BTreeMap::new();
        for (page, sign) in [(self, 1.0), (before, -1.0)] {
            for sample in page.all() {
                *changes.entry(sample.series()).or_default() += sign * sample.value;
            }
        }
        changes.retain(|_, change| *change != 0.0);
        changes.into_iter().collect()
    }

    /// Every sample that carries an exemplar.
    pub fn exemplars(&self) -> impl Iterator<Item = &Sample> {
        self.all().filter(|sample| sample.exemplar.is_some())
    }

    fn all(&self) -> impl Iterator<Item = &Sample> {
        self.families.iter().flat_map(|family| &family.samples)
    }
}
