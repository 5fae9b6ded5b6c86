//! Errors by their groups.

use obs_core::recorder::{ErrorGroup, Filter, Record};

use super::{
    Problem,
    convert::fingerprint,
    page::{Budget, Cursor, page},
    params::Params,
    types::{Counts, ErrorRow, LeftOut, Time, Window},
    view::{Made, View},
};

/// The parameters of `errors` and `errors/{fingerprint}`.
pub(super) const PARAMETERS: &[&str] = &[
    "from", "to", "last", "live", "filter", "sort", "order", "limit", "cursor",
];
/// The counts of a trend.
const TREND: u32 = 60;
/// The newest records of a group.
const RECENT: usize = 50;

/// `GET errors`: the groups whose newest error lies within the window, the newest first.
pub(super) fn answer(view: &View<'_>, params: &Params<'_>) -> Result<Made<Vec<ErrorRow>>, Problem> {
    let window = params.window()?;
    let query = params.filter()?;
    let sort = params.one_of("sort", &["last", "count", "first"])?;
    let order = (params.is_descending()?, params.cursor()?, params.limit()?);
    let records = view.records(&window, Filter::new().errors());
    let groups = view.sources.obs().recorder().errors();
    let within = |group: &ErrorGroup| Time::from(group.last) >= window.from && Time::from(group.first) < window.to;
    let mut rows: Vec<_> = groups
        .iter()
        .filter(|group| within(group))
        .map(|group| row(view, group, &records, &window))
        .filter(|row| query.passes(row))
        .collect();
    let mut left_out = Vec::new();
    let next = page(&mut rows, |row| place(row, sort), order, &mut left_out);
    Ok(Made {
        data: rows,
        window: Some(window),
        left_out,
        next,
    })
}

/// `GET errors/{fingerprint}`.
pub(super) fn one(view: &View<'_>, params: &Params<'_>, wanted: &str) -> Result<Made<ErrorRow>, Problem> {
    let window = params.window()?;
    let groups = view.sources.obs().recorder().errors();
    let Some(group) = groups.iter().find(|group| fingerprint(group.fingerprint) == wanted) else {
        return Err(Problem::unknown(
            "there is no such group of errors, or it has given way to others",
        ));
    };
    let records = view.records(&window, Filter::new().errors());
    let mut row = row(view, group, &records, &window);
    let of_group = records.iter().filter(|record| record.fingerprint == group.fingerprint);
    let mut recent: Vec<_> = of_group.map(|record| view.summary(record)).collect();
    let all = recent.len();
    recent.truncate(RECENT);
    Budget::default().take(&mut recent);
    let mut left_out = Vec::new();
    if recent.len() < all {
        left_out.push(LeftOut::new(
            "recent",
            all - recent.len(),
            "the list of records has them",
        ));
    }
    row.recent = recent;
    Ok(Made {
        window: Some(window),
        left_out,
        ..Made::new(row)
    })
}

fn row(view: &View<'_>, group: &ErrorGroup, records: &[Record], window: &Window) -> ErrorRow {
    let example = view.summary(&group.example);
    let of_group = records.iter().filter(|record| record.fingerprint == group.fingerprint);
    ErrorRow {
        fingerprint: fingerprint(group.fingerprint),
        kind: example.kind,
        method: example.method.clone(),
        endpoint: example.endpoint.clone(),
        error_type: example.error_type.clone().unwrap_or_default(),
        error: example.error.clone(),
        error_source: example.error_source.clone(),
        count: group.count,
        first: group.first.into(),
        last: group.last.into(),
        trend: trend(of_group.map(|record| record.ended().into()), window),
        example,
        recent: Vec::new(),
    }
}

/// How many times lie in each part of a window.
fn trend(times: impl Iterator<Item = Time>, window: &Window) -> Counts {
    let step = (window.length() / TREND).max(std::time::Duration::from_millis(1));
    let mut counts = vec![0; TREND as usize];
    for time in times {
        let since = time.0.saturating_sub(window.from.0);
        let at = usize::try_from(since.as_nanos() / step.as_nanos()).unwrap_or(usize::MAX);
        if let Some(count) = counts.get_mut(at) {
            *count += 1;
        }
    }
    Counts {
        from: window.from,
        step: step.as_secs_f64(),
        counts,
    }
}

fn place(row: &ErrorRow, sort: &str) -> Cursor {
    let tie = u64::from_str_radix(&row.fingerprint, 16).unwrap_or_default();
    match sort {
        "count" => Cursor::new(row.count, tie),
        "first" => Cursor::new(row.first.nanoseconds(), tie),
        _ => Cursor::new(row.last.nanoseconds(), tie),
    }
}
