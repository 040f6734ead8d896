//! A newer build has been here, during a rolling deploy: what it wrote and we do not know is left alone.

use super::scene::{REFUND, ana_is_stuck};
use crate::databases::{Which, both};
use crate::world::World;
use unstuck::store::Tx;
use unstuck::{run, write_tx};

both! {
    row_41_what_a_newer_build_noted_about_a_stuck_is_left_alone => super::noted;
    row_41_a_word_that_we_do_not_know_in_every_row_stops_no_shift => super::every_row;
    row_41_a_word_that_we_do_not_know_silences_its_own_row_alone => super::its_own_row;
    row_41_a_huddle_that_we_cannot_read_silences_none_of_its_people => super::a_huddle;
}

/// Where a row holds a word of a closed set.
const WORDS: [(&str, &str); 15] = [
    ("member", "role"),
    ("huddle", "state"),
    ("huddle", "reason"),
    ("check_in", "state"),
    ("check_in", "reason"),
    ("pressed", "what"),
    ("listed", "mark"),
    ("stuck", "size"),
    ("stuck", "state"),
    ("journal", "what"),
    ("message", "kind"),
    ("message", "last_error"),
    ("message", "state"),
    ("trouble", "what"),
    ("team", "kept_in"),
];

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

/// Ana is stuck, Ben has it, a message is dead and its managers were told: every table has rows.
async fn all_kinds_of_rows(which: Which) -> World {
    let world = ana_is_stuck(which).await;
    world.does("U0BEN", "I'll take this").await;
    let trouble = "insert into trouble (workspace, id, team, what, subject, since_at)
                   values ('T0TEST', 'of-tomorrow', '', 'token', '', 0)";
    world.database.run(trouble).await;
    world.database.run("update message set state = 'dead', last_error = 'expired' where kind = 'log'").await;
    for (table, _) in WORDS {
        let sql = format!("select '{table}' as word, cast(count(*) as bigint) as n from {table}");
        assert!(world.database.pairs(&sql).await[0].1 > 0, "no row of {table}");
    }
    world
}

async fn every_row(which: Which) {
    let world = all_kinds_of_rows(which).await;
    world.until("2026-05-18T13:50").await;
    for (table, column) in WORDS {
        world.database.run(&format!("update {table} set {column} = 'of-tomorrow'")).await;
    }
    world.until("2026-05-18T14:00").await;
    assert!(world.reads("U0OMAR").contains("Are you stuck"), "{}", world.reads("U0OMAR"));
    world.says("U0OMAR", "close the Friday tickets").await;
    world.nothing_stuck(&["U0OMAR"]).await;
    assert!(world.digest().contains("close the Friday tickets"), "{}", world.digest());
}

async fn its_own_row(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.says("U0ANA", "write the sale macro").await;
    world.is_stuck("U0ANA", REFUND, "A minute or less").await;
    world.says("U0BEN", "refund backlog").await;
    world.database.run("update check_in set state = 'of-tomorrow' where person = 'U0ANA'").await;
    world.database.run("update stuck set state = 'of-tomorrow' where asker = 'U0ANA'").await;
    world.database.run("update member set role = 'of-tomorrow' where person = 'U0NOOR'").await;
    world.nothing_stuck(&["U0BEN", "U0CLEO"]).await;
    let digest = world.digest();
    assert!(digest.contains("refund backlog") && digest.contains("Cleo"), "{digest}");
    assert!(!digest.contains(REFUND), "{digest}");
    // The newer build is gone again: nothing of theirs was touched meanwhile.
    world.database.run("update check_in set state = 'asked' where person = 'U0ANA'").await;
    world.database.run("update stuck set state = 'open' where asker = 'U0ANA'").await;
    world.nothing_stuck(&["U0ANA"]).await;
    world.seconds_pass(10).await;
    assert!(world.digest().contains(REFUND), "{}", world.digest());
}

async fn a_huddle(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.database.run("update huddle set state = 'of-tomorrow'").await;
    world.says("U0ANA", "write the sale macro").await;
    assert!(world.reads("U0ANA").contains("write the sale macro"), "{}", world.reads("U0ANA"));
    world.nothing_stuck(&["U0ANA", "U0BEN", "U0CLEO"]).await;
    world.until("2026-05-18T06:30").await;
    assert!(!world.has_digest());
    // The newer build is gone again.
    world.database.run("update huddle set state = 'gathering'").await;
    world.until("2026-05-18T06:31").await;
    assert!(world.digest().contains("write the sale macro"), "{}", world.digest());
}
