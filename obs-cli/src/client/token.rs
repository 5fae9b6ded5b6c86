//! The token of a console.

use std::{env, fmt, fs, io::Read as _, path::Path};

use obs_base::http_client::http::HeaderValue;

use super::ClientError;

/// The environment variable with the token.
pub(crate) const VARIABLE: &str = "OBS_TOKEN";
/// The most bytes of a token.
const LONGEST: u64 = 4 << 10;

/// A token as a header; shown nowhere.
#[derive(Clone)]
pub(crate) struct Token(HeaderValue);

// === impl Token ===

impl Token {
    /// The token of the file, else of the environment, if there is one.
    ///
    /// # Errors
    ///
    /// If the file can't be read, or what it has can't be a token.
    pub(crate) fn find(file: Option<&Path>) -> Result<Option<Self>, ClientError> {
        if let Some(path) = file {
            let text = read(path).map_err(|error| ClientError::TokenFile(path.to_owned(), error))?;
            return Self::parse(&text)
                .map(Some)
                .ok_or_else(|| ClientError::BadToken(format!("the file {}", path.display())));
        }
        match env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
            None => Ok(None),
            Some(value) => {
                let token = value.to_str().and_then(Self::parse);
                token
                    .map(Some)
                    .ok_or_else(|| ClientError::BadToken(VARIABLE.to_owned()))
            }
        }
    }

    /// A token: one word of visible characters.
    fn parse(text: &str) -> Option<Self> {
        let token = text.trim();
        let is_token = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
            .ok()
            .filter(|_| is_token)?;
        value.set_sensitive(true);
        Some(Self(value))
    }

    pub(crate) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    fs::File::open(path)?.take(LONGEST).read_to_string(&mut text)?;
    Ok(text)
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_word_and_never_shown() {
        let token = Token::parse(" hunter2-0123\n").unwrap();
        assert_eq!(token.header(), "Bearer hunter2-0123");
        assert!(!format!("{token:?} {:?}", token.header()).contains("hunter2"));
        for bad in ["", "  \n", "two words", "a\nb", "\u{e4}", "a\u{7f}"] {
            assert!(Token::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn a_file_that_can_not_be_read_is_named() {
        let error = Token::find(Some(Path::new("/nonexistent/token"))).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/token"), "{error}");
    }
}
