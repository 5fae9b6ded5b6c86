//! From tokens to a tree.

use super::{
    function::{Function, Type},
    lexer::{Piece, Token, pieces},
};

/// A template that can be rendered.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Template {
    pub(super) nodes: Vec<Node>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Text(String),
    Print(Expr),
    /// Conditions with what stands under them; the last one may have none.
    If(Vec<(Option<Expr>, Vec<Self>)>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    Value,
    Label(String),
    /// Of the Prometheus that evaluates the rule.
    ExternalLabel,
    Text(String),
    Integer(i64),
    Float(f64),
    Bool(bool),
    Call(Function, Vec<Self>),
}

/// Where labels are looked up.
enum Map {
    Labels,
    ExternalLabels,
}

/// What stands where an operand can.
enum Operand {
    Expr(Expr),
    Map(Map),
    Function(Function),
}

/// How deep parentheses and `if` may be nested.
const DEEPEST: usize = 32;
const LABELS: &str = "$labels is all labels: name one, as in $labels.instance";

// === impl Template ===

impl Template {
    /// # Errors
    ///
    /// If it is not a template, or one that only Prometheus can render.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let pieces = pieces(text)?;
        let mut builder = Builder {
            open: vec![Block::default()],
        };
        for piece in pieces {
            match piece {
                Piece::Text("") => {}
                Piece::Text(text) => builder.push(Node::Text(text.to_owned())),
                Piece::Action(text, tokens) => {
                    builder
                        .action(&tokens)
                        .map_err(|error| format!("{error} in \"{{{{ {text} }}}}\""))?;
                }
            }
        }
        builder.finish()
    }
}

/// What has been read of an `if`, or of the whole.
#[derive(Default)]
struct Block {
    /// The parts that have ended.
    parts: Vec<(Option<Expr>, Vec<Node>)>,
    condition: Option<Expr>,
    nodes: Vec<Node>,
    has_else: bool,
}

struct Builder {
    open: Vec<Block>,
}

// === impl Builder ===

impl Builder {
    fn push(&mut self, node: Node) {
        if let Some(block) = self.open.last_mut() {
            block.nodes.push(node);
        }
    }

    fn action(&mut self, tokens: &[Token]) -> Result<(), String> {
        let mut reader = Reader {
            tokens,
            at: 0,
            depth: 0,
        };
        reader.space();
        match reader.word() {
            Some("if") => {
                reader.at += 1;
                let condition = Some(reader.whole()?);
                if self.open.len() > DEEPEST {
                    return Err("it is nested too deep".to_owned());
                }
                self.open.push(Block {
                    condition,
                    ..Block::default()
                });
            }
            Some("else") => {
                reader.at += 1;
                self.otherwise(reader)?;
            }
            Some("end") => {
                reader.at += 1;
                reader.nothing_more()?;
                let block = self
                    .open
                    .pop()
                    .filter(|_| !self.open.is_empty())
                    .ok_or("`end` without its `if`")?;
                self.push(Node::If(block.into_parts()));
            }
            Some(word @ ("range" | "with" | "template" | "define" | "block" | "break" | "continue")) => {
                return Err(format!(
                    "`{word}` can be rendered by Prometheus only, and not in the process"
                ));
            }
            _ => {
                let expr = reader.whole()?;
                self.push(Node::Print(expr));
            }
        }
        Ok(())
    }

    fn otherwise(&mut self, mut reader: Reader<'_>) -> Result<(), String> {
        reader.space();
        let condition = if reader.word() == Some("if") {
            reader.at += 1;
            Some(reader.whole()?)
        } else {
            reader.nothing_more()?;
            None
        };
        let is_within = self.open.len() > 1;
        match self.open.last_mut() {
            Some(block) if is_within && !block.has_else => {
                let nodes = std::mem::take(&mut block.nodes);
                block.parts.push((block.condition.take(), nodes));
                block.has_else = condition.is_none();
                block.condition = condition;
                Ok(())
            }
            _ => Err("`else` without its `if`".to_owned()),
        }
    }

    fn finish(mut self) -> Result<Template, String> {
        match (self.open.pop(), self.open.is_empty()) {
            (Some(block), true) => Ok(Template { nodes: block.nodes }),
            _ => Err("`if` without its `end`".to_owned()),
        }
    }
}

// === impl Block ===

impl Block {
    fn into_parts(self) -> Vec<(Option<Expr>, Vec<Node>)> {
        let Self {
            mut parts,
            condition,
            nodes,
            has_else: _,
        } = self;
        parts.push((condition, nodes));
        parts
    }
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
}

