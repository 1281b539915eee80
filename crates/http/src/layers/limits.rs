//! How often one network may ask: one bucket ([`Buckets`]) for each network and class of routes. The limit is
//! looked at before anything else costs, and never depends on which secret is asked for (R22).

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State as Extract};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::MethodRouter;
use domain::Clock;
use service::allowance::{Buckets, Quota};
use wire::Problem;

use super::address::ClientAddress;
use crate::State;
use crate::problem::Refusal;

/// What a route is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Creating a secret that the server seals.
    Conceal,
    /// Creating a secret.
    Create,
    /// Opening what the server has sealed, by the API of Onetime Secret.
    Disclose,
    /// Following, burning and unlocking.
    Follow,
    /// What people who are signed in read, and programs that act for them.
    House,
    /// Listing everything of an account.
    List,
    /// What they change.
    Manage,
    /// Claiming, fetching and confirming, and opening by a form.
    Open,
    /// Pages and other reading.
    Read,
    /// Sending the parts of envelopes.
    Send,
    /// Signing in, confirming, and whatever else could be guessed at.
    SignIn,
    /// Constant bytes, or a probe: bounded by the number of requests that run, and not counted.
    Uncounted,
}

impl Class {
    /// Its name, and whether it is counted over all nodes: pages are not, so that they load without the
    /// database.
    const fn shared(self) -> Option<&'static str> {
        match self {
            Self::Conceal => Some("conceal"),
            Self::Create => Some("create"),
            Self::Disclose => Some("disclose"),
            Self::Follow => Some("follow"),
            Self::List => Some("list"),
            Self::Manage => Some("manage"),
            Self::Open => Some("open"),
            Self::House | Self::Read | Self::Uncounted => None,
            Self::Send => Some("send"),
            Self::SignIn => Some("sign in"),
        }
    }

    /// How many requests at once, and milliseconds for each after that.
    pub const fn quota(self) -> Option<(i64, i64)> {
        Some(match self {
            // Scripts: a thousand in twenty minutes, and some at once.
            Self::Conceal | Self::Disclose => (200, 1200),
            Self::Create => (30, 2000),
            Self::Follow => (120, 500),
            Self::House | Self::Read => (300, 50),
            Self::List => (20, 3000),
            Self::Manage => (120, 1000),
            Self::Open => (60, 1000),
            Self::Send => (240, 100),
            // An office shares an address: some at once, and then ten a minute.
            Self::SignIn => (30, 6000),
            Self::Uncounted => return None,
        })
    }
}

/// The buckets of every network.
pub struct RateLimits {
    clock: Arc<dyn Clock>,
    buckets: Buckets<(Class, Vec<u8>)>,
}

impl RateLimits {
    /// No bucket yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, buckets: Buckets::default() }
    }

    /// Takes one request from a bucket, or says how many milliseconds to wait.
    fn take(&self, class: Class, network: Vec<u8>) -> Result<(), i64> {
        let Some((burst, each)) = class.quota() else { return Ok(()) };
        let shared = |(class, _)| (class, Vec::new());
        self.buckets.take(self.clock.now(), Quota { burst, each }, (class, network), shared)
    }
}

/// Puts the limit of `class` before a route.
pub(super) fn before(
    handler: MethodRouter<State>,
    state: &State,
    class: Class,
) -> MethodRouter<State> {
    if class == Class::Uncounted {
        return handler;
    }
    handler.route_layer(from_fn_with_state((state.clone(), class), check))
}

async fn check(
    Extract((state, class)): Extract<(State, Class)>,
    Extension(address): Extension<ClientAddress>,
    request: Request,
    next: Next,
) -> Response {
    match pass(&state, class, &address).await {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

/// Takes one request of `class` from what the network of `address` may ask.
pub(super) async fn pass(
    state: &State,
    class: Class,
    address: &ClientAddress,
) -> Result<(), Refusal> {
    let (Some(limits), Some((burst, each))) = (state.limits(), class.quota()) else {
        return Ok(());
    };
    let network = address.network();
    let mut taken = limits.take(class, network.clone());
    if let (Ok(()), Some(purpose)) = (taken, class.shared()) {
        taken = state.service().allow(purpose, &network, burst, each).await?;
    }
    taken.map_err(too_many)
}

/// The answer to whoever must wait so many milliseconds.
pub(crate) fn too_many(wait: i64) -> Refusal {
    // Rounded up: whoever waits as long as they are told is let in (R36).
    let retry_after = u64::try_from(wait).unwrap_or(0).div_ceil(1000);
    Refusal(Problem::TooManyRequests { retry_after })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Timestamp;
    use std::sync::atomic::{AtomicI64, Ordering};

    struct Hand(AtomicI64);
    impl Clock for Hand {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(self.0.load(Ordering::Relaxed))
        }
    }

    fn limits() -> (Arc<Hand>, RateLimits) {
        let hand = Arc::new(Hand(AtomicI64::new(1_000_000)));
        let clock: Arc<dyn Clock> = Arc::<Hand>::clone(&hand);
        (hand, RateLimits::new(clock))
    }

    #[test]
    fn whoever_waits_as_told_is_let_in() {
        let (hand, limits) = limits();
        let (burst, _) = Class::Create.quota().unwrap();
        for _ in 0..burst {
            assert_eq!(limits.take(Class::Create, vec![1]), Ok(()));
        }
        let wait = limits.take(Class::Create, vec![1]).unwrap_err();
        assert_eq!(limits.take(Class::Open, vec![1]), Ok(()), "another class is another bucket");
        assert_eq!(limits.take(Class::Create, vec![2]), Ok(()), "another network too");
        hand.0.fetch_add(wait.saturating_sub(1), Ordering::Relaxed);
        assert!(limits.take(Class::Create, vec![1]).is_err());
        hand.0.fetch_add(1, Ordering::Relaxed);
        assert_eq!(limits.take(Class::Create, vec![1]), Ok(()));
    }
}
