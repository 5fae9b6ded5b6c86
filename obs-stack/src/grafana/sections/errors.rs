//! What goes wrong.

use obs_conventions::{
    Convention, Outcome,
    names::{label, metric},
};
use obs_rules::{Scope, Tally};

use crate::grafana::{context::Context, layout::Layout, model::Panel, topic::Topic};

/// Errors by type, answers by status, requests that nobody waited for.
pub(crate) fn errors(layout: &mut Layout<'_>) {
    layout.row("Errors", Topic::Errors);
    let context = layout.context();
    layout.line(8, [by_type(context), by_status(context), abandoned(context)]);
}

fn by_type(context: &Context<'_>) -> Panel {
    let naming = context.source.naming();
    let errors = match naming.convention() {
        Convention::Prometheus => context.source.rate(metric::ERRORS.name(naming.namespace())),
        Convention::OpenTelemetry => context.source.rates(&naming.errors(&Scope::service())),
    };
    context
        .count(
            "errors by type",
            "reqps",
            "Failed requests per second: the status of the answer, `panic`, `body_error`, or the service's own word.",
            &errors.sum_by(&[label::ERROR_TYPE]),
            "{{error_type}}",
        )
        .stacked()
}

fn by_status(context: &Context<'_>) -> Panel {
    let naming = context.source.naming();
    let status = naming.status_label();
    let answers = context.source.rates(&naming.requests(&Scope::service())).sum_by(&[status]);
    context
        .count(
            "answers by status",
            "reqps",
            "Answers per second by their status. 499, or none, are requests that were given up before an answer.",
            &answers,
            &format!("{{{{{status}}}}}"),
        )
        .stacked()
}

fn abandoned(context: &Context<'_>) -> Panel {
    let naming = context.source.naming();
    let all = naming.requests(&Scope::service());
    let abandoned = all.selectors().iter().cloned().map(|selector| match naming.convention() {
        Convention::Prometheus => {
            let meant = Outcome::ALL.into_iter().filter(|outcome| outcome.is_abandoned()).map(Outcome::as_str);
            selector.matching(label::OUTCOME, &meant.collect::<Vec<_>>().join("|"))
        }
        Convention::OpenTelemetry => selector.with(naming.status_label(), "").with(label::ERROR_TYPE, ""),
    });
    let abandoned = context.source.rates(&Tally::new(abandoned.collect())).sum();
    context.count(
        "abandoned requests",
        "reqps",
        "Requests whose client went away, before the answer or half-way: people who did not want to wait. They do not \
         count as errors.",
        &abandoned,
        "abandoned",
    )
}
