//! Text where only some characters are allowed: file names, addresses, regular expressions.

/// A name for files and addresses: ASCII letters in lower case and digits; everything else
/// becomes a hyphen.
pub(crate) fn slug(name: &str) -> String {
    name.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect()
}

/// `name` in at most `longest` bytes (12 or more). A longer name keeps its beginning and
/// ends with a hash of the whole, so that two long names stay different.
pub(crate) fn shortened(name: &str, longest: usize) -> String {
    if name.len() <= longest {
        name.to_owned()
    } else {
        with_hash(name, name, longest)
    }
}

/// The beginning of `name`, a hyphen and a hash of `of`, at most `longest` bytes together.
pub(crate) fn with_hash(name: &str, of: &str, longest: usize) -> String {
    let hash = format!("{:08x}", fnv1a(of));
    let mut end = name.len().min(longest.saturating_sub(hash.len() + 1));
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}-{hash}", name[..end].trim_end_matches(['-', '.']))
}

/// The 32-bit FNV-1a hash: short, and the same in every version and on every machine.
fn fnv1a(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// A regular expression (RE2) that matches exactly this text.
pub(crate) fn regex_escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// The text on one line: each control character, line breaks among them, becomes a blank.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
