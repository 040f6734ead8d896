//! The teams as the operator's file has them: a team is its name, a shift its team and name. What is no longer in the
//! file is retired, never deleted.

use super::shift_start;
use crate::rules::id::{ShiftId, TeamId, UserId, derive};
use crate::rules::people::{Role, Team};
use crate::rules::teams::{ShiftSpec, ShiftZone, TeamSpec, TeamsFile};
use crate::store::shift::Shift;
use crate::store::{self, Result, Tx};

/// Brings the database in line with the file and tells, a line each, what it changed.
pub async fn apply(tx: &mut Tx, file: &TeamsFile) -> Result<Vec<String>> {
    // Two replicas that start with one file: the second finds nothing to change.
    store::people::hold_workspace(tx).await?;
    shift_start::settle_old_starts(tx).await?;
    let mut changed = Vec::new();
    let before = store::people::teams(tx).await?;
    for spec in &file.teams {
        keep_team(tx, spec, &before, &mut changed).await?;
    }
    for team in before.iter().filter(|team| !team.retired) {
        if !file.teams.iter().any(|spec| spec.name == team.name) {
            store::people::retire_team(tx, &team.id).await?;
            retire_shifts(tx, team, &[], &mut changed).await?;
            changed.push(format!("team {}: retired", team.name));
        }
    }
    Ok(changed)
}

fn team_id(workspace: &str, name: &str) -> TeamId {
    TeamId(derive("team", &[workspace, name]))
}

async fn keep_team(tx: &mut Tx, spec: &TeamSpec, before: &[Team], changed: &mut Vec<String>) -> Result<()> {
    let id = team_id(&tx.workspace, &spec.name);
    let was = before.iter().find(|team| team.id == id);
    let now = Team {
        id: id.clone(),
        name: spec.name.clone(),
        channel: spec.channel.as_str().into(),
        zone: spec.zone.clone(),
        retired: false,
    };
    match was {
        None => changed.push(format!("team {}: new, channel {}, {}", spec.name, spec.channel, spec.zone)),
        Some(was) => {
            let name = &spec.name;
            if was.retired {
                changed.push(format!("team {name}: back"));
            }
            if was.channel != now.channel {
                changed.push(format!("team {name}: channel {} instead of {}", now.channel, was.channel));
            }
            if was.zone != now.zone {
                changed.push(format!("team {name}: time zone {} instead of {}", now.zone, was.zone));
            }
        }
    }
    let zone_moved = was.is_some_and(|was| was.zone != now.zone);
    if was.is_none_or(|was| was.retired || was.channel != now.channel || was.zone != now.zone) {
        store::people::keep_team(tx, &now).await?;
    }
    if was.is_some_and(|was| was.channel != now.channel) {
        // What was not posted goes to the new channel; a dead one of it waits for its retry there.
        store::message::move_to(tx, &id, now.channel.as_str()).await?;
    }
    keep_members(tx, spec, &id, changed).await?;
    let shifts: Vec<Shift> = store::shift::all(tx).await?.into_iter().filter(|shift| shift.team == id).collect();
    for shift in &spec.shifts {
        keep_shift(tx, spec, &id, shift, &shifts, zone_moved, changed).await?;
    }
    retire_shifts(tx, &now, &spec.shifts, changed).await
}

async fn keep_members(tx: &mut Tx, spec: &TeamSpec, team: &TeamId, changed: &mut Vec<String>) -> Result<()> {
    let mut wanted: Vec<(UserId, Role)> = Vec::new();
    let agents = spec.shifts.iter().flat_map(|shift| &shift.agents).map(|id| (id, Role::Agent));
    let managers = spec.managers.iter().map(|id| (id, Role::Manager));
    let observers = spec.observers.iter().map(|id| (id, Role::Observer));
    for (id, role) in agents.chain(managers).chain(observers) {
        let member = (UserId::from(id.as_str()), role);
        if !wanted.contains(&member) {
            wanted.push(member);
        }
    }
    let is = store::people::members(tx, team).await?.0;
    for (person, role) in wanted.iter().filter(|member| !is.contains(member)) {
        store::people::keep_member(tx, team, person, *role, true).await?;
        changed.push(format!("team {}: {person} is {} now", spec.name, article(*role)));
    }
    for (person, role) in is.iter().filter(|member| !wanted.contains(member)) {
        store::people::keep_member(tx, team, person, *role, false).await?;
        changed.push(format!("team {}: {person} is no longer {}", spec.name, article(*role)));
    }
    Ok(())
}

