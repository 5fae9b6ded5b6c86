//! Pages of rows: order, cursors, bytes.

use serde::Serialize;

use super::types::LeftOut;

/// The most bytes of the rows of an answer as JSON; 1 MiB less room for what is around them.
pub(super) const MAX_ROW_BYTES: usize = 960 << 10;
/// The most bytes of a text in an answer.
pub(super) const MAX_CELL: usize = 8 << 10;

/// The place of a row in an order that does not change: its value, and something that distinguishes rows with the same
/// one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cursor {
    value: u64,
    tie: u64,
}

/// The bytes that an answer still has room for.
#[derive(Debug)]
pub(super) struct Budget(usize);

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    Taken,
    /// It is too large by itself.
    TooLarge,
    /// There is no room for it any more.
    Full,
}

/// Counts the bytes that are written.
struct Counting(usize);

// === impl Cursor ===

impl Cursor {
    pub(super) const fn new(value: u64, tie: u64) -> Self {
        Self { value, tie }
    }

    /// The place of a number: places have the order of the numbers.
    pub(super) fn of_number(number: f64, tie: u64) -> Self {
        let bits = number.to_bits();
        let is_negative = bits >> 63 == 1;
        Self::new(if is_negative { !bits } else { bits | 1 << 63 }, tie)
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let (value, tie) = text.split_once('-')?;
        let number = |text: &str| {
            let is_hex = (1..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            is_hex.then(|| u64::from_str_radix(text, 16).ok())?
        };
        Some(Self::new(number(value)?, number(tie)?))
    }

    pub(super) fn to_text(self) -> String {
        format!("{:x}-{:x}", self.value, self.tie)
    }
}

// === impl Budget ===

impl Default for Budget {
    fn default() -> Self {
        Self(MAX_ROW_BYTES)
    }
}

impl Budget {
    /// Takes as many of the rows as there is room for; returns how many are left out. A row that is too large by itself is
    /// left out alone.
    pub(super) fn take<T: Serialize>(&mut self, rows: &mut Vec<T>) -> usize {
        let all = rows.len();
        let mut is_full = false;
        rows.retain(|row| {
            let fit = if is_full { Fit::Full } else { self.fit(row) };
            is_full |= fit == Fit::Full;
            fit == Fit::Taken
        });
        all - rows.len()
    }

