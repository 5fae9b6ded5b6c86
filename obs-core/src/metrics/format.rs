//! The exposition formats of the metrics page, and content negotiation.

/// A format of the metrics page. Scrapers choose one by their `Accept` header, see [`negotiate`](Self::negotiate).
///
/// | | text | OpenMetrics | protobuf |
/// |---|---|---|---|
/// | exemplars | no | yes | yes |
/// | units | no | yes | yes |
/// | native histograms | no | no | yes |
/// | creation times | no | [if enabled](super::RegistryBuilder::created_timestamps) | yes |
///
/// ```
/// use obs_core::metrics::{Format, Registry};
///
/// let registry = Registry::new();
/// metrics::with_local_recorder(&registry, || metrics::counter!("orders_total").increment(3));
/// let page = |format| String::from_utf8(registry.render(format)).unwrap();
/// assert!(page(Format::Text).contains("# TYPE orders_total counter\norders_total 3\n"));
/// assert!(page(Format::OpenMetrics).contains("# TYPE orders counter\norders_total 3\n"));
/// assert!(page(Format::OpenMetrics).ends_with("# EOF\n"));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// [Prometheus text](https://prometheus.io/docs/instrumenting/exposition_formats/) 0.0.4: supported by every
    /// scraper, without exemplars.
    #[default]
    Text,
    /// [OpenMetrics](https://prometheus.io/docs/specs/om/open_metrics_spec/) 1.0.0: with exemplars
    /// and units.
    OpenMetrics,
    /// Delimited [protobuf](https://github.com/prometheus/client_model): with exemplars and native
    /// histograms.
    Protobuf,
}

/// A media range of an `Accept` header that matches a format.
#[derive(Clone, Copy, Debug)]
struct Match {
    /// 0 to 1000.
    quality: u16,
    /// How specific the range is: `*/*` 0, `text/*` 1, `text/plain` 2, and one more for each parameter that matches.
    specificity: u8,
    /// The index of the range in the header.
    position: usize,
}

// === impl Format ===

impl Format {
    /// All formats; of two that a client wants equally, the earlier one is sent.
    const ALL: [Self; 3] = [Self::Text, Self::OpenMetrics, Self::Protobuf];

    /// The value of the `Content-Type` header for a page in this format.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Protobuf => {
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
            }
        }
    }

    /// The format that the client prefers, from the values of its `Accept` headers.
    ///
    /// The highest quality wins, then the most specific range, then the first one
    /// ([RFC 9110, 12.5.1](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1)). Without a header, or if no range
    /// matches, it is [`Text`](Self::Text): a client always gets a page.
    ///
    /// ```
    /// use obs_core::metrics::Format;
    ///
    /// let accept = b"application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
    /// assert_eq!(Format::negotiate([&accept[..]]), Format::OpenMetrics);
    /// assert_eq!(Format::negotiate(None), Format::Text);
    /// ```
    #[must_use]
    pub fn negotiate<'a>(accept: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut best: [Option<Match>; 3] = [None; 3];
        let ranges = accept.into_iter().filter_map(|value| std::str::from_utf8(value).ok());
        for (position, range) in ranges.flat_map(|value| value.split(',')).enumerate() {
            for (format, best) in Self::ALL.into_iter().zip(&mut best) {
                let found = format.matched(range, position);
                // Of several ranges that match a format the most specific one counts.
                if let Some(found) = found
                    && best.is_none_or(|best| found.specificity > best.specificity)
                {
                    *best = Some(found);
                }
            }
        }
        let mut chosen: Option<(Self, Match)> = None;
        for (format, found) in Self::ALL.into_iter().zip(best) {
            let Some(found) = found.filter(|found| found.quality > 0) else {
                continue;
            };
            if chosen.is_none_or(|(_, chosen)| found.rank() > chosen.rank()) {
                chosen = Some((format, found));
            }
        }
        chosen.map_or(Self::Text, |(format, _)| format)
    }

    fn media_type(self) -> (&'static str, &'static str) {
        match self {
            Self::Text => ("text", "plain"),
            Self::OpenMetrics => ("application", "openmetrics-text"),
            Self::Protobuf => ("application", "vnd.google.protobuf"),
        }
    }

    /// The value of a parameter that distinguishes our formats; `None` for others, such as `escaping`.
    fn parameter(self, name: &str) -> Option<&'static str> {
        match (self, name) {
            (Self::Text, "version") => Some("0.0.4"),
            (Self::OpenMetrics, "version") => Some("1.0.0"),
            (Self::Protobuf, "proto") => Some("io.prometheus.client.MetricFamily"),
            (Self::Protobuf, "encoding") => Some("delimited"),
            _ => None,
        }
    }

    /// The match of one range of an `Accept` header with this format, if it matches.
    fn matched(self, range: &str, position: usize) -> Option<Match> {
        let mut parts = range.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let (our_kind, our_subtype) = self.media_type();
        let mut specificity = match (kind, subtype) {
            ("*", "*") => 0,
            (kind, "*") if kind.eq_ignore_ascii_case(our_kind) => 1,
            (kind, subtype) if kind.eq_ignore_ascii_case(our_kind) && subtype.eq_ignore_ascii_case(our_subtype) => 2,
            _ => return None,
        };
        let mut quality = 1000;
        for part in parts.filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=')?;
            let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().trim_matches('"'));
            if name == "q" {
                quality = parse_quality(value)?;
                break;
            }
            let Some(ours) = self.parameter(&name) else { continue };
            if !value.eq_ignore_ascii_case(ours) {
                return None;
            }
            specificity += 1;
        }
        Some(Match {
            quality,
            specificity,
            position,
        })
    }
}

