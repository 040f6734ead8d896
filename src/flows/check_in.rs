//! Chapter two, the frame: reminders, snoozes, days off, and the closing of a check-in's window.

use super::{answer, digest, wanted};
use crate::rules::check_in::{CheckIn, DOWN, GONE, OFF, State};
use crate::rules::id::{CheckInId, UserId};
use crate::rules::keys;
use crate::rules::private::{Private, Reply};
use crate::store::{self, Result, Tx};

const SNOOZE: i64 = 30 * 60 * 1000;

/// Check-ins for which something fell due.
pub async fn due(tx: &mut Tx) -> Result<Vec<CheckInId>> {
    let mut due = store::check_in::due(tx).await?;
    due.extend(store::check_in::asked_and_superseded(tx).await?);
    due.extend(store::check_in::never_asked(tx).await?);
    Ok(due)
}

/// The reminder half-way, the second prompt after a snooze, and the end of the window.
pub async fn run(tx: &mut Tx, id: &CheckInId) -> Result<()> {
    let mut check_in = store::check_in::hold(tx, id).await?;
    let now = tx.now;
    let passed = |at: Option<i64>| at.is_some_and(|at| at <= now);
    let silent = !answer::anything_given(tx, &check_in).await?;
    if check_in.state == State::Missed && silent && !was_asked(tx, &check_in).await? {
        return close(tx, check_in, silent).await;
    }
    if passed(check_in.remind_at) {
        check_in.remind_at = None;
        if check_in.state == State::Asked && silent && now < check_in.closes_at && !check_in.superseded {
            wanted::reminder(tx, &check_in).await?;
        }
    }
    if passed(check_in.snooze_at) {
        check_in.snooze_at = None;
        if matches!(check_in.state, State::Asked | State::Missed) && !check_in.superseded {
            wanted::prompt_again(tx, &check_in).await?;
        }
    }
    if check_in.state == State::Asked && check_in.closes_at <= now {
        return close(tx, check_in, silent).await;
    }
    store::check_in::keep(tx, &check_in).await?;
    wanted::raise_check_in(tx, &check_in).await
}

/// The window closes: with anything given it counts as answered, with nothing as missed.
async fn close(tx: &mut Tx, mut check_in: CheckIn, silent: bool) -> Result<()> {
    if silent && !was_asked(tx, &check_in).await? {
        // The prompt never reached Slack: that is nobody's silence.
        check_in.state = State::Excused;
        check_in.reason = DOWN.to_owned();
    } else if silent {
        check_in.state = State::Missed;
    } else {
        check_in.state = State::Answered;
        check_in.answered_at = Some(tx.now);
    }
    store::check_in::keep(tx, &check_in).await?;
    answer::settle_list(tx, &check_in).await?;
    let huddle = check_in.huddle.clone();
    wanted::raise_check_in(tx, &check_in).await?;
    digest::consider(tx, &huddle).await
}

/// Their account was closed: the digest does not wait for them. What they gave counts as at the end of the window.
pub async fn gone(tx: &mut Tx, who: &UserId) -> Result<()> {
    for current in store::check_in::current(tx, who).await? {
        let mut check_in = store::check_in::hold(tx, &current.id).await?;
        if check_in.state != State::Asked {
            continue;
        }
        (check_in.snooze_at, check_in.remind_at) = (None, None);
        if answer::anything_given(tx, &check_in).await? {
            close(tx, check_in, false).await?;
            continue;
        }
        check_in.state = State::Excused;
        check_in.reason = GONE.to_owned();
        store::check_in::keep(tx, &check_in).await?;
        // Their own prompt stays as it is: nobody reads it.
        store::message::raise(tx, &[keys::digest(&check_in.huddle)]).await?;
        digest::consider(tx, &check_in.huddle).await?;
    }
    Ok(())
}

async fn was_asked(tx: &mut Tx, check_in: &CheckIn) -> Result<bool> {
    let prompt = store::message::find(tx, &keys::prompt(&check_in.id)).await?;
    Ok(prompt.is_none_or(|row| row.posted().is_some() || !row.is_dead()))
}

/// The check-in of a pressed button, if it is this person's and still takes answers; held for what follows.
pub async fn own(tx: &mut Tx, id: &CheckInId, who: &UserId) -> Result<std::result::Result<CheckIn, Private>> {
    match may_answer(tx, id, who).await? {
        Ok(check_in) => store::check_in::hold(tx, &check_in.id).await.map(Ok),
        Err(private) => Ok(Err(private)),
    }
}

