//! The life of a secret against a model that is too small to be wrong: whatever is done in whatever order
//! at whatever time, both say the same (laws 1, 2 and 4).

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test that panics has failed"
)]

use std::time::Duration;

use domain::Timestamp;
use domain::policy::{Circumstances, evaluate};
use domain::secret::{AfterFailure, End, Row, SealedBy, Secret, Standing};
use domain::terms::{FailedPassphrases, Lifetime, OnExhausted, Terms, Views};
use proptest::prelude::*;

/// What somebody does.
#[derive(Clone, Debug)]
enum Step {
    Claim,
    Confirm(usize),
    Guess,
    Unlock,
    Burn,
    Sweep,
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Claim),
        2 => any::<usize>().prop_map(Step::Confirm),
        3 => Just(Step::Guess),
        1 => Just(Step::Unlock),
        1 => Just(Step::Burn),
        3 => Just(Step::Sweep),
        2 => (0_i64..30_000).prop_map(Step::Wait),
        1 => (30_000_i64..200_000).prop_map(Step::Wait),
    ]
}

/// How a secret stands, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Waiting,
    Locked,
    Delivering,
    Opened,
    Burned,
    Expired,
    Lost,
}

const fn word(standing: Standing) -> Word {
    match standing {
        Standing::Waiting => Word::Waiting,
        Standing::Locked => Word::Locked,
        Standing::Delivering => Word::Delivering,
        Standing::Ended(End::Opened { .. }) => Word::Opened,
        Standing::Ended(End::Burned { .. }) => Word::Burned,
        Standing::Ended(End::Expired { .. }) => Word::Expired,
        Standing::Ended(End::Lost { .. }) => Word::Lost,
    }
}

/// The same in plain numbers; times in milliseconds since the creation.
struct Model {
    views: u8,
    guesses: u8,
    burns: bool,
    lifetime: i64,
    lease: i64,
    taken: u8,
    failed: u8,
    /// When the leases of the running deliveries end.
    running: Vec<i64>,
    word: Word,
}

impl Model {
    fn is_open(&self, now: i64) -> bool {
        self.word == Word::Waiting && now < self.lifetime
    }

    fn claim(&mut self, now: i64) -> bool {
        let wins = self.is_open(now);
        if wins {
            self.taken += 1;
            self.running.push((now + self.lease).min(self.lifetime + 30_000));
            if self.taken == self.views {
                self.word = Word::Delivering;
            }
        }
        wins
    }

    fn over(&mut self, delivery: usize) {
        self.running.remove(delivery);
        if self.running.is_empty() && self.word == Word::Delivering {
            self.word = Word::Opened;
        }
    }

    fn guess(&mut self) {
        self.failed += 1;
        if self.failed == self.guesses {
            self.word = if self.burns { Word::Burned } else { Word::Locked };
        }
    }

    fn ended(&self) -> bool {
        matches!(self.word, Word::Opened | Word::Burned | Word::Expired)
    }
}

/// Both, at the same time.
struct Pair {
    model: Model,
    secret: Secret,
    now: i64,
}

impl Pair {
    fn new(views: u8, guesses: u8, burns: bool, size: u64) -> Self {
        let action = if burns { OnExhausted::Burn } else { OnExhausted::Lock };
        let terms = Terms {
            lifetime: Lifetime::from_seconds(600).unwrap(),
            views: Views::new(views.into()).unwrap(),
            failed_passphrases: FailedPassphrases::new(guesses.into(), action).unwrap(),
            ..Terms::default()
        };
        let created_at = Timestamp::from_millis(1_000_000);
        let secret = Secret {
            row: Row::new(1),
            terms,
            created_at,
            expires_at: created_at.plus(terms.lifetime.duration()),
            views_taken: 0,
            failed: 0,
            passphrase: true,
            sealed_by: SealedBy::Sender,
            size,
            standing: Standing::Waiting,
        };
        // A minute, and as long as the content takes at 128 KiB a second.
        let lease = 60_000 + i64::try_from(size / 131_072).unwrap() * 1000;
        let model = Model {
            views,
            guesses,
            burns,
            lifetime: 600_000,
            lease,
            taken: 0,
            failed: 0,
            running: Vec::new(),
            word: Word::Waiting,
        };
        Self { model, secret, now: 0 }
    }

