//! The life of a check-in: what happens to it in which state, and what follows. What is not listed
//! here changes nothing.

use super::{CheckIn, DOWN, GONE, OFF, State};
use crate::rules::private::Private;

/// How long *Snooze 30 min* puts the questions off.
pub const SNOOZE: i64 = 30 * 60_000;

/// What happens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Something came by either door. `complete`: question 3 has an answer; `anything`: something
    /// is given, whatever it is; `posted`: the digest is out.
    Given {
        complete: bool,
        anything: bool,
        posted: bool,
    },
    /// An instant of its own may have come: the reminder, the second prompt, the end of its window.
    /// `given`: something was given; `asked`: the prompt reached Slack, or still can.
    Due {
        given: bool,
        asked: bool,
    },
    Snooze,
    Off,
    /// They are here after all: they said so, or answered.
    Back,
    /// Their account was closed.
    Gone {
        given: bool,
    },
}

/// What follows from it, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Remind,
    AskAgain,
    /// Reminder and second prompt are not owed any more.
    AskNoMore,
    /// The prompt of another team waited for this answer.
    LetTheNextAsk,
    /// What was carried over stands on its list now.
    SettleList,
    /// The digest may be complete now.
    Consider,
    /// The huddle waits for them again.
    GatherAgain,
    /// Whatever shows it says something else now.
    Show,
    /// The same where the person themself reads nothing any more.
    ShowDigest,
}

/// The check-in as it is then, and what follows.
#[derive(Clone, Debug)]
pub struct Step {
    pub check_in: CheckIn,
    pub effects: Vec<Effect>,
}

/// None where the event changes nothing.
pub fn next(before: &CheckIn, event: Event, now: i64) -> Result<Option<Step>, Private> {
    use {Effect::*, State::*};
    let mut after = before.clone();
    let effects = match (before.state, event) {
        (Missed, Event::Given { anything: true, .. }) | (Asked | Missed, Event::Given { complete: true, .. }) => {
            let posted = matches!(event, Event::Given { posted: true, .. });
            after.late = before.state == Missed || now >= before.closes_at && posted;
            answer(&mut after, now);
            vec![AskNoMore, LetTheNextAsk, SettleList, Consider, Show]
        }
        (_, Event::Given { .. }) => vec![SettleList, Consider, Show],

        // It was given up for missed while its prompt had not reached Slack, and never will.
        (Missed, Event::Due { given: false, asked: false }) => {
            excuse(&mut after, DOWN);
            vec![SettleList, Show, Consider]
        }
        (_, Event::Due { given, asked }) => due(&mut after, given, asked, now),

        (_, Event::Snooze) if before.snoozed => return Err(Private::SnoozedAlready),
        (Asked | Missed, Event::Snooze) => {
            after.snoozed = true;
            after.snooze_at = Some(now + SNOOZE);
            after.remind_at = None;
            vec![Show]
        }
        (Answered | Excused, Event::Snooze) => return Err(Private::AnsweredAlready),

        (Asked | Missed, Event::Off) => {
            (after.snooze_at, after.remind_at) = (None, None);
            excuse(&mut after, OFF);
            vec![Show, Consider]
        }
        (Answered | Excused, Event::Off) => return Ok(None),

        (Excused, Event::Back) => {
            after.state = if now < before.closes_at { Asked } else { Missed };
            after.reason = String::new();
            vec![GatherAgain]
        }
        (Asked | Answered | Missed, Event::Back) => return Ok(None),

        // What they gave counts as at the end of the window.
        (Asked, Event::Gone { given }) => {
            (after.snooze_at, after.remind_at) = (None, None);
            if given {
                after.state = Answered;
                after.answered_at = Some(now);
                vec![SettleList, Show, Consider]
            } else {
                excuse(&mut after, GONE);
                vec![ShowDigest, Consider]
            }
        }
        (Answered | Missed | Excused, Event::Gone { .. }) => return Ok(None),
    };
    Ok(Some(Step { check_in: after, effects }))
}

