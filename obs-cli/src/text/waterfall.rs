//! Spans on a common scale.

use super::{Piece, Row, Tone, duration, fit, pad, style::fitted, width_of};

/// A span in a waterfall.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bar {
    pub(crate) name: String,
    pub(crate) depth: usize,
    /// Seconds from the begin of the trace.
    pub(crate) offset: f64,
    pub(crate) duration: f64,
    pub(crate) is_running: bool,
    pub(crate) is_critical: bool,
    pub(crate) tone: Tone,
    /// Why it failed, and the like.
    pub(crate) note: String,
}

/// The deepest level that is indented.
const DEEPEST: usize = 12;
/// The columns of a duration.
const DURATION: usize = 7;

/// A row for each bar: its name, where it lies within `total` seconds, its duration, its note.
pub(crate) fn bars(bars: &[Bar], total: f64, width: usize) -> Vec<Row> {
    let longest = bars.iter().map(|bar| width_of(&name(bar))).max().unwrap_or(0);
    let names = longest.clamp(8, width * 2 / 5);
    let scale = (width / 3).clamp(10, 60);
    let total = if total.is_finite() && total > 0.0 { total } else { 1.0 };
    let row = |bar: &Bar| {
        let row = vec![
            Piece::new(pad(&fit(&name(bar), names), names, false), bar.tone),
            " ".into(),
            Piece::new(drawn(bar, total, scale), tone_of_bar(bar)),
            " ".into(),
            Piece::new(pad(&duration(Some(bar.duration)), DURATION, true), Tone::Plain),
            Piece::new(if bar.is_running { "…" } else { " " }, Tone::Warning),
            Piece::new(
                bar.note.clone(),
                if bar.tone == Tone::Bad { Tone::Bad } else { Tone::Faint },
            ),
        ];
        fitted(row, width)
    };
    bars.iter().map(row).collect()
}

fn name(bar: &Bar) -> String {
    format!("{}{}", "  ".repeat(bar.depth.min(DEEPEST)), bar.name)
}

fn tone_of_bar(bar: &Bar) -> Tone {
    match bar.tone {
        Tone::Bad => Tone::Bad,
        _ if bar.is_critical => Tone::Accent,
        _ => Tone::Plain,
    }
}

/// The bar itself: `#` on the critical path, `=` beside it, so that it can be read without colours.
fn drawn(bar: &Bar, total: f64, scale: usize) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a few columns")]
    let columns = scale as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the columns of the scale"
    )]
    let column = |seconds: f64| (seconds / total * columns).clamp(0.0, columns) as usize;
    let from = column(bar.offset).min(scale - 1);
    let to = column(bar.offset + bar.duration).clamp(from + 1, scale);
    let sign = if bar.is_critical { "#" } else { "=" };
    format!(
        "{}{}{}",
        "·".repeat(from),
        sign.repeat(to - from),
        "·".repeat(scale - to)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::plain;

    fn bar(name: &str, depth: usize, offset: f64, duration: f64) -> Bar {
        Bar {
            name: name.to_owned(),
            depth,
            offset,
            duration,
            ..Bar::default()
        }
    }

    #[test]
    fn bars_lie_where_their_spans_were() {
        let mut all = [
            bar("POST /checkout", 0, 0.0, 1.0),
            bar("pay", 1, 0.5, 0.25),
            bar("tick", 1, 1.0, 0.0),
        ];
        all[0].is_critical = true;
        all[1].note = "timed out".to_owned();
        let rows: Vec<_> = bars(&all, 1.0, 60).iter().map(plain).collect();
        assert_eq!(
            rows,
            [
                "POST /checkout ####################   1.00s",
                "  pay          ··········=====·····   250ms timed out",
                "  tick         ···················=      0s",
            ]
        );
    }

    #[test]
    fn numbers_that_make_no_sense_draw_something_all_the_same() {
        let odd = [
            bar("a", 0, f64::NAN, f64::INFINITY),
            bar("b", 1_000, -5.0, 1e300),
            bar("c", 0, 1e300, -1.0),
        ];
        for total in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            for row in bars(&odd, total, 60) {
                assert!(width_of(&plain(&row)) <= 60);
            }
        }
    }
}
