//! Whole lines, from events to bytes.

mod events;
mod fixture;
mod levels;
mod limits;
mod requests;
mod writing;