// === impl Reader ===

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    fn word(&self) -> Option<&'a str> {
        match self.peek() {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    fn space(&mut self) {
        if self.peek() == Some(&Token::Space) {
            self.at += 1;
        }
    }

    fn nothing_more(&mut self) -> Result<(), String> {
        self.space();
        if self.peek().is_some() {
            Err("more than can stand here".to_owned())
        } else {
            Ok(())
        }
    }

    /// A pipeline, and nothing behind it.
    fn whole(&mut self) -> Result<Expr, String> {
        let expr = self.pipeline()?;
        self.nothing_more()?;
        Ok(expr)
    }

    fn pipeline(&mut self) -> Result<Expr, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("it is nested too deep".to_owned());
        }
        let mut expr = self.command(None)?;
        self.space();
        while self.peek() == Some(&Token::Pipe) {
            self.at += 1;
            expr = self.command(Some(expr))?;
            self.space();
        }
        self.depth -= 1;
        Ok(expr)
    }

    /// An operand, or a function with its arguments; the last one may come through a pipe.
    fn command(&mut self, piped: Option<Expr>) -> Result<Expr, String> {
        self.space();
        let first = self.operand()?;
        let mut operands = Vec::new();
        self.space();
        while !matches!(self.peek(), None | Some(Token::Pipe | Token::Close)) {
            operands.push(self.operand()?);
            self.space();
        }
        match first {
            Operand::Function(function) => call(function, operands, piped),
            Operand::Expr(_) | Operand::Map(_) if piped.is_some() || !operands.is_empty() => {
                Err("a value takes no arguments: a function must come first".to_owned())
            }
            Operand::Expr(expr) => Ok(expr),
            Operand::Map(_) => Err(LABELS.to_owned()),
        }
    }

    fn operand(&mut self) -> Result<Operand, String> {
        let token = self.peek().ok_or("nothing where a value must stand")?;
        self.at += 1;
        Ok(match token {
            Token::Text(text) => Operand::Expr(Expr::Text(text.clone())),
            Token::Integer(number) => Operand::Expr(Expr::Integer(*number)),
            Token::Float(number) => Operand::Expr(Expr::Float(*number)),
            Token::Variable(name) => self.variable(name)?,
            Token::Field(name) => self.field(name)?,
            Token::Word(word) => match word.as_str() {
                "true" => Operand::Expr(Expr::Bool(true)),
                "false" => Operand::Expr(Expr::Bool(false)),
                "nil" => return Err("`nil` is no value".to_owned()),
                word => Operand::Function(Function::named(word)?),
            },
            Token::Open => {
                let expr = self.pipeline()?;
                if self.peek() != Some(&Token::Close) {
                    return Err("( without its )".to_owned());
                }
                self.at += 1;
                Operand::Expr(expr)
            }
            Token::Dot => return Err("`.` is everything at once: name what is meant, as in .Value".to_owned()),
            Token::Pipe | Token::Close | Token::Space => return Err("nothing where a value must stand".to_owned()),
        })
    }

    fn variable(&mut self, name: &str) -> Result<Operand, String> {
        match name {
            "value" => self.value(),
            "labels" => self.label(Map::Labels),
            "externalLabels" => self.label(Map::ExternalLabels),
            "externalURL" => Err("$externalURL is known to Prometheus only, and not in the process".to_owned()),
            name => {
                let hint = super::check::suggestion(name, &["value", "labels", "externalLabels"], "$");
                Err(format!(
                    "${name} does not exist{hint}: there are $value, $labels and $externalLabels"
                ))
            }
        }
    }

    fn field(&mut self, name: &str) -> Result<Operand, String> {
        match name {
            "Value" => self.value(),
            "Labels" => self.label(Map::Labels),
            "ExternalLabels" => self.label(Map::ExternalLabels),
            "ExternalURL" => Err(".ExternalURL is known to Prometheus only, and not in the process".to_owned()),
            name => {
                let hint = super::check::suggestion(name, &["Value", "Labels", "ExternalLabels"], ".");
                Err(format!(
                    ".{name} does not exist{hint}: there are .Value, .Labels and .ExternalLabels"
                ))
            }
        }
    }

    fn value(&self) -> Result<Operand, String> {
        match self.peek() {
            Some(Token::Field(name)) => Err(format!("a number has no .{name}")),
            _ => Ok(Operand::Expr(Expr::Value)),
        }
    }

    /// One of the labels, or all, which `index` takes.
    fn label(&mut self, map: Map) -> Result<Operand, String> {
        let Some(Token::Field(name)) = self.peek() else {
            return Ok(Operand::Map(map));
        };
        self.at += 1;
        if let Some(Token::Field(more)) = self.peek() {
            return Err(format!("the label {name} is a text and has no .{more}"));
        }
        Ok(Operand::Expr(map.get(name)))
    }
}

// === impl Map ===

impl Map {
    fn get(&self, name: &str) -> Expr {
        match self {
            Self::Labels => Expr::Label(name.to_owned()),
            Self::ExternalLabels => Expr::ExternalLabel,
        }
    }
}

fn call(function: Function, operands: Vec<Operand>, piped: Option<Expr>) -> Result<Expr, String> {
    if function == Function::Index {
        return match (operands.as_slice(), &piped) {
            ([Operand::Map(map), Operand::Expr(Expr::Text(name))], None) => Ok(map.get(name)),
            _ => Err("`index` takes the labels and the name of one: index $labels \"instance\"".to_owned()),
        };
    }
    let mut arguments = Vec::new();
    for operand in operands {
        arguments.push(match operand {
            Operand::Expr(expr) => expr,
            Operand::Map(_) => return Err(LABELS.to_owned()),
            Operand::Function(function) if function.takes_nothing() => Expr::Call(function, Vec::new()),
            Operand::Function(function) => {
                return Err(format!(
                    "`{}` as an argument needs parentheses around it",
                    function.name()
                ));
            }
        });
    }
    arguments.extend(piped);
    let types: Vec<Type> = arguments.iter().map(Expr::of_type).collect();
    function.check(&arguments, &types)?;
    Ok(Expr::Call(function, arguments))
}

// === impl Expr ===

impl Expr {
    pub(super) fn of_type(&self) -> Type {
        match self {
            Self::Value | Self::Float(_) => Type::Float,
            Self::Label(_) | Self::ExternalLabel | Self::Text(_) => Type::Text,
            Self::Integer(_) => Type::Integer,
            Self::Bool(_) => Type::Bool,
            Self::Call(function, arguments) => function.gives(arguments),
        }
    }
}
