use super::*;
use proptest::prelude::*;

const NOW: i64 = 1_000_000_000;
const DAY: i64 = 86_400_000;

fn at(state: State, posted: bool) -> Progress {
    let tried = (state != State::Wanted || posted).then_some(NOW - 1_000);
    Progress {
        state,
        ts: posted.then(|| Ts::from("1.000001")),
        lease_until: (state == State::Sending).then_some(NOW + LEASE),
        first_try_at: tried,
        last_try_at: tried,
        tries: 1,
        unsettled: 1,
        fence: 1,
        ..Progress::new(NOW - 5_000, NOW + DAY)
    }
}

fn showing(rev: i64) -> Showing {
    Showing { channel: "C1".into(), ts: Ts::from("2.000002"), rev, hash: "h".into() }
}

fn events() -> Vec<Event> {
    use Event::*;
    let found = Found { channel: "C1".into(), ts: Ts::from("2.000002"), hash: "h".into() };
    vec![
        Claimed,
        Done(showing(3)),
        NotOwed { rev: 3, reason: "gone".into() },
        RateLimited(7_000),
        Unsent("refused".into()),
        Unrendered("panic".into()),
        Refused("is_archived".into()),
        Ambiguous("time-out".into()),
        LeaseExpired,
        LookClaimed,
        found,
        Absent,
        LookFailed("page".into()),
        LookRefused("channel_not_found".into()),
        Blind,
        Rechecked { shows: Some("older".into()) },
        Adopted(showing(2)),
        Expired,
        Cancelled("not needed".into()),
        Retried,
        Doubted { since: NOW - DAY },
    ]
}

fn go(from: &Progress, event: Event) -> Progress {
    next("prompt:1", "prompt", from, event, NOW).expect("legal")
}

/// What is wrong with us is mended by an operator: nothing that may stand in Slack is given up for it.
#[test]
fn a_look_that_our_token_is_refused_is_tried_again() {
    for code in ["invalid_auth", "token_revoked", "org_login_required"] {
        let doubtful = go(&at(State::Doubtful, false), Event::LookRefused(code.into()));
        assert_eq!((doubtful.state, doubtful.next_at > NOW), (State::Doubtful, true), "{code}");
        let shown = go(&at(State::Shown, true), Event::LookRefused(code.into()));
        assert_eq!(shown.recheck_at, Some(NOW + RECHECK), "{code}");
    }
    assert_eq!(go(&at(State::Doubtful, false), Event::LookRefused("channel_not_found".into())).state, State::Dead);
}

/// Whoever waits for it must not wait for ever.
#[test]
fn what_cannot_be_looked_for_is_given_up_a_day_after_its_time() {
    let doubtful =
        |expires_at, last_try_at| Progress { expires_at, last_try_at: Some(last_try_at), ..at(State::Doubtful, false) };
    for (expires_at, last_try_at, dead) in [
        (NOW + DAY, NOW - 3 * DAY, false),
        (NOW - DAY + 1, NOW - 3 * DAY, false),
        (NOW - 3 * DAY, NOW - DAY + 1, false),
        (NOW - DAY, NOW - DAY, true),
        (i64::MAX, NOW - 3 * DAY, false),
    ] {
        let after = go(&doubtful(expires_at, last_try_at), Event::LookFailed("page".into()));
        assert_eq!(after.state == State::Dead, dead, "{expires_at} {last_try_at}");
    }
}

/// Found by the crash loop: killed after an edit, before its answer; then the document went back to what it said before.
#[test]
fn after_an_edit_without_an_answer_nobody_knows_what_slack_shows() {
    let editing = Progress { shown_hash: "before".into(), ..at(State::Sending, true) };
    for event in [Event::LeaseExpired, Event::Ambiguous("time-out".into())] {
        assert_eq!(go(&editing, event).shown_hash, "");
    }
    for event in [Event::RateLimited(1), Event::Unsent("refused".into()), Event::Unrendered("panic".into())] {
        assert_eq!(go(&editing, event).shown_hash, "before");
    }
}

