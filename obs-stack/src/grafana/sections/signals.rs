//! Log lines and traces.

use crate::grafana::{
    layout::Layout,
    model::{DataSource, Panel, Target},
    topic::Topic,
};

/// Log lines by level, and those that tell of trouble.
pub(crate) fn logs(layout: &mut Layout<'_>, volume: String, lines: String) {
    layout.row("Logs", Topic::Errors);
    let context = layout.context();
    let volume = Panel::time_series("short")
        .about(context.title("log lines by level"), "Log lines in each step, by their level.")
        .from(DataSource::LOKI)
        .stacked()
        .target(Target::loki(volume, "{{level}}"));
    let lines = Panel::logs()
        .about(
            context.title("errors and warnings"),
            "The latest log lines of errors and warnings. The `trace_id` of a line leads to its trace.",
        )
        .target(Target::loki(lines, ""));
    layout.line(7, [volume]);
    layout.line(10, [lines]);
}

/// The traces that a query finds.
pub(crate) fn traces(layout: &mut Layout<'_>, title: &str, description: &str, query: String) {
    layout.row("Traces", Topic::Latency);
    let panel = Panel::table("Start time")
        .from(DataSource::TEMPO)
        .about(
            layout.context().title(title),
            format!("{description} An id leads to the trace, a span of it to its log lines."),
        )
        .no_value("none")
        .target(Target::tempo(query));
    layout.line(9, [panel]);
}
