use proptest::prelude::*;

use super::*;

const HISTOGRAM: &str = "# HELP d_seconds Time.\n# TYPE d_seconds histogram\n";

fn text(lines: &str) -> Result<Page, String> {
    Page::parse_as(Format::Text, lines)
}

fn open_metrics(lines: &str) -> Result<Page, String> {
    Page::parse(&format!("{lines}# EOF\n"))
}

#[track_caller]
fn refused(page: Result<Page, String>, why: &str) {
    let error = page.expect_err("a page that is wrong");
    assert!(error.contains(why), "{error}");
}

#[test]
fn a_text_page_is_read_whole() {
    let page = text(concat!(
        "# HELP a_total Help with \\\\ and \\n and \"quotes\".\n# TYPE a_total counter\n",
        "a_total{path=\"C:\\\\d\\\"q\\nx\",b=\"ü}, \"} 1.5e3 1700000000000\n",
        "a_total 2\n",
        "# HELP g \n# TYPE g gauge\ng NaN\ng{x=\"\"} -Inf\n",
    ))
    .unwrap();
    assert_eq!(page.format, Format::Text);
    let counter = page.family("a_total").unwrap();
    assert_eq!(
        (counter.kind, &*counter.help),
        (Kind::Counter, "Help with \\ and \n and \"quotes\".")
    );
    let labelled = &counter.samples[0];
    assert_eq!(labelled.label("path"), Some("C:\\d\"q\nx"));
    assert_eq!((labelled.label("b"), labelled.value), (Some("ü}, "), 1500.0));
    assert_eq!(labelled.timestamp, Some(1_700_000_000_000.0));
    assert!(page.value("g", &[("x", "")]).is_some_and(f64::is_infinite));
    assert!(page.family("g").unwrap().samples[0].value.is_nan());
}

#[test]
fn an_open_metrics_page_is_read_with_units_and_exemplars() {
    let page = open_metrics(concat!(
        "# TYPE d_seconds histogram\n# UNIT d_seconds seconds\n# HELP d_seconds Time \\\"to last byte\\\".\n",
        "d_seconds_bucket{le=\"0.1\"} 1 # {trace_id=\"ab\",span_id=\"c\"} 0.05 1700000000.25\n",
        "d_seconds_bucket{le=\"+Inf\"} 2 # {} 7\n",
        "d_seconds_count 2\nd_seconds_sum 7.05\nd_seconds_created 1700000000.5\n",
        "# HELP r Requests.\n# TYPE r counter\nr_total 2 # {trace_id=\"ab\"} 1\nr_created 1700000000.5\n",
        "# HELP target Target.\n# TYPE target info\ntarget_info{service_name=\"shop\"} 1\n",
    ))
    .unwrap();
    let family = page.family("d_seconds").unwrap();
    assert_eq!((&*family.unit, &*family.help), ("seconds", "Time \"to last byte\"."));
    let exemplar = family.samples[0].exemplar.as_ref().unwrap();
    assert_eq!(exemplar.label("trace_id"), Some("ab"));
    assert_eq!((exemplar.value, exemplar.timestamp), (0.05, Some(1_700_000_000.25)));
    assert_eq!(page.exemplars().count(), 3);
}

#[test]
fn empty_pages_are_pages() {
    assert_eq!(text("").unwrap().families, []);
    assert_eq!(open_metrics("").unwrap().families, []);
}

#[test]
fn a_family_may_have_no_samples() {
    assert_eq!(
        text("# HELP g x\n# TYPE g gauge\n")
            .unwrap()
            .family("g")
            .unwrap()
            .samples,
        []
    );
}

#[test]
fn lines_that_break_the_grammar_are_refused() {
    for (sample, why) in [
        ("g", "' ' expected"),
        ("g  1", "number"),
        ("g 1 ", "number"),
        ("g one", "number"),
        ("g inf", "number"),
        ("g nan", "number"),
        ("g .5", "number"),
        ("g 0x10", "number"),
        ("g{a=\"1\" } 1", "',' expected"),
        ("g{a=\"1\",} 1", "name expected"),
        ("g{,a=\"1\"} 1", "name expected"),
        ("g{a='1'} 1", "'\"' expected"),
        ("g{a=\"1} 1", "without its end"),
        ("g{a=\"\\t\"} 1", "escape"),
        ("g{a=\"1\",a=\"2\"} 1", "comes twice"),
        ("g{__name__=\"x\"} 1", "reserved"),
        ("g{a-b=\"1\"} 1", "'=' expected"),
        ("g{0=\"1\"} 1", "name expected"),
        ("g 1 2 3", "expected"),
        ("g 1\r", "CR LF"),
        ("", "blank line"),
        ("# a remark", "no metadata"),
        ("#HELP g x", "no metadata"),
        ("g 1 # {a=\"b\"} 1", "no exemplars"),
        ("# EOF", "no metadata"),
        ("# UNIT g x", "no metadata"),
    ] {
        refused(text(&format!("# HELP g x\n# TYPE g gauge\n{sample}\n")), why);
    }
    refused(text("# HELP g x\n# TYPE g gauge\ng 1"), "no end");
}