/// Whether a prompt's button is this person's to press; changes nothing.
pub async fn may_answer(tx: &mut Tx, id: &CheckInId, who: &UserId) -> Result<std::result::Result<CheckIn, Private>> {
    let Some(check_in) = store::check_in::find(tx, id).await? else {
        return Ok(Err(Private::Gone));
    };
    if check_in.person != *who {
        return Ok(Err(Private::NotYourPrompt { agent: check_in.person }));
    }
    if check_in.superseded {
        return Ok(Err(Private::Over { date: check_in.date }));
    }
    Ok(Ok(check_in))
}

/// Snooze 30 min: one new prompt, which takes the place of any reminder; the window does not move.
pub async fn snooze(tx: &mut Tx, id: &CheckInId, who: &UserId) -> Result<Reply> {
    let mut check_in = match own(tx, id, who).await? {
        Ok(check_in) => check_in,
        Err(private) => return Ok(Reply::Private(private)),
    };
    match check_in.state {
        _ if check_in.snoozed => return Ok(Reply::Private(Private::SnoozedAlready)),
        State::Answered | State::Excused => return Ok(Reply::Private(Private::AnsweredAlready)),
        State::Asked | State::Missed => {}
    }
    check_in.snoozed = true;
    check_in.snooze_at = Some(tx.now + SNOOZE);
    check_in.remind_at = None;
    store::check_in::keep(tx, &check_in).await?;
    wanted::raise_check_in(tx, &check_in).await?;
    Ok(Reply::Done)
}

/// Off today: excuses the person's check-ins that start on this date, in every team.
pub async fn off_today(tx: &mut Tx, id: &CheckInId, who: &UserId) -> Result<Reply> {
    let check_in = match own(tx, id, who).await? {
        Ok(check_in) => check_in,
        Err(private) => return Ok(Reply::Private(private)),
    };
    store::check_in::set_away(tx, who, &check_in.date, true).await?;
    for other in store::check_in::on_date(tx, who, &check_in.date).await? {
        if !matches!(other.state, State::Asked | State::Missed) {
            continue;
        }
        let mut other = store::check_in::hold(tx, &other.id).await?;
        // Its window may have closed while we waited for it.
        if !matches!(other.state, State::Asked | State::Missed) {
            continue;
        }
        other.state = State::Excused;
        other.reason = OFF.to_owned();
        (other.snooze_at, other.remind_at) = (None, None);
        store::check_in::keep(tx, &other).await?;
        wanted::raise_check_in(tx, &other).await?;
        digest::consider(tx, &other.huddle).await?;
    }
    Ok(Reply::Done)
}

/// I'm back: asked again if the window is open, else late.
pub async fn back(tx: &mut Tx, id: &CheckInId, who: &UserId) -> Result<Reply> {
    let check_in = match own(tx, id, who).await? {
        Ok(check_in) => check_in,
        Err(private) => return Ok(Reply::Private(private)),
    };
    store::check_in::set_away(tx, who, &check_in.date, false).await?;
    owe_again(tx, who, &check_in.date, None).await?;
    Ok(Reply::Done)
}

/// Somebody who was off answers: this check-in is owed again, and so are the others of its date.
pub async fn undo_excuse(tx: &mut Tx, check_in: &mut CheckIn) -> Result<()> {
    if check_in.state != State::Excused {
        return Ok(());
    }
    let was_off = check_in.reason == OFF;
    unexcuse(tx, check_in).await?;
    if was_off {
        store::check_in::set_away(tx, &check_in.person, &check_in.date, false).await?;
        owe_again(tx, &check_in.person.clone(), &check_in.date.clone(), Some(&check_in.id)).await?;
    }
    Ok(())
}

/// What was excused of a date because its agent was off is asked again.
async fn owe_again(tx: &mut Tx, who: &UserId, date: &str, except: Option<&CheckInId>) -> Result<()> {
    for other in store::check_in::on_date(tx, who, date).await? {
        if other.state == State::Excused && other.reason == OFF && Some(&other.id) != except {
            let mut other = store::check_in::hold(tx, &other.id).await?;
            unexcuse(tx, &mut other).await?;
            // Excused before it was ever asked: the questions come now.
            wanted::prompt(tx, &other, tx.now).await?;
            // What was given before they were off counts again, late if the window has closed.
            answer::finish(tx, &mut other, false).await?;
        }
    }
    Ok(())
}

/// excused → asked, or missed where the window has closed; a digest that was not posted because all were away is after all.
async fn unexcuse(tx: &mut Tx, check_in: &mut CheckIn) -> Result<()> {
    check_in.state = if tx.now < check_in.closes_at { State::Asked } else { State::Missed };
    check_in.reason = String::new();
    store::check_in::keep(tx, check_in).await?;
    check_in.version += 1;
    let huddle = store::shift::huddle(tx, &check_in.huddle).await?;
    store::shift::gather_again(tx, &huddle).await
}
