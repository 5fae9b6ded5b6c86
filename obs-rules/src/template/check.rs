//! What a template is checked for before it is used.

use super::parser::{Expr, Node, Template};

/// The labels that a template can name; see [`Condition::labels`](crate::Condition::labels).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// Those of the series, which are known only when the condition is evaluated.
    Any,
    /// These and no others; none if the list is empty.
    Only(Vec<String>),
}

/// Checks that Prometheus and the process render a template, and that both render the same.
///
/// `may_use_value` is false for labels: with a value in a label, each evaluation would begin another alert, which would
/// never have held long enough to fire.
///
/// ```
/// use obs_rules::template::{Known, check};
///
/// let known = Known::Only(vec!["pool".to_owned()]);
/// assert!(check("{{ $value }} connections of {{ $labels.pool }}", &known, true).is_ok());
///
/// let error = check("{{ $labels.host }}", &known, true).unwrap_err();
/// assert_eq!(error, "$labels.host is always empty: the value has the labels pool only");
/// assert!(check("{{ range query \"up\" }}{{ end }}", &known, true).is_err());
/// assert!(check("{{ $value }}", &known, false).is_err());
/// ```
///
/// # Errors
///
/// If the text is not a template of the [supported subset](super), names a label that the value never has, or contains
/// `$value` where it must not. The message names the action and the fix.
pub fn check(text: &str, known: &Known, may_use_value: bool) -> Result<(), String> {
    if !text.contains("{{") {
        return Ok(());
    }
    let template = Template::parse(text)?;
    check_nodes(&template.nodes, known, may_use_value)
}

fn check_nodes(nodes: &[Node], known: &Known, may_use_value: bool) -> Result<(), String> {
    for node in nodes {
        match node {
            Node::Text(_) => {}
            Node::Print(expr) => check_expr(expr, known, may_use_value)?,
            Node::If(parts) => {
                for (condition, nodes) in parts {
                    condition
                        .iter()
                        .try_for_each(|condition| check_expr(condition, known, may_use_value))?;
                    check_nodes(nodes, known, may_use_value)?;
                }
            }
        }
    }
    Ok(())
}

fn check_expr(expr: &Expr, known: &Known, may_use_value: bool) -> Result<(), String> {
    match (expr, known) {
        (Expr::Value, _) if !may_use_value => Err("$value in a label makes another alert of each value, which begins \
                                                   anew and never fires: put it into the description"
            .to_owned()),
        (Expr::Label(name), Known::Only(labels)) if labels.is_empty() => Err(format!(
            "$labels.{name} is always empty: the value is one for all series, and has no labels; those that the rule \
             itself sets are not among $labels, so write the text"
        )),
        (Expr::Label(name), Known::Only(labels)) if !labels.contains(name) => Err(format!(
            "$labels.{name} is always empty: the value has the labels {} only",
            labels.join(", ")
        )),
        (Expr::Call(_, arguments), _) => arguments
            .iter()
            .try_for_each(|argument| check_expr(argument, known, may_use_value)),
        _ => Ok(()),
    }
}

/// ` (did you mean $labels?)`, if one of the names is near.
pub(super) fn suggestion(word: &str, known: &[&str], before: &str) -> String {
    let hint = crate::definition::suggestion(word, known.iter().copied());
    // The hint has the name in quotes.
    hint.replacen('"', before, 1).replacen('"', "", 1)
}
