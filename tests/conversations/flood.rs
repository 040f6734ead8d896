//! Whatever somebody types, and however much of it: it costs little, holds nobody up, and nothing
//! of it is lost. Work is bounded by counting statements and bytes, never by a time.

use crate::databases::{Which, both};
use crate::world::{SUPPORT, World, key};
use sandbox::Kind;
use serde_json::{Value, json};
use unstuck::store::connection::statements;

both! {
    a_stranger_costs_one_read_whatever_they_type => super::stranger;
    a_repeat_of_what_a_stranger_typed_is_no_answer_later => super::stranger_later;
    the_longest_text_in_its_worst_shapes_costs_little => super::shapes;
    one_long_paste_is_fifty_lines_and_one_more => super::paste;
    the_thousandth_line_costs_no_more_than_the_hundred_that_are_kept => super::thousand;
    a_form_has_room_for_fifty_new_lines => super::form;
    pasting_without_end_costs_no_more_and_is_said => super::pasting;
    a_stuck_is_never_put_to_another_one => super::stucks;
    whoever_sends_a_lot_waits_for_themself => super::crowding;
    whoever_left_the_team_is_asked_nothing => super::left;
    what_slack_tells_of_strangers_is_not_written => super::strangers_change;
    mentions_are_whole_words => super::mentions;
}

/// Slack takes no longer text, in characters.
const LONGEST: usize = 40_000;

/// As long as Slack delivers a text, made of one piece.
fn full_of(piece: &str) -> String {
    piece.chars().cycle().take(LONGEST).collect()
}

fn worst() -> Vec<(&'static str, String)> {
    let numbered: String = (0..5_000).map(|at| format!("<@U{at:05}>")).collect();
    vec![
        ("one mention", full_of("<@U0ANA>")),
        ("many mentions", numbered.chars().take(LONGEST).collect()),
        ("bare mentions", full_of("@U0 @U01 @U012 ")),
        ("lines", full_of("a\n")),
        ("list marks", full_of("- 1. [ ] x\n")),
        ("blank lines", full_of("\n \u{a0}\n")),
        ("emoji", full_of("👍🏽🧑‍🚒")),
        ("names of emoji", full_of(":tada::")),
        ("nested marks", full_of("*_~`>")),
        ("open brackets", full_of("<<@<!<#")),
        ("entities", full_of("&amp;lt;&")),
        ("zero width", full_of("\u{200b}\u{200d}\u{feff}")),
        ("combining signs", full_of("e\u{301}\u{308}\u{323}")),
        ("right to left", full_of("\u{202e}אב\u{2066}")),
        ("links", full_of("<https://x.example/?a=1&amp;b=2|x> ")),
        ("a stuck of lines", format!("stuck:\n{}", full_of("- a\n").chars().take(LONGEST - 10).collect::<String>())),
        ("one word", full_of("word")),
    ]
}

fn typed(world: &World, who: &str, id: &str, ts: i64, text: &str) -> Value {
    let ts = format!("{}.{:06}", ts / 1000, ts % 1000 * 1000);
    json!({ "type": "events_api", "envelope_id": id, "payload": {
        "type": "event_callback", "event_id": id, "team_id": "T0TEST", "api_app_id": "A0APP",
        "authorizations": [{ "team_id": "T0TEST", "user_id": "U0BOT", "is_bot": true }],
        "event": { "type": "message", "channel_type": "im", "channel": world.dm(who), "user": who, "text": text,
            "ts": ts, "event_ts": ts },
    }})
}

fn edited(world: &World, who: &str, id: &str, ts: i64, text: &str) -> Value {
    let mut event = typed(world, who, id, ts, text);
    let message = event["payload"]["event"].clone();
    event["payload"]["event"]["subtype"] = json!("message_changed");
    event["payload"]["event"]["message"] = message;
    event["payload"]["event"]["previous_message"] = json!({ "user": who, "text": "before", "ts": "1.000000" });
    event
}

fn deleted(world: &World, who: &str, id: &str, ts: i64) -> Value {
    let mut event = typed(world, who, id, ts, "");
    event["payload"]["event"]["subtype"] = json!("message_deleted");
    event["payload"]["event"]["deleted_ts"] = event["payload"]["event"]["ts"].clone();
    event["payload"]["event"]["previous_message"] = json!({ "user": who, "text": "x" });
    event
}

/// What one payload costs: statements until it is acknowledged. Whoever asks has stopped everything
/// else.
async fn costs(world: &World, payload: &Value) -> u64 {
    let before = statements();
    world.bot.receive(payload).await.expect("acknowledged");
    statements() - before
}

