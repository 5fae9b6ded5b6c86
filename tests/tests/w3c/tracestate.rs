//! Every form of a `tracestate`, good and bad. A bad one is dropped, and its trace goes on.

use crate::case::{Case, Expect, check, parent};

/// A parent with these lines of `tracestate`; what leaves is one line.
fn case(name: &'static str, lines: &[&str], tracestate: Option<&str>) -> Case {
    let parent = parent("00");
    let mut headers = vec![("traceparent", &*parent)];
    headers.extend(lines.iter().map(|line| ("tracestate", *line)));
    Case::new(
        name,
        &headers,
        Expect::Continues {
            flags: "00",
            tracestate: tracestate.map(str::to_owned),
        },
    )
}

fn members(range: std::ops::RangeInclusive<usize>) -> String {
    range.map(|n| format!("m{n:02}={n}")).collect::<Vec<_>>().join(",")
}

#[test]
fn members_are_nothing_without_their_trace() {
    check(&[
        Case::new("one", &[("tracestate", "foo=1")], Expect::Restarts),
        Case::new("two", &[("tracestate", "foo=1,bar=2")], Expect::Restarts),
        Case::new(
            "bad parent",
            &[("traceparent", "00-bad"), ("tracestate", "foo=1")],
            Expect::Restarts,
        ),
    ]);
}

#[test]
fn members_are_sent_on_in_their_order() {
    check(&[
        case("one", &["foo=1"], Some("foo=1")),
        case("two", &["foo=1,bar=2"], Some("foo=1,bar=2")),
        case(
            "several lines",
            &["foo=1,bar=2", "rojo=1,congo=2", "baz=3"],
            Some("foo=1,bar=2,rojo=1,congo=2,baz=3"),
        ),
    ]);
}

#[test]
fn the_name_of_the_header_is_taken_in_any_case_and_in_no_other_spelling() {
    let expect = |state: Option<&str>| Expect::Continues {
        flags: "01",
        tracestate: state.map(str::to_owned),
    };
    let with =
        |name: &'static str, left| Case::new(name, &[("traceparent", &parent("01")), (name, "foo=1")], expect(left));
    let mut cases: Vec<Case> = ["TraceState", "TrAcEsTaTe", "TRACESTATE"]
        .map(|name| with(name, Some("foo=1")))
        .into();
    cases.extend(["trace-state", "trace.state"].map(|name| with(name, None)));
    check(&cases);
}

#[test]
fn empty_lines_and_members_are_nothing() {
    check(&[
        case("empty", &[""], None),
        case("blank", &[" \t "], None),
        case("empty after", &["foo=1", ""], Some("foo=1")),
        case("empty before", &["", "foo=1"], Some("foo=1")),
        case("empty between", &["foo=1,,bar=2,"], Some("foo=1,bar=2")),
    ]);
}

#[test]
fn white_space_around_members_is_no_part_of_them() {
    check(&[
        case(
            "spaces and tabs",
            &["foo=1 \t , \t bar=2, \t baz=3"],
            Some("foo=1,bar=2,baz=3"),
        ),
        case(
            "tabs and spaces",
            &["foo=1\t \t,\t \tbar=2,\t \tbaz=3"],
            Some("foo=1,bar=2,baz=3"),
        ),
        case("space before", &[" foo=1"], Some("foo=1")),
        case("tab before", &["\tfoo=1"], Some("foo=1")),
        case("space after", &["foo=1 "], Some("foo=1")),
        case("tab after", &["foo=1\t"], Some("foo=1")),
        case("around", &["\t foo=1 \t"], Some("foo=1")),
    ]);
}

#[test]
fn of_two_members_with_one_key_the_first_stays() {
    check(&[
        case("equal", &["foo=1,foo=1"], Some("foo=1")),
        case("different", &["foo=1,foo=2"], Some("foo=1")),
        case("equal, two lines", &["foo=1", "foo=1"], Some("foo=1")),
        case("different, two lines", &["foo=1", "foo=2"], Some("foo=1")),
        case(
            "one the start of the other",
            &["foo=1,fo=2,foob=3"],
            Some("foo=1,fo=2,foob=3"),
        ),
    ]);
}

