//! The subscriber of the process, and an instance that becomes its default.

use std::any::{TypeId, type_name};

use obs_base::InitError;
use opentelemetry_sdk::trace::SdkTracer;
use tracing::Subscriber;
use tracing_core::{LevelFilter, Metadata, subscriber::Interest};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::{
    Layer, Registry,
    layer::{Context, Filter, Identity, SubscriberExt as _},
};

use super::{ObsBuilder, global};
use crate::{
    Obs,
    environment::{Env, Notices},
    guard::guarded,
    pipeline,
};

/// A layer of the application.
pub(super) type UserLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// The notice about a layer of `tracing-opentelemetry`.
const EXPORTS_TWICE: &str = "a layer of tracing-opentelemetry was given to `ObsBuilder::layer`, and obs exports the spans \
                             of `tracing` itself: each is exported twice. Remove that layer";
/// The notice about such a layer of another version.
const OTHER_VERSION: &str = "the layer of tracing-opentelemetry that was given to `ObsBuilder::layer` is built against \
                             another version of opentelemetry than obs, which has 0.33: its spans have other traces than \
                             the lines and spans of obs, which exports the spans of `tracing` itself. Remove that layer, \
                             or build it against `obs_core::otel::opentelemetry`";

/// Lets nothing through, and says nothing about levels.
struct Nothing;

/// The notice about a layer of the application, if it exports the spans of `tracing` as obs does.
///
/// Two versions of a crate have types of equal names and different ids. A layer within another one, such as one with a
/// filter, is known by its name alone.
pub(super) fn notice_of<L: 'static>(_: &L) -> Option<&'static str> {
    type Ours = OpenTelemetryLayer<Registry, SdkTracer>;

    let name = type_name::<L>();
    if !name.contains("tracing_opentelemetry::") {
        return None;
    }
    let is_other_version = name == type_name::<Ours>() && TypeId::of::<L>() != TypeId::of::<Ours>();
    Some(if is_other_version { OTHER_VERSION } else { EXPORTS_TWICE })
}

/// The subscriber of the process: the layers of the instance first, so that a line is written whatever the layers of
/// the application do.
pub(super) fn with_layers(obs: &Obs, layers: Vec<UserLayer>) -> Result<impl Subscriber + Send + Sync, InitError> {
    let own: UserLayer = Box::new(obs.subscriber_layer());
    // Code of the application runs in there, and `tracing-subscriber` panics beyond 64 filters.
    let subscriber = guarded(|| tracing_subscriber::registry().with(stacked(own, layers)));
    subscriber.ok_or_else(|| {
        let reason = "a layer panicked, or there are more than 64 layers with filters";
        InitError::failed(format!("add the layers to the subscriber: {reason}"), reason)
    })
}

/// One layer on top of the other.
///
/// Not a `Vec`, which doesn't pass on to its layers which subscriber they are part of. Over a bare registry,
/// `tracing-subscriber` takes the level of the topmost layer for that of all, so there is one on top that has none.
fn stacked(own: UserLayer, layers: Vec<UserLayer>) -> UserLayer {
    if layers.is_empty() {
        return own;
    }
    let all = layers
        .into_iter()
        .fold(own, |all, layer| Box::new(all.and_then(layer)) as UserLayer);
    Box::new(all.and_then(Identity::new().with_filter(Nothing)))
}

// === impl Obs ===

