use super::{Known, check, expand};

fn expanded(text: &str, value: f64) -> String {
    expand(text, Some(value), |name| match name {
        "pool" => Some("main"),
        "instance" => Some("db-1.example.com:5432"),
        _ => None,
    })
}

#[test]
fn values_and_labels_are_filled_in() {
    assert_eq!(expanded("{{ $value }} of {{$labels.pool}}", 19.0), "19 of main");
    assert_eq!(
        expanded("{{ .Value | humanizePercentage }} failed", 0.0626),
        "6.26% failed"
    );
    assert_eq!(expanded("{{ $value | humanizeDuration }}", 2.5), "2.5s");
    assert_eq!(expanded("{{ humanizeDuration $value }}", 93_784.0), "1d 2h 3m 4s");
    assert_eq!(expanded("{{ $value | humanizeDuration }}", 0.25), "250ms");
    assert_eq!(expanded("{{ $value | humanize }}", 12_345.6), "12.35k");
    assert_eq!(expanded("{{ $value | humanize1024 }}B", 1_264_567.0), "1.206MiB");
}

#[test]
fn numbers_are_written_as_go_writes_them() {
    assert_eq!(expanded("{{ $value }}", 1_000_000.0), "1e+06");
    assert_eq!(expanded("{{ $value }}", 999_999.0), "999999");
    assert_eq!(expanded("{{ $value }}", 0.00001), "1e-05");
    assert_eq!(expanded("{{ $value }}", f64::INFINITY), "+Inf");
    assert_eq!(expanded("{{ $value | humanizePercentage }}", 150.0), "1.5e+04%");
    assert_eq!(
        expanded(
            "{{ printf \"%.2f|%6.1f|%-6.1f|%06.1f|%+.0f|%e|%%\" $value $value $value $value $value $value }}",
            2.25
        ),
        "2.25|   2.2|2.2   |0002.2|+2|2.250000e+00|%"
    );
}

#[test]
fn conditions_choose_what_is_shown() {
    let text = "{{ if gt $value 0.5 }}most{{ else if eq $value 0.5 }}half{{ else }}some{{ end }}";
    assert_eq!(
        [0.6, 0.5, 0.4].map(|value| expanded(text, value)),
        ["most", "half", "some"]
    );
    assert_eq!(expanded("{{ or $labels.none $labels.pool }}", 1.0), "main");
    assert_eq!(
        expanded("{{ if and (lt $value 2.0) (not $labels.none) }}yes{{ end }}", 1.0),
        "yes"
    );
    assert_eq!(expanded("a {{- /* nothing */ -}} b {{- \"c\" -}} \n d", 1.0), "abcd");
}

#[test]
fn texts_are_changed() {
    assert_eq!(expanded("{{ $labels.instance | stripPort }}", 1.0), "db-1.example.com");
    assert_eq!(expanded("{{ stripDomain $labels.instance }}", 1.0), "db-1:5432");
    assert_eq!(
        expanded("{{ reReplaceAll \"-(.)\" \" $1\" $labels.instance | title }}", 1.0),
        "Db 1.Example.Com:5432"
    );
    assert_eq!(
        expanded(
            "{{ if match \"^db\" $labels.instance }}{{ toUpper \"db\" }}{{ end }}",
            1.0
        ),
        "DB"
    );
    assert_eq!(
        expanded(
            "{{ index $labels \"pool\" }} {{ len $labels.pool }} {{ `raw \\n` }} {{ \"\\u00e9\" }}",
            1.0
        ),
        "main 4 raw \\n é"
    );
}

#[test]
fn an_alert_without_a_value_says_so() {
    let expanded = |text| expand(text, None, |_| None);
    assert_eq!(
        expanded("{{ $value | humanize }} or {{ $value }}"),
        "unknown or unknown"
    );
    assert_eq!(expanded("{{ if gt $value 1.0 }}a{{ else }}b{{ end }}"), "b");
}