/// Slack may carry a lost edit out after a newer one was answered: what it shows is compared once it must be over.
#[test]
fn after_an_edit_without_an_answer_slack_is_looked_at_once_more() {
    for event in [Event::LeaseExpired, Event::Ambiguous("time-out".into())] {
        let doubted = go(&at(State::Sending, true), event);
        assert_eq!((doubted.state, doubted.recheck_at), (State::Wanted, Some(NOW + RECHECK)));
        let edited = go(&go(&doubted, Event::Claimed), Event::Done(showing(3)));
        assert_eq!((edited.state, edited.recheck_at), (State::Shown, Some(NOW + RECHECK)));
    }
    for event in [Event::RateLimited(1), Event::Unsent("refused".into()), Event::Unrendered("panic".into())] {
        assert_eq!(go(&at(State::Sending, true), event).recheck_at, None, "Slack got nothing to carry out");
    }
}

#[test]
fn the_last_look_wants_an_edit_where_slack_shows_something_else_and_none_where_it_does_not() {
    let shown = Progress {
        shown_hash: "h".into(),
        shown_rev: 3,
        tries: 0,
        unsettled: 0,
        recheck_at: Some(NOW),
        ..at(State::Shown, true)
    };
    let rechecked = |row: &Progress, shows: Option<&str>| {
        let after = go(row, Event::Rechecked { shows: shows.map(str::to_owned) });
        assert_eq!(after.recheck_at, None);
        after
    };
    assert_eq!(rechecked(&shown, Some("h")).state, State::Shown);
    assert_eq!(rechecked(&shown, None).state, State::Shown, "a person removed it");

    let again = rechecked(&shown, Some("older"));
    // Nothing is relied on: a document that is meanwhile what Slack seems to show is sent as well.
    assert_eq!((again.state, again.shown_hash.as_str(), again.next_at), (State::Wanted, "", NOW));
    let edited = go(&go(&again, Event::Claimed), Event::Done(showing(3)));
    assert_eq!((edited.state, edited.recheck_at, edited.last_error.as_str()), (State::Shown, None, ""));
    let unowed = go(&go(&again, Event::Claimed), Event::NotOwed { rev: 3, reason: "gone".into() });
    assert_eq!((unowed.state, unowed.recheck_at), (State::Shown, None));

    let resting = Progress { next_at: NOW + DIGEST_EDIT_GAP, ..shown.clone() };
    assert_eq!(rechecked(&resting, Some("older")).next_at, NOW + DIGEST_EDIT_GAP);
    let forgotten = Progress { shown_hash: String::new(), ..shown.clone() };
    assert_eq!(rechecked(&forgotten, Some("h")).state, State::Wanted);
    let dead = Progress { state: State::Dead, last_error: POISON.into(), ..shown };
    assert_eq!(rechecked(&dead, Some("older")).state, State::Dead);
}

#[test]
fn the_table() {
    use State::*;
    // Rows: state and whether posted; columns: `events()` in order. A letter is the next state, a dot is illegal.
    let table = [
        (Wanted, false, "S...............HDD.?"),
        (Wanted, true, "S...................."),
        (Sending, false, ".HDWWWD??.......H...."),
        (Sending, true, ".HHWWWDWW............"),
        (Doubtful, false, ".........?H??DW.H...."),
        (Shown, true, ".........H..HHHW....."),
        (Dead, false, ".........D..DDDD...?."),
        (Dead, true, ".........D..DDDD...W."),
        (Doubtful, true, "....................."),
    ];
    for (state, posted, line) in table {
        for (event, expected) in events().into_iter().zip(line.chars()) {
            let got = next("k", "prompt", &at(state, posted), event.clone(), NOW);
            let letter = got.as_ref().map_or('.', |next| match next.state {
                Wanted => 'W',
                Sending => 'S',
                Doubtful => '?',
                Shown => 'H',
                Dead => 'D',
            });
            assert_eq!(letter, expected, "{state:?} posted={posted} {event:?}");
        }
    }
}

#[test]
fn a_claim_counts_leases_and_fences() {
    let claimed = go(&at(State::Wanted, false), Event::Claimed);
    assert_eq!((claimed.tries, claimed.fence, claimed.unsettled), (2, 2, 2));
    assert_eq!(
        (claimed.lease_until, claimed.first_try_at, claimed.last_try_at),
        (Some(NOW + LEASE), Some(NOW), Some(NOW))
    );
}

