use obs_rules::promql::Selector;

use super::{example, samples::Samples};

fn example_of(selector: &Selector) -> String {
    example::example_series(selector).to_string()
}

#[test]
fn an_example_has_the_labels_that_a_selector_asks_for() {
    let selector = Selector::new("m")
        .with("job", "a\"b")
        .matching("outcome", "panic|server_error");
    assert_eq!(example_of(&selector), r#"m{job="a\"b",outcome="panic"}"#);
    assert_eq!(example_of(&Selector::new("m")), "m");
}

#[test]
fn an_example_has_none_that_a_selector_refuses() {
    let selector = Selector::new("m")
        .not_matching("outcome", "ok|aborted")
        .without("status", "200")
        .with("none", "");
    assert_eq!(example_of(&selector), r#"m{outcome="200",status="other"}"#);
    assert_eq!(
        example_of(&Selector::new("m").without("status", "499")),
        r#"m{status="200"}"#
    );
}

#[test]
fn several_matchers_of_one_label_are_met_at_once() {
    let selector = Selector::new("m")
        .matching("status", "200|5..")
        .without("status", "200");
    assert_eq!(example_of(&selector), r#"m{status="500"}"#);
}

#[test]
fn patterns_have_an_example_too() {
    assert_eq!(
        example_of(&Selector::new("m").matching("path", "/a\\.b/.*")),
        r#"m{path="/a.b/x"}"#
    );
}

#[test]
fn samples_are_spelled_as_promtool_reads_them() {
    assert_eq!(Samples::constant(-1.5).to_string(), "-1.5+0x100000");
    assert_eq!(Samples::growing(0.0, 60.0).to_string(), "0+60x100000");
    assert_eq!(Samples::changing(10.0, 3, 0.5).to_string(), "0+10x2 30+0.5x100000");
    assert_eq!(Samples::changing(10.0, 3, 0.5).until(9).to_string(), "0+10x2 30+0.5x6");
    assert_eq!(Samples::accelerating(8.0, 0.5, 9).until(3).to_string(), "0 8 12");
    assert_eq!(Samples::accelerating(8.0, 0.5, 3).to_string(), "0 8 12 14");
}
