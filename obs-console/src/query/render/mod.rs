//! Answers as they are sent: JSON, rows as lines, Markdown, plain text, all from the same JSON.

mod escape;
mod rows;
#[cfg(test)]
mod tests;
mod text;

use serde::Serialize;

use super::{ApiAnswer, Format, Problem, tree::Tree, types::Answer};

/// The most bytes of an answer.
const MAX_BYTES: usize = 1 << 20;

/// Writes an answer in a form.
pub(super) fn answer<T: Serialize>(answer: &Answer<T>, format: Format) -> Result<ApiAnswer, Problem> {
    let json = serde_json::to_vec(answer).map_err(|_| Problem::unavailable("the answer could not be written"))?;
    let body = match format {
        Format::Json => json,
        Format::Ndjson | Format::Markdown | Format::Text => {
            let tree = Tree::read(&json).ok_or_else(|| Problem::unavailable("the answer could not be read"))?;
            match format {
                Format::Ndjson => rows::written(&tree),
                Format::Markdown => text::written(&tree, text::Style::Markdown).into_bytes(),
                _ => text::written(&tree, text::Style::Plain).into_bytes(),
            }
        }
    };
    bounded(body, format)
}

/// No answer has more bytes than it may: rows are bounded before; texts are longer than their JSON where they are escaped.
fn bounded(mut body: Vec<u8>, format: Format) -> Result<ApiAnswer, Problem> {
    const CUT: &[u8] = "\n… cut: an answer has at most 1 MiB\n".as_bytes();
    if body.len() > MAX_BYTES {
        match format {
            Format::Markdown | Format::Text => {
                let end = (0..=MAX_BYTES - CUT.len()).rev().find(|end| body[*end] & 0xc0 != 0x80);
                body.truncate(end.unwrap_or(0));
                body.extend_from_slice(CUT);
            }
            Format::Ndjson => {
                let end = body[..MAX_BYTES].iter().rposition(|byte| *byte == b'\n');
                body.truncate(end.map_or(0, |end| end + 1));
            }
            Format::Json => return Err(Problem::unavailable("the answer is too large: ask for less")),
        }
    }
    Ok(ApiAnswer {
        content_type: format.content_type(),
        body,
    })
}
