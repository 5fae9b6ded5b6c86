//! The nodes of an expression, and how they are written.

use std::fmt::{self, Write as _};

use super::{Selector, Window};

/// The window of a range selector.
///
/// ```
/// use obs_rules::promql::{Expr, Range, Selector, Window};
///
/// let requests = Selector::new("http_requests_total");
/// assert_eq!(Expr::rate(&requests, Window::minutes(5)).to_string(), "rate(http_requests_total[5m])");
/// let in_grafana = Expr::rate(&requests, Range::Variable("$__rate_interval"));
/// assert_eq!(in_grafana.to_string(), "rate(http_requests_total[$__rate_interval])");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Range {
    /// A fixed window: `[5m]`.
    Window(Window),
    /// A variable that another program replaces, with its `$`: `[$__rate_interval]`.
    Variable(&'static str),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Number(f64),
    /// `selector offset 5m`
    Instant(Selector, Option<Window>),
    /// `function(selector[5m] offset 5m)`
    Over(String, Selector, Range, Option<Window>),
    /// `function(a, b)`
    Call(String, Vec<Node>),
    /// `function by (labels) (of)`, or `without`.
    Grouped(String, Grouping, Vec<String>, Box<Node>),
    /// `left op on (labels) right`
    Binary(Box<Node>, Operator, Option<(Matching, Vec<String>)>, Box<Node>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grouping {
    By,
    Without,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Matching {
    On,
    Ignoring,
}

/// The binary operators that are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Unless,
    Above,
    Below,
    AtLeast,
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// How tightly an operator binds, the loosest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Precedence {
    Or,
    And,
    Compare,
    Sum,
    Product,
    /// A call, a selector, a number.
    Atom,
}

// === impl Node ===

impl Node {
    pub(super) fn visit<'a>(&'a self, each: &mut impl FnMut(&'a Self)) {
        each(self);
        match self {
            Self::Number(_) | Self::Instant(..) | Self::Over(..) => {}
            Self::Call(_, arguments) => arguments.iter().for_each(|argument| argument.visit(each)),
            Self::Grouped(.., of) => of.visit(each),
            Self::Binary(left, .., right) => {
                left.visit(each);
                right.visit(each);
            }
        }
    }

    pub(super) fn replace(&mut self, selector: &impl Fn(Selector) -> Selector, range: &impl Fn(Range) -> Range) {
        match self {
            Self::Number(_) => {}
            Self::Instant(found, _) => *found = selector(found.clone()),
            Self::Over(_, found, window, _) => {
                *found = selector(found.clone());
                *window = range(*window);
            }
            Self::Call(_, arguments) => arguments
                .iter_mut()
                .for_each(|argument| argument.replace(selector, range)),
            Self::Grouped(.., of) => of.replace(selector, range),
            Self::Binary(left, .., right) => {
                left.replace(selector, range);
                right.replace(selector, range);
            }
        }
    }

    const fn precedence(&self) -> Precedence {
        match self {
            Self::Binary(_, operator, ..) => operator.precedence(),
            _ => Precedence::Atom,
        }
    }

    /// As an operand, in parentheses where it binds more loosely than its operator. All operators group from the
    /// left, so the right side needs them for its equal too; comparisons in a row are hard to read without.
    fn operand(&self, f: &mut fmt::Formatter<'_>, outer: Precedence, is_right: bool) -> fmt::Result {
        let own = self.precedence();
        let needs_parentheses = own < outer || (own == outer && (is_right || outer == Precedence::Compare));
        if needs_parentheses {
            write!(f, "({self})")
        } else {
            fmt::Display::fmt(self, f)
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(value) if *value == f64::INFINITY => f.write_str("+Inf"),
            Self::Number(value) if *value == f64::NEG_INFINITY => f.write_str("-Inf"),
            Self::Number(value) => write!(f, "{value}"),
            Self::Instant(selector, offset) => {
                selector.fmt(f)?;
                write_offset(f, *offset)
            }
            Self::Over(function, selector, range, offset) => {
                write!(f, "{function}({selector}[{range}]")?;
                write_offset(f, *offset)?;
                f.write_char(')')
            }
            Self::Call(function, arguments) => {
                write!(f, "{function}(")?;
                for (at, argument) in arguments.iter().enumerate() {
                    f.write_str(if at == 0 { "" } else { ", " })?;
                    argument.fmt(f)?;
                }
                f.write_char(')')
            }
            Self::Grouped(function, grouping, labels, of) => {
                write!(f, "{function} {} ({}) ({of})", grouping.as_str(), labels.join(", "))
            }
            Self::Binary(left, operator, matching, right) => {
                left.operand(f, operator.precedence(), false)?;
                write!(f, " {} ", operator.as_str())?;
                if let Some((matching, labels)) = matching {
                    write!(f, "{} ({}) ", matching.as_str(), labels.join(", "))?;
                }
                right.operand(f, operator.precedence(), true)
            }
        }
    }
}

fn write_offset(f: &mut fmt::Formatter<'_>, offset: Option<Window>) -> fmt::Result {
    offset.map_or(Ok(()), |offset| write!(f, " offset {offset}"))
}

// === impl Operator ===

impl Operator {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Unless => "unless",
            Self::Above => ">",
            Self::Below => "<",
            Self::AtLeast => ">=",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
        }
    }

    const fn precedence(self) -> Precedence {
        match self {
            Self::Or => Precedence::Or,
            Self::And | Self::Unless => Precedence::And,
            Self::Above | Self::Below | Self::AtLeast => Precedence::Compare,
            Self::Add | Self::Subtract => Precedence::Sum,
            Self::Multiply | Self::Divide => Precedence::Product,
        }
    }
}

impl Grouping {
    const fn as_str(self) -> &'static str {
        match self {
            Self::By => "by",
            Self::Without => "without",
        }
    }
}

impl Matching {
    const fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Ignoring => "ignoring",
        }
    }
}

// === impl Range ===

impl From<Window> for Range {
    fn from(window: Window) -> Self {
        Self::Window(window)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Window(window) => window.fmt(f),
            Self::Variable(name) => f.write_str(name),
        }
    }
}
