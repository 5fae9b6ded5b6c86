//! Runs all subjects in turns, each in a process of its own.
//!
//! A subscriber, a recorder and a tracer provider are made for a whole process, and versions of them clash;
//! so each subject has what a service that uses it would have. Only one process works at a time. A new set
//! of processes is started now and then: where a process lies in memory is a matter of chance, and good for
//! several per cent.

use std::{
    collections::HashMap,
    env,
    error::Error,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use super::{SLICE, Work};
use crate::{args::Args, load::Load, subjects::Spec};

/// The first run of a process only warms it up.
const WARM_UP: usize = 1;

/// The figures of a subject under a load.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// Nanoseconds of one request, one for each repetition.
    pub nanos: Vec<f64>,
    /// Allocations of one request.
    pub allocations: f64,
}

/// What came out, by name of the subject.
#[derive(Debug, Default)]
pub struct Results {
    pub samples: HashMap<(&'static str, String), Sample>,
    /// What each has proved to have done.
    pub work: HashMap<&'static str, Work>,
}

/// One process.
struct Running {
    spec: &'static Spec,
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

// === impl Sample ===

impl Sample {
    /// The middle of the repetitions.
    pub fn median(&self) -> f64 {
        let mut sorted = self.nanos.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }
}

/// Runs the subjects of one group under the loads that they take.
pub fn compare(
    specs: &[&'static Spec],
    loads: &[Load],
    args: &Args,
    results: &mut Results,
) -> Result<(), Box<dyn Error>> {
    for round in 0..args.rounds {
        let mut running: Vec<_> = specs.iter().map(|spec| Running::start(spec)).collect::<Result<_, _>>()?;
        if running.is_empty() {
            return Ok(());
        }
        for repetition in 0..WARM_UP + args.repetitions {
            for load in loads {
                // Whoever comes first after another load may have it harder: each does in its turn.
                running.rotate_left(1);
                for one in running.iter_mut().filter(|one| one.spec.takes(*load)) {
                    one.measure(*load, repetition >= WARM_UP, round == 0 && repetition == WARM_UP, results)?;
                }
            }
            eprintln!("round {} of {}, repetition {repetition} of {}", round + 1, args.rounds, args.repetitions);
        }
        running.into_iter().try_for_each(Running::end)?;
    }
    Ok(())
}

// === impl Running ===

impl Running {
    fn start(spec: &'static Spec) -> Result<Self, Box<dyn Error>> {
        let mut process = Command::new(env::current_exe()?)
            .args(["--subject", spec.name])
            .env_remove("RUST_LOG")
            .env("OTEL_BSP_MAX_QUEUE_SIZE", "65536")
            .env("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", SLICE.to_string())
            .env("OTEL_BSP_SCHEDULE_DELAY", "600000")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = process.stdin.take().ok_or("no pipe to the subject")?;
        let output = BufReader::new(process.stdout.take().ok_or("no pipe from the subject")?);
        Ok(Self { spec, process, input, output })
    }

    fn measure(&mut self, load: Load, keep: bool, count: bool, results: &mut Results) -> Result<(), Box<dyn Error>> {
        let nanos = self.ask("time", load, results)?;
        let allocations =
            if count && !load.is_threaded() { Some(self.ask("allocations", load, results)?) } else { None };
        if keep {
            let sample = results.samples.entry((self.spec.name, load.to_string())).or_default();
            sample.nanos.push(nanos);
            sample.allocations = allocations.unwrap_or(sample.allocations);
        }
        Ok(())
    }

    fn ask(&mut self, aim: &str, load: Load, results: &mut Results) -> Result<f64, Box<dyn Error>> {
        let place = Load::all().iter().position(|one| *one == load).ok_or("an unknown load")?;
        writeln!(self.input, "{aim} {place}")?;
        let mut answer = String::new();
        self.output.read_line(&mut answer)?;
        if let Some(wrong) = answer.strip_prefix('!') {
            return Err(format!("{}: {wrong}", self.spec.name).into());
        }
        let (figure, work) =
            parse(&answer).ok_or_else(|| format!("{} has ended: it said {answer:?}", self.spec.name))?;
        *results.work.entry(self.spec.name).or_default() += work;
        Ok(figure)
    }

    fn end(mut self) -> Result<(), Box<dyn Error>> {
        drop(self.input);
        let status = self.process.wait()?;
        if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", self.spec.name).into()) }
    }
}

/// The figure and the work of an answer.
fn parse(answer: &str) -> Option<(f64, Work)> {
    let (figure, work) = answer.trim().split_once(' ')?;
    let mut counts = work.split(' ').map(str::parse);
    let mut count = || counts.next()?.ok();
    Some((figure.parse().ok()?, Work { requests: count()?, lines: count()?, spans: count()? }))
}
