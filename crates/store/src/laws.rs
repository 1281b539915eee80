//! The laws that every engine must keep: one suite, run by a test on each of them.
//!
//! A law gets a store of its own, with nothing in it, and says what is broken instead of panicking. The
//! suite goes through the port alone, so it knows no engine. In reading order: `bench` (what laws work
//! with), `transactions` (all or nothing), `payloads` (what is destroyed and what opens), `trail` (what is
//! written about it), `counts` (claims, attempts, repeated creations, jobs), `ring` (server keys that change),
//! `uploads` (envelopes in parts), `people` (accounts, notes), `access` (keys, sessions), `signing_in`
//! (credentials, tickets), `organisations` (members, invitations, switches), `mails` (links under way), `letters` (all
//! other mail), `model` (random lives).

mod access;
mod bench;
mod counts;
mod letters;
mod mails;
mod model;
mod organisations;
mod payloads;
mod people;
mod providers;
mod ring;
mod signing_in;
mod trail;
mod transactions;
mod uploads;
mod usage;

use std::future::Future;
use std::pin::Pin;

use domain::Entropy;

use crate::{OpenError, Store, StoreError};

use self::bench::Bench;

/// A law that an engine does not keep.
#[derive(Debug, thiserror::Error)]
#[error("{law}: {fault}")]
pub struct Broken {
    /// Which law.
    pub law: &'static str,
    /// What was seen in its place.
    pub fault: Fault,
}

/// What was seen in the place of what a law says.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A random life goes on in another way than the model says.
    #[error("with the seed {seed}, in step {step}, {what}")]
    Differs {
        /// What everything was drawn from.
        seed: u64,
        /// How far it went.
        step: usize,
        /// What was done, and what is different afterwards.
        what: String,
    },
    /// This does not hold.
    #[error("it does not hold that {0}")]
    Not(&'static str),
    /// Server keys were refused that belong.
    #[error(transparent)]
    Keys(#[from] OpenError),
    /// The store could not do what it must.
    #[error(transparent)]
    Store(#[from] StoreError),
}

type Result<T = (), E = Fault> = std::result::Result<T, E>;

type Law = for<'a> fn(&'a Bench<'a>) -> Pin<Box<dyn Future<Output = Result> + Send + 'a>>;

macro_rules! laws {
    ($($room:ident :: $law:ident),* $(,)?) => {
        const LAWS: &[(&str, Law)] = &[
            $((stringify!($law), |bench| Box::pin($room::$law(bench)))),*
        ];
    };
}

laws! {
    transactions::a_unit_that_fails_leaves_nothing,
    transactions::units_that_run_together_hurt_each_other_not,
    transactions::a_wrong_number_of_rows_is_an_error,
    transactions::a_change_of_what_has_changed_is_an_error,
    payloads::a_payload_opens_as_it_was_sealed,
    payloads::a_destroyed_payload_does_not_open_from_a_copy,
    payloads::a_payload_in_another_row_does_not_open,
    payloads::a_payload_beside_other_terms_does_not_open,
    payloads::each_secret_is_seen_to_in_its_time,
    payloads::receipts_outlive_payloads,
    payloads::a_sweep_sees_each_secret_once,
    usage::what_an_owner_has_is_counted_until_it_goes,
    usage::units_of_one_commit_count_for_each_other,
    trail::events_are_numbered_and_chained_as_they_happen,
    trail::an_event_of_what_did_not_happen_is_not_there,
    counts::one_token_has_one_claim,
    counts::claims_end_once,
    counts::wrong_passphrases_are_counted_by_network_and_window,
    counts::what_strangers_tried_is_forgotten_with_its_window,
    counts::creations_are_repeated_until_their_time_is_up,
    counts::jobs_are_due_until_they_are_done,
    counts::time_is_remembered,
    ring::a_key_of_the_ring_turns_and_everything_opens,
    ring::a_reader_in_the_middle_of_a_turn_is_not_told_that_it_is_gone,
    ring::a_turn_that_fails_leaves_everything_as_it_was,
    ring::what_was_sealed_before_a_turn_is_kept_with_the_new_key,
    ring::keys_that_do_not_belong_change_nothing,
    ring::a_key_that_cannot_be_unwrapped_holds_up_no_other,
    ring::where_nodes_share_a_database_a_key_wraps_when_it_is_told_to,
    model::random_lives_are_as_the_model_says,
    access::a_key_is_found_by_its_hash,
    access::a_key_ends_once,
    access::a_session_is_known_by_its_token_until_it_ends,
    providers::a_provider_is_as_it_was_said,
    people::an_address_has_one_account,
    people::an_owner_finds_what_is_theirs,
    people::what_is_sealed_for_people_survives_a_turn,
    signing_in::a_means_is_found_by_what_it_is_found_by,
    signing_in::a_code_is_shown_once,
    signing_in::what_works_once_works_once,
    signing_in::what_works_once_ends_with_its_time,
    signing_in::the_last_of_two_links_is_the_one,
    mails::a_mail_is_under_way_until_it_ends,
    mails::a_mail_is_forgotten_when_its_time_is_up,
    mails::a_mail_whose_link_nobody_knows_is_found,
    mails::mails_are_counted_by_sender_and_recipient,
    mails::a_recipient_is_spared_however_many_send_at_once,
    letters::a_letter_is_read_as_it_was_kept,
    letters::a_letter_is_one_nodes_at_a_time,
    letters::a_dead_letter_is_seen_until_it_is_forgotten,
    letters::a_letter_takes_the_place_of_one_for_the_same,
    letters::a_fresh_token_ends_the_one_before,
    letters::an_invitation_has_a_token_while_it_stands,
    organisations::an_organisation_is_read_as_it_was_kept,
    organisations::a_place_is_taken_once_and_left,
    organisations::owners_who_leave_at_once_leave_one,
    organisations::an_address_has_one_invitation_of_an_organisation,
    organisations::a_switch_is_set_once,
    uploads::an_upload_becomes_the_secret_that_it_was_to_be,
    uploads::an_upload_that_is_given_up_leaves_nothing_that_opens,
    uploads::parts_are_known_once_they_are_safe,
}

/// Runs every law, each on a fresh store that `open` gives. Says how many were kept.
pub async fn all(open: impl AsyncFn() -> Store, entropy: &dyn Entropy) -> Result<usize, Broken> {
    for (law, run) in LAWS {
        let store = open().await;
        let bench = Bench::new(&store, entropy);
        run(&bench).await.map_err(|fault| Broken { law, fault })?;
    }
    Ok(LAWS.len())
}

/// Whether `fact` holds.
const fn holds(fact: bool, says: &'static str) -> Result {
    if fact { Ok(()) } else { Err(Fault::Not(says)) }
}
