//! A strict parser of both text formats, written from their specifications and not from the
//! renderer.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use proptest::prelude::*;

use super::prelude::*;

/// A sample: its name, labels and value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample {
    pub(super) name: String,
    pub(super) labels: Vec<(String, String)>,
    pub(super) value: f64,
    pub(super) has_exemplar: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Parsed {
    pub(super) help: BTreeMap<String, String>,
    pub(super) types: BTreeMap<String, String>,
    pub(super) samples: Vec<Sample>,
}

pub(super) fn parse(page: &str, open: bool) -> Result<Parsed, String> {
    let mut parsed = Parsed::default();
    let body = match (open, page.strip_suffix("# EOF\n")) {
        (true, Some(body)) => body,
        (true, None) => return Err("no # EOF".into()),
        (false, _) => page,
    };
    let mut family = String::new();
    let mut finished: HashSet<String> = HashSet::new();
    for line in body.split_terminator('\n') {
        if let Some(comment) = line.strip_prefix("# ") {
            let name = parse_comment(comment, &mut parsed, open)?;
            if name != family {
                if !finished.insert(name.clone()) {
                    return Err(format!("{name} comes twice"));
                }
                family = name;
            }
        } else {
            let sample = parse_sample(line, open).map_err(|why| format!("{why} in {line:?}"))?;
            let metric_type = parsed.types.get(&family).ok_or("sample without a type")?;
            check_name(&sample, &family, metric_type, open)?;
            parsed.samples.push(sample);
        }
    }
    if !body.is_empty() && !body.ends_with('\n') {
        return Err("the last line has no end".into());
    }
    check_unique(&parsed)?;
    check_clashes(&parsed, open)?;
    check_histograms(&parsed)?;
    Ok(parsed)
}

fn parse_comment(comment: &str, parsed: &mut Parsed, open: bool) -> Result<String, String> {
    let mut parts = comment.splitn(3, ' ');
    let (keyword, name) = (
        parts.next().unwrap_or_default(),
        parts.next().ok_or("comment without a name")?,
    );
    let rest = parts.next().ok_or("comment without a text")?;
    check_metric_name(name)?;
    let known = match keyword {
        "HELP" => parsed.help.insert(name.into(), unescape(rest, open)?).is_some(),
        "TYPE" => {
            let types = ["counter", "gauge", "histogram", "summary", "info"];
            if !types.contains(&rest) || (rest == "info" && !open) {
                return Err(format!("unknown type {rest}"));
            }
            parsed.types.insert(name.into(), rest.into()).is_some()
        }
        "UNIT" if open && name.ends_with(&format!("_{rest}")) => false,
        _ => return Err(format!("bad comment {comment:?}")),
    };
    if known {
        Err(format!("{keyword} of {name} comes twice"))
    } else {
        Ok(name.into())
    }
}

fn parse_sample(line: &str, open: bool) -> Result<Sample, String> {
    let end = line.find(['{', ' ']).ok_or("no value")?;
    let (name, mut rest) = line.split_at(end);
    check_metric_name(name)?;
    let mut labels = Vec::new();
    if let Some(inner) = rest.strip_prefix('{') {
        (labels, rest) = parse_labels(inner)?;
    }
    let rest = rest.strip_prefix(' ').ok_or("no space before the value")?;
    let (value, exemplar) = match rest.split_once(" # ") {
        Some((value, exemplar)) => (value, Some(exemplar)),
        None => (rest, None),
    };
    if let Some(exemplar) = exemplar {
        if !open || !(name.ends_with("_bucket") || name.ends_with("_total")) {
            return Err("exemplar in the wrong place".into());
        }
        check_exemplar(exemplar)?;
    }
    Ok(Sample {
        name: name.into(),
        labels,
        value: parse_number(value)?,
        has_exemplar: exemplar.is_some(),
    })
}

fn check_exemplar(exemplar: &str) -> Result<(), String> {
    let (labels, rest) = parse_labels(exemplar.strip_prefix('{').ok_or("exemplar without labels")?)?;
    let length: usize = labels
        .iter()
        .map(|(key, value)| key.chars().count() + value.chars().count())
        .sum();
    let (value, at) = rest
        .strip_prefix(' ')
        .and_then(|rest| rest.split_once(' '))
        .ok_or("exemplar without a stamp")?;
    parse_number(value)?;
    parse_number(at)?;
    if length > 128 {
        Err("exemplar too long".into())
    } else {
        Ok(())
    }
}

type Labels = Vec<(String, String)>;

/// Labels up to the closing brace, and what comes after it.
fn parse_labels(mut rest: &str) -> Result<(Labels, &str), String> {
    let mut labels: Labels = Vec::new();
    loop {
        let (key, after) = rest.split_once("=\"").ok_or("label without a value")?;
        let valid = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if key.is_empty() || key.starts_with(|c: char| c.is_ascii_digit()) || !key.chars().all(valid) {
            return Err(format!("bad label name {key:?}"));
        }
        if key.starts_with("__") || labels.iter().any(|(known, _)| known == key) {
            return Err(format!("label {key:?} is reserved or comes twice"));
        }
        let mut escaped = false;
        let end = after.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let end = end.ok_or("label value without an end")?;
        labels.push((key.into(), unescape(&after[..end], true)?));
        rest = &after[end + 1..];
        if let Some(after) = rest.strip_prefix('}') {
            return Ok((labels, after));
        }
        rest = rest.strip_prefix(',').ok_or("no comma between labels")?;
    }
}