#[test]
fn metadata_must_be_complete_unique_and_first() {
    refused(text("g 1\n"), "before its type");
    refused(text("# HELP g x\ng 1\n"), "before its type");
    refused(text("# TYPE g gauge\ng 1\n"), "no help");
    refused(text("# TYPE g gauge\n# TYPE g gauge\n"), "twice");
    refused(text("# TYPE g gauge\n# HELP g x\n# HELP g x\n"), "twice");
    refused(text("# HELP g x\n# TYPE g gauge\ng 1\n# HELP g x\n"), "after samples");
    refused(text("# HELP g x\n# TYPE g info\n"), "type \"info\"");
    refused(text("# HELP g x\n# TYPE g Gauge\n"), "type");
    refused(text("# HELP 0g x\n"), "name expected");
    refused(text("# HELP g x\n# TYPE g gauge\nh 1\n"), "does not belong");
    refused(text("# HELP g x\n# TYPE g gauge\ng_total 1\n"), "suffix");
}

#[test]
fn a_series_or_a_family_must_not_come_twice() {
    let g = "# HELP g x\n# TYPE g gauge\n";
    refused(
        text(&format!("{g}g{{a=\"1\",b=\"2\"}} 1\ng{{b=\"2\",a=\"1\"}} 1\n")),
        "comes twice",
    );
    refused(
        text(&format!("{g}g 1\n# HELP h x\n# TYPE h gauge\nh 1\n{g}g{{a=\"1\"}} 1\n")),
        "two families",
    );
    let sum = "# HELP d_seconds_sum x\n# TYPE d_seconds_sum gauge\nd_seconds_sum 1\n";
    let histogram = "d_seconds_bucket{le=\"+Inf\"} 0\nd_seconds_sum 0\nd_seconds_count 0\n";
    refused(text(&format!("{HISTOGRAM}{histogram}{sum}")), "two families");
}

#[test]
fn counters_end_in_total_and_never_fall_below_zero() {
    refused(text("# HELP c x\n# TYPE c counter\nc 1\n"), "_total");
    refused(
        open_metrics("# HELP c_total x\n# TYPE c_total counter\nc_total_total 1\n"),
        "_total",
    );
    refused(open_metrics("# HELP c x\n# TYPE c counter\nc 1\n"), "suffix");
    refused(
        text("# HELP c_total x\n# TYPE c_total counter\nc_total -1\n"),
        "count -1",
    );
    refused(
        text("# HELP c_total x\n# TYPE c_total counter\nc_total NaN\n"),
        "count NaN",
    );
}

#[test]
fn buckets_must_add_up() {
    for (lines, why) in [
        ("_bucket{le=\"1.0\"} 1\n_sum 1\n_count 1\n", "no bucket +Inf"),
        (
            "_bucket{le=\"1\"} 1\n_bucket{le=\"+Inf\"} 1\n_sum 1\n_count 1\n",
            "isn't written as a float",
        ),
        (
            "_bucket{le=\"2.0\"} 1\n_bucket{le=\"1.0\"} 1\n_bucket{le=\"+Inf\"} 1\n_sum 1\n_count 1\n",
            "out of order",
        ),
        (
            "_bucket{le=\"1.0\"} 2\n_bucket{le=\"+Inf\"} 1\n_sum 1\n_count 1\n",
            "smaller than",
        ),
        ("_bucket{le=\"+Inf\"} 1\n_sum 1\n_count 2\n", "_count isn't"),
        ("_bucket{le=\"+Inf\"} 1\n_count 1\n", "no _sum"),
        ("_bucket{le=\"+Inf\"} 1\n_sum 1\n", "_count isn't"),
        ("_bucket 1\n", "le belongs"),
        ("_sum{le=\"1.0\"} 1\n", "le belongs"),
        (" 1\n", "suffix"),
        (
            "_bucket{a=\"1\",le=\"+Inf\"} 1\n_bucket{a=\"2\",le=\"+Inf\"} 1\n",
            "_count isn't",
        ),
    ] {
        let lines: String = lines.lines().map(|line| ["d_seconds", line, "\n"].concat()).collect();
        refused(text(&format!("{HISTOGRAM}{lines}")), why);
    }
}

#[test]
fn lines_of_one_histogram_must_stand_together() {
    let one = "d_seconds_bucket{a=\"1\",le=\"+Inf\"} 1\nd_seconds_sum{a=\"1\"} 1\nd_seconds_count{a=\"1\"} 1\n";
    let two = one.replace("a=\"1\"", "a=\"2\"");
    assert!(text(&format!("{HISTOGRAM}{one}{two}")).is_ok());
    let (bucket, rest) = one.split_once('\n').unwrap();
    refused(text(&format!("{HISTOGRAM}{bucket}\n{two}{rest}")), "stand apart");
}

