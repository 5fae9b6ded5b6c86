//! Every form of a `traceparent`, good and bad.

use crate::case::{Case, Expect, SPAN, TRACE, check, parent};

const CONTINUES: Expect = Expect::Continues {
    flags: "01",
    tracestate: None,
};

fn case(name: &'static str, value: impl AsRef<str>, expect: Expect) -> Case {
    Case::new(name, &[("traceparent", value.as_ref())], expect)
}

#[test]
fn a_request_without_context_starts_a_trace() {
    check(&[Case::new("no headers", &[], Expect::Restarts)]);
}

#[test]
fn the_name_of_the_header_is_taken_in_any_case_and_in_no_other_spelling() {
    let names = ["traceparent", "TraceParent", "TrAcEpArEnT", "TRACEPARENT"];
    let mut cases: Vec<Case> = names
        .map(|name| Case::new(name, &[(name, &parent("01"))], CONTINUES))
        .into();
    let wrong = ["trace-parent", "trace.parent", "x-traceparent"];
    cases.extend(wrong.map(|name| Case::new(name, &[(name, &parent("01"))], Expect::Restarts)));
    check(&cases);
}

#[test]
fn white_space_around_the_value_is_no_part_of_it() {
    let value = parent("01");
    let around = [(" ", ""), ("\t", ""), ("", " "), ("", "\t"), ("\t ", " \t")];
    check(&around.map(|(before, after)| case("white space", format!("{before}{value}{after}"), CONTINUES)));
}

#[test]
fn the_flags_that_are_known_are_sent_on_as_they_came() {
    let flags = [
        ("00", "00"),
        ("01", "01"),
        ("02", "02"),
        ("03", "03"),
        ("ff", "03"),
        ("08", "00"),
        ("0a", "02"),
    ];
    check(&flags.map(|(sent, left)| {
        case(
            sent,
            parent(sent),
            Expect::Continues {
                flags: left,
                tracestate: None,
            },
        )
    }));
}

#[test]
fn of_two_headers_neither_is_believed() {
    let other = parent("01").replace("4bf9", "0af7");
    check(&[
        Case::new(
            "different",
            &[("traceparent", &other), ("traceparent", &parent("01"))],
            Expect::Restarts,
        ),
        Case::new(
            "equal",
            &[("traceparent", &parent("01")), ("traceparent", &parent("01"))],
            Expect::Restarts,
        ),
        Case::new(
            "in two cases",
            &[("traceparent", &parent("01")), ("Traceparent", &other)],
            Expect::Restarts,
        ),
        Case::new(
            "one empty",
            &[("traceparent", &parent("01")), ("traceparent", "")],
            Expect::Restarts,
        ),
    ]);
}

#[test]
fn a_later_version_is_read_as_far_as_it_is_understood() {
    let rest = format!("-{TRACE}-{SPAN}-01");
    check(&[
        case("as long as ours", format!("cc{rest}"), CONTINUES),
        case("with a part more", format!("cc{rest}-of-a-later-day"), CONTINUES),
        case("with an empty part more", format!("01{rest}-"), CONTINUES),
        case(
            "without a dash before",
            format!("cc{rest}.of-a-later-day"),
            Expect::Restarts,
        ),
        case("longer flags", format!("cc{rest}0"), Expect::Restarts),
    ]);
}

#[test]
fn a_version_that_can_not_be_restarts_the_trace() {
    let rest = format!("-{TRACE}-{SPAN}-01");
    let bad = ["ff", ".0", "0.", "0x", "0G", "AA", "0", "000", "0000", ""];
    let mut cases: Vec<Case> = bad
        .map(|version| case(version, format!("{version}{rest}"), Expect::Restarts))
        .into();
    cases.push(case("00 with a dot more", parent("01."), Expect::Restarts));
    cases.push(case(
        "00 with a part more",
        parent("01-of-a-later-day"),
        Expect::Restarts,
    ));
    check(&cases);
}

#[test]
fn a_trace_id_that_can_not_be_restarts_the_trace() {
    let zeros = "0".repeat(32);
    let upper = TRACE.to_ascii_uppercase();
    let bad = [
        ("zeros", zeros),
        ("no digit first", format!(".{}", &TRACE[1..])),
        ("no digit last", format!("{}.", &TRACE[..31])),
        ("upper case", upper),
        ("too long", format!("{TRACE}1")),
        ("too short", TRACE[..31].to_owned()),
        ("empty", String::new()),
    ];
    check(&bad.map(|(name, id)| case(name, format!("00-{id}-{SPAN}-01"), Expect::Restarts)));
}

#[test]
fn a_span_id_that_can_not_be_restarts_the_trace() {
    let bad = [
        ("zeros", "0".repeat(16)),
        ("no digit first", format!(".{}", &SPAN[1..])),
        ("no digit last", format!("{}.", &SPAN[..15])),
        ("upper case", SPAN.to_ascii_uppercase()),
        ("too long", format!("{SPAN}1")),
        ("too short", SPAN[..15].to_owned()),
        ("empty", String::new()),
    ];
    check(&bad.map(|(name, id)| case(name, format!("00-{TRACE}-{id}-01"), Expect::Restarts)));
}

#[test]
fn flags_that_can_not_be_restart_the_trace() {
    check(&[".0", "0.", "0A", "001", "1", ""].map(|flags| case(flags, parent(flags), Expect::Restarts)));
}

#[test]
fn nonsense_of_any_length_restarts_the_trace() {
    let long = "0".repeat(8_192);
    check(&["", "-", "00", "---", "00-00-00-00", &*long].map(|value| case("nonsense", value, Expect::Restarts)));
}
