//! Collects the errors of a file, so that all of them can be reported at once.

use std::cell::RefCell;

use super::{DefinitionError, Position, Problem};

/// What was found wrong so far.
#[derive(Debug)]
pub(super) struct Report<'a> {
    file: &'a str,
    problems: RefCell<Vec<Problem>>,
}

// === impl Report ===

impl<'a> Report<'a> {
    pub(super) const fn new(file: &'a str) -> Self {
        Self {
            file,
            problems: RefCell::new(Vec::new()),
        }
    }

    /// Adds a problem; `None` is what the reader of a bad value has instead of it.
    pub(super) fn add<T>(&self, at: Position, message: impl Into<String>) -> Option<T> {
        self.problems.borrow_mut().push(Problem::new(self.file, at, message));
        None
    }

    /// What was read, if nothing was wrong.
    pub(super) fn finish<T>(self, read: Option<T>) -> Result<T, DefinitionError> {
        match (read, self.problems.into_inner()) {
            (Some(read), problems) if problems.is_empty() => Ok(read),
            (_, problems) => Err(DefinitionError::invalid(problems)),
        }
    }
}

/// ` (did you mean "objective"?)`, if one of the known words is near; else nothing.
pub(crate) fn suggestion<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let near = known.into_iter().map(|known| (distance(word, known), known)).min();
    match near {
        Some((distance, known)) if distance <= 1 + known.chars().count() / 4 => format!(" (did you mean {known:?}?)"),
        _ => String::new(),
    }
}

/// Characters to insert, delete or replace, letters of either case alike.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (nth, a) in one.to_lowercase().chars().enumerate() {
        let mut diagonal = nth;
        let mut left = nth + 1;
        row[0] = left;
        for (cell, b) in row[1..].iter_mut().zip(&other) {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = *cell;
            *cell = replaced.min(*cell + 1).min(left + 1);
            left = *cell;
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_suggested_and_far_ones_are_not() {
        let known = ["objective", "window", "endpoint"];
        assert_eq!(suggestion("objectiv", known), " (did you mean \"objective\"?)");
        assert_eq!(suggestion("Window", known), " (did you mean \"window\"?)");
        assert_eq!(suggestion("quantile", known), "");
        assert_eq!(suggestion("", []), "");
    }

    #[test]
    fn distances_count_edits() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("same", "SAME"), 0);
    }
}
