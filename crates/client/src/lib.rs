//! How we ask: typed calls of Sigill's native API, for the command line and for other programs.
//!
//! The cryptography is `envelope`'s, the words are `wire`'s; this crate carries them. In reading order:
//! [`Address`] (which server, and when plain HTTP will do), [`Client`] (the calls), [`Creation`] (an
//! upload that streams and may be asked again), [`Parts`] (a large one, in parts), [`Delivery`] (a download that streams and goes on
//! where it broke), [`Error`] (whose fault it is). Memory is bounded, however large an envelope is.
//!
//! Share a text, open it, say that it arrived:
//!
//! ```no_run
//! use bytes::Bytes;
//! use client::{Address, Client, Creation, IdempotencyKey, PlainHttp, once};
//! use envelope::{ClaimToken, Content, Keys, Link, LinkKey, Profile, ReceiptToken, open, seal};
//! use wire::secrets::{Budget, Terms};
//! use wire::text::Bytes32;
//!
//! # async fn example(random: impl Fn() -> [u8; 32], salt: [u8; 16]) -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new(Address::parse("http://localhost:8080", PlainHttp::ThisMachine)?)?;
//!
//! // The sender seals, and tells the server only hashes of what a reader will have to show.
//! let key = LinkKey::new(random(), Profile::None);
//! let keys = Keys::derive(&key, None)?;
//! let sealed: Bytes = seal(&keys, salt, &Content::Text("4711".to_owned().into()))?.into();
//! let receipt = random();
//! let terms = Terms {
//!     link_proof_hash: Bytes32::new(*keys.link_proof().hash().as_bytes()),
//!     proof_hash: Bytes32::new(*keys.proof().hash().as_bytes()),
//!     receipt_hash: Bytes32::new(*ReceiptToken::hash_of(&receipt).as_bytes()),
//!     expires_in: Some(3600),
//!     views: 1,
//!     failed_passphrases: Budget::default(),
//!     strict: false,
//! };
//! let creation = Creation {
//!     terms: &terms,
//!     length: u64::try_from(sealed.len())?,
//!     key: IdempotencyKey::new(salt),
//! };
//! let created = client.create(&creation, || once(sealed.clone())).await?;
//! let (origin, id) = Link::parse_address(&created.url)?;
//! let link = Link { origin, id, key };
//!
//! // The reader draws a claim token once, and keeps it until the content is safe.
//! let token = ClaimToken::new(random());
//! let keys = Keys::derive(&link.key, None)?;
//! let mut delivery = client.claim(&link.id, &keys.link_proof(), &keys.proof(), &token).await?;
//! let mut sealed = Vec::new();
//! while let Some(bytes) = delivery.next().await? {
//!     sealed.extend_from_slice(&bytes);
//! }
//! let content = open(keys, &sealed)?;
//! client.acknowledge(&link.id, &token).await?;
//! # drop(content);
//! # Ok(())
//! # }
//! ```
//!
//! An address is judged before anything is asked:
//!
//! ```
//! use client::{Address, AddressFault, PlainHttp};
//!
//! let other_machine = Address::parse("http://secrets.example", PlainHttp::ThisMachine);
//! assert_eq!(other_machine.unwrap_err(), AddressFault::Plain);
//! assert!(Address::parse("https://secrets.example", PlainHttp::ThisMachine).is_ok());
//! assert!(Address::parse("http://127.0.0.1:8080", PlainHttp::ThisMachine).is_ok());
//! ```

mod address;
mod create;
mod deliver;
mod error;
mod organisations;
mod pauses;
mod receipts;
mod transport;
mod upload;

pub use address::{Address, AddressFault, PlainHttp};
pub use create::{Creation, IdempotencyKey, Sealed, once};
pub use deliver::Delivery;
pub use error::Error;
pub use organisations::Key;
pub use pauses::Pauses;
pub use transport::Client;
pub use upload::{Parts, Told};
