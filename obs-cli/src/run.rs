//! Running a command: from arguments to an exit code.

use std::{
    error::Error,
    io::{self, Write as _},
    iter,
    path::Path,
    process::ExitCode,
};

use clap::Parser as _;
use obs_rules::definition::Definition;
use obs_stack::{files, output::Folder};

use super::{
    args::{self, Args, Command, GenerateArgs},
    ask, check, mcp, new, open, tail, test, top,
};

/// Runs the command in the arguments of the process, and returns its [exit code](super).
/// Reports go to standard output, errors to standard error.
pub(super) fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help and version are errors to clap. If they can't be written, nobody reads them.
            let _ = error.print();
            return if error.use_stderr() {
                ExitCode::from(2)
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    let outcome = match &args.command {
        Command::New(args) => new::run(args),
        Command::Generate(args) => generate(args),
        Command::Check(args) => check::run(args),
        Command::Test(args) => test::run(args),
        Command::Top(args) => top::run(args),
        Command::Running(args) => ask::running(args),
        Command::Errors(args) => ask::errors(args),
        Command::Trace(args) => ask::trace(args),
        Command::Diff(args) => ask::diff(args),
        Command::Tail(args) => tail::run(args),
        Command::Open(args) => open::run(args),
        Command::Mcp(args) => mcp::run(args),
        Command::Completions(args) => args::completions(args),
    };
    match outcome {
        Ok(Verdict::Well) => ExitCode::SUCCESS,
        Ok(Verdict::Wrong) => ExitCode::from(1),
        Ok(Verdict::Incomplete) => ExitCode::from(2),
        // The reader of our output has closed it: `obs check | head`.
        Err(error) if is_broken_pipe(&*error) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = complain(&*error);
            ExitCode::from(2)
        }
    }
}

/// Whether the output was closed by its reader.
fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Reads the definition.
///
/// # Errors
///
/// If it does not exist, can't be read, or is invalid.
pub(super) fn read_definition(path: &Path) -> Result<Definition, Box<dyn Error>> {
    if path.exists() {
        return Ok(Definition::read(path)?);
    }
    let path = path.display();
    Err(format!("{path}: no such file: give the definition by --spec, or write a first one with `obs new`").into())
}

/// The command `obs generate`.
///
/// # Errors
///
/// If the definition or the folder can't be read, or the files can't be written.
fn generate(args: &GenerateArgs) -> Outcome {
    let definition = read_definition(&args.spec.spec)?;
    for note in definition.notes() {
        say(&format!("note: {note}"))?;
    }
    let folder = Folder::new(&args.out.out);
    let written = folder.write(&files(&definition))?;
    for path in &written.changed {
        say(&format!("written {path}"))?;
    }
    for path in &written.removed {
        say(&format!("removed {path}"))?;
    }
    for (path, kept) in &written.kept_aside {
        say(&format!(
            "{path} is not generated any more and contains text of your own: kept as {kept}"
        ))?;
    }
    say(&format!(
        "{}: {} written, {} unchanged, {} removed",
        folder.path().display(),
        count(written.changed.len(), "file"),
        written.unchanged.len(),
        written.removed.len(),
    ))?;
    Ok(Verdict::Well)
}

/// The most causes of an error that are printed.
const MAX_CAUSES: usize = 16;

/// The result of a command that has finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(super) enum Verdict {
    /// Success: exit code 0.
    Well,
    /// There are findings: exit code 1.
    Wrong,
    /// A part could not be checked: exit code 2.
    Incomplete,
}

/// The result of a command, or why it could not finish.
pub(super) type Outcome = Result<Verdict, Box<dyn Error>>;

// === impl Verdict ===

impl Verdict {
    /// Success if nothing was found.
    pub(super) fn of(is_well: bool) -> Self {
        if is_well { Self::Well } else { Self::Wrong }
    }
}

/// Prints a line to standard output.
pub(super) fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{line}")
}

/// Prints an error with its causes to standard error.
pub(super) fn complain(error: &(dyn Error + 'static)) -> io::Result<()> {
    let causes = iter::successors(Some(error), |error: &&(dyn Error + 'static)| (*error).source()).take(MAX_CAUSES + 1);
    let texts: Vec<String> = causes.map(ToString::to_string).collect();
    writeln!(io::stderr().lock(), "error: {}", texts.join(": "))
}

/// A number with its noun: `1 file`, `2 files`.
pub(super) fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}
