//! From text to tokens.

/// A part of a template's text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece<'a> {
    /// Text between actions, trimmed where an action has a `-`.
    Text(&'a str),
    /// An action: its text for messages, and its tokens.
    Action(&'a str, Vec<Token>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// `humanize`, `if`, `true`
    Word(String),
    /// `$labels`, `$` is the empty name.
    Variable(String),
    /// `.Labels`
    Field(String),
    /// `.`
    Dot,
    Text(String),
    Integer(i64),
    Float(f64),
    Pipe,
    Open,
    Close,
    /// White space, which distinguishes `$labels .x` from `$labels.x`.
    Space,
}

/// Cuts a template into pieces.
///
/// # Errors
///
/// If an action, a comment or a text in an action doesn't end, or a sign stands in it that is none.
pub(super) fn pieces(template: &str) -> Result<Vec<Piece<'_>>, String> {
    let (mut pieces, mut rest, mut is_trimmed) = (Vec::new(), template, false);
    while let Some((before, inside)) = rest.split_once("{{") {
        let (inside, trims_before) = match inside.strip_prefix('-') {
            Some(after) if after.starts_with(is_space) => (after, true),
            _ => (inside, false),
        };
        let before = if is_trimmed {
            before.trim_start_matches(is_space)
        } else {
            before
        };
        pieces.push(Piece::Text(if trims_before {
            before.trim_end_matches(is_space)
        } else {
            before
        }));
        let whole = &rest[rest.len() - inside.len()..];
        let (tokens, after) = action(inside).map_err(|error| format!("{error} in {}", shown(whole)))?;
        let length = inside.len() - after.len();
        if let Some(tokens) = tokens {
            pieces.push(Piece::Action(inside[..length].trim_end_matches("}}").trim(), tokens));
        }
        is_trimmed = inside[..length].ends_with("-}}");
        rest = after;
    }
    pieces.push(Piece::Text(if is_trimmed {
        rest.trim_start_matches(is_space)
    } else {
        rest
    }));
    Ok(pieces)
}

/// The beginning of an action, for a message.
fn shown(inside: &str) -> String {
    let line = inside.lines().next().unwrap_or_default();
    let end = line.find("}}").map_or(line.len(), |end| end + 2);
    format!("\"{{{{{}\"", line[..end].chars().take(60).collect::<String>())
}

pub(super) const fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// The tokens up to `}}`, and what follows; a comment has none.
fn action(inside: &str) -> Result<(Option<Vec<Token>>, &str), String> {
    const NO_END: &str = "{{ without its }}";
    if let Some(comment) = inside.trim_start_matches(is_space).strip_prefix("/*") {
        let (_, after) = comment.split_once("*/").ok_or("a comment without its */")?;
        let after = after.strip_prefix(" -}}").or_else(|| after.strip_prefix("}}"));
        return after
            .map(|after| (None, after))
            .ok_or_else(|| "a comment that is not alone".to_owned());
    }
    let (mut tokens, mut rest) = (Vec::new(), inside);
    loop {
        if let Some(after) = rest.strip_prefix("}}") {
            return Ok((Some(tokens), after));
        }
        let is_after_space = matches!(tokens.last(), Some(Token::Space) | None);
        if let Some(after) = rest.strip_prefix("-}}").filter(|_| is_after_space) {
            return Ok((Some(tokens), after));
        }
        if rest.is_empty() || rest.starts_with("{{") {
            return Err(NO_END.to_owned());
        }
        let (token, after) = token(rest)?;
        tokens.push(token);
        rest = after;
    }
}

fn token(text: &str) -> Result<(Token, &str), String> {
    let first = text.chars().next().unwrap_or_default();
    let after = &text[first.len_utf8()..];
    match first {
        c if is_space(c) => Ok((Token::Space, text.trim_start_matches(is_space))),
        '|' => Ok((Token::Pipe, after)),
        '(' => Ok((Token::Open, after)),
        ')' => Ok((Token::Close, after)),
        '"' => quoted(after),
        '`' => match after.split_once('`') {
            Some((raw, after)) => Ok((Token::Text(raw.to_owned()), after)),
            None => Err("a text without its second `".to_owned()),
        },
        '$' => {
            let (name, after) = word(after);
            Ok((Token::Variable(name.to_owned()), after))
        }
        '.' if !after.starts_with(|c: char| c.is_ascii_digit()) => {
            let (name, after) = word(after);
            Ok((
                if name.is_empty() {
                    Token::Dot
                } else {
                    Token::Field(name.to_owned())
                },
                after,
            ))
        }
        '0'..='9' | '.' | '+' | '-' => number(text),
        c if c == '_' || c.is_alphabetic() => {
            let (name, after) = word(text);
            Ok((Token::Word(name.to_owned()), after))
        }
        ':' | '=' | ',' => Err(format!("{first:?}: variables can't be set here")),
        c => Err(format!("{c:?} means nothing")),
    }
}

fn word(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| c != '_' && !c.is_alphanumeric())
        .unwrap_or(text.len());
    text.split_at(end)
}

fn number(text: &str) -> Result<(Token, &str), String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-' | '_');
    let (number, after) = text.split_at(text.find(|c| !is_part(c)).unwrap_or(text.len()));
    let is_decimal = number
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, '.' | '+' | '-' | 'e' | 'E'));
    // A zero first is an octal number to Go.
    let has_zero = number
        .trim_start_matches(['+', '-'])
        .strip_prefix('0')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let integer = number.parse().map(Token::Integer).ok();
    let token = integer.or_else(|| number.parse().map(Token::Float).ok());
    let token = token
        .filter(|_| is_decimal && !has_zero)
        .ok_or_else(|| format!("{number:?} is no decimal number"))?;
    Ok((token, after))
}

/// The rest of a text in quotes, with Go's escapes.
fn quoted(text: &str) -> Result<(Token, &str), String> {
    const NO_END: &str = "a text without its second \"";
    let mut unquoted = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((Token::Text(unquoted), &text[at + 1..])),
            '\n' => break,
            '\\' => {
                let (_, escaped) = chars.next().ok_or(NO_END)?;
                unquoted.push(match escaped {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    '"' | '\\' => escaped,
                    'u' => unicode(&mut chars)?,
                    other => return Err(format!("\"\\{other}\" is no escape")),
                });
            }
            c => unquoted.push(c),
        }
    }
    Err(NO_END.to_owned())
}

/// The four digits after `\u`.
fn unicode(chars: &mut std::str::CharIndices<'_>) -> Result<char, String> {
    let digits: String = chars.by_ref().take(4).map(|(_, c)| c).collect();
    let code = u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 4);
    code.and_then(char::from_u32)
        .ok_or_else(|| format!("\"\\u{digits}\" is no character"))
}
