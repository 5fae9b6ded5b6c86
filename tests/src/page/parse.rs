//! Whole pages: families with their metadata and samples.

use std::fmt;

use super::{
    Sample, check,
    line::{metric_name, unescape},
    others,
};

/// A page of metrics that has passed all checks.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The families in the order of the page.
    pub families: Vec<Family>,
    /// What it was read as.
    pub format: Format,
}

/// The exposition formats that are text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Prometheus text format 0.0.4.
    Text,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

/// The series under one `# TYPE`.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// The name that `# TYPE` gives: in OpenMetrics without `_total`.
    pub name: String,
    /// The type.
    pub kind: Kind,
    /// The unit (OpenMetrics only), empty without one.
    pub unit: String,
    /// The help text.
    pub help: String,
    /// The samples in the order of the page.
    pub samples: Vec<Sample>,
}

/// What `# TYPE` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// `counter`
    Counter,
    /// `gauge`
    Gauge,
    /// `histogram`
    Histogram,
    /// `summary`
    Summary,
    /// `info` (OpenMetrics)
    Info,
    /// `untyped`, in OpenMetrics `unknown`
    Unknown,
}

/// A family while its lines are read.
#[derive(Default)]
struct Draft {
    name: String,
    kind: Option<Kind>,
    unit: Option<String>,
    help: Option<String>,
    samples: Vec<Sample>,
}

// === impl Page ===

impl Page {
    /// Reads a page; one that ends with `# EOF` is OpenMetrics.
    ///
    /// # Errors
    ///
    /// The first line that is wrong, and why.
    pub fn parse(page: &str) -> Result<Self, String> {
        let format = if page.ends_with("# EOF\n") {
            Format::OpenMetrics
        } else {
            Format::Text
        };
        Self::parse_as(format, page)
    }

    /// Reads a page in the text format as exporters of others write it: with blank lines, without help,
    /// and with bounds that are whole numbers (`le="1"`), which become floats.
    ///
    /// # Errors
    ///
    /// The first line that is wrong, and why; blank lines don't count.
    pub fn parse_tolerant(page: &str) -> Result<Self, String> {
        Self::parse_as(Format::Text, &others::as_ours(page))
    }

    /// Reads a page of `format`.
    ///
    /// # Errors
    ///
    /// The first line that is wrong, and why.
    pub fn parse_as(format: Format, page: &str) -> Result<Self, String> {
        let mut lines = page;
        if format == Format::OpenMetrics {
            lines = page
                .strip_suffix("# EOF\n")
                .ok_or("an OpenMetrics page ends with \"# EOF\\n\"")?;
        }
        let mut families = Vec::new();
        let mut draft = Draft::default();
        for (index, line) in lines.split_terminator('\n').enumerate() {
            let at = |problem: String| format!("line {}: {problem}: {line}", index + 1);
            if let Some(done) = draft.line(line, format).map_err(at)? {
                families.push(done.finish(format).map_err(at)?);
            }
        }
        if !lines.is_empty() {
            if !lines.ends_with('\n') {
                return Err("the last line has no end".to_owned());
            }
            families.push(draft.finish(format)?);
        }
        check::unique(&families)?;
        Ok(Self { families, format })
    }
}

// === impl Draft ===

impl Draft {
    /// Takes one line; gives the family before it when the line begins another.
    fn line(&mut self, line: &str, format: Format) -> Result<Option<Self>, String> {
        if line.is_empty() || line.ends_with('\r') {
            return Err("blank line, or a line that ends with CR LF".to_owned());
        }
        let Some(comment) = line.strip_prefix('#') else {
            return self.sample(Sample::parse(line)?, format).map(|()| None);
        };
        let mut words = comment.splitn(4, ' ');
        let (Some(""), Some(what), Some(name), text) = (words.next(), words.next(), words.next(), words.next()) else {
            return Err("a comment that is no metadata".to_owned());
        };
        let text = text.unwrap_or_default();
        let done = (self.name != metric_name(name)? && !self.name.is_empty()).then(|| std::mem::take(self));
        name.clone_into(&mut self.name);
        if !self.samples.is_empty() {
            return Err("metadata after samples of its family".to_owned());
        }
        match what {
            "HELP" => put(&mut self.help, unescape(text, format == Format::OpenMetrics)?)?,
            "TYPE" => put(&mut self.kind, Kind::parse(text, format)?)?,
            "UNIT" if format == Format::OpenMetrics => put(&mut self.unit, text.to_owned())?,
            _ => return Err("a comment that is no metadata".to_owned()),
        }
        Ok(done)
    }

    fn sample(&mut self, sample: Sample, format: Format) -> Result<(), String> {
        let kind = self.kind.ok_or("a sample before its type")?;
        let Some(suffix) = sample.name.strip_prefix(&*self.name) else {
            return Err(format!("a sample that does not belong to {}", self.name));
        };
        if !check::suffixes(kind, format).contains(&suffix) {
            return Err(format!(
                "{kind} {} can't have a sample with suffix {suffix:?}",
                self.name
            ));
        }
        check::sample(kind, suffix, &sample, format)?;
        self.samples.push(sample);
        Ok(())
    }

    fn finish(self, format: Format) -> Result<Family, String> {
        let Self {
            name,
            kind,
            unit,
            help,
            samples,
        } = self;
        let kind = kind.ok_or_else(|| format!("{name} has no type"))?;
        let help = help.ok_or_else(|| format!("{name} has no help"))?;
        let family = Family {
            name,
            kind,
            unit: unit.unwrap_or_default(),
            help,
            samples,
        };
        check::family(&family, format).map_err(|problem| format!("{}: {problem}", family.name))?;
        Ok(family)
    }
}

fn put<T>(place: &mut Option<T>, value: T) -> Result<(), String> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err("metadata that comes twice".to_owned()),
    }
}

// === impl Kind ===

impl Kind {
    fn parse(text: &str, format: Format) -> Result<Self, String> {
        match (text, format) {
            ("counter", _) => Ok(Self::Counter),
            ("gauge", _) => Ok(Self::Gauge),
            ("histogram", _) => Ok(Self::Histogram),
            ("summary", _) => Ok(Self::Summary),
            ("info", Format::OpenMetrics) => Ok(Self::Info),
            ("unknown", Format::OpenMetrics) | ("untyped", Format::Text) => Ok(Self::Unknown),
            _ => Err(format!("type {text:?}")),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Summary => "summary",
            Self::Info => "info",
            Self::Unknown => "unknown",
        })
    }
}
