//! Where the time of a trace went.

use crate::query::types::Span;

/// The children of each span, by their begin.
fn children_of(parents: &[Option<usize>]) -> Vec<Vec<usize>> {
    let mut children = vec![Vec::new(); parents.len()];
    for (at, parent) in parents.iter().enumerate() {
        if let Some(parent) = parent {
            children[*parent].push(at);
        }
    }
    children
}

fn end(span: &Span) -> f64 {
    span.offset + span.duration
}

/// The seconds of each span in which none of its children ran. What a child did before or after it is not its time.
pub(super) fn self_times(spans: &[Span], parents: &[Option<usize>]) -> Vec<(usize, f64)> {
    let children = children_of(parents);
    let all = spans.iter().zip(&children).enumerate();
    all.map(|(at, (span, children))| {
        let (begin, stop) = (span.offset, end(span));
        let mut covered = 0.0;
        let mut reached = begin;
        for child in children {
            let child = &spans[*child];
            let from = child.offset.max(reached);
            let to = end(child).min(stop);
            if to > from {
                covered += to - from;
                reached = to;
            }
        }
        (at, (span.duration - covered).max(0.0))
    })
    .collect()
}

/// The spans that determine the duration of a trace, by their begin: from the end of its root back, always the child that
/// ended last before.
pub(super) fn critical_path(spans: &[Span], parents: &[Option<usize>]) -> Vec<usize> {
    let children = children_of(parents);
    // The root that ends last; the others are its trace's too, but nobody waits for them.
    let roots = (0..spans.len()).filter(|at| parents[*at].is_none());
    let Some(root) = roots.min_by_key(|at| spans[*at].started) else {
        return Vec::new();
    };
    let mut path = Vec::new();
    let mut open = vec![root];
    while let Some(at) = open.pop() {
        path.push(at);
        let mut children = children[at].clone();
        children.sort_by(|a, b| end(&spans[*b]).total_cmp(&end(&spans[*a])));
        // A child may run on after its parent: what is behind that nobody waits for.
        let mut until = end(&spans[at]);
        let slack = 1e-9;
        for child in children {
            let (from, to) = (spans[child].offset, end(&spans[child]));
            let is_first = until >= end(&spans[at]);
            if from < until && (to <= until + slack || is_first) {
                open.push(child);
                until = from;
            }
        }
    }
    path.sort_by(|a, b| spans[*a].offset.total_cmp(&spans[*b].offset).then(a.cmp(b)));
    path
}
