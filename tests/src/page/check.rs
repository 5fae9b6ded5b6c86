//! What must hold beyond the grammar.

use std::collections::HashSet;

use super::{Exemplar, Family, Format, Kind, Sample, line::number};

/// Characters of all names and values of one exemplar's labels together (OpenMetrics 1.0).
const EXEMPLAR_CHARACTERS: usize = 128;

/// What may follow a family's name on its samples.
pub(super) fn suffixes(kind: Kind, format: Format) -> &'static [&'static str] {
    match (kind, format) {
        (Kind::Counter, Format::OpenMetrics) => &["_total", "_created"],
        (Kind::Histogram, Format::OpenMetrics) => &["_bucket", "_sum", "_count", "_created"],
        (Kind::Histogram, Format::Text) => &["_bucket", "_sum", "_count"],
        (Kind::Summary, Format::OpenMetrics) => &["", "_sum", "_count", "_created"],
        (Kind::Summary, Format::Text) => &["", "_sum", "_count"],
        (Kind::Info, _) => &["_info"],
        (Kind::Counter, Format::Text) | (Kind::Gauge | Kind::Unknown, _) => &[""],
    }
}

/// One sample by itself.
pub(super) fn sample(kind: Kind, suffix: &str, sample: &Sample, format: Format) -> Result<(), String> {
    let counts = kind == Kind::Counter || matches!(suffix, "_bucket" | "_count" | "_sum");
    if counts && (sample.value.is_nan() || sample.value < 0.0) && suffix != "_sum" {
        return Err(format!("count {}", sample.value));
    }
    if kind == Kind::Info && sample.value != 1.0 {
        return Err("an info that isn't 1".to_owned());
    }
    let (has_le, wants_le) = (sample.label("le").is_some(), suffix == "_bucket");
    if kind == Kind::Histogram && has_le != wants_le {
        return Err("le belongs on buckets, and only there".to_owned());
    }
    let (has_quantile, wants_quantile) = (sample.label("quantile").is_some(), suffix.is_empty());
    if kind == Kind::Summary && has_quantile != wants_quantile {
        return Err("quantile belongs on a summary's own samples, and only there".to_owned());
    }
    for bound in [sample.label("le"), sample.label("quantile")].into_iter().flatten() {
        canonical(bound)?;
    }
    match &sample.exemplar {
        None => Ok(()),
        Some(_) if format == Format::Text => Err("the text format has no exemplars".to_owned()),
        Some(_) if !matches!(suffix, "_bucket" | "_total") => {
            Err("an exemplar on neither bucket nor counter".to_owned())
        }
        Some(exemplar) => check_exemplar(exemplar),
    }
}

/// Bounds are written one way only, or queries by `le` miss them: `1.0`, `+Inf`, never `1`.
fn canonical(bound: &str) -> Result<(), String> {
    number(bound)?;
    if bound == "+Inf" || bound.contains(['.', 'e']) {
        Ok(())
    } else {
        Err(format!("bound {bound:?} isn't written as a float"))
    }
}

fn check_exemplar(exemplar: &Exemplar) -> Result<(), String> {
    let length: usize = exemplar
        .labels
        .iter()
        .map(|(name, value)| name.chars().count() + value.chars().count())
        .sum();
    if length > EXEMPLAR_CHARACTERS {
        return Err(format!("an exemplar with labels of {length} characters"));
    }
    Ok(())
}

/// A family whose samples are complete.
pub(super) fn family(family: &Family, format: Format) -> Result<(), String> {
    if family.kind == Kind::Counter && family.name.ends_with("_total") == (format == Format::OpenMetrics) {
        return Err("a counter ends in _total, its OpenMetrics family doesn't".to_owned());
    }
    if !family.unit.is_empty() && !family.name.ends_with(&format!("_{}", family.unit)) {
        return Err(format!("the name lacks the unit {:?}", family.unit));
    }
    let mut seen = HashSet::new();
    if let Some(twice) = family
        .samples
        .iter()
        .map(Sample::series)
        .find(|series| !seen.insert(series.clone()))
    {
        return Err(format!("{twice} comes twice"));
    }
    if family.kind == Kind::Histogram {
        histograms(family, format)
    } else {
        Ok(())
    }
}

/// Each label set of a histogram: its lines stand together and its buckets add up.
fn histograms(family: &Family, format: Format) -> Result<(), String> {
    let labels = |sample: &Sample| sample.series_without(&["le"]).split_off(sample.name.len());
    let keys: Vec<_> = family.samples.iter().map(labels).collect();
    let groups = || keys.chunk_by(|one, other| one == other);
    let mut seen = HashSet::new();
    if let Some(apart) = groups().map(|group| &group[0]).find(|of| !seen.insert(*of)) {
        return Err(format!("lines of {apart} stand apart"));
    }
    let mut rest = &family.samples[..];
    groups().try_for_each(|group| {
        let (samples, others) = rest.split_at(group.len());
        rest = others;
        histogram(&family.name, samples, format).map_err(|problem| format!("{}: {problem}", group[0]))
    })
}

fn histogram(name: &str, group: &[Sample], format: Format) -> Result<(), String> {
    let named = |suffix: &str| {
        let name = format!("{name}{suffix}");
        group.iter().filter(move |sample| sample.name == name)
    };
    let (mut bound, mut count) = (f64::NEG_INFINITY, 0.0);
    for bucket in named("_bucket") {
        let le = number(bucket.label("le").unwrap_or_default())?;
        if le <= bound || bucket.value < count {
            return Err(format!("bucket {le} is out of order or smaller than the one before"));
        }
        if let Some(exemplar) = &bucket.exemplar
            && (exemplar.value > le || exemplar.value <= bound)
        {
            return Err(format!("exemplar {} isn't in bucket {le}", exemplar.value));
        }
        (bound, count) = (le, bucket.value);
    }
    if bound != f64::INFINITY {
        return Err("no bucket +Inf".to_owned());
    }
    // Where the sum can fall, OpenMetrics forbids it, and the count without it.
    if format == Format::OpenMetrics && named("_count").chain(named("_sum")).next().is_none() {
        return Ok(());
    }
    if named("_count").map(|sample| sample.value).ne([count]) {
        return Err("_count isn't bucket +Inf".to_owned());
    }
    if named("_sum").count() == 1 {
        Ok(())
    } else {
        Err("no _sum".to_owned())
    }
}

/// No name is used by two families, and no family's name is another's sample.
pub(super) fn unique(families: &[Family]) -> Result<(), String> {
    let mut owners = HashSet::new();
    for family in families {
        let mut names: HashSet<&str> = family.samples.iter().map(|sample| sample.name.as_str()).collect();
        names.insert(&family.name);
        if let Some(twice) = names.into_iter().find(|name| !owners.insert((*name).to_owned())) {
            return Err(format!("{twice} belongs to two families, or its lines stand apart"));
        }
    }
    Ok(())
}
