//! What is judged: the rows of one moment at which nothing is under way.

use std::collections::BTreeMap;

use super::{ASK_WITHIN, RECENT};
use crate::plan::TEAM;
use crate::world::{World, itself};

/// A check-in as the rows have it.
pub struct CheckIn {
    pub shift: String,
    pub person: String,
    pub date: String,
    pub state: String,
    pub reason: String,
    pub starts_at: i64,
    pub ends_at: i64,
    pub closes_at: i64,
    pub huddle: String,
    pub snoozed: bool,
}

impl CheckIn {
    /// The last instant at which its prompt may go out.
    pub fn latest(&self) -> i64 {
        self.starts_at + ASK_WITHIN.min((self.ends_at - self.starts_at) / 2)
    }
}

/// A message of ours as the rows have it.
pub struct Row {
    pub key: String,
    pub place: String,
    pub state: String,
    pub channel: String,
    pub ts: String,
    pub revs: (i64, i64),
    pub hash: String,
    pub thread_of: String,
    pub broadcast: bool,
    pub due_at: i64,
    pub last_error: String,
}

/// All that is judged, read at one moment at which nothing is under way.
pub struct Evidence {
    pub check_ins: BTreeMap<String, CheckIn>,
    pub rows: BTreeMap<String, Row>,
    /// State and end of the first window.
    pub huddles: BTreeMap<String, (String, i64)>,
}

fn int(text: &str) -> i64 {
    text.parse().unwrap_or(0)
}

pub async fn read(world: &World) -> Result<Evidence, String> {
    let here = format!("workspace = '{TEAM}'");
    let rows = world.database.rows(
        &[
            "c.id",
            "s.name",
            "c.person",
            "c.date",
            "c.state",
            "c.reason",
            "c.starts_at",
            "c.ends_at",
            "c.closes_at",
            "c.huddle",
            "c.snoozed",
        ],
        format!("from check_in as c join shift as s on s.workspace = c.workspace and s.id = c.shift where c.{here}"),
    );
    let mut check_ins = BTreeMap::new();
    for row in rows.await.map_err(itself)? {
        let [id, shift, person, date, state, reason, starts_at, ends_at, closes_at, huddle, snoozed] = texts(row)?;
        let (starts_at, ends_at, closes_at) = (int(&starts_at), int(&ends_at), int(&closes_at));
        let snoozed = snoozed == "1";
        let check_in = CheckIn { shift, person, date, state, reason, starts_at, ends_at, closes_at, huddle, snoozed };
        check_ins.insert(id, check_in);
    }
    let since = world.now() - RECENT;
    let columns = [
        "key",
        "place",
        "state",
        "channel",
        "ts",
        "wanted_rev",
        "shown_rev",
        "shown_hash",
        "thread_of",
        "broadcast",
        "due_at",
        "last_error",
    ];
    let found = world.database.rows(&columns, format!("from message where {here} and due_at > {since}"));
    let mut rows = BTreeMap::new();
    for row in found.await.map_err(itself)? {
        let [key, place, state, channel, ts, wanted, shown, hash, thread_of, broadcast, due, error] = texts(row)?;
        let row = Row {
            key: key.clone(),
            place,
            state,
            channel,
            ts,
            revs: (int(&wanted), int(&shown)),
            hash,
            thread_of,
            broadcast: broadcast == "1",
            due_at: int(&due),
            last_error: error,
        };
        rows.insert(key, row);
    }
    let found = world.database.rows(&["id", "state", "digest_at"], format!("from huddle where {here}"));
    let mut huddles = BTreeMap::new();
    for row in found.await.map_err(itself)? {
        let [id, state, digest_at] = texts(row)?;
        huddles.insert(id, (state, int(&digest_at)));
    }
    Ok(Evidence { check_ins, rows, huddles })
}

pub fn texts<const N: usize>(row: Vec<String>) -> Result<[String; N], String> {
    row.try_into().map_err(|_| itself("a row has other columns"))
}
