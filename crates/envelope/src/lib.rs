//! The Sigill envelope: links, keys, and the sealed body.
//!
//! Pure: no I/O, no clock, no randomness of its own; random bytes are arguments. The specification is
//! `docs/spec/envelope.md`; the section that a room implements is named in its first lines. In reading
//! order: [`SecretId`] and [`Link`], [`Passphrase`] and [`Keys`], [`Header`], [`stream`], [`manifest`],
//! [`Sealer`] and [`Opener`], [`Content`], the tokens of senders and readers, and those of secrets that
//! the server has sealed ([`SecretToken`], [`ServerReceipt`]).
//!
//! ```
//! use envelope::{Content, Keys, LinkKey, Passphrase, Profile, open, seal};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let random = [7; 32]; // from the system's generator
//! let key = LinkKey::new(random, Profile::Argon2id);
//! let passphrase = Passphrase::new("lantern orbit velvet moss")?;
//!
//! let keys = Keys::derive(&key, Some(&passphrase))?;
//! let content = Content::Text("the door code is 4711".to_owned().into());
//! let envelope = seal(&keys, [3; 16], &content)?;
//!
//! // The server gets the envelope and two hashes, and can open nothing with them.
//! let (kept, shown) = (keys.proof().hash(), keys.proof());
//! kept.verify(&shown)?;
//!
//! let Content::Text(text) = open(keys, &envelope)? else { unreachable!() };
//! assert_eq!(*text, "the door code is 4711");
//! # Ok(())
//! # }
//! ```

#![cfg_attr(
    test,
    expect(
        clippy::arithmetic_side_effects,
        clippy::string_slice,
        reason = "a test that panics has failed"
    )
)]

mod base;
pub mod base58;
mod content;
mod fault;
mod header;
mod id;
mod keys;
mod link;
pub mod manifest;
mod open;
mod padding;
mod passphrase;
mod seal;
mod server_token;
pub mod stream;
mod token;

pub use content::{Content, open, seal};
pub use fault::Fault;
pub use header::{HEADER, Header};
pub use id::SecretId;
pub use keys::{Keys, Proof, ProofHash};
pub use link::{Link, LinkKey};
pub use manifest::{Field, File, Manifest, Role};
pub use open::{Opener, Sink};
pub use padding::padded_len;
pub use passphrase::{MAX_PASSPHRASE, Passphrase, PassphraseFault, Profile, Work, Workspace};
pub use seal::Sealer;
pub use server_token::{Handle, ReceiptId, ReceiptKey, SERVER_TOKEN, SecretToken, ServerReceipt};
pub use token::{ClaimHash, ClaimToken, ReceiptHash, ReceiptToken, UploadHash, UploadToken};
