//! Which alert mutes which.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    fmt,
};

use super::inhibition::Ready;

/// The labels of an alert.
pub(crate) type Labels = BTreeMap<String, String>;

/// Alerts, by their index, and who mutes whom. So that the size grows with the alerts and not with their
/// square, a source points to a junction, and the junction to the targets that agree with it.
#[derive(Debug)]
pub(super) struct Mutes {
    /// From each alert, then from each junction.
    edges: Vec<Vec<usize>>,
    alerts: usize,
}

/// Alerts that agree in the labels that have to be equal, by which sides of an inhibition take them.
#[derive(Debug, Default)]
struct Agreeing {
    sources: Vec<usize>,
    targets: Vec<usize>,
    both: Vec<usize>,
}

/// Alerts that mute each other, by their names: each mutes the next one, and the last one the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ring(pub(super) Vec<String>);

// === impl Mutes ===

impl Mutes {
    pub(super) fn new(inhibitions: &[Ready], alerts: &[&Labels]) -> Self {
        let mut mutes = Self {
            edges: vec![Vec::new(); alerts.len()],
            alerts: alerts.len(),
        };
        for inhibition in inhibitions {
            for group in agreeing(inhibition, alerts) {
                let all_targets = group.targets.iter().chain(&group.both).copied().collect();
                mutes.join(&group.sources, all_targets);
                // As in Alertmanager, what both sides take is not muted by what both sides take: not by itself either.
                mutes.join(&group.both, group.targets);
            }
        }
        mutes
    }

    fn join(&mut self, sources: &[usize], targets: Vec<usize>) {
        if sources.is_empty() || targets.is_empty() {
            return;
        }
        let junction = self.edges.len();
        self.edges.push(targets);
        for source in sources {
            self.edges[*source].push(junction);
        }
    }

    /// The alerts that are muted: those that can be reached from one that nobody mutes. Of a ring that
    /// nothing else mutes all are notified, as somebody has to be.
    pub(super) fn muted(&self) -> Vec<usize> {
        if self.edges.len() == self.alerts {
            return Vec::new();
        }
        let in_degrees = self.in_degrees();
        let mut waiting: VecDeque<usize> = (0..self.alerts).filter(|alert| in_degrees[*alert] == 0).collect();
        let mut is_reached = vec![false; self.edges.len()];
        while let Some(node) = waiting.pop_front() {
            for next in &self.edges[node] {
                if !std::mem::replace(&mut is_reached[*next], true) {
                    waiting.push_back(*next);
                }
            }
        }
        (0..self.alerts).filter(|alert| is_reached[*alert]).collect()
    }

    /// Alerts each of which mutes the next one, and the last one the first; none if there is no such ring.
    pub(super) fn ring(&self) -> Option<Vec<usize>> {
        let mut in_degrees = self.in_degrees();
        let mut free: Vec<usize> = (0..self.edges.len()).filter(|node| in_degrees[*node] == 0).collect();
        while let Some(node) = free.pop() {
            for next in &self.edges[node] {
                in_degrees[*next] -= 1;
                if in_degrees[*next] == 0 {
                    free.push(*next);
                }
            }
        }
        // Each node that is left is muted by another one that is left: walk back until one comes again.
        let is_left = |node: &usize| in_degrees[*node] > 0;
        let mut before = HashMap::new();
        for node in (0..self.edges.len()).filter(is_left) {
            before.extend(
                self.edges[node]
                    .iter()
                    .filter(|next| is_left(next))
                    .map(|next| (*next, node)),
            );
        }
        let mut node = (0..self.alerts).find(is_left)?;
        let mut path: Vec<usize> = Vec::new();
        let begin = loop {
            if let Some(begin) = path.iter().position(|passed| *passed == node) {
                break begin;
            }
            path.push(node);
            node = *before.get(&node)?;
        };
        let ring = path[begin..].iter().rev().copied().filter(|node| *node < self.alerts);
        Some(ring.collect())
    }

    fn in_degrees(&self) -> Vec<usize> {
        let mut degrees = vec![0; self.edges.len()];
        self.edges.iter().flatten().for_each(|next| degrees[*next] += 1);
        degrees
    }
}

fn agreeing(inhibition: &Ready, alerts: &[&Labels]) -> Vec<Agreeing> {
    let mut groups: HashMap<Vec<&str>, Agreeing> = HashMap::new();
    for (index, labels) in alerts.iter().enumerate() {
        let (is_source, is_target) = (inhibition.source.takes(labels), inhibition.target.takes(labels));
        if !is_source && !is_target {
            continue;
        }
        let key = inhibition
            .equal
            .iter()
            .map(|label| labels.get(label).map_or("", String::as_str))
            .collect();
        let group = groups.entry(key).or_default();
        match (is_source, is_target) {
            (true, true) => group.both.push(index),
            (true, false) => group.sources.push(index),
            (false, _) => group.targets.push(index),
        }
    }
    groups.into_values().collect()
}

// === impl Ring ===

impl fmt::Display for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(names) = self;
        let [first, others @ ..] = names.as_slice() else {
            return Ok(());
        };
        write!(f, "{first:?}")?;
        others.iter().try_for_each(|name| write!(f, " mutes {name:?}, which"))?;
        write!(f, " mutes {first:?}: nobody would be notified of any of them")
    }
}