/// Characters in all rows that what people type can reach.
async fn kept(world: &World) -> i64 {
    let texts = [
        ("said", "text"),
        ("priority", "text"),
        ("priority", "said_text"),
        ("stuck", "what"),
        ("stuck", "said_text"),
        ("journal", "detail"),
        ("seen", "id"),
        ("message", "key"),
    ];
    let mut all = 0;
    for (table, column) in texts {
        let sql =
            format!("select '{table}' as word, cast(coalesce(sum(length({column})), 0) as bigint) as n from {table}");
        all += world.database.pairs(&sql).await[0].1;
    }
    all
}

async fn rows(world: &World, table: &str) -> i64 {
    let sql = format!("select '{table}' as word, cast(count(*) as bigint) as n from {table}");
    world.database.pairs(&sql).await[0].1
}

/// Zed is in no team. Only the bot of the test takes part, so that the count is of it alone.
async fn stranger(which: Which) {
    let mut world = World::new(which).await;
    world.until("2026-05-18T06:10").await;
    world.stops().await;
    let now = world.clock.now();
    let first = costs(&world, &typed(&world, "U0ZED", "Ev0", now, "hello")).await;
    assert!(first <= 10, "{first} statements for the line that tells them so");
    let (before, messages) = (kept(&world).await, rows(&world, "message").await);
    for (at, (shape, text)) in (1..).zip(worst()) {
        let ts = now + at * 1000;
        let payloads = [
            typed(&world, "U0ZED", &format!("Ev{at}"), ts, &text),
            typed(&world, "U0ZED", &format!("Ev{at}"), ts, &text),
            edited(&world, "U0ZED", &format!("Ev{at}e"), ts, &text),
            deleted(&world, "U0ZED", &format!("Ev{at}d"), ts),
        ];
        for payload in &payloads {
            assert_eq!(costs(&world, payload).await, 1, "{shape}");
        }
    }
    assert_eq!((kept(&world).await, rows(&world, "message").await), (before, messages), "nothing of it is kept");
    // On the next day they are told once more.
    world.clock.step_to(now + 24 * 3_600_000);
    let next = costs(&world, &typed(&world, "U0ZED", "EvNext", world.clock.now(), "hello")).await;
    assert!((2..=10).contains(&next), "{next}");
    assert_eq!(rows(&world, "message").await, messages + 1);
}

/// Omar types before his first shift ever; Slack sends it once more after that has begun.
async fn stranger_later(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T13:59").await;
    let line = typed(&world, "U0OMAR", "EvEarly", world.clock.now(), "is this thing on?");
    world.bot.receive(&line).await.expect("acknowledged");
    world.seconds_pass(5).await;
    assert!(world.reads("U0OMAR").contains("nothing to answer right now"), "{}", world.reads("U0OMAR"));
    world.until("2026-05-18T14:01").await;
    let before = (rows(&world, "said").await, rows(&world, "seen").await, rows(&world, "message").await);
    world.bot.receive(&line).await.expect("acknowledged");
    world.seconds_pass(15).await;
    assert_eq!((rows(&world, "said").await, rows(&world, "seen").await, rows(&world, "message").await), before);
    world.nothing_stuck(&["U0OMAR"]).await;
    assert!(!world.digest().contains("is this thing on"), "{}", world.digest());
}

async fn shapes(which: Which) {
    for (shape, text) in worst() {
        let mut world = World::new(which).await;
        world.until("2026-05-18T06:00").await;
        world.stops().await;
        let (now, before) = (world.clock.now(), kept(&world).await);
        let cost = costs(&world, &typed(&world, "U0ANA", "Ev1", now, &text)).await;
        assert!(cost <= 1_600, "{shape}: {cost} statements");
        let more = kept(&world).await - before;
        assert!(more <= 4 * LONGEST as i64, "{shape}: {more} characters kept");
        let change = edited(&world, "U0ANA", "Ev2", now, &format!("{text}."));
        let cost = costs(&world, &change).await;
        assert!(cost <= 200, "{shape}: {cost} statements for one more character");
    }
}

