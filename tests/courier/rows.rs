//! Rows on both databases.

use super::house::{House, START};
use crate::databases::{self, BOTH};
use unstuck::rules::id::MessageKey;
use unstuck::rules::message::{Class, State};
use unstuck::store::message::{self, NewMessage, Preference, Work};
use unstuck::store::{pace, seen};
use unstuck::{read_tx, write_tx};

const T: &str = databases::WORKSPACE;

fn message(key: &str, place: &str) -> NewMessage {
    NewMessage::main(key, "tell", "s", place, Class::Rest)
}

#[tokio::test]
async fn eight_claimers_take_each_row_once_and_one_live_post_per_place() {
    for which in BOTH {
        let database = databases::open(which).await;
        let db = &database.db;
        for number in 0..100 {
            let new = &message(&format!("k{number}"), &format!("C{}", number / 2));
            write_tx!(db, T, START, tx => message::want(tx, new).await).expect("wanted");
        }
        let mut claimers = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let db = db.clone();
            claimers.spawn(async move {
                let mut mine = Vec::new();
                for _ in 0..100 {
                    // A race that was lost three times in a row is tried again, as the courier does.
                    let Ok(claimed) = write_tx!(db, T, START, tx => message::claim(tx, "", Preference::Posts).await)
                    else {
                        continue;
                    };
                    let Some(Work::Post(row)) = claimed.work else { break };
                    mine.push(row);
                }
                mine
            });
        }
        let rows: Vec<_> = claimers.join_all().await.into_iter().flatten().collect();
        let mut keys: Vec<_> = rows.iter().map(|row| row.key.clone()).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), rows.len(), "a row was claimed twice");
        let mut places: Vec<_> = rows.iter().map(|row| row.place.clone()).collect();
        places.sort_unstable();
        places.dedup();
        assert_eq!(places.len(), rows.len(), "two live posts in one place");
        assert_eq!(places.len(), 50);
    }
}

#[tokio::test]
async fn what_an_older_binary_does_not_know_it_leaves_alone() {
    for which in BOTH {
        let database = databases::open(which).await;
        let db = &database.db;
        let new = &message("k", "C1");
        write_tx!(db, T, START, tx => message::want(tx, new).await).expect("wanted");
        let claim = async |kinds: &str| {
            write_tx!(db, T, START, tx => message::claim(tx, kinds, Preference::Edits).await).expect("a claim")
        };
        assert_eq!(read_tx!(db, T, START, tx => message::next_due(tx, ",prompt,digest,").await).expect("a look"), None);
        assert!(claim(",prompt,digest,").await.work.is_none());
        assert!(claim(",prompt,tell,").await.work.is_some());
    }
}

#[tokio::test]
async fn raising_keeps_what_is_under_way_and_wants_what_is_shown() {
    for house in House::on_each_database().await {
        house.says("a", "a");
        house.wants("a", "tell", "C0SUPPORT").await;
        house.raise("a").await;
        assert_eq!((house.state("a").await, house.row("a").await.wanted_rev), (State::Wanted, 2));
        house.works().await;
        house.raise("a").await;
        let row = house.row("a").await;
        assert_eq!((row.progress.state, row.progress.ts.is_some(), row.wanted_rev), (State::Wanted, true, 3));
    }
}

#[tokio::test]
async fn a_payload_is_seen_once_until_it_is_forgotten() {
    for which in BOTH {
        let database = databases::open(which).await;
        let db = &database.db;
        let first = async |id: &str| write_tx!(db, T, START, tx => seen::first(tx, id).await).expect("noted");
        assert!(first("Ev1").await && !first("Ev1").await && first("Ev2").await);
        write_tx!(db, T, START, tx => seen::prune(tx, START + 1).await).expect("pruned");
        assert!(first("Ev1").await);
    }
}

#[tokio::test]
async fn replicas_share_one_pace() {
    for which in BOTH {
        let database = databases::open(which).await;
        let db = &database.db;
        let what = &pace::place("C1");
        let take = async || write_tx!(db, T, START, tx => pace::take(tx, what).await).expect("a pace");
        for _ in 0..4 {
            assert_eq!(take().await, Ok(()));
        }
        assert_eq!(take().await, Err(START + 500));
        write_tx!(db, T, START, tx => pace::limited(tx, what, START + 30_000).await).expect("limited");
        assert_eq!(take().await, Err(START + 30_000));
    }
}

#[tokio::test]
async fn after_a_restore_what_looks_unsent_is_looked_for() {
    for house in House::on_each_database().await {
        house.says("a", "a");
        house.wants("a", "tell", "C0SUPPORT").await;
        let doubted = write_tx!(house.db, T, START, tx => message::doubt(tx, START - 1_000).await);
        assert_eq!(doubted.expect("doubted"), 1);
        house.works().await;
        assert_eq!(house.calls("conversations.history").len(), 1);
        assert_eq!(house.live("U0ANA", "C0SUPPORT").len(), 1);
        let found = read_tx!(house.db, T, START, tx => message::of_subject(tx, "").await).expect("rows");
        assert_eq!(found.len(), 1);
        let (channel, ts) = found[0].posted().expect("posted");
        let at = read_tx!(house.db, T, START, tx => message::at_ts(tx, channel, ts).await).expect("a row");
        assert_eq!(at.expect("a row").key, MessageKey::from("a"));
        let root = read_tx!(house.db, T, START, tx => message::of_root(tx, &"a".into()).await).expect("rows");
        assert_eq!(root.len(), 1);
    }
}
