//! Text that goes to people: bounded, and on one line where it has to be.

/// What is kept of the text of an error of others, in bytes.
pub(crate) const MOST_ERROR: usize = 1_000;

/// The beginning of a text, `most` bytes at most, with `…` where something is missing.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let most = most.saturating_sub('…'.len_utf8());
    let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    format!("{}…", &text[..end])
}

/// The same on one line: what would break it is a space.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    let line: String = cut(text, most)
        .chars()
        .map(|c| if breaks_lines(c) { ' ' } else { c })
        .collect();
    line.trim().to_owned()
}

/// The same with line feeds and tabs, but without other control characters.
pub(crate) fn lines(text: &str, most: usize) -> String {
    let is_kept = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    cut(text, most).chars().filter(is_kept).collect()
}

/// Control characters, and the line and paragraph separators of Unicode.
fn breaks_lines(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn no_text_is_longer_than_asked_for_or_broken(text in "\\PC{0,40}[\\x00-\\x1f]{0,5}", most in 3_usize..60) {
            proptest::prop_assert!(cut(&text, most).len() <= most);
            proptest::prop_assert!(!one_line(&text, most).contains(char::is_control));
            proptest::prop_assert!(!lines(&text, most).contains('\r'));
        }
    }

    #[test]
    fn what_is_short_enough_stays_as_it_is() {
        assert_eq!(cut("naïve", 6), "naïve");
        assert_eq!(cut("naïve", 5), "na…");
        assert_eq!(one_line("a\r\nb\u{2028}c", 20), "a  b c");
    }
}
