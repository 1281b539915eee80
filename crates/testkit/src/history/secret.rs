//! The specification: what may be heard of a secret, one operation after the other.
//!
//! Derived from the design (claim, deliver, acknowledge) and not from the code that it judges. A server
//! reads its clock once for each request, somewhere between asking and hearing, and sweeps when it likes:
//! so an operation may have several outcomes, and time is an interval.

use super::{Asked, Heard, Reader, Standing, Terms};

/// A point in time that is known to lie between these two, in milliseconds.
type Span = (i64, i64);

/// How long a view may be fetched again. Small secrets have the least that there is.
const LEASE: i64 = 60_000;
/// How long that right may outlast the expiry.
const PAST_EXPIRY: i64 = 30_000;

/// How one reader's view stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum View {
    /// It may be fetched again until then.
    Held(Span),
    /// It arrived.
    Confirmed,
    /// The reader may not fetch again and has said nothing.
    Unconfirmed,
}

/// What is true of a secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct State {
    /// `None` before it is created.
    standing: Option<Standing>,
    expires: Span,
    failed: usize,
    /// Who has won a view, in order of the readers.
    views: Vec<(Reader, View)>,
}

impl State {
    /// Nothing was created.
    pub(super) const NOTHING: Self =
        Self { standing: None, expires: (0, 0), failed: 0, views: Vec::new() };

    /// Everything that may be heard by one who asks this while the clock tells `now`, with what is true
    /// afterwards.
    pub(super) fn ask(&self, terms: &Terms, asked: Asked, now: Span) -> Vec<(Heard, Self)> {
        let Some(standing) = self.standing else {
            return if asked == Asked::Create {
                vec![(Heard::Created, Self::created(terms, now))]
            } else {
                vec![(Heard::Unavailable, self.clone())]
            };
        };
        match asked {
            Asked::Acknowledge(reader) => self.acknowledge(reader, now),
            Asked::Burn => self.burn(standing, now),
            Asked::Claim(reader) => match self.view(reader) {
                Some(_) => self.fetch(reader, now),
                None => self.claim(terms, standing, reader, now),
            },
            // A second secret under the same name.
            Asked::Create => Vec::new(),
            Asked::Fetch(reader) => self.fetch(reader, now),
            Asked::Follow => {
                let confirmed = self.views.iter().filter(|(_, view)| *view == View::Confirmed);
                let (opened, delivered) = (self.views.len(), confirmed.count());
                vec![(Heard::Fate { standing, opened, delivered }, self.clone())]
            }
            Asked::Guess => self.guess(terms, standing, now),
            Asked::Unlock if standing == Standing::Locked => {
                vec![(Heard::Unlocked, Self { failed: 0, ..self.stands(Standing::Waiting) })]
            }
            Asked::Unlock => vec![(Heard::NotLocked, self.clone())],
        }
    }

    /// Everything that the sweeper may have made of it when the clock tells at most `latest`.
    pub(super) fn sweep(&self, latest: i64) -> Vec<Self> {
        let mut swept = Vec::new();
        for (reader, view) in &self.views {
            if let View::Held(end) = view
                && end.0 <= latest
            {
                swept.extend(self.over(*reader, View::Unconfirmed, (end.0, latest)));
            }
        }
        let quiet = (self.expires.0, latest);
        if self.expires.0 <= latest && self.running(quiet).0 == 0 {
            match self.standing {
                Some(Standing::Waiting | Standing::Locked) => {
                    swept.push(self.stands(Standing::Expired));
                }
                Some(Standing::Delivering) => swept.push(self.stands(Standing::Opened)),
                Some(Standing::Opened | Standing::Burned | Standing::Expired) | None => {}
            }
        }
        swept
    }

    fn created(terms: &Terms, now: Span) -> Self {
        let expires = (now.0.saturating_add(terms.lifetime), now.1.saturating_add(terms.lifetime));
        Self { standing: Some(Standing::Waiting), expires, ..Self::NOTHING }
    }

    fn stands(&self, standing: Standing) -> Self {
        Self { standing: Some(standing), ..self.clone() }
    }

    fn has_ended(&self) -> bool {
        matches!(self.standing, Some(Standing::Opened | Standing::Burned | Standing::Expired))
    }

    fn view(&self, reader: Reader) -> Option<View> {
        self.views.iter().find(|(known, _)| *known == reader).map(|(_, view)| *view)
    }

    fn with(&self, reader: Reader, view: View) -> Self {
        let mut next = self.clone();
        next.views.retain(|(known, _)| *known != reader);
        next.views.push((reader, view));
        next.views.sort_unstable();
        next
    }

