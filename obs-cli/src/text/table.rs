//! Tables that fit into a width.

use super::{Piece, Row, Tone, pad, style::fitted, width_of};

/// The fewest columns of a terminal that a text which gives way keeps.
const LEAST: usize = 12;
/// What stands between two columns.
const GAP: &str = "  ";

/// A column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    title: &'static str,
    is_right: bool,
    /// Whether its texts are cut where there is no room.
    gives_way: bool,
    /// Where there is no room, columns are left out, those with the highest rank first; none with 0.
    rank: u8,
}

/// A cell: its text and what it means.
pub(crate) type Cell = Piece;

/// Rows of cells below titles.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

// === impl Column ===

impl Column {
    /// A column of texts that are cut where there is no room.
    pub(crate) const fn text(title: &'static str) -> Self {
        Self {
            title,
            is_right: false,
            gives_way: true,
            rank: 0,
        }
    }

    /// A column of words that are never cut.
    pub(crate) const fn word(title: &'static str) -> Self {
        Self {
            gives_way: false,
            ..Self::text(title)
        }
    }

    /// A column of numbers.
    pub(crate) const fn number(title: &'static str) -> Self {
        Self {
            is_right: true,
            ..Self::word(title)
        }
    }

    /// Left out where there is no room, before those of a lower rank.
    pub(crate) const fn rank(self, rank: u8) -> Self {
        Self { rank, ..self }
    }
}

// === impl Table ===

impl Table {
    pub(crate) fn new(columns: &[Column]) -> Self {
        Self {
            columns: columns.to_vec(),
            rows: Vec::new(),
        }
    }

    /// Adds a row, which has a cell for each column.
    pub(crate) fn push(&mut self, row: Vec<Cell>) {
        self.rows.push(row);
    }

    /// The titles, then the rows, in at most `width` columns.
    pub(crate) fn rows(mut self, width: usize) -> Vec<Row> {
        let widths = self.layout(width);
        let titles = self
            .columns
            .iter()
            .map(|column| Piece::new(column.title, Tone::Faint))
            .collect();
        self.rows.insert(0, titles);
        let mut rows = Vec::new();
        for row in self.rows {
            let mut pieces = Row::new();
            for ((cell, column), width) in row.into_iter().zip(&self.columns).zip(&widths) {
                let Some(width) = width else { continue };
                if !pieces.is_empty() {
                    pieces.push(GAP.into());
                }
                pieces.push(Piece::new(pad(&cell.text, *width, column.is_right), cell.tone));
            }
            rows.push(fitted(pieces, width));
        }
        rows
    }

    /// The width of each column; `None` if it is left out.
    fn layout(&self, width: usize) -> Vec<Option<usize>> {
        let natural = |index: usize, column: &Column| {
            let cells = self.rows.iter().filter_map(|row| row.get(index));
            let widest = cells.map(|cell| width_of(&cell.text)).max().unwrap_or(0);
            Some(widest.max(width_of(column.title)))
        };
        let mut widths: Vec<_> = self
            .columns
            .iter()
            .enumerate()
            .map(|(index, column)| natural(index, column))
            .collect();
        loop {
            let excess = total(&widths).saturating_sub(width);
            if excess == 0 || self.shrink(&mut widths, excess) || !self.leave_out(&mut widths) {
                return widths;
            }
            // The texts have their room again, as far as there is some.
            for (index, column) in self.columns.iter().enumerate() {
                if widths[index].is_some() {
                    widths[index] = natural(index, column);
                }
            }
        }
    }

    /// Makes the widest texts narrower; false if that is not enough.
    fn shrink(&self, widths: &mut [Option<usize>], mut excess: usize) -> bool {
        while excess > 0 {
            let texts = self
                .columns
                .iter()
                .zip(widths.iter_mut())
                .filter(|(column, _)| column.gives_way);
            let widest = texts
                .filter_map(|(_, width)| width.as_mut())
                .max_by_key(|width| **width);
            match widest {
                Some(width) if *width > LEAST => *width -= 1,
                _ => return false,
            }
            excess -= 1;
        }
        true
    }

    /// Leaves out the column that is needed least; false if all are needed.
    fn leave_out(&self, widths: &mut [Option<usize>]) -> bool {
        let present = self
            .columns
            .iter()
            .zip(widths.iter_mut())
            .filter(|(column, width)| column.rank > 0 && width.is_some());
        let least = present.max_by_key(|(column, _)| column.rank);
        least.map(|(_, width)| *width = None).is_some()
    }
}

fn total(widths: &[Option<usize>]) -> usize {
    let present = widths.iter().flatten();
    present.clone().sum::<usize>() + GAP.len() * present.count().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::plain;

    fn shown(width: usize) -> Vec<String> {
        let mut table = Table::new(&[
            Column::text("ENDPOINT"),
            Column::number("RATE"),
            Column::number("P50").rank(2),
            Column::number("P99").rank(1),
        ]);
        table.push(vec![
            "GET /orders/{id}/items".into(),
            "1.5".into(),
            "2ms".into(),
            "120ms".into(),
        ]);
        table.push(vec!["GET /".into(), "340".into(), "-".into(), "1.20s".into()]);
        table.rows(width).iter().map(plain).collect()
    }

    #[test]
    fn columns_are_aligned() {
        assert_eq!(
            shown(80),
            [
                "ENDPOINT                RATE  P50    P99",
                "GET /orders/{id}/items   1.5  2ms  120ms",
                "GET /                    340    -  1.20s",
            ]
        );
    }

    #[test]
    fn texts_are_cut_before_columns_are_left_out() {
        assert_eq!(shown(32)[1], "GET /orders/{…   1.5  2ms  120ms");
        assert_eq!(
            shown(28)[0..2],
            ["ENDPOINT         RATE    P99", "GET /orders/{i…   1.5  120ms"]
        );
        assert_eq!(shown(20)[1], "GET /orders/{…   1.5");
    }
}
