//! The list of subjects.

use super::{Make, actix, actix_peers, axum, axum_peers, reqwest, reqwest_peers};
use crate::{
    harness::Does,
    load::{Kind, Load, Parent},
};

/// Subjects that are measured against one baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Axum,
    Actix,
    Reqwest,
    /// Clients as tower services.
    Tower,
}

/// A subject.
pub struct Spec {
    pub name: &'static str,
    pub group: Group,
    pub does: Does,
    pub make: Make,
    /// Whether it takes threads, polls and routes too.
    special: bool,
}

const fn plain(name: &'static str, group: Group, does: Does, make: Make) -> Spec {
    Spec { name, group, does, make, special: false }
}

const fn special(name: &'static str, group: Group, does: Does, make: Make) -> Spec {
    Spec { name, group, does, make, special: true }
}

/// Everyone. The first of a group is bare or its baseline; see [`Group::baseline`] and [`Group::ours`].
pub static SUBJECTS: &[Spec] = &[
    plain("axum: bare", Group::Axum, Does::NOTHING, axum::bare),
    special("axum: identity", Group::Axum, Does::NOTHING, axum::identity),
    plain("axum: 600 ns of nothing", Group::Axum, Does::NOTHING, axum::busy),
    special("axum: obs, metrics", Group::Axum, Does::METRICS, axum::metrics),
    special("axum: obs, metrics and line", Group::Axum, Does::METRICS_AND_LINES, axum::metrics_and_line),
    special("axum: obs, all three", Group::Axum, Does::ALL, axum::all),
    special("axum: axum-prometheus", Group::Axum, Does::METRICS, axum_peers::axum_prometheus),
    plain("axum: axum-otel-metrics", Group::Axum, Does::METRICS, axum_peers::axum_otel_metrics),
    plain("axum: tower-otel, metrics", Group::Axum, Does::METRICS, axum_peers::tower_otel_metrics),
    plain("axum: tower-otel", Group::Axum, Does::METRICS_AND_SPANS, axum_peers::tower_otel),
    plain(
        "axum: opentelemetry-instrumentation-tower, metrics",
        Group::Axum,
        Does::METRICS,
        axum_peers::instrumentation_tower_metrics,
    ),
    special(
        "axum: opentelemetry-instrumentation-tower",
        Group::Axum,
        Does::METRICS_AND_SPANS,
        axum_peers::instrumentation_tower,
    ),
    plain("axum: axum-tracing-opentelemetry", Group::Axum, Does::SPANS, axum_peers::axum_tracing_opentelemetry),
    plain("axum: tower-http trace, JSON", Group::Axum, Does::LINES, axum_peers::tower_http),
    special("axum: assembled stack", Group::Axum, Does::ALL, axum_peers::assembled),
    plain("actix: bare", Group::Actix, Does::NOTHING, actix::bare),
    plain("actix: identity", Group::Actix, Does::NOTHING, actix::identity),
    plain("actix: obs, metrics", Group::Actix, Does::METRICS, actix::metrics),
    plain("actix: obs, metrics and line", Group::Actix, Does::METRICS_AND_LINES, actix::metrics_and_line),
    plain("actix: obs, all three", Group::Actix, Does::ALL, actix::all),
    plain("actix: actix-web-prom", Group::Actix, Does::METRICS, actix_peers::actix_web_prom),
    plain(
        "actix: opentelemetry-instrumentation-actix-web",
        Group::Actix,
        Does::METRICS_AND_SPANS,
        actix_peers::instrumentation_actix_web,
    ),
    plain("actix: tracing-actix-web, traces", Group::Actix, Does::SPANS, actix_peers::tracing_actix_web),
    plain("actix: tracing-actix-web, JSON", Group::Actix, Does::LINES, actix_peers::tracing_actix_web_lines),
    plain("reqwest: identity", Group::Reqwest, Does::NOTHING, reqwest::identity),
    plain("reqwest: obs, metrics", Group::Reqwest, Does::METRICS, reqwest::metrics),
    plain("reqwest: obs, metrics and traces", Group::Reqwest, Does::METRICS_AND_SPANS, reqwest::all),
    plain("reqwest: obs, metrics and traces, unsampled", Group::Reqwest, Does::METRICS, reqwest::unsampled),
    plain("reqwest: reqwest-tracing", Group::Reqwest, Does::SPANS, reqwest_peers::reqwest_tracing),
    plain(
        "reqwest: reqwest-tracing, unsampled",
        Group::Reqwest,
        Does::NOTHING,
        reqwest_peers::reqwest_tracing_unsampled,
    ),
    plain("tower client: identity", Group::Tower, Does::NOTHING, reqwest::tower_identity),
    plain("tower client: tower-otel", Group::Tower, Does::METRICS_AND_SPANS, reqwest_peers::tower_otel),
    plain("tower client: tower-otel, unsampled", Group::Tower, Does::METRICS, reqwest_peers::tower_otel_unsampled),
];

// === impl Group ===

impl Group {
    pub const ALL: [Self; 4] = [Self::Axum, Self::Actix, Self::Reqwest, Self::Tower];

    /// The name of what does nothing but wrap.
    pub fn baseline(self) -> &'static str {
        match self {
            Self::Axum => "axum: identity",
            Self::Actix => "actix: identity",
            Self::Reqwest => "reqwest: identity",
            Self::Tower => "tower client: identity",
        }
    }

    /// The name of ours that does all, which the others are compared with.
    pub fn ours(self) -> &'static str {
        match self {
            Self::Axum => "axum: obs, all three",
            Self::Actix => "actix: obs, all three",
            Self::Reqwest | Self::Tower => "reqwest: obs, metrics and traces",
        }
    }

    pub fn members(self) -> impl Iterator<Item = &'static Spec> {
        SUBJECTS.iter().filter(move |spec| spec.group == self)
    }
}

// === impl Spec ===

impl Spec {
    /// Whether it is neither ours nor there for comparison alone.
    pub fn is_peer(&self) -> bool {
        self.does != Does::NOTHING && !self.name.contains("obs")
    }

    pub fn takes(&self, load: Load) -> bool {
        match (self.group, load) {
            // A client has no caller, and no routes.
            (Group::Reqwest | Group::Tower, load) => {
                matches!(load, Load::Plain(Kind::Get | Kind::Post, Parent::None))
            }
            (_, Load::Plain(..)) => true,
            (_, Load::Polls | Load::Routes(_) | Load::Threads { .. }) => self.special,
        }
    }
}
