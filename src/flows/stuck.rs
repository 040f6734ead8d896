//! Chapter four: a stuck is taken, resolved, handed back, escalated, opened again; the list of the taker follows it.

use super::wanted;
use crate::rules::check_in::{Mark, Priority};
use crate::rules::id::{CheckInId, PriorityId, StuckId, Ts, UserId, derive};
use crate::rules::people::Team;
use crate::rules::private::{Private, Reply};
use crate::rules::stuck::{self, Around, Decision, Size, State, Stuck, Verb, What};
use crate::store::{self, Result, Tx};

/// What is taken stands first on the taker's list.
const FIRST: i64 = -1_000_000;
/// Raised after the digest and left without a size for so long, a stuck counts as more than a minute.
pub const UNSIZED_FOR: i64 = 5 * 60 * 1000;

/// Somebody pressed a button of a stuck, or submitted what it asked for.
pub async fn act(tx: &mut Tx, id: &StuckId, who: &UserId, verb: &Verb) -> Result<Reply> {
    let Some(mut stuck) = store::stuck::find(tx, id).await? else {
        return Ok(Reply::Private(Private::Gone));
    };
    match may(tx, &stuck, who, verb).await? {
        Err(refusal) => Ok(Reply::Private(Private::Stuck(refusal))),
        Ok(decision) => {
            apply(tx, &mut stuck, who, decision).await?;
            Ok(Reply::Done)
        }
    }
}

/// Whether somebody may do this now: what a press that opens a modal asks first, changing nothing.
pub async fn may(
    tx: &mut Tx,
    stuck: &Stuck,
    who: &UserId,
    verb: &Verb,
) -> Result<std::result::Result<Decision, stuck::Refusal>> {
    let members = store::people::members(tx, &stuck.team).await?;
    let raised_on = store::check_in::get(tx, &stuck.check_in).await?;
    let running = store::check_in::running(tx, who, tx.now).await?;
    let ends: Vec<i64> = running.iter().map(|check_in| check_in.ends_at).collect();
    let now = tx.now;
    let around = Around { members: &members, now, due_at: stuck::due_at(&ends, raised_on.ends_at, now) };
    Ok(stuck::decide(stuck, who, verb, &around))
}

/// Writes a decision: the stuck, the journal, the taker's list, and who must know.
pub async fn apply(tx: &mut Tx, stuck: &mut Stuck, who: &UserId, decision: Decision) -> Result<()> {
    let Decision::Change { to, what, detail, opens } = decision else { return Ok(()) };
    let team = store::people::team(tx, &stuck.team).await?;
    let (held_by, last_taker) = (stuck.taker().cloned(), stuck.last_taker.clone());
    stuck.state = to;
    if let State::Taken { by, .. } = &stuck.state {
        stuck.last_taker = Some(by.clone());
    }
    if what == What::Escalated {
        stuck.escalated_by = Some(who.clone());
    }
    let entry = store::stuck::note(tx, &stuck.id, who, what, &detail, held_by.as_ref()).await?;
    if opens && stuck.opened_at.is_none() {
        stuck.size = Some(Size::More);
        stuck.opened_at = Some(tx.now);
        wanted::help(tx, stuck, &team).await?;
    }
    if stuck.opened_at.is_some() && logged(what) {
        wanted::log(tx, stuck, &entry, &team).await?;
    }
    store::stuck::keep(tx, stuck).await?;
    stuck.version += 1;
    // Opened again after its end, it goes from the list on which it stood as done.
    let on_list_of = if what == What::Reopened { last_taker } else { held_by.clone() };
    follow_list(tx, stuck, on_list_of.as_ref()).await?;
    for person in told(stuck, what, who, held_by.as_ref()) {
        wanted::tell(tx, &entry, &person).await?;
    }
    let asker_check_in = store::check_in::get(tx, &stuck.check_in).await?;
    wanted::raise_check_in(tx, &asker_check_in).await?;
    wanted::raise_stuck(tx, stuck).await
}

/// What gets a line of its own in the help thread.
fn logged(what: What) -> bool {
    match what {
        What::Taken
        | What::Resolved
        | What::Answered
        | What::HandedBack
        | What::Escalated
        | What::Reopened
        | What::Withdrawn
        | What::TakerGone => true,
        What::Raised | What::Opened | What::Changed | What::LineGone | What::DueAsked | What::Confirmed => false,
    }
}

