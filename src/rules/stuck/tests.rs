//! The legal paths as a table: who may press what in which state.

use super::*;
use proptest::prelude::*;

const NOW: i64 = 1_000_000_000_000;
const DUE: i64 = NOW + 3_600_000;
/// Asker, taker, another agent, manager, the person named as able to help, observer, outsider.
const PEOPLE: [&str; 7] = ["asker", "taker", "agent", "manager", "helper", "observer", "outsider"];

fn members() -> Members {
    let role = |who: &str, role| (UserId::from(who), role);
    Members(vec![
        role("asker", Role::Agent),
        role("taker", Role::Agent),
        role("agent", Role::Agent),
        role("manager", Role::Manager),
        role("observer", Role::Observer),
    ])
}

fn stuck(state: State, has_thread: bool) -> Stuck {
    let ended = matches!(state, State::Resolved { .. } | State::Taken { .. });
    Stuck {
        id: "s".into(),
        team: "t".into(),
        huddle: "h".into(),
        check_in: "c".into(),
        asker: "asker".into(),
        place: 0,
        what: "refund tool".to_owned(),
        help: String::new(),
        helper: Some("helper".into()),
        size: Some(if has_thread { Size::More } else { Size::Minute }),
        source: None,
        follows: false,
        raised_at: NOW - 60_000,
        opened_at: has_thread.then_some(NOW - 50_000),
        edited: false,
        state,
        last_taker: ended.then(|| "taker".into()),
        escalated_by: None,
        logs: 0,
        version: 1,
    }
}

