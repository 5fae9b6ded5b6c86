//! Answers for people.

use std::fmt::Write as _;

use super::escape;
use crate::query::tree::Tree;

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Markdown,
    Plain,
}

/// Columns that repeat what others say, or that are for machines.
const LEFT_OUT: [&str; 9] = [
    "text",
    "spark",
    "seq",
    "polls",
    "parent_id",
    "heatmap",
    "history",
    "trend",
    "example",
];
/// The most characters of a cell in plain text.
const MAX_WIDTH: usize = 120;
/// The deepest heading.
const DEEPEST: usize = 4;

/// An answer as text: who answers, about what time, what is left out, and tables.
pub(super) fn written(answer: &Tree, style: Style) -> String {
    let mut out = Text {
        out: String::new(),
        style,
    };
    let text = |path: [&str; 2]| {
        answer
            .get(path[0])
            .and_then(|value| value.get(path[1]))
            .map(ToString::to_string)
    };
    let service = text(["service", "name"]).unwrap_or_default();
    let version = text(["service", "version"]).filter(|version| !version.is_empty());
    let version = version.map(|version| format!(" {version}")).unwrap_or_default();
    out.heading(1, &format!("{service}{version}"));
    if let (Some(from), Some(to)) = (text(["window", "from"]), text(["window", "to"])) {
        out.line(&format!("from {from} to {to}"));
    } else if let Some(now) = answer.get("now") {
        out.line(&format!("at {now}"));
    }
    if let Some(data) = answer.get("data") {
        out.value(2, "", data);
    }
    if let Some(Tree::List(left_out)) = answer.get("left_out")
        && !left_out.is_empty()
    {
        out.value(2, "left out", &Tree::List(left_out.clone()));
    }
    if let Some(next) = answer.get("next").and_then(Tree::text) {
        out.line(&format!("more: cursor={next}"));
    }
    out.out
}

struct Text {
    out: String,
    style: Style,
}

// === impl Text ===

impl Text {
    fn cell(&self, text: &str) -> String {
        let mut cell = String::new();
        match self.style {
            Style::Markdown => escape::push_markdown(&mut cell, text),
            Style::Plain => {
                escape::push(&mut cell, text);
                if let Some((end, _)) = cell.char_indices().nth(MAX_WIDTH) {
                    cell.truncate(end);
                    cell.push('…');
                }
            }
        }
        cell
    }

    fn heading(&mut self, depth: usize, text: &str) {
        let text = self.cell(text);
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        let marks = if self.style == Style::Markdown {
            "#".repeat(depth) + " "
        } else {
            String::new()
        };
        let _ = writeln!(self.out, "{marks}{text}");
        if self.style == Style::Markdown {
            self.out.push('\n');
        }
    }

    fn line(&mut self, text: &str) {
        let text = self.cell(text);
        let _ = writeln!(self.out, "{text}");
    }

    /// A value under its name: single values as a list, lists of objects as tables, objects under headings.
    fn value(&mut self, depth: usize, name: &str, value: &Tree) {
        if !name.is_empty() {
            self.heading(depth.min(DEEPEST), name);
        }
        match value {
            Tree::Null => self.line("nothing"),
            Tree::Scalar(scalar) => self.line(&scalar.to_string()),
            Tree::List(rows) if rows.iter().any(|row| matches!(row, Tree::Object(_))) => self.table(rows),
            Tree::List(rows) if rows.is_empty() => self.line("none"),
            Tree::List(_) => self.line(&value.to_string()),
            Tree::Object(pairs) => self.object(depth, pairs),
        }
    }

    fn object(&mut self, depth: usize, pairs: &[(String, Tree)]) {
        let is_single = |value: &Tree| matches!(value, Tree::Scalar(_));
        for (key, value) in pairs.iter().filter(|(_, value)| is_single(value)) {
            let (key, value) = (self.cell(key), self.cell(&value.to_string()));
            let _ = match self.style {
                Style::Markdown => writeln!(self.out, "- {key}: {value}"),
                Style::Plain => writeln!(self.out, "{key}: {value}"),
            };
        }
        let nested = pairs.iter().filter(|(key, value)| {
            let is_there = !is_single(value) && *value != Tree::Null;
            is_there && !LEFT_OUT.contains(&&**key)
        });
        for (key, value) in nested {
            self.value(depth + 1, &key.replace('_', " "), value);
        }
    }

    fn table(&mut self, rows: &[Tree]) {
        let mut columns: Vec<&str> = Vec::new();
        for (key, value) in rows.iter().flat_map(pairs) {
            // A column that is empty in all rows tells nothing.
            let tells = !matches!(value, Tree::Null) && !LEFT_OUT.contains(&&**key) && !is_empty(value);
            if tells && !columns.contains(&&**key) {
                columns.push(key);
            }
        }
        let head: Vec<_> = columns.iter().map(|column| self.cell(column)).collect();
        let cells = |row: &Tree| -> Vec<String> {
            let cell = |column: &&str| {
                row.get(column)
                    .map(|value| self.cell(&short(value)))
                    .unwrap_or_default()
            };
            columns.iter().map(cell).collect()
        };
        let rows: Vec<_> = rows.iter().map(cells).collect();
        match self.style {
            Style::Markdown => self.markdown(&head, &rows),
            Style::Plain => self.plain(&head, &rows),
        }
    }

    fn markdown(&mut self, head: &[String], rows: &[Vec<String>]) {
        let rule = vec!["---".to_owned(); head.len()];
        for row in [head, &rule].into_iter().chain(rows.iter().map(Vec::as_slice)) {
            let _ = writeln!(self.out, "| {} |", row.join(" | "));
        }
    }

    fn plain(&mut self, head: &[String], rows: &[Vec<String>]) {
        let all = || std::iter::once(head).chain(rows.iter().map(Vec::as_slice));
        let width = |column: usize| {
            let widths = all().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
            widths.max().unwrap_or(0)
        };
        let widths: Vec<_> = (0..head.len()).map(width).collect();
        for row in all() {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                let _ = write!(line, "{cell:width$}  ");
            }
            let _ = writeln!(self.out, "{}", line.trim_end());
        }
    }
}

fn pairs(row: &Tree) -> &[(String, Tree)] {
    match row {
        Tree::Object(pairs) => pairs,
        _ => &[],
    }
}

fn is_empty(value: &Tree) -> bool {
    matches!(value, Tree::List(values) if values.is_empty()) || value.text() == Some("")
}

/// A value of a cell: of numbers, four significant digits.
fn short(value: &Tree) -> String {
    use crate::query::types::Scalar;
    match value {
        Tree::Scalar(Scalar::Number(number)) if number.is_finite() && number.fract() != 0.0 => {
            let places = (3.0 - number.abs().log10().floor()).clamp(0.0, 9.0);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 9")]
            let places = places as usize;
            let text = format!("{number:.places$}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        Tree::List(values) => {
            let values: Vec<_> = values.iter().map(pair_or_value).collect();
            values.join(" ")
        }
        other => other.to_string(),
    }
}

/// A label or field as `key=value`.
fn pair_or_value(value: &Tree) -> String {
    match (value.get("key"), value.get("value")) {
        (Some(key), Some(value)) => format!("{key}={value}"),
        _ => value.to_string(),
    }
}
