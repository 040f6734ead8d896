//! Many messages at once: all of them go out within Slack's limits, and who waits for an answer waits behind nobody's prompt.

use super::house::{HOUR, House, START};
use crate::databases::{self, Which, both};
use sandbox::Setup;
use unstuck::courier::CameTo;
use unstuck::rules::message::{Class, State};

const CROWD: usize = 1_000;
const WAITING: usize = 100;
/// Who waits for Slack tries again within five minutes, give or take a fifth.
const SPREAD: i64 = 360_000;

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
    let house = crowded(which, WAITING).await;
    let back = START + HOUR;
    house.slack.faults().outage(START..back);
    while house.clock.now() < back {
        house.works().await;
        house.later(60_000);
    }
    assert_eq!(waiting(&house).await, WAITING, "Slack was away");
    assert_eq!(posted(&house), 0);

    wants_a_card(&house, "help:fresh").await;
    assert_eq!(first_shown(&house).await, "help:fresh", "what is fresh goes before what waited");
    assert!(house.clock.now() - back <= 1_000);
    // And once more, in the midst of those who waited.
    while posted(&house) < WAITING / 4 {
        second(&house).await;
    }
    assert!(waiting(&house).await > WAITING / 4, "nobody waits any more");
    wants_a_card(&house, "help:fresher").await;
    let wanted_at = house.clock.now();
    assert_eq!(first_shown(&house).await, "help:fresher");
    assert!(house.clock.now() - wanted_at <= 1_000);
    while posted(&house) < WAITING + 2 {
        second(&house).await;
    }
    assert!(house.clock.now() - back <= SPREAD, "some wait for too long");
    let calls = house.calls("chat.postMessage");
    let at_once = calls.chunk_by(|one, next| one.0 == next.0).filter(|calls| calls[0].0 >= HOUR).map(<[_]>::len);
    assert!(at_once.max() <= Some(WAITING / 4), "they come in a burst: {calls:?}");
    // The last looks find nothing to put right.
    house.lives(15).await;
    for number in 0..WAITING {
        let user = format!("U1{number:04}");
        assert_eq!(house.live(&user, &house.slack.dm(&user)).len(), 1, "{user} was not asked once");
    }
    assert_eq!((waiting(&house).await, posted(&house)), (0, WAITING + 2));
    for method in ["chat.postMessage", "conversations.open", "conversations.history"] {
        assert!(house.calls(method).iter().all(|(_, status)| *status != 429), "{method} was too fast");
    }
}

/// How many wait for their prompt.
async fn waiting(house: &House) -> usize {
    let mut waiting = 0;
    for number in 0..WAITING {
        waiting += usize::from(house.state(&format!("prompt:{number:04}")).await != State::Shown);
    }
    waiting
}

/// How many posts Slack took.
fn posted(house: &House) -> usize {
    house.calls("chat.postMessage").iter().filter(|(_, status)| *status == 200).count()
}

/// The first message that comes from now on.
async fn first_shown(house: &House) -> String {
    loop {
        let shown = second(house).await.into_iter().find(|(_, to)| *to == CameTo::State(State::Shown));
        if let Some((key, _)) = shown {
            return key;
        }
    }
}

async fn second(house: &House) -> Vec<(String, CameTo)> {
    let came = house.works().await;
    house.later(1_000);
    assert!(house.clock.now() < START + 3 * HOUR, "it takes for ever");
    came
}
