//! What a sender asks for: how long, how often, and what wrong passphrases lead to.
//!
//! Bounds live in these types, so nothing out of bounds can reach the store (R51, R52). Every secret
//! has an expiry and a view limit, always (R18). A value out of bounds is refused, never bent.

use std::time::Duration;

/// A bound that was broken: which field, and what it allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} must be from {min} to {max}")]
pub struct OutOfBounds {
    /// The field's name, as senders know it.
    pub field: &'static str,
    /// The least that is allowed.
    pub min: u64,
    /// The most that is allowed.
    pub max: u64,
}

const fn within(field: &'static str, value: u64, min: u64, max: u64) -> Result<u64, OutOfBounds> {
    if value < min || value > max { Err(OutOfBounds { field, min, max }) } else { Ok(value) }
}

/// How long a secret waits, in whole seconds: one minute to 365 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lifetime(u32);

impl Lifetime {
    /// One minute.
    pub const MIN: Self = Self(60);
    /// 365 days.
    pub const MAX: Self = Self(365 * 24 * 60 * 60);
    /// One day: the shortest that most people can work with.
    pub const DEFAULT: Self = Self(24 * 60 * 60);

    /// A lifetime of `seconds`, or the bounds when it is out of them.
    pub fn from_seconds(seconds: u64) -> Result<Self, OutOfBounds> {
        Self::below(seconds, Self::MAX)
    }

    /// A lifetime of `seconds` that respects the instance's `ceiling`.
    pub fn below(seconds: u64, ceiling: Self) -> Result<Self, OutOfBounds> {
        let max = ceiling.seconds();
        let bounds = OutOfBounds { field: "expires_in", min: Self::MIN.seconds(), max };
        let seconds = within(bounds.field, seconds, bounds.min, bounds.max)?;
        u32::try_from(seconds).map(Self).map_err(|_| bounds)
    }

    /// Whole seconds.
    pub const fn seconds(self) -> u64 {
        // Lossless: u64::from is not const.
        #[expect(clippy::as_conversions, reason = "u32 to u64 widens; From is not const")]
        let seconds = self.0 as u64;
        seconds
    }

    /// As a duration.
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.seconds())
    }
}

impl Default for Lifetime {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// How many readers may open a secret: 1 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Views(u8);

impl Views {
    /// One reader, which is the default.
    pub const MIN: Self = Self(1);
    /// A hundred readers.
    pub const MAX: Self = Self(100);

    /// A limit of `views` readers, or the bounds when it is out of them.
    pub fn new(views: u64) -> Result<Self, OutOfBounds> {
        let bounds =
            OutOfBounds { field: "views", min: Self::MIN.0.into(), max: Self::MAX.0.into() };
        let views = within(bounds.field, views, bounds.min, bounds.max)?;
        u8::try_from(views).map(Self).map_err(|_| bounds)
    }

    /// The number of readers.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl Default for Views {
    fn default() -> Self {
        Self::MIN
    }
}

/// What happens when the wrong passphrases are used up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnExhausted {
    /// The secret stays, and nobody can open it until the sender unlocks it.
    #[default]
    Lock,
    /// The secret is destroyed.
    Burn,
}

/// How many wrong passphrases a secret bears, over all readers, and what then (R29, R31).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailedPassphrases {
    limit: u8,
    action: OnExhausted,
}

impl FailedPassphrases {
    /// The fewest wrong passphrases that can be the limit.
    pub const MIN: u8 = 1;
    /// The most wrong passphrases that can be the limit.
    pub const MAX: u8 = 100;
    /// The limit where the sender says nothing.
    pub const DEFAULT: u8 = 20;

    /// A budget of `limit` wrong passphrases, or the bounds when it is out of them.
    pub fn new(limit: u64, action: OnExhausted) -> Result<Self, OutOfBounds> {
        let bounds = OutOfBounds {
            field: "failed_passphrases.limit",
            min: Self::MIN.into(),
            max: Self::MAX.into(),
        };
        let limit = within(bounds.field, limit, bounds.min, bounds.max)?;
        let limit = u8::try_from(limit).map_err(|_| bounds)?;
        Ok(Self { limit, action })
    }

    /// How many wrong passphrases are borne.
    pub const fn limit(self) -> u8 {
        self.limit
    }

    /// What happens then.
    pub const fn action(self) -> OnExhausted {
        self.action
    }
}

impl Default for FailedPassphrases {
    fn default() -> Self {
        Self { limit: Self::DEFAULT, action: OnExhausted::default() }
    }
}

/// Whether a reader may fetch again what they have won.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Delivery {
    /// The claim holds the content for its claimant for a while, so a lost answer loses nothing.
    #[default]
    Held,
    /// The content is destroyed as it is claimed: at most once, lost answers included.
    Strict,
}

/// Everything a sender asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// How long the secret waits.
    pub lifetime: Lifetime,
    /// How many readers may open it.
    pub views: Views,
    /// How many wrong passphrases it bears.
    pub failed_passphrases: FailedPassphrases,
    /// Whether a lost answer may be fetched again.
    pub delivery: Delivery,
}

impl Terms {
    /// The terms as bytes that a seal binds, so that a row with altered terms does not open (R45).
    pub fn canonical(&self) -> [u8; 12] {
        let action = match self.failed_passphrases.action {
            OnExhausted::Lock => 0,
            OnExhausted::Burn => 1,
        };
        let delivery = match self.delivery {
            Delivery::Held => 0,
            Delivery::Strict => 1,
        };
        let mut bytes = [0; 12];
        let (lifetime, rest) = bytes.split_at_mut(8);
        lifetime.copy_from_slice(&self.lifetime.seconds().to_be_bytes());
        rest.copy_from_slice(&[self.views.0, self.failed_passphrases.limit, action, delivery]);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_are_from_a_minute_to_a_year() {
        assert!(Lifetime::from_seconds(60).is_ok());
        assert!(Lifetime::from_seconds(31_536_000).is_ok());
        for wrong in [0, 59, 31_536_001, u64::MAX] {
            let fault = Lifetime::from_seconds(wrong).unwrap_err();
            assert_eq!((fault.field, fault.min, fault.max), ("expires_in", 60, 31_536_000));
        }
    }

    #[test]
    fn an_instance_may_lower_the_ceiling() {
        let ceiling = Lifetime::from_seconds(3600).unwrap();
        assert_eq!(Lifetime::below(3601, ceiling).unwrap_err().max, 3600);
        assert!(Lifetime::below(3600, ceiling).is_ok());
    }

    #[test]
    fn views_and_budgets_have_both_bounds() {
        for wrong in [0, 101, 256, u64::MAX] {
            assert!(Views::new(wrong).is_err());
            assert!(FailedPassphrases::new(wrong, OnExhausted::Lock).is_err());
        }
        assert_eq!(Views::new(100).unwrap().get(), 100);
    }

    #[test]
    fn terms_that_differ_have_different_bytes() {
        let base = Terms::default();
        let others = [
            Terms { lifetime: Lifetime::MIN, ..base },
            Terms { views: Views::MAX, ..base },
            Terms { delivery: Delivery::Strict, ..base },
            Terms {
                failed_passphrases: FailedPassphrases::new(20, OnExhausted::Burn).unwrap(),
                ..base
            },
        ];
        for other in others {
            assert_ne!(other.canonical(), base.canonical());
        }
    }
}