fn unescape(text: &str, quotes: bool) -> Result<String, String> {
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => plain.push(match chars.next() {
                Some('\\') => '\\',
                Some('n') => '\n',
                Some('"') if quotes => '"',
                other => return Err(format!("bad escape {other:?}")),
            }),
            '"' if quotes => return Err("bare quotation mark".into()),
            other => plain.push(other),
        }
    }
    Ok(plain)
}

fn parse_number(text: &str) -> Result<f64, String> {
    match text {
        "+Inf" => Ok(f64::INFINITY),
        "-Inf" => Ok(f64::NEG_INFINITY),
        "NaN" => Ok(f64::NAN),
        digits if digits.starts_with(|c: char| c.is_ascii_digit() || c == '-') => {
            digits.parse().map_err(|why| format!("{why}: {digits:?}"))
        }
        other => Err(format!("bad number {other:?}")),
    }
}

fn check_metric_name(name: &str) -> Result<(), String> {
    let valid = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let starts_well = name.starts_with(|c: char| valid(c) && !c.is_ascii_digit());
    if starts_well && name.chars().all(valid) {
        Ok(())
    } else {
        Err(format!("bad name {name:?}"))
    }
}

/// Whether a sample of this name may stand under its family.
fn check_name(sample: &Sample, family: &str, metric_type: &str, open: bool) -> Result<(), String> {
    let suffix = sample
        .name
        .strip_prefix(family)
        .ok_or_else(|| format!("{} under {family}", sample.name))?;
    let allowed: &[&str] = match (metric_type, open) {
        ("counter", true) => &["_total", "_created"],
        ("counter" | "gauge", _) => &[""],
        ("histogram", true) => &["_bucket", "_sum", "_count", "_created"],
        ("histogram", false) => &["_bucket", "_sum", "_count"],
        ("summary", true) => &["", "_sum", "_count", "_created"],
        ("summary", false) => &["", "_sum", "_count"],
        ("info", _) => &["_info"],
        _ => &[],
    };
    if !allowed.contains(&suffix) {
        return Err(format!("{} in a {metric_type} {family}", sample.name));
    }
    let has = |key| sample.labels.iter().any(|(known, _)| known == key);
    if has("le") != (suffix == "_bucket") || has("quantile") != (metric_type == "summary" && suffix.is_empty()) {
        return Err(format!("le or quantile is wrong in {}", sample.name));
    }
    let is_total = matches!(suffix, "_total" | "_sum" | "_count" | "_bucket");
    let is_quantile = metric_type == "summary" && suffix.is_empty();
    if open && ((is_total || is_quantile) && sample.value < 0.0 || is_total && sample.value.is_nan()) {
        return Err(format!("{} is negative", sample.name));
    }
    Ok(())
}

fn check_unique(parsed: &Parsed) -> Result<(), String> {
    let mut seen = HashSet::new();
    for Sample { name, labels, .. } in &parsed.samples {
        // To Prometheus an empty label is none.
        let labels: BTreeSet<_> = labels.iter().filter(|(_, value)| !value.is_empty()).collect();
        if !seen.insert((name, labels)) {
            return Err(format!("two samples of one series of {name}"));
        }
    }
    Ok(())
}

fn check_clashes(parsed: &Parsed, open: bool) -> Result<(), String> {
    let mut seen = HashSet::new();
    for (name, metric_type) in &parsed.types {
        let suffixes: &[&str] = match metric_type.as_str() {
            "counter" if open => &["", "_total", "_created"],
            "histogram" => &["", "_bucket", "_sum", "_count"],
            "summary" => &["", "_sum", "_count"],
            "info" => &["", "_info"],
            _ => &[""],
        };
        if let Some(suffix) = suffixes.iter().find(|suffix| !seen.insert(format!("{name}{suffix}"))) {
            return Err(format!("{name}{suffix} belongs to two metrics"));
        }
    }
    Ok(())
}

