//! The command `obs new`.

use std::{
    error::Error,
    fs::OpenOptions,
    io::{self, BufRead, IsTerminal as _, Write},
};

use obs_rules::definition::Definition;

use super::{
    args::NewArgs,
    outcome::{Outcome, Verdict, say},
};

/// The values of a first definition.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answers {
    pub(super) service: String,
    pub(super) team: String,
    pub(super) contact: String,
    pub(super) environment: String,
    pub(super) targets: Vec<String>,
    pub(super) endpoints: Vec<String>,
    pub(super) objective: String,
}

const CONTACT: &str = "#on-call";
const ENVIRONMENT: &str = "production";
const TARGET: &str = "127.0.0.1:8080";
const OBJECTIVE: &str = "99.9";

/// Writes a first definition.
///
/// # Errors
///
/// If the file exists, a required value is missing, the definition would be invalid, or the
/// file can't be written.
pub(super) fn run(args: &NewArgs) -> Outcome {
    let file = args.out.display().to_string();
    if args.out.exists() {
        return Err(format!("{file}: exists already: give another file by --out, or edit it").into());
    }
    let answers = if io::stdin().is_terminal() {
        prompted(args, &mut Questions::new(io::stdin().lock(), io::stderr().lock()))?
    } else {
        given(args)?
    };
    let text = definition(&answers);
    // The answers may be invalid.
    Definition::parse(&text, &file)
        .map_err(|error| format!("{file} was not written, it would be invalid:\n{error}"))?;
    // Fails if the file was created meanwhile.
    let mut out = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&args.out)
        .map_err(|error| format!("{file}: can't be written: {error}"))?;
    out.write_all(text.as_bytes())?;
    say(&format!(
        "written {file}: review it, then run `obs generate --spec {file} --out deploy`"
    ))?;
    Ok(Verdict::Well)
}

/// The values from flags and defaults.
fn given(args: &NewArgs) -> Result<Answers, Box<dyn Error>> {
    let need = |value: &Option<String>, flag: &str| {
        let missing = || format!("{flag} is missing: give it, or run `obs new` on a terminal, which prompts for it");
        value.clone().ok_or_else(missing)
    };
    if args.endpoints.is_empty() {
        return Err("--endpoint is missing: give at least one, as in --endpoint 'GET /orders/{id}'".into());
    }
    let or = |value: &Option<String>, default: &str| value.clone().unwrap_or_else(|| default.to_owned());
    Ok(Answers {
        service: need(&args.service, "--service")?,
        team: need(&args.team, "--team")?,
        contact: or(&args.contact, CONTACT),
        environment: or(&args.environment, ENVIRONMENT),
        targets: if args.targets.is_empty() {
            vec![TARGET.to_owned()]
        } else {
            args.targets.clone()
        },
        endpoints: args.endpoints.clone(),
        objective: args
            .objective
            .map_or_else(|| OBJECTIVE.to_owned(), |objective| objective.to_string()),
    })
}

/// The values from flags; those without a flag are prompted for.
pub(super) fn prompted<R: BufRead, W: Write>(args: &NewArgs, questions: &mut Questions<R, W>) -> io::Result<Answers> {
    let mut ask = |given: &Option<String>, question: &str, default: &str| match given {
        Some(given) => Ok(given.clone()),
        None => questions.ask(question, default),
    };
    let service = ask(&args.service, "Name of the service", "")?;
    let team = ask(&args.team, "Team that runs it", &service)?;
    let contact = ask(&args.contact, "How the team is notified", CONTACT)?;
    let environment = ask(&args.environment, "Environment", ENVIRONMENT)?;
    let objective = args.objective.map(|objective| objective.to_string());
    let objective = ask(&objective, "Requests that must not fail, in percent", OBJECTIVE)?;
    let targets = if args.targets.is_empty() {
        vec![questions.ask("Address that is scraped", TARGET)?]
    } else {
        args.targets.clone()
    };
    let endpoints = if args.endpoints.is_empty() {
        questions.ask_for_all("An endpoint, as in GET /orders/{id}")?
    } else {
        args.endpoints.clone()
    };
    Ok(Answers {
        service,
        team,
        contact,
        environment,
        targets,
        endpoints,
        objective,
    })
}

/// The text of the definition, with comments for its first reader.
pub(super) fn definition(answers: &Answers) -> String {
    common(answers) + &of_service(answers)
}

