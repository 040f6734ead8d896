//! What the messages of a stuck show: its help thread, the log in it, and what its asker and its taker are told.

use crate::rules::id::{JournalId, StuckId, UserId};
use crate::rules::keys;
use crate::rules::people::Team;
use crate::rules::shown::*;
use crate::rules::stuck::{State as StuckState, Stuck, What};
use crate::store::stuck::Entry;
use crate::store::{self, Result, Tx};

/// How often somebody is told at length what taking means.
const AT_LENGTH: i64 = 2;

pub async fn stuck_shown(tx: &mut Tx, id: &StuckId) -> Result<StuckShown> {
    let stuck = store::stuck::get(tx, id).await?;
    let team = store::people::team(tx, &stuck.team).await?;
    shown_of(tx, stuck, &team).await
}

pub(super) async fn shown_of(tx: &mut Tx, stuck: Stuck, team: &Team) -> Result<StuckShown> {
    let by = match &stuck.state {
        StuckState::Open => None,
        StuckState::Taken { by, .. } | StuckState::Resolved { by, .. } => Some(by.clone()),
        StuckState::Withdrawn { .. } => Some(stuck.asker.clone()),
    };
    let by = match by {
        Some(by) => Some(store::people::person(tx, &by).await?.name),
        None => None,
    };
    let helper = match &stuck.helper {
        Some(helper) => Some(store::people::person(tx, helper).await?.name),
        None => None,
    };
    let mut escalated_to = Vec::new();
    if stuck.escalated_by.is_some() {
        for manager in asked_managers(tx, &stuck).await? {
            escalated_to.push(store::people::person(tx, &manager).await?.name);
        }
    }
    let link =
        store::message::find(tx, &keys::help(&stuck.id)).await?.map(|row| row.link).filter(|link| !link.is_empty());
    Ok(StuckShown {
        asker: store::people::person(tx, &stuck.asker).await?.name,
        helper,
        by,
        escalated_to,
        link,
        zone: team.zone.clone(),
        stuck,
    })
}

/// Whom an escalation mentions: the managers, but not the asker or the taker as long as there is another.
async fn asked_managers(tx: &mut Tx, stuck: &Stuck) -> Result<Vec<UserId>> {
    let all = store::people::members(tx, &stuck.team).await?.managers();
    let others: Vec<UserId> =
        all.iter().filter(|manager| **manager != stuck.asker && Some(*manager) != stuck.taker()).cloned().collect();
    Ok(if others.is_empty() { all } else { others })
}

pub(super) async fn log(tx: &mut Tx, id: &JournalId) -> Result<LogShown> {
    let entry = store::stuck::entry(tx, id).await?;
    let stuck = stuck_shown(tx, &entry.stuck).await?;
    let mentions = match entry.what {
        What::Taken => vec![entry.actor.clone()],
        What::Escalated => {
            asked_managers(tx, &stuck.stuck).await?.into_iter().filter(|who| *who != entry.actor).collect()
        }
        _ => Vec::new(),
    };
    let other_name = match &entry.other {
        Some(other) => Some(store::people::person(tx, other).await?.name),
        None => None,
    };
    Ok(LogShown {
        actor_name: store::people::person(tx, &entry.actor).await?.name,
        stuck,
        what: entry.what,
        at: entry.at,
        actor: entry.actor,
        detail: entry.detail,
        mentions,
        other_name,
    })
}

pub(super) async fn tell(tx: &mut Tx, id: &JournalId, to: &UserId) -> Result<TellShown> {
    let entry = store::stuck::entry(tx, id).await?;
    let stuck = stuck_shown(tx, &entry.stuck).await?;
    let team = store::people::team(tx, &stuck.stuck.team).await?;
    let reader = store::people::person(tx, to).await?;
    let role = if *to == stuck.stuck.asker { Told::Asker } else { Told::Taker };
    let takes = store::stuck::takes_until(tx, to, entry.at).await?;
    let handed_back_by = match handed_back(tx, &entry).await? {
        Some(who) => Some(store::people::person(tx, &who).await?.name),
        None => None,
    };
    Ok(TellShown {
        confirmed: store::stuck::is_confirmed(tx, &stuck.stuck).await?,
        still_so: still_so(&entry, &stuck.stuck),
        handed_back_by,
        at_length: entry.what == What::Taken && takes <= AT_LENGTH,
        off_shift: store::check_in::running(tx, to, entry.at).await?.is_empty(),
        actor_name: store::people::person(tx, &entry.actor).await?.name,
        actor: entry.actor,
        zone: if reader.zone.is_empty() { team.zone } else { reader.zone },
        team: team.name,
        journal: entry.id,
        stuck,
        what: entry.what,
        detail: entry.detail,
        to: to.clone(),
        role,
    })
}

/// Who handed back what somebody had taken.
async fn handed_back(tx: &mut Tx, taken: &Entry) -> Result<Option<UserId>> {
    let later = store::stuck::entries(tx, &taken.stuck).await?.into_iter().filter(|entry| entry.at >= taken.at);
    let mut back = later.filter(|entry| entry.what == What::HandedBack && entry.other.as_ref() == Some(&taken.actor));
    Ok(back.next().map(|entry| entry.actor))
}

/// Whether what was told is still so: the same taking, the same end.
fn still_so(entry: &Entry, stuck: &Stuck) -> bool {
    match (entry.what, &stuck.state) {
        (What::Taken, StuckState::Taken { by, at, .. }) => *by == entry.actor && *at == entry.at,
        (What::Taken, _) => false,
        (What::Resolved | What::Answered, StuckState::Resolved { by, at, .. }) => *by == entry.actor && *at == entry.at,
        (What::Resolved | What::Answered, _) => false,
        (What::DueAsked, StuckState::Taken { by, .. }) => *by == entry.actor,
        (What::DueAsked, _) => false,
        _ => true,
    }
}