fn answer(check_in: &mut CheckIn, now: i64) {
    check_in.state = State::Answered;
    check_in.answered_at = Some(now);
    (check_in.snooze_at, check_in.remind_at) = (None, None);
}

fn excuse(check_in: &mut CheckIn, reason: &str) {
    check_in.state = State::Excused;
    check_in.reason = reason.to_owned();
}

/// The reminder half-way, the second prompt after a snooze, and the end of the window: with
/// anything given it counts as answered, with nothing as missed, and never asked it is nobody's
/// silence.
fn due(after: &mut CheckIn, given: bool, asked: bool, now: i64) -> Vec<Effect> {
    let passed = |at: Option<i64>| at.is_some_and(|at| at <= now);
    let open = !after.superseded;
    let mut effects = Vec::new();
    if passed(after.remind_at) {
        after.remind_at = None;
        if after.state == State::Asked && !given && now < after.closes_at && open {
            effects.push(Effect::Remind);
        }
    }
    if passed(after.snooze_at) {
        after.snooze_at = None;
        if matches!(after.state, State::Asked | State::Missed) && open {
            effects.push(Effect::AskAgain);
        }
    }
    if after.state != State::Asked || after.closes_at > now {
        effects.push(Effect::Show);
        return effects;
    }
    match (given, asked) {
        (true, _) => (after.state, after.answered_at) = (State::Answered, Some(now)),
        (false, true) => after.state = State::Missed,
        (false, false) => excuse(after, DOWN),
    }
    effects.extend([Effect::SettleList, Effect::Show, Effect::Consider]);
    effects
}

#[cfg(test)]
mod tests {
    use super::*;
    use State::*;

    const START: i64 = CheckIn::SAMPLE_START;
    const CLOSES: i64 = START + 900_000;

    fn check_in(state: State) -> CheckIn {
        CheckIn {
            state,
            reason: if state == Excused { OFF.to_owned() } else { String::new() },
            answered_at: (state == Answered).then_some(START),
            ..CheckIn::sample()
        }
    }

    fn given(complete: bool, anything: bool, posted: bool) -> Event {
        Event::Given { complete, anything, posted }
    }

    fn due(given: bool, asked: bool) -> Event {
        Event::Due { given, asked }
    }

    fn changed(before: &CheckIn, event: Event, now: i64) -> Step {
        next(before, event, now).expect("allowed").expect("a change")
    }

    fn after(state: State, event: Event, now: i64) -> (State, Vec<Effect>) {
        let step = changed(&check_in(state), event, now);
        (step.check_in.state, step.effects)
    }

