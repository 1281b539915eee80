//! Who may open, and when: plain data, one pure function.
//!
//! Only [`evaluate`] makes a [`Permit`], and only a permit can take a view
//! ([`crate::secret::Secret::take_view`]). A missing fact denies.

use crate::secret::{Secret, Standing};
use crate::time::Timestamp;

/// What is known about an attempt to open.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances {
    /// When it is made.
    pub now: Timestamp,
    /// Whether the reader has shown both proofs.
    pub proven: bool,
}

/// Why an attempt is denied. The visitor never learns which (law 5); the operator's counters do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// Opened, burned or swept before.
    Ended,
    /// The time is up, whether or not the sweeper has come by yet.
    Expired,
    /// Too many wrong passphrases; it waits for its sender.
    Locked,
    /// The proofs were not shown.
    Unproven,
    /// Every view has its reader.
    ViewsTaken,
}

/// The right to take one view. It cannot be made, copied or kept: it is used up by the view.
#[derive(Debug)]
pub struct Permit(());

/// Judges one attempt against one secret. All rules must permit.
pub fn evaluate(secret: &Secret, circumstances: Circumstances) -> Result<Permit, Denial> {
    match secret.standing {
        Standing::Ended(_) => return Err(Denial::Ended),
        Standing::Locked => return Err(Denial::Locked),
        Standing::Delivering => return Err(Denial::ViewsTaken),
        Standing::Waiting => {}
    }
    if circumstances.now >= secret.expires_at {
        return Err(Denial::Expired);
    }
    if secret.views_taken >= secret.terms.views.get() {
        return Err(Denial::ViewsTaken);
    }
    if !circumstances.proven {
        return Err(Denial::Unproven);
    }
    Ok(Permit(()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::{End, tests::waiting};

    fn at(now: Timestamp) -> Circumstances {
        Circumstances { now, proven: true }
    }

    #[test]
    fn expiry_is_exact() {
        let secret = waiting();
        let last = Timestamp::from_millis(secret.expires_at.as_millis() - 1);
        assert!(evaluate(&secret, at(last)).is_ok());
        assert_eq!(evaluate(&secret, at(secret.expires_at)).unwrap_err(), Denial::Expired);
    }

    #[test]
    fn only_a_waiting_secret_permits() {
        let now = waiting().created_at;
        for (standing, denial) in [
            (Standing::Locked, Denial::Locked),
            (Standing::Delivering, Denial::ViewsTaken),
            (Standing::Ended(End::Opened { at: now }), Denial::Ended),
            (Standing::Ended(End::Burned { at: now }), Denial::Ended),
            (Standing::Ended(End::Expired { at: now }), Denial::Ended),
        ] {
            let secret = Secret { standing, ..waiting() };
            assert_eq!(evaluate(&secret, at(now)).unwrap_err(), denial);
        }
    }

    #[test]
    fn without_proof_nothing_is_permitted() {
        let secret = waiting();
        let circumstances = Circumstances { now: secret.created_at, proven: false };
        assert_eq!(evaluate(&secret, circumstances).unwrap_err(), Denial::Unproven);
    }
}
