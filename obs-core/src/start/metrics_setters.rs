//! Settings of the metrics that are pushed.

use std::time::Duration;

use super::ObsBuilder;

// === impl ObsBuilder ===

impl ObsBuilder {
    /// Whether metrics are pushed to the collector by OTLP too, beside the page: for hosts that nobody
    /// can scrape. Needs the feature `otlp-metrics`, and a collector:
    /// [`otlp_endpoint`](Self::otlp_endpoint), `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` or
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`. Defaults to `OTEL_METRICS_EXPORTER` (`otlp` or `none`), else to
    /// whether `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` is set: most collectors scrape the page, and some
    /// take traces only.
    ///
    /// - Requests go out as `http.server.request.duration` and `http.client.request.duration`, with the
    ///   names and attributes of the
    ///   [HTTP conventions](https://opentelemetry.io/docs/specs/semconv/http/http-metrics/) 1.44,
    ///   whatever the convention of the page: the count of a duration is the rate of requests. Where
    ///   the page has another one, each request is recorded twice, into cells of their own.
    /// - What the application records, and what obs says of itself, the process and its runtimes, goes
    ///   along under the names of the page, with units in UCUM. Where another recorder of the `metrics`
    ///   facade has the application's metrics, those of requests go alone.
    /// - The resource has a `service.instance.id`, by which back ends tell the instances of a service
    ///   apart: that of [`attribute`](Self::attribute) or `OTEL_RESOURCE_ATTRIBUTES`, else a new UUID.
    /// - Totals are cumulative, with exemplars. A push that fails, which is counted in
    ///   `obs_metric_pushes_failed_total`, costs a point in time and nothing else; one more is made at
    ///   the shutdown.
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

    /// How often metrics are pushed, at least a millisecond. Defaults to `OTEL_METRIC_EXPORT_INTERVAL`,
    /// else to a minute.
    pub fn otlp_metrics_interval(mut self, interval: Duration) -> Self {
        self.push.interval = Some(interval);
        self
    }

    /// Whether the instruments that the HTTP conventions leave to choice are pushed too:
    /// `http.server.active_requests`, `http.server.request.body.size`,
    /// `http.server.response.body.size`, `http.client.active_requests`, and
    /// `http.server.stream.duration`, which is ours: the lifetime of answers that are streams by nature.
    /// Defaults to false.
    pub fn otlp_opt_in_metrics(mut self, on: bool) -> Self {
        self.push.opt_in = on;
        self
    }

    /// Pushes only metrics whose names begin with one of these, as they are pushed. Can be given several
    /// times. Defaults to all.
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
