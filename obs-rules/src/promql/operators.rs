//! The binary operators of expressions: comparisons, sets, arithmetic.

use std::ops::{Add, Div, Mul, Sub};

use super::{
    Expr,
    expr::owned,
    node::{Matching, Node, Operator},
};

// === impl Expr ===

/// Comparisons are filters, as in `PromQL` without `bool`: they keep the left value of the series for which they hold. Series
/// of both sides belong together if they have the same labels.
impl Expr {
    /// `self > threshold`: only the series whose value is above it.
    #[must_use]
    pub fn above(self, threshold: f64) -> Self {
        self.above_each(Self::number(threshold))
    }

    /// `self < threshold`: only the series whose value is below it.
    #[must_use]
    pub fn below(self, threshold: f64) -> Self {
        self.below_each(Self::number(threshold))
    }

    /// `self > other`: only the series whose value is above that of the other series with the same labels.
    #[must_use]
    pub fn above_each(self, other: Self) -> Self {
        self.binary(Operator::Above, None, other)
    }

    /// `self < other`: only the series whose value is below that of the other series with the same labels.
    #[must_use]
    pub fn below_each(self, other: Self) -> Self {
        self.binary(Operator::Below, None, other)
    }

    /// `self >= threshold`: only the series whose value is at least that.
    #[must_use]
    pub fn at_least(self, threshold: f64) -> Self {
        self.at_least_each(Self::number(threshold))
    }

    /// `self >= other`: only the series whose value is at least that of the other series with the same labels.
    #[must_use]
    pub fn at_least_each(self, other: Self) -> Self {
        self.binary(Operator::AtLeast, None, other)
    }

    /// `self > 0`: a divisor with which no ratio is NaN or infinite.
    #[must_use]
    pub fn above_zero(self) -> Self {
        self.above(0.0)
    }

    /// `self and other`: the left series whose labels a right series has too.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.binary(Operator::And, None, other)
    }

    /// `self and on () other`: the left series, if there is any right one.
    #[must_use]
    pub fn and_on_nothing(self, other: Self) -> Self {
        self.and_on(&[], other)
    }

    /// `self and on (labels) other`: the left series for which a right one has the same values of these labels.
    #[must_use]
    pub fn and_on(self, labels: &[&str], other: Self) -> Self {
        self.binary(Operator::And, Some((Matching::On, owned(labels))), other)
    }

    /// `self and ignoring (labels) other`: the left series for which a right one has the same labels, without these.
    #[must_use]
    pub fn and_ignoring(self, labels: &[&str], other: Self) -> Self {
        self.binary(Operator::And, Some((Matching::Ignoring, owned(labels))), other)
    }

    /// `self unless other`: the left series whose labels no right series has.
    ///
    /// ```
    /// use obs_rules::promql::{Expr, Selector};
    ///
    /// let [up, paused] = ["up", "is_paused"].map(|metric| Expr::instant(&Selector::new(metric)));
    /// assert_eq!(up.below(1.0).unless(paused).to_string(), "up < 1 unless is_paused");
    /// ```
    #[must_use]
    pub fn unless(self, other: Self) -> Self {
        self.binary(Operator::Unless, None, other)
    }

    /// `self unless ignoring (labels) other`: the left series for which no right one has the same labels, without
    /// these.
    #[must_use]
    pub fn unless_ignoring(self, labels: &[&str], other: Self) -> Self {
        self.binary(Operator::Unless, Some((Matching::Ignoring, owned(labels))), other)
    }

    /// `self or other`: the left series, and the right ones whose labels no left series has.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.binary(Operator::Or, None, other)
    }

    /// `self or vector(0)`: a sum that is 0 without series, since nothing was counted.
    #[must_use]
    pub fn or_zero(self) -> Self {
        self.or(Self::vector(0.0))
    }

    /// `self or on () vector(0)`: the left series, or 0 if there is none.
    #[must_use]
    pub fn or_zero_if_none(self) -> Self {
        self.binary(Operator::Or, Some((Matching::On, Vec::new())), Self::vector(0.0))
    }

    fn binary(self, operator: Operator, matching: Option<(Matching, Vec<String>)>, other: Self) -> Self {
        Self(Node::Binary(Box::new(self.0), operator, matching, Box::new(other.0)))
    }
}

impl Add for Expr {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.binary(Operator::Add, None, other)
    }
}

impl Sub for Expr {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self.binary(Operator::Subtract, None, other)
    }
}

impl Mul for Expr {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        self.binary(Operator::Multiply, None, other)
    }
}

impl Div for Expr {
    type Output = Self;

    fn div(self, other: Self) -> Self {
        self.binary(Operator::Divide, None, other)
    }
}
