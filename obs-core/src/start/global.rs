//! What a process has only one of.

use std::{
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    thread::{self, JoinHandle},
};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use obs_base::{InitError, ServiceInfo};
use tracing::{Dispatch, Subscriber, subscriber::NoSubscriber};

use crate::{
    context::{GlobalPropagator, Instance as _},
    environment::Notices,
    logs::{LOG_BRIDGE_MISSING, install_log_bridge},
    metrics::{GuardedRecorder, InstanceRecorder, Registry, Target},
    names::target,
    pipeline,
    trace::{GlobalProvider, GlobalTracing, Tracing},
};

/// The notice about a tracer provider that was the global one before.
const PROVIDER_REPLACED: &str = "OpenTelemetry's global tracer provider is replaced by the one of obs, so spans of \
                                 libraries are exported by obs alone: give it to `ObsBuilder::tracer_provider` if it \
                                 should have all spans, or leave out `opentelemetry::global::set_tracer_provider`";

/// The recorder that someone else has installed.
#[derive(Debug)]
struct GlobalRecorder;

/// Held while an instance is made the process-wide default.
pub(super) fn one_at_a_time() -> MutexGuard<'static, ()> {
    static DEFAULT: Mutex<()> = Mutex::new(());
    DEFAULT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Refuses if the process has a default.
pub(super) fn check_default() -> Result<(), InitError> {
    match pipeline::installed() {
        None => Ok(()),
        Some(_) => Err(InitError::already_initialized(
            "the process-wide obs",
            "call `init` or `make_default` once, and `build` for further instances",
        )),
    }
}

/// Refuses if a subscriber is installed, before anything is started.
pub(super) fn check_subscriber() -> Result<(), InitError> {
    let is_free = || tracing::dispatcher::get_default(Dispatch::is::<NoSubscriber>);
    // This thread may have a subscriber to itself; a new one sees the process's.
    let asked = thread::Builder::new()
        .name("obs-init".to_owned())
        .spawn(is_free)
        .map(JoinHandle::join);
    match asked {
        Ok(Ok(false)) => Err(subscriber_taken()),
        // Without a thread to check it, the installation of ours detects it.
        Ok(Ok(true) | Err(_)) | Err(_) => Ok(()),
    }
}

pub(super) fn install_subscriber(subscriber: impl Subscriber + Send + Sync) -> Result<(), InitError> {
    tracing::subscriber::set_global_default(subscriber).map_err(|_| subscriber_taken())
}

fn subscriber_taken() -> InitError {
    InitError::already_initialized(
        "the process-wide subscriber of `tracing`",
        "give your layers to `ObsBuilder::layer`, or use `build`, add `Obs::subscriber_layer` to your own subscriber \
         and call `Obs::make_default`",
    )
}

/// Installs the recorder of the process, and returns where RED metrics go: a recorder that is installed already is
/// used.
pub(super) fn install_recorder(given: Option<Arc<dyn Recorder + Send + Sync>>, registry: &Registry) -> Target {
    let is_ours = claim_recorder();
    match given {
        // Where another one is installed as well, the one given to the builder counts.
        Some(recorder) => Target::Facade(Arc::new(GuardedRecorder(recorder))),
        None if is_ours => Target::Own(registry.clone()),
        None => Target::Facade(Arc::new(GuardedRecorder(Arc::new(GlobalRecorder)))),
    }
}

/// Makes ours the recorder of the process. Returns false if another one is installed.
pub(super) fn claim_recorder() -> bool {
    static IS_OURS: OnceLock<()> = OnceLock::new();
    if metrics::set_global_recorder(InstanceRecorder).is_ok() {
        let _ = IS_OURS.set(());
    }
    IS_OURS.get().is_some()
}

/// Makes spans and headers of other OpenTelemetry libraries go our way.
pub(super) fn install_opentelemetry(tracing: &Tracing, notices: &Notices) {
    let is_foreign = GlobalTracing::look() == GlobalTracing::Foreign;
    // An instance without spans has nothing to put in the place of the application's provider.
    if tracing.provider().is_some() || !is_foreign {
        // One that was given to the builder is asked by ours.
        if is_foreign && !tracing.is_of_others() {
            notices.add(PROVIDER_REPLACED.to_owned());
        }
        opentelemetry::global::set_tracer_provider(GlobalProvider::new(tracing.clone()));
    }
    if let Some(header) = GlobalPropagator::foreign_header(tracing.propagators()) {
        notices.add(propagator_replaced(&header));
    }
    opentelemetry::global::set_text_map_propagator(GlobalPropagator::new(tracing.propagators().clone()));
}

fn propagator_replaced(header: &str) -> String {
    format!(
        "OpenTelemetry's global propagator, which uses the header {header:?}, is replaced by the one of obs, which does \
         not: give it to `ObsBuilder::propagator` in place of `opentelemetry::global::set_text_map_propagator`"
    )
}

/// Takes in the records of the `log` crate, unless the process has another logger for them.
pub(super) fn bridge_log_crate(notices: &Notices) {
    if !install_log_bridge() {
        notices.add(LOG_BRIDGE_MISSING.to_owned());
    }
}

/// Puts the service's identity on the metrics page.
pub(super) fn describe_service(registry: &Registry, service: &ServiceInfo) {
    let ServiceInfo {
        name,
        version,
        environment,
        attributes,
    } = service;
    let revision = attributes
        .iter()
        .find(|(key, _)| key == "vcs.ref.head.revision")
        .map(|(_, value)| value.as_str());
    registry.set_build_info(
        name,
        version.as_deref().unwrap_or_default(),
        revision.unwrap_or_default(),
    );
    let mut resource = vec![(crate::names::attribute::SERVICE_NAME.to_owned(), name.clone())];
    let optional = [
        (crate::names::attribute::SERVICE_VERSION, version),
        (crate::names::attribute::DEPLOYMENT_ENVIRONMENT, environment),
    ];
    for (key, value) in optional {
        resource.extend(value.clone().map(|value| (key.to_owned(), value)));
    }
    resource.extend(attributes.iter().cloned());
    registry.set_target_info(&resource);
}

/// Logs the target of metrics, once there is a subscriber.
pub(super) fn report_target(target: &Target) {
    if matches!(target, Target::Facade(_)) {
        tracing::info!(target: target::OBS, "metrics go to the installed recorder; its own page shows them");
    }
}

// === impl GlobalRecorder ===

impl Recorder for GlobalRecorder {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        metrics::with_recorder(|recorder| recorder.describe_counter(key, unit, description));
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        metrics::with_recorder(|recorder| recorder.describe_gauge(key, unit, description));
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        metrics::with_recorder(|recorder| recorder.describe_histogram(key, unit, description));
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        metrics::with_recorder(|recorder| recorder.register_counter(key, metadata))
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        metrics::with_recorder(|recorder| recorder.register_gauge(key, metadata))
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        metrics::with_recorder(|recorder| recorder.register_histogram(key, metadata))
    }
}
