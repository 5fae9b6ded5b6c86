//! Reading a page of Prometheus.

/// The sum of all series of a metric. Timestamps and exemplars are not expected.
pub fn sum(page: &str, metric: &str) -> u64 {
    let values = page.lines().filter_map(|line| {
        let rest = line.strip_prefix(metric)?;
        let is_series = rest.starts_with('{') || rest.starts_with(' ');
        let value = rest.rsplit(' ').next()?.parse::<f64>().ok()?;
        is_series.then_some(value)
    });
    values.sum::<f64>() as u64
}
