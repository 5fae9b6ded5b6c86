//! Settings of requests.

use obs_base::InitError;

use super::ObsBuilder;
use crate::context::request_id_header;

/// The longest name of a header, in bytes.
const MAX_NAME: usize = 64;
/// Headers with another meaning, which can't carry request ids.
const OTHERS: [&str; 24] = [
    "accept",
    "authorization",
    "baggage",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "date",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "location",
    "server-timing",
    "set-cookie",
    "te",
    "traceparent",
    "traceresponse",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

// === impl ObsBuilder ===

impl ObsBuilder {
    /// The header of request ids, in place of `x-request-id`: the id of a request is read from it and echoed in it, and
    /// clients send the id of the current request in it, unless the outgoing request has that header already.
    ///
    /// A name of 1 to 64 letters, digits and `-_`, in any case; headers with another meaning, such as `cookie`, are
    /// refused. By default the header is `x-request-id` and clients send no ids; they do if `x-request-id` is set
    /// here.
    ///
    /// ```
    /// use obs_core::Obs;
    ///
    /// let builder = Obs::builder("payment-service").request_id_header("x-correlation-id");
    /// # drop(builder);
    /// ```
    pub fn request_id_header(mut self, name: impl Into<String>) -> Self {
        self.request_id_header = Some(name.into());
        self
    }

    /// Checks the name of the header, and writes it in lower case.
    pub(super) fn check_request_id_header(&mut self) -> Result<(), InitError> {
        let Some(given) = &mut self.request_id_header else {
            return Ok(());
        };
        given.make_ascii_lowercase();
        let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let is_name = (1..=MAX_NAME).contains(&given.len()) && given.bytes().all(is_of_name);
        if is_name && !OTHERS.contains(&&**given) && request_id_header(given).is_some() {
            return Ok(());
        }
        let shown: String = given.chars().take(MAX_NAME).collect();
        let expected = "a name of a header of its own such as x-correlation-id: 1 to 64 letters, digits, - and _";
        Err(InitError::invalid("request_id_header", shown, expected))
    }
}

#[cfg(test)]
mod tests {
    use crate::Obs;

    #[test]
    fn a_header_that_can_not_have_request_ids_is_refused() {
        for bad in [
            "",
            "x y",
            "x:y",
            "ä",
            "x\n",
            "Host",
            "traceparent",
            "Cookie",
            &"x".repeat(65),
        ] {
            let built = Obs::builder("test")
                .request_id_header(bad)
                .log_writer(std::io::sink())
                .build();
            let error = built.unwrap_err().to_string();
            assert!(
                error.starts_with("request_id_header is ") && error.contains("expected a name of a header"),
                "{error}"
            );
        }
        let built = Obs::builder("test")
            .request_id_header("X-Correlation-ID")
            .log_writer(std::io::sink());
        assert!(built.build().is_ok());
    }
}