#[test]
fn every_character_that_is_allowed_is_sent_on() {
    let key: String = ('a'..='z').chain('0'..='9').chain("_-*/@".chars()).collect();
    let value: String = (' '..='~').filter(|char| !",=".contains(*char)).collect();
    let (plain, of_vendor) = (format!("{key}={value}"), format!("{key}@{key}={value}"));
    check(&[
        case("every character", &[&plain], Some(&plain)),
        case("and a vendor", &[&of_vendor], Some(&of_vendor)),
        case("a digit first", &["0@a=1,9=2"], Some("0@a=1,9=2")),
    ]);
}

#[test]
fn a_key_that_can_not_be_drops_the_whole_list() {
    check(
        &[
            "foo =1",
            "FOO=1",
            "fOo=1",
            "foo.bar=1",
            "foo:bar=1",
            "_foo=1",
            "-foo=1",
            "/foo=1",
            "=1",
            "foo",
            "fo\u{f6}=1",
        ]
        .map(|bad| case("bad key", &["ok=1", bad, "also=2"], None)),
    );
}

#[test]
fn a_key_may_have_at_signs_anywhere_but_first() {
    check(&[
        case("at the end", &["foo@=1,bar=2"], Some("foo@=1,bar=2")),
        case("two in a row", &["foo@@bar=1,bar=2"], Some("foo@@bar=1,bar=2")),
        case("two", &["foo@bar@baz=1,bar=2"], Some("foo@bar@baz=1,bar=2")),
        case("a tenant that starts with a digit", &["0foo@bar=1"], Some("0foo@bar=1")),
        case("first", &["@foo=1,bar=2"], None),
    ]);
}

#[test]
fn a_key_has_up_to_256_characters() {
    let whole = |key: String| format!("foo=1,{key}=1");
    let good = [
        ("longest", "z".repeat(256)),
        (
            "longest with a vendor",
            format!("{}@{}", "t".repeat(241), "v".repeat(14)),
        ),
        ("a long tenant", format!("{}@v", "t".repeat(242))),
        ("a long vendor", format!("t@{}", "v".repeat(15))),
    ];
    let mut cases: Vec<Case> = good
        .map(|(name, key)| case(name, &["foo=1", &format!("{key}=1")], Some(&whole(key))))
        .into();
    cases.push(case(
        "one too many",
        &["foo=1", &format!("{}=1", "z".repeat(257))],
        None,
    ));
    cases.push(case(
        "one too many with a vendor",
        &["foo=1", &format!("{}@v=1", "t".repeat(255))],
        None,
    ));
    check(&cases);
}

#[test]
fn a_value_that_can_not_be_drops_the_whole_list() {
    let (longest, too_long) = (
        format!("foo={}", "v".repeat(256)),
        format!("foo={},bar=3", "v".repeat(257)),
    );
    check(&[
        case("an equals sign", &["foo=bar=baz"], None),
        case("empty", &["foo=,bar=3"], None),
        case("a tab", &["foo=a\tb,bar=3"], None),
        case("no ASCII", &["foo=\u{f6},bar=3"], None),
        case("longest", &[&longest], Some(&longest)),
        case("too long", &[&too_long], None),
    ]);
}

#[test]
fn a_list_has_up_to_32_members() {
    let lines = [members(1..=10), members(11..=20), members(21..=30), members(31..=32)];
    let lines = lines.each_ref().map(String::as_str);
    let one_more = [&lines[..], &["m33=33"]].concat();
    check(&[
        case("32 on one line", &[&members(1..=32)], Some(&members(1..=32))),
        case("32 on four lines", &lines, Some(&members(1..=32))),
        case("33 on one line", &[&members(1..=33)], None),
        case("33 on five lines", &one_more, None),
    ]);
}

#[test]
fn the_longest_list_that_can_be_is_sent_on_whole() {
    let member = |n: usize| format!("{n:02}{}={}", "k".repeat(254), "v".repeat(256));
    let longest = (1..=32).map(member).collect::<Vec<_>>().join(",");
    check(&[case("16 KiB", &[&longest], Some(&longest))]);
}
