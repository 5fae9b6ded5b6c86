use proptest::prelude::*;

use super::*;

struct Lines(Vec<(&'static str, Vec<u8>)>);

impl HeaderReader for Lines {
    fn get(&self, name: &str) -> Option<&[u8]> {
        self.0
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| &value[..])
    }

    fn for_each(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        self.0
            .iter()
            .filter(|(known, _)| *known == name)
            .for_each(|(_, value)| each(value));
    }
}

fn lines(lines: &[(&'static str, &str)]) -> Lines {
    Lines(
        lines
            .iter()
            .map(|(name, value)| (*name, value.as_bytes().to_vec()))
            .collect(),
    )
}

fn privacy(forwarded: ForwardedHeaders) -> Privacy {
    let proxies = vec!["10.0.0.0/8".parse().unwrap(), "2001:db8:ffff::/48".parse().unwrap()];
    Privacy {
        trusted_proxies: proxies,
        forwarded_headers: forwarded,
        ..Privacy::default()
    }
}

/// Client, scheme and host.
type Seen = (Option<String>, Option<&'static str>, Option<String>);

fn read_as(kind: ForwardedHeaders, headers: &Lines) -> Seen {
    let read = Forwarded::read(&privacy(kind), headers);
    let host = read.host.and_then(|host| host.with(headers, str::to_owned));
    (read.client.map(|client| client.to_string()), read.scheme, host)
}

fn read(given: &[(&'static str, &str)]) -> Seen {
    read_as(ForwardedHeaders::Either, &lines(given))
}

fn client(given: &[(&'static str, &str)]) -> Option<String> {
    read(given).0
}

fn text(text: &str) -> String {
    text.to_owned()
}

// === X-Forwarded-* ===

#[test]
fn the_client_is_the_last_stranger_in_the_list() {
    for (list, expected) in [
        ("192.0.2.7", Some("192.0.2.7")),
        ("1.1.1.1, 192.0.2.7", Some("192.0.2.7")),
        ("1.1.1.1, 192.0.2.7, 10.1.1.1,10.0.0.9", Some("192.0.2.7")),
        ("10.1.1.1, 10.0.0.9", Some("10.1.1.1")),
        ("2001:db8::7, 2001:db8:ffff::1", Some("2001:db8::7")),
        ("192.0.2.7:4711", Some("192.0.2.7")),
        ("[2001:db8::7]:4711", Some("2001:db8::7")),
        ("[2001:db8::7]", Some("2001:db8::7")),
        ("::ffff:192.0.2.7", Some("192.0.2.7")),
        ("unknown", None),
        ("192.0.2.7, unknown", None),
        ("192.0.2.7, , 10.0.0.1", Some("10.0.0.1")),
        ("1.1.1.1, secret, 10.0.0.1", Some("10.0.0.1")),
        ("", None),
        ("192.0.2.7/24", None),
        ("localhost", None),
    ] {
        assert_eq!(client(&[("x-forwarded-for", list)]).as_deref(), expected, "{list}");
    }
}

#[test]
fn several_lines_are_one_list() {
    let given = [
        ("x-forwarded-for", "1.1.1.1"),
        ("x-forwarded-for", "192.0.2.7"),
        ("x-forwarded-for", "10.0.0.2"),
    ];
    assert_eq!(client(&given), Some(text("192.0.2.7")));
}

#[test]
fn scheme_and_host_are_those_that_the_client_used() {
    for (proto, host, expected) in [
        ("https", "shop.example", (Some("https"), Some(text("shop.example")))),
        (
            "HTTPS",
            "shop.example:8443",
            (Some("https"), Some(text("shop.example:8443"))),
        ),
        (
            "https, http",
            "shop.example, inner:80",
            (Some("https"), Some(text("shop.example"))),
        ),
        (
            "spoofed, https, http",
            "spoofed, shop.example, inner",
            (Some("https"), Some(text("shop.example"))),
        ),
        ("gopher", "sh\u{1}op", (None, None)),
        ("", "", (None, None)),
        ("https, ", "a b", (Some("https"), None)),
    ] {
        let given = [
            ("x-forwarded-for", "192.0.2.7, 10.0.0.2"),
            ("x-forwarded-proto", proto),
            ("x-forwarded-host", host),
        ];
        let (client, scheme, host) = read(&given);
        assert_eq!((client, (scheme, host)), (Some(text("192.0.2.7")), expected), "{proto}");
    }
}

#[test]
fn scheme_and_host_are_taken_without_an_address_too() {
    let given = [("x-forwarded-proto", "https"), ("x-forwarded-host", "shop.example")];
    assert_eq!(read(&given), (None, Some("https"), Some(text("shop.example"))));
}

// === Forwarded ===

#[test]
fn the_standard_s_examples_are_understood() {
    for (line, expected) in [
        ("for=192.0.2.43", (Some(text("192.0.2.43")), None, None)),
        ("for=\"_gazonk\"", (None, None, None)),
        (
            "For=\"[2001:db8:cafe::17]:4711\"",
            (Some(text("2001:db8:cafe::17")), None, None),
        ),
        (
            "for=192.0.2.60;proto=http;by=203.0.113.43",
            (Some(text("192.0.2.60")), Some("http"), None),
        ),
        (
            "for=192.0.2.43, for=198.51.100.17",
            (Some(text("198.51.100.17")), None, None),
        ),
        (
            "for=192.0.2.43;Proto=\"https\";host=\"shop.example:8443\", for=10.0.0.17",
            (Some(text("192.0.2.43")), Some("https"), Some(text("shop.example:8443"))),
        ),
        ("for=\"192.0.2.43:47011\"", (Some(text("192.0.2.43")), None, None)),
        ("for=unknown;proto=https", (None, Some("https"), None)),
        (
            " , for = 192.0.2.43 ; ; proto=https,",
            (Some(text("192.0.2.43")), Some("https"), None),
        ),
        ("for=\"192.\\0.2.43\"", (Some(text("192.0.2.43")), None, None)),
    ] {
        assert_eq!(read(&[("forwarded", line)]), expected, "{line}");
    }
}

#[test]
fn what_only_a_nearer_proxy_says_is_taken_from_it() {
    let line = "for=192.0.2.43, for=10.0.0.17;proto=https;host=shop.example, for=10.0.0.18;proto=http";
    assert_eq!(
        read(&[("forwarded", line)]),
        (Some(text("192.0.2.43")), Some("https"), Some(text("shop.example")))
    );
    let line = "for=1.1.1.1;proto=https;host=spoofed, for=192.0.2.43, for=10.0.0.18;proto=http";
    assert_eq!(
        read(&[("forwarded", line)]),
        (Some(text("192.0.2.43")), Some("http"), None)
    );
}

#[test]
fn a_malformed_element_ends_what_is_believed() {
    for line in [
        "for=192.0.2.43, for=\"10.0.0.1",
        "for=\"192.0.2.43, for=10.0.0.1",
        "for=192.0.2.43;for=192.0.2.44",
        "for=192.0.2.43;proto=http;proto=https",
        "for=192.0.2.43;host=a;host=b",
        "for",
        "for=\"192.0.2.43\"x",
        "=;=",
    ] {
        assert_eq!(read(&[("forwarded", line)]), (None, None, None), "{line}");
    }
    assert_eq!(
        client(&[("forwarded", "for=\"x"), ("forwarded", "for=192.0.2.43")]),
        Some(text("192.0.2.43"))
    );
}

// === both ===

#[test]
fn of_two_kinds_of_headers_only_what_both_say_is_believed() {
    let (standard, x) = (
        ("forwarded", "for=1.1.1.1;proto=https"),
        ("x-forwarded-for", "192.0.2.7"),
    );
    assert_eq!(read(&[standard, x]), (None, None, None));
    let both = [
        ("forwarded", "for=192.0.2.7;proto=https;host=a"),
        x,
        ("x-forwarded-host", "a"),
    ];
    assert_eq!(read(&both), (Some(text("192.0.2.7")), None, Some(text("a"))));
    let of = |kind| read_as(kind, &lines(&[standard, x])).0;
    assert_eq!(of(ForwardedHeaders::Standard), Some(text("1.1.1.1")));
    assert_eq!(of(ForwardedHeaders::XForwarded), Some(text("192.0.2.7")));
}

#[test]
fn without_headers_nothing_is_said() {
    assert_eq!(read(&[]), (None, None, None));
}

#[test]
fn a_chain_longer_than_any_is_followed_no_further() {
    let given = format!("192.0.2.7{}", ", 10.0.0.1".repeat(MAX_HOPS));
    assert_eq!(client(&[("x-forwarded-for", &given)]), Some(text("10.0.0.1")));
    let given = format!("192.0.2.7{}", ", 10.0.0.1".repeat(MAX_HOPS - 1));
    assert_eq!(client(&[("x-forwarded-for", &given)]), Some(text("192.0.2.7")));
}

fn v4(address: u32) -> String {
    std::net::Ipv4Addr::from(address).to_string()
}

proptest! {
    #[test]
    fn any_bytes_are_survived(
        given in prop::collection::vec(
            (prop::sample::select(vec!["forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"]),
             prop::collection::vec(any::<u8>(), 0..80)),
            0..6,
        ),
    ) {
        let (_, _, host) = read_as(ForwardedHeaders::Either, &Lines(given));
        prop_assert!(host.is_none_or(|host| is_host(host.as_bytes())));
    }

    #[test]
    fn text_like_the_standard_s_is_survived(line in "([fF]or|proto|host|by|x)?[=;, \"\\\\a-z0-9.:\\[\\]]{0,60}") {
        let _ = read(&[("forwarded", &line)]);
    }

    #[test]
    fn a_client_can_not_choose_its_address(
        forged in "[^\r\n]{0,60}",
        real in 0xC000_0200u32..=0xC000_02FF,
        proxies in prop::collection::vec(0x0A00_0000u32..=0x0AFF_FFFF, 0..5),
        own_line: bool,
    ) {
        // Each proxy appends whom it was talked to by: to the last line, or in one of its own.
        let appended = |entry: &dyn Fn(u32) -> String| {
            std::iter::once(real).chain(proxies.iter().copied()).map(entry).collect::<Vec<_>>().join(", ")
        };
        let given = |name, honest: String| if own_line {
            lines(&[(name, &forged), (name, &honest)])
        } else {
            lines(&[(name, &format!("{forged}, {honest}"))])
        };
        let x = given("x-forwarded-for", appended(&v4));
        prop_assert_eq!(read_as(ForwardedHeaders::XForwarded, &x).0, Some(v4(real)));
        let standard = given("forwarded", appended(&|address| format!("for={}", v4(address))));
        let seen = read_as(ForwardedHeaders::Standard, &standard).0;
        // A quote that the client has opened can hide its address, not change it.
        prop_assert!(seen == Some(v4(real)) || (seen.is_none() && !own_line && forged.contains('"')), "{seen:?}");
    }

    #[test]
    fn what_a_proxy_writes_is_read_back(address: IpAddr, port: Option<u16>, https: bool, host in "[a-z][a-z0-9.-]{0,20}") {
        let node = match (address, port) {
            (IpAddr::V4(address), None) => address.to_string(),
            (IpAddr::V4(address), Some(port)) => format!("\"{address}:{port}\""),
            (IpAddr::V6(address), None) => format!("\"[{address}]\""),
            (IpAddr::V6(address), Some(port)) => format!("\"[{address}]:{port}\""),
        };
        let scheme = if https { HTTPS } else { HTTP };
        let line = format!("for={node};host={host};proto={scheme}");
        let expected = (Some(text(&address.to_canonical().to_string())), Some(scheme), Some(host));
        prop_assert_eq!(read(&[("forwarded", &line)]), expected);
    }
}
