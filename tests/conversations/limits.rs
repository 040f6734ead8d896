//! Many people, long texts, many stucks: everything is posted, nothing is refused, and each limit holds.

use super::scene::REFUND;
use crate::databases::{Which, both};
use crate::teams::Team;
use crate::world::{SUPPORT, World, key, monday_morning, person};
use sandbox::{Entry, Kind, Message};
use std::collections::BTreeMap;
use std::fmt::Write;

both! {
    forty_agents_are_asked_within_two_seconds => super::forty;
    a_digest_of_forty_fits_one_screen => super::one_screen;
    long_answers_are_split_and_never_cut => super::long_answers;
}

/// SQLite only, and a third of the largest team: the same with 200 agents and 40 stucks takes minutes of a test's build,
/// and the views alone are tried with those numbers in `slack/view/tests/limits.rs`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_with_long_answers_and_stucks() {
    crowd(Which::Sqlite).await;
}

const CROWD: usize = 60;

fn name(number: usize) -> String {
    format!("Agent{number:03}")
}

fn id(number: usize) -> String {
    format!("U0A{number:03}")
}

/// A team of so many agents on one shift; Jess manages.
async fn team_of(which: Which, agents: usize) -> World {
    let ids: Vec<String> = (0..agents).map(id).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let teams = Team { more: "collect = \"1h\"", agents: &ids, ..Team::default() }.to_string();
    let world = World::with(which, &teams, monday_morning(), |workspace| {
        for number in 0..agents {
            workspace.users.push(person(&id(number), &name(number), crate::world::ZONE));
            workspace.channels[0].members.push(id(number));
        }
    })
    .await;
    // Names come at a hundred a minute.
    world.until("2026-05-18T05:58").await;
    world
}

/// The first post to each direct message after an instant, in milliseconds after it.
fn first_posts(ledger: &[Entry], from: i64) -> BTreeMap<String, i64> {
    let mut first = BTreeMap::new();
    for entry in ledger.iter().filter(|entry| entry.at >= from) {
        if let Kind::Posted { channel, user, .. } = &entry.kind
            && user == "U0BOT"
            && channel.starts_with('D')
        {
            first.entry(channel.clone()).or_insert(entry.at - from);
        }
    }
    first
}

async fn forty(which: Which) {
    let world = team_of(which, 40).await;
    world.until("2026-05-18T06:00").await;
    world.seconds_pass(2).await;
    let posts = first_posts(&world.slack.ledger(), crate::world::at("2026-05-18T06:00"));
    assert_eq!(posts.len(), 40);
    assert!(posts.values().all(|after| *after <= 2000), "{posts:?}");
    for number in 0..40 {
        assert!(world.reads(&id(number)).contains("What are your priorities this shift?"));
    }
    assert!(world.refused_calls().is_empty(), "{:?}", world.refused_calls());
}

fn fits(message: &Message) {
    let text = message.text.chars().count();
    assert!(text <= 3_800, "{text} characters of fallback");
    assert!(message.blocks.len() <= 45, "{} blocks", message.blocks.len());
}

fn fits_one_screen(digest: &Message) {
    fits(digest);
    let shown = digest.plain().chars().count();
    assert!(shown <= 3_000, "{shown} characters in the channel:\n{}", digest.plain());
    assert!(digest.text.chars().count() <= 3_000, "{}", digest.text.chars().count());
    assert!(digest.blocks.len() <= 25, "{} blocks in the channel", digest.blocks.len());
}

async fn one_screen(which: Which) {
    let world = team_of(which, 40).await;
    world.until("2026-05-18T06:00").await;
    for number in 0..34 {
        let who = id(number);
        world
            .types(
                &who,
                &format!(
                    "priority one of {number}, which is a long one that says what it is about\npriority two of {number}"
                ),
            )
            .await;
        world.presses(&who, "Nothing stuck").await;
    }
    world.until("2026-05-18T07:30").await;
    let digest = world.digest_message();
    fits_one_screen(&digest);
    let plain = digest.plain();
    assert!(plain.contains("34 of 40 answered") && plain.contains("6 yet to answer"), "{plain}");
    assert!(plain.contains("What each of us does is in the thread."), "{plain}");
    let thread = world.slack.thread("U0JESS", SUPPORT, &digest.ts);
    let below: Vec<String> = thread[1..].iter().map(Message::plain).collect();
    for number in 0..34 {
        let line = format!(
            "{}  priority one of {number}, which is a long one that says what it is about · priority two of {number}",
            name(number)
        );
        assert!(below.iter().any(|page| page.lines().any(|shown| shown == line)), "{line} in {below:?}");
    }
    assert!(world.refused_calls().is_empty(), "{:?}", world.refused_calls());
}

