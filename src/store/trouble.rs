//! Troubles: which stand, and which are over.

use super::row::Cells;
use super::{Failure, Result, Tx};
use crate::rules::id::{TeamId, UserId, derive};
use crate::rules::trouble::{Told, Trouble};
use crate::{row, rows, run};

fn told_row(row: &impl Cells) -> Result<Told> {
    let (what, subject) = (row.text("what")?, row.text("subject")?);
    Ok(Told {
        id: row.text("id")?,
        team: row.text("team")?.into(),
        trouble: Trouble::read(&what, &subject)
            .ok_or_else(|| Failure::Decode(format!("trouble '{what}' is not known")))?,
        since_at: row.int("since_at")?,
        over_at: row.maybe_int("over_at")?,
    })
}

fn number(row: &impl Cells) -> Result<i64> {
    row.int("n")
}

fn team_row(row: &impl Cells) -> Result<TeamId> {
    Ok(row.text("team")?.into())
}

/// Begins one. The id counts those of the same kind, so that two replicas that meet it write one row.
pub async fn begin(tx: &mut Tx, team: &TeamId, trouble: &Trouble) -> Result<Told> {
    let (workspace, now) = (tx.workspace.clone(), tx.now);
    let sql = "select count(*) as n from trouble where workspace = $1 and team = $2 and what = $3 and subject = $4";
    let count = rows!(tx, number, sql, &workspace, team.as_str(), trouble.word(), trouble.subject())?.pop();
    let nth = count.unwrap_or_default().to_string();
    let id = derive("trouble", &[&workspace, team.as_str(), trouble.word(), trouble.subject(), &nth]);
    run!(
        tx,
        "insert into trouble (workspace, id, team, what, subject, since_at) values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
        &workspace,
        &id,
        team.as_str(),
        trouble.word(),
        trouble.subject(),
        now
    )?;
    get(tx, &id).await
}

pub async fn get(tx: &mut Tx, id: &str) -> Result<Told> {
    let workspace = tx.workspace.clone();
    let found = row!(tx, told_row, "select * from trouble where workspace = $1 and id = $2", workspace, id)?;
    found.ok_or_else(|| Failure::Decode(format!("trouble {id} is missing")))
}

/// The latest of its kind, standing or over.
pub async fn latest(tx: &mut Tx, team: &TeamId, trouble: &Trouble) -> Result<Option<Told>> {
    let workspace = tx.workspace.clone();
    let sql = "select * from trouble where workspace = $1 and team = $2 and what = $3 and subject = $4
               order by since_at desc, id desc limit 1";
    row!(tx, told_row, sql, workspace, team.as_str(), trouble.word(), trouble.subject())
}

/// Those that are not over.
pub async fn standing(tx: &mut Tx) -> Result<Vec<Told>> {
    let workspace = tx.workspace.clone();
    let sql = "select * from trouble where workspace = $1 and over_at is null order by since_at, id";
    rows!(tx, told_row, sql, workspace)
}

/// It is over since an instant; None: it stands again.
pub async fn end(tx: &mut Tx, id: &str, over_at: Option<i64>) -> Result<()> {
    let workspace = tx.workspace.clone();
    run!(tx, "update trouble set over_at = $3 where workspace = $1 and id = $2", workspace, id, over_at)?;
    Ok(())
}

/// The team that a message is about: by its check-in, huddle, stuck or what happened to one.
pub async fn team_of(tx: &mut Tx, subject: &str) -> Result<Option<TeamId>> {
    let workspace = tx.workspace.clone();
    let sql = "select team from check_in where workspace = $1 and id = $2
         union select team from huddle where workspace = $1 and id = $2
         union select team from stuck where workspace = $1 and id = $2
         union select s.team from journal j join stuck s on s.workspace = $1 and s.id = j.subject
               where j.workspace = $1 and j.id = $2";
    Ok(rows!(tx, team_row, sql, workspace, subject)?.into_iter().next())
}

/// The teams in which somebody works.
pub async fn teams_with(tx: &mut Tx, person: &UserId) -> Result<Vec<TeamId>> {
    let workspace = tx.workspace.clone();
    let sql = "select distinct m.team from member m
         join team t on t.workspace = $1 and t.id = m.team
         where m.workspace = $1 and m.person = $2 and m.active = 1 and m.role <> 'observer'
           and t.retired = 0 order by 1";
    rows!(tx, team_row, sql, workspace, person.as_str())
}
