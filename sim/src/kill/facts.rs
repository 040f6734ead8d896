//! What the database says, read as it stands, beside the program.

use unstuck::rows;
use unstuck::store::row::Cells;
use unstuck::store::{Result, Tx, TxOn};

/// A row of `message`.
#[derive(Clone, Debug)]
pub struct MessageRow {
    pub key: String,
    pub thread_of: String,
    pub state: String,
    pub channel: String,
    pub ts: String,
    pub wanted_rev: i64,
    pub shown_rev: i64,
    pub shown_hash: String,
    pub due_at: i64,
    pub expires_at: i64,
    pub recheck_at: Option<i64>,
    pub fence: i64,
    pub last_error: String,
}

fn message_row(row: &impl Cells) -> Result<MessageRow> {
    Ok(MessageRow {
        key: row.text("key")?,
        thread_of: row.text("thread_of")?,
        state: row.text("state")?,
        channel: row.text("channel")?,
        ts: row.maybe_text("ts")?.unwrap_or_default(),
        wanted_rev: row.int("wanted_rev")?,
        shown_rev: row.int("shown_rev")?,
        shown_hash: row.text("shown_hash")?,
        due_at: row.int("due_at")?,
        expires_at: row.int("expires_at")?,
        recheck_at: row.maybe_int("recheck_at")?,
        fence: row.int("fence")?,
        last_error: row.text("last_error")?,
    })
}

pub async fn messages(tx: &mut Tx) -> Result<Vec<MessageRow>> {
    let workspace = tx.workspace.clone();
    rows!(
        tx,
        message_row,
        "select key, thread_of, state, channel, ts, wanted_rev, shown_rev, shown_hash, due_at, expires_at,
                recheck_at, fence, last_error
         from message where workspace = $1 order by key",
        workspace
    )
}

/// A row of `check_in`, with what its huddle came to.
#[derive(Clone, Debug)]
pub struct CheckInRow {
    pub id: String,
    pub huddle: String,
    pub person: String,
    pub state: String,
    pub starts_at: i64,
    pub huddle_state: String,
    pub digest_at: i64,
}

fn check_in_row(row: &impl Cells) -> Result<CheckInRow> {
    Ok(CheckInRow {
        id: row.text("id")?,
        huddle: row.text("huddle")?,
        person: row.text("person")?,
        state: row.text("state")?,
        starts_at: row.int("starts_at")?,
        huddle_state: row.text("huddle_state")?,
        digest_at: row.int("digest_at")?,
    })
}

/// The check-ins of a civil date.
pub async fn check_ins(tx: &mut Tx, date: &str) -> Result<Vec<CheckInRow>> {
    let workspace = tx.workspace.clone();
    rows!(
        tx,
        check_in_row,
        "select c.id as id, c.huddle as huddle, c.person as person, c.state as state, c.starts_at as starts_at,
                h.state as huddle_state, h.digest_at as digest_at
         from check_in c join huddle h on h.workspace = c.workspace and h.id = c.huddle
         where c.workspace = $1 and c.date = $2 order by c.person",
        workspace,
        date
    )
}

/// What happened to a stuck.
#[derive(Clone, Debug)]
pub struct JournalRow {
    pub subject: String,
    pub actor: String,
    pub what: String,
}

fn journal_row(row: &impl Cells) -> Result<JournalRow> {
    Ok(JournalRow { subject: row.text("subject")?, actor: row.text("actor")?, what: row.text("what")? })
}

/// In the order in which it was written: two entries may be of one millisecond, or of two clocks.
pub async fn journal(tx: &mut Tx) -> Result<Vec<JournalRow>> {
    let workspace = tx.workspace.clone();
    let sql = match tx.connection() {
        TxOn::Sqlite(_) => "select subject, actor, what from journal where workspace = $1 order by rowid",
        TxOn::Postgres(_) => "select subject, actor, what from journal where workspace = $1 order by ctid",
    };
    rows!(tx, journal_row, sql, workspace)
}

fn maybe_number(row: &impl Cells) -> Result<Option<i64>> {
    row.maybe_int("n")
}

/// When the first claim ends by itself; None where nothing is claimed.
pub async fn first_lease(tx: &mut Tx) -> Result<Option<i64>> {
    let workspace = tx.workspace.clone();
    let sql = "select min(lease_until) as n from message where workspace = $1 and state = 'sending'";
    Ok(rows!(tx, maybe_number, sql, workspace)?.pop().flatten())
}