async fn long_answers(which: Which) {
    let world = team_of(which, 2).await;
    world.until("2026-05-18T06:00").await;
    let lines: Vec<String> =
        (0..40).map(|line| format!("line {line:02} <&> of a long answer {}", "x".repeat(40))).collect();
    world.types(&id(0), &lines.join("\n")).await;
    world.seconds_pass(12).await;
    world.presses(&id(0), "Nothing stuck").await;
    let stuck = format!("{REFUND} {} the very end", "& so on ".repeat(350));
    world.is_stuck(&id(1), &stuck, "More than a minute").await;
    world.until("2026-05-18T06:10").await;
    fits_one_screen(&world.digest_message());
    for (reader, place) in [(id(0), world.dm(&id(0))), (id(1), world.dm(&id(1))), (id(0), SUPPORT.to_owned())] {
        let all = world.everything(&reader, &place);
        all.iter().filter(|message| !key(message).is_empty()).for_each(fits);
    }
    let shown = everything_shown(&world);
    for line in &lines {
        assert!(shown.contains(line), "{line}");
    }
    assert!(shown.contains("the very end"));
    world.does(&id(0), "I'll take this").await;
    world.resolves(&id(0), &"long outcome ".repeat(200)).await;
    assert!(world.help()[0].contains("Resolved by Agent000"), "{:?}", world.help()[0]);
    assert!(world.refused_calls().is_empty(), "{:?}", world.refused_calls());
}

/// All that stands in the channel, threads included.
fn everything_shown(world: &World) -> String {
    world.everything("U0JESS", SUPPORT).iter().fold(String::new(), |mut all, message| {
        let _ = writeln!(all, "{}", message.plain());
        all
    })
}

async fn crowd(which: Which) {
    let world = team_of(which, CROWD).await;
    world.until("2026-05-18T06:00").await;
    world.seconds_pass(30).await;
    let posts = first_posts(&world.slack.ledger(), crate::world::at("2026-05-18T06:00"));
    assert_eq!(posts.len(), CROWD);
    assert!(posts.values().all(|after| *after <= 2_000), "{:?}", posts.values().max());
    let mut said = Vec::new();
    for number in 0..CROWD {
        let (who, dm) = (id(number), world.dm(&id(number)));
        let text = match number % 20 {
            0 => (0..60).map(|line| format!("n{number:03}-{line:02} {}\n", "é<&".repeat(13))).collect::<String>(),
            _ => format!("n{number:03}-00 answer the queue\nn{number:03}-01 write a macro"),
        };
        said.extend(text.lines().map(|line| line.split(' ').next().unwrap_or_default().to_owned()));
        world.slack.says(&who, &dm, &text).expect("typed");
        if number % 5 == 1 {
            let text = match number % 10 {
                1 => format!("stuck: s{number:03} {} end{number:03}", "why & how ".repeat(280)),
                _ => format!("stuck: s{number:03} short end{number:03}"),
            };
            said.push(format!("s{number:03}"));
            said.push(format!("end{number:03}"));
            world.slack.says(&who, &dm, &text).expect("typed");
        }
    }
    world.settle().await;
    world.until("2026-05-18T06:20").await;
    assert!(!world.has_digest());
    for number in (0..CROWD).filter(|number| number % 5 != 1) {
        world.slack.acts(&id(number), nothing_stuck(&world, &id(number))).await.expect("pressed");
    }
    // Nobody said how much help it is: the window closes, and a dozen help threads open at one post a second.
    world.until("2026-05-18T07:05").await;
    let digest = world.digest_message();
    fits_one_screen(&digest);
    assert!(digest.plain().contains("60 of 60 answered"), "{}", digest.plain());
    let all = world.everything("U0JESS", SUPPORT);
    all.iter().for_each(fits);
    let parents = all.iter().filter(|message| {
        key(message).starts_with("help:") && message.thread_ts.as_ref().is_none_or(|ts| *ts == message.ts)
    });
    assert_eq!(parents.count(), 12);
    let shown = everything_shown(&world);
    let missing: Vec<&String> = said.iter().filter(|text| !shown.contains(*text)).collect();
    assert!(
        missing.is_empty(),
        "{} of {} are missing: {:?}",
        missing.len(),
        said.len(),
        &missing[..missing.len().min(10)]
    );
    assert!(world.refused_calls().is_empty(), "{:?}", world.refused_calls());
}

fn nothing_stuck(world: &World, who: &str) -> sandbox::Act {
    let messages = world.slack.history(who, &world.dm(who)).into_iter().rev();
    let mut buttons = messages.filter_map(|message| message.press("Nothing stuck"));
    buttons.next().expect("a question")
}