/// The part about team and links.
fn common(answers: &Answers) -> String {
    let Answers {
        team,
        contact,
        environment,
        ..
    } = answers;
    let (team, contact, environment) = (quoted(team), quoted(contact), quoted(environment));
    format!(
        "# What is run here, what it promises, and what it is watched for. The services read this file when they
# start; `obs generate` makes the configuration of everything around them from it.
version: 1

# A label of lines and alerts: production, staging, …
environment: {environment}

# Who is called.
teams:
  - name: {team}
    contact: {contact}

# Where people find things. Every alert links to a runbook in this folder.
links:
  runbooks: https://runbooks.example.com
  grafana: http://localhost:3000

"
    )
}

/// The part about the service.
fn of_service(answers: &Answers) -> String {
    let Answers {
        service,
        team,
        targets,
        endpoints,
        objective,
        ..
    } = answers;
    let (service, team, objective) = (quoted(service), quoted(team), number(objective));
    let targets: Vec<_> = targets.iter().map(|target| quoted(target)).collect();
    let targets = targets.join(", ");
    let endpoints: Vec<_> = endpoints
        .iter()
        .map(|endpoint| format!("      - {}", quoted(endpoint)))
        .collect();
    let endpoints = endpoints.join("\n");
    format!(
        "services:
  # The name is the `job` in Prometheus and Loki, and `service.name` in traces.
  - name: {service}
    team: {team}
    # Where it is scraped.
    targets: [{targets}]
    # What it answers, as its router spells it.
    endpoints:
{endpoints}
    # What it promises: four alerts follow from each, two that page and two that don't.
    slos:
      - name: availability
        objective: {objective}
        window: 30d
        # An alert's window must have seen so many requests: one failure at night wakes nobody.
        min_requests: 50
    # Pools of its databases, its caches, whether it calls other services: alerts and panels follow.
    # databases: [orders]
    # caches: [products]
    # clients: true
    # Standard alerts are on where they mean something. Change what does not suit, add your own.
    # alerts:
    #   standard:
    #     HighLatency: {{ above: 2s }}
"
    )
}

/// A YAML string: plain if no YAML reader takes it for another type, else in double quotes.
fn quoted(text: &str) -> String {
    let is_plain = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c == '-')
        && !matches!(
            text,
            "yes" | "no" | "on" | "off" | "y" | "n" | "true" | "false" | "null"
        );
    if is_plain {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}

/// A number as it was typed. Anything else is quoted, so that the definition reports it by
/// name.
fn number(text: &str) -> String {
    if text.parse::<f64>().is_ok() {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// A dialogue on a terminal.
#[derive(Debug)]
pub(super) struct Questions<R, W> {
    answers: R,
    shown: W,
}

// === impl Questions ===

impl<R: BufRead, W: Write> Questions<R, W> {
    /// A dialogue that reads `answers` and writes questions to `shown`.
    pub(super) fn new(answers: R, shown: W) -> Self {
        Self { answers, shown }
    }

    /// Asks a question. An empty answer means the default; without a default, the question
    /// is repeated.
    ///
    /// # Errors
    ///
    /// If the input has ended, or can't be read.
    pub(super) fn ask(&mut self, question: &str, default: &str) -> io::Result<String> {
        loop {
            let hint = if default.is_empty() {
                String::new()
            } else {
                format!(" [{default}]")
            };
            write!(self.shown, "{question}{hint}: ")?;
            self.shown.flush()?;
            let mut answer = String::new();
            if self.answers.read_line(&mut answer)? == 0 {
                return Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    format!("nobody answers {question:?}"),
                ));
            }
            let answer = answer.trim();
            if !answer.is_empty() || !default.is_empty() {
                return Ok(if answer.is_empty() { default } else { answer }.to_owned());
            }
        }
    }

    /// Asks for one or more values, until an empty answer.
    ///
    /// # Errors
    ///
    /// If the input has ended, or can't be read.
    pub(super) fn ask_for_all(&mut self, question: &str) -> io::Result<Vec<String>> {
        let mut answers = vec![self.ask(question, "")?];
        loop {
            let answer = self.ask("  and another (empty: no more)", "-")?;
            if answer == "-" {
                return Ok(answers);
            }
            answers.push(answer);
        }
    }
}