#[test]
fn an_unanswered_post_is_looked_for_and_never_just_sent_again() {
    for event in [Event::Ambiguous("time-out".into()), Event::LeaseExpired] {
        let doubtful = go(&at(State::Sending, false), event);
        assert_eq!((doubtful.state, doubtful.next_at), (State::Doubtful, NOW + SETTLE));
        assert_eq!(doubtful.recheck_at, Some(NOW + RECHECK));
        let early = next("k", "prompt", &doubtful, Event::Absent, NOW + SETTLE - 2_000).expect("legal");
        assert_eq!((early.state, early.next_at), (State::Doubtful, NOW - 1_000 + SETTLE));
        let late = next("k", "prompt", &doubtful, Event::Absent, NOW + SETTLE).expect("legal");
        assert_eq!((late.state, late.next_at), (State::Wanted, NOW + SETTLE));
        let third = Progress { tries: 3, ..doubtful };
        let later = next("k", "prompt", &third, Event::Absent, NOW + SETTLE).expect("legal");
        assert_eq!((later.state, later.next_at), (State::Wanted, NOW + SETTLE + back_off("k", 3)));
    }
}

#[test]
fn a_found_post_shows_an_unknown_revision_and_is_rechecked() {
    let doubtful = go(&at(State::Sending, false), Event::Ambiguous("time-out".into()));
    let found = go(&doubtful, events()[10].clone());
    assert_eq!((found.state, found.shown_rev, found.shown_hash.as_str()), (State::Shown, 0, "h"));
    assert_eq!((found.tries, found.unsettled, found.recheck_at), (0, 0, Some(NOW + RECHECK)));
    assert_eq!(go(&found, Event::Rechecked { shows: None }).recheck_at, None);
}

#[test]
fn a_rate_limit_burns_no_try_and_an_outage_poisons_nobody() {
    let limited = go(&at(State::Sending, false), Event::RateLimited(7_000));
    assert_eq!((limited.tries, limited.next_at), (0, NOW + 7_000));
    let mad = go(&at(State::Sending, false), Event::RateLimited(i64::MAX));
    assert_eq!((mad.tries, mad.next_at), (0, NOW + crate::rules::pace::LONGEST_WAIT));
    let mut row = at(State::Wanted, false);
    for _ in 0..500 {
        row = go(&go(&row, Event::Claimed), Event::Unsent("refused".into()));
        assert_eq!(row.state, State::Wanted);
    }
    assert!(row.next_at - NOW <= BACK_OFF_CAP * 6 / 5);
}

#[test]
fn poison_is_contained() {
    let mut row = at(State::Wanted, true);
    let mut tries = 0;
    while row.state != State::Dead {
        row = go(&row, Event::Claimed);
        if row.state == State::Sending {
            tries += 1;
            row = go(&row, Event::Unrendered("the view panicked".into()));
        }
        assert!(tries <= POISON_TRIES);
    }
    assert_eq!(row.last_error, "poison: the view panicked");

    let mut row = Progress { unsettled: 0, ..at(State::Wanted, false) };
    for _ in 0..POISON_CLAIMS {
        row = go(&go(&row, Event::Claimed), Event::LeaseExpired);
        row = next("k", "prompt", &row, Event::Absent, NOW + SETTLE).expect("legal");
    }
    assert_eq!((row.state, row.last_error.as_str()), (State::Dead, "poison: its worker went away"));
}

#[test]
fn without_history_a_doubtful_post_goes_once_more_and_is_marked() {
    let doubtful = go(&at(State::Sending, false), Event::Ambiguous("time-out".into()));
    let again = go(&doubtful, Event::Blind);
    assert_eq!((again.state, again.next_at, again.last_error.as_str()), (State::Wanted, NOW - 1_000 + SETTLE, REPEAT));
    let sent = go(&go(&again, Event::Claimed), Event::Done(showing(1)));
    assert_eq!(sent.last_error, REPEAT);
    let doubtful = go(&go(&again, Event::Claimed), Event::Ambiguous("time-out".into()));
    assert_eq!(doubtful.last_error, "may be a repeat; time-out");
    assert_eq!(go(&doubtful, Event::Blind).state, State::Dead);
}

