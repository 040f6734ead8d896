//! Chapter two, the frame: reminders, snoozes, days off, and the closing of a check-in's window.

use super::{answer, digest, wanted};
use crate::rules::check_in::{self, CheckIn, Effect, Event, OFF, State};
use crate::rules::id::{CheckInId, UserId};
use crate::rules::keys;
use crate::rules::message::ANSWERED;
use crate::rules::private::{Private, Reply};
use crate::store::{self, Result, Tx};

/// Check-ins for which something fell due.
pub async fn due(tx: &mut Tx) -> Result<Vec<CheckInId>> {
    let mut due = store::check_in::due(tx).await?;
    due.extend(store::check_in::asked_and_superseded(tx).await?);
    due.extend(store::check_in::never_asked(tx).await?);
    Ok(due)
}

/// Something of its time has come.
pub async fn run(tx: &mut Tx, id: &CheckInId) -> Result<()> {
    let mut check_in = store::check_in::hold(tx, id).await?;
    let given = answer::anything_given(tx, &check_in).await?;
    let asked = given || was_asked(tx, &check_in).await?;
    happens(tx, &mut check_in, Event::Due { given, asked }).await.map(drop)
}

/// Lets an event happen to a check-in that is held: writes what it is then, and does what follows.
pub async fn happens(tx: &mut Tx, check_in: &mut CheckIn, event: Event) -> Result<std::result::Result<(), Private>> {
    let step = match check_in::next(check_in, event, tx.now) {
        Ok(Some(step)) => step,
        Ok(None) => return Ok(Ok(())),
        Err(refusal) => return Ok(Err(refusal)),
    };
    *check_in = step.check_in;
    store::check_in::keep(tx, check_in).await?;
    check_in.version += 1;
    for effect in step.effects {
        follow(tx, check_in, effect).await?;
    }
    Ok(Ok(()))
}

async fn follow(tx: &mut Tx, check_in: &CheckIn, effect: Effect) -> Result<()> {
    match effect {
        Effect::Remind => wanted::reminder(tx, check_in).await,
        Effect::AskAgain => wanted::prompt_again(tx, check_in).await,
        Effect::AskNoMore => {
            store::message::cancel(tx, &keys::reminder(&check_in.id), ANSWERED).await?;
            store::message::cancel(tx, &keys::prompt_again(&check_in.id), ANSWERED).await.map(drop)
        }
        Effect::LetTheNextAsk => let_the_next_ask(tx, check_in).await,
        Effect::SettleList => answer::settle_list(tx, check_in).await,
        Effect::Consider => digest::consider(tx, &check_in.huddle).await,
        Effect::GatherAgain => match store::unless_unreadable(store::shift::huddle(tx, &check_in.huddle).await)? {
            Some(huddle) => store::shift::gather_again(tx, &huddle).await,
            None => Ok(()),
        },
        Effect::Show => wanted::raise_check_in(tx, check_in).await,
        Effect::ShowDigest => store::message::raise(tx, &[keys::digest(&check_in.huddle)]).await.map(drop),
    }
}

/// The prompt of another team waited for this answer: it comes now.
async fn let_the_next_ask(tx: &mut Tx, check_in: &CheckIn) -> Result<()> {
    let now = tx.now;
    for other in store::check_in::current(tx, &check_in.person).await? {
        if other.id != check_in.id && other.state == State::Asked {
            store::message::postpone(tx, &keys::prompt(&other.id), now).await?;
        }
    }
    Ok(())
}

/// Their account was closed: the digest does not wait for them.
pub async fn gone(tx: &mut Tx, who: &UserId) -> Result<()> {
    for current in store::check_in::current(tx, who).await? {
        let mut check_in = store::check_in::hold(tx, &current.id).await?;
        let given = check_in.state == State::Asked && answer::anything_given(tx, &check_in).await?;
        let _ = happens(tx, &mut check_in, Event::Gone { given }).await?;
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
    Ok(match happens(tx, &mut check_in, Event::Snooze).await? {
        Ok(()) => Reply::Done,
        Err(private) => Reply::Private(private),
    })
}

/// Off today: excuses the person's check-ins that start on this date, in every team.
pub async fn off_today(tx: &mut Tx, id: &CheckInId, who: &UserId) -> Result<Reply> {
    let check_in = match own(tx, id, who).await? {
        Ok(check_in) => check_in,
        Err(private) => return Ok(Reply::Private(private)),
    };
    store::check_in::set_away(tx, who, &check_in.date, true).await?;
    for other in store::check_in::on_date(tx, who, &check_in.date).await? {
        // Only what is open is held; its window may have closed while we waited for it.
        if matches!(other.state, State::Asked | State::Missed) {
            let mut other = store::check_in::hold(tx, &other.id).await?;
            let _ = happens(tx, &mut other, Event::Off).await?;
        }
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
    let was_off = check_in.state == State::Excused && check_in.reason == OFF;
    let _ = happens(tx, check_in, Event::Back).await?;
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
            let _ = happens(tx, &mut other, Event::Back).await?;
            // Excused before it was ever asked: the questions come now.
            wanted::prompt(tx, &other, tx.now).await?;
            // What was given before they were off counts again, late if the window has closed.
            answer::finish(tx, &mut other, false).await?;
        }
    }
    Ok(())
}
