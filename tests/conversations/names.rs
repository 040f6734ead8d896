//! What people call themselves: a name may hold anything, speaks no markup, breaks no line, and
//! tells nobody apart.

use super::scene::REFUND;
use super::verbs::{says_all, says_none_of};
use crate::databases::{Which, both};
use crate::world::World;
use sandbox::Kind;
use serde_json::Value;

both! {
    a_name_speaks_no_markup_and_breaks_no_line => super::hostile;
    a_name_that_an_older_version_kept_is_shown_safely => super::kept_before;
    two_of_one_name_are_two => super::two_of_one_name;
    somebody_without_a_name_is_called_something => super::nameless;
}

/// Bold, slanted, code, a mention, a second line, letters that turn the direction, ones that are
/// not seen, and no end.
fn hostile_name(first: &str) -> String {
    format!("> *{first}*\n<!channel> _boss_ ~x~ \u{202e}tfel\u{2066} a\u{200b}b `c`\u{7}\u{2028} {}", "y".repeat(300))
}

/// Every text of what was sent, and whether Slack reads markup in it.
fn texts<'a>(value: &'a Value, marked_up: bool, found: &mut Vec<(bool, &'a str)>) {
    match value {
        Value::String(text) => found.push((marked_up, text)),
        Value::Array(all) => all.iter().for_each(|one| texts(one, false, found)),
        Value::Object(all) => all.iter().for_each(|(key, one)| {
            let read = key == "text" && (value["type"] == "mrkdwn" || value["type"].is_null());
            texts(one, read, found);
        }),
        _ => {}
    }
}

/// Whatever the bot has sent to Slack since this entry of the ledger: fallbacks, blocks, modals and
/// private lines.
#[track_caller]
fn nothing_hostile_since(world: &World, seq: u64, names: &[&str]) {
    let sent: Vec<Value> = world
        .slack
        .ledger_since(seq)
        .into_iter()
        .filter_map(|entry| match entry.kind {
            Kind::Called { method, args, .. } if method.starts_with("chat.") => Some(args),
            Kind::Called { method, args, .. } if method.starts_with("views.") => Some(args["view"]["blocks"].clone()),
            Kind::Responded { body, .. } => Some(body),
            _ => None,
        })
        .collect();
    let mut all = Vec::new();
    sent.iter().for_each(|one| texts(one, false, &mut all));
    for (marked_up, text) in &all {
        let bad = ["*", "`", "~", "_boss_", "\u{202e}", "\u{2066}", "\u{200b}", "\u{7}", "\u{2028}"];
        assert!(!bad.iter().any(|bad| text.contains(bad)), "{text:?}");
        assert!(!text.contains(&"y".repeat(80)), "it has no end: {text:?}");
        let quotes = text.lines().any(|line| line.starts_with("&gt;"));
        assert!(!(*marked_up && (quotes || text.contains("<!channel"))), "{text:?}");
        // The name stays on the line on which it stands.
        assert!(!text.lines().any(|line| line.trim_start_matches("&lt;").starts_with("!channel")), "{text:?}");
    }
    let marked_up: Vec<&str> = all.iter().filter(|(marked_up, _)| *marked_up).map(|(_, text)| *text).collect();
    for name in names {
        let safe = format!("{name} &lt;!channel&gt; boss x tfel ab c yyy");
        assert!(marked_up.iter().any(|text| text.contains(&safe)), "{name} is told nowhere");
    }
}

async fn hostile(which: Which) {
    let world = World::new(which).await;
    let since = world.slack.ledger().len() as u64;
    for (who, first) in [("U0ANA", "Ana"), ("U0BEN", "Ben"), ("U0CLEO", "Cleo"), ("U0JESS", "Jess")] {
        world.slack.changes_user(who, |user| user.display_name = hostile_name(first));
    }
    world.settle().await;
    world.until("2026-05-18T06:00").await;
    world.is_stuck("U0ANA", REFUND, "More than a minute").await;
    world.nothing_stuck(&["U0BEN", "U0CLEO"]).await;
    world.does("U0BEN", "I'll take this").await;
    world.presses_in_channel("U0CLEO", "Hand back").await;
    let private = world.private("U0CLEO", 1).await;
    says_all(&private[0], &["Only Ben <!channel> boss", "… or a manager can hand this back."]);
    world.one_line("U0ANA", "Escalate", "What should they know?", "waiting").await;
    world.resolves("U0BEN", "role added").await;
    world.until("2026-05-19T06:00").await;
    nothing_hostile_since(&world, since, &["Ana", "Ben", "Jess"]);
    assert!(world.rung().iter().all(|(_, why)| why != "channel"), "{:?}", world.rung());
    assert!(world.refused_calls().is_empty(), "{:?}", world.refused_calls());
}

async fn kept_before(which: Which) {
    let world = World::new(which).await;
    let since = world.slack.ledger().len() as u64;
    for (who, first) in [("U0ANA", "Ana"), ("U0JESS", "Jess")] {
        let name = hostile_name(first).replace('\u{7}', "");
        world.database.run(&format!("update person set name = '{name}' where id = '{who}'")).await;
    }
    world.until("2026-05-18T06:00").await;
    world.is_stuck("U0ANA", REFUND, "More than a minute").await;
    world.nothing_stuck(&["U0BEN", "U0CLEO"]).await;
    nothing_hostile_since(&world, since, &["Ana", "Jess"]);
}

async fn two_of_one_name(which: Which) {
    let world = World::new(which).await;
    for who in ["U0ANA", "U0CLEO", "U0JESS", "U0BEN"] {
        world.slack.changes_user(who, |user| user.display_name = "Alex".to_owned());
    }
    world.settle().await;
    world.until("2026-05-18T06:00").await;
    // The manager is somebody else, who has the agent's name.
    says_all(&world.prompt("U0ANA").plain(), &["Alex added you to Tier 1"]);
    world.is_stuck("U0ANA", REFUND, "More than a minute").await;
    world.nothing_stuck(&["U0BEN", "U0CLEO"]).await;
    world.does("U0BEN", "I'll take this").await;
    let taken = || world.told("U0BEN").into_iter().find(|text| text.contains(REFUND)).expect("told");
    says_all(&taken(), &["You have Alex's stuck"]);
    world.does("U0JESS", "Hand back").await;
    world.does("U0CLEO", "I'll take this").await;
    // Another Alex has it: Ben does not.
    says_all(&taken(), &["You had Alex's stuck", "Alex has it now. It's off your list."]);
    says_none_of(&taken(), &["You have it again"]);
    // Of the one who has it Jess is another, and she is not the asker.
    world.resolves("U0JESS", "role added").await;
    says_all(&world.reads("U0CLEO"), &["Alex resolved it: "]);
    says_none_of(&world.reads("U0CLEO"), &["Alex solved it"]);
}

async fn nameless(which: Which) {
    let world = World::new(which).await;
    world.slack.changes_user("U0ANA", |user| {
        user.display_name = "\u{200b}\u{3164}".to_owned();
        user.real_name = "Ana Ruiz".to_owned();
    });
    world.slack.changes_user("U0BEN", |user| {
        user.display_name = "\u{202e}".to_owned();
        user.real_name = "**".to_owned();
        user.name = "__".to_owned();
    });
    world.settle().await;
    world.until("2026-05-18T06:00").await;
    says_all(&world.prompt("U0ANA").plain(), &["Good morning, Ana Ruiz."]);
    says_all(&world.prompt("U0BEN").plain(), &["Good morning, U0BEN."]);
}