#[test]
fn what_prometheus_would_refuse_or_say_otherwise_is_refused_with_the_fix() {
    let refused = [
        ("{{ oops", "{{ without its }} in \"{{ oops\""),
        ("{{ oops }}", "no function is named `oops`"),
        ("{{ $value }", "'}' means nothing"),
        ("{{ $value {{ }}", "{{ without its }}"),
        ("{{ }}", "nothing where a value must stand"),
        ("{{ $lables.x }}", "$lables does not exist (did you mean $labels?)"),
        ("{{ .Lables.x }}", ".Lables does not exist (did you mean .Labels?)"),
        ("{{ $values }}", "did you mean $value?"),
        (
            "{{ $value | humanise }}",
            "no function is named `humanise` (did you mean humanize?)",
        ),
        ("{{ $value | }}", "nothing where a value must stand"),
        ("{{ $value.x }}", "a number has no .x"),
        ("{{ $labels }}", "name one, as in $labels.instance"),
        ("{{ $labels.a.b }}", "the label a is a text and has no .b"),
        ("{{ $labels.a-b }}", "is no decimal number"),
        ("{{ . }}", "everything at once"),
        ("{{ $x := 1 }}", "variables can't be set"),
        (
            "{{ range query \"up\" }}{{ end }}",
            "`range` can be rendered by Prometheus only",
        ),
        (
            "{{ query \"up\" | first }}",
            "`query` can be rendered by Prometheus only",
        ),
        ("{{ $externalURL }}", "known to Prometheus only"),
        ("{{ if $value }}", "`if` without its `end`"),
        ("{{ end }}", "`end` without its `if`"),
        ("{{ else }}", "`else` without its `if`"),
        (
            "{{ if $value }}{{ else }}{{ else }}{{ end }}",
            "`else` without its `if`",
        ),
        ("{{ gt $value 1 }}", "write 1.0, not 1"),
        ("{{ eq $value \"1\" }}", "two values of one type"),
        ("{{ humanize \"1\" }}", "`humanize` takes a number"),
        ("{{ toUpper $value }}", "`toUpper` takes a text"),
        ("{{ printf \"%d\" $value }}", "does not fit its argument"),
        ("{{ printf \"%f\" }}", "not one value for each"),
        ("{{ printf \"%x\" 1 }}", "is not rendered in the process"),
        ("{{ match \"(\" \"a\" }}", "is no regular expression"),
        ("{{ \"a }}", "a text without its second"),
        ("{{ \"\\x\" }}", "is no escape"),
        ("{{ 'a' }}", "means nothing"),
        ("{{ 0x1f }}", "no decimal number"),
        ("{{ /* a }}", "a comment without its */"),
        ("{{ ($value }}", "( without its )"),
        ("{{ $value ) }}", "more than can stand here"),
        ("{{ $value 1 }}", "a value takes no arguments"),
        ("{{ $labels .x }}", ".x does not exist"),
    ];
    for (text, fix) in refused {
        let refused_with = check(text, &Known::Any, true);
        assert!(
            refused_with
                .as_ref()
                .is_err_and(|refused_with| refused_with.contains(fix)),
            "{text}: {refused_with:?}"
        );
    }
}

#[test]
fn labels_that_the_value_can_not_have_are_refused() {
    let text = "{{ if true }}{{ $labels.pool | toUpper }}{{ end }}";
    assert_eq!(check(text, &Known::Any, true), Ok(()));
    assert_eq!(check(text, &Known::Only(vec!["pool".to_owned()]), true), Ok(()));
    let refused_with = check(text, &Known::Only(vec!["kind".to_owned()]), true).unwrap_err();
    assert!(
        refused_with.contains("$labels.pool is always empty: the value has the labels kind only"),
        "{refused_with}"
    );
    let refused_with = check(text, &Known::Only(Vec::new()), true).unwrap_err();
    assert!(
        refused_with.contains("the value is one for all series"),
        "{refused_with}"
    );
}

#[test]
fn a_label_can_not_have_the_value() {
    for text in [
        "{{ $value }}",
        "{{ .Value | humanize }}",
        "{{ if gt $value 1.0 }}high{{ end }}",
    ] {
        assert!(
            check(text, &Known::Any, false).unwrap_err().contains("never fires"),
            "{text}"
        );
    }
    assert_eq!(check("{{ $labels.pool }}", &Known::Any, false), Ok(()));
}

#[test]
fn what_is_no_template_stays_as_it_is() {
    for text in ["{{ range query \"up\" }}", "{{ $value", "}}", "plain", "{{ .Labels }}"] {
        assert_eq!(expanded(text, 1.0), text);
    }
}

proptest::proptest! {
    #[test]
    fn no_text_can_break_it(text in "(\\{\\{-?|-?\\}\\}|\\$value|\\$labels\\.|if|else|end|printf|\"%[0-9.]*[a-z]\"|\\(|\\)| |\\||[a-zé]|[0-9.]){0,24}", value: f64) {
        let _ = check(&text, &Known::Any, true);
        let _ = expanded(&text, value);
    }

    #[test]
    fn no_nesting_is_too_deep_and_no_text_too_long(depth in 0_usize..3_000, pool in 0_usize..100_000) {
        let _ = check(&format!("{{{{ {}$value{} }}}}", "(".repeat(depth), ")".repeat(depth)), &Known::Any, true);
        let _ = check(&format!("{}{}", "{{if true}}".repeat(depth), "{{end}}".repeat(depth)), &Known::Any, true);
        let long = "x".repeat(pool);
        let text = expand("{{ $labels.pool }}{{ $labels.pool }}", Some(1.0), |_| Some(&long));
        proptest::prop_assert!(text.len() <= 64 * 1024);
    }
}
