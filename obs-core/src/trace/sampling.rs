//! Settings of the sampler beyond one ratio for all.

/// Which new traces are recorded, by route and by number.
///
/// The decision is made when a request arrives, before any attribute is built, in this order:
///
/// 1. A trusted caller's decision takes precedence over these settings, so that traces are complete. (Not with
///    the samplers of `OTEL_TRACES_SAMPLER` that are not parent-based; they go on as for a new
///    trace.)
/// 2. The route is on the [`always`](Self::always) or the [`never`](Self::never) list.
/// 3. The ratio of the [`route`](Self::route), else the one for all:
///    [`ObsBuilder::sample_ratio`](crate::ObsBuilder::sample_ratio), else `OTEL_TRACES_SAMPLER`.
/// 4. The limit [`per_second`](Self::per_second) on the traces that these steps select.
///
/// Routes are named by their template (`/orders/{id}`), as the router reports it at arrival. A request
/// without one, a job and a span outside requests follow the ratio for all and the limit. A
/// [provider of the user's own](crate::ObsBuilder::tracer_provider) decides by itself.
///
/// ```
/// use obs_core::{Obs, trace::Sampling};
///
/// let sampling = Sampling::new()
///     .always("/payments")
///     .never("/health")
///     .route("/search", 0.001)
///     .per_second(100.0);
/// let obs = Obs::builder("shop").sample_ratio(0.1).sampling(sampling).log_writer(std::io::sink()).build()?;
/// # Ok::<(), obs_core::InitError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "it does nothing until it is given to `ObsBuilder::sampling`"]
pub struct Sampling {
    pub(super) routes: Vec<(String, RouteSampling)>,
    pub(super) per_second: Option<f64>,
}

/// What is said of one route.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum RouteSampling {
    Always,
    Never,
    Ratio(f64),
}

// === impl Sampling ===

impl Sampling {
    /// One ratio for all, without a limit.
    pub fn new() -> Self {
        Self::default()
    }

    /// Records this share of the new traces of the route with this template, 0 to 1. A second word
    /// on a route replaces the first. Defaults to the ratio for all.
    pub fn route(self, template: impl Into<String>, ratio: f64) -> Self {
        self.with(template.into(), RouteSampling::Ratio(ratio))
    }

    /// Records every new trace of the route with this template; the limit doesn't count it. Defaults
    /// to none.
    pub fn always(self, template: impl Into<String>) -> Self {
        self.with(template.into(), RouteSampling::Always)
    }

    /// Records no new trace of the route with this template. (`skip` of a layer also leaves out its
    /// metrics and its lines.) Defaults to none.
    pub fn never(self, template: impl Into<String>) -> Self {
        self.with(template.into(), RouteSampling::Never)
    }

    /// Records at most this many new traces a second, more than 0. What was left over is saved for
    /// one second: as many may come at once. Traces that a caller has decided on don't count.
    /// Services that decide by ratio alone no longer agree with this one on each trace. Defaults to
    /// no limit.
    pub fn per_second(mut self, traces: f64) -> Self {
        self.per_second = Some(traces);
        self
    }

    fn with(mut self, template: String, sampling: RouteSampling) -> Self {
        self.routes.retain(|(known, _)| *known != template);
        self.routes.push((template, sampling));
        self
    }
}
