//! Single lines: samples with their labels, exemplars and timestamps.

/// One series' value.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The metric name with its suffix (`_bucket`, `_total`).
    pub name: String,
    /// Labels in the order in which they stand on the page.
    pub labels: Vec<(String, String)>,
    /// The value.
    pub value: f64,
    /// The timestamp as it was written: milliseconds in the text format, seconds in OpenMetrics.
    pub timestamp: Option<f64>,
    /// The exemplar (OpenMetrics only).
    pub exemplar: Option<Exemplar>,
}

/// One measurement that stands for a bucket or a counter.
#[derive(Clone, Debug, PartialEq)]
pub struct Exemplar {
    /// Its labels: `trace_id`, `span_id`.
    pub labels: Vec<(String, String)>,
    /// What was measured.
    pub value: f64,
    /// When, in seconds since 1970.
    pub timestamp: Option<f64>,
}

// === impl Sample ===

impl Sample {
    /// The label `name`.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&str> {
        find(&self.labels, name)
    }

    /// Whether it has all of `labels`.
    #[must_use]
    pub fn has(&self, labels: &[(&str, &str)]) -> bool {
        labels.iter().all(|(name, value)| self.label(name) == Some(*value))
    }

    /// Name and labels, labels sorted: what makes the series one of a kind.
    #[must_use]
    pub fn series(&self) -> String {
        self.series_without(&[])
    }

    /// [`series`](Self::series) without the labels of these names.
    pub(super) fn series_without(&self, left_out: &[&str]) -> String {
        let mut labels: Vec<_> = self
            .labels
            .iter()
            .filter(|(name, _)| !left_out.contains(&&**name))
            .collect();
        labels.sort();
        let labels: Vec<_> = labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        if labels.is_empty() {
            self.name.clone()
        } else {
            format!("{}{{{}}}", self.name, labels.join(","))
        }
    }

    /// Reads a line that is no comment.
    pub(super) fn parse(line: &str) -> Result<Self, String> {
        let mut rest = Cursor(line);
        let name = rest.name(is_metric_start)?;
        let labels = if rest.0.starts_with('{') {
            rest.labels()?
        } else {
            Vec::new()
        };
        rest.expect(' ')?;
        let value = rest.number()?;
        let timestamp = if rest.is_number_next() {
            Some(rest.spaced_number()?)
        } else {
            None
        };
        let exemplar = if rest.0.is_empty() {
            None
        } else {
            Some(rest.exemplar()?)
        };
        if !rest.0.is_empty() {
            return Err(format!("{:?} after the sample", rest.0));
        }
        Ok(Self {
            name,
            labels,
            value,
            timestamp,
            exemplar,
        })
    }
}

// === impl Exemplar ===

impl Exemplar {
    /// The label `name`.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&str> {
        find(&self.labels, name)
    }
}

fn find<'a>(labels: &'a [(String, String)], name: &str) -> Option<&'a str> {
    labels
        .iter()
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.as_str())
}

/// Checks a metric name.
pub(super) fn metric_name(name: &str) -> Result<&str, String> {
    let mut rest = Cursor(name);
    rest.name(is_metric_start)?;
    if rest.0.is_empty() {
        Ok(name)
    } else {
        Err(format!("metric name {name:?}"))
    }
}

/// Undoes `\\`, `\n` and, where `quotes` is set, `\"`; nothing else may be escaped.
pub(super) fn unescape(text: &str, quotes: bool) -> Result<String, String> {
    let mut plain = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            plain.push(character);
            continue;
        }
        match characters.next() {
            Some('\\') => plain.push('\\'),
            Some('n') => plain.push('\n'),
            Some('"') if quotes => plain.push('"'),
            other => return Err(format!("escape \\{}", other.map_or_else(String::new, String::from))),
        }
    }
    Ok(plain)
}

/// Reads a number as the formats write it: decimal, with an exponent, or `NaN`, `+Inf`, `-Inf`.
pub(super) fn number(text: &str) -> Result<f64, String> {
    let plain = text.strip_prefix(['+', '-']).unwrap_or(text);
    match (text, plain.as_bytes().first()) {
        ("NaN", _) => Ok(f64::NAN),
        ("+Inf", _) => Ok(f64::INFINITY),
        ("-Inf", _) => Ok(f64::NEG_INFINITY),
        // What Rust reads beyond this ("inf", "nan", ".5") has no digit first.
        (_, Some(b'0'..=b'9')) => text.parse().map_err(|_| format!("number {text:?}")),
        _ => Err(format!("number {text:?}")),
    }
}

fn is_metric_start(character: char) -> bool {
    character.is_ascii_alphabetic() || character == '_' || character == ':'
}

fn is_label_start(character: char) -> bool {
    character.is_ascii_alphabetic() || character == '_'
}

/// What is left of a line.
struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    fn expect(&mut self, wanted: char) -> Result<(), String> {
        match self.0.strip_prefix(wanted) {
            Some(rest) => {
                self.0 = rest;
                Ok(())
            }
            None => Err(format!("{wanted:?} expected at {:?}", self.0)),
        }
    }

    fn take(&mut self, end: usize) -> &'a str {
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        taken
    }

    fn name(&mut self, is_start: fn(char) -> bool) -> Result<String, String> {
        if !self.0.starts_with(is_start) {
            return Err(format!("name expected at {:?}", self.0));
        }
        let end = self
            .0
            .find(|character: char| !is_start(character) && !character.is_ascii_digit());
        Ok(self.take(end.unwrap_or(self.0.len())).to_owned())
    }

    fn labels(&mut self) -> Result<Vec<(String, String)>, String> {
        let mut labels: Vec<(String, String)> = Vec::new();
        self.expect('{')?;
        while !self.0.starts_with('}') {
            if !labels.is_empty() {
                self.expect(',')?;
            }
            let name = self.name(is_label_start)?;
            if name.starts_with("__") {
                return Err(format!("label {name:?} is reserved"));
            }
            if find(&labels, &name).is_some() {
                return Err(format!("label {name:?} comes twice"));
            }
            self.expect('=')?;
            self.expect('"')?;
            let end = closing_quote(self.0).ok_or("label value without its end")?;
            let value = unescape(self.take(end), true)?;
            self.expect('"')?;
            labels.push((name, value));
        }
        self.expect('}')?;
        Ok(labels)
    }

    fn number(&mut self) -> Result<f64, String> {
        let end = self.0.find(' ').unwrap_or(self.0.len());
        number(self.take(end))
    }

    fn is_number_next(&self) -> bool {
        self.0.strip_prefix(' ').is_some_and(|rest| !rest.starts_with('#'))
    }

    fn spaced_number(&mut self) -> Result<f64, String> {
        self.expect(' ')?;
        self.number()
    }

    fn exemplar(&mut self) -> Result<Exemplar, String> {
        for wanted in [' ', '#', ' '] {
            self.expect(wanted)?;
        }
        let labels = self.labels()?;
        let value = self.spaced_number()?;
        let timestamp = if self.0.is_empty() {
            None
        } else {
            Some(self.spaced_number()?)
        };
        Ok(Exemplar {
            labels,
            value,
            timestamp,
        })
    }
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })
}
