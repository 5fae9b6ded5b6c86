//! Values of input series, as promtool reads them.

use std::fmt;

/// The values of a series, in phases of constant growth.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Samples {
    phases: Vec<Phase>,
}

/// A phase of constant growth.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Phase {
    start: f64,
    step: f64,
    /// Samples after the first one.
    steps: u32,
}

/// More minutes than any test has.
const FOREVER: u32 = 100_000;

// === impl Samples ===

impl Samples {
    /// A constant value.
    pub(super) fn constant(value: f64) -> Self {
        Self::growing(value, 0.0)
    }

    /// A counter that grows by `step` per minute, from `start` on.
    pub(super) fn growing(start: f64, step: f64) -> Self {
        Self::default().then(start, step, FOREVER)
    }

    /// A counter that grows by `before` per minute for some minutes, then by `after`.
    pub(super) fn changing(before: f64, minutes: u32, after: f64) -> Self {
        let reached = before * f64::from(minutes);
        Self::default()
            .then(0.0, before, minutes.saturating_sub(1))
            .then(reached, after, FOREVER)
    }

    /// A counter whose growth is multiplied by `factor` each minute, for some minutes.
    pub(super) fn accelerating(first: f64, factor: f64, minutes: u32) -> Self {
        let (mut value, mut step, mut samples) = (0.0, first, Self::default());
        for _ in 0..=minutes {
            samples = samples.then(value, 0.0, 0);
            value += step;
            step *= factor;
        }
        samples
    }

    /// Only the samples of the first minutes.
    pub(super) fn until(mut self, minutes: u32) -> Self {
        let mut left = minutes;
        self.phases.retain_mut(|phase| {
            phase.steps = phase.steps.min(left);
            let is_within = left > 0;
            left = left.saturating_sub(phase.steps + 1);
            is_within
        });
        self
    }

    /// The same with each value multiplied.
    pub(super) fn times(mut self, factor: f64) -> Self {
        for phase in &mut self.phases {
            phase.start *= factor;
            phase.step *= factor;
        }
        self
    }

    /// Appends a phase.
    fn then(mut self, start: f64, step: f64, steps: u32) -> Self {
        self.phases.push(Phase { start, step, steps });
        self
    }
}

impl fmt::Display for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, phase) in self.phases.iter().enumerate() {
            let space = if at == 0 { "" } else { " " };
            write!(f, "{space}{phase}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { start, step, steps } = self;
        match steps {
            0 => write!(f, "{start}"),
            // Always with a step: `0x5` would be a hexadecimal number.
            _ => write!(f, "{start}{step:+}x{steps}"),
        }
    }
}
