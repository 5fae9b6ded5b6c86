//! The functions of templates.

use regex_lite::Regex;

use super::{format::Directive, parser::Expr};

/// A function that is rendered in the process as Prometheus does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Humanize,
    Humanize1024,
    HumanizePercentage,
    HumanizeDuration,
    Title,
    ToUpper,
    ToLower,
    StripPort,
    StripDomain,
    Match,
    ReReplaceAll,
    Printf,
    Print,
    Len,
    Index,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    And,
    Or,
    Not,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Float,
    Integer,
    Bool,
}

const ALL: [(&str, Function); 24] = [
    ("humanize", Function::Humanize),
    ("humanize1024", Function::Humanize1024),
    ("humanizePercentage", Function::HumanizePercentage),
    ("humanizeDuration", Function::HumanizeDuration),
    ("title", Function::Title),
    ("toUpper", Function::ToUpper),
    ("toLower", Function::ToLower),
    ("stripPort", Function::StripPort),
    ("stripDomain", Function::StripDomain),
    ("match", Function::Match),
    ("reReplaceAll", Function::ReReplaceAll),
    ("printf", Function::Printf),
    ("print", Function::Print),
    ("len", Function::Len),
    ("index", Function::Index),
    ("eq", Function::Eq),
    ("ne", Function::Ne),
    ("lt", Function::Lt),
    ("le", Function::Le),
    ("gt", Function::Gt),
    ("ge", Function::Ge),
    ("and", Function::And),
    ("or", Function::Or),
    ("not", Function::Not),
];

/// Functions that Prometheus has besides.
const OF_PROMETHEUS: [&str; 23] = [
    "query",
    "first",
    "label",
    "value",
    "strvalue",
    "sortByLabel",
    "args",
    "tmpl",
    "safeHtml",
    "externalURL",
    "pathPrefix",
    "graphLink",
    "tableLink",
    "parseDuration",
    "toTime",
    "toDuration",
    "humanizeTimestamp",
    "now",
    "call",
    "html",
    "js",
    "println",
    "slice",
];

// === impl Function ===

impl Function {
    pub(super) fn named(word: &str) -> Result<Self, String> {
        if let Some((_, function)) = ALL.iter().find(|(name, _)| *name == word) {
            return Ok(*function);
        }
        if OF_PROMETHEUS.contains(&word) || word == "urlquery" {
            return Err(format!(
                "`{word}` can be rendered by Prometheus only, and not in the process"
            ));
        }
        let names: Vec<&str> = ALL.iter().map(|(name, _)| *name).collect();
        let hint = super::check::suggestion(word, &names, "");
        Err(format!(
            "no function is named `{word}`{hint}: there are {}",
            names.join(", ")
        ))
    }

    pub(super) fn name(self) -> &'static str {
        ALL.iter()
            .find(|(_, function)| *function == self)
            .map_or("", |(name, _)| name)
    }

    /// Whether it is a value where it stands alone.
    pub(super) const fn takes_nothing(self) -> bool {
        matches!(self, Self::Print)
    }

    /// Whether it can be called with these.
    pub(super) fn check(self, arguments: &[Expr], types: &[Type]) -> Result<(), String> {
        let name = self.name();
        let takes = |wanted: &[Type]| types == wanted;
        let needs = |what: &str| Err(format!("`{name}` takes {what}"));
        match self {
            Self::Humanize | Self::Humanize1024 | Self::HumanizePercentage | Self::HumanizeDuration => {
                if takes(&[Type::Float]) {
                    Ok(())
                } else {
                    needs("a number with a fraction, such as $value")
                }
            }
            Self::Title | Self::ToUpper | Self::ToLower | Self::StripPort | Self::StripDomain | Self::Len => {
                if takes(&[Type::Text]) {
                    Ok(())
                } else {
                    needs("a text, such as $labels.instance")
                }
            }
            Self::Match if takes(&[Type::Text; 2]) => check_pattern(name, arguments),
            Self::Match => needs("a pattern and a text"),
            Self::ReReplaceAll if takes(&[Type::Text; 3]) => check_pattern(name, arguments),
            Self::ReReplaceAll => needs("a pattern, what to put in its place, and a text"),
            Self::Printf => check_printf(arguments, types),
            Self::Print | Self::Index => Ok(()),
            Self::Not if types.len() == 1 => Ok(()),
            Self::Not => needs("one value"),
            Self::And | Self::Or => {
                let is_even = types.iter().all(|one| types.first() == Some(one));
                if !types.is_empty() && is_even {
                    Ok(())
                } else {
                    needs("values of one type")
                }
            }
            Self::Eq => check_comparison(name, types, types.len() >= 2),
            Self::Ne | Self::Lt | Self::Le | Self::Gt | Self::Ge => check_comparison(name, types, types.len() == 2),
        }
    }

    pub(super) fn gives(self, arguments: &[Expr]) -> Type {
        match self {
            Self::Match | Self::Eq | Self::Ne | Self::Lt | Self::Le | Self::Gt | Self::Ge | Self::Not => Type::Bool,
            Self::Len => Type::Integer,
            Self::And | Self::Or => arguments.first().map_or(Type::Text, Expr::of_type),
            _ => Type::Text,
        }
    }
}

/// The pattern must be there to be tried.
fn check_pattern(name: &str, arguments: &[Expr]) -> Result<(), String> {
    match arguments.first() {
        Some(Expr::Text(pattern)) if Regex::new(pattern).is_ok() => Ok(()),
        Some(Expr::Text(pattern)) => Err(format!("{pattern:?} is no regular expression")),
        _ => Err(format!("the pattern of `{name}` must be a text in quotes")),
    }
}

fn check_comparison(name: &str, types: &[Type], is_enough: bool) -> Result<(), String> {
    let is_even = types.iter().all(|one| types.first() == Some(one));
    match (is_enough, is_even) {
        (true, true) if types.first() == Some(&Type::Bool) && !matches!(name, "eq" | "ne") => {
            Err(format!("`{name}` can't compare true and false"))
        }
        (true, true) => Ok(()),
        (true, false) if types.contains(&Type::Integer) && types.contains(&Type::Float) => Err(format!(
            "`{name}` compares whole numbers with whole ones only: write 1.0, not 1, beside the value"
        )),
        _ => Err(format!("`{name}` takes two values of one type")),
    }
}

fn check_printf(arguments: &[Expr], types: &[Type]) -> Result<(), String> {
    let Some((Expr::Text(format), types)) = arguments.first().zip(types.get(1..)) else {
        return Err("`printf` takes a format in quotes first".to_owned());
    };
    let directives = Directive::all(format)?;
    let wanted = directives.iter().filter(|directive| directive.takes_argument());
    for (directive, given) in wanted.clone().zip(types) {
        if !directive.fits(*given) {
            return Err(format!("{format:?} does not fit its argument"));
        }
    }
    if wanted.count() == types.len() {
        Ok(())
    } else {
        Err(format!("{format:?} has not one value for each of its %"))
    }
}
