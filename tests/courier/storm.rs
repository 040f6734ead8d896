//! Everything goes wrong at random for a while; afterwards each message stands in Slack exactly once, as it is wanted.

use crate::databases::WORKSPACE;
use std::collections::BTreeMap;
use std::time::Duration;

use sandbox::{Fault, When};

use super::house::House;
use unstuck::rules::message::State;

const STORMS: u64 = 12;
const STEPS: usize = 120;

/// A small generator, so that a storm can be had again by its number.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % bound
    }
}

#[tokio::test]
async fn after_any_storm_each_message_stands_once() {
    for number in 0..STORMS {
        for house in House::on_each_database().await {
            storm(&house, number).await;
            calm(&house).await;
            check(&house, number).await;
            house.slack.stop().await;
        }
    }
}

async fn storm(house: &House, number: u64) {
    let mut chance = Chance(number * 7919 + 1);
    let workers = [house.courier.clone(), house.replica()];
    for step in 0..STEPS {
        match chance.below(10) {
            0 => want(house, step, &mut chance).await,
            1 => {
                let key = format!("k{:03}", chance.below(step as u64 + 1));
                house.shows(&key, &[("", &format!("{key} at {step}")), ("more", &format!("more of {key} at {step}"))]);
                house.raise(&key).await;
            }
            2 => break_something(house, &mut chance),
            3 => house.later(chance.below(70_000).cast_signed()),
            4 => {
                // The process dies somewhere in the middle.
                let moment = Duration::from_micros(chance.below(20_000));
                let process = house.process().await;
                let _ = tokio::time::timeout(moment, process.step()).await;
            }
            _ => {
                house.later(chance.below(1_500).cast_signed());
                workers[chance.below(2) as usize].step().await.expect("a step");
            }
        }
    }
}

async fn want(house: &House, step: usize, chance: &mut Chance) {
    let key = format!("k{step:03}");
    let place = ["C0SUPPORT", "C0GENERAL", "U0ANA", "U0BEN"][chance.below(4) as usize];
    house.shows(&key, &[("", &key), ("more", &format!("more of {key}"))]);
    let kind = ["help", "digest", "prompt"][chance.below(3) as usize];
    house.wants(&key, kind, place).await;
}

fn break_something(house: &House, chance: &mut Chance) {
    let method =
        ["chat.postMessage", "chat.postMessage", "chat.update", "conversations.history", "conversations.replies"];
    let method = method[chance.below(5) as usize];
    let when = if chance.below(3) == 0 { When::Before } else { When::After };
    let fault = match chance.below(4) {
        0 => Fault::Cut,
        1 => Fault::Status(500),
        2 => Fault::Error("internal_error".into()),
        _ => Fault::RateLimited(chance.below(40)),
    };
    // Slack never asks to wait for what it has done.
    let when = if matches!(fault, Fault::RateLimited(_)) { When::Before } else { when };
    house.slack.faults().next(method, 1 + chance.below(2) as usize, when, fault);
}

/// Nothing more goes wrong; a quarter of an hour passes.
async fn calm(house: &House) {
    house.slack.faults().clear();
    for _ in 0..60 {
        house.later(15_000);
        house.works().await;
    }
}

async fn check(house: &House, number: u64) {
    let mut live = BTreeMap::<String, Vec<String>>::new();
    let dms = ["U0ANA", "U0BEN"].map(|user| (user, house.slack.dm(user)));
    let places =
        dms.iter().map(|(user, dm)| (*user, dm.as_str())).chain([("U0ANA", "C0SUPPORT"), ("U0ANA", "C0GENERAL")]);
    for (user, channel) in places {
        for message in house.live(user, channel) {
            for message in house.slack.thread(user, channel, &message.ts).into_iter().filter(|message| !message.deleted)
            {
                let key = message.metadata.as_ref().expect("metadata")["event_payload"]["key"].clone();
                live.entry(key.as_str().expect("a key").to_owned()).or_default().push(message.text);
            }
        }
    }
    let rows = unstuck::read_tx!(house.db, WORKSPACE, house.clock.now(), tx => unstuck::store::message::of_subject(tx, "").await);
    let rows = rows.expect("rows");
    assert!(rows.len() > 4, "storm {number} wanted only {}", rows.len());
    for row in &rows {
        assert_eq!(row.progress.state, State::Shown, "storm {number}: {row:?}");
        let wanted = house.text_of(row.root.as_str(), &row.part);
        assert_eq!(live.remove(row.key.as_str()), Some(vec![wanted]), "storm {number}: {row:?}");
    }
    assert!(live.is_empty(), "storm {number}: {live:?}");
}
