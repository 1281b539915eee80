//! Allowances: how often somebody may ask, counted over all nodes.
//!
//! One node counts by itself, in the layer that is asked first. Where several share a database, what is
//! let through there is counted once more for all of them together, so that asking at many nodes helps
//! nobody. Without the database there is no answer, and so no way past the count (R40).

use domain::hashes::Kind;
use store::StoreError;
use store::port::Allowance;

use crate::Service;

impl Service {
    /// Takes one request from the allowance of `network` for `purpose`: `burst` requests at once, and one
    /// more every `each` milliseconds. Says how many milliseconds to wait when there is none left.
    pub async fn allow(
        &self,
        purpose: &str,
        network: &[u8],
        burst: i64,
        each: i64,
    ) -> Result<Result<(), i64>, StoreError> {
        let mut whose = purpose.as_bytes().to_vec();
        whose.push(0);
        whose.extend_from_slice(network);
        let key = self.store.hash(Kind::Allowance, &whose);
        let full = burst.saturating_mul(each);
        let asked = Allowance { now: self.clock.now(), cost: each, full };
        Ok(self.store.allow(&key, asked).await?.unwrap_or(Ok(())))
    }
}
