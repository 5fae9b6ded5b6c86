//! From arguments to an exit code.

use std::{
    error::Error,
    io::{self, Write as _},
    iter,
    path::Path,
    process::ExitCode,
};

use clap::Parser as _;
use obs_rules::definition::Definition;

use super::{
    args::{self, Args, Command, GenerateArgs},
    check, new, test,
};
use crate::{files, output::Folder};

/// Runs the command that the arguments of the process ask for.
#[must_use]
pub fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help and version are errors to clap; where not even this can be written, nobody reads it.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    let outcome = match &args.command {
        Command::New(args) => new::run(args),
        Command::Generate(args) => generate(args),
        Command::Check(args) => check::run(args),
        Command::Test(args) => test::run(args),
        Command::Completions(args) => args::completions(args),
    };
    match outcome {
        Ok(Verdict::Well) => ExitCode::SUCCESS,
        Ok(Verdict::Wrong) => ExitCode::from(1),
        Ok(Verdict::Incomplete) => ExitCode::from(2),
        // Whoever read our output has heard enough: `obs check | head`.
        Err(error) if is_broken_pipe(&*error) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = complain(&*error);
            ExitCode::from(2)
        }
    }
}

fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

pub(super) fn read_definition(path: &Path) -> Result<Definition, Box<dyn Error>> {
    if path.exists() {
        return Ok(Definition::read(path)?);
    }
    let path = path.display();
    Err(format!("{path}: there is no such file: give the definition by --spec, or make a first one by `obs new`")
        .into())
}

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
        say(&format!("{path} is not generated any more and holds text of your own: kept as {kept}"))?;
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

/// The most causes that are shown of an error.
const MAX_CAUSES: usize = 16;

/// How a command ends that could do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(super) enum Verdict {
    /// All is well.
    Well,
    /// Something is not as it should be.
    Wrong,
    /// Not all could be looked at.
    Incomplete,
}

pub(super) type Outcome = Result<Verdict, Box<dyn Error>>;

// === impl Verdict ===

impl Verdict {
    pub(super) fn of(is_well: bool) -> Self {
        if is_well { Self::Well } else { Self::Wrong }
    }
}

/// A line on standard output.
pub(super) fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{line}")
}

/// What kept the command from a part of its work, with its causes, on standard error.
pub(super) fn complain(error: &(dyn Error + 'static)) -> io::Result<()> {
    let causes = iter::successors(Some(error), |error: &&(dyn Error + 'static)| (*error).source()).take(MAX_CAUSES + 1);
    let texts: Vec<String> = causes.map(ToString::to_string).collect();
    writeln!(io::stderr().lock(), "error: {}", texts.join(": "))
}

/// `1 file`, `2 files`
pub(super) fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}
