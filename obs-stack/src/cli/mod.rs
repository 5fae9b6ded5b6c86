//! The `obs` command: `new`, `generate`, `check`, `test`, `completions`.
//!
//! | exit code | means |
//! |---|---|
//! | 0 | all is well |
//! | 1 | what was checked or tested is not as it should be: drift, alerts of poor quality, failed tests |
//! | 2 | it could not be done: bad arguments, a bad definition, files that can't be read or written |

mod args;
mod check;
mod new;
mod run;
mod test;

#[cfg(test)]
mod tests;

pub use run::main;
