//! The command `obs generate`.

use std::{error::Error, path::Path};

use obs_rules::definition::Definition;
use obs_stack::{files, output::Folder};

use super::{
    args::GenerateArgs,
    outcome::{Outcome, Verdict, count, say},
};

/// Writes all files, and says which have changed.
///
/// # Errors
///
/// If the definition or the folder can't be read, or the files can't be written.
pub(super) fn run(args: &GenerateArgs) -> Outcome {
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
