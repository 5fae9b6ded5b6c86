//! Units as OTLP wants them.

/// A unit of the page in [UCUM](https://ucum.org/ucum); others stay as they are.
pub(super) fn ucum(unit: &str) -> &str {
    match unit {
        "seconds" => "s",
        "milliseconds" => "ms",
        "microseconds" => "us",
        "nanoseconds" => "ns",
        "bytes" => "By",
        "kibibytes" => "KiBy",
        "mebibytes" => "MiBy",
        "gibibytes" => "GiBy",
        "tebibytes" => "TiBy",
        "bits_per_second" => "bit/s",
        "kilobits_per_second" => "kbit/s",
        "megabits_per_second" => "Mbit/s",
        "gigabits_per_second" => "Gbit/s",
        "terabits_per_second" => "Tbit/s",
        "per_second" => "1/s",
        "percent" => "%",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use metrics::Unit;

    use super::*;
    use crate::metrics::meta::unit_suffix;

    #[test]
    fn every_unit_that_can_be_described_is_known() {
        for unit in [
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
            Unit::GigabitsPerSecond,
            Unit::MegabitsPerSecond,
            Unit::KilobitsPerSecond,
            Unit::BitsPerSecond,
            Unit::CountPerSecond,
        ] {
            let word = unit_suffix(unit);
            assert_ne!(ucum(word), word, "{unit:?}");
        }
        assert_eq!(
            (ucum(unit_suffix(Unit::Count)), ucum("{request}"), ucum("eur")),
            ("", "{request}", "eur")
        );
    }
}