#[test]
fn what_expired_is_not_posted_but_what_stands_is_still_edited() {
    let gone = |row: Progress| Progress { expires_at: NOW, ..row };
    assert_eq!(go(&gone(at(State::Wanted, false)), Event::Claimed).last_error, EXPIRED);
    assert_eq!(go(&gone(at(State::Wanted, true)), Event::Claimed).state, State::Sending);
    let doubtful = Progress { last_try_at: Some(NOW - SETTLE), ..gone(at(State::Doubtful, false)) };
    assert_eq!(go(&doubtful, Event::Absent).last_error, EXPIRED);
    assert_eq!(go(&doubtful, events()[10].clone()).state, State::Shown);
}

#[test]
fn a_retry_looks_first_where_it_may_have_been_sent() {
    let dead = Progress { expires_at: NOW - 1, first_try_at: None, ..at(State::Dead, false) };
    assert_eq!(go(&dead, Event::Retried).state, State::Wanted);
    assert!(go(&dead, Event::Retried).expires_at > NOW);
    assert_eq!(go(&at(State::Dead, false), Event::Retried).state, State::Doubtful);
}

#[test]
fn the_digest_rests_between_edits() {
    let sending = at(State::Sending, true);
    let digest = next("k", "digest", &sending, Event::Done(showing(1)), NOW).expect("legal");
    assert_eq!(digest.next_at, NOW + DIGEST_EDIT_GAP);
    assert_eq!(go(&sending, Event::Done(showing(1))).next_at, NOW);
    assert!(edit_rank("help") < edit_rank("digest") && edit_rank("digest") < edit_rank("prompt"));
    assert!(edit_rank("prompt") < edit_rank("tell"));
}

proptest! {
    #[test]
    fn back_off_doubles_to_five_minutes_give_or_take_a_fifth(key in "[a-z:0-9]{1,20}", tries in 0i64..100) {
        let plain = (1000i64 << tries.min(20)).min(BACK_OFF_CAP);
        let wait = back_off(&key, tries);
        prop_assert!(wait >= plain * 4 / 5 && wait <= plain * 6 / 5, "{wait} for {plain}");
        prop_assert_eq!(wait, back_off(&key, tries));
    }

    /// Any walk keeps what the table's CHECKs demand, never forgets a post, and never lets go of the fence.
    #[test]
    fn any_walk_keeps_the_invariants(picks in prop::collection::vec((0usize..21, 0i64..120_000), 1..60)) {
        let events = events();
        let (mut row, mut now) = (Progress::new(NOW, NOW + DAY), NOW);
        for (pick, pause) in picks {
            now += pause;
            let Ok(after) = next("k", "digest", &row, events[pick].clone(), now) else { continue };
            prop_assert!(after.state != State::Shown || after.ts.is_some());
            prop_assert!((after.state == State::Sending) == after.lease_until.is_some());
            prop_assert!(after.state != State::Doubtful || (after.first_try_at.is_some() && after.ts.is_none()));
            prop_assert!(after.state != State::Dead || !after.last_error.is_empty());
            prop_assert!(after.fence >= row.fence && after.tries >= 0);
            prop_assert!(row.ts.is_none() || after.ts.is_some());
            let posts_again = row.state == State::Doubtful && after.state == State::Wanted;
            prop_assert!(!posts_again || after.next_at >= row.last_try_at.unwrap_or(i64::MIN) + SETTLE);
            let doubted = matches!((&events[pick], row.state), (Event::Ambiguous(_) | Event::LeaseExpired, State::Sending));
            prop_assert!(!doubted || after.recheck_at == Some(now + RECHECK), "after a doubt there is a last look");
            let keeps = matches!(
                events[pick],
                Event::Claimed | Event::Done(_) | Event::NotOwed { .. } | Event::RateLimited(_) | Event::Unsent(_)
            );
            prop_assert!(!keeps || after.recheck_at == row.recheck_at, "only a doubt or the look itself moves the look");
            row = after;
        }
    }
}
