//! Links: where a secret is and what opens it. Section 1.2.
//!
//! A link that was cut or mistyped is recognised here, without asking the server.

use zeroize::Zeroizing;

use crate::keys::sha256;
use crate::{Fault, Profile, SecretId, base58};

const VERSION: u8 = 1;
/// version, profile, link key, checksum
const KEY: usize = 38;

/// The 32 random bytes that a link carries, and whether a passphrase is needed too.
pub struct LinkKey {
    profile: Profile,
    bytes: Zeroizing<[u8; 32]>,
}

impl LinkKey {
    /// Takes 32 fresh random bytes.
    pub fn new(bytes: [u8; 32], profile: Profile) -> Self {
        Self { profile, bytes: Zeroizing::new(bytes) }
    }

    /// Whether and how a passphrase is mixed in.
    pub const fn profile(&self) -> Profile {
        self.profile
    }

    pub(crate) fn expose(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// `base58(version || profile || link-key || checksum)`.
    pub fn encode(&self, id: &SecretId) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; KEY]);
        let (front, checksum) = bytes.split_at_mut(KEY - 4);
        let (prefix, key) = front.split_at_mut(2);
        prefix.copy_from_slice(&[VERSION, self.profile.byte()]);
        key.copy_from_slice(&*self.bytes);
        checksum.copy_from_slice(&check(id, front));
        base58::encode(&*bytes)
    }

    /// Reads the key of the secret `id`. The checksum covers the id as well.
    pub fn decode(id: &SecretId, text: &str) -> Result<Self, Fault> {
        if text.is_empty() {
            return Err(Fault::MissingKey);
        }
        let bytes = base58::decode::<KEY>(text)?;
        let (front, checksum) = bytes.split_at(KEY - 4);
        let [version, profile, key @ ..] = front else { return Err(Fault::Mistyped) };
        if *version != VERSION {
            return Err(Fault::UnknownVersion);
        }
        if checksum != check(id, front) {
            return Err(Fault::Mistyped);
        }
        let profile = Profile::from_byte(*profile)?;
        let mut bytes = Zeroizing::new([0; 32]);
        bytes.copy_from_slice(key);
        Ok(Self { profile, bytes })
    }
}

/// `SHA-256("sigill/v1 link" || id || version || profile || link-key)[0..4]`.
fn check(id: &SecretId, front: &[u8]) -> [u8; 4] {
    let [a, b, c, d, ..] = sha256(&[b"sigill/v1 link", id.as_bytes(), front]);
    [a, b, c, d]
}

/// A whole link.
pub struct Link {
    /// Scheme and host, for instance `https://secrets.example`.
    pub origin: String,
    /// Which secret.
    pub id: SecretId,
    /// What opens it.
    pub key: LinkKey,
}

impl Link {
    /// Reads `origin "/s/" id "#" key`, in the order of section 1.2.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let (address, key) = text.split_once('#').unwrap_or((text, ""));
        let (origin, id) = Self::split_address(address)?;
        if key.is_empty() {
            return Err(Fault::MissingKey);
        }
        let id: SecretId = id.parse()?;
        Ok(Self { origin: origin.to_owned(), id, key: LinkKey::decode(&id, key)? })
    }

    /// Origin and id of a link whose key is handed over apart.
    pub fn parse_address(text: &str) -> Result<(String, SecretId), Fault> {
        let (origin, id) = Self::split_address(text)?;
        Ok((origin.to_owned(), id.parse()?))
    }

    fn split_address(text: &str) -> Result<(&str, &str), Fault> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let rest = rest.ok_or(Fault::Mistyped)?;
        let (host, path) = rest.split_once('/').ok_or(Fault::Cut)?;
        let id = path.strip_prefix("s/").ok_or(Fault::Mistyped)?;
        let is_visible = host.bytes().all(|byte| byte.is_ascii_graphic());
        if host.is_empty() || !is_visible || host.contains(['@', '?', '\\']) {
            return Err(Fault::Mistyped);
        }
        let origin = text.strip_suffix(path).and_then(|text| text.strip_suffix('/'));
        Ok((origin.ok_or(Fault::Mistyped)?, id))
    }

    /// The whole link. Whoever sees it can open the secret.
    pub fn expose(&self) -> Zeroizing<String> {
        let key = self.key.encode(&self.id);
        Zeroizing::new(format!("{}#{}", self.without_key(), *key))
    }

    /// The link without its key: it opens nothing.
    pub fn without_key(&self) -> String {
        format!("{}/s/{}", self.origin, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn link() -> Link {
        let key = LinkKey::new([9; 32], Profile::Argon2id);
        let id = SecretId::from_bytes([3; 16]);
        Link { origin: "https://secrets.example:8443".to_owned(), id, key }
    }

    #[test]
    fn a_link_is_read_as_it_was_written() {
        let text = link().expose();
        let read = Link::parse(&text).ok().unwrap();
        assert_eq!(read.origin, "https://secrets.example:8443");
        assert_eq!(read.key.profile(), Profile::Argon2id);
        assert_eq!(read.expose(), text);
    }

    #[test]
    fn every_cut_is_noticed() {
        let text = link().expose();
        for length in 0..text.len() {
            assert!(Link::parse(&text[..length]).is_err(), "accepted {length} characters");
        }
        let hash = text.find('#').unwrap();
        assert_eq!(Link::parse(&text[..hash]).err(), Some(Fault::MissingKey));
        assert_eq!(Link::parse(&text[..=hash]).err(), Some(Fault::MissingKey));
        assert_eq!(Link::parse(&text[..hash + 9]).err(), Some(Fault::Cut));
    }

    proptest! {
        #[test]
        fn one_wrong_character_is_noticed(position in 0_usize..75, with in "[1-9A-Za-z]") {
            let text = link().expose();
            let start = text.len() - 75;
            let mut altered = text.to_string();
            altered.replace_range(start + position..=start + position, &with);
            prop_assume!(altered != *text);
            prop_assert!(Link::parse(&altered).is_err());
        }
    }
}
