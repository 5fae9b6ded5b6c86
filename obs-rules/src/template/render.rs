//! From a tree to text.

use regex_lite::Regex;

use super::{
    format::{Directive, duration, general, humanize, humanize1024},
    function::Function,
    parser::{Expr, Node, Template},
};

/// What an expression has come to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shown {
    Text(String),
    Float(f64),
    Integer(i64),
    Bool(bool),
    /// There is no value: a closure has none.
    Unknown,
}

/// Longer texts are cut: a template may repeat a label's value many times.
const LONGEST: usize = 64 * 1024;

/// Renders a template for a value and the labels of its series, as Prometheus does.
///
/// `label` returns the value of a label by its name; a label that it does not know is an empty text, as in
/// Prometheus. Without a value, as for a closure, `$value` and whatever is made of it is `unknown`. A text that is
/// not a valid template is returned as it is: [`check`](super::check) refuses it when its rule is checked. What is
/// longer than 64 KiB is cut there, since a template can repeat a label's value many times.
///
/// ```
/// use obs_rules::template::expand;
///
/// let label = |name: &str| (name == "pool").then_some("orders");
/// let text = "{{ $value | humanizePercentage }} of the pool {{ $labels.pool }} is in use";
/// assert_eq!(expand(text, Some(0.95), label), "95% of the pool orders is in use");
///
/// let text = "{{ if gt $value 10.0 }}many{{ else }}{{ $value }}{{ end }} tasks wait{{ $labels.queue }}";
/// assert_eq!(expand(text, Some(7.0), label), "7 tasks wait");
/// assert_eq!(expand("{{ $value }}", None, label), "unknown");
/// assert_eq!(expand("{{ not closed", Some(1.0), label), "{{ not closed");
/// ```
pub fn expand<'a>(text: &str, value: Option<f64>, label: impl Fn(&str) -> Option<&'a str>) -> String {
    if !text.contains("{{") {
        return text.to_owned();
    }
    let Ok(template) = Template::parse(text) else {
        return text.to_owned();
    };
    let mut around = Around {
        value,
        label: &label,
        text: String::with_capacity(text.len()),
    };
    around.nodes(&template.nodes);
    around.text
}

struct Around<'f, F> {
    value: Option<f64>,
    label: &'f F,
    text: String,
}

// === impl Around ===

impl<'a, F: Fn(&str) -> Option<&'a str>> Around<'_, F> {
    fn nodes(&mut self, nodes: &[Node]) {
        for node in nodes {
            match node {
                Node::Text(text) => self.push(text),
                Node::Print(expr) => {
                    let text = self.eval(expr).to_text();
                    self.push(&text);
                }
                Node::If(parts) => {
                    let is_so = |(condition, _): &&(Option<Expr>, _)| {
                        condition
                            .as_ref()
                            .is_none_or(|condition| self.eval(condition).is_true())
                    };
                    if let Some((_, nodes)) = parts.iter().find(is_so) {
                        self.nodes(nodes);
                    }
                }
            }
        }
    }

    fn push(&mut self, text: &str) {
        let room = LONGEST.saturating_sub(self.text.len());
        let end = (0..=room.min(text.len()))
            .rev()
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or(0);
        self.text.push_str(&text[..end]);
    }

    fn eval(&self, expr: &Expr) -> Shown {
        match expr {
            Expr::Value => self.value.map_or(Shown::Unknown, Shown::Float),
            Expr::Label(name) => Shown::Text((self.label)(name).unwrap_or_default().to_owned()),
            Expr::ExternalLabel => Shown::Text(String::new()),
            Expr::Text(text) => Shown::Text(text.clone()),
            Expr::Integer(number) => Shown::Integer(*number),
            Expr::Float(number) => Shown::Float(*number),
            Expr::Bool(is_so) => Shown::Bool(*is_so),
            Expr::Call(function, arguments) => {
                let arguments: Vec<Shown> = arguments.iter().map(|argument| self.eval(argument)).collect();
                call(*function, &arguments)
            }
        }
    }
}

