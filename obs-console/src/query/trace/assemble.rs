//! The tree of a trace.

use std::collections::HashMap;

use crate::query::types::Span;

/// Spans in the order of the tree: each after its parent, siblings by their begin.
#[derive(Debug)]
pub(super) struct Assembled {
    pub(super) spans: Vec<Span>,
    /// The place of each one's parent; nothing for roots.
    pub(super) parents: Vec<Option<usize>>,
}

/// Puts spans in order. One that is there several times is one: that of a record counts, with the attributes of the
/// others. A span whose parent is unknown, and one in a circle, is a root.
pub(super) fn assemble(spans: Vec<Span>) -> Assembled {
    let spans = merged(spans);
    let places: HashMap<_, _> = spans
        .iter()
        .enumerate()
        .map(|(at, span)| (span.span_id.clone(), at))
        .collect();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); spans.len()];
    let mut roots = Vec::new();
    for (at, span) in spans.iter().enumerate() {
        let parent = span
            .parent_id
            .as_ref()
            .and_then(|id| places.get(id))
            .filter(|parent| **parent != at);
        match parent {
            Some(parent) => children[*parent].push(at),
            None => roots.push(at),
        }
    }
    for siblings in children.iter_mut().chain([&mut roots]) {
        siblings.sort_by_key(|at| (spans[*at].started, *at));
    }
    let order = walked(&spans, &roots, &children);
    let mut places: Vec<Option<usize>> = vec![None; spans.len()];
    let mut sorted = Vec::with_capacity(spans.len());
    let mut spans: Vec<_> = spans.into_iter().map(Some).collect();
    let mut parents = Vec::with_capacity(spans.len());
    for (at, parent) in order {
        if let Some(span) = spans[at].take() {
            places[at] = Some(sorted.len());
            parents.push(parent.and_then(|parent| places[parent]));
            sorted.push(span);
        }
    }
    Assembled { spans: sorted, parents }
}

/// All spans from the roots down, each with its parent, and once. Those in circles, which no root reaches, begin at the
/// one that began first.
fn walked(spans: &[Span], roots: &[usize], children: &[Vec<usize>]) -> Vec<(usize, Option<usize>)> {
    let mut others: Vec<_> = (0..spans.len()).collect();
    others.sort_by_key(|at| (spans[*at].started, *at));
    let mut is_visited = vec![false; spans.len()];
    let mut order = Vec::with_capacity(spans.len());
    for root in roots.iter().copied().chain(others) {
        let mut open = vec![(root, None)];
        while let Some((at, parent)) = open.pop() {
            if std::mem::replace(&mut is_visited[at], true) {
                continue;
            }
            order.push((at, parent));
            open.extend(children[at].iter().rev().map(|child| (*child, Some(at))));
        }
    }
    order
}

/// Each span once.
fn merged(spans: Vec<Span>) -> Vec<Span> {
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    let mut places = HashMap::new();
    for span in spans {
        match places.get(&span.span_id) {
            None => {
                places.insert(span.span_id.clone(), merged.len());
                merged.push(span);
            }
            Some(at) => merge(&mut merged[*at], span),
        }
    }
    merged
}

fn merge(known: &mut Span, mut other: Span) {
    if other.is_record && !known.is_record {
        std::mem::swap(known, &mut other);
    }
    let is_new = |key: &str| !known.attributes.iter().any(|field| field.key == key);
    let more: Vec<_> = other
        .attributes
        .into_iter()
        .filter(|field| is_new(&field.key))
        .collect();
    known.attributes.extend(more);
    known.left_out_attributes += other.left_out_attributes;
    if known.events.is_empty() {
        known.events = other.events;
    }
    known.parent_id = known.parent_id.take().or(other.parent_id);
}
