//! Workspaces, teams, people and who is what in which team.

use super::row::Cells;
use super::{Result, Tx};
use crate::rules::id::{TeamId, UserId};
use crate::rules::people::{self, Members, Person, Role, Team};
use crate::{rows, run};
use std::collections::{BTreeSet, HashMap};

fn team_row(row: &impl Cells) -> Result<Team> {
    Ok(Team {
        id: row.text("id")?.into(),
        name: row.text("name")?,
        channel: row.text("channel")?.into(),
        zone: row.text("zone")?,
        retired: row.truth("retired")?,
    })
}

fn person_row(row: &impl Cells) -> Result<Person> {
    // What a version before this one kept may still hold what is no name to show.
    let (id, name) = (row.text("id")?, people::name(&row.text("name")?));
    Ok(Person {
        name: if name.is_empty() { id.clone() } else { name },
        id: id.into(),
        zone: row.text("zone")?,
        deleted: row.truth("deleted")?,
    })
}

fn member_row(row: &impl Cells) -> Result<(UserId, Role)> {
    Ok((row.text("person")?.into(), row.word("role", Role::read)?))
}

fn text_row(row: &impl Cells) -> Result<String> {
    row.text("id")
}

pub async fn keep_workspace(tx: &mut Tx, bot_user: &str, name: &str) -> Result<()> {
    let workspace = tx.workspace.clone();
    run!(
        tx,
        "insert into workspace (workspace, bot_user, name) values ($1, $2, $3)
         on conflict (workspace) do update set bot_user = excluded.bot_user, name = excluded.name",
        workspace,
        bot_user,
        name
    )?;
    Ok(())
}

/// Locks the workspace for the rest of the transaction.
pub async fn hold_workspace(tx: &mut Tx) -> Result<()> {
    let workspace = tx.workspace.clone();
    run!(tx, "update workspace set name = name where workspace = $1", workspace)?;
    Ok(())
}

/// Whether this is our own user.
pub async fn is_bot(tx: &mut Tx, user: &UserId) -> Result<bool> {
    let workspace = tx.workspace.clone();
    let sql = "select workspace as id from workspace where workspace = $1 and bot_user = $2";
    Ok(!rows!(tx, text_row, sql, workspace, user.as_str())?.is_empty())
}

/// Every workspace of the database, whichever the transaction is for.
pub async fn workspaces(tx: &mut Tx) -> Result<Vec<String>> {
    rows!(tx, text_row, "select workspace as id from workspace order by workspace")
}

pub async fn teams(tx: &mut Tx) -> Result<Vec<Team>> {
    let workspace = tx.workspace.clone();
    rows!(tx, team_row, "select * from team where workspace = $1 order by name", workspace)
}

pub async fn team(tx: &mut Tx, id: &TeamId) -> Result<Team> {
    let workspace = tx.workspace.clone();
    let found = rows!(tx, team_row, "select * from team where workspace = $1 and id = $2", workspace, id.as_str())?;
    found.into_iter().next().ok_or_else(|| super::Failure::Decode(format!("team {id} is missing")))
}

pub async fn keep_team(tx: &mut Tx, team: &Team) -> Result<()> {
    let workspace = tx.workspace.clone();
    run!(
        tx,
        "insert into team (workspace, id, name, channel, zone, kept_in, retired) values ($1, $2, $3, $4, $5, 'file', 0)
         on conflict (workspace, id) do update
         set channel = excluded.channel, zone = excluded.zone, retired = 0, version = team.version + 1",
        workspace,
        team.id.as_str(),
        &team.name,
        team.channel.as_str(),
        &team.zone
    )?;
    Ok(())
}

pub async fn retire_team(tx: &mut Tx, id: &TeamId) -> Result<()> {
    let workspace = tx.workspace.clone();
    run!(
        tx,
        "update team set retired = 1, version = version + 1 where workspace = $1 and id = $2 and retired = 0",
        workspace,
        id.as_str()
    )?;
    Ok(())
}

/// The active members of a team, managers in the order of their ids.
pub async fn members(tx: &mut Tx, team: &TeamId) -> Result<Members> {
    let workspace = tx.workspace.clone();
    let sql = "select person, role from member where workspace = $1 and team = $2 and active = 1 order by role, person";
    Ok(Members(rows!(tx, member_row, sql, workspace, team.as_str())?))
}

