//! Chapter one: a shift starts, and each of its agents who is not away is asked.
//! The future is computed, not stored: what fell due is worked out at each tick and written once, whoever ticks.

use super::{answer, digest, wanted};
use crate::rules::check_in::{CheckIn, DOWN, OFF, State};
use crate::rules::huddle::HuddleState;
use crate::rules::id::{CheckInId, HuddleId, ShiftId, derive};
use crate::rules::people::Team;
use crate::rules::shift::{self as calendar, Occurrence, Pattern};
use crate::store::shift::{Huddle, OnShift, Shift};
use crate::store::{self, Failure, Result, Tx};
use jiff::tz::TimeZone;

/// What was missed longer ago than this is not recorded any more.
const LOOK_BACK: i64 = 7 * 24 * 3600 * 1000;
/// A window shorter than this has no room for a reminder half-way.
const REMINDER_FROM: i64 = 4 * 60 * 1000;
/// A prompt that waits for another one goes out so long before its own grace ends.
const BEFORE_GRACE_ENDS: i64 = 60_000;
/// The next look at a shift that has no start in sight.
const NEVER: i64 = i64::MAX;

/// Before a start or a zone changes: what began by the old ones, and was not looked at yet, is owed by them.
pub async fn settle_old_starts(tx: &mut Tx) -> Result<()> {
    for id in store::shift::due(tx).await? {
        // A shift that cannot be read is not settled; its edit is what may mend it.
        store::unless_unreadable(run(tx, &id).await)?;
    }
    Ok(())
}

/// Opens the check-ins that one shift owes, and says when to look at it again.
pub async fn run(tx: &mut Tx, id: &ShiftId) -> Result<()> {
    // Whatever makes it due again meanwhile comes after this, and stays.
    let shift = store::shift::hold(tx, id).await?;
    if shift.retired {
        return Ok(());
    }
    let team = store::people::team(tx, &shift.team).await?;
    let pattern = Pattern::parse(&shift.starts).map_err(Failure::Decode)?;
    let now = tx.now;
    let known = store::check_in::known(tx, id, &date_before(now)).await?;
    let mut next_at = NEVER;
    let mut huddles = Vec::new();
    for agent in store::shift::roster(tx, id).await? {
        // Nobody is asked at another zone's hour: once Slack has told theirs, this shift is looked at again.
        if shift.zone == "agent" && agent.zone.is_none() {
            continue;
        }
        let zone = store::shift::zone_of(&shift, &team, &agent)?;
        let from = shift.owes_from.max(agent.since_at).max(now - LOOK_BACK);
        for occurrence in calendar::owed(&pattern, &zone, from, now) {
            let date = occurrence.date.to_string();
            if !agent.deleted && !known.iter().any(|(who, when)| *who == agent.person && *when == date) {
                huddles.push(open(tx, &shift, &team, &agent, &occurrence).await?);
            }
        }
        let next = calendar::next(&pattern, &zone, now.max(from)).map_or(NEVER, |next| next.start);
        next_at = next_at.min(next);
    }
    huddles.sort();
    huddles.dedup();
    for huddle in huddles {
        digest::consider(tx, &huddle).await?;
    }
    store::shift::look_again_at(tx, id, next_at).await
}

/// The civil date a little before the earliest occurrence that can be owed.
fn date_before(now: i64) -> String {
    let early = jiff::Timestamp::from_millisecond(now - LOOK_BACK - 3 * 24 * 3600 * 1000)
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    early.to_zoned(TimeZone::UTC).date().to_string()
}

