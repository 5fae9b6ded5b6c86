//! Rate, errors and durations of any service from two readings of its metrics page.

mod page;
mod red;

#[cfg(test)]
mod tests;

pub(crate) use page::Page;
pub(crate) use red::between;
