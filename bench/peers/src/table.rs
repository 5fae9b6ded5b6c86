//! The figures as Markdown.

use std::fmt::Write;

use crate::{
    harness::{Results, Sample},
    load::{KINDS, Load, PARENTS, Parent, SPECIAL},
    subjects::{Group, SUBJECTS, Spec},
    targets,
};

/// What a subject costs above its baseline.
#[derive(Clone, Copy)]
pub struct Cost {
    pub nanos: f64,
    pub allocations: f64,
}

/// All tables.
pub fn print(results: &Results) -> String {
    let mut text = String::new();
    targets::table(&mut text, results);
    for group in Group::ALL.into_iter().filter(|group| present(results, *group)) {
        plain(&mut text, results, group);
    }
    special(&mut text, results);
    work(&mut text, results);
    text
}

fn present(results: &Results, group: Group) -> bool {
    group.members().any(|spec| results.work.contains_key(spec.name))
}

/// One row for each subject and kind of request, one set of columns for each parent.
fn plain(text: &mut String, results: &Results, group: Group) {
    let parents: &[Parent] = if matches!(group, Group::Reqwest | Group::Tower) { &PARENTS[..1] } else { &PARENTS };
    row(
        text,
        &[
            vec!["request".to_owned(), "subject".to_owned(), "records".to_owned()],
            parents
                .iter()
                .flat_map(|parent| [format!("{parent}, ns"), "alloc.".to_owned(), "× obs".to_owned()])
                .collect(),
        ]
        .concat(),
    );
    row(text, &[vec!["---".to_owned(); 3], vec!["---:".to_owned(); 3 * parents.len()]].concat());
    for kind in KINDS {
        for spec in group.members() {
            let figures = |parent: &Parent| figures(results, spec, Load::Plain(kind, *parent));
            if let Some(figures) = parents.iter().map(figures).collect::<Option<Vec<_>>>() {
                let named = vec![kind.to_string(), spec.name.to_owned(), spec.does.to_string()];
                row(text, &[named, figures.concat()].concat());
            }
        }
    }
    text.push('\n');
}

/// One row for each subject that takes more than plain requests, one column for each such load.
fn special(text: &mut String, results: &Results) {
    let subjects: Vec<_> =
        SUBJECTS.iter().filter(|spec| SPECIAL.iter().any(|load| sample(results, spec.name, *load).is_some())).collect();
    if subjects.is_empty() {
        return;
    }
    let named = SPECIAL.iter().map(|load| format!("{load}, ns")).collect();
    row(text, &[vec!["subject".to_owned()], named].concat());
    row(text, &[vec!["---".to_owned()], vec!["---:".to_owned(); SPECIAL.len()]].concat());
    for spec in subjects {
        let cells = SPECIAL.iter().map(|load| match cost(results, spec, *load) {
            Some(cost) => nanos(spec, cost.nanos),
            None => "–".to_owned(),
        });
        row(text, &[vec![spec.name.to_owned()], cells.collect()].concat());
    }
    text.push('\n');
}

/// What each has proved to have recorded.
fn work(text: &mut String, results: &Results) {
    row(text, &[["subject", "requests in metrics", "lines", "spans"].map(str::to_owned).to_vec(), Vec::new()].concat());
    row(text, &[vec!["---".to_owned()], vec!["---:".to_owned(); 3]].concat());
    for spec in SUBJECTS {
        if let Some(work) = results.work.get(spec.name) {
            let counts = [work.requests, work.lines, work.spans].map(|count| count.to_string());
            row(text, &[vec![spec.name.to_owned()], counts.to_vec()].concat());
        }
    }
}

fn figures(results: &Results, spec: &Spec, load: Load) -> Option<Vec<String>> {
    let cost = cost(results, spec, load)?;
    let ratio = match ours(results, spec.group, load) {
        Some(ours) if spec.is_peer() => format!("{:.1}", cost.nanos / ours),
        _ => String::new(),
    };
    Some(vec![nanos(spec, cost.nanos), format!("{:.2}", cost.allocations), ratio])
}

/// What ours costs that does all, above its own baseline.
fn ours(results: &Results, group: Group, load: Load) -> Option<f64> {
    let spec = SUBJECTS.iter().find(|spec| spec.name == group.ours())?;
    Some(cost(results, spec, load)?.nanos)
}

/// Above the baseline; the baseline itself as it is.
pub fn cost(results: &Results, spec: &Spec, load: Load) -> Option<Cost> {
    let own = sample(results, spec.name, load)?;
    let baseline = sample(results, spec.group.baseline(), load)?;
    if spec.name == spec.group.baseline() {
        return Some(Cost { nanos: own.median(), allocations: own.allocations });
    }
    Some(Cost { nanos: own.median() - baseline.median(), allocations: own.allocations - baseline.allocations })
}

fn sample<'a>(results: &'a Results, name: &'static str, load: Load) -> Option<&'a Sample> {
    results.samples.get(&(name, load.to_string()))
}

fn nanos(spec: &Spec, nanos: f64) -> String {
    // The baseline is what the others stand on, and no difference.
    if spec.name == spec.group.baseline() { format!("({nanos:.0})") } else { format!("{nanos:.0}") }
}

pub fn row(text: &mut String, cells: &[String]) {
    // Writing to a string can't fail.
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}
