//! Certificates and keys of code: a collector that is trusted for its certificate, and trusts its clients for theirs.

#![expect(clippy::expect_used, reason = "tests: what can't go on fails the test")]

use std::{fs, sync::Arc, time::Duration};

use obs_core::{
    InitError, Obs,
    adapter::{LayerState, Observation, RequestHead},
    otlp::{Otlp, Pem, Protocol, Signal},
};
use obs_tests::{
    DEADLINE,
    otlp::{Receiver, encrypted},
};
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use tokio::runtime::Runtime;
use tokio_rustls::rustls::{
    RootCertStore, ServerConfig, crypto::ring, pki_types::PrivateKeyDer, server::WebPkiClientVerifier,
};

/// How long an export to a collector that refuses the connection may take.
const SHORT: Duration = Duration::from_secs(2);

fn certified(name: &str) -> CertifiedKey<KeyPair> {
    generate_simple_self_signed([name.to_owned()]).expect("a certificate")
}

/// A server with one certificate that takes clients with the other alone.
fn server(own: &CertifiedKey<KeyPair>, client: &CertifiedKey<KeyPair>) -> Arc<ServerConfig> {
    let provider = Arc::new(ring::default_provider());
    let mut trusted = RootCertStore::empty();
    trusted.add(client.cert.der().clone()).expect("a certificate");
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(trusted), Arc::clone(&provider));
    let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).expect("a key");
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions of the protocol")
        .with_client_cert_verifier(verifier.build().expect("a verifier"))
        .with_single_cert(vec![own.cert.der().clone()], key)
        .expect("a certificate and its key");
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Arc::new(config)
}

/// An instance with these settings for all signals, and these for spans.
fn built(all: Otlp, of_traces: Otlp) -> Result<Obs, InitError> {
    Obs::builder("test")
        .otlp(all)
        .otlp_for(Signal::Traces, of_traces)
        .log_writer(std::io::sink())
        .build()
}

/// Whether a span of such an instance arrives.
fn arrives(receiver: &Receiver, all: Otlp, of_traces: Otlp, timeout: Duration) -> bool {
    let obs = built(all, of_traces).expect("valid settings");
    let layer = LayerState::default().with(|options| options.common.record_into(&obs));
    Observation::start(layer.instrument(), &RequestHead::default(), &()).service_error();
    let is_flushed = obs.shutdown(timeout).is_ok();
    assert_eq!(receiver.spans().len(), usize::from(is_flushed));
    receiver.clear();
    is_flushed
}

#[test]
fn a_collector_and_its_client_know_each_other_by_certificates_of_code() {
    let (collector, client, stranger) = (certified("localhost"), certified("client"), certified("client"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("collector.pem");
    fs::write(&file, collector.cert.pem()).expect("a file in the temporary folder");
    let with_key = |otlp: Otlp, of: &CertifiedKey<KeyPair>| {
        otlp.client_certificate(Pem::bytes(of.cert.pem()))
            .client_key(Pem::bytes(of.signing_key.serialize_pem()))
    };
    let runtime = Runtime::new().expect("a runtime");
    for protocol in [Protocol::Http, Protocol::Grpc] {
        let receiver = Receiver::start();
        let addr = runtime.block_on(encrypted(server(&collector, &client), receiver.addr()));
        let base = Otlp::new()
            .endpoint(format!("https://localhost:{}", addr.port()))
            .protocol(protocol);
        let trusting = base.clone().certificate(Pem::file(&file));
        let (known, unknown) = (
            with_key(trusting.clone(), &client),
            with_key(trusting.clone(), &stranger),
        );
        assert!(arrives(&receiver, known.clone(), Otlp::new(), DEADLINE), "{protocol:?}");
        // A signal's own go first.
        let of_traces = with_key(Otlp::new(), &client);
        assert!(arrives(&receiver, unknown.clone(), of_traces, DEADLINE), "{protocol:?}");
        for refused in [trusting, unknown, with_key(base, &client)] {
            assert!(!arrives(&receiver, refused, Otlp::new(), SHORT), "{protocol:?}");
        }
    }
}

#[test]
fn a_file_that_can_not_be_used_is_named() {
    let endpoint = Otlp::new().endpoint("https://localhost");
    for (all, of_traces, expected) in [
        (
            endpoint.clone().certificate(Pem::file("/nowhere/ca.pem")),
            Otlp::new(),
            "Otlp::certificate is \"/nowhere/ca.pem\", expected a file with PEM certificates (",
        ),
        (
            endpoint.clone(),
            Otlp::new()
                .client_certificate(Pem::bytes(certified("client").cert.pem()))
                .client_key(Pem::file("/nowhere/key.pem")),
            "Otlp::client_key of Signal::Traces is \"/nowhere/key.pem\", expected a file with a PEM private key (",
        ),
    ] {
        let error = built(all, of_traces).expect_err("a file that is missing").to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}