fn states(ago: i64) -> [(&'static str, Stuck); 5] {
    let (by, at) = (UserId::from("taker"), NOW - ago);
    [
        ("quick", stuck(State::Open, false)),
        ("open", stuck(State::Open, true)),
        ("taken", stuck(State::Taken { by: by.clone(), at, due_at: DUE }, true)),
        ("resolved", stuck(State::Resolved { by, at, outcome: "so".to_owned() }, true)),
        ("withdrawn", stuck(State::Withdrawn { at }, true)),
    ]
}

fn verbs() -> [(&'static str, Verb); 9] {
    [
        ("take", Verb::Take),
        ("resolve", Verb::Resolve { outcome: "so".to_owned() }),
        ("answer", Verb::Answer { text: "so".to_owned() }),
        ("needs more", Verb::NeedsMore),
        ("hand back", Verb::HandBack { reason: String::new() }),
        ("escalate", Verb::Escalate { why: "why".to_owned() }),
        ("re-open", Verb::Reopen),
        ("still stuck", Verb::StillStuck),
        ("open now", Verb::OpenNow),
    ]
}

fn pressed(stuck: &Stuck, who: &str, verb: &Verb) -> std::result::Result<Decision, Refusal> {
    decide(stuck, &UserId::from(who), verb, &Around { members: &members(), now: NOW, due_at: DUE })
}

/// `+` it changes, `=` it is so already, `.` it is refused.
fn table(ago: i64) -> Vec<String> {
    let mut rows = Vec::new();
    for (name, stuck) in states(ago) {
        for (word, verb) in verbs() {
            let cells = PEOPLE.iter().map(|who| match pressed(&stuck, who, &verb) {
                Ok(Decision::Change { .. }) => '+',
                Ok(Decision::Already) => '=',
                Err(_) => '.',
            });
            let cells: String = cells.collect();
            if cells.contains(['+', '=']) {
                rows.push(format!("{name}, {word}: {cells}"));
            }
        }
    }
    rows
}

/// What is not in here is refused to everybody.
#[test]
fn who_may_press_what() {
    let always = [
        "quick, take: .++++..",
        "quick, resolve: +++++..",
        "quick, answer: +++++..",
        "quick, needs more: +++++..",
        "quick, escalate: +++++..",
        "quick, open now: +......",
        "open, take: .++++..",
        "open, resolve: +++++..",
        "open, answer: +++++..",
        "open, escalate: +++++..",
        "taken, take: .=.....",
        "taken, resolve: ++.+...",
        "taken, hand back: .+.+...",
        "taken, escalate: +++++..",
    ];
    let ended = [
        "resolved, re-open: ++.+...",
        "resolved, still stuck: +......",
        "withdrawn, re-open: +..+...",
        "withdrawn, still stuck: +......",
    ];
    assert_eq!(table(1000), [&always[..], &ended[..]].concat());
    assert_eq!(table(REOPEN_MS), [&always[..], &ended[..]].concat(), "seven days to the millisecond");
    assert_eq!(table(REOPEN_MS + 1), always);
}

#[test]
fn each_refusal_says_what_is_so() {
    let [quick, open, taken, resolved, withdrawn] = states(1000).map(|(_, stuck)| stuck);
    let why = |stuck: &Stuck, who: &str, verb: Verb| pressed(stuck, who, &verb).expect_err("refused");
    let resolve = || Verb::Resolve { outcome: "so".to_owned() };
    let (taker, asker) = (UserId::from("taker"), UserId::from("asker"));
    assert_eq!(why(&open, "asker", Verb::Take), Refusal::OwnStuck);
    assert_eq!(why(&taken, "agent", Verb::Take), Refusal::Has { who: taker.clone(), since: NOW - 1000 });
    assert_eq!(
        why(&taken, "agent", resolve()),
        Refusal::OnlyConcerned { verb: "resolve", asker: asker.clone(), taker: Some(taker.clone()) }
    );
    assert_eq!(why(&open, "taker", Verb::HandBack { reason: String::new() }), Refusal::NotTaken);
    assert_eq!(why(&open, "agent", Verb::NeedsMore), Refusal::HasThread);
    assert_eq!(why(&open, "asker", Verb::Reopen), Refusal::StillOpen);
    assert_eq!(why(&resolved, "agent", Verb::Take), Refusal::Resolved { by: taker, at: NOW - 1000 });
    assert_eq!(why(&withdrawn, "agent", Verb::Take), Refusal::Withdrawn { by: asker });
    let managers = vec![UserId::from("manager")];
    assert_eq!(why(&quick, "observer", Verb::NeedsMore), Refusal::Observer { managers: managers.clone() });
    assert_eq!(why(&quick, "outsider", Verb::NeedsMore), Refusal::Outsider { verb: "open", managers });
}

#[test]
fn it_is_due_when_a_shift_ends() {
    assert_eq!(due_at(&[NOW + 5, NOW + 3, NOW - 1], NOW + 9, NOW), NOW + 3, "of two the one that ends first");
    assert_eq!(due_at(&[], NOW + 9, NOW), NOW + 9, "off shift: the shift on which it was raised");
    assert_eq!(due_at(&[NOW], NOW, NOW), NOW + OFF_SHIFT_MS, "all over: eight hours");
}

proptest! {
    /// Any run of presses: nobody but the presser ever comes to have it, an end is told by whom, and what was opened stays open.
    #[test]
    fn any_run_of_presses_is_sound(steps in prop::collection::vec((0usize..7, 0usize..9), 0..40)) {
        let mut one = stuck(State::Open, false);
        for (who, verb) in steps {
            let who = PEOPLE[who];
            let Ok(Decision::Change { to, opens, what, .. }) = pressed(&one, who, &verbs()[verb].1) else { continue };
            match &to {
                State::Taken { by, due_at, .. } => {
                    prop_assert!(by.as_str() != "asker" && *due_at > NOW);
                    prop_assert!(what == What::Escalated || by.as_str() == who);
                }
                State::Resolved { by, outcome, .. } => prop_assert!(by.as_str() == who && !outcome.is_empty()),
                State::Open | State::Withdrawn { .. } => {}
            }
            prop_assert!(!["observer", "outsider"].contains(&who));
            if let State::Taken { by, .. } = &to {
                one.last_taker = Some(by.clone());
            }
            one.opened_at = one.opened_at.or(opens.then_some(NOW));
            prop_assert!(one.opened_at.is_some() || !matches!(to, State::Taken { .. }), "who takes needs its thread");
            one.state = to;
        }
    }
}