pub async fn keep_member(tx: &mut Tx, team: &TeamId, person: &UserId, role: Role, active: bool) -> Result<()> {
    let workspace = tx.workspace.clone();
    run!(
        tx,
        "insert into member (workspace, team, person, role, active) values ($1, $2, $3, $4, $5)
         on conflict (workspace, team, person, role) do update set active = excluded.active",
        workspace,
        team.as_str(),
        person.as_str(),
        role.word(),
        i64::from(active)
    )?;
    Ok(())
}

pub async fn person(tx: &mut Tx, id: &UserId) -> Result<Person> {
    let workspace = tx.workspace.clone();
    let found = rows!(tx, person_row, "select * from person where workspace = $1 and id = $2", workspace, id.as_str())?;
    // Somebody whom Slack has not told us of yet is shown by what we have.
    Ok(found.into_iter().next().unwrap_or(Person {
        id: id.clone(),
        name: id.0.clone(),
        zone: String::new(),
        deleted: false,
    }))
}

/// Everybody whom the teams name and of whom Slack has not told us since `before`.
pub async fn people_to_ask_for(tx: &mut Tx, before: i64) -> Result<Vec<UserId>> {
    let workspace = tx.workspace.clone();
    let sql = "select distinct m.person as id from member m
         left join person p on p.workspace = $1 and p.id = m.person
         where m.workspace = $1 and m.active = 1 and (p.id is null or p.asked_slack_at < $2) order by 1";
    Ok(rows!(tx, text_row, sql, workspace, before)?.into_iter().map(UserId).collect())
}

/// What Slack says of a person; true when the zone changed.
pub async fn keep_person(tx: &mut Tx, id: &UserId, name: &str, zone: &str, deleted: bool) -> Result<bool> {
    let (workspace, now) = (tx.workspace.clone(), tx.now);
    let before = person(tx, id).await?;
    run!(
        tx,
        "insert into person (workspace, id, name, zone, deleted, asked_slack_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (workspace, id) do update
         set name = excluded.name, zone = excluded.zone, deleted = excluded.deleted, asked_slack_at = excluded.asked_slack_at",
        workspace,
        id.as_str(),
        name,
        zone,
        i64::from(deleted),
        now
    )?;
    Ok(before.zone != zone)
}

/// The names of everybody we know, for the private lines that name somebody.
pub async fn names(tx: &mut Tx) -> Result<HashMap<UserId, String>> {
    let workspace = tx.workspace.clone();
    let everybody = rows!(tx, person_row, "select * from person where workspace = $1", workspace)?;
    Ok(everybody.into_iter().map(|person| (person.id, person.name)).collect())
}

/// People whose names one statement asks for.
const AT_ONCE: usize = 16;

/// The names of these people, as far as Slack has told of them.
pub async fn names_of(tx: &mut Tx, people: &BTreeSet<UserId>) -> Result<HashMap<UserId, String>> {
    let people: Vec<&UserId> = people.iter().collect();
    let mut names = HashMap::new();
    for some in people.chunks(AT_ONCE) {
        let workspace = tx.workspace.clone();
        let id = |at: usize| some.get(at).map_or("", |id| id.as_str());
        let sql = "select * from person where workspace = $1
             and id in ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
        let found = rows!(
            tx,
            person_row,
            sql,
            workspace,
            id(0),
            id(1),
            id(2),
            id(3),
            id(4),
            id(5),
            id(6),
            id(7),
            id(8),
            id(9),
            id(10),
            id(11),
            id(12),
            id(13),
            id(14),
            id(15)
        )?;
        names.extend(found.into_iter().map(|person| (person.id, person.name)));
    }
    Ok(names)
}

/// Whether any team names this person.
pub async fn is_known(tx: &mut Tx, id: &UserId) -> Result<bool> {
    let workspace = tx.workspace.clone();
    let sql = "select distinct person as id from member where workspace = $1 and person = $2";
    Ok(!rows!(tx, text_row, sql, workspace, id.as_str())?.is_empty())
}

/// Whether Slack has told of this person.
pub async fn is_kept(tx: &mut Tx, id: &UserId) -> Result<bool> {
    let workspace = tx.workspace.clone();
    Ok(!rows!(tx, person_row, "select * from person where workspace = $1 and id = $2", workspace, id.as_str())?
        .is_empty())
}