/// Who must learn of it by direct message; nobody is told of what they did themselves, except the taker what taking means.
fn told(stuck: &Stuck, what: What, who: &UserId, held_by: Option<&UserId>) -> Vec<UserId> {
    let asker = Some(&stuck.asker).filter(|asker| *asker != who);
    let holder = held_by.filter(|holder| *holder != who);
    let people: Vec<Option<&UserId>> = match what {
        What::Taken => vec![Some(who), asker],
        What::Resolved | What::Answered => vec![asker, holder],
        What::HandedBack => vec![holder],
        What::TakerGone => vec![Some(&stuck.asker).filter(|asker| Some(*asker) != held_by)],
        What::Reopened => vec![asker, stuck.last_taker.as_ref().filter(|taker| *taker != who)],
        What::LineGone => vec![Some(&stuck.asker), stuck.taker()],
        What::Raised
        | What::Opened
        | What::Escalated
        | What::Withdrawn
        | What::Changed
        | What::DueAsked
        | What::Confirmed => vec![],
    };
    let mut people: Vec<UserId> = people.into_iter().flatten().cloned().collect();
    people.sort();
    people.dedup();
    people
}

/// Line and stuck are one thing: the taker's list shows what is taken, as done what is resolved, and nothing of what went back.
async fn follow_list(tx: &mut Tx, stuck: &Stuck, held_by: Option<&UserId>) -> Result<()> {
    let at = Ts::at(tx.now);
    match &stuck.state {
        State::Taken { by, .. } => list_for(tx, stuck, by).await?,
        State::Resolved { .. } | State::Open | State::Withdrawn { .. } => {
            let Some(holder) = held_by else { return Ok(()) };
            let Some((mut line, lists)) = store::priority::of_stuck(tx, &stuck.id, holder).await? else {
                return Ok(());
            };
            if matches!(stuck.state, State::Resolved { .. }) {
                // On earlier lists it was carried over, and they say so.
                if let Some(list) = lists.last() {
                    store::priority::mark(tx, list, &line.id, Mark::Done, &at).await?;
                }
            } else {
                line.gone = true;
                store::priority::keep(tx, &stuck.team, &line).await?;
                for list in &lists {
                    store::priority::take_off(tx, list, &line.id).await?;
                }
            }
            raise_lists(tx, &lists).await?;
        }
    }
    Ok(())
}

/// Puts a taken stuck first on the taker's list of the running shift; off shift it waits for the next check-in.
async fn list_for(tx: &mut Tx, stuck: &Stuck, taker: &UserId) -> Result<()> {
    let workspace = tx.workspace.clone();
    let running = store::check_in::running(tx, taker, tx.now).await?;
    // Of two running shifts the one that ends first; on one of another team it stands there, because there is no other list.
    let home = running.iter().find(|check_in| check_in.team == stuck.team).or(running.first());
    let line = Priority {
        id: PriorityId(derive("taken", &[&workspace, stuck.id.as_str(), taker.as_str()])),
        check_in: home.map_or(CheckInId(String::new()), |check_in| check_in.id.clone()),
        person: taker.clone(),
        text: stuck.what.clone(),
        source: None,
        follows: false,
        stuck: Some(stuck.id.clone()),
        gone: false,
        position: FIRST,
    };
    store::priority::keep(tx, &stuck.team, &line).await?;
    if let Some(check_in) = home {
        store::priority::put_on(tx, &check_in.id, &line.id, FIRST).await?;
        store::priority::mark(tx, &check_in.id, &line.id, Mark::None, &Ts::at(tx.now)).await?;
        wanted::raise_check_in(tx, check_in).await?;
    }
    Ok(())
}

/// The asker corrected a word: the line on the taker's list says it too.
pub async fn retitle(tx: &mut Tx, stuck: &Stuck, taker: &UserId) -> Result<()> {
    if let Some((line, lists)) = store::priority::of_stuck(tx, &stuck.id, taker).await? {
        let line = Priority { text: stuck.what.clone(), ..line };
        store::priority::keep(tx, &stuck.team, &line).await?;
        raise_lists(tx, &lists).await?;
    }
    Ok(())
}

