//! What was changed.

use super::{
    page::Budget,
    types::{AuditRow, ControlRow, Controls, LeftOut},
    view::{Made, View},
};

/// `GET controls`.
pub(super) fn answer(view: &View<'_>) -> Made<Controls> {
    let Some(state) = view.request.controls else {
        return Made::new(Controls {
            enabled: view.request.console.controls,
            active: Vec::new(),
            audit: Vec::new(),
        });
    };
    let active = state.active.iter().map(|change| ControlRow {
        id: change.id.clone(),
        kind: change.kind.to_owned(),
        text: change.text.clone(),
        until: change.until.into(),
        by: change.by.clone(),
    });
    let audit = state.audit.iter().map(|change| AuditRow {
        at: change.at.into(),
        by: change.by.clone(),
        text: change.text.clone(),
    });
    let (mut active, mut audit): (Vec<_>, Vec<_>) = (active.collect(), audit.collect());
    let mut budget = Budget::default();
    let left = [("active", budget.take(&mut active)), ("audit", budget.take(&mut audit))];
    let left = left.into_iter().filter(|(_, count)| *count > 0);
    Made {
        left_out: left
            .map(|(what, count)| LeftOut::new(what, count, "an answer has at most 1 MiB"))
            .collect(),
        ..Made::new(Controls {
            enabled: state.enabled,
            active,
            audit,
        })
    }
}
