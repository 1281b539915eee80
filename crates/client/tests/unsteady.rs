//! A line that breaks, in both directions: what was sent is not lost, and trying ends (law 2).

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use client::{Address, Client, Error, Parts, Pauses, PlainHttp, Sealed, Told, once};
use envelope::{ReceiptToken, SecretId, UploadToken};
use testkit::secrets::{self, Sealed as Secret};
use testkit::server::Server;
use testkit::unsteady::{Unsteady, Way};
use wire::secrets::{Budget, Terms};
use wire::text::Bytes32;

const MEGABYTE: u64 = 1024 * 1024;

fn client(address: std::net::SocketAddr) -> Client {
    let address = Address::parse(&format!("http://{address}"), PlainHttp::ThisMachine).unwrap();
    Client::new(address).unwrap().with_pauses(Pauses::NONE)
}

fn terms(secret: &Secret) -> Terms {
    Terms {
        link_proof_hash: Bytes32::new(*secret.link_proof().hash().as_bytes()),
        proof_hash: Bytes32::new(*secret.proof().hash().as_bytes()),
        receipt_hash: Bytes32::new(*ReceiptToken::hash_of(&secret.receipt_secret).as_bytes()),
        expires_in: Some(3600),
        views: 1,
        failed_passphrases: Budget::default(),
        strict: false,
    }
}

/// The envelope in pieces that end where nothing else does.
fn pieces(envelope: &[u8]) -> Sealed {
    let pieces: Vec<_> =
        envelope.chunks(99_991).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    Box::pin(futures_util::stream::iter(pieces))
}

fn large(server: &Server) -> Secret {
    let text: String = ('a'..='z').cycle().take(20_000_000).collect();
    server.seal(&text, None)
}

#[tokio::test]
async fn a_large_envelope_comes_and_goes_over_a_line_that_breaks() {
    let server = Server::start().await;
    let secret = large(&server);
    let size = u64::try_from(secret.envelope.len()).unwrap();
    let line = Unsteady::to(server.address, Way::Up, 4, 5 * MEGABYTE).await;
    let token = UploadToken::new([7; 32]);
    let parts = Parts { terms: terms(&secret), length: size, passphrase: false, token: &token };
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told: Arc<Told> = {
        let seen = Arc::clone(&seen);
        Arc::new(move |sent| seen.lock().unwrap().push(sent))
    };
    let sender = client(line.address);
    let created = sender.upload(parts, pieces(&secret.envelope), &told).await.unwrap();
    assert_eq!(line.left(), 0, "the line was cut as often as it should be");
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen.last(), Some(&size), "progress ends at the end");
    assert!(
        seen.iter().all(|sent| *sent <= size) && !seen.is_sorted(),
        "and goes back when it must"
    );

    let line = Unsteady::to(server.address, Way::Down, 5, 3 * MEGABYTE).await;
    let reader = client(line.address);
    let id: SecretId = created.id.parse().unwrap();
    let token = secrets::claim_token(&*server.dice);
    let (link_proof, proof) = (secret.link_proof(), secret.proof());
    let mut delivery = reader.claim(&id, &link_proof, &proof, &token).await.unwrap();
    let mut envelope = Vec::new();
    while let Some(bytes) = delivery.next().await.unwrap() {
        envelope.extend_from_slice(&bytes);
    }
    assert!(envelope == secret.envelope, "byte for byte");
    assert_eq!(line.left(), 0);
}

#[tokio::test]
async fn trying_ends_and_what_was_sent_is_given_up() {
    let server = Server::start().await;
    let empty = server.kept().await;
    let secret = large(&server);
    let line = Unsteady::to(server.address, Way::Up, usize::MAX, MEGABYTE).await;
    let token = UploadToken::new([7; 32]);
    let length = u64::try_from(secret.envelope.len()).unwrap();
    let parts = Parts { terms: terms(&secret), length, passphrase: false, token: &token };
    let most = Arc::new(AtomicU64::new(0));
    let told: Arc<Told> = {
        let most = Arc::clone(&most);
        Arc::new(move |sent| {
            most.fetch_max(sent, Ordering::Relaxed);
        })
    };
    let lost = client(line.address).upload(parts, once(secret.envelope.into()), &told).await;
    assert!(matches!(lost, Err(Error::Lost)), "{lost:?}");
    assert!(most.load(Ordering::Relaxed) >= MEGABYTE, "it was on its way");
    let tries = usize::MAX.wrapping_sub(line.left());
    assert!((2..=20).contains(&tries), "{tries} tries");
    server.sweep().await;
    assert_eq!(server.kept().await, empty);
}