async fn paste(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.nothing_stuck(&["U0BEN", "U0CLEO"]).await;
    let numbered: String = (1..=6_000).map(|at| format!("l{at}\n")).collect();
    world.says("U0ANA", &numbered).await;
    let answer = world.reads("U0ANA");
    assert!(answer.contains("51 priorities"), "{answer}");
    let rest = "l51 l52 l53 l54 l55 l56 l57 l58 l59 l60 l61 l62 l63 l64 l65 l66 l67 l68…";
    let said = format!("{rest} (and 5,949 more lines: they stand together as one)");
    assert!(answer.contains(&said), "{answer}");
    // The next line is taken at once, and so is nothing stuck.
    world.says("U0ANA", "one more thing").await;
    assert!(world.reads("U0ANA").contains("one more thing"), "{}", world.reads("U0ANA"));
    world.nothing_stuck(&["U0ANA"]).await;
    world.until("2026-05-18T06:30").await;
    let posts: Vec<_> =
        world.everything("U0JESS", SUPPORT).into_iter().filter(|one| key(one).starts_with("digest:")).collect();
    let whole: String = posts.iter().map(sandbox::Message::plain).collect::<Vec<_>>().join("\n");
    for at in [1, 50, 51, 3_000, 6_000] {
        let word = format!("l{at}");
        assert!(whole.split(|c: char| !c.is_alphanumeric()).any(|one| one == word), "{word} is nowhere");
    }
    assert!(posts.len() <= 14, "{} messages for one person's answer", posts.len());
    assert!(world.refused_calls().is_empty(), "{:?}", world.refused_calls());
    // Edited down to two lines, it is two lines.
    let pasted = world.slack.history("U0ANA", &world.dm("U0ANA")).into_iter().find(|one| one.text.starts_with("l1\n"));
    world.edits("U0ANA", &pasted.expect("the paste").ts, "l1\nl2").await;
    world.seconds_pass(60).await;
    assert!(world.digest().contains("l1 · l2 · one more thing"), "{}", world.digest());
}

async fn thousand(which: Which) {
    let mut world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.stops().await;
    let now = world.clock.now();
    let mut cost = Vec::new();
    for at in (0..105).chain(990..1_000) {
        if at == 990 {
            // What came in between was taken in like this, too; to type it all would only take its
            // time.
            let between = format!(
                "insert into said (workspace, channel, ts, check_in, run, text)
                 select workspace, channel, '{}.' || cast(100000 + line as text), check_in, run, 'line ' || cast(line as text)
                 from said cross join (with recursive n (line) as (select 105 union all select line + 1 from n where line < 989)
                     select line from n) as lines where text = 'line 104'",
                now / 1000 + 3
            );
            world.database.run(&between).await;
        }
        world.clock.step_to(now + at * 20);
        let line = typed(&world, "U0ANA", &format!("Ev{at}"), now + at * 20, &format!("line {at}"));
        cost.push(costs(&world, &line).await);
    }
    let (hundred, last) = (cost[90..100].iter().max().unwrap(), cost[106..].iter().max().unwrap());
    assert!(last <= hundred, "{last} statements for the thousandth line, {hundred} for the hundredth");
    assert!(*last <= 60, "{last} statements for one line");
    let own = world.database.pairs("select text as word, line as n from priority where gone = 0").await;
    assert_eq!(own.len(), 101);
    let rest = own.iter().map(|(text, _)| text).max_by_key(|text| text.len()).expect("some");
    let all: Vec<String> = (100..1_000).map(|at| format!("line {at}")).collect();
    assert_eq!(*rest, all.join("\n"));
}

async fn form(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    for (times, stand) in [(1, 51), (2, 101)] {
        world.presses("U0ANA", if times == 1 { "Answer in a form" } else { "Edit" }).await;
        let label = "Your priorities this shift";
        let lines: Vec<String> = (0..300).map(|at| format!("{times}x{at}")).collect();
        world.fills("U0ANA", label, lines.join("\n"));
        world.submits("U0ANA").await;
        world.seconds_pass(5).await;
        let own = world.database.pairs("select text as word, line as n from priority where gone = 0").await;
        assert!(own.len() <= stand + 1, "{} items", own.len());
        assert!(own.iter().any(|(text, _)| text.ends_with(&format!("{times}x299"))), "nothing is lost");
    }
    assert!(world.refused_calls().is_empty(), "{:?}", world.refused_calls());
}

/// One agent pastes the longest text again and again. What is taken in is bounded, and so is the work.
async fn pasting(which: Which) {
    let mut world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.stops().await;
    let now = world.clock.now();
    let mut most = 0;
    for at in 0..20 {
        let ts = now + at * 1_000;
        let paste = full_of(if at % 2 == 0 { "a\n" } else { "@U0ANA " });
        most = most.max(costs(&world, &typed(&world, "U0ANA", &format!("Ev{at}"), ts, &paste)).await);
    }
    assert!(most <= 1_000, "{most} statements for a paste");
    let before = kept(&world).await;
    assert!(before <= 6 * LONGEST as i64, "{before} characters kept");
    let short = costs(&world, &typed(&world, "U0ANA", "EvShort", now + 30_000, "one more")).await;
    assert!(short <= 60, "{short} statements for one more line");
    world.starts().await;
    world.seconds_pass(15).await;
    let said = "There's no room left in your check-in. What you typed stands here, and on no list.";
    assert!(world.told("U0ANA").iter().any(|answer| answer.contains(said)), "{:?}", world.told("U0ANA").last());
    // A paste that is taken back makes room again.
    let typed = world.slack.history("U0ANA", &world.dm("U0ANA")).into_iter().filter(|one| !one.by_bot());
    assert_eq!(typed.count(), 0, "these came past the sandbox");
    for at in 0..20 {
        world.bot.receive(&deleted(&world, "U0ANA", &format!("EvGone{at}"), now + at * 1_000)).await.expect("gone");
    }
    world.says("U0ANA", "clear the refund backlog").await;
    assert!(world.reads("U0ANA").contains("clear the refund backlog"), "{}", world.reads("U0ANA"));
}

