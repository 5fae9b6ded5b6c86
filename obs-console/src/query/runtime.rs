//! The process and what is in it.

use std::collections::BTreeMap;

use obs_base::redact::Redactor;
use obs_core::{
    health::Status,
    metrics::FamilySnapshot,
    names::{label, metric},
};

use super::{
    history::Columns,
    overview::{current, sum},
    page::cut,
    types::{ConsoleState, Fact, Feature, HealthCheck, Runtime, Setting, TokioRuntime, Version, Window},
    view::{Made, View},
};

/// The prefixes of the variables that set obs and OpenTelemetry.
const PREFIXES: [&str; 3] = ["OTEL_", "OBS_", "RUST_LOG"];

/// `GET runtime`.
pub(super) fn answer(view: &View<'_>) -> Made<Runtime> {
    let families = view.sources.obs().registry().snapshot();
    Made::new(Runtime {
        process: process(&families),
        runtimes: runtimes(view, &families),
        features: features(view, &families),
        configuration: configuration(view),
        health: health(view),
        versions: versions(view),
        console: console(view),
    })
}

fn process(families: &[FamilySnapshot]) -> Vec<Fact> {
    let fact = |definition: &obs_core::names::MetricDef| {
        let value = sum(families, definition.base());
        value.map(|value| Fact {
            key: definition.base().to_owned(),
            value: Some(value),
            unit: definition.unit.to_owned(),
        })
    };
    metric::PROCESS.iter().filter_map(fact).collect()
}

/// The runtimes by their label.
fn runtimes(view: &View<'_>, families: &[FamilySnapshot]) -> Vec<TokioRuntime> {
    let mut found: BTreeMap<String, TokioRuntime> = BTreeMap::new();
    for definition in [
        metric::TOKIO_WORKERS,
        metric::TOKIO_LIVE_TASKS,
        metric::TOKIO_GLOBAL_QUEUE_DEPTH,
    ] {
        let family = families.iter().find(|family| family.name == definition.base());
        for series in family.iter().flat_map(|family| &family.series) {
            let name = series.label(label::RUNTIME).unwrap_or_default();
            let runtime = found.entry(name.to_owned()).or_insert_with(|| TokioRuntime {
                name: name.to_owned(),
                workers: None,
                busy: None,
                live_tasks: None,
                global_queue: None,
            });
            let place = match definition.base() {
                base if base == metric::TOKIO_WORKERS.base() => &mut runtime.workers,
                base if base == metric::TOKIO_LIVE_TASKS.base() => &mut runtime.live_tasks,
                _ => &mut runtime.global_queue,
            };
            *place = current(&series.value);
        }
    }
    let columns = busy(view);
    for runtime in found.values_mut() {
        runtime.busy = busy_share(&columns, runtime);
    }
    found.into_values().collect()
}

/// The busy seconds of all workers over the last minute.
fn busy(view: &View<'_>) -> Columns {
    let window = Window {
        from: view.now.before(std::time::Duration::from_secs(60)),
        to: view.now,
    };
    let sampler = view.sources.sampler();
    let zero = sampler.zero(view.now);
    let history = sampler.history();
    let grid = history.grid(&window, 1, zero);
    history.read(grid, |key| *key.metric == *metric::TOKIO_WORKER_BUSY.base())
}

fn busy_share(columns: &Columns, runtime: &TokioRuntime) -> Option<f64> {
    let its = columns
        .series
        .iter()
        .filter(|reading| reading.key.label(label::RUNTIME) == runtime.name);
    let seconds: f64 = its.flat_map(|reading| &reading.growth).sum();
    let whole = columns.seconds() * runtime.workers?;
    super::endpoints::ratio(seconds, whole)
}

/// What the build can do, as far as its metrics tell.
fn features(view: &View<'_>, families: &[FamilySnapshot]) -> Vec<Feature> {
    let has = |name: &str| families.iter().any(|family| family.name == name);
    let facts = [
        ("flight_recorder", view.sources.obs().recorder().is_on()),
        ("alerts", view.sources.alerts().is_some()),
        ("process", has(metric::PROCESS_CPU.base())),
        ("tokio-metrics", has(metric::TOKIO_WORKERS.base())),
        ("controls", view.request.console.controls),
    ];
    let feature = |(name, enabled): (&str, bool)| Feature {
        name: name.to_owned(),
        enabled,
    };
    facts.into_iter().map(feature).collect()
}

/// The variables of the environment that set obs, and what is changed for a time.
fn configuration(view: &View<'_>) -> Vec<Setting> {
    let redactor = Redactor::usual();
    let is_ours = |name: &str| PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    let variables = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    let mut settings: Vec<_> = variables
        .filter(|(name, _)| is_ours(name))
        .map(|(name, value)| {
            let value = value.to_string_lossy().into_owned();
            Setting {
                value: shown(redactor, &name, value),
                key: name,
                source: "environment".to_owned(),
            }
        })
        .collect();
    settings.sort_by(|a, b| a.key.cmp(&b.key));
    settings.extend(view.sources.obs().overrides().into_iter().map(|change| Setting {
        key: format!("override {}", change.id),
        value: redactor.owned_text(change.text),
        source: "override".to_owned(),
    }));
    settings.truncate(500);
    settings
}

/// A value without secrets: lists of headers and the like have them in their parts.
fn shown(redactor: &Redactor, name: &str, value: String) -> String {
    let is_secret = redactor.is_sensitive(name) || name.ends_with("_HEADERS") || name.ends_with("_KEY");
    if is_secret {
        return "[redacted]".to_owned();
    }
    let mut value = redactor.owned_text(value);
    cut(&mut value);
    value
}

fn health(view: &View<'_>) -> Vec<HealthCheck> {
    let checks = view
        .request
        .health
        .map(obs_core::health::HealthReport::checks)
        .unwrap_or_default();
    let row = |check: &obs_core::health::CheckReport| HealthCheck {
        name: check.name().to_owned(),
        status: check.status().as_str().to_owned(),
        reason: check.reason().map(|reason| Redactor::usual().text(reason).into_owned()),
        // A failure of an optional one is a warning.
        required: match check.status() {
            Status::Pass => None,
            Status::Warn => Some(false),
            Status::Fail => Some(true),
        },
    };
    checks.iter().map(row).collect()
}

fn versions(view: &View<'_>) -> Vec<Version> {
    let service = view.service();
    let own = service.version.clone().map(|version| (service.name.clone(), version));
    let console = Some(("obs".to_owned(), env!("CARGO_PKG_VERSION").to_owned()));
    let row = |(name, version)| Version { name, version };
    own.into_iter().chain(console).map(row).collect()
}

fn console(view: &View<'_>) -> ConsoleState {
    let history = view.sources.sampler().history();
    let facts = view.request.console;
    ConsoleState {
        followers: facts.followers,
        followers_limit: facts.followers_limit,
        history_bytes: history.bytes(),
        history_limit: history.limit(),
        history_left_out: history.left_out(),
        intake_bytes: view.sources.foreign().bytes().max(facts.intake_bytes),
    }
}