fn check_histograms(parsed: &Parsed) -> Result<(), String> {
    let has_le = |sample: &&Sample| sample.labels.iter().any(|(key, _)| key == "le");
    let buckets = parsed.samples.iter().filter(has_le);
    let mut by_series: BTreeMap<(String, Labels), Vec<(f64, f64)>> = BTreeMap::new();
    for bucket in buckets {
        let mut labels = bucket.labels.clone();
        let at = labels
            .iter()
            .position(|(key, _)| key == "le")
            .ok_or("bucket without le")?;
        let (_, le) = labels.remove(at);
        if !le.contains(['.', 'e', 'I']) {
            return Err(format!("le {le} is not a float"));
        }
        let base = bucket.name.trim_end_matches("_bucket").to_owned();
        by_series
            .entry((base, labels))
            .or_default()
            .push((parse_number(&le)?, bucket.value));
    }
    for ((base, labels), buckets) in by_series {
        let rising = buckets
            .windows(2)
            .all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1);
        let Some((last, all)) = buckets.last() else { continue };
        if !rising || last.is_finite() {
            return Err(format!("buckets of {base} don't rise to +Inf"));
        }
        let count = parsed
            .samples
            .iter()
            .find(|sample| sample.name == format!("{base}_count") && sample.labels == labels);
        if count.is_some_and(|count| count.value.to_bits() != all.to_bits()) {
            return Err(format!("count of {base} is not that of +Inf"));
        }
    }
    Ok(())
}

const UNITS: [Unit; 16] = [
    Unit::Count,
    Unit::Percent,
    Unit::Seconds,
    Unit::Milliseconds,
    Unit::Microseconds,
    Unit::Nanoseconds,
    Unit::Tebibytes,
    Unit::Gibibytes,
    Unit::Mebibytes,
    Unit::Kibibytes,
    Unit::Bytes,
    Unit::TerabitsPerSecond,
    Unit::MegabitsPerSecond,
    Unit::KilobitsPerSecond,
    Unit::BitsPerSecond,
    Unit::CountPerSecond,
];

fn any_name() -> impl Strategy<Value = String> {
    "[a-c._]{0,2}(_seconds|_bytes|_per_second)?(_total|_sum|_count|_bucket|_info|_created)?"
}

fn amount() -> impl Strategy<Value = f64> {
    const EXTREMES: [f64; 8] = [
        0.0,
        -0.0,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
    ];
    prop_oneof![-3.0..3.0_f64, proptest::sample::select(&EXTREMES[..])]
}

fn label_value() -> impl Strategy<Value = String> {
    proptest::string::string_regex("(?s)[\\\\\"\n\r,={}# a-zä\u{0}\u{1F600}]{0,12}").unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_label_value_and_help_comes_back(values in proptest::collection::vec(label_value(), 1..6), help in label_value()) {
        let registry = Registry::new();
        with_local_recorder(&registry, || {
            describe_counter!("round_trip", help.clone());
            for value in &values {
                counter!("round_trip", "v" => value.clone(), "w" => "x").increment(1);
            }
        });
        for (format, open) in [(Format::Text, false), (Format::OpenMetrics, true)] {
            let page = String::from_utf8(registry.render(format)).unwrap();
            let parsed = parse(&page, open).map_err(TestCaseError::fail)?;
            let found: BTreeSet<String> = parsed
                .samples
                .iter()
                .filter(|sample| sample.name == "round_trip_total")
                .map(|sample| sample.labels[0].1.clone())
                .collect();
            prop_assert_eq!(found, values.iter().cloned().collect::<BTreeSet<_>>());
            let family = if open { "round_trip" } else { "round_trip_total" };
            let undescribed = "A metric of the application without a description.";
            let expected = if help.is_empty() { undescribed } else { &help };
            prop_assert_eq!(parsed.help.get(family).map(String::as_str), Some(expected));
        }
    }

    #[test]
    fn whatever_is_registered_the_page_is_valid(
        metrics in proptest::collection::vec(
            (0..8_u8, any_name(), "[a-b._]{0,2}|le|quantile|__name__", ".*", amount(), 0..17_usize),
            1..30,
        ),
        created in any::<bool>(),
    ) {
        let builder = Registry::builder().series_cap(4).created_timestamps(created);
        let registry = builder.buckets("a", [-1.0, 1.0]).build().unwrap();
        with_local_recorder(&registry, || {
            for (kind, name, key, value, amount, unit) in metrics {
                let labels = [(&*key, &*value)];
                match kind {
                    0 => counter!(name, key => value).increment(1),
                    1 => gauge!(name, key.clone() => value.clone(), key => value).set(amount),
                    2 => histogram!(name, key => value).record(amount),
                    3 => histogram!(name, key => value).record_many(amount, usize::MAX),
                    4 => registry.summary(&name, &labels).record(amount),
                    5 => registry.float_counter(&name, &labels).increment(amount),
                    6 => registry.set_info(&name, &labels),
                    _ => {
                        let types = [MetricType::Counter, MetricType::Gauge, MetricType::Histogram, MetricType::Summary, MetricType::Info];
                        registry.describe_metric(types[unit % types.len()], &name, UNITS.get(unit).copied(), value);
                    }
                }
            }
        });
        for (format, open) in [(Format::Text, false), (Format::OpenMetrics, true)] {
            let page = String::from_utf8(registry.render(format)).unwrap();
            let parsed = parse(&page, open);
            prop_assert!(parsed.is_ok(), "{:?}\n{}", parsed.err(), page);
        }
        prop_assert!(!registry.render(Format::Protobuf).is_empty());
    }
}
