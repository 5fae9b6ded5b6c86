//! The request of an attempt, as the core reads it.

use http::{Request, header, uri::Authority};
use http_body::Body;
use obs_core::adapter::{ClientRequest, ClientUrl};
use obs_http::Target;

/// The number of earlier attempts of a request, as an extension of the request: for retry
/// policies, which copy the request for each attempt.
///
/// ```
/// let mut again = http::Request::get("http://users.internal/users/7").body(()).unwrap();
/// again.extensions_mut().insert(obs_axum::client::ResendCount(1));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResendCount(pub u32);

/// The request as the core reads it; `named` is the template from the user's function.
pub(super) fn client_request<'a, B: Body>(request: &'a Request<B>, named: Option<&'a str>) -> ClientRequest<'a> {
    let extensions = request.extensions();
    ClientRequest {
        method: request.method().as_str(),
        url: client_url(request),
        target: extensions.get::<Target>().map(Target::as_str).or(named),
        resend_count: extensions.get::<ResendCount>().copied().unwrap_or_default().0,
        body_bytes: request.body().size_hint().exact(),
        labels: &[],
    }
}

/// The URL of a request. A request for an existing connection has its host in a header only, if
/// at all.
fn client_url<B>(request: &Request<B>) -> ClientUrl<'_> {
    let uri = request.uri();
    let of_uri = uri
        .authority()
        .map(|authority| (authority.host(), authority.port_u16()));
    let (host, port) = of_uri.or_else(|| host_header(request)).unwrap_or_default();
    ClientUrl {
        scheme: uri.scheme_str().unwrap_or_default(),
        host: host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host),
        port,
        path: uri.path(),
        query: uri.query(),
        fragment: None,
        has_credentials: uri
            .authority()
            .is_some_and(|authority| authority.as_str().contains('@')),
    }
}

fn host_header<B>(request: &Request<B>) -> Option<(&str, Option<u16>)> {
    let text = request.headers().get(header::HOST)?.to_str().ok()?;
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()),
        _ => (text, None),
    };
    // Only what could stand in a URL.
    text.parse::<Authority>().is_ok().then_some((host, port))
}

/// Whether the request has a target, so that the user's function is not called.
pub(super) fn has_target<B>(request: &Request<B>) -> bool {
    request.extensions().get::<Target>().is_some()
}

#[cfg(test)]
mod tests {
    use http::Uri;

    use super::*;

    fn url_of(uri: &str, host: Option<&str>) -> (String, String, Option<u16>, bool) {
        let mut request = Request::builder().uri(uri.parse::<Uri>().unwrap());
        if let Some(host) = host {
            request = request.header(header::HOST, host);
        }
        let request = request.body(()).unwrap();
        let url = client_url(&request);
        (
            url.scheme.to_owned(),
            url.host.to_owned(),
            url.port,
            url.has_credentials,
        )
    }

    #[test]
    fn the_host_comes_from_the_uri_else_from_the_header() {
        let expected = |scheme: &str, host: &str, port, credentials| (scheme.into(), host.into(), port, credentials);
        assert_eq!(
            url_of("https://users:8443/a", Some("other")),
            expected("https", "users", Some(8443), false)
        );
        assert_eq!(
            url_of("http://me:secret@[::1]/a", None),
            expected("http", "::1", None, true)
        );
        assert_eq!(
            url_of("/a", Some("users:8080")),
            expected("", "users", Some(8080), false)
        );
        assert_eq!(url_of("/a", Some("[::1]")), expected("", "::1", None, false));
        assert_eq!(url_of("/a", Some("a b")), expected("", "", None, false));
        assert_eq!(url_of("/a", None), expected("", "", None, false));
    }
}
