//! Numbers as text.

/// A sample's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::metrics) enum Number {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
}

/// Whole floats up to here are written without a fraction or an exponent.
const MAX_PLAIN: f64 = 1e15;

// === impl Number ===

impl Number {
    #[expect(clippy::cast_precision_loss, reason = "a reader that wants floats gets floats")]
    pub(super) fn to_f64(self) -> f64 {
        match self {
            Self::Unsigned(n) => n as f64,
            Self::Signed(n) => n as f64,
            Self::Float(n) => n,
        }
    }

    pub(super) fn push_to(self, out: &mut Vec<u8>) {
        match self {
            Self::Unsigned(n) => push_u64(out, n),
            Self::Signed(n) => out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes()),
            Self::Float(n) => push_f64(out, n),
        }
    }
}

pub(super) fn push_u64(out: &mut Vec<u8>, n: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
}

/// The shortest digits that read back as the same number.
pub(super) fn push_f64(out: &mut Vec<u8>, n: f64) {
    if n.abs() < MAX_PLAIN && n.trunc().to_bits() == n.to_bits() {
        #[expect(clippy::cast_possible_truncation, reason = "a whole number within 1e15")]
        let whole = n as i64;
        out.extend_from_slice(itoa::Buffer::new().format(whole).as_bytes());
    } else if n.is_finite() {
        out.extend_from_slice(zmij::Buffer::new().format_finite(n).as_bytes());
    } else if n.is_nan() {
        out.extend_from_slice(b"NaN");
    } else {
        out.extend_from_slice(if n > 0.0 { b"+Inf" } else { b"-Inf" });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(n: f64) -> String {
        let mut out = Vec::new();
        push_f64(&mut out, n);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_are_written_as_prometheus_reads_them() {
        assert_eq!(written(5.0), "5");
        assert_eq!(written(-2.0), "-2");
        assert_eq!(written(0.25), "0.25");
        assert_eq!(written(f64::INFINITY), "+Inf");
        assert_eq!(written(f64::NEG_INFINITY), "-Inf");
        assert_eq!(written(f64::NAN), "NaN");
    }

    proptest! {
        #[test]
        fn every_number_reads_back_as_itself(n in any::<f64>().prop_filter("finite", |n| n.is_finite())) {
            let read: f64 = written(n).parse().unwrap();
            prop_assert!((read - n).abs() == 0.0);
        }
    }
}
