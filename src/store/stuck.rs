//! Stucks, and the journal of what happened to them.

use super::priority::source;
use super::row::Cells;
use super::{Failure, Result, Tx, won};
use crate::rules::check_in::Source;
use crate::rules::id::{CheckInId, HuddleId, JournalId, StuckId, TeamId, Ts, UserId, derive};
use crate::rules::stuck::{Size, State, Stuck, What};
use crate::{row, rows, run};

/// One line of the journal.
#[derive(Clone, Debug)]
pub struct Entry {
    pub id: JournalId,
    pub at: i64,
    pub actor: UserId,
    pub stuck: StuckId,
    pub what: What,
    pub detail: String,
    /// Whom it concerns besides the actor: the taker who loses it, the manager who is asked.
    pub other: Option<UserId>,
}

fn stuck_row(row: &impl Cells) -> Result<Stuck> {
    let (line, text) = (row.int("line")?, row.text("said_text")?);
    Ok(Stuck {
        id: row.text("id")?.into(),
        team: row.text("team")?.into(),
        huddle: row.text("huddle")?.into(),
        check_in: row.text("check_in")?.into(),
        asker: row.text("asker")?.into(),
        place: row.int("place")?,
        what: row.text("what")?,
        help: row.text("help")?,
        helper: row.named("helper")?.map(UserId),
        size: row.word("size", read_size)?,
        source: row.named("said_ts")?.map(|ts| Source { said: Ts(ts), line, text }),
        follows: row.truth("follows")?,
        raised_at: row.int("raised_at")?,
        opened_at: row.maybe_int("opened_at")?,
        edited: row.truth("edited")?,
        state: state(row)?,
        last_taker: row.named("taker")?.or(row.named("ended_by")?).map(UserId),
        escalated_by: row.named("escalated_by")?.map(UserId),
        logs: row.int("logs")?,
        version: row.int("version")?,
    })
}

fn read_size(word: &str) -> Option<Option<Size>> {
    match word {
        "" => Some(None),
        "minute" => Some(Some(Size::Minute)),
        "more" => Some(Some(Size::More)),
        _ => None,
    }
}

fn size_word(size: Option<Size>) -> &'static str {
    match size {
        None => "",
        Some(Size::Minute) => "minute",
        Some(Size::More) => "more",
    }
}

/// The columns of a state fold into one value; a row that cannot be is an error.
fn state(row: &impl Cells) -> Result<State> {
    let missing = |what: &str| Failure::Decode(format!("stuck without {what}"));
    Ok(match row.text("state")?.as_str() {
        "open" => State::Open,
        "taken" => State::Taken {
            by: row.text("taker")?.into(),
            at: row.maybe_int("taken_at")?.ok_or_else(|| missing("taken_at"))?,
            due_at: row.maybe_int("due_at")?.ok_or_else(|| missing("due_at"))?,
        },
        "resolved" => State::Resolved {
            by: row.text("ended_by")?.into(),
            at: row.maybe_int("ended_at")?.ok_or_else(|| missing("ended_at"))?,
            outcome: row.text("outcome")?,
        },
        "withdrawn" => State::Withdrawn { at: row.maybe_int("ended_at")?.ok_or_else(|| missing("ended_at"))? },
        word => return Err(Failure::Decode(format!("stuck in state '{word}' is not known"))),
    })
}

fn entry_row(row: &impl Cells) -> Result<Entry> {
    Ok(Entry {
        id: row.text("id")?.into(),
        at: row.int("at")?,
        actor: row.text("actor")?.into(),
        stuck: row.text("subject")?.into(),
        what: row.word("what", What::read)?,
        detail: row.text("detail")?,
        other: row.named("other")?.map(UserId),
    })
}

fn id_row(row: &impl Cells) -> Result<StuckId> {
    Ok(row.text("id")?.into())
}

fn number_row(row: &impl Cells) -> Result<i64> {
    row.int("n")
}

pub async fn find(tx: &mut Tx, id: &StuckId) -> Result<Option<Stuck>> {
    let workspace = tx.workspace.clone();
    row!(tx, stuck_row, "select * from stuck where workspace = $1 and id = $2", workspace, id.as_str())
}

pub async fn get(tx: &mut Tx, id: &StuckId) -> Result<Stuck> {
    find(tx, id).await?.ok_or_else(|| Failure::Decode(format!("stuck {id} is missing")))
}

pub async fn of_huddle(tx: &mut Tx, huddle: &HuddleId) -> Result<Vec<Stuck>> {
    let workspace = tx.workspace.clone();
    rows!(
        tx,
        stuck_row,
        "select * from stuck where workspace = $1 and huddle = $2 order by place, id",
        workspace,
        huddle.as_str()
    )
}

