//! The cookie of a session.

use obs_base::fnv::Fnv1a;

use super::{host::Authority, session::IDLE};
use crate::server::ConsoleRequest;

/// The cookie of a console, as the client of a request has it.
#[derive(Clone, Debug)]
pub(crate) struct Cookie {
    name: String,
    path: String,
    is_https: bool,
}

// === impl Cookie ===

impl Cookie {
    pub(crate) fn of(request: &ConsoleRequest<'_>) -> Self {
        Self {
            name: name(request),
            path: if request.mount.is_empty() { "/" } else { request.mount }.to_owned(),
            is_https: request.says("x-forwarded-proto", "https"),
        }
    }

    /// The header that sets it, for this console alone.
    pub(super) fn set(&self, value: &str) -> String {
        let Self { name, path, is_https } = self;
        let (secure, age) = (if *is_https { "; Secure" } else { "" }, IDLE.as_secs());
        format!("{name}={value}; Path={path}; Max-Age={age}; HttpOnly; SameSite=Strict{secure}")
    }

    /// The values that a client shows; there may be several, of other paths.
    pub(super) fn shown(&self, request: &ConsoleRequest<'_>) -> Vec<Vec<u8>> {
        const MAX_SHOWN: usize = 8;
        let mut values = Vec::new();
        request.headers.for_each("cookie", &mut |header| {
            for pair in header.split(|byte| *byte == b';') {
                let rest = pair.trim_ascii().strip_prefix(self.name.as_bytes());
                if let Some(value) = rest.and_then(|rest| rest.strip_prefix(b"="))
                    && values.len() < MAX_SHOWN
                {
                    values.push(value.to_vec());
                }
            }
        });
        values
    }
}

/// The name of the cookie. Browsers have the same cookies for all ports of a host, so that consoles of several services
/// would overwrite each other's.
fn name(request: &ConsoleRequest<'_>) -> String {
    let host = request.only("host");
    let host = host.as_deref().or(request.authority).unwrap_or_default();
    let port = Authority::read(host).and_then(|authority| authority.port);
    let mut hash = Fnv1a::default();
    hash.add_text(request.mount);
    hash.add_text(&port.map(|port| port.to_string()).unwrap_or_default());
    format!("obs_console_{:016x}", hash.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<T>(headers: &[(&str, &str)], mount: &str, call: impl FnOnce(&ConsoleRequest<'_>) -> T) -> T {
        call(&ConsoleRequest {
            method: "GET",
            path: "/",
            mount,
            query: None,
            authority: None,
            headers: &headers,
            peer: None,
        })
    }

    #[test]
    fn a_cookie_is_read_among_others() {
        let name = with(&[("host", "localhost:1")], "/obs", name);
        let header = format!("a=1; {name}x=2;{name}=s3cret ; b");
        let values = with(&[("host", "localhost:1"), ("cookie", &header)], "/obs", |request| {
            Cookie::of(request).shown(request)
        });
        assert_eq!(values, [b"s3cret"]);
    }

    #[test]
    fn consoles_of_other_ports_and_paths_have_other_cookies() {
        let of = |host, mount| with(&[("host", host)], mount, name);
        assert_eq!(of("localhost:1", "/obs"), of("127.0.0.1:1", "/obs"));
        assert_ne!(of("localhost:1", "/obs"), of("localhost:2", "/obs"));
        assert_ne!(of("localhost:1", "/obs"), of("localhost:1", "/other"));
    }

    #[test]
    fn a_cookie_is_for_no_script_and_no_other_site() {
        let set = with(&[("host", "localhost:1")], "/obs", |request| {
            Cookie::of(request).set("v")
        });
        assert!(
            set.ends_with("=v; Path=/obs; Max-Age=43200; HttpOnly; SameSite=Strict"),
            "{set}"
        );
        let tls = [("host", "shop.internal"), ("x-forwarded-proto", "https")];
        let set = with(&tls, "", |request| Cookie::of(request).set("v"));
        assert!(
            set.ends_with("=v; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure"),
            "{set}"
        );
    }
}
