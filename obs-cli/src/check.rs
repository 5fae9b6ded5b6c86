//! The command `obs check`.

use std::{
    error::Error,
    fs,
    io::{self, Read as _},
};

use obs_rules::definition::{Definition, Service};
use obs_stack::{
    files,
    live::{self, Page},
    output::Folder,
};

use super::{
    args::CheckArgs,
    generate,
    outcome::{Outcome, Verdict, complain, count, say},
};

/// Compares files and pages with the definition, and prints a line for each finding.
///
/// # Errors
///
/// If the definition or the folder can't be read, or an argument is invalid. A page that
/// can't be fetched is reported, and makes the verdict [`Verdict::Incomplete`].
pub(super) fn run(args: &CheckArgs) -> Outcome {
    let definition = generate::read_definition(&args.spec.spec)?;
    for note in definition.notes() {
        say(&format!("note: {note}"))?;
    }
    let sources = sources(&definition, args)?;
    let (mut pages, mut away) = (Vec::new(), 0);
    for (service, place) in &sources {
        match page(place) {
            Ok(page) => pages.push((*service, page)),
            // Not a finding; the other pages are checked all the same.
            Err(error) => {
                complain(&*error)?;
                away += 1;
            }
        }
    }
    let mut findings: Vec<_> = poor_alerts(&definition).collect();
    findings.extend(drift(&definition, args)?);
    for (service, page) in &pages {
        let absent = live::absent(&definition, service, page);
        findings.extend(absent.iter().map(|absent| format!("{}: {absent}", service.name)));
    }
    for finding in &findings {
        say(finding)?;
    }
    if away > 0 {
        let (pages, found) = (count(away, "page"), count(findings.len(), "finding"));
        say(&format!(
            "{pages} of {} could not be fetched; {found} in the rest",
            sources.len()
        ))?;
        return Ok(Verdict::Incomplete);
    }
    if findings.is_empty() {
        say(&format!(
            "{} and {}: no findings",
            args.spec.spec.display(),
            args.out.out.display()
        ))?;
    } else {
        say(&count(findings.len(), "finding"))?;
    }
    Ok(Verdict::of(findings.is_empty()))
}

/// Alerts without summary, description, runbook, duration, or reason: the defects of the
/// definition.
fn poor_alerts(definition: &Definition) -> impl Iterator<Item = String> {
    definition.defects().into_iter().map(|defect| defect.to_string())
}

/// Files that differ from the generated ones, and how to generate them.
fn drift(definition: &Definition, args: &CheckArgs) -> Result<Vec<String>, Box<dyn Error>> {
    let folder = Folder::new(&args.out.out);
    let drift = folder.drift(&files(definition))?;
    let shown = folder.path().display();
    let mut findings: Vec<_> = drift.iter().map(|drift| format!("{shown}/{drift}")).collect();
    if !findings.is_empty() {
        let (spec, out) = (args.spec.spec.display(), args.out.out.display());
        findings.push(format!(
            "{out}: is not what {spec} says: run `obs generate --spec {spec} --out {out}`"
        ));
    }
    Ok(findings)
}

/// The addresses of the metrics pages to check, each with its service.
fn sources<'a>(definition: &'a Definition, args: &CheckArgs) -> Result<Vec<(&'a Service, String)>, Box<dyn Error>> {
    let mut sources = Vec::new();
    for given in &args.pages {
        let bad = || format!("--page {given}: expected SERVICE=PAGE, as in payments=http://127.0.0.1:8080/metrics");
        let (name, place) = given.split_once('=').ok_or_else(bad)?;
        let service = definition
            .services
            .iter()
            .find(|service| service.name == name)
            .ok_or_else(|| {
                let known: Vec<_> = definition
                    .services
                    .iter()
                    .map(|service| service.name.as_str())
                    .collect();
                format!(
                    "--page {given}: there is no service {name:?}; there are {}",
                    known.join(", ")
                )
            })?;
        if place.starts_with("https://") {
            return Err(format!(
                "{place}: https is not supported, pipe the page in: curl -s {place} | obs check --page {name}=-"
            )
            .into());
        }
        sources.push((service, place.to_owned()));
    }
    if args.running {
        for service in &definition.services {
            let of = |target: &String| (service, format!("http://{target}{}", service.metrics_path));
            sources.extend(service.targets.iter().map(of));
        }
    }
    Ok(sources)
}

/// Reads a page from a URL, a file, or standard input (`-`).
fn page(place: &str) -> Result<Page, Box<dyn Error>> {
    if place == "-" {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text)?;
        return Ok(Page::parse(&text));
    }
    if place.starts_with("http://") {
        return Ok(live::fetch(place)?);
    }
    let text = fs::read_to_string(place).map_err(|error| format!("{place}: can't be read: {error}"))?;
    Ok(Page::parse(&text))
}
