//! HTTP mode: the same bot behind an address to which Slack posts what it signed.

mod day;
mod door;
mod forged;
mod whose;
mod room;
mod again;
mod operate;
mod post;
mod program;

use crate::databases::Which;
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

/// The usual team behind an address, which is told.
async fn over_http(which: Which) -> (World, String) {
    let mut world = World::new(which).await;
    let address = world.starts_over_http().await;
    assert_eq!(world.slack.connections(), 0, "no socket is open");
    (world, address)
}

/// The same when the shift has just begun.
async fn at_six(which: Which) -> (World, String) {
    let (world, address) = over_http(which).await;
    world.until("2026-05-18T06:00").await;
    (world, address)
}