    fn time(&self) -> Timestamp {
        self.secret.created_at.plus(Duration::from_millis(u64::try_from(self.now).unwrap()))
    }

    fn others(&self) -> u32 {
        u32::try_from(self.model.running.len()).unwrap()
    }

    fn over(&mut self, delivery: usize) {
        self.model.over(delivery);
        self.secret = self.secret.delivery_over(self.others(), self.time());
    }

    fn take(&mut self, step: &Step) {
        let now = self.time();
        let permit = evaluate(&self.secret, Circumstances { now, proven: true });
        match *step {
            Step::Claim => {
                assert_eq!(self.model.claim(self.now), permit.is_ok(), "who wins");
                if let Ok(permit) = permit {
                    let (secret, lease) = self.secret.take_view(permit, now);
                    self.secret = secret;
                    let ends_at = self.model.running.last().copied().unwrap();
                    let span = now.until(lease.unwrap().ends_at).as_millis();
                    assert_eq!(i128::try_from(span).unwrap(), i128::from(ends_at - self.now));
                }
            }
            Step::Confirm(any) => {
                if !self.model.running.is_empty() {
                    self.over(any % self.model.running.len());
                }
            }
            Step::Guess => {
                // Only whoever would be let in with the right passphrase is told that it was wrong.
                if permit.is_ok() {
                    self.model.guess();
                    let (secret, after) = self.secret.fail(now);
                    self.secret = secret;
                    assert_eq!(after == AfterFailure::Locked, self.model.word == Word::Locked);
                    assert_eq!(after == AfterFailure::Burned, self.model.word == Word::Burned);
                }
            }
            Step::Unlock => {
                let unlocked = self.secret.unlock();
                assert_eq!(unlocked.is_some(), self.model.word == Word::Locked);
                if let Some(secret) = unlocked {
                    (self.secret, self.model.word, self.model.failed) = (secret, Word::Waiting, 0);
                }
            }
            Step::Burn => {
                let can = matches!(self.model.word, Word::Waiting | Word::Locked)
                    && self.now < self.model.lifetime;
                let burned = self.secret.burn(now);
                assert_eq!(burned.is_some(), can);
                if let Some(secret) = burned {
                    (self.secret, self.model.word) = (secret, Word::Burned);
                }
            }
            Step::Sweep => self.sweep(),
            Step::Wait(millis) => self.now += millis,
        }
    }

    fn sweep(&mut self) {
        while let Some(late) = self.model.running.iter().position(|end| *end <= self.now) {
            self.over(late);
        }
        let expired = self.secret.expire(self.others(), self.time());
        let ends =
            self.now >= self.model.lifetime && self.model.running.is_empty() && !self.model.ended();
        assert_eq!(expired.is_some(), ends);
        if let Some(secret) = expired {
            (self.secret, self.model.word) = (secret, Word::Expired);
        }
    }

    fn agree(&self) {
        assert_eq!(word(self.secret.standing), self.model.word);
        assert_eq!(self.secret.views_taken, self.model.taken);
        assert_eq!(self.secret.failed, self.model.failed);
        assert!(self.model.taken <= self.model.views, "law 1");
        assert_eq!(self.secret.has_payload(), !self.model.ended());
        let open = matches!(self.model.word, Word::Waiting | Word::Locked);
        let left = if open { self.model.views - self.model.taken } else { 0 };
        assert_eq!(self.secret.views_left(), left);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn whatever_is_done_in_whatever_order_the_model_says_the_same(
        views in 1_u8..=4,
        guesses in 1_u8..=4,
        burns: bool,
        size in prop_oneof![Just(1024_u64), Just(64 << 20)],
        steps in proptest::collection::vec(step(), 0..60),
    ) {
        let mut pair = Pair::new(views, guesses, burns, size);
        for step in &steps {
            let ended = pair.model.ended().then_some(pair.secret);
            pair.take(step);
            pair.agree();
            if let Some(ended) = ended {
                prop_assert_eq!(pair.secret, ended, "what has ended stays as it is");
            }
        }
        // Law 4: 30 seconds after the expiry a sweep leaves no payload, whatever still runs.
        pair.now = pair.now.max(pair.model.lifetime + 30_000);
        pair.sweep();
        pair.agree();
        prop_assert!(!pair.secret.has_payload());
    }
}
