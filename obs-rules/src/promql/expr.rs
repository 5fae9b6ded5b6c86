//! Expressions.

use std::{
    fmt::{self, Write as _},
    ops::{Add, Div, Mul, Sub},
};

use super::{Selector, Window, selector::quote};

/// An expression. Its text is what [`Display`](fmt::Display) gives; operators set parentheses where
/// precedence asks for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expr {
    text: String,
    binds: Binds,
}

/// How tightly the outermost operator binds, the loosest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Binds {
    Or,
    And,
    Compare,
    Sum,
    Product,
    /// A call, a selector, a number.
    Atom,
}

// === impl Expr ===

impl Expr {
    /// A number. Prometheus reads what Rust writes; `+Inf` and `NaN` have their own spelling.
    #[must_use]
    pub fn number(value: f64) -> Self {
        Self::atom(number(value))
    }

    /// The current values of series.
    #[must_use]
    pub fn instant(selector: &Selector) -> Self {
        Self::atom(selector.to_string())
    }

    /// The current values of series as they stood `offset` ago.
    #[must_use]
    pub fn instant_before(selector: &Selector, offset: Window) -> Self {
        Self::atom(format!("{selector} offset {offset}"))
    }

    /// Growth per second of counters.
    #[must_use]
    pub fn rate(selector: &Selector, window: Window) -> Self {
        Self::over("rate", selector, window)
    }

    /// Growth per second of counters, as it stood `offset` ago.
    #[must_use]
    pub fn rate_before(selector: &Selector, window: Window, offset: Window) -> Self {
        Self::atom(format!("rate({selector}[{window}] offset {offset})"))
    }

    /// Growth of counters over a window.
    #[must_use]
    pub fn increase(selector: &Selector, window: Window) -> Self {
        Self::over("increase", selector, window)
    }

    /// Growth of counters over a window that ended `offset` ago.
    #[must_use]
    pub fn increase_before(selector: &Selector, window: Window, offset: Window) -> Self {
        Self::atom(format!("increase({selector}[{window}] offset {offset})"))
    }

    /// `function(selector[window])`: `avg_over_time`, `changes`, `max_over_time` and the like.
    #[must_use]
    pub fn over(function: &str, selector: &Selector, window: Window) -> Self {
        Self::atom(format!("{function}({selector}[{window}])"))
    }

    /// 1 if no such series exists, else nothing.
    #[must_use]
    pub fn absent(selector: &Selector) -> Self {
        Self::atom(format!("absent({selector})"))
    }

    /// `histogram_quantile(quantile, self)`.
    #[must_use]
    pub fn histogram_quantile(self, quantile: f64) -> Self {
        Self::atom(format!("histogram_quantile({}, {})", number(quantile), self.text))
    }

    /// The sum over all series.
    #[must_use]
    pub fn sum(self) -> Self {
        self.call("sum")
    }

    /// `function(self)`: `max`, `min`, `avg`, `count`, `scalar`, `vector`, `abs`.
    #[must_use]
    pub fn call(self, function: &str) -> Self {
        Self::atom(format!("{function}({})", self.text))
    }

    /// One sum for each combination of these labels.
    #[must_use]
    pub fn sum_by(self, labels: &[&str]) -> Self {
        self.aggregate("sum", labels)
    }

    /// `function without (labels) (self)`.
    #[must_use]
    pub fn aggregate_without(self, function: &str, labels: &[&str]) -> Self {
        Self::atom(format!("{function} without ({}) ({})", labels.join(", "), self.text))
    }

    /// `function by (labels) (self)`.
    #[must_use]
    pub fn aggregate(self, function: &str, labels: &[&str]) -> Self {
        Self::atom(format!("{function} by ({}) ({})", labels.join(", "), self.text))
    }

    /// The largest `count` series.
    #[must_use]
    pub fn top(self, count: u32) -> Self {
        Self::atom(format!("topk({count}, {})", self.text))
    }

    /// Only where the value is above `threshold`.
    #[must_use]
    pub fn above(self, threshold: f64) -> Self {
        self.binary(">", Self::number(threshold), Binds::Compare)
    }

    /// Only where the value is below `threshold`.
    #[must_use]
    pub fn below(self, threshold: f64) -> Self {
        self.binary("<", Self::number(threshold), Binds::Compare)
    }

    /// Only where the value is above that of the other's series with the same labels.
    #[must_use]
    pub fn above_each(self, other: Self) -> Self {
        self.binary(">", other, Binds::Compare)
    }

    /// Only where the value is below that of the other's series with the same labels.
    #[must_use]
    pub fn below_each(self, other: Self) -> Self {
        self.binary("<", other, Binds::Compare)
    }