fn call(function: Function, arguments: &[Shown]) -> Shown {
    let texts: Vec<&str> = arguments.iter().map(Shown::as_text).collect();
    match (function, arguments, texts.as_slice()) {
        (Function::And, ..) => arguments
            .iter()
            .find(|one| !one.is_true())
            .or(arguments.last())
            .cloned()
            .unwrap_or(Shown::Unknown),
        (Function::Or, ..) => arguments
            .iter()
            .find(|one| one.is_true())
            .or(arguments.last())
            .cloned()
            .unwrap_or(Shown::Unknown),
        (Function::Not, [one], _) => Shown::Bool(!one.is_true()),
        (Function::Eq, [first, others @ ..], _) => Shown::Bool(others.iter().any(|other| other == first)),
        (Function::Ne, [one, other], _) => Shown::Bool(one != other),
        (Function::Lt | Function::Le | Function::Gt | Function::Ge, [one, other], _) => compare(function, one, other),
        (_, arguments, _) if arguments.contains(&Shown::Unknown) && function != Function::Print => Shown::Unknown,
        (Function::Humanize, [Shown::Float(value)], _) => Shown::Text(humanize(*value)),
        (Function::Humanize1024, [Shown::Float(value)], _) => Shown::Text(humanize1024(*value)),
        (Function::HumanizePercentage, [Shown::Float(value)], _) => Shown::Text(general(value * 100.0, Some(4)) + "%"),
        (Function::HumanizeDuration, [Shown::Float(value)], _) => Shown::Text(duration(*value)),
        (Function::Title, _, [text]) => Shown::Text(title(text)),
        (Function::ToUpper, _, [text]) => Shown::Text(text.to_uppercase()),
        (Function::ToLower, _, [text]) => Shown::Text(text.to_lowercase()),
        (Function::StripPort, _, [text]) => {
            Shown::Text(split_host_port(text).map_or(*text, |(host, _)| host).to_owned())
        }
        (Function::StripDomain, _, [text]) => Shown::Text(strip_domain(text)),
        (Function::Match, _, [pattern, text]) => {
            Shown::Bool(Regex::new(pattern).is_ok_and(|regex| regex.is_match(text)))
        }
        (Function::ReReplaceAll, _, [pattern, with, text]) => {
            let replaced = Regex::new(pattern).map(|regex| regex.replace_all(text, *with).into_owned());
            Shown::Text(replaced.unwrap_or_default())
        }
        (Function::Len, _, [text]) => Shown::Integer(i64::try_from(text.len()).unwrap_or(i64::MAX)),
        (Function::Printf, [_, arguments @ ..], [format, ..]) => Shown::Text(printf(format, arguments)),
        (Function::Print, ..) => Shown::Text(print(arguments)),
        _ => Shown::Unknown,
    }
}

fn compare(function: Function, one: &Shown, other: &Shown) -> Shown {
    let order = match (one, other) {
        (Shown::Float(one), Shown::Float(other)) => one.partial_cmp(other),
        (Shown::Integer(one), Shown::Integer(other)) => Some(one.cmp(other)),
        (Shown::Text(one), Shown::Text(other)) => Some(one.cmp(other)),
        _ => None,
    };
    Shown::Bool(order.is_some_and(|order| match function {
        Function::Lt => order.is_lt(),
        Function::Le => order.is_le(),
        Function::Gt => order.is_gt(),
        _ => order.is_ge(),
    }))
}

fn printf(format: &str, arguments: &[Shown]) -> String {
    let mut arguments = arguments.iter();
    let show = |directive: &Directive<'_>| {
        let argument = if directive.takes_argument() {
            arguments.next()
        } else {
            None
        };
        directive.show(argument)
    };
    Directive::all(format).unwrap_or_default().iter().map(show).collect()
}

/// A space stands between two values of which none is a text.
fn print(arguments: &[Shown]) -> String {
    let mut printed = String::new();
    for (at, argument) in arguments.iter().enumerate() {
        let is_text = |one: &Shown| matches!(one, Shown::Text(_));
        if at > 0 && !is_text(argument) && !is_text(&arguments[at - 1]) {
            printed.push(' ');
        }
        printed += &argument.to_text();
    }
    printed
}

/// The first letter of each word large.
fn title(text: &str) -> String {
    let mut starts_word = true;
    let mut titled = String::with_capacity(text.len());
    for c in text.chars() {
        if starts_word {
            titled.extend(c.to_uppercase());
        } else {
            titled.push(c);
        }
        starts_word = if c.is_ascii() {
            !(c.is_ascii_alphanumeric() || c == '_')
        } else {
            c.is_whitespace()
        };
    }
    titled
}

/// The parts of `host:port`, the host without its brackets.
fn split_host_port(text: &str) -> Option<(&str, &str)> {
    let (host, port) = text.rsplit_once(':')?;
    match host.strip_prefix('[') {
        Some(inside) => inside
            .strip_suffix(']')
            .filter(|host| !host.contains(['[', ']']))
            .map(|host| (host, port)),
        None if host.contains([':', '[', ']']) => None,
        None => Some((host, port)),
    }
}

fn strip_domain(text: &str) -> String {
    let (host, port) = split_host_port(text).map_or((text, None), |(host, port)| (host, Some(port)));
    if host.parse::<std::net::IpAddr>().is_ok() {
        return text.to_owned();
    }
    let name = host.split('.').next().unwrap_or_default();
    match port.filter(|port| !port.is_empty()) {
        Some(port) => format!("{name}:{port}"),
        None => name.to_owned(),
    }
}

// === impl Shown ===

impl Shown {
    pub(super) fn to_text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Float(value) => general(*value, None),
            Self::Integer(number) => number.to_string(),
            Self::Bool(is_so) => is_so.to_string(),
            Self::Unknown => "unknown".to_owned(),
        }
    }

    fn as_text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            _ => "",
        }
    }

    fn is_true(&self) -> bool {
        match self {
            Self::Text(text) => !text.is_empty(),
            Self::Float(value) => *value != 0.0,
            Self::Integer(number) => *number != 0,
            Self::Bool(is_so) => *is_so,
            Self::Unknown => false,
        }
    }
}
