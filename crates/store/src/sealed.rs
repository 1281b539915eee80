//! Columns that tell something about people, sealed once more.
//!
//! One key seals them all. It is random, lies in `meta` wrapped with a key of the server's ring (so that a
//! rotation wraps it anew and touches no row), and is fetched when it is first needed. A value is bound to
//! its table, its row and its column: `12-byte nonce || AES-256-GCM`, so one that was moved elsewhere does
//! not open.

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use domain::entropy::{Entropy, draw};
use zeroize::Zeroizing;

use crate::StoreError;
use crate::at_rest::{RingId, WrappedKey};
use crate::keys::keyring::{InForce, Keyring};
use crate::port::{Query, Result, Transaction, Unit, View};
use crate::rows::Statement;

const META: &str = "meta";
const NAME: &str = "column key";

const READ: Statement = Statement::find(META, &["value"], "WHERE name = 'column key'");
const KEEP: Statement =
    Statement::insert(META, &["name", "value"], "ON CONFLICT (name) DO NOTHING");
const REPLACE: Statement =
    Statement::change(META, "UPDATE meta SET value = ?1 WHERE name = 'column key' AND value = ?2");

/// Where a sealed value lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) table: &'static str,
    pub(crate) row: i64,
    pub(crate) column: &'static str,
}

impl Place {
    fn associated_data(self) -> Vec<u8> {
        let mut aad = Vec::with_capacity(64);
        for part in [self.table.as_bytes(), &self.row.to_be_bytes(), self.column.as_bytes()] {
            aad.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            aad.extend_from_slice(part);
        }
        aad
    }

    const fn damaged(self) -> StoreError {
        StoreError::Inconsistent { table: self.table, column: self.column, row: self.row }
    }
}

/// Seals and opens columns.
pub struct ColumnSeal(RandomizedNonceKey);

impl ColumnSeal {
    #[expect(clippy::expect_used, reason = "a 32-byte key is always an AES-256 key")]
    fn new(key: &[u8; 32]) -> Self {
        Self(RandomizedNonceKey::new(&AES_256_GCM, key).expect("32 bytes"))
    }

    #[expect(clippy::expect_used, reason = "it fails for texts of 64 GiB")]
    pub(crate) fn seal(&self, place: Place, text: &str) -> Vec<u8> {
        let mut bytes = text.as_bytes().to_vec();
        let aad = Aad::from(place.associated_data());
        let nonce = self.0.seal_in_place_append_tag(aad, &mut bytes).expect("a short text");
        let mut sealed = nonce.as_ref().to_vec();
        sealed.append(&mut bytes);
        sealed
    }

    pub(crate) fn open(&self, place: Place, sealed: &[u8]) -> Result<String> {
        let opened = || {
            let (nonce, sealed) = sealed.split_first_chunk::<12>()?;
            let (nonce, aad) = (Nonce::from(nonce), Aad::from(place.associated_data()));
            let mut bytes = sealed.to_vec();
            let length = self.0.open_in_place(nonce, aad, &mut bytes).ok()?.len();
            bytes.truncate(length);
            String::from_utf8(bytes).ok()
        };
        opened().ok_or_else(|| place.damaged())
    }
}

/// The wrapped key as it lies in `meta`: the number of the ring, and 40 bytes.
#[derive(Clone, Copy)]
struct Wrapped(RingId, WrappedKey);

impl Wrapped {
    fn draw(in_force: &InForce, entropy: &dyn Entropy) -> Option<Self> {
        let key = Zeroizing::new(draw(entropy));
        let wrapping = in_force.keys.wrapping(in_force.active)?;
        Some(Self(in_force.active, WrappedKey::wrap(wrapping, &key)))
    }

    fn bytes(&self) -> Vec<u8> {
        [&[self.0.get()][..], self.1.as_bytes()].concat()
    }

    fn parse(bytes: &[u8]) -> Result<Self> {
        let damaged = StoreError::Inconsistent { table: META, column: NAME, row: 0 };
        let parsed = || {
            let (ring, key) = bytes.split_first()?;
            Some(Self(RingId::new(*ring)?, WrappedKey::from_bytes(key.try_into().ok()?)))
        };
        parsed().ok_or(damaged)
    }

    fn open(&self, in_force: &InForce) -> Result<ColumnSeal> {
        let missing = StoreError::NoRing(self.0.get());
        let key = in_force.keys.wrapping(self.0).and_then(|wrapping| self.1.unwrap(wrapping));
        key.map(|key| ColumnSeal::new(&key)).ok_or(missing)
    }
}

async fn read<V: View>(view: &mut V) -> Result<Option<Wrapped>> {
    let found = view.find(&READ, &[]).await?;
    let Some(found) = found.first() else { return Ok(None) };
    found.any_bytes("value")?.map(Wrapped::parse).transpose()
}

/// The seal of the database, which makes one when it has none.
pub(crate) async fn seal(
    engine: &crate::engine::Engine,
    keys: &Keyring,
    entropy: &dyn Entropy,
) -> Result<ColumnSeal> {
    let in_force = keys.in_force();
    let wrapped = if let Some(wrapped) = engine.read(Kept).await? {
        wrapped
    } else {
        let fresh =
            Wrapped::draw(&in_force, entropy).ok_or(StoreError::NoRing(in_force.active.get()))?;
        engine.write(Keep(fresh)).await?
    };
    wrapped.open(&in_force)
}

struct Kept;

impl Query for Kept {
    type Output = Option<Wrapped>;

    async fn run<V: View>(&self, view: &mut V) -> Result<Option<Wrapped>> {
        read(view).await
    }
}

/// Keeps a fresh key unless somebody was quicker, and says which one it is.
struct Keep(Wrapped);

impl Unit for Keep {
    type Output = Wrapped;

    async fn run<T: Transaction>(&self, tx: &mut T) -> Result<Wrapped> {
        tx.change(&KEEP, &[NAME.into(), self.0.bytes().as_slice().into()]).await?;
        read(tx).await?.ok_or(StoreError::Closed)
    }
}

/// Wraps the key of the columns with the active key of the ring, if another one has wrapped it.
pub(crate) struct WrapAnew(pub(crate) InForce);

impl Unit for WrapAnew {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> Result<bool> {
        let Some(before) = read(tx).await? else { return Ok(false) };
        if before.0 == self.0.active {
            return Ok(false);
        }
        let anew =
            self.0.wrap_anew(before.0, &before.1).ok_or(StoreError::NoRing(before.0.get()))?;
        let after = Wrapped(self.0.active, anew);
        let values = [after.bytes().as_slice().into(), before.bytes().as_slice().into()];
        Ok(tx.change(&REPLACE, &values).await? == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_opens_in_its_place_alone() {
        let seal = ColumnSeal::new(&[7; 32]);
        let place = Place { table: "accounts", row: 1, column: "email" };
        let sealed = seal.seal(place, "maja@example.org");
        assert_eq!(seal.open(place, &sealed).unwrap(), "maja@example.org");
        assert_ne!(sealed, seal.seal(place, "maja@example.org"), "a fresh nonce each time");
        for elsewhere in [
            Place { row: 2, ..place },
            Place { table: "owned", ..place },
            Place { column: "memo", ..place },
        ] {
            assert!(seal.open(elsewhere, &sealed).is_err(), "{elsewhere:?}");
        }
        assert!(ColumnSeal::new(&[8; 32]).open(place, &sealed).is_err());
        assert!(seal.open(place, &sealed[..11]).is_err());
    }
}
