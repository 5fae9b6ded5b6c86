//! Requests of reqwest, as the core reads them.

use http::{Extensions, header};
use obs_core::adapter::{ClientRequest, ClientUrl};
use obs_http::Target;
use reqwest::{Request, Url};

/// The number of attempts of a request, in its extensions: retry middleware passes the same ones
/// to each attempt.
#[derive(Clone, Copy, Debug, Default)]
struct Attempts(u32);

/// Counts this attempt. Returns the number of earlier ones.
pub(crate) fn count_attempt(extensions: &mut Extensions) -> u32 {
    let attempts: &mut Attempts = extensions.get_or_insert_default();
    let before = attempts.0;
    attempts.0 = before.saturating_add(1);
    before
}

/// Whether the request has a target, so that the user's function is not called.
pub(crate) fn has_target(extensions: &Extensions) -> bool {
    extensions.get::<Target>().is_some()
}

/// The request as the core reads it; `named` is the template from the user's function.
pub(crate) fn client_request<'a>(
    request: &'a Request,
    extensions: &'a Extensions,
    named: Option<&'a str>,
    resend_count: u32,
) -> ClientRequest<'a> {
    ClientRequest {
        method: request.method().as_str(),
        url: client_url(request.url()),
        target: extensions.get::<Target>().map(Target::as_str).or(named),
        resend_count,
        body_bytes: body_bytes(request),
        labels: &[],
    }
}

/// The parts of a URL.
fn client_url(url: &Url) -> ClientUrl<'_> {
    let host = url.host_str().unwrap_or_default();
    ClientUrl {
        scheme: url.scheme(),
        host: host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host),
        port: url.port(),
        path: url.path(),
        query: url.query(),
        fragment: url.fragment(),
        has_credentials: !url.username().is_empty() || url.password().is_some(),
    }
}

/// The length of a body in memory, or one that the body declares; `None` for other streams.
fn body_bytes(request: &Request) -> Option<u64> {
    let Some(body) = request.body() else { return Some(0) };
    if let Some(bytes) = body.as_bytes() {
        return Some(bytes.len() as u64);
    }
    request
        .headers()
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use reqwest::{Body, Method};

    use super::*;

    #[test]
    fn a_url_is_taken_apart() {
        let url = Url::parse("https://user:secret@[::1]:8443/a?b=1#c").unwrap();
        let parts = client_url(&url);
        assert_eq!((parts.scheme, parts.host, parts.port), ("https", "::1", Some(8443)));
        assert_eq!(
            (parts.path, parts.query, parts.fragment),
            ("/a", Some("b=1"), Some("c"))
        );
        assert!(parts.has_credentials);
    }

    #[test]
    fn attempts_are_counted_from_zero() {
        let mut extensions = Extensions::new();
        assert_eq!([(); 3].map(|()| count_attempt(&mut extensions)), [0, 1, 2]);
    }

    #[test]
    fn the_length_of_a_body_in_memory_is_known() {
        let mut request = Request::new(Method::POST, Url::parse("http://users/").unwrap());
        assert_eq!(body_bytes(&request), Some(0));
        *request.body_mut() = Some(Body::from("hello"));
        assert_eq!(body_bytes(&request), Some(5));
    }
}
