//! `obs generate`

use super::{
    args::GenerateArgs,
    definition,
    report::{Outcome, Verdict, count, say},
};
use crate::{files, output::Folder};

pub(super) fn run(args: &GenerateArgs) -> Outcome {
    let definition = definition::read(&args.spec.spec)?;
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
