//! A secret as its sealer has it: everything that is shown to a server, and what is not.

use domain::entropy::{Entropy, draw};
use envelope::{
    ClaimToken, Content, Keys, LinkKey, Passphrase, Profile, Proof, ReceiptToken, SecretId, seal,
};

/// A sealed text with all its keys.
pub struct Sealed {
    /// What opens it.
    pub key: LinkKey,
    /// The passphrase that was mixed in.
    pub passphrase: Option<String>,
    /// What the server gets.
    pub envelope: Vec<u8>,
    /// The secret part of the receipt token.
    pub receipt_secret: [u8; 32],
    keys: Keys,
}

impl Sealed {
    /// Seals `text`.
    ///
    /// # Panics
    ///
    /// When the passphrase is not one.
    #[expect(clippy::expect_used, reason = "a test that panics has failed")]
    pub fn text(text: &str, passphrase: Option<&str>, entropy: &dyn Entropy) -> Self {
        let profile = if passphrase.is_some() { Profile::Argon2id } else { Profile::None };
        let key = LinkKey::new(draw(entropy), profile);
        let normal = passphrase.map(|text| Passphrase::new(text).expect("a passphrase"));
        let keys = Keys::derive(&key, normal.as_ref()).expect("keys");
        let content = Content::Text(text.to_owned().into());
        let envelope = seal(&keys, draw(entropy), &content).expect("a text");
        let receipt_secret = draw(entropy);
        let passphrase = passphrase.map(str::to_owned);
        Self { key, passphrase, envelope, receipt_secret, keys }
    }

    /// Shows that the reader holds the link.
    pub fn link_proof(&self) -> Proof {
        self.keys.link_proof()
    }

    /// Shows that the reader knows the passphrase as well.
    pub fn proof(&self) -> Proof {
        self.keys.proof()
    }

    /// The proof of somebody who holds the link and guesses the passphrase.
    ///
    /// # Panics
    ///
    /// When the guess is not a passphrase.
    #[expect(clippy::expect_used, reason = "a test that panics has failed")]
    pub fn guess(&self, passphrase: &str) -> Proof {
        let guess = Passphrase::new(passphrase).expect("a passphrase");
        Keys::derive(&self.key, Some(&guess)).expect("keys").proof()
    }

    /// The receipt token, once the id is known.
    pub fn receipt(&self, id: SecretId) -> ReceiptToken {
        ReceiptToken::new(id, self.receipt_secret)
    }
}

/// A fresh claim token.
pub fn claim_token(entropy: &dyn Entropy) -> ClaimToken {
    ClaimToken::new(draw(entropy))
}