    #[test]
    fn each_state_and_what_happens_to_it() {
        use Effect::*;
        let (early, half, late) = (START + 1, START + 450_000, CLOSES);
        let answered = vec![AskNoMore, LetTheNextAsk, SettleList, Consider, Show];
        let closed = vec![SettleList, Show, Consider];
        let more = vec![SettleList, Consider, Show];
        for (state, event, now, to, effects) in [
            (Asked, given(true, true, false), early, Answered, answered.clone()),
            (Asked, given(false, true, false), early, Asked, more.clone()),
            (Missed, given(false, true, true), late, Answered, answered.clone()),
            (Missed, given(true, false, true), late, Answered, answered),
            (Missed, given(false, false, true), late, Missed, more.clone()),
            (Answered, given(true, true, true), late, Answered, more.clone()),
            (Excused, given(true, true, true), late, Excused, more),
            (Asked, due(false, true), early, Asked, vec![Show]),
            (Asked, due(false, true), half, Asked, vec![Remind, Show]),
            (Asked, due(true, true), half, Asked, vec![Show]),
            (Asked, due(false, true), late, Missed, closed.clone()),
            (Asked, due(true, true), late, Answered, closed.clone()),
            (Asked, due(false, false), late, Excused, closed.clone()),
            (Missed, due(false, false), late, Excused, closed.clone()),
            (Missed, due(true, false), late, Missed, vec![Show]),
            (Asked, Event::Snooze, early, Asked, vec![Show]),
            (Missed, Event::Snooze, late, Missed, vec![Show]),
            (Asked, Event::Off, early, Excused, vec![Show, Consider]),
            (Missed, Event::Off, late, Excused, vec![Show, Consider]),
            (Excused, Event::Back, early, Asked, vec![GatherAgain]),
            (Excused, Event::Back, late, Missed, vec![GatherAgain]),
            (Asked, Event::Gone { given: true }, early, Answered, closed),
            (Asked, Event::Gone { given: false }, early, Excused, vec![ShowDigest, Consider]),
        ] {
            assert_eq!(after(state, event, now), (to, effects), "{state:?} {event:?} at {now}");
        }
        for (state, event) in [
            (Answered, Event::Off),
            (Excused, Event::Off),
            (Asked, Event::Back),
            (Answered, Event::Back),
            (Missed, Event::Back),
            (Answered, Event::Gone { given: true }),
            (Missed, Event::Gone { given: true }),
            (Excused, Event::Gone { given: false }),
        ] {
            assert!(next(&check_in(state), event, early).expect("allowed").is_none(), "{state:?} {event:?}");
        }
    }

    #[test]
    fn it_is_late_after_the_digest_or_when_it_was_missed() {
        let late = |state, event, now| changed(&check_in(state), event, now).check_in.late;
        assert!(!late(Asked, given(true, true, false), CLOSES), "the digest still waits");
        assert!(!late(Asked, given(true, true, true), CLOSES - 1), "the window is open");
        assert!(late(Asked, given(true, true, true), CLOSES));
        assert!(late(Missed, given(false, true, false), CLOSES));
    }

    #[test]
    fn a_snooze_is_one_and_of_what_is_open() {
        let step = changed(&check_in(Asked), Event::Snooze, START).check_in;
        assert_eq!((step.snooze_at, step.remind_at, step.snoozed), (Some(START + SNOOZE), None, true));
        assert_eq!(next(&step, Event::Snooze, START).err(), Some(Private::SnoozedAlready));
        for state in [Answered, Excused] {
            assert_eq!(next(&check_in(state), Event::Snooze, START).err(), Some(Private::AnsweredAlready));
        }
        let again = changed(&step, due(false, true), START + SNOOZE);
        assert_eq!((again.effects[0], again.check_in.snooze_at), (Effect::AskAgain, None));
        let later = CheckIn { superseded: true, ..step };
        let nothing = changed(&later, due(false, true), START + SNOOZE);
        assert!(!nothing.effects.contains(&Effect::AskAgain), "a later shift has begun");
    }

    /// Whatever happens in whatever order: what is answered is so since an instant, what is excused
    /// has a reason, and nothing more is asked of either.
    #[test]
    fn what_always_holds() {
        let events = [
            given(true, true, true),
            given(false, true, false),
            due(false, true),
            due(true, true),
            due(false, false),
            Event::Snooze,
            Event::Off,
            Event::Back,
            Event::Gone { given: false },
            Event::Gone { given: true },
        ];
        let mut lives = vec![check_in(Asked)];
        for turn in 0..4 {
            let now = START + turn * 450_000;
            let lived = lives.iter().flat_map(|before| {
                events.iter().filter_map(|event| next(before, *event, now).ok().flatten().map(|step| step.check_in))
            });
            lives = lived.collect();
            for one in &lives {
                assert_eq!(one.state == Excused, !one.reason.is_empty(), "{one:?}");
                assert!(one.state != Answered || one.answered_at.is_some(), "{one:?}");
                assert!(one.state != Excused || one.reason == DOWN || one.snooze_at.is_none(), "{one:?}");
            }
            lives.truncate(5_000);
        }
    }
}
