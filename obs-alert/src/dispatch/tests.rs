use proptest::prelude::*;

use super::{
    Inhibition,
    mutes::{Labels, Mutes, Ring},
};

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

fn named(names: &[&str]) -> Vec<Labels> {
    names.iter().map(|name| labels(&[("alertname", name)])).collect()
}

fn mutes(source: &str, target: &str) -> Inhibition {
    Inhibition::new()
        .source_matching("alertname", source)
        .target_matching("alertname", target)
}

fn muted(inhibitions: Vec<Inhibition>, alerts: &[Labels]) -> Vec<usize> {
    let ready: Vec<_> = inhibitions
        .into_iter()
        .map(|inhibition| inhibition.ready().unwrap())
        .collect();
    Mutes::new(&ready, &alerts.iter().collect::<Vec<_>>()).muted()
}

fn ring(inhibitions: Vec<Inhibition>, alerts: &[Labels]) -> Option<Vec<usize>> {
    let ready: Vec<_> = inhibitions
        .into_iter()
        .map(|inhibition| inhibition.ready().unwrap())
        .collect();
    Mutes::new(&ready, &alerts.iter().collect::<Vec<_>>()).ring()
}

#[test]
fn alerts_that_mute_each_other_are_told() {
    let alerts = named(&["A", "B", "C"]);
    assert!(muted(vec![mutes("A", "B"), mutes("B", "A")], &alerts).is_empty());
    assert!(muted(vec![mutes("A", "B"), mutes("B", "C"), mutes("C", "A")], &alerts).is_empty());
    assert_eq!(
        ring(vec![mutes("A", "B"), mutes("B", "C"), mutes("C", "A")], &alerts).map(|ring| ring.len()),
        Some(3)
    );
}

#[test]
fn a_ring_that_something_else_mutes_is_muted() {
    let alerts = named(&["A", "B", "Down"]);
    assert_eq!(
        muted(vec![mutes("A", "B"), mutes("B", "A"), mutes("Down", "A")], &alerts),
        [0, 1]
    );
}

#[test]
fn a_chain_mutes_all_but_its_first() {
    let alerts = named(&["A", "B", "C"]);
    assert_eq!(muted(vec![mutes("A", "B"), mutes("B", "C")], &alerts), [1, 2]);
    assert_eq!(ring(vec![mutes("A", "B"), mutes("B", "C")], &alerts), None);
}

#[test]
fn an_alert_never_mutes_itself() {
    let alerts = named(&["A", "B"]);
    assert!(
        muted(vec![mutes("A|B", "A|B")], &alerts).is_empty(),
        "what both sides take does not mute what both take"
    );
    assert_eq!(muted(vec![mutes("A|B", "B")], &alerts), [1]);
    assert!(muted(vec![mutes("A", "A")], &alerts).is_empty());
}

#[test]
fn a_ring_is_spelled_out() {
    let ring = Ring(["A", "B", "C"].map(str::to_owned).to_vec());
    let expected = "\"A\" mutes \"B\", which mutes \"C\", which mutes \"A\": nobody would be notified of any of them";
    assert_eq!(ring.to_string(), expected);
}

proptest! {
    /// Whatever mutes whatever, an alert that is muted is muted by a chain that begins with one that is notified;
    /// and a ring that is found is one.
    #[test]
    fn what_is_muted_is_muted_by_something_that_is_told(
        edges in prop::collection::vec((0..6_usize, 0..6_usize), 0..12),
    ) {
        let names = ["A", "B", "C", "D", "E", "F"];
        let alerts = named(&names);
        let edges: Vec<_> = edges.into_iter().filter(|(from, to)| from != to).collect();
        let inhibitions = || edges.iter().map(|(from, to)| mutes(names[*from], names[*to])).collect::<Vec<_>>();
        let muted = muted(inhibitions(), &alerts);
        prop_assert!(muted.len() < alerts.len());
        let mut reached: Vec<usize> = (0..6).filter(|alert| !muted.contains(alert)).collect();
        while let Some((_, to)) = edges.iter().find(|(from, to)| reached.contains(from) && !reached.contains(to)) {
            reached.push(*to);
        }
        prop_assert_eq!(reached.len(), 6, "each has a notified one before it");
        if let Some(ring) = ring(inhibitions(), &alerts) {
            let next = |index: usize| ring[(index + 1) % ring.len()];
            prop_assert!((0..ring.len()).all(|index| edges.contains(&(ring[index], next(index)))), "{:?}", ring);
        }
    }
}