    /// How many readers may still fetch: the fewest and the most.
    fn running(&self, now: Span) -> (usize, usize) {
        let held = |counts: &dyn Fn(Span) -> bool| {
            let held = self.views.iter().filter(|(_, view)| match view {
                View::Held(end) => counts(*end),
                View::Confirmed | View::Unconfirmed => false,
            });
            held.count()
        };
        (held(&|end| now.1 < end.0), held(&|end| now.0 < end.1))
    }

    /// The first come win.
    fn claim(
        &self,
        terms: &Terms,
        standing: Standing,
        reader: Reader,
        now: Span,
    ) -> Vec<(Heard, Self)> {
        let mut heard = Vec::new();
        if standing == Standing::Waiting && is_before(now, self.expires) {
            let full = self.views.len().saturating_add(1) >= terms.views;
            let (view, last) = if terms.strict {
                (View::Unconfirmed, Standing::Opened)
            } else {
                let until = |now: i64, expiry: i64| {
                    now.saturating_add(LEASE).min(expiry.saturating_add(PAST_EXPIRY))
                };
                let end = (until(now.0, self.expires.0), until(now.1, self.expires.1));
                (View::Held(end), Standing::Delivering)
            };
            let next = self.with(reader, view);
            heard.push((Heard::Envelope, if full { next.stands(last) } else { next }));
        }
        if standing != Standing::Waiting || is_after(now, self.expires) {
            heard.push((Heard::Unavailable, self.clone()));
        }
        heard
    }

    /// What was won is won until the lease ends, or the secret.
    fn fetch(&self, reader: Reader, now: Span) -> Vec<(Heard, Self)> {
        let mut heard = Vec::new();
        let end = match self.view(reader) {
            Some(View::Held(end)) if !self.has_ended() => Some(end),
            Some(View::Held(_) | View::Confirmed | View::Unconfirmed) | None => None,
        };
        if end.is_some_and(|end| is_before(now, end)) {
            heard.push((Heard::Envelope, self.clone()));
        }
        if end.is_none_or(|end| is_after(now, end)) {
            heard.push((Heard::Unavailable, self.clone()));
        }
        heard
    }

    fn acknowledge(&self, reader: Reader, now: Span) -> Vec<(Heard, Self)> {
        match self.view(reader) {
            Some(View::Held(_)) => self
                .over(reader, View::Confirmed, now)
                .into_iter()
                .map(|next| (Heard::Confirmed, next))
                .collect(),
            Some(View::Confirmed) => vec![(Heard::Confirmed, self.clone())],
            Some(View::Unconfirmed) | None => vec![(Heard::Unavailable, self.clone())],
        }
    }

    /// One delivery is over. The last one ends the secret.
    fn over(&self, reader: Reader, view: View, now: Span) -> Vec<Self> {
        let next = self.with(reader, view);
        if next.standing != Some(Standing::Delivering) {
            return vec![next];
        }
        let (fewest, most) = next.running(now);
        let mut over = Vec::new();
        if fewest == 0 {
            over.push(next.stands(Standing::Opened));
        }
        if most > 0 {
            over.push(next);
        }
        over
    }

    fn burn(&self, standing: Standing, now: Span) -> Vec<(Heard, Self)> {
        match standing {
            Standing::Waiting | Standing::Locked => {
                let mut heard = Vec::new();
                if is_before(now, self.expires) {
                    heard.push((Heard::Burned, self.stands(Standing::Burned)));
                }
                if is_after(now, self.expires) {
                    heard.push((Heard::Expired, self.clone()));
                }
                heard
            }
            Standing::Burned => vec![(Heard::Burned, self.clone())],
            Standing::Delivering | Standing::Opened => vec![(Heard::Opened, self.clone())],
            Standing::Expired => vec![(Heard::Expired, self.clone())],
        }
    }

    fn guess(&self, terms: &Terms, standing: Standing, now: Span) -> Vec<(Heard, Self)> {
        let mut heard = Vec::new();
        if standing == Standing::Waiting && is_before(now, self.expires) {
            let failed = self.failed.saturating_add(1);
            let next = Self { failed, ..self.clone() };
            heard.push(match (failed < terms.guesses, terms.burns) {
                (true, _) => (Heard::Rejected, next),
                (false, false) => (Heard::Rejected, next.stands(Standing::Locked)),
                // "Nothing was lost" would be a lie.
                (false, true) => (Heard::Unavailable, next.stands(Standing::Burned)),
            });
        }
        if standing != Standing::Waiting || is_after(now, self.expires) {
            heard.push((Heard::Unavailable, self.clone()));
        }
        heard
    }
}

/// Whether it may still be before `end`.
const fn is_before(now: Span, end: Span) -> bool {
    now.0 < end.1
}

/// Whether `end` may have come.
const fn is_after(now: Span, end: Span) -> bool {
    now.1 >= end.0
}