    /// Takes a row, if there is room for it.
    fn fit(&mut self, row: &impl Serialize) -> Fit {
        let mut bytes = Counting(1);
        let is_written = serde_json::to_writer(&mut bytes, row).is_ok();
        if !is_written || bytes.0 > MAX_ROW_BYTES / 4 {
            return Fit::TooLarge;
        }
        let Some(rest) = self.0.checked_sub(bytes.0) else {
            return Fit::Full;
        };
        self.0 = rest;
        Fit::Taken
    }
}

impl std::io::Write for Counting {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A page of rows: those behind the cursor, in their order, as many as are asked for and as there is room for. Returns
/// the cursor of the next page.
pub(super) fn page<T: Serialize>(
    rows: &mut Vec<T>,
    place: impl Fn(&T) -> Cursor,
    (is_descending, cursor, limit): (bool, Option<Cursor>, usize),
    left_out: &mut Vec<LeftOut>,
) -> Option<String> {
    let is_behind = |row: &T| {
        cursor.is_none_or(|cursor| {
            let place = place(row);
            if is_descending { place < cursor } else { place > cursor }
        })
    };
    rows.retain(is_behind);
    rows.sort_by_cached_key(&place);
    if is_descending {
        rows.reverse();
    }
    let all = rows.len();
    let mut budget = Budget::default();
    let (mut last, mut read, mut too_large) = (None, 0, 0);
    let mut fitting = Vec::new();
    for row in rows.drain(..).take(limit) {
        let (place, fit) = (place(&row), budget.fit(&row));
        match fit {
            Fit::Full => break,
            Fit::TooLarge => too_large += 1,
            Fit::Taken => fitting.push(row),
        }
        last = Some(place);
        read += 1;
    }
    *rows = fitting;
    if too_large > 0 {
        left_out.push(LeftOut::new("rows", too_large, "a row has at most 240 KiB"));
    }
    let rest = limit.min(all) - read;
    if rest > 0 {
        left_out.push(LeftOut::new(
            "rows",
            rest,
            "an answer has at most 1 MiB; the next page has them",
        ));
    }
    last.filter(|_| read < all).map(Cursor::to_text)
}

/// A text of at most [`MAX_CELL`] bytes; whether something was cut.
pub(super) fn cut(text: &mut String) -> bool {
    if text.len() <= MAX_CELL {
        return false;
    }
    let end = (0..=MAX_CELL)
        .rev()
        .find(|end| text.is_char_boundary(*end))
        .unwrap_or(0);
    text.truncate(end);
    text.push('…');
    true
}

// === impl LeftOut ===

impl LeftOut {
    pub(super) fn new(what: &str, count: usize, why: &str) -> Self {
        Self {
            what: what.to_owned(),
            count: Some(count as u64),
            why: why.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(rows: &[u64], limit: usize, is_descending: bool) -> Vec<Vec<u64>> {
        let mut pages = Vec::new();
        let mut cursor = None;
        loop {
            let mut some = rows.to_vec();
            let mut left_out = Vec::new();
            let next = page(
                &mut some,
                |row| Cursor::new(*row / 10, *row),
                (is_descending, cursor, limit),
                &mut left_out,
            );
            pages.push(some);
            let Some(next) = next else { return pages };
            cursor = Some(Cursor::parse(&next).unwrap());
        }
    }

    #[test]
    fn pages_have_each_row_once_in_order() {
        assert_eq!(
            pages(&[3, 11, 12, 50, 1], 2, true),
            [vec![50, 12], vec![11, 3], vec![1]]
        );
        assert_eq!(pages(&[3, 11, 12, 50], 2, false), [vec![3, 11], vec![12, 50]]);
        assert_eq!(pages(&[], 2, false), [Vec::<u64>::new()]);
    }

    #[test]
    fn a_page_has_no_more_bytes_than_an_answer_may_have() {
        let mut rows = vec!["x".repeat(MAX_CELL); 1_000];
        let mut left_out = Vec::new();
        let next = page(&mut rows, |_| Cursor::new(0, 0), (true, None, 1_000), &mut left_out);
        assert!(rows.len() < 130 && rows.len() > 100 && next.is_some(), "{}", rows.len());
        assert_eq!(left_out[0].count, Some(1_000 - rows.len() as u64));
    }

    #[test]
    fn a_row_that_is_too_large_by_itself_is_left_out_alone() {
        let mut rows = vec!["a".to_owned(), "x".repeat(MAX_ROW_BYTES), "b".to_owned()];
        let mut left_out = Vec::new();
        let place = |row: &String| Cursor::new(u64::from(row.as_bytes()[0]), 0);
        let next = page(&mut rows, place, (true, None, 2), &mut left_out);
        assert_eq!((rows.len(), left_out[0].count), (1, Some(1)));
        assert_eq!(next.as_deref(), Some("62-0"), "the next page begins behind b");
        let mut list = vec!["x".repeat(MAX_ROW_BYTES), "b".to_owned()];
        assert_eq!((Budget::default().take(&mut list), list.len()), (1, 1));
    }

    #[test]
    fn places_of_numbers_have_their_order() {
        let numbers = [f64::NEG_INFINITY, -2.0, -1e-9, 0.0, 1e-9, 2.0, f64::INFINITY];
        let places: Vec<_> = numbers.iter().map(|number| Cursor::of_number(*number, 0)).collect();
        assert!(places.is_sorted() && places.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn texts_are_cut_at_a_character() {
        let mut text = "ä".repeat(MAX_CELL);
        assert!(cut(&mut text) && text.len() <= MAX_CELL + 3 && text.ends_with('…'));
        let mut short = "short".to_owned();
        assert!(!cut(&mut short));
    }

    #[test]
    fn cursors_that_are_none_are_refused() {
        for text in ["", "-", "1", "1-", "-1", "+1-1", "g-1", "11111111111111111-1"] {
            assert_eq!(Cursor::parse(text), None, "{text}");
        }
    }
}