pub async fn of_check_in(tx: &mut Tx, check_in: &CheckInId) -> Result<Vec<Stuck>> {
    let workspace = tx.workspace.clone();
    let sql = "select * from stuck where workspace = $1 and check_in = $2 order by raised_at, place, id";
    rows!(tx, stuck_row, sql, workspace, check_in.as_str())
}

/// The next free place in the digest's pages: each stuck keeps its own for ever.
pub async fn next_place(tx: &mut Tx, huddle: &HuddleId) -> Result<i64> {
    let workspace = tx.workspace.clone();
    let sql = "select coalesce(max(place) + 1, 0) as n from stuck where workspace = $1 and huddle = $2";
    Ok(rows!(tx, number_row, sql, workspace, huddle.as_str())?.first().copied().unwrap_or(0))
}

/// A new stuck; false when it is there already.
pub async fn raise(tx: &mut Tx, stuck: &Stuck) -> Result<bool> {
    let workspace = tx.workspace.clone();
    let (said_ts, line, said_text) = source(&stuck.source);
    let touched = run!(
        tx,
        "insert into stuck (workspace, id, team, huddle, check_in, asker, place, what, help, helper, size, said_ts, line,
             said_text, follows, raised_at, state)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 'open') on conflict do nothing",
        workspace,
        stuck.id.as_str(),
        stuck.team.as_str(),
        stuck.huddle.as_str(),
        stuck.check_in.as_str(),
        stuck.asker.as_str(),
        stuck.place,
        &stuck.what,
        &stuck.help,
        stuck.helper.as_ref().map(UserId::as_str).unwrap_or_default(),
        size_word(stuck.size),
        said_ts,
        line,
        said_text,
        i64::from(stuck.follows),
        stuck.raised_at
    )?;
    Ok(touched == 1)
}

/// Writes a stuck whose text or state changed, if nobody changed it since it was read.
pub async fn keep(tx: &mut Tx, stuck: &Stuck) -> Result<()> {
    let workspace = tx.workspace.clone();
    let (said_ts, line, said_text) = source(&stuck.source);
    let (word, taken, ended, outcome) = match &stuck.state {
        State::Open => ("open", None, None, ""),
        State::Taken { by, at, due_at } => ("taken", Some((by, *at, *due_at)), None, ""),
        State::Resolved { by, at, outcome } => ("resolved", None, Some((by.as_str(), *at)), outcome.as_str()),
        State::Withdrawn { at } => ("withdrawn", None, Some(("", *at)), ""),
    };
    // Who had it stays known after the end, because they may open it again; an open one has nobody.
    let taker = match (&stuck.state, taken) {
        (State::Open, _) => "",
        (_, Some((by, _, _))) => by.as_str(),
        _ => stuck.last_taker.as_ref().map(UserId::as_str).unwrap_or_default(),
    };
    won(run!(
        tx,
        "update stuck set what = $4, help = $5, helper = $6, size = $7, said_ts = $8, line = $9, said_text = $10,
             follows = $11, opened_at = $12, edited = $13, state = $14, taker = $15, taken_at = $16, due_at = $17,
             ended_by = $18, ended_at = $19, outcome = $20, escalated_by = $21, logs = $22,
             due_asked = case when state = 'taken' and due_at = $17 then due_asked else 0 end, version = version + 1
         where workspace = $1 and id = $2 and version = $3",
        workspace,
        stuck.id.as_str(),
        stuck.version,
        &stuck.what,
        &stuck.help,
        stuck.helper.as_ref().map(UserId::as_str).unwrap_or_default(),
        size_word(stuck.size),
        said_ts,
        line,
        said_text,
        i64::from(stuck.follows),
        stuck.opened_at,
        i64::from(stuck.edited),
        word,
        taker,
        taken.map(|(_, at, _)| at),
        taken.map(|(_, _, due_at)| due_at),
        ended.map(|(by, _)| by).unwrap_or_default(),
        ended.map(|(_, at)| at),
        outcome,
        stuck.escalated_by.as_ref().map(UserId::as_str).unwrap_or_default(),
        stuck.logs
    )?)
}

/// Taken stucks whose due time came and whose taker was not asked yet.
pub async fn due(tx: &mut Tx) -> Result<Vec<StuckId>> {
    let (workspace, now) = (tx.workspace.clone(), tx.now);
    let sql = "select id from stuck where workspace = $1 and state = 'taken' and due_asked = 0 and due_at <= $2 order by due_at, id";
    rows!(tx, id_row, sql, workspace, now)
}

