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
use crate::keys::KnownKeys;
use crate::keys::keyring::{InForce, Keyring, Turn};
use crate::port::{Query, Result, Transaction, Unit, View};
use crate::rows::Statement;

const META: &str = "meta";
const NAME: &str = "column key";

const READ: Statement = Statement::find(META, &["value"], "WHERE name = 'column key'");
const KEEP: Statement =
    Statement::insert(META, &["name", "value"], "ON CONFLICT (name) DO NOTHING");
const REPLACE: Statement =
    Statement::change(META, "UPDATE meta SET value = ?1 WHERE name = 'column key' AND value = ?2");

/// Which key of the ring wraps, held: whoever says that it is another one waits.
const ACTIVE: Statement = Statement::find(META, &["value"], "WHERE name = 'ring active'").hold();

/// How often a fresh key is wrapped while the ring turns.
const TRIES: u32 = 3;

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
    if let Some(wrapped) = engine.read(Kept).await? {
        return wrapped.open(&keys.in_force());
    }
    let turn = engine.turn();
    for _ in 0..TRIES {
        let in_force = keys.in_force();
        let missing = StoreError::NoRing(in_force.active.get());
        let fresh = Wrapped::draw(&in_force, entropy).ok_or(missing)?;
        match engine.write(Keep { fresh, turn }).await? {
            Ok(wrapped) => return wrapped.open(&keys.in_force()),
            // Without that key nothing is lost: it is refused here, and other nodes have it.
            Err(active) if keys.activate(active) => {}
            Err(active) => return Err(StoreError::NoRing(active.get())),
        }
    }
    Err(StoreError::NoRing(keys.in_force().active.get()))
}

/// The key of the ring that wraps by the word of the database, where that has one and it is another than
/// `ring`. Whoever is told so wraps nothing: a key that was turned away from must not come into use again.
async fn turned_from<T: Transaction>(
    tx: &mut T,
    ring: RingId,
    turn: Turn,
) -> Result<Option<RingId>> {
    if turn == Turn::AtOnce {
        return Ok(None);
    }
    let found = tx.find(&ACTIVE, &[]).await?;
    let active = match found.first() {
        Some(found) => found.any_bytes("value")?.map(KnownKeys::number).transpose()?,
        None => None,
    };
    Ok(active.filter(|active| *active != ring))
}

struct Kept;

impl Query for Kept {
    type Output = Option<Wrapped>;

    async fn run<V: View>(&self, view: &mut V) -> Result<Option<Wrapped>> {
        read(view).await
    }
}

/// Keeps a fresh key unless somebody was quicker, and says which one it is; or which key of the ring it must
/// be wrapped with.
struct Keep {
    fresh: Wrapped,
    turn: Turn,
}

impl Unit for Keep {
    type Output = Result<Wrapped, RingId>;

    async fn run<T: Transaction>(&self, tx: &mut T) -> Result<Self::Output> {
        let turned = turned_from(tx, self.fresh.0, self.turn).await?;
        if let Some(wrapped) = read(tx).await? {
            return Ok(Ok(wrapped));
        }
        if let Some(active) = turned {
            return Ok(Err(active));
        }
        tx.change(&KEEP, &[NAME.into(), self.fresh.bytes().as_slice().into()]).await?;
        read(tx).await?.map(Ok).ok_or(StoreError::Closed)
    }
}

/// Wraps the key of the columns with the active key of the ring, if another one has wrapped it.
pub(crate) struct WrapAnew {
    pub(crate) in_force: InForce,
    pub(crate) turn: Turn,
}

impl Unit for WrapAnew {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> Result<bool> {
        let Self { in_force, turn } = self;
        // A node that has not heard of a turn must not turn the key back; it hears of it soon.
        let turned = turned_from(tx, in_force.active, *turn).await?;
        let Some(before) = read(tx).await? else { return Ok(false) };
        if turned.is_some() || before.0 == in_force.active {
            return Ok(false);
        }
        let anew =
            in_force.wrap_anew(before.0, &before.1).ok_or(StoreError::NoRing(before.0.get()))?;
        let after = Wrapped(in_force.active, anew);
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
