//! Text for terminals: what others wrote is never a command to the terminal, and fits into its width.

mod number;
mod safe;
mod screen;
mod style;
mod table;
mod time;
mod waterfall;

pub(crate) use number::{bytes, duration, number, percent, rate};
pub(crate) use safe::{cut, fit, json_line, pad, shown, width_of};
pub(crate) use screen::Screen;
pub(crate) use style::{Piece, Row, Tone, plain};
pub(crate) use table::{Cell, Column, Table};
pub(crate) use time::{ago, clock};
pub(crate) use waterfall::{Bar, bars};
