//! What a template is checked for before it is used.

use super::parser::{Expr, Node, Template};

/// Which labels a template can name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// Those that the series have, which nobody knows before.
    Any,
    /// These.
    Only(Vec<String>),
}

/// Whether Prometheus and the process render a text, and render the same.
///
/// # Errors
///
/// If a text is not a template of this subset, with the action and the fix in the message.
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
