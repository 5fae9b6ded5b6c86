//! The command line.

/// What to run, and how often.
#[derive(Debug)]
pub struct Args {
    /// The subject that this process is, for a process that another one has started.
    pub subject: Option<String>,
    /// The subject to serve on a port.
    pub serve: Option<String>,
    /// Times that all processes are started anew.
    pub rounds: usize,
    /// Repetitions in each round.
    pub repetitions: usize,
    /// Parts of names: only these subjects, and what they are compared with.
    pub only: Vec<String>,
    /// Whether threads, polls and routes are left out.
    pub plain: bool,
    /// Whether to tell the subjects' names only.
    pub list: bool,
}

pub const USAGE: &str = "usage: bench-peers [--rounds N] [--repetitions N] [--plain] [PART OF A SUBJECT'S NAME]…
  --rounds N         times that all processes are started anew (3)
  --repetitions N    repetitions in each round, of which the medians are taken (6)
  --plain            leave out threads, polls and numbers of routes
  --serve NAME       serve a subject of axum on a port, which is printed, until the input ends
  --list             the names of the subjects";

// === impl Args ===

impl Args {
    /// # Errors
    ///
    /// If an option is unknown or lacks its value.
    pub fn parse(args: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut parsed =
            Self { subject: None, serve: None, rounds: 3, repetitions: 6, only: Vec::new(), plain: false, list: false };
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            let mut number = || {
                let value = args.next().and_then(|value| value.parse().ok()).filter(|value| *value > 0);
                value.ok_or_else(|| format!("{arg} takes a number above 0\n{USAGE}"))
            };
            match arg.as_str() {
                "--rounds" => parsed.rounds = number()?,
                "--repetitions" => parsed.repetitions = number()?,
                "--plain" => parsed.plain = true,
                "--list" => parsed.list = true,
                "--subject" => parsed.subject = Some(args.next().ok_or("--subject takes a name")?),
                "--serve" => parsed.serve = Some(args.next().ok_or("--serve takes a name")?),
                option if option.starts_with('-') => return Err(format!("unknown option {option}\n{USAGE}")),
                _ => parsed.only.push(arg),
            }
        }
        Ok(parsed)
    }

    /// Whether a subject of this name was asked for.
    pub fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| name.contains(part.as_str()))
    }
}
