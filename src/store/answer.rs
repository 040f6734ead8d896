//! What was typed and what was pressed: the material of an answer, never overwritten by the form.

use super::row::Cells;
use super::{Result, Tx};
use crate::rules::answer::{Answer, Line, Press, Said, What, filed as filed_rows, fold as fold_rows};
use crate::rules::id::{ChannelId, CheckInId, Ts};
use crate::{row, rows, run};

#[derive(Clone, Debug)]
pub struct SaidRow {
    pub channel: ChannelId,
    pub ts: Ts,
    pub check_in: Option<CheckInId>,
    pub run: i64,
    pub text: String,
    pub edited_ts: Option<Ts>,
    pub deleted: bool,
    /// There was no room left for it: its words are not kept.
    pub beyond: bool,
}

#[derive(Clone, Debug)]
pub struct PressedRow {
    pub at: Ts,
    pub what: String,
    pub said: Option<Ts>,
    pub line: i64,
}

fn said_row(row: &impl Cells) -> Result<SaidRow> {
    Ok(SaidRow {
        channel: row.text("channel")?.into(),
        ts: Ts(row.text("ts")?),
        check_in: row.named("check_in")?.map(CheckInId),
        run: row.int("run")?,
        text: row.text("text")?,
        edited_ts: row.named("edited_ts")?.map(Ts),
        deleted: row.truth("deleted")?,
        beyond: row.truth("beyond")?,
    })
}

fn pressed_row(row: &impl Cells) -> Result<PressedRow> {
    Ok(PressedRow {
        at: Ts(row.text("action_ts")?),
        what: row.text("what")?,
        said: row.named("said_ts")?.map(Ts),
        line: row.int("line")?,
    })
}

pub async fn said(tx: &mut Tx, check_in: &CheckInId) -> Result<Vec<SaidRow>> {
    let workspace = tx.workspace.clone();
    let sql = "select * from said where workspace = $1 and check_in = $2 order by ts";
    rows!(tx, said_row, sql, workspace, check_in.as_str())
}

pub async fn said_at(tx: &mut Tx, channel: &ChannelId, ts: &Ts) -> Result<Option<SaidRow>> {
    let workspace = tx.workspace.clone();
    let sql = "select * from said where workspace = $1 and channel = $2 and ts = $3";
    Ok(rows!(tx, said_row, sql, workspace, channel.as_str(), ts.as_str())?.into_iter().next())
}

/// Locks what was typed there for the rest of the transaction, known or not, and reads it: a line, its edits and its deletion
/// may come at once. What is not known is empty until it is kept.
pub async fn hold_said(tx: &mut Tx, channel: &ChannelId, ts: &Ts) -> Result<Option<SaidRow>> {
    let workspace = tx.workspace.clone();
    let sql = "insert into said (workspace, channel, ts, check_in, run, text) values ($1, $2, $3, '', 0, '')
               on conflict (workspace, channel, ts) do update set run = said.run";
    run!(tx, sql, workspace, channel.as_str(), ts.as_str())?;
    let said = said_at(tx, channel, ts).await?;
    Ok(said.filter(|said| said.check_in.is_some() || said.edited_ts.is_some() || said.deleted))
}

/// Nothing is kept of what was typed there: it belongs to nothing.
pub async fn let_go_of_said(tx: &mut Tx, channel: &ChannelId, ts: &Ts) -> Result<()> {
    let workspace = tx.workspace.clone();
    let sql = "delete from said where workspace = $1 and channel = $2 and ts = $3 and check_in = ''";
    run!(tx, sql, workspace, channel.as_str(), ts.as_str())?;
    Ok(())
}

/// Edits and deletions of lines that never came: whoever wrote them was asked nothing.
pub async fn forget_unasked(tx: &mut Tx, before: i64) -> Result<()> {
    let (workspace, before) = (tx.workspace.clone(), Ts::at(before).0);
    run!(tx, "delete from said where workspace = $1 and check_in = '' and ts < $2", workspace, before)?;
    Ok(())
}

