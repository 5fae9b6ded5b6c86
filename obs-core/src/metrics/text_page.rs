//! The page of another recorder.

/// Writes a metrics page in the text format of Prometheus 0.0.4: for adapters' `metrics_from`, where
/// metrics go to another recorder of the `metrics` facade.
///
/// Every closure that gives such a text is one. With the feature `prometheus-exporter` the
/// `PrometheusHandle` of `metrics-exporter-prometheus` is one as well.
///
/// ```
/// use obs_core::metrics::TextPage;
///
/// let page = || "# TYPE up gauge\nup 1\n".to_owned();
/// assert!(page.text_page().ends_with("up 1\n"));
/// ```
pub trait TextPage: Send + Sync + 'static {
    /// The page, as it is now.
    fn text_page(&self) -> String;
}

// === impl TextPage ===

impl<F: Fn() -> String + Send + Sync + 'static> TextPage for F {
    fn text_page(&self) -> String {
        self()
    }
}

#[cfg(feature = "prometheus-exporter")]
impl TextPage for metrics_exporter_prometheus::PrometheusHandle {
    fn text_page(&self) -> String {
        self.render()
    }
}
