//! Numbers as Go writes them.

use super::{function::Type, render::Shown};

/// A part of the format of `printf`.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Directive<'a> {
    Text(&'a str),
    /// `%5.2f`
    Verb {
        verb: char,
        is_left: bool,
        is_signed: bool,
        is_zeroed: bool,
        width: usize,
        precision: Option<usize>,
    },
}

/// No format needs more, and no text gets longer by it.
const WIDEST: usize = 64;

// === impl Directive ===

impl<'a> Directive<'a> {
    /// The parts of a format.
    pub(super) fn all(format: &'a str) -> Result<Vec<Self>, String> {
        let (mut parts, mut rest) = (Vec::new(), format);
        while let Some(at) = rest.find('%') {
            parts.push(Self::Text(&rest[..at]));
            let (directive, after) = Self::read(&rest[at + 1..])?;
            parts.push(directive);
            rest = after;
        }
        parts.push(Self::Text(rest));
        Ok(parts)
    }

    /// What follows a `%`.
    fn read(text: &'a str) -> Result<(Self, &'a str), String> {
        if let Some(after) = text.strip_prefix('%') {
            return Ok((Self::Text("%"), after));
        }
        let flags_end = text.find(|c| !"-+0".contains(c)).unwrap_or(text.len());
        let (flags, rest) = text.split_at(flags_end);
        let (width, rest) = digits(rest)?;
        let (precision, rest) = match rest.strip_prefix('.') {
            Some(rest) => digits(rest).map(|(precision, rest)| (Some(precision.unwrap_or(0)), rest))?,
            None => (None, rest),
        };
        let verb = rest.chars().next().filter(|verb| "vsdfFeg".contains(*verb));
        let verb = verb.ok_or_else(|| {
            format!(
                "\"%{}\" is not rendered in the process: there are %v %s %d %f %e %g",
                text.chars().take(6).collect::<String>()
            )
        })?;
        let directive = Self::Verb {
            verb,
            is_left: flags.contains('-'),
            is_signed: flags.contains('+'),
            is_zeroed: flags.contains('0') && !flags.contains('-'),
            width: width.unwrap_or(0),
            precision,
        };
        Ok((directive, &rest[1..]))
    }

    pub(super) const fn takes_argument(&self) -> bool {
        matches!(self, Self::Verb { .. })
    }

    pub(super) fn fits(&self, given: Type) -> bool {
        let Self::Verb {
            verb,
            is_signed,
            is_zeroed,
            precision,
            ..
        } = self
        else {
            return true;
        };
        let is_plain = !is_signed && !is_zeroed && precision.is_none();
        match given {
            Type::Float => matches!(verb, 'v' | 'f' | 'F' | 'e' | 'g'),
            Type::Integer => matches!(verb, 'v' | 'd') && precision.is_none(),
            Type::Text => matches!(verb, 'v' | 's') && is_plain,
            Type::Bool => *verb == 'v' && is_plain,
        }
    }

    /// This part with its argument.
    pub(super) fn show(&self, shown: Option<&Shown>) -> String {
        let Self::Verb {
            verb,
            is_left,
            is_signed,
            is_zeroed,
            width,
            precision,
        } = self
        else {
            return match self {
                Self::Text(text) => (*text).to_owned(),
                Self::Verb { .. } => String::new(),
            };
        };
        let mut text = match (shown, verb) {
            (Some(Shown::Float(value)), 'f' | 'F') => fixed(*value, precision.unwrap_or(6)),
            (Some(Shown::Float(value)), 'e') => scientific(*value, precision.unwrap_or(6)),
            (Some(Shown::Float(value)), _) => general(*value, *precision),
            (Some(shown), _) => shown.to_text(),
            (None, _) => String::new(),
        };
        let is_number = matches!(shown, Some(Shown::Float(_) | Shown::Integer(_)));
        if *is_signed && is_number && !text.starts_with(['-', '+']) {
            text.insert(0, '+');
        }
        let missing = width.saturating_sub(text.chars().count());
        if *is_left {
            text.extend(std::iter::repeat_n(' ', missing));
            text
        } else if *is_zeroed && is_number && !text.contains(['I', 'N']) {
            let sign = usize::from(text.starts_with(['-', '+']));
            text.insert_str(sign, &"0".repeat(missing));
            text
        } else {
            " ".repeat(missing) + &text
        }
    }
}

fn digits(text: &str) -> Result<(Option<usize>, &str), String> {
    let (number, rest) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    if number.is_empty() {
        return Ok((None, rest));
    }
    let number = number.parse().ok().filter(|number| *number <= WIDEST);
    number
        .map(|number| (Some(number), rest))
        .ok_or_else(|| format!("no width or precision is above {WIDEST}"))
}