impl Obs {
    /// Starts several instances in one process, for services that share it. Returns their handles in the same order.
    ///
    /// The first is started by [`init`](ObsBuilder::init), so it is the process-wide default; the others by
    /// [`build`](ObsBuilder::build). What happens in a request or a job belongs to the instance of that, whatever
    /// thread it runs on: events of `tracing` and records of `log`, `tracing` spans, metrics of `metrics::counter!` and
    /// its kin. What happens outside of them belongs to the default, on threads of another instance to that: see
    /// [`make_thread_default`](Self::make_thread_default). Layers, clients and pages are given their instance.
    ///
    /// [Layers](ObsBuilder::layer) of the application are added to the first builder; they get what happens in all
    /// instances.
    ///
    /// ```
    /// use obs_core::{Obs, context};
    ///
    /// let [orders, payments] = Obs::init_several([
    ///     Obs::builder("orders").log_writer(std::io::sink()),
    ///     Obs::builder("payments").log_writer(std::io::sink()),
    /// ])?;
    /// // In a service: `ObsLayer::new().obs(&payments)`, `metrics_for("/metrics", &payments)`.
    /// context::run_in(payments.start_context(), || {
    ///     tracing::info!("card charged"); // is a line of `payments`
    ///     metrics::counter!("cards_charged_total").increment(1); // is on the page of `payments`
    /// });
    /// # let page = |obs: &Obs| String::from_utf8(obs.registry().render(obs_core::metrics::Format::Text)).unwrap();
    /// # assert!(page(&payments).contains("cards_charged_total 1") && !page(&orders).contains("cards_charged"));
    /// # Ok::<(), obs_core::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of `init` and of `build`, or if there is no builder. No instance is left running then.
    pub fn init_several<const N: usize>(builders: [ObsBuilder; N]) -> Result<[Self; N], InitError> {
        let _one_at_a_time = global::one_at_a_time();
        // All checks of all instances come before the first of them starts.
        global::check_default()?;
        global::check_subscriber()?;
        for builder in builders.iter().skip(1) {
            builder.check_no_layers()?;
        }
        let notices = std::array::from_fn::<_, N, _>(|_| Notices::default());
        let mut prepared = Vec::with_capacity(N);
        for (builder, notices) in builders.into_iter().zip(&notices) {
            prepared.push(builder.prepared(Env::new(&pipeline::env, notices))?);
        }
        let mut prepared = prepared.into_iter().zip(&notices);
        let Some((mut first, first_notices)) = prepared.next() else {
            return Err(InitError::invalid("the number of instances", 0, "at least 1"));
        };
        let mut all = Vec::with_capacity(N);
        for (other, notices) in prepared {
            all.push(other.build(Env::new(&pipeline::env, notices))?);
        }
        let layers = all.iter().map(|obs| Box::new(obs.subscriber_layer()) as UserLayer);
        first.builder.layers.splice(0..0, layers.collect::<Vec<_>>());
        all.insert(0, first.init(first_notices, Env::new(&pipeline::env, first_notices))?);
        // Those of the first are logged by then.
        for (obs, notices) in all.iter().zip(&notices) {
            obs.log_notices(notices);
        }
        // There are as many as there were builders.
        all.try_into()
            .map_err(|_| InitError::failed("start all instances", "their number has changed"))
    }

    /// Makes an instance of [`build`](ObsBuilder::build) the process-wide default, as
    /// [`init`](ObsBuilder::init) does, but for the subscriber: the application installs its own, with
    /// [`subscriber_layer`](Self::subscriber_layer) in it, before or after this call.
    ///
    /// From then on, layers, clients and pages that were given no instance use this one, and so do `metrics::counter!`
    /// and its kin, [`Database::new`](crate::instruments::Database::new), jobs, OpenTelemetry's global tracer provider
    /// and propagator, and the records of the `log` crate. Call it at the start of `main`: layers that have served a
    /// request before keep what they had. Does nothing if the instance is the default already.
    ///
    /// ```
    /// use obs_core::Obs;
    /// use tracing_subscriber::{Layer, filter::LevelFilter, prelude::*};
    ///
    /// let obs = Obs::builder("payment-service").log_writer(std::io::sink()).build()?;
    /// tracing_subscriber::registry()
    ///     .with(tracing_subscriber::fmt::layer().with_filter(LevelFilter::ERROR))
    ///     .with(obs.subscriber_layer())
    ///     .init();
    /// obs.make_default()?;
    /// metrics::counter!("orders_placed_total").increment(1); // is on the page of `obs`
    /// # let page = String::from_utf8(obs.registry().render(obs_core::metrics::Format::Text)).unwrap();
    /// # assert!(page.contains("orders_placed_total 1"), "{page}");
    /// # Ok::<(), obs_core::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If another instance is the default, or if another recorder of `metrics` is installed. Nothing is changed then.
    pub fn make_default(&self) -> Result<(), InitError> {
        let _one_at_a_time = global::one_at_a_time();
        let pipeline = self.pipeline();
        if pipeline::is_installed(&pipeline) {
            return Ok(());
        }
        global::check_default()?;
        if !global::claim_recorder() && pipeline.target.registry().is_some() {
            return Err(InitError::already_initialized(
                "the process-wide recorder of `metrics`",
                "use `init`, which records into it, or give it to `ObsBuilder::recorder` too",
            ));
        }
        let notices = Notices::default();
        global::install_opentelemetry(&pipeline.tracing, &notices);
        global::bridge_log_crate(&notices);
        pipeline::install(&pipeline);
        self.log_notices(&notices);
        Ok(())
    }
}

// === impl Nothing ===

impl<S> Filter<S> for Nothing {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        false
    }

    fn callsite_enabled(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::never()
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        None
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::TracerProvider as _;
    use opentelemetry_sdk::trace::SdkTracerProvider;

    use super::*;

    #[test]
    fn layers_that_export_spans_are_noticed_also_with_a_filter() {
        let tracer = || SdkTracerProvider::default().tracer("other");
        let layer = || tracing_opentelemetry::layer::<Registry>().with_tracer(tracer());
        assert_eq!(notice_of(&layer()), Some(EXPORTS_TWICE));
        assert_eq!(notice_of(&layer().with_filter(LevelFilter::INFO)), Some(EXPORTS_TWICE));
        assert_eq!(notice_of(&Identity::new()), None);
    }
}
