//! The key schedule: what comes out of a link key and a passphrase. Section 2.

use aws_lc_rs::{digest, hkdf};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::header::PREFIX;
use crate::{Fault, LinkKey, Passphrase, Profile, Workspace};

/// `HKDF(salt, ikm, info, N)`, where `N` is 16, 24 or 32.
#[expect(clippy::expect_used, reason = "16 to 32 bytes are valid lengths for HKDF-SHA-256")]
pub(crate) fn hkdf<const N: usize>(salt: &[u8], ikm: &[u8], info: &str) -> Zeroizing<[u8; N]> {
    struct Length(usize);
    impl hkdf::KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }
    let mut out = Zeroizing::new([0; N]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
        .extract(ikm)
        .expand(&[info.as_bytes()], Length(N))
        .and_then(|okm| okm.fill(&mut *out))
        .expect("a short output");
    out
}

/// `SHA-256(bytes)`.
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// Everything that one link key and one passphrase give.
pub struct Keys {
    profile: Profile,
    /// `link-key`, followed by `passphrase-key` where there is one.
    ikm: Zeroizing<Vec<u8>>,
    link_proof: Zeroizing<[u8; 32]>,
}

impl Keys {
    /// `ikm = link-key`, or `link-key || Argon2id(passphrase, salt)` with
    /// `salt = HKDF("", link-key, "sigill/v1 passphrase salt", 16)`. The salt comes from the link key,
    /// so a server cannot test guesses of a passphrase.
    ///
    /// A passphrase must be given exactly when the link asks for one: [`Fault::WrongKey`] otherwise.
    pub fn derive(link_key: &LinkKey, passphrase: Option<&Passphrase>) -> Result<Self, Fault> {
        Self::derive_in(&mut Workspace::default(), link_key, passphrase)
    }

    /// The same in memory that is used again, for whoever derives often.
    pub fn derive_in(
        workspace: &mut Workspace,
        link_key: &LinkKey,
        passphrase: Option<&Passphrase>,
    ) -> Result<Self, Fault> {
        let profile = link_key.profile();
        let mut ikm = Zeroizing::new(Vec::with_capacity(64));
        ikm.extend_from_slice(link_key.expose());
        match (profile, passphrase) {
            (Profile::None, None) => {}
            (Profile::Argon2id, Some(passphrase)) => {
                let salt = hkdf::<16>(&[], link_key.expose(), "sigill/v1 passphrase salt");
                let mut key = Zeroizing::new([0; 32]);
                workspace.stretch(passphrase, &salt, profile.work(), &mut key);
                ikm.extend_from_slice(&*key);
            }
            (Profile::None, Some(_)) | (Profile::Argon2id, None) => return Err(Fault::WrongKey),
        }
        let link_proof = hkdf(&[], link_key.expose(), "sigill/v1 link proof");
        Ok(Self { profile, ikm, link_proof })
    }

    /// The profile of the link.
    pub const fn profile(&self) -> Profile {
        self.profile
    }

    /// `HKDF("", link-key, "sigill/v1 link proof", 32)`: "I hold the link".
    pub fn link_proof(&self) -> Proof {
        Proof(self.link_proof.clone())
    }

    /// `HKDF("", ikm, "sigill/v1 proof", 32)`: "and I know the passphrase".
    pub fn proof(&self) -> Proof {
        Proof(hkdf(&[], &self.ikm, "sigill/v1 proof"))
    }

    /// `HKDF(prefix, ikm, "sigill/v1 content key", 32)`. Only a header whose commitment fits gives it
    /// out ([`crate::Header::unlock`]), so no body is tried with a wrong key.
    pub(crate) fn content_key(&self, prefix: &[u8; PREFIX]) -> Zeroizing<[u8; 32]> {
        hkdf(prefix, &self.ikm, "sigill/v1 content key")
    }

    /// `HKDF(prefix, ikm, "sigill/v1 key commitment", 32)`.
    pub(crate) fn commitment(&self, prefix: &[u8; PREFIX]) -> Zeroizing<[u8; 32]> {
        hkdf(prefix, &self.ikm, "sigill/v1 key commitment")
    }
}

/// What a reader shows to claim. Worth as much as a view: zeroized, never printed.
pub struct Proof(Zeroizing<[u8; 32]>);

impl Proof {
    /// Takes 32 bytes that a reader has shown.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The 32 bytes, to be shown to the server.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// `SHA-256(proof)`: what the server may know.
    pub fn hash(&self) -> ProofHash {
        ProofHash(sha256(&[&*self.0]))
    }
}

/// The hash of a [`Proof`].
#[derive(Clone, Copy, Debug)]
pub struct ProofHash([u8; 32]);

impl ProofHash {
    /// Takes 32 bytes that a sealer has given.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Compares in constant time.
    pub fn verify(&self, proof: &Proof) -> Result<(), Fault> {
        if bool::from(proof.hash().0.ct_eq(&self.0)) { Ok(()) } else { Err(Fault::WrongProof) }
    }
}