#[test]
fn exemplars_must_fit_their_place() {
    let page = |exemplar: &str| {
        open_metrics(&format!(
            "{HISTOGRAM}d_seconds_bucket{{le=\"1.0\"}} 1\nd_seconds_bucket{{le=\"+Inf\"}} 2{exemplar}\n\
             d_seconds_sum 1\nd_seconds_count 2\n"
        ))
    };
    assert!(page(" # {} 1.5").is_ok());
    refused(page(" # {} 0.5"), "isn't in bucket");
    refused(page(" # {a=\"b\"}"), "expected");
    refused(page(" # {a=\"b\"} x"), "number");
    refused(page(&format!(" # {{a=\"{}\"}} 2", "ü".repeat(128))), "129 characters");
    refused(
        open_metrics("# HELP g x\n# TYPE g gauge\ng 1 # {} 1\n"),
        "neither bucket nor counter",
    );
}

#[test]
fn a_unit_must_be_in_the_name() {
    refused(
        open_metrics("# HELP g x\n# TYPE g gauge\n# UNIT g seconds\ng 1\n"),
        "lacks the unit",
    );
}

#[test]
fn an_open_metrics_page_must_end_with_its_mark() {
    refused(
        Page::parse_as(Format::OpenMetrics, "# HELP g x\n# TYPE g gauge\ng 1\n"),
        "# EOF",
    );
    refused(Page::parse("# EOF\n# EOF\n"), "no metadata");
}

#[test]
fn summaries_have_quantiles_and_totals() {
    let summary = "# HELP s x\n# TYPE s summary\n";
    assert!(text(&format!("{summary}s{{quantile=\"0.5\"}} NaN\ns_sum -2\ns_count 1\n")).is_ok());
    refused(text(&format!("{summary}s 1\n")), "quantile belongs");
    refused(
        text(&format!("{summary}s_count{{quantile=\"0.5\"}} 1\n")),
        "quantile belongs",
    );
}

#[test]
fn values_sums_and_changes_are_found_by_a_part_of_the_labels() {
    let page = |ok: u32, failed: u32, extra: &str| {
        text(&format!(
            "# HELP r_total x\n# TYPE r_total counter\nr_total{{m=\"GET\",s=\"200\"}} {ok}\n\
             r_total{{m=\"GET\",s=\"500\"}} {failed}\n{extra}"
        ))
        .unwrap()
    };
    let (before, after) = (
        page(1, 1, ""),
        page(4, 1, "r_total{m=\"PUT\",s=\"200\"} 2\nr_total{m=\"PUT\",s=\"500\"} 0\n"),
    );
    assert_eq!(after.value("r_total", &[("m", "GET"), ("s", "200")]), Some(4.0));
    assert_eq!(after.value("r_total", &[("m", "HEAD")]), None);
    assert_eq!(after.sum("r_total", &[("s", "200")]), 6.0);
    assert_eq!(after.delta(&before, "r_total", &[("s", "200")]), 5.0);
    assert_eq!(
        after.label_values("r_total", "m").into_iter().collect::<Vec<_>>(),
        ["GET", "PUT"]
    );
    assert_eq!(after.series_count("r_total"), 4);
    let changes = after.changes(&before);
    let expected = [
        ("r_total{m=\"GET\",s=\"200\"}", 3.0),
        ("r_total{m=\"PUT\",s=\"200\"}", 2.0),
    ];
    assert_eq!(
        changes
            .iter()
            .map(|(series, by)| (series.as_str(), *by))
            .collect::<Vec<_>>(),
        expected
    );
}

#[test]
#[should_panic(expected = "is 2 series")]
fn a_value_of_several_series_is_a_mistake_of_the_test() {
    let page = text("# HELP g x\n# TYPE g gauge\ng{a=\"1\"} 1\ng{a=\"2\"} 1\n").unwrap();
    let _ = page.value("g", &[]);
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_without_a_panic(page in "(# (HELP|TYPE|UNIT) )?[a-z_]{0,3}[ {}\"\\\\=,#a-z0-9.+\n]{0,60}") {
        let _ = Page::parse(&page);
        let _ = Page::parse_as(Format::OpenMetrics, &format!("{page}\n# EOF\n"));
    }

    #[test]
    fn an_escaped_label_value_comes_back_whole(value in any::<String>()) {
        let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let page = text(&format!("# HELP g x\n# TYPE g gauge\ng{{a=\"{escaped}\"}} 1\n")).unwrap();
        prop_assert_eq!(page.families[0].samples[0].label("a"), Some(value.as_str()));
    }
}