async fn open(tx: &mut Tx, shift: &Shift, team: &Team, agent: &OnShift, occurrence: &Occurrence) -> Result<HuddleId> {
    let (workspace, now) = (tx.workspace.clone(), tx.now);
    let date = occurrence.date.to_string();
    let ends_at = calendar::end(occurrence.start, shift.minutes);
    let in_time = now <= wanted::grace_ends(occurrence.start, ends_at);
    let away = store::check_in::is_away(tx, &agent.person, &date).await?;
    let (state, reason) = match (in_time, away) {
        (_, true) => (State::Excused, OFF),
        (true, false) => (State::Asked, ""),
        (false, false) => (State::Excused, DOWN),
    };
    // After downtime the window counts from the asking, or nobody could answer in time.
    let asked_at = if in_time { now.max(occurrence.start) } else { occurrence.start };
    let closes_at = asked_at + shift.collect_ms;
    let huddle = Huddle {
        id: HuddleId(derive("huddle", &[&workspace, shift.id.as_str(), &date])),
        team: team.id.clone(),
        shift: shift.id.clone(),
        date: date.clone(),
        opened_at: asked_at,
        digest_at: closes_at,
        posted_at: None,
        state: HuddleState::Gathering,
        version: 1,
    };
    store::shift::open_huddle(tx, &huddle).await?;
    let last = store::check_in::last_with_priorities(tx, &team.id, &agent.person, occurrence.start).await?;
    if let Some(last) = last.as_ref().filter(|last| last.state != State::Answered) {
        // Nothing was said there, and yet something stands on its list (a stuck that was taken): the rest must not be lost.
        answer::carry_all(tx, last).await?;
    }
    let mut check_in = CheckIn {
        id: CheckInId(derive("check-in", &[&workspace, shift.id.as_str(), agent.person.as_str(), &date])),
        team: team.id.clone(),
        shift: shift.id.clone(),
        huddle: huddle.id.clone(),
        person: agent.person.clone(),
        date,
        place: store::check_in::next_place(tx, &huddle.id).await?,
        last: last.map(|last| last.id),
        starts_at: occurrence.start,
        ends_at,
        closes_at,
        remind_at: None,
        snooze_at: None,
        snoozed: false,
        state,
        reason: reason.to_owned(),
        answered_at: None,
        late: false,
        last_text: String::new(),
        form_sent_at: None,
        superseded: false,
        version: 1,
    };
    let due_at = turn(tx, &check_in, shift.collect_ms).await?;
    if state == State::Asked && closes_at - due_at >= REMINDER_FROM {
        check_in.remind_at = Some(due_at + (closes_at - due_at) / 2);
    }
    if !store::check_in::open(tx, &check_in).await? {
        return Ok(huddle.id);
    }
    for earlier in store::check_in::supersede(tx, &check_in).await? {
        wanted::take_back(tx, &earlier.id).await?;
        if matches!(earlier.state, State::Asked | State::Missed) {
            // Its prompt must not ask any more.
            wanted::raise_check_in(tx, &earlier).await?;
        }
    }
    list_taken(tx, &check_in).await?;
    if state == State::Asked {
        wanted::prompt(tx, &check_in, due_at).await?;
        store::shift::gather_again(tx, &huddle).await?;
        wait_for_first(tx, &huddle).await?;
        // A digest that is out already counted this agent among those who start later.
        wanted::raise_check_in(tx, &check_in).await?;
    }
    Ok(huddle.id)
}

/// The first who is asked at all, after others of the huddle were excused: the digest waits for the end of their window.
async fn wait_for_first(tx: &mut Tx, asked: &Huddle) -> Result<()> {
    let counted =
        store::check_in::of_huddle(tx, &asked.id).await?.into_iter().filter(|one| one.state != State::Excused);
    let huddle = store::shift::huddle(tx, &asked.id).await?;
    let alone = counted.count() == 1;
    if alone && huddle.state == HuddleState::Gathering && huddle.digest_at < asked.digest_at {
        store::shift::postpone(tx, &huddle, asked.digest_at).await?;
    }
    Ok(())
}

/// What was taken off shift stands on the next list.
async fn list_taken(tx: &mut Tx, check_in: &CheckIn) -> Result<()> {
    for priority in store::priority::taken_unlisted(tx, &check_in.team, &check_in.person).await? {
        store::priority::put_on(tx, &check_in.id, &priority.id, priority.position).await?;
        if let Some(stuck) = &priority.stuck {
            super::stuck::due_with(tx, stuck, check_in.ends_at).await?;
        }
    }
    Ok(())
}

/// One prompt at a time: somebody in two teams gets the second when the first is answered or its window is half over, and
/// at the latest when its own is, so that it can still make its digest.
async fn turn(tx: &mut Tx, check_in: &CheckIn, own_window: i64) -> Result<i64> {
    let now = tx.now;
    let others = store::check_in::current(tx, &check_in.person).await?;
    let busy =
        others.iter().filter(|other| other.id != check_in.id && other.state == State::Asked && other.closes_at > now);
    let mut turn = now;
    for other in busy {
        // Its window may have begun long after its shift.
        let window = store::shift::get(tx, &other.shift).await?.collect_ms;
        turn = turn.max(other.closes_at - window / 2);
    }
    // Later than this it would not go out any more.
    let latest = wanted::grace_ends(check_in.starts_at, check_in.ends_at) - BEFORE_GRACE_ENDS;
    Ok(turn.min(latest).min(check_in.closes_at - own_window / 2).max(now))
}