async fn raise_lists(tx: &mut Tx, lists: &[CheckInId]) -> Result<()> {
    for list in lists {
        let check_in = store::check_in::get(tx, list).await?;
        wanted::raise_check_in(tx, &check_in).await?;
        // The prompt of the next shift asks about it.
        for asking in store::check_in::asking_about(tx, list).await? {
            wanted::raise_check_in(tx, &asking).await?;
        }
    }
    Ok(())
}

/// "Yes, thanks": the asker is unstuck, and is not asked again.
pub async fn confirm(tx: &mut Tx, id: &StuckId, who: &UserId) -> Result<Reply> {
    let Some(stuck) = store::stuck::find(tx, id).await? else { return Ok(Reply::Private(Private::Gone)) };
    if stuck.asker != *who {
        return Ok(Reply::Private(Private::Stuck(stuck::Refusal::OnlyAsker { asker: stuck.asker })));
    }
    if stuck.needs_someone() {
        return Ok(Reply::Private(Private::Stuck(stuck::Refusal::StillOpen)));
    }
    if !store::stuck::is_confirmed(tx, &stuck).await? {
        store::stuck::note(tx, id, who, What::Confirmed, "", None).await?;
        wanted::raise_stuck(tx, &stuck).await?;
    }
    Ok(Reply::Done)
}

/// Opens the help thread of an open stuck.
pub async fn open_thread(tx: &mut Tx, stuck: &mut Stuck, team: &Team) -> Result<()> {
    stuck.size = Some(Size::More);
    stuck.opened_at = Some(tx.now);
    let asker = stuck.asker.clone();
    store::stuck::note(tx, &stuck.id, &asker, What::Opened, "", None).await?;
    wanted::help(tx, stuck, team).await?;
    store::stuck::keep(tx, stuck).await?;
    stuck.version += 1;
    let asked_in = store::check_in::get(tx, &stuck.check_in).await?;
    wanted::raise_check_in(tx, &asked_in).await?;
    wanted::raise_stuck(tx, stuck).await
}

/// A stuck kept over the turn of a shift is due with the new one.
pub async fn due_with(tx: &mut Tx, id: &StuckId, ends_at: i64) -> Result<()> {
    let mut stuck = store::stuck::get(tx, id).await?;
    if let State::Taken { by, at, due_at } = &stuck.state
        && *due_at < ends_at
    {
        stuck.state = State::Taken { by: by.clone(), at: *at, due_at: ends_at };
        store::stuck::keep(tx, &stuck).await?;
        wanted::raise_stuck(tx, &stuck).await?;
    }
    Ok(())
}

/// Somebody is gone: what they had taken in these teams is open again, and its asker is told.
pub async fn taker_gone(tx: &mut Tx, who: &UserId, in_team: impl Fn(&Team) -> bool) -> Result<usize> {
    let mut opened = 0;
    for mut one in store::stuck::taken_by(tx, who).await? {
        let team = store::people::team(tx, &one.team).await?;
        if let Some(decision) = stuck::taker_gone(&one).filter(|_| in_team(&team)) {
            apply(tx, &mut one, who, decision).await?;
            opened += 1;
        }
    }
    Ok(opened)
}

/// Stucks of which something fell due.
pub async fn due(tx: &mut Tx) -> Result<Vec<StuckId>> {
    let mut due = store::stuck::due(tx).await?;
    due.extend(store::stuck::unsized_since(tx, tx.now - UNSIZED_FOR).await?);
    Ok(due)
}

/// A taker without any list is asked at the due time; what was never sized gets its thread.
pub async fn run(tx: &mut Tx, id: &StuckId) -> Result<()> {
    let mut stuck = store::stuck::get(tx, id).await?;
    match &stuck.state {
        // It may have been handed back, and taken again, since it was found due: then it is due
        // later.
        State::Taken { by, due_at, .. } if *due_at <= tx.now => {
            let first = store::stuck::due_asked(tx, &stuck).await?;
            if first && !store::shift::has_agent(tx, &stuck.team, by).await? {
                let entry = store::stuck::note(tx, &stuck.id, by, What::DueAsked, "", Some(by)).await?;
                wanted::tell(tx, &entry, by).await?;
            }
            Ok(())
        }
        State::Open if stuck.size.is_none() => {
            let team = store::people::team(tx, &stuck.team).await?;
            open_thread(tx, &mut stuck, &team).await
        }
        _ => Ok(()),
    }
}
