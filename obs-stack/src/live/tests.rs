use std::collections::BTreeSet;

use super::{
    Page,
    promql::{Reads, reads},
};

fn metrics(expr: &str) -> Vec<String> {
    let found: BTreeSet<String> = reads(expr).into_iter().map(|reads| reads.metric).collect();
    found.into_iter().collect()
}

#[test]
fn the_metrics_of_an_expression_are_found() {
    assert_eq!(metrics("up"), ["up"]);
    assert_eq!(
        metrics("sum by (job, le) (rate(a_bucket{le=\"1.0\"}[5m])) / on (job) group_left (x) b"),
        ["a_bucket", "b"]
    );
    assert_eq!(metrics("sum(a) without (b) > 1e3 and on () vector(0) or c offset 5m"), ["a", "c"]);
    assert_eq!(metrics("histogram_quantile(0.99, sum(rate(a[$__rate_interval])) by (le)) > $x or ${y:csv}"), ["a"]);
    assert_eq!(metrics("job:a:rate5m{job=~\"$job\",x!~'}{y'} == bool +Inf # up"), ["job:a:rate5m"]);
}

#[test]
fn text_in_strings_is_no_metric() {
    assert_eq!(metrics(r#"label_replace(a, "b", "$1 c", "d", "e\"f(.*)") + {x="g"} + h{i=`j`}"#), ["a", "h"]);
    assert_eq!(metrics("a{b=\"never closed"), ["a"]);
}

#[test]
fn the_bucket_that_is_asked_for_is_found() {
    let found: Vec<_> =
        reads("rate(a_bucket{job=\"x\",le=\"0.25\"}[5m]) / rate(a_bucket{le=~\".*\"}[5m])").into_iter().collect();
    let of = |le: Option<&str>| Reads { metric: "a_bucket".to_owned(), le: le.map(str::to_owned) };
    assert_eq!(found, [of(None), of(Some("0.25"))]);
}

#[test]
fn a_page_tells_its_metrics_and_buckets() {
    let page = Page::parse(
        "# HELP a A.\n# TYPE a histogram\na_bucket{x=\"y\",le=\"0.5\"} 1\na_bucket{x=\"y\",le=\"+Inf\"} 1\na_sum 2\na_count 1\n\
         # TYPE b_total counter\n# TYPE c histogram\nd 1 1700000000\n\n",
    );
    for name in ["a_bucket", "a_sum", "a_count", "b_total", "c_bucket", "d"] {
        assert!(page.has(name), "{name}");
    }
    assert!(!page.has("e"));
    assert!(page.has_bucket("a_bucket", "0.5") && !page.has_bucket("a_bucket", "0.25"));
    assert!(page.has_bucket("c_bucket", "0.25"), "a histogram without series has no buckets yet");
    assert_eq!(page.buckets("a_bucket"), ["0.5", "+Inf"]);
}

proptest::proptest! {
    #[test]
    fn no_expression_and_no_page_is_too_broken(text in "[ -~\n]{0,80}") {
        let _ = (reads(&text), Page::parse(&text));
    }
}
