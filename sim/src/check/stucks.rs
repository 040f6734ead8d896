//! P4 and P7 of stucks: each journal is a legal path with one owner at a time, and holds no more than people did.

use std::collections::BTreeMap;

use super::texts;
use crate::plan::TEAM;
use crate::world::{Kept, World, itself};

#[derive(Clone, Debug, PartialEq)]
enum State {
    Open,
    Taken(String),
    Resolved,
    Withdrawn,
}

pub async fn one_owner(world: &World) -> Kept {
    let sql = format!("from journal where workspace = '{TEAM}' order by at, {}", world.database.written());
    let rows = world.database.rows(&["subject", "what", "actor", "other"], sql).await.map_err(itself)?;
    let mut states: BTreeMap<String, State> = BTreeMap::new();
    let mut done: BTreeMap<(String, String, String), u32> = BTreeMap::new();
    for row in rows {
        let [stuck, what, actor, other] = texts(row)?;
        let before = states.get(&stuck).cloned().unwrap_or(State::Open);
        // What was withdrawn with its line comes back with it, and nobody presses for that.
        if before != State::Withdrawn {
            *done.entry((what.clone(), stuck.clone(), actor.clone())).or_default() += 1;
        }
        let after = step(&before, &what, &actor, &other)
            .ok_or_else(|| format!("P4 one owner: stuck {stuck} was {before:?} when {actor} did '{what}'"))?;
        states.insert(stuck, after);
    }
    let sql = format!("from stuck where workspace = '{TEAM}'");
    for row in world.database.rows(&["id", "state", "taker"], sql).await.map_err(itself)? {
        let [id, state, taker] = texts(row)?;
        let says = match state.as_str() {
            "taken" => State::Taken(taker),
            "resolved" => State::Resolved,
            "withdrawn" => State::Withdrawn,
            _ => State::Open,
        };
        let journal = states.get(&id).cloned().unwrap_or(State::Open);
        if journal != says {
            return Err(format!("P4 one owner: stuck {id} is {says:?}, and its journal says {journal:?}"));
        }
    }
    no_more_than_pressed(world, &done)
}

fn step(state: &State, what: &str, actor: &str, other: &str) -> Option<State> {
    let live = matches!(state, State::Open | State::Taken(_));
    match what {
        "taken" => (*state == State::Open).then(|| State::Taken(actor.to_owned())),
        "handed back" => (*state == State::Taken(other.to_owned())).then_some(State::Open),
        "resolved" | "answered" => live.then_some(State::Resolved),
        "withdrawn" => (*state == State::Open).then_some(State::Withdrawn),
        "reopened" => (!live).then_some(State::Open),
        _ => Some(state.clone()),
    }
}

/// A payload that came twice must not have done twice what it asks for.
fn no_more_than_pressed(world: &World, done: &BTreeMap<(String, String, String), u32>) -> Kept {
    let presses = |actions: &[&str], stuck: &str, who: &str| -> u32 {
        let key = |action: &&str| ((*action).to_owned(), stuck.to_owned(), who.to_owned());
        actions.iter().filter_map(|action| world.people.presses.get(&key(action))).sum()
    };
    for ((what, stuck, who), times) in done {
        let actions: &[&str] = match what.as_str() {
            "taken" => &["take"],
            "reopened" => &["reopen", "still_stuck"],
            "escalated" => &["escalate sent"],
            "confirmed" => &["unstuck"],
            _ => continue,
        };
        let pressed = presses(actions, stuck, who);
        if *times > pressed {
            return Err(format!(
                "P7 replays change nothing: {who} pressed {pressed} times, and '{what}' stands {times} times in the journal of {stuck}"
            ));
        }
    }
    Ok(())
}