pub async fn keep_said(tx: &mut Tx, said: &SaidRow) -> Result<()> {
    let workspace = tx.workspace.clone();
    run!(
        tx,
        "insert into said (workspace, channel, ts, check_in, run, text, edited_ts, deleted, beyond)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (workspace, channel, ts) do update
         set check_in = excluded.check_in, run = excluded.run, text = excluded.text, edited_ts = excluded.edited_ts,
             deleted = excluded.deleted, beyond = excluded.beyond",
        workspace,
        said.channel.as_str(),
        said.ts.as_str(),
        said.check_in.as_ref().map(CheckInId::as_str).unwrap_or_default(),
        said.run,
        &said.text,
        said.edited_ts.as_ref().map(Ts::as_str).unwrap_or_default(),
        i64::from(said.deleted),
        i64::from(said.beyond)
    )?;
    Ok(())
}

pub async fn pressed(tx: &mut Tx, check_in: &CheckInId) -> Result<Vec<PressedRow>> {
    let workspace = tx.workspace.clone();
    let sql = "select * from pressed where workspace = $1 and check_in = $2 order by action_ts, what, said_ts, line";
    rows!(tx, pressed_row, sql, workspace, check_in.as_str())
}

pub async fn keep_pressed(tx: &mut Tx, check_in: &CheckInId, press: &PressedRow) -> Result<()> {
    let workspace = tx.workspace.clone();
    run!(
        tx,
        "insert into pressed (workspace, check_in, action_ts, what, said_ts, line) values ($1, $2, $3, $4, $5, $6)
         on conflict do nothing",
        workspace,
        check_in.as_str(),
        press.at.as_str(),
        &press.what,
        press.said.as_ref().map(Ts::as_str).unwrap_or_default(),
        press.line
    )?;
    Ok(())
}

pub async fn forget_pressed(tx: &mut Tx, check_in: &CheckInId, press: &PressedRow) -> Result<()> {
    let workspace = tx.workspace.clone();
    run!(
        tx,
        "delete from pressed where workspace = $1 and check_in = $2 and action_ts = $3 and what = $4 and said_ts = $5 and line = $6",
        workspace,
        check_in.as_str(),
        press.at.as_str(),
        &press.what,
        press.said.as_ref().map(Ts::as_str).unwrap_or_default(),
        press.line
    )?;
    Ok(())
}

fn number_row(row: &impl Cells) -> Result<i64> {
    row.int("n")
}

/// How many lines of a check-in came by the form.
async fn by_form(tx: &mut Tx, check_in: &CheckInId) -> Result<usize> {
    let workspace = tx.workspace.clone();
    let sql = "select count(*) as n from priority
         where workspace = $1 and check_in = $2 and said_ts = '' and stuck = '' and gone = 0";
    let number = row!(tx, number_row, sql, workspace, check_in.as_str())?;
    Ok(number.and_then(|number| usize::try_from(number).ok()).unwrap_or_default())
}

/// What was typed and pressed, as the fold reads it.
async fn material(tx: &mut Tx, check_in: &CheckInId) -> Result<(Vec<Said>, Vec<Press>)> {
    let typed = said(tx, check_in).await?.into_iter().map(|row| {
        let SaidRow { ts, run, text, deleted, beyond, .. } = row;
        Said { ts, run, text, deleted, beyond }
    });
    let presses = pressed(tx, check_in).await?.into_iter().filter_map(|row| {
        let said = row.said.as_ref().map(Ts::as_str).unwrap_or_default();
        Some(Press { at: row.at, what: What::from_row(&row.what, said, row.line)? })
    });
    Ok((typed.collect(), presses.collect()))
}

/// The answer that the rows of a check-in add up to.
pub async fn fold(tx: &mut Tx, check_in: &CheckInId, form_sent_at: Option<i64>) -> Result<Answer> {
    let (typed, presses) = material(tx, check_in).await?;
    let form_sent = form_sent_at.map(Ts::at);
    let elsewhere = if form_sent.is_some() { by_form(tx, check_in).await? } else { 0 };
    Ok(fold_rows(&typed, &presses, form_sent.as_ref(), elsewhere))
}

/// Its lines as they are filed, each by itself.
pub async fn filed(tx: &mut Tx, check_in: &CheckInId, form_sent_at: Option<i64>) -> Result<Vec<Line>> {
    let (typed, presses) = material(tx, check_in).await?;
    Ok(filed_rows(&typed, &presses, form_sent_at.map(Ts::at).as_ref()))
}