// === impl Match ===

impl Match {
    fn rank(self) -> (u16, u8, std::cmp::Reverse<usize>) {
        (self.quality, self.specificity, std::cmp::Reverse(self.position))
    }
}

/// `0.25` as 250; `None` for what RFC 9110, 12.4.2 doesn't know.
pub(crate) fn parse_quality(value: &str) -> Option<u16> {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths = format!("{fraction:0<3}").parse::<u16>().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn negotiated(accept: &str) -> Format {
        Format::negotiate([accept.as_bytes()])
    }

    const PROMETHEUS_2: &str = "application/openmetrics-text;version=1.0.0,\
        application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    const PROMETHEUS_3: &str = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
        application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
        text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
    const PROMETHEUS_NATIVE: &str = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;\
        encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3";

    #[test]
    fn prometheus_gets_the_format_it_asks_for() {
        assert_eq!(negotiated(PROMETHEUS_2), Format::OpenMetrics);
        assert_eq!(negotiated(PROMETHEUS_3), Format::OpenMetrics);
        assert_eq!(negotiated(PROMETHEUS_NATIVE), Format::Protobuf);
    }

    #[test]
    fn browsers_and_command_lines_get_text() {
        assert_eq!(
            negotiated("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
            Format::Text
        );
        assert_eq!(negotiated("*/*"), Format::Text);
        assert_eq!(negotiated(""), Format::Text);
        assert_eq!(negotiated("image/png"), Format::Text);
        assert_eq!(Format::negotiate([]), Format::Text);
    }

    #[test]
    fn a_quality_of_zero_refuses() {
        assert_eq!(negotiated("text/plain;q=0,*/*;q=0.5"), Format::OpenMetrics);
        assert_eq!(negotiated("application/openmetrics-text;q=0"), Format::Text);
    }

    #[test]
    fn the_most_specific_range_of_a_format_counts() {
        assert_eq!(
            negotiated("text/*;q=0.9,text/plain;q=0.1,application/openmetrics-text;q=0.5"),
            Format::OpenMetrics
        );
        assert_eq!(negotiated("*/*, application/openmetrics-text"), Format::OpenMetrics);
    }

    #[test]
    fn versions_and_encodings_that_we_do_not_write_do_not_match() {
        assert_eq!(
            negotiated("application/openmetrics-text;version=0.0.1, text/plain;q=0.1"),
            Format::Text
        );
        assert_eq!(
            negotiated("application/vnd.google.protobuf;encoding=text, text/plain;q=0.1"),
            Format::Text
        );
    }

    #[test]
    fn malformed_qualities_are_passed_over() {
        for bad in ["2", "1.5", "0.1234", "abc", "-1", "1.0a"] {
            assert_eq!(
                negotiated(&format!("application/openmetrics-text;q={bad}")),
                Format::Text,
                "{bad}"
            );
        }
        assert_eq!(negotiated("application/openmetrics-text;q=1.000"), Format::OpenMetrics);
    }

    #[test]
    fn several_header_lines_are_one_list() {
        let lines = [&b"text/plain;q=0.5"[..], b"application/openmetrics-text"];
        assert_eq!(Format::negotiate(lines), Format::OpenMetrics);
        assert_eq!(Format::negotiate([&b"\xff"[..]]), Format::Text);
    }
}
