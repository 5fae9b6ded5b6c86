//! Alloy's configuration syntax: blocks of attributes and blocks.

use std::fmt;

use obs_rules::promql::Expr;

/// `component "label" { … }`
#[derive(Clone, Debug)]
pub(super) struct Block {
    name: String,
    label: Option<String>,
    body: Vec<Entry>,
}

#[derive(Clone, Debug)]
enum Entry {
    Attribute(String, Value),
    Block(Block),
}

/// A value of an attribute.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(String),
    Bool(bool),
    /// The export of another component.
    Export(String),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
}

// === impl Block ===

impl Block {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), label: None, body: Vec::new() }
    }

    /// Of a component: what others call it by.
    pub(super) fn label(mut self, label: &str) -> Self {
        self.label = Some(label.to_owned());
        self
    }

    pub(super) fn attribute(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.body.push(Entry::Attribute(key.to_owned(), value.into()));
        self
    }

    pub(super) fn block(mut self, block: Self) -> Self {
        self.body.push(Entry::Block(block));
        self
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        let indent = "  ".repeat(depth);
        write!(f, "{indent}{}", self.name)?;
        if let Some(label) = &self.label {
            write!(f, " {}", Expr::string(label))?;
        }
        f.write_str(" {\n")?;
        for entry in &self.body {
            match entry {
                Entry::Attribute(key, value) => writeln!(f, "{indent}  {key} = {value}")?,
                Entry::Block(block) => block.write(f, depth + 1)?,
            }
        }
        writeln!(f, "{indent}}}")
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}

// === impl Value ===

impl Value {
    pub(super) fn map<K: Into<String>, V: Into<Self>>(entries: impl IntoIterator<Item = (K, V)>) -> Self {
        Self::Map(entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }

    /// `[component.label.export]`
    pub(super) fn to(export: &str) -> Self {
        Self::List(vec![Self::Export(export.to_owned())])
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(&Expr::string(text)),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Export(name) => f.write_str(name),
            Self::List(items) => {
                let items: Vec<_> = items.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", items.join(", "))
            }
            Self::Map(entries) => {
                let entries: Vec<_> =
                    entries.iter().map(|(key, value)| format!("{} = {value}", Expr::string(key))).collect();
                write!(f, "{{ {} }}", entries.join(", "))
            }
        }
    }
}
