//! Webhooks over TLS.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use obs_alert::{AlertManager, AlertRule, Channel, Condition, Severity};
use obs_core::metrics::Registry;
use obs_tests::{DEADLINE, until};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
};

use crate::hook::Hook;

/// Encrypts what comes for `to`; where it listens, and the certificate that it shows.
async fn encrypted(to: SocketAddr) -> (SocketAddr, String) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (addr, acceptor) = (listener.local_addr().unwrap(), TlsAcceptor::from(Arc::new(config)));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // A client that doesn't trust us hangs up: that is what is tested.
                let Ok(mut outside) = acceptor.accept(stream).await else {
                    return;
                };
                let mut inside = TcpStream::connect(to).await.unwrap();
                let copied = tokio::io::copy_bidirectional(&mut outside, &mut inside);
                drop(tokio::time::timeout(Duration::from_secs(60), copied).await);
            });
        }
    });
    (addr, cert.pem())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_is_sent_to_whom_is_trusted_and_to_nobody_else() {
    let hook = Hook::start();
    let to = hook
        .url()
        .trim_start_matches("http://")
        .trim_end_matches("/hook")
        .parse()
        .unwrap();
    let (addr, certificate) = encrypted(to).await;
    let url = format!("https://localhost:{}/hook", addr.port());
    let registry = Registry::new();
    let condition = Condition::custom(|| Ok::<_, std::io::Error>(true));
    let manager = AlertManager::builder()
        .registry(&registry)
        .rule(AlertRule::new(
            "QueueStuck",
            condition,
            Severity::Critical,
            "nothing leaves the queue",
        ))
        .channel(
            Channel::webhook(&url)
                .name("trusting")
                .certificate_authority(certificate),
        )
        .channel(Channel::webhook(&url).name("careful").attempts(1))
        .build()
        .unwrap();
    tokio::task::spawn_blocking(move || {
        manager.evaluate(manager.now());
        let line = |channel: &str, outcome: &str| {
            format!("obs_alert_notifications_total{{channel=\"{channel}\",outcome=\"{outcome}\"}} 1\n")
        };
        until(DEADLINE, || {
            let page = obs_tests::page::text_of(&registry);
            page.contains(&line("trusting", "sent")) && page.contains(&line("careful", "failed"))
        });
        assert_eq!(hook.bodies().len(), 1);
        assert!(manager.shutdown(DEADLINE));
    })
    .await
    .unwrap();
}