    /// Only where the value is at least `threshold`.
    #[must_use]
    pub fn at_least(self, threshold: f64) -> Self {
        self.binary(">=", Self::number(threshold), Binds::Compare)
    }

    /// Where both have a series with the same labels: the left one's value.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.binary("and", other, Binds::And)
    }

    /// `and on ()`: the left one's series if the right one has any, whatever the labels.
    #[must_use]
    pub fn and_on_nothing(self, other: Self) -> Self {
        self.binary("and on ()", other, Binds::And)
    }

    /// `and on (labels)`: the left one's series if the right one has one with the same values of these labels.
    #[must_use]
    pub fn and_on(self, labels: &[&str], other: Self) -> Self {
        self.binary(&format!("and on ({})", labels.join(", ")), other, Binds::And)
    }

    /// `and ignoring (labels)`: the left one's series if the right one has one with the same labels but these.
    #[must_use]
    pub fn and_ignoring(self, labels: &[&str], other: Self) -> Self {
        self.binary(&format!("and ignoring ({})", labels.join(", ")), other, Binds::And)
    }

    /// The left one's series but those whose labels the right one has.
    #[must_use]
    pub fn unless(self, other: Self) -> Self {
        self.binary("unless", other, Binds::And)
    }

    /// `unless ignoring (labels)`: the left one's series but those that the right one has, but for these labels.
    #[must_use]
    pub fn unless_ignoring(self, labels: &[&str], other: Self) -> Self {
        self.binary(&format!("unless ignoring ({})", labels.join(", ")), other, Binds::And)
    }

    /// The left one's series, and those of the right one whose labels the left has not.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.binary("or", other, Binds::Or)
    }

    /// 0 where a sum has no series to add up: it is known that nothing was counted.
    #[must_use]
    pub fn or_zero(self) -> Self {
        self.or(Self::number(0.0).call("vector"))
    }

    /// Only where the value is above zero: a divisor that makes neither NaN nor infinity.
    #[must_use]
    pub fn above_zero(self) -> Self {
        self.above(0.0)
    }

    fn atom(text: String) -> Self {
        Self { text, binds: Binds::Atom }
    }

    fn binary(self, op: &str, other: Self, binds: Binds) -> Self {
        let mut text = self.within(binds, false);
        // All our operators group from the left: the right side needs parentheses for an equal, too.
        let _ = write!(text, " {op} {}", other.within(binds, true));
        Self { text, binds }
    }

    fn within(self, binds: Binds, is_right: bool) -> String {
        if self.binds < binds || (is_right && self.binds == binds) || (self.binds == binds && binds == Binds::Compare) {
            format!("({})", self.text)
        } else {
            self.text
        }
    }

    /// A string literal, for functions that take one.
    #[must_use]
    pub fn string(text: &str) -> String {
        let mut quoted = String::with_capacity(text.len() + 2);
        let _ = quote(&mut quoted, text);
        quoted
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Add for Expr {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.binary("+", other, Binds::Sum)
    }
}

impl Sub for Expr {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self.binary("-", other, Binds::Sum)
    }
}

impl Mul for Expr {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        self.binary("*", other, Binds::Product)
    }
}

impl Div for Expr {
    type Output = Self;

    fn div(self, other: Self) -> Self {
        self.binary("/", other, Binds::Product)
    }
}

fn number(value: f64) -> String {
    if value == f64::INFINITY {
        "+Inf".to_owned()
    } else if value == f64::NEG_INFINITY {
        "-Inf".to_owned()
    } else {
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one() -> Expr {
        Expr::instant(&Selector::new("one"))
    }

    #[test]
    fn parentheses_stand_where_precedence_asks_for_them() {
        assert_eq!((one() + one() * one()).to_string(), "one + one * one");
        assert_eq!(((one() + one()) * one()).to_string(), "(one + one) * one");
        assert_eq!((one() - (one() - one())).to_string(), "one - (one - one)");
        assert_eq!((one() / one()).above(0.5).and(one()).to_string(), "one / one > 0.5 and one");
        assert_eq!(one().or(one()).and(one()).to_string(), "(one or one) and one");
        assert_eq!(one().above(1.0).above(2.0).to_string(), "(one > 1) > 2");
    }

    #[test]
    fn hostile_values_stay_inside_their_quotes() {
        let selector = Selector::new("m").with("l", "a\"} or up{x=\"\\\n\u{7}");
        assert_eq!(selector.to_string(), r#"m{l="a\"} or up{x=\"\\\n\u0007"}"#);
    }
}
