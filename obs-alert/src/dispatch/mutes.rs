//! Which alert inhibits which.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    fmt,
};

use super::inhibition::Ready;

/// The labels of an alert.
pub(crate) type Labels = BTreeMap<String, String>;

/// The graph of inhibitions between alerts, by their index. So that its size is linear in the number of alerts, a source
/// points to a junction, and the junction to the targets with equal labels.
#[derive(Debug)]
pub(super) struct Mutes {
    /// From each alert, then from each junction.
    edges: Vec<Vec<usize>>,
    alerts: usize,
}

/// Alerts with equal labels, by the side of the inhibition that they match.
#[derive(Debug, Default)]
struct Agreeing {
    sources: Vec<usize>,
    targets: Vec<usize>,
    both: Vec<usize>,
}

/// A circle of alerts, by their names: each inhibits the next one, and the last one the first.
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
                // As in Alertmanager, alerts that match both sides don't inhibit each other, nor themselves.
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

    /// The inhibited alerts: those that can be reached from one that is not inhibited. All alerts of a circle that no other
    /// alert inhibits are notified.
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

    /// A circle of inhibitions; empty if there is none.
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
        // Each remaining node is inhibited by another one: follow them back until a node repeats.
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
