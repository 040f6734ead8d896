//! The life of a huddle: when its digest is posted, when it is not held, and when it is after all.

use super::check_in::{AWAY, CheckIn, DOWN, LATE, State};

/// A digest later than this after its time is not posted any more; the next one says so.
pub const GRACE: i64 = 6 * 3_600_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HuddleState {
    Gathering,
    Posted,
    Skipped,
}

impl HuddleState {
    pub fn read(word: &str) -> Option<HuddleState> {
        match word {
            "gathering" => Some(HuddleState::Gathering),
            "posted" => Some(HuddleState::Posted),
            "skipped" => Some(HuddleState::Skipped),
            _ => None,
        }
    }
}

/// Whether an agent whose zone is further west starts later on its date. It is looked for only
/// where it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Later {
    NotLookedFor,
    Nobody,
    /// The first of them starts then, UTC milliseconds.
    From(i64),
}

/// What is to be done with it now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Nothing,
    Post,
    /// It is not held, for this reason; the next digest tells of it.
    Skip(&'static str),
    /// Everybody was away, and somebody came back: it is held after all.
    GatherAgain,
    LookWhoStartsLater,
    /// Nobody is due yet: the digest waits for those who start then.
    WaitFor(i64),
}

/// The digest is posted when everybody due has answered or is excused, or when the first window has
/// closed at `digest_at`, whichever is first, however few answered.
pub fn next(state: HuddleState, digest_at: i64, check_ins: &[CheckIn], later: Later, now: i64) -> Step {
    let any = |of: &dyn Fn(&CheckIn) -> bool| check_ins.iter().any(of);
    let waiting = any(&|one| one.state == State::Asked);
    let counted = any(&|one| one.state != State::Excused);
    let (closed, too_late) = (now >= digest_at, now > digest_at + GRACE);
    match (state, counted, later) {
        (HuddleState::Posted, ..) => Step::Nothing,
        (HuddleState::Skipped, ..) => {
            let answered = any(&|one| one.state == State::Answered);
            if answered && !too_late { Step::GatherAgain } else { Step::Nothing }
        }
        (HuddleState::Gathering, true, _) if waiting && !closed => Step::Nothing,
        (HuddleState::Gathering, ..) if too_late => Step::Skip(LATE),
        (HuddleState::Gathering, true, _) => Step::Post,
        // Everybody so far is away: somebody in a zone further west may still start.
        (HuddleState::Gathering, false, Later::NotLookedFor) => Step::LookWhoStartsLater,
        (HuddleState::Gathering, false, Later::From(start)) if closed => Step::WaitFor(start),
        (HuddleState::Gathering, false, Later::From(_)) => Step::Nothing,
        (HuddleState::Gathering, false, Later::Nobody) if closed || !check_ins.is_empty() => {
            Step::Skip(if any(&|one| one.reason == DOWN) { DOWN } else { AWAY })
        }
        (HuddleState::Gathering, false, Later::Nobody) => Step::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::check_in::OFF;
    use HuddleState::*;
    use State::*;

    const CLOSES: i64 = 1_000_000;

    fn check_in(state: State, reason: &str) -> CheckIn {
        CheckIn { state, reason: reason.to_owned(), ..CheckIn::sample() }
    }

    #[test]
    fn each_state_and_what_is_to_be_done() {
        let (early, late, over) = (CLOSES - 1, CLOSES, CLOSES + GRACE + 1);
        let (not_yet, nobody, from) = (Later::NotLookedFor, Later::Nobody, Later::From(CLOSES + 5));
        let asked = || check_in(Asked, "");
        let answered = || check_in(Answered, "");
        let missed = || check_in(Missed, "");
        let off = || check_in(Excused, OFF);
        let down = || check_in(Excused, DOWN);
        for (state, check_ins, later, now, step) in [
            (Gathering, vec![asked(), answered()], not_yet, early, Step::Nothing),
            (Gathering, vec![asked(), answered()], not_yet, late, Step::Post),
            (Gathering, vec![answered(), off()], not_yet, early, Step::Post),
            (Gathering, vec![missed()], not_yet, late, Step::Post),
            (Gathering, vec![asked()], not_yet, over, Step::Skip(LATE)),
            (Gathering, vec![off()], not_yet, over, Step::Skip(LATE)),
            (Gathering, vec![off()], not_yet, early, Step::LookWhoStartsLater),
            (Gathering, vec![off()], nobody, early, Step::Skip(AWAY)),
            (Gathering, vec![off(), down()], nobody, early, Step::Skip(DOWN)),
            (Gathering, vec![off()], from, early, Step::Nothing),
            (Gathering, vec![off()], from, late, Step::WaitFor(CLOSES + 5)),
            (Gathering, vec![], nobody, early, Step::Nothing),
            (Gathering, vec![], nobody, late, Step::Skip(AWAY)),
            (Posted, vec![asked()], not_yet, over, Step::Nothing),
            (Skipped, vec![off()], not_yet, late, Step::Nothing),
            (Skipped, vec![off(), answered()], not_yet, late, Step::GatherAgain),
            (Skipped, vec![answered()], not_yet, over, Step::Nothing),
        ] {
            let of: Vec<State> = check_ins.iter().map(|one| one.state).collect();
            assert_eq!(next(state, CLOSES, &check_ins, later, now), step, "{state:?} {of:?} {later:?} at {now}");
        }
    }
}
