//! A newer build has been here, during a rolling deploy: what it wrote and we do not know is left alone.

use super::scene::ana_is_stuck;
use crate::databases::{Which, both};
use crate::world::World;
use unstuck::store::Tx;
use unstuck::{run, write_tx};

both! {
    row_41_what_a_newer_build_noted_about_a_stuck_is_left_alone => super::noted;
}

async fn writes(world: &World, sql: &'static str) {
    let (now, workspace) = (world.clock.now(), world.bot.workspace.as_str());
    let done = write_tx!(world.bot.db, workspace, now, tx => written(tx, sql).await);
    assert_eq!(done.expect("written"), 1);
}

async fn written(tx: &mut Tx, sql: &'static str) -> unstuck::store::Result<u64> {
    let (workspace, now) = (tx.workspace.clone(), tx.now);
    Ok(run!(tx, sql, workspace, now)?)
}

async fn noted(which: Which) {
    let world = ana_is_stuck(which).await;
    writes(
        &world,
        "insert into journal (workspace, id, at, actor, subject, what)
         select $1, 'of-tomorrow', $2, 'U0BEN', id, 'praised' from stuck where workspace = $1",
    )
    .await;
    world.does("U0BEN", "I'll take this").await;
    assert!(world.help()[0].contains("Ben has this"), "{:?}", world.help());
    world.resolves("U0BEN", "a role was missing").await;
    assert!(world.help()[0].contains("Resolved"), "{:?}", world.help());
    assert!(world.reads("U0ANA").contains("Are you unstuck?"), "{}", world.reads("U0ANA"));
}
