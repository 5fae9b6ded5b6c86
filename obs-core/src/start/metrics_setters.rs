//! Settings of the metrics: caps, buckets, the push.

use std::time::Duration;

use obs_base::InitError;

use super::ObsBuilder;
use crate::{
    environment::Env,
    metrics::{Registry, RegistryBuilder, Target},
};

/// Gives the registry its caps and buckets, unless metrics go to another recorder.
pub(super) fn configure(metrics: RegistryBuilder, registry: &Registry, target: &Target, env: Env<'_>) {
    match target {
        Target::Own(_) => registry.configure(metrics),
        Target::Facade(_) => env.notice(
            "series_cap, series_cap_for and buckets have no effect: metrics go to the recorder that is installed, which \
             has its own",
        ),
    }
}

// === impl ObsBuilder ===

impl ObsBuilder {
    /// The number of series that each metric may have, at least 1, see [`RegistryBuilder::series_cap`]. Defaults to
    /// 2 000.
    ///
    /// This setter and the next two configure the registry that the instance creates. With a registry or a recorder
    /// of the application ([`registry`](Self::registry), [`recorder`](Self::recorder)) they are an error. They apply
    /// to metrics that are created after the start.
    ///
    /// ```
    /// let obs = obs_core::Obs::builder("payment-service")
    ///     .series_cap(500)
    ///     .series_cap_for("product_views_total", 50)
    ///     .buckets("order_value_eur", [10.0, 50.0, 100.0, 500.0])
    ///     .log_writer(std::io::sink())
    ///     .build()?;
    /// # Ok::<(), obs_core::InitError>(())
    /// ```
    pub fn series_cap(self, cap: usize) -> Self {
        self.with_metrics(|metrics| metrics.series_cap(cap))
    }

    /// The number of series that the metric with this name on the page may have, at least 1. Can be called for several
    /// metrics. Defaults to [`series_cap`](Self::series_cap).
    pub fn series_cap_for(self, metric: impl Into<String>, cap: usize) -> Self {
        self.with_metrics(|metrics| metrics.series_cap_for(metric, cap))
    }

    /// The bucket bounds of the histogram with this name on the page: 1 to 256 finite numbers, ascending, in the unit
    /// of the metric. Can be called for several metrics. Defaults to those of [`RegistryBuilder::buckets`].
    ///
    /// For RED metrics too: `http_request_size_bytes`, or `http_request_duration_seconds`, where they take precedence
    /// over [`duration_buckets`](Self::duration_buckets).
    pub fn buckets(self, metric: impl Into<String>, bounds: impl IntoIterator<Item = f64>) -> Self {
        self.with_metrics(|metrics| metrics.buckets(metric, bounds))
    }

    fn with_metrics(mut self, change: impl FnOnce(RegistryBuilder) -> RegistryBuilder) -> Self {
        self.metrics = Some(change(self.metrics.unwrap_or_default()));
        self
    }

    /// Checks caps and buckets, and that there is a registry which can have them.
    pub(super) fn check_metrics(&self) -> Result<(), InitError> {
        let Some(metrics) = &self.metrics else { return Ok(()) };
        metrics.check()?;
        let other = [
            ("registry", self.registry.is_some(), "RegistryBuilder"),
            ("recorder", self.recorder.is_some(), "that recorder"),
        ];
        match other.into_iter().find(|(_, is_set, _)| *is_set) {
            Some((setting, _, owner)) => {
                let expected = format!("none besides series_cap, series_cap_for and buckets: set these on {owner}");
                Err(InitError::invalid(setting, "set", expected))
            }
            None => Ok(()),
        }
    }

    /// Whether metrics are pushed to the collector by OTLP too, besides the page: for services that can't be scraped.
    /// Needs the feature `otlp-metrics`, and a collector: [`otlp_endpoint`](Self::otlp_endpoint),
    /// `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` or `OTEL_EXPORTER_OTLP_ENDPOINT`. Defaults to `OTEL_METRICS_EXPORTER`
    /// (`otlp` or `none`), else to whether `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` is set, since most collectors scrape
    /// the page, and some accept traces only.
    ///
    /// - Requests are pushed as `http.server.request.duration` and `http.client.request.duration`, with the
    ///   names and attributes of the
    ///   [HTTP conventions](https://opentelemetry.io/docs/specs/semconv/http/http-metrics/) 1.44,
    ///   whatever the convention of the page: the count of a duration is the number of requests. If the page has another
    ///   convention, each request is recorded twice, in separate cells.
    /// - Metrics of the application, of obs itself, of the process and its runtimes have the names of the page, and
    ///   units in UCUM. If the application's metrics are in another recorder of the `metrics` facade, only those of
    ///   requests are pushed.
    /// - The resource has a `service.instance.id`, by which back ends distinguish the instances of a
    ///   service: that of [`attribute`](Self::attribute) or `OTEL_RESOURCE_ATTRIBUTES`, else a new UUID.
    /// - Totals are cumulative, with exemplars. A failed push is counted in `obs_metric_pushes_failed_total` and loses one
    ///   data point of each series; the shutdown makes a last push.
    ///
    /// ```
    /// use obs_core::Obs;
    ///
    /// let builder = Obs::builder("payment-service").otlp_endpoint("http://collector:4318").otlp_metrics(true);
    /// # drop(builder);
    /// ```
    pub fn otlp_metrics(mut self, on: bool) -> Self {
        self.push.export = Some(on);
        self
    }