fn article(role: Role) -> String {
    let word = role.word();
    if role == Role::Manager { format!("a {word}") } else { format!("an {word}") }
}

async fn keep_shift(
    tx: &mut Tx,
    team: &TeamSpec,
    team_id: &TeamId,
    spec: &ShiftSpec,
    before: &[Shift],
    zone_moved: bool,
    changed: &mut Vec<String>,
) -> Result<()> {
    let id = ShiftId(derive("shift", &[&tx.workspace, team_id.as_str(), &spec.name]));
    let called = format!("shift {} / {}", team.name, spec.name);
    let zone = match &spec.zone {
        ShiftZone::Team => String::new(),
        ShiftZone::Agent => "agent".to_owned(),
        ShiftZone::Named(name) => name.clone(),
    };
    let was = before.iter().find(|shift| shift.id == id);
    let moved = was.is_none_or(|was| {
        was.retired || was.starts != spec.starts || was.zone != zone || (zone_moved && zone != *"agent")
    });
    let now = Shift {
        id: id.clone(),
        team: team_id.clone(),
        name: spec.name.clone(),
        starts: spec.starts.clone(),
        zone,
        minutes: spec.minutes,
        collect_ms: spec.collect_ms,
        // A shift owes nothing before the moment it was made or its start changed.
        owes_from: was.filter(|_| !moved).map_or(tx.now, |was| was.owes_from),
        retired: false,
    };
    match was {
        None => {
            let agents = if spec.agents.len() == 1 { "agent" } else { "agents" };
            changed.push(format!("{called}: new, starts {}, {} {agents}", spec.starts, spec.agents.len()));
        }
        Some(was) => differences(&called, was, &now, changed),
    }
    let same = was.is_some_and(|was| !moved && was.minutes == now.minutes && was.collect_ms == now.collect_ms);
    if !same {
        store::shift::keep(tx, &now).await?;
    }
    keep_roster(tx, &called, &id, spec, changed).await
}

fn differences(called: &str, was: &Shift, now: &Shift, changed: &mut Vec<String>) {
    if was.retired {
        changed.push(format!("{called}: back"));
    }
    if was.starts != now.starts {
        changed.push(format!("{called}: starts {} instead of {}", now.starts, was.starts));
    }
    if was.zone != now.zone {
        let name = |zone: &str| if zone.is_empty() { "the team's".to_owned() } else { zone.to_owned() };
        changed.push(format!("{called}: time zone {} instead of {}", name(&now.zone), name(&was.zone)));
    }
    if was.minutes != now.minutes {
        changed.push(format!("{called}: {} minutes instead of {}", now.minutes, was.minutes));
    }
    if was.collect_ms != now.collect_ms {
        let text = crate::rules::duration::text;
        changed.push(format!("{called}: collects for {} instead of {}", text(now.collect_ms), text(was.collect_ms)));
    }
}

async fn keep_roster(
    tx: &mut Tx,
    called: &str,
    id: &ShiftId,
    spec: &ShiftSpec,
    changed: &mut Vec<String>,
) -> Result<()> {
    let now = tx.now;
    let is = store::shift::roster(tx, id).await?;
    let mut touched = false;
    for (place, agent) in spec.agents.iter().enumerate() {
        let person = UserId::from(agent.as_str());
        let on = is.iter().find(|on| on.person == person);
        match on {
            Some(on) if on.place == place as i64 => continue,
            // Somebody who was there before stays with their own beginning; a new one is asked from the next shift on.
            Some(on) => store::shift::join(tx, id, &person, place as i64, on.since_at).await?,
            None => {
                store::shift::join(tx, id, &person, place as i64, now).await?;
                changed.push(format!("{called}: {person} joins"));
            }
        }
        touched = true;
    }
    for on in is.iter().filter(|on| !spec.agents.contains(&on.person.0)) {
        store::shift::leave(tx, id, &on.person).await?;
        changed.push(format!("{called}: {} leaves", on.person));
        touched = true;
    }
    if touched {
        store::shift::look_again_at(tx, id, 0).await?;
    }
    Ok(())
}

async fn retire_shifts(tx: &mut Tx, team: &Team, kept: &[ShiftSpec], changed: &mut Vec<String>) -> Result<()> {
    for shift in store::shift::all(tx).await? {
        if shift.team == team.id && !shift.retired && !kept.iter().any(|spec| spec.name == shift.name) {
            store::shift::retire(tx, &shift.id).await?;
            changed.push(format!("shift {} / {}: retired", team.name, shift.name));
        }
    }
    Ok(())
}