/// Ben sends forty long messages in one instant; Ana's line is not behind them.
async fn crowding(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    let now = world.clock.now();
    let mut crowd = tokio::task::JoinSet::new();
    for at in 0..40 {
        let (bot, paste) =
            (world.bot.clone(), typed(&world, "U0BEN", &format!("EvBen{at}"), now + at, &full_of("a\n")));
        crowd.spawn(async move { bot.receive(&paste).await.is_ok() });
    }
    tokio::task::yield_now().await;
    let line = typed(&world, "U0ANA", "EvAna", now, "clear the refund backlog");
    world.bot.receive(&line).await.expect("Ana is heard");
    let mut before = 0;
    while let Some(done) = crowd.try_join_next() {
        before += usize::from(done.is_ok());
    }
    assert!(before < 30, "{before} of Ben's forty were dealt with before it");
    crowd.join_all().await;
}

/// However full the list is, a new stuck is one of its own, and nobody's thread says something else.
async fn stucks(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    let lines = |name: &str| (0..50).map(|at| format!("{name}{at}")).collect::<Vec<_>>().join("\n");
    world.says("U0ANA", &lines("a")).await;
    world.says("U0ANA", &lines("b")).await;
    world.is_stuck("U0ANA", "the printer burns", "More than a minute").await;
    world.nothing_stuck(&["U0BEN", "U0CLEO"]).await;
    world.seconds_pass(60).await;
    world.resolves("U0JESS", "used the extinguisher").await;
    world.says("U0ANA", "stuck: the lobby is flooded").await;
    world.does_in_dm("U0ANA", "More than a minute").await;
    world.seconds_pass(60).await;
    let help = world.help();
    assert!(help[0].contains("the lobby is flooded") && help[0].contains("Ana is stuck"), "{help:?}");
    let own = world.database.pairs("select what as word, line as n from stuck").await;
    assert_eq!(own.len(), 2, "{own:?}");
    assert!(own.iter().any(|(what, _)| what == "the printer burns"), "{own:?}");
}

/// Ben is on no shift any more, and his last one is over: what he types is nobody's answer.
async fn left(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T14:30").await;
    let without = crate::world::TEAMS.replace("\"U0BEN\", ", "");
    world.apply(&without).await;
    let before = rows(&world, "priority").await;
    let line = typed(&world, "U0BEN", "EvLate", world.clock.now(), &full_of("a\n"));
    world.bot.receive(&line).await.expect("acknowledged");
    world.seconds_pass(10).await;
    assert_eq!(rows(&world, "priority").await, before);
    assert!(world.reads("U0BEN").contains("There is nothing to answer right now"), "{}", world.reads("U0BEN"));
}

async fn strangers_change(which: Which) {
    let mut world = World::new(which).await;
    world.stops().await;
    for (at, event) in [
        json!({ "type": "user_change", "user": { "id": "U0ZED", "name": "zed", "tz": "UTC", "profile": {} } }),
        json!({ "type": "member_left_channel", "user": "U0ZED", "channel": SUPPORT }),
    ]
    .into_iter()
    .enumerate()
    {
        let mut payload = typed(&world, "U0ZED", &format!("Ev{at}"), world.clock.now(), "");
        payload["payload"]["event"] = event;
        assert_eq!(costs(&world, &payload).await, 1);
    }
    assert_eq!(rows(&world, "seen").await, 0);
}

async fn mentions(which: Which) {
    let world = World::with(which, crate::world::TEAMS, crate::world::monday_morning(), |workspace| {
        workspace.users.push(crate::world::person("U0BE", "Bea", crate::world::ZONE));
        workspace.channels[0].members.push("U0BE".to_owned());
    })
    .await;
    world.until("2026-05-18T06:00").await;
    world.says("U0ANA", "ask <@U0BEN> and <@U0BE>, not U0BEN").await;
    let answer = world.reads("U0ANA");
    assert!(answer.contains("ask @Ben and @U0BE, not U0BEN"), "{answer}");
    let typed = world.slack.ledger().into_iter().filter(|entry| matches!(entry.kind, Kind::Lost { .. }));
    assert_eq!(typed.count(), 0);
}
