//! HTTP mode: the same bot behind an address to which Slack posts what it signed.

mod day;
mod door;
mod again;
mod operate;
mod post;
mod program;

use crate::world::World;
use sqlx::AssertSqlSafe;
use std::collections::BTreeMap;
use unstuck::store::{self, row::Cells};
use unstuck::{read_tx, rows};

const TABLES: [&str; 18] = [
    "workspace",
    "team",
    "person",
    "member",
    "shift",
    "roster",
    "huddle",
    "check_in",
    "away",
    "said",
    "pressed",
    "priority",
    "listed",
    "stuck",
    "journal",
    "message",
    "pace",
    "seen",
];

fn number(row: &impl Cells) -> store::Result<i64> {
    row.int("number")
}

impl World {
    /// How many rows each table has.
    pub async fn counts(&self) -> BTreeMap<&'static str, i64> {
        let mut counts = BTreeMap::new();
        for table in TABLES {
            let sql = format!("select count(*) as number from {table}");
            let found = read_tx!(self.database.db, "T0TEST", 0, tx => {
                let sql = AssertSqlSafe(sql.clone());
                async { rows!(tx, number, sql) }.await
            });
            counts.insert(table, found.expect("a count")[0]);
        }
        counts
    }
}
