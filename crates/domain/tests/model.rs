//! The life of a secret against a model that is too small to be wrong: whatever is done in whatever order
//! at whatever time, both say the same (laws 1, 2 and 4).

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test that panics has failed"
)]

use std::time::Duration;

use domain::Timestamp;
use domain::policy::{Circumstances, Permit, evaluate};
use domain::secret::{AfterFailure, End, Row, SealedBy, Secret, Standing};
use domain::terms::{Delivery, FailedPassphrases, Lifetime, OnExhausted, Terms, Views};
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
    Lose,
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => Just(Step::Claim),
        4 => any::<usize>().prop_map(Step::Confirm),
        6 => Just(Step::Guess),
        2 => Just(Step::Unlock),
        1 => Just(Step::Burn),
        6 => Just(Step::Sweep),
        1 => Just(Step::Lose),
        4 => (0_i64..30_000).prop_map(Step::Wait),
        2 => (30_000_i64..200_000).prop_map(Step::Wait),
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
    strict: bool,
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
            if !self.strict {
                self.running.push((now + self.lease).min(self.lifetime + 30_000));
            }
            if self.taken == self.views {
                self.word = if self.strict { Word::Opened } else { Word::Delivering };
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
        matches!(self.word, Word::Opened | Word::Burned | Word::Expired | Word::Lost)
    }
}

/// Both, at the same time.
struct Pair {
    model: Model,
    secret: Secret,
    now: i64,
}

impl Pair {
    fn new(views: u8, guesses: u8, (burns, strict): (bool, bool), size: u64) -> Self {
        let action = if burns { OnExhausted::Burn } else { OnExhausted::Lock };
        let terms = Terms {
            lifetime: Lifetime::from_seconds(600).unwrap(),
            views: Views::new(views.into()).unwrap(),
            failed_passphrases: FailedPassphrases::new(guesses.into(), action).unwrap(),
            delivery: if strict { Delivery::Strict } else { Delivery::Held },
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
            strict,
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
        match *step {
            Step::Claim => self.claim(),
            Step::Confirm(any) => {
                if !self.model.running.is_empty() {
                    self.over(any % self.model.running.len());
                }
            }
            Step::Guess => self.guess(),
            Step::Unlock => {
                let can = self.model.word == Word::Locked;
                self.turn(self.secret.unlock(), can, Word::Waiting);
                if can {
                    self.model.failed = 0;
                }
            }
            Step::Burn => {
                let can = matches!(self.model.word, Word::Waiting | Word::Locked)
                    && self.now < self.model.lifetime;
                self.turn(self.secret.burn(self.time()), can, Word::Burned);
            }
            Step::Sweep => self.sweep(),
            Step::Lose => {
                let can = !self.model.ended();
                self.turn(self.secret.lose(self.time()), can, Word::Lost);
            }
            Step::Wait(millis) => self.now += millis,
        }
    }

    /// Takes a turn that the secret offers exactly when the model `can`.
    fn turn(&mut self, secret: Option<Secret>, can: bool, word: Word) {
        assert_eq!(secret.is_some(), can, "{word:?}");
        if let Some(secret) = secret {
            (self.secret, self.model.word) = (secret, word);
        }
    }

    fn permit(&self) -> Option<Permit> {
        evaluate(&self.secret, Circumstances { now: self.time(), proven: true }).ok()
    }

    fn claim(&mut self) {
        let (now, permit) = (self.time(), self.permit());
        assert_eq!(self.model.claim(self.now), permit.is_some(), "who wins");
        let Some(permit) = permit else { return };
        let (secret, lease) = self.secret.take_view(permit, now);
        self.secret = secret;
        assert_eq!(lease.is_none(), self.model.strict);
        if let Some(lease) = lease {
            let ends_at = self.model.running.last().copied().unwrap();
            let span = now.until(lease.ends_at).as_millis();
            assert_eq!(i128::try_from(span).unwrap(), i128::from(ends_at - self.now));
        } else {
            self.secret = self.secret.delivery_over(self.others(), now);
        }
    }

    /// Only whoever would be let in with the right passphrase is told that it was wrong.
    fn guess(&mut self) {
        if self.permit().is_some() {
            self.model.guess();
            let (secret, after) = self.secret.fail(self.time());
            self.secret = secret;
            assert_eq!(after == AfterFailure::Locked, self.model.word == Word::Locked);
            assert_eq!(after == AfterFailure::Burned, self.model.word == Word::Burned);
        }
    }

    fn sweep(&mut self) {
        while let Some(late) = self.model.running.iter().position(|end| *end <= self.now) {
            self.over(late);
        }
        let can =
            self.now >= self.model.lifetime && self.model.running.is_empty() && !self.model.ended();
        self.turn(self.secret.expire(self.others(), self.time()), can, Word::Expired);
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
        choices: (bool, bool),
        size in prop_oneof![Just(1024_u64), Just(64 << 20)],
        steps in proptest::collection::vec(step(), 0..60),
    ) {
        let mut pair = Pair::new(views, guesses, choices, size);
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
