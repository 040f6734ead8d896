//! Many messages at once: all of them go out within Slack's limits, and who waits for an answer waits behind nobody's prompt.

use super::house::{HOUR, House, START};
use crate::databases::{self, Which, both};
use sandbox::{Fault, Setup, When};
use unstuck::rules::message::{Class, State};

const CROWD: usize = 1_000;

both! {
    row_43_a_thousand_are_asked_within_the_limits_and_nobody_starves => super::thousand;
    row_44_after_an_hours_outage_fresh_work_goes_first_and_nothing_bursts => super::catch_up;
}

async fn crowded(which: Which, agents: usize) -> House {
    let crowd = |setup: &mut Setup| {
        for number in 0..agents {
            let mut user = setup.workspace.users[0].clone();
            user.id = format!("U1{number:04}");
            setup.workspace.users.push(user);
        }
    };
    let house = House::on(databases::open(which).await, &crowd).await;
    for number in 0..agents {
        let key = format!("prompt:{number:04}");
        house.says(&key, "Good morning");
        let place = format!("U1{number:04}");
        house.wants_as(&key, "prompt", &place, |new| new.class = Class::Prompt.number()).await;
    }
    house
}

/// What somebody waits for.
async fn wants_a_card(house: &House, key: &str) {
    house.says(key, key);
    house.wants_as(key, "help", "C0SUPPORT", |new| new.class = Class::Opening.number()).await;
}

/// Works until so many posts were called for, second by second.
async fn until_posted(house: &House, calls: usize) {
    house.works().await;
    while house.calls("chat.postMessage").len() < calls {
        house.later(1_000);
        house.works().await;
        assert!(house.clock.now() < START + 3 * HOUR, "the posts do not go out");
    }
}

fn refused(house: &House) -> usize {
    house.calls("chat.postMessage").iter().filter(|(_, status)| *status != 200).count()
}

async fn thousand(which: Which) {
    let house = crowded(which, CROWD).await;
    until_posted(&house, CROWD / 2).await;
    wants_a_card(&house, "help:1").await;
    let asked_for = house.clock.now();
    until_posted(&house, CROWD + 1).await;
    let card = house.live("U0ANA", "C0SUPPORT").pop().expect("the card");
    let posted: f64 = card.ts.parse().expect("a time");
    let waited = posted * 1000.0 - asked_for as f64;
    assert!(waited <= 1_000.0, "the card waited for {waited} ms behind prompts");
    assert_eq!(refused(&house), 0);
    // 100 at once and 600 a minute: the last one after a minute and a half.
    let last = house.calls("chat.postMessage").last().expect("a call").0;
    assert!(last <= 91_000, "the last one was asked after {last} ms");
}

async fn catch_up(which: Which) {
    let house = crowded(which, 100).await;
    let until = START + HOUR;
    while house.clock.now() < until {
        house.slack.faults().next("chat.postMessage", 6, When::Before, Fault::Status(503));
        house.works().await;
        house.later(60_000);
    }
    house.slack.faults().clear();
    wants_a_card(&house, "help:fresh").await;
    let (before, back) = (house.calls("chat.postMessage").len(), house.clock.now());
    until_posted(&house, before + 1).await;
    assert_eq!(house.texts("U0ANA", "C0SUPPORT"), ["help:fresh"], "what is fresh goes before what waited");
    assert!(house.clock.now() - back <= 1_000);
    for _ in 0..120 {
        house.works().await;
        house.later(15_000);
    }
    for number in 0..100 {
        assert_eq!(house.state(&format!("prompt:{number:04}")).await, State::Shown);
        let user = format!("U1{number:04}");
        assert_eq!(house.live(&user, &house.slack.dm(&user)).len(), 1);
    }
    let too_fast = house.calls("chat.postMessage").iter().filter(|(_, status)| *status == 429).count();
    assert_eq!(too_fast, 0);
}