/// Raised after the digest, or shown by it, and of no size yet.
macro_rules! sizeless {
    () => {
        "from stuck s join huddle h on h.workspace = $1 and h.id = s.huddle
         where s.workspace = $1 and s.state = 'open' and s.size = '' and h.state <> 'gathering'"
    };
}
pub(super) use sizeless;

/// Raised after the digest, and the asker has not said how much help it is: for so long, that it counts as more.
pub async fn unsized_since(tx: &mut Tx, before: i64) -> Result<Vec<StuckId>> {
    let workspace = tx.workspace.clone();
    let sql = concat!("select s.id ", sizeless!(), " and s.raised_at <= $2 order by s.raised_at, s.id");
    rows!(tx, id_row, sql, workspace, before)
}

/// Notes that the taker is asked; false where they were asked before, or somebody changed it since
/// it was read.
pub async fn due_asked(tx: &mut Tx, stuck: &Stuck) -> Result<bool> {
    let workspace = tx.workspace.clone();
    let sql = "update stuck set due_asked = 1, version = version + 1
         where workspace = $1 and id = $2 and version = $3 and state = 'taken' and due_asked = 0";
    Ok(run!(tx, sql, workspace, stuck.id.as_str(), stuck.version)? == 1)
}

/// Appends to the journal; the id counts the entries of one stuck.
pub async fn note(
    tx: &mut Tx,
    stuck: &StuckId,
    actor: &UserId,
    what: What,
    detail: &str,
    other: Option<&UserId>,
) -> Result<JournalId> {
    let (workspace, now) = (tx.workspace.clone(), tx.now);
    let sql = "select count(*) as n from journal where workspace = $1 and subject = $2";
    let count = rows!(tx, number_row, sql, &workspace, stuck.as_str())?.first().copied().unwrap_or(0);
    let id = JournalId(derive("journal", &[&workspace, stuck.as_str(), &count.to_string()]));
    run!(
        tx,
        "insert into journal (workspace, id, at, actor, subject, what, detail, other) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        workspace,
        id.as_str(),
        now,
        actor.as_str(),
        stuck.as_str(),
        what.word(),
        detail,
        other.map(UserId::as_str).unwrap_or_default()
    )?;
    Ok(id)
}

pub async fn entry(tx: &mut Tx, id: &JournalId) -> Result<Entry> {
    let workspace = tx.workspace.clone();
    let found = row!(tx, entry_row, "select * from journal where workspace = $1 and id = $2", workspace, id.as_str())?;
    found.ok_or_else(|| Failure::Decode(format!("journal entry {id} is missing")))
}

/// What happened to a stuck, first to last.
pub async fn entries(tx: &mut Tx, stuck: &StuckId) -> Result<Vec<Entry>> {
    let workspace = tx.workspace.clone();
    let sql = "select * from journal where workspace = $1 and subject = $2 order by at, id";
    rows!(tx, entry_row, sql, workspace, stuck.as_str())
}

/// How many stucks somebody had taken up to an instant.
pub async fn takes_until(tx: &mut Tx, person: &UserId, at: i64) -> Result<i64> {
    let workspace = tx.workspace.clone();
    let sql = "select count(*) as n from journal where workspace = $1 and actor = $2 and what = 'taken' and at <= $3";
    Ok(rows!(tx, number_row, sql, workspace, person.as_str(), at)?.first().copied().unwrap_or(0))
}

/// Whether the asker said that they are unstuck, since it was resolved.
pub async fn is_confirmed(tx: &mut Tx, stuck: &Stuck) -> Result<bool> {
    let State::Resolved { at, .. } = &stuck.state else { return Ok(false) };
    Ok(entries(tx, &stuck.id).await?.iter().any(|entry| entry.what == What::Confirmed && entry.at >= *at))
}

/// What somebody has taken now, in any team.
pub async fn taken_by(tx: &mut Tx, person: &UserId) -> Result<Vec<Stuck>> {
    let workspace = tx.workspace.clone();
    let sql = "select * from stuck where workspace = $1 and taker = $2 and state = 'taken' order by taken_at, id";
    rows!(tx, stuck_row, sql, workspace, person.as_str())
}

/// What somebody asked in a team and that still needs someone.
pub async fn asked_by(tx: &mut Tx, team: &TeamId, person: &UserId) -> Result<Vec<Stuck>> {
    let workspace = tx.workspace.clone();
    let sql = "select * from stuck where workspace = $1 and team = $2 and asker = $3 and state in ('open', 'taken')
               order by raised_at, id";
    rows!(tx, stuck_row, sql, workspace, team.as_str(), person.as_str())
}