    /// The time between two pushes of metrics, at least a millisecond. Defaults to `OTEL_METRIC_EXPORT_INTERVAL`,
    /// else to a minute.
    pub fn otlp_metrics_interval(mut self, interval: Duration) -> Self {
        self.push.interval = Some(interval);
        self
    }

    /// Whether the optional instruments of the HTTP conventions are pushed too: `http.server.active_requests`,
    /// `http.server.request.body.size`, `http.server.response.body.size`, `http.client.active_requests`, and
    /// `http.server.stream.duration`, an instrument of obs for the lifetime of answers that are streams by nature.
    /// Defaults to false.
    pub fn otlp_opt_in_metrics(mut self, on: bool) -> Self {
        self.push.opt_in = on;
        self
    }

    /// Pushes only metrics whose names, in the form that is pushed, begin with one of these. Can be called several
    /// times. Defaults to all metrics.
    ///
    /// ```
    /// use obs_core::Obs;
    ///
    /// let builder = Obs::builder("payment-service").otlp_metrics(true).otlp_metrics_only(["http.", "order_"]);
    /// # drop(builder);
    /// ```
    pub fn otlp_metrics_only<N: Into<String>>(mut self, prefixes: impl IntoIterator<Item = N>) -> Self {
        self.push
            .only
            .get_or_insert_default()
            .extend(prefixes.into_iter().map(Into::into));
        self
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        Obs,
        metrics::{Format, Registry},
        request::{LayerState, Observation, RequestHead},
    };

    #[test]
    fn caps_and_buckets_hold_for_the_instances_metrics_and_those_of_requests() {
        let obs = Obs::builder("test")
            .series_cap(2)
            .series_cap_for("views_total", 1)
            .buckets("value_eur", [10.0, 20.0])
            .buckets("http_request_duration_seconds", [0.25])
            .log_writer(std::io::sink())
            .build()
            .unwrap();
        metrics::with_local_recorder(obs.registry(), || {
            for n in 0..4 {
                metrics::counter!("views_total", "n" => n.to_string()).increment(1);
                metrics::counter!("orders_total", "n" => n.to_string()).increment(1);
            }
            metrics::histogram!("value_eur").record(15.0);
        });
        let layer = LayerState::default().with(|options| options.common.record_into(&obs));
        let head = RequestHead {
            method: "GET",
            endpoint: Some("/a"),
            ..RequestHead::default()
        };
        Observation::start(layer.instrument(), &head, &()).service_error();
        let page = String::from_utf8(obs.registry().render(Format::Text)).unwrap();
        let bounds = |metric: &str| -> Vec<&str> {
            let of = |line: &&str| line.starts_with(&format!("{metric}_bucket"));
            let lines = page.lines().filter(of);
            lines
                .filter_map(|line| line.split("le=\"").nth(1)?.split('"').next())
                .collect()
        };
        assert_eq!(bounds("value_eur"), ["10.0", "20.0", "+Inf"]);
        assert_eq!(bounds("http_request_duration_seconds"), ["0.25", "+Inf"]);
        assert!(page.contains("views_total{n=\"_overflow\"} 3"), "{page}");
        assert!(page.contains("orders_total{n=\"_overflow\"} 2"), "{page}");
    }

    #[test]
    fn what_can_not_be_is_refused_by_name() {
        let error = |change: fn(crate::ObsBuilder) -> crate::ObsBuilder| {
            let built = change(Obs::builder("test").log_writer(std::io::sink())).build();
            built.unwrap_err().to_string()
        };
        assert!(error(|builder| builder.series_cap(0)).starts_with("series_cap is \"0\""));
        assert!(error(|builder| builder.series_cap_for("a", 0)).starts_with("series_cap_for \"a\" is \"0\""));
        assert!(error(|builder| builder.buckets("a", [])).starts_with("buckets of \"a\" is \"a list of 0\""));
        let both = error(|builder| builder.series_cap(1).registry(Registry::new()));
        assert!(both.contains("set these on RegistryBuilder"), "{both}");
    }
}
