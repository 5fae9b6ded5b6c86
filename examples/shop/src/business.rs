//! The numbers that the business asks for, as the guide lists them.
//!
//! | metric | type | labels |
//! |---|---|---|
//! | `user_registrations_total` | counter | `country, source` |
//! | `order_value_total` | counter | `currency, status` |
//! | `order_processing_seconds` | summary | `status` |
//! | `cart_abandonment_rate` | gauge | |
//! | `product_views_total` | counter | `category` |
//! | `active_users` | gauge | |
//!
//! Every label has a closed list of values, which is why each is an enum here: what a visitor sends
//! (a country, say) is read into one first, and anything else is `other`. The guide counts product
//! views by `product_id` as well. That would be a mistake: each product of the catalogue would become
//! a series that every instance keeps and every scrape carries, a million products a million series,
//! for a question that is asked once a month. The views of one product are in the log lines, which
//! have its `product_id`.

use std::time::Duration;

use metrics::{Gauge, Unit, counter, describe_counter, describe_gauge, gauge};
use obs_axum::obs_core::{
    Obs,
    metrics::{FloatCounter, Registry},
    names::MetricType,
};

use crate::model::{Country, Currency, OrderStatus, Source};

/// The business metrics of a service. Those that it never records are not on its page.
#[derive(Clone, Debug)]
pub(crate) struct Business {
    registry: Registry,
}

// === impl Business ===

impl Business {
    /// Describes the metrics in the recorder of this thread, which is that of `obs`.
    pub(crate) fn new(obs: &Obs) -> Self {
        let registry = obs.registry().clone();
        describe_counter!("user_registrations_total", "Users who signed up.");
        describe_counter!("product_views_total", "Product pages that were looked at.");
        describe_gauge!(
            "cart_abandonment_rate",
            "Share of the carts that were left, 0 to 1, since the shop opened."
        );
        describe_gauge!("active_users", "Users who did something within the last five minutes.");
        // The facade has neither summaries nor counters of amounts.
        let value = "Value of the orders, in the currency's main unit.";
        registry.describe_metric(MetricType::Counter, "order_value_total", None, value);
        let processing = "Time to process an order.";
        registry.describe_metric(
            MetricType::Summary,
            "order_processing_seconds",
            Some(Unit::Seconds),
            processing,
        );
        Self { registry }
    }

    pub(crate) fn track_registration(country: Country, source: Source) {
        counter!("user_registrations_total", "country" => country.as_str(), "source" => source.as_str()).increment(1);
    }

    pub(crate) fn track_product_view(category: &'static str) {
        counter!("product_views_total", "category" => category).increment(1);
    }

    pub(crate) fn set_cart_abandonment_rate(rate: f64) {
        gauge!("cart_abandonment_rate").set(rate);
    }

    /// The gauge itself: it is set before each page, on whatever thread that is made.
    pub(crate) fn active_users() -> Gauge {
        gauge!("active_users")
    }

    /// Money isn't whole, and the facade's counters are: for amounts there is [`FloatCounter`].
    pub(crate) fn track_order_value(&self, cents: u64, currency: Currency, status: OrderStatus) {
        let labels = [("currency", currency.as_str()), ("status", status.as_str())];
        let value: FloatCounter = self.registry.float_counter("order_value_total", &labels);
        value.increment(in_main_unit(cents));
    }

    pub(crate) fn record_order_processing(&self, status: OrderStatus, duration: Duration) {
        self.registry
            .summary("order_processing_seconds", &[("status", status.as_str())])
            .record(duration);
    }
}

#[expect(clippy::cast_precision_loss, reason = "exact up to 90 trillion")]
fn in_main_unit(cents: u64) -> f64 {
    cents as f64 / 100.0
}

#[cfg(test)]
mod tests {
    use obs_axum::obs_core::metrics::Format;

    use super::*;

    /// The page without what the registry and the instance say of themselves.
    fn page(obs: &Obs) -> Vec<String> {
        let page = String::from_utf8(obs.registry().render(Format::Text)).unwrap();
        let theirs = ["obs_", "target_info", "process_", "tokio_"];
        let is_own = |line: &&str| !theirs.iter().any(|theirs| line.contains(theirs));
        page.lines().filter(is_own).map(str::to_owned).collect()
    }

    #[test]
    fn the_page_has_what_the_guide_lists() {
        let obs = Obs::builder("shop").log_writer(std::io::sink()).build().unwrap();
        metrics::with_local_recorder(obs.registry(), || {
            let business = Business::new(&obs);
            Business::track_registration(Country::De, Source::Newsletter);
            Business::track_registration(Country::Other, Source::Other);
            Business::track_product_view("books");
            Business::set_cart_abandonment_rate(0.25);
            Business::active_users().set(3.0);
            business.track_order_value(2_050, Currency::Eur, OrderStatus::Paid);
            business.track_order_value(25, Currency::Eur, OrderStatus::Paid);
            business.track_order_value(1_999, Currency::Usd, OrderStatus::Declined);
            business.record_order_processing(OrderStatus::Paid, Duration::from_millis(250));
        });
        let page = page(&obs);
        let (rest, quantiles): (Vec<_>, Vec<_>) = page.into_iter().partition(|line| !line.contains("quantile="));
        assert_eq!(
            rest,
            [
                "# HELP active_users Users who did something within the last five minutes.",
                "# TYPE active_users gauge",
                "active_users 3",
                "# HELP cart_abandonment_rate Share of the carts that were left, 0 to 1, since the shop opened.",
                "# TYPE cart_abandonment_rate gauge",
                "cart_abandonment_rate 0.25",
                "# HELP order_processing_seconds Time to process an order.",
                "# TYPE order_processing_seconds summary",
                "order_processing_seconds_sum{status=\"paid\"} 0.25",
                "order_processing_seconds_count{status=\"paid\"} 1",
                "# HELP order_value_total Value of the orders, in the currency's main unit.",
                "# TYPE order_value_total counter",
                "order_value_total{currency=\"EUR\",status=\"paid\"} 20.75",
                "order_value_total{currency=\"USD\",status=\"declined\"} 19.99",
                "# HELP product_views_total Product pages that were looked at.",
                "# TYPE product_views_total counter",
                "product_views_total{category=\"books\"} 1",
                "# HELP user_registrations_total Users who signed up.",
                "# TYPE user_registrations_total counter",
                "user_registrations_total{country=\"DE\",source=\"newsletter\"} 1",
                "user_registrations_total{country=\"other\",source=\"other\"} 1",
            ]
        );
        for quantile in quantiles {
            let (_, value) = quantile.rsplit_once(' ').unwrap();
            let value: f64 = value.parse().unwrap();
            assert!((value - 0.25).abs() < 0.0026, "{quantile}");
        }
    }
}
