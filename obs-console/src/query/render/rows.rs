//! Rows as lines of JSON.

use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};

use crate::query::tree::Tree;

/// The lists that are the rows of an answer that is none itself.
const ROWS: [&str; 4] = ["endpoints", "running", "spans", "series"];

/// The rows of an answer; one row if it has no list. What is left out is said in the last line.
pub(super) fn written(answer: &Tree) -> Vec<u8> {
    let mut out = Vec::new();
    match answer.get("data") {
        Some(Tree::List(rows)) => rows.iter().for_each(|row| push(&mut out, row)),
        Some(data) => {
            let list = ROWS.iter().find_map(|name| data.get(name));
            match list {
                Some(Tree::List(rows)) => rows.iter().for_each(|row| push(&mut out, row)),
                _ => push(&mut out, data),
            }
        }
        None => {}
    }
    let notes = ["left_out", "next"].map(|name| answer.get(name));
    let has_notes = notes
        .iter()
        .flatten()
        .any(|note| !matches!(note, Tree::Null) && **note != Tree::List(Vec::new()));
    if has_notes {
        let mut pairs = vec![("event".to_owned(), Tree::of("end"))];
        let named = ["left_out", "next"].into_iter().zip(notes);
        pairs.extend(named.filter_map(|(name, note)| Some((name.to_owned(), note?.clone()))));
        push(&mut out, &Tree::Object(pairs));
    }
    out
}

fn push(out: &mut Vec<u8>, row: &Tree) {
    let begin = out.len();
    match serde_json::to_writer(&mut *out, row) {
        Ok(()) => out.push(b'\n'),
        Err(_) => out.truncate(begin),
    }
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Scalar(scalar) => scalar.serialize(serializer),
            Self::List(values) => {
                let mut list = serializer.serialize_seq(Some(values.len()))?;
                for value in values {
                    list.serialize_element(value)?;
                }
                list.end()
            }
            Self::Object(pairs) => {
                let mut object = serializer.serialize_map(Some(pairs.len()))?;
                for (key, value) in pairs {
                    object.serialize_entry(key, value)?;
                }
                object.end()
            }
        }
    }
}