/// `%.4g`; without a precision `%v`: as many digits as distinguish it from its neighbours.
pub(super) fn general(value: f64, precision: Option<usize>) -> String {
    if let Some(word) = not_finite(value) {
        return word.to_owned();
    }
    let precision = precision.map(|precision| precision.max(1));
    let spelled = precision.map_or_else(
        || format!("{value:e}"),
        |precision| format!("{value:.*e}", precision - 1),
    );
    let (mantissa, exponent) = spelled.split_once('e').unwrap_or((&spelled, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let mantissa = without_zeros(mantissa);
    let most = precision.map_or(SHORTEST_EXPONENT, |precision| {
        i32::try_from(precision).unwrap_or(i32::MAX)
    });
    if exponent < -4 || exponent >= most {
        return with_exponent(mantissa, exponent);
    }
    let digits = mantissa.chars().filter(char::is_ascii_digit).count();
    let places = i32::try_from(digits).unwrap_or(0) - 1 - exponent;
    let rounded: f64 = spelled.parse().unwrap_or(value);
    format!("{rounded:.*}", usize::try_from(places).unwrap_or(0))
}

/// From this exponent on `%v` writes one.
const SHORTEST_EXPONENT: i32 = 6;

fn fixed(value: f64, places: usize) -> String {
    not_finite(value).map_or_else(|| format!("{value:.places$}"), str::to_owned)
}

fn scientific(value: f64, places: usize) -> String {
    if let Some(word) = not_finite(value) {
        return word.to_owned();
    }
    let spelled = format!("{value:.places$e}");
    let (mantissa, exponent) = spelled.split_once('e').unwrap_or((&spelled, "0"));
    with_exponent(mantissa, exponent.parse().unwrap_or(0))
}

const fn not_finite(value: f64) -> Option<&'static str> {
    if value.is_nan() {
        Some("NaN")
    } else if value.is_infinite() {
        Some(if value > 0.0 { "+Inf" } else { "-Inf" })
    } else {
        None
    }
}

fn with_exponent(mantissa: &str, exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}

fn without_zeros(mantissa: &str) -> &str {
    if mantissa.contains('.') {
        mantissa.trim_end_matches('0').trim_end_matches('.')
    } else {
        mantissa
    }
}

/// `12.35k`
pub(super) fn humanize(value: f64) -> String {
    const LARGE: [&str; 8] = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
    if value == 0.0 || !value.is_finite() {
        return general(value, Some(4));
    }
    if value.abs() < 1.0 {
        return small(value);
    }
    scaled(value, 1_000.0, &LARGE)
}

/// `1.206Mi`
pub(super) fn humanize1024(value: f64) -> String {
    const LARGE: [&str; 8] = ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];
    if value.abs() <= 1.0 || !value.is_finite() {
        general(value, Some(4))
    } else {
        scaled(value, 1_024.0, &LARGE)
    }
}

fn scaled(mut value: f64, unit: f64, prefixes: &[&'static str]) -> String {
    let mut shown = "";
    for prefix in prefixes {
        if value.abs() < unit {
            break;
        }
        shown = prefix;
        value /= unit;
    }
    general(value, Some(4)) + shown
}

fn small(mut value: f64) -> String {
    let mut shown = "";
    for prefix in ["m", "u", "n", "p", "f", "a", "z", "y"] {
        if value.abs() >= 1.0 {
            break;
        }
        shown = prefix;
        value *= 1_000.0;
    }
    general(value, Some(4)) + shown
}

/// `1d 2h 3m 4s`
pub(super) fn duration(value: f64) -> String {
    if !value.is_finite() {
        return general(value, Some(4));
    }
    if value == 0.0 {
        return general(value, Some(4)) + "s";
    }
    if value.abs() < 1.0 {
        return small(value) + "s";
    }
    let sign = if value < 0.0 { "-" } else { "" };
    let whole = value.abs().trunc();
    let (days, hours) = ((whole / 86_400.0).trunc(), (whole / 3_600.0).trunc() % 24.0);
    let (minutes, seconds) = ((whole / 60.0).trunc() % 60.0, whole % 60.0);
    let parts = [(days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s")];
    let first = parts.iter().position(|(count, _)| *count > 0.0).unwrap_or(3);
    if first == 3 {
        return format!("{sign}{}s", general(value.abs(), Some(4)));
    }
    let shown: Vec<_> = parts[first..]
        .iter()
        .map(|(count, unit)| format!("{count}{unit}"))
        .collect();
    format!("{sign}{}", shown.join(" "))
}
