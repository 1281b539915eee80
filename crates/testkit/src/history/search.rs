//! The search for an order, after Wing and Gong, with the memory that Lowe added.
//!
//! Whoever was heard before another asked comes before that one; beyond that, everything is tried. What
//! was tried once, the same operations done and the same things true, is not tried again. What nobody
//! heard of may come anywhere after it was asked, or nowhere.

use std::collections::HashSet;

use super::secret::State;
use super::{History, Operation};

/// A set of operations, by number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Done(Vec<bool>);

impl Done {
    fn has(&self, number: usize) -> bool {
        self.0.get(number).copied().unwrap_or_default()
    }

    fn with(&self, number: usize) -> Self {
        let mut next = self.clone();
        if let Some(done) = next.0.get_mut(number) {
            *done = true;
        }
        next
    }
}

/// How far a search has come.
struct Reached {
    done: Done,
    state: State,
    order: Vec<usize>,
}

/// Finds an order that explains everything, or gives back the longest that explains something.
pub(super) fn explain(history: &History) -> Result<(), Vec<Operation>> {
    let operations = &history.operations;
    let none = Done(vec![false; operations.len()]);
    let mut open = vec![Reached { done: none, state: State::NOTHING, order: Vec::new() }];
    let mut tried = HashSet::new();
    let mut longest = Vec::new();
    while let Some(reached) = open.pop() {
        if reached.order.len() > longest.len() {
            longest.clone_from(&reached.order);
        }
        let Some((end, latest)) = bounds(operations, &reached.done) else { return Ok(()) };
        let mut go_on = |done: Done, state: State, order: Vec<usize>| {
            if tried.insert((done.clone(), state.clone())) {
                open.push(Reached { done, state, order });
            }
        };
        // Time may do its part before the next operation.
        for state in reached.state.sweep(latest) {
            go_on(reached.done.clone(), state, reached.order.clone());
        }
        for (number, operation) in operations.iter().enumerate() {
            if reached.done.has(number) || operation.at > end {
                continue;
            }
            let now = (operation.clock.0, latest);
            for (heard, state) in reached.state.ask(&history.terms, operation.asked, now) {
                if operation.heard.is_none_or(|(was, _)| was == heard) {
                    let mut order = reached.order.clone();
                    order.push(number);
                    go_on(reached.done.with(number), state, order);
                }
            }
        }
    }
    Err(longest.iter().filter_map(|number| operations.get(*number)).copied().collect())
}

/// The moment and the latest time before which the next operation must have been done: one is heard of
/// then that is not done yet. `None` when all that was heard is explained.
fn bounds(operations: &[Operation], done: &Done) -> Option<(u64, i64)> {
    let open = operations.iter().enumerate().filter(|(number, _)| !done.has(*number));
    let heard = open.map(|(_, operation)| operation).filter(|open| open.heard.is_some());
    let ends = heard.map(|open| (open.end(), open.clock.1));
    ends.reduce(|one, other| (one.0.min(other.0), one.1.min(other.1)))
}
