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
    /// Takes as many of the rows as there is room for; returns how many are left.
    pub(super) fn take<T: Serialize>(&mut self, rows: &mut Vec<T>) -> usize {
        let fitting = rows.iter().take_while(|row| self.takes(*row)).count();
        let left = rows.len() - fitting;
        rows.truncate(fitting);
        left
    }

    /// Whether there is room for a row, which is taken then.
    pub(super) fn takes(&mut self, row: &impl Serialize) -> bool {
        let mut bytes = Counting(1);
        let written = serde_json::to_writer(&mut bytes, row).is_ok();
        let rest = self.0.checked_sub(bytes.0).filter(|_| written);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
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
    rows.truncate(limit);
    let did_not_fit = Budget::default().take(rows);
    if did_not_fit > 0 {
        left_out.push(LeftOut::new(
            "rows",
            did_not_fit,
            "an answer has at most 1 MiB; the next page has them",
        ));
    }
    let last = rows.last().filter(|_| rows.len() < all)?;
    Some(place(last).to_text())
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
