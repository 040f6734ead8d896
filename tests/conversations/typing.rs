//! The typing door: what is typed is a priority until it is a stuck, and the bot answers once, below.

use super::verbs::{says_all, says_none_of};
use crate::databases::{Which, both};
use crate::world::World;
use sandbox::{Entry, Kind};
use serde_json::json;

both! {
    one_answer_for_a_run => super::one_answer_for_a_run;
    none_as_the_whole_message => super::none_words;
    stuck_at_once_and_back => super::stuck_at_once;
    row_20_an_edit_before_its_message => super::edit_first;
    a_stuck_never_splits => super::never_splits;
    no_size_means_more => super::no_size;
    after_the_check_in => super::after_the_check_in;
    in_the_prompts_thread => super::in_a_thread;
    rows_19_20_twice_and_out_of_order => super::twice;
    typed_text_is_data => super::hostile;
    long_and_many => super::long_and_many;
}

async fn one_answer_for_a_run(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.types("U0ANA", "clear the refund backlog").await;
    world.seconds_pass(1).await;
    world.types("U0ANA", "write the sale macro").await;
    world.seconds_pass(1).await;
    assert!(world.questions("U0ANA").is_empty(), "two seconds after the last line");
    world.seconds_pass(2).await;
    let questions = world.questions("U0ANA");
    assert_eq!(questions.len(), 1);
    says_all(
        &questions[0].plain(),
        &[
            "2 priorities: clear the refund backlog · write the sale macro.\nType more, or: are you stuck on anything?",
            "[Nothing stuck] [I'm stuck]",
        ],
    );
    // More of them later are a run of their own; the earlier question keeps no buttons.
    world.says("U0ANA", "call Mrs Ortiz").await;
    let questions = world.questions("U0ANA");
    assert_eq!(questions.len(), 2);
    says_all(&questions[1].plain(), &["1 priority: call Mrs Ortiz"]);
    world.presses("U0ANA", "I'm stuck").await;
    let asked = world.questions("U0ANA").pop().expect("a question").plain();
    says_all(&asked, &["What are you stuck on, and what help do you need? Just type it."]);
    says_none_of(&asked, &["[I'm stuck]"]);
    world.says("U0ANA", "refund tool says 403 for EU orders,\nneed someone with admin").await;
    let asked = world.reads("U0ANA");
    says_all(
        &asked,
        &[
            "Stuck: refund tool says 403 for EU orders,",
            "How much help is it?",
            "[A minute or less] [More than a minute] [It's a priority, not a stuck]",
        ],
    );
    world.presses("U0ANA", "More than a minute").await;
    says_all(
        &world.reads("U0ANA"),
        &[
            "✓ Checked in 06:00 · 3 priorities · 1 stuck, more than a minute. Its help thread opens with the 06:15 post.",
            "[Another stuck] [Open it now] [Edit]",
        ],
    );
    assert_eq!(world.help_threads(), 0);
    world.presses("U0ANA", "Open it now").await;
    assert_eq!(world.help_threads(), 1);
    says_none_of(&world.reads("U0ANA"), &["[Open it now]"]);
    world.presses("U0ANA", "Another stuck").await;
    world.says("U0ANA", "which macro for Norway?").await;
    world.presses("U0ANA", "A minute or less").await;
    says_all(&world.reads("U0ANA"), &["2 stuck"]);
    for who in ["U0BEN", "U0CLEO"] {
        world.presses(who, "Nothing stuck").await;
    }
    says_all(&world.digest_now().await, &["refund tool says 403", "which macro for Norway?", "[Answer] [Needs more]"]);
    assert_eq!(world.help_threads(), 1);
}

async fn none_words(which: Which) {
    let world = World::new(which).await;
    for (day, word) in
        [(18, "none"), (19, "No blockers."), (20, "nothing stuck"), (21, "nope"), (22, "n/a"), (25, "All good 👍")]
    {
        world.until(&format!("2026-05-{day}T06:00")).await;
        world.says("U0ANA", word).await;
        says_all(&world.prompt("U0ANA").plain(), &["✓ Checked in 06:00. Nothing stuck."]);
    }
    // Typing later adds priorities and asks nothing more.
    world.says("U0ANA", "late parcels").await;
    says_all(&world.reads("U0ANA"), &["1 priority"]);
    says_none_of(&world.reads("U0ANA"), &["[I'm stuck]", "are you stuck"]);
    world.until("2026-05-26T06:00").await;
    world.says("U0ANA", "none, but I need the admin password").await;
    says_all(&world.reads("U0ANA"), &["1 priority: none, but I need the admin password"]);
    world.presses("U0ANA", "I'm stuck").await;
    world.says("U0ANA", "nope").await;
    says_all(&world.prompt("U0ANA").plain(), &["✓ Checked in"]);
    for who in ["U0BEN", "U0CLEO"] {
        world.presses(who, "Nothing stuck").await;
    }
    says_none_of(&world.digest_now().await, &["Needs someone"]);
    assert_eq!(world.help_threads(), 0);
}

async fn stuck_at_once(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.says("U0ANA", "stuck: printer jams").await;
    says_all(&world.reads("U0ANA"), &["Stuck: printer jams", "How much help is it?"]);
    world.presses("U0ANA", "It's a priority, not a stuck").await;
    says_all(&world.reads("U0ANA"), &["1 priority: printer jams", "[It's a stuck, not a priority]"]);
    world.presses("U0ANA", "It's a stuck, not a priority").await;
    world.presses("U0ANA", "A minute or less").await;
    says_all(&world.reads("U0ANA"), &["✓ Checked in", "1 stuck, a minute or less"]);
    world.says("U0BEN", "I'm stuck on the EU refund").await;
    says_all(&world.reads("U0BEN"), &["Stuck: the EU refund"]);
    world.presses("U0BEN", "More than a minute").await;
    // "I'm stuck" alone is as good as the button.
    world.says("U0CLEO", "I'm stuck").await;
    says_all(&world.reads("U0CLEO"), &["What are you stuck on"]);
    world.says("U0CLEO", "no access to the wiki").await;
    world.presses("U0CLEO", "A minute or less").await;
    let digest = world.digest_now().await;
    says_all(&digest, &["printer jams", "the EU refund", "no access to the wiki", "3 of 3 answered"]);
    assert_eq!(world.help_threads(), 1);
}

async fn never_splits(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.says("U0ANA", "stuck:\n- printer jams\n- wiki is down").await;
    says_all(&world.reads("U0ANA"), &["Stuck: printer jams", "Stuck: wiki is down"]);
    world.says("U0BEN", "stuck on the tool\nit says 403\nneed admin").await;
    let asked = world.reads("U0BEN");
    assert_eq!(asked.matches("How much help is it?").count(), 1, "{asked}");
    // Text while a size is unanswered never overwrites anything.
    world.says("U0BEN", "and write the macro").await;
    says_all(&world.reads("U0BEN"), &["1 priority: and write the macro"]);
    world.presses("U0BEN", "More than a minute").await;
    says_all(&world.prompt("U0BEN").plain(), &["✓ Checked in 06:00", "1 priority", "1 stuck"]);
    // Each line of Ana's is sized by itself.
    world.presses("U0ANA", "A minute or less").await;
    says_all(
        &world.reads("U0ANA"),
        &["Stuck: printer jams · a minute or less", "Stuck: wiki is down", "How much help is it?"],
    );
    world.presses("U0ANA", "More than a minute").await;
    says_all(&world.reads("U0ANA"), &["✓ Checked in", "2 stuck"]);
}

async fn no_size(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.says("U0ANA", "stuck: refund tool says 403").await;
    world.until("2026-05-18T06:14").await;
    assert_eq!(world.help_threads(), 0);
    world.until("2026-05-18T06:16").await;
    assert_eq!(world.help_threads(), 1, "unanswered when the digest posts means more");
    says_all(&world.digest_now().await, &["1 of 3 answered", "refund tool says 403"]);
    // A stale button says nothing new and undoes nothing.
    let question = world.questions("U0ANA").pop().expect("a question");
    if question.press("A minute or less").is_some() {
        world.presses_on("U0ANA", &question, "A minute or less").await;
    }
    assert_eq!(world.help_threads(), 1, "its thread stays");
}

async fn after_the_check_in(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.says("U0ANA", "late parcels").await;
    world.presses("U0ANA", "Nothing stuck").await;
    world.until("2026-05-18T06:20").await;
    world.says("U0ANA", "refund tool is broken").await;
    says_all(&world.reads("U0ANA"), &["Your check-in is done. Add that as:", "[Priority] [Stuck] [Never mind]"]);
    says_none_of(&world.digest_now().await, &["refund tool is broken"]);
    world.presses("U0ANA", "Stuck").await;
    world.presses("U0ANA", "More than a minute").await;
    assert_eq!(world.help_threads(), 1, "raised after the digest: at once");
    says_all(&world.digest_now().await, &["refund tool is broken"]);
    world.says("U0ANA", "weekly report").await;
    world.presses("U0ANA", "Priority").await;
    says_all(&world.digest_now().await, &["weekly report"]);
    world.says("U0ANA", "thanks a lot").await;
    world.presses("U0ANA", "Never mind").await;
    says_none_of(&world.digest_now().await, &["thanks a lot"]);
    // A quick one after the digest is a reply to it that the channel sees.
    world.says("U0ANA", "stuck: which macro for Norway?").await;
    world.presses("U0ANA", "A minute or less").await;
    let quick = world.channel().pop().expect("a message").plain();
    says_all(&quick, &["which macro for Norway?", "[Answer] [Needs more]"]);
}

async fn in_a_thread(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    let prompt = world.prompt("U0ANA");
    world.replies("U0ANA", &prompt.ts, "late parcels").await;
    says_all(&world.reads("U0ANA"), &["1 priority: late parcels"]);
    world.says("U0ANA", "macro").await;
    world.presses("U0ANA", "Nothing stuck").await;
    says_all(&world.prompt("U0ANA").plain(), &["2 priorities"]);
    // A reply below an old prompt goes to today's.
    world.until("2026-05-19T06:00").await;
    world.replies("U0ANA", &prompt.ts, "phones").await;
    world.presses("U0ANA", "Nothing stuck").await;
    for who in ["U0BEN", "U0CLEO"] {
        world.presses(who, "Nothing stuck").await;
    }
    says_all(&world.digest_now().await, &["phones"]);
}

/// The first four that Slack delivered after so many entries of the ledger.
fn delivered(world: &World, before: usize) -> Vec<String> {
    let what = |entry: Entry| match entry.kind {
        Kind::Delivered { payload: it, .. } => {
            let names = [&it["event"]["subtype"], &it["event"]["type"], &it["type"]];
            names.into_iter().find_map(|name| name.as_str().map(str::to_owned))
        }
        _ => None,
    };
    world.slack.ledger().into_iter().skip(before).filter_map(what).take(4).collect()
}

async fn twice(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    let (dm, faults) = (world.dm("U0ANA"), world.slack.faults());
    faults.duplicate_envelopes(200);
    // Both copies of the edit come before those of the message.
    let before = world.slack.ledger().len();
    faults.reorder_envelopes(4);
    let ts = world.slack.says("U0ANA", &dm, "late parcels\nmacro").expect("typed");
    world.edits("U0ANA", &ts, "late parcels\nsale macro").await;
    world.seconds_pass(3).await;
    assert_eq!(delivered(&world, before), ["message_changed", "message_changed", "message", "message"]);
    // And what was typed before the press that asks for it.
    let question = world.questions("U0ANA").pop().expect("a question");
    let before = world.slack.ledger().len();
    faults.reorder_envelopes(4);
    let pressed = world.presses_on("U0ANA", &question, "I'm stuck");
    let typed = async { world.slack.says("U0ANA", &dm, "refund tool says 403").expect("typed") };
    tokio::join!(pressed, typed);
    world.seconds_pass(3).await;
    assert_eq!(delivered(&world, before), ["message", "message", "block_actions", "block_actions"]);
    world.presses("U0ANA", "More than a minute").await;
    world.presses("U0ANA", "Open it now").await;
    says_all(&world.reads("U0ANA"), &["2 priorities", "1 stuck"]);
    assert!(world.slack.ephemerals("U0ANA").is_empty(), "{:?}", world.private("U0ANA", 0).await);
    // A press that opens the form, delivered twice, opens it once and complains of nothing.
    world.presses("U0BEN", "Answer in a form").await;
    assert_eq!(world.slack.views("U0BEN").len(), 1);
    world.fills("U0BEN", "this shift", "phones");
    world.fills("U0BEN", "What are you stuck on?", "wiki is down");
    world.sends("U0BEN").await;
    world.presses("U0CLEO", "Nothing stuck").await;
    world.seconds_pass(30).await;
    assert!(world.slack.ephemerals("U0BEN").is_empty(), "{:?}", world.slack.ephemerals("U0BEN"));
    assert_eq!(world.help_threads(), 2);
    assert_eq!(world.digests().len(), 1);
    let digest = world.digest_now().await;
    for once in ["late parcels", "sale macro", "phones"] {
        assert_eq!(digest.matches(once).count(), 1, "{digest}");
    }
    assert_eq!(world.questions("U0ANA").len(), 2);
}

/// An event as it comes over a socket.
fn event(id: &str, event: serde_json::Value) -> serde_json::Value {
    json!({"envelope_id": format!("env-{id}"), "type": "events_api", "payload": {
        "type": "event_callback", "team_id": "T0TEST", "api_app_id": "A0APP", "event_id": id, "event": event,
    }})
}

async fn edit_first(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    let (dm, second) = (world.dm("U0ANA"), world.clock.now() / 1000);
    let typed = |n: i64, text: &str| {
        json!({"type": "message", "channel": dm, "channel_type": "im", "user": "U0ANA",
            "ts": format!("{second}.{n:06}"), "text": text})
    };
    let edited = |n: i64, text: &str| {
        let mut message = typed(n, text);
        message["edited"] = json!({"user": "U0ANA", "ts": format!("{}.000000", second + 1)});
        json!({"type": "message", "subtype": "message_changed", "channel": dm, "channel_type": "im", "message": message,
            "previous_message": typed(n, "as it was"), "ts": format!("{}.000001", second + 1)})
    };
    let deleted = |n: i64| {
        json!({"type": "message", "subtype": "message_deleted", "channel": dm, "channel_type": "im",
            "deleted_ts": format!("{second}.{n:06}"), "previous_message": typed(n, "as it was"), "ts": format!("{}.000002", second + 1)})
    };
    // The edit of the first, the deletion of the second and the third message come before what they speak of.
    let envelopes = [
        event("Ev1", edited(101, "sale macro")),
        event("Ev2", deleted(102)),
        event("Ev3", typed(103, "phones")),
        event("Ev4", typed(102, "never mind this")),
        event("Ev5", typed(101, "as it was")),
    ];
    for envelope in envelopes.iter().chain(&envelopes) {
        world.bot.receive(envelope).await.expect("taken in");
    }
    world.seconds_pass(3).await;
    says_all(&world.reads("U0ANA"), &["2 priorities: sale macro · phones."]);
    assert_eq!(world.questions("U0ANA").len(), 1);
}

async fn hostile(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    let before = world.pings().len();
    let lines = [
        "<!channel> look & see <b>",
        "@here and @channel and @everyone",
        "*bold* _it_ ~no~ `code` ```pre```",
        "<@U0JESS> please",
        "<https://evil.example|click> &amp; &lt;!here&gt;",
        "> quote #support <#C0SUPPORT>",
        ":tada: \u{202e}drawkcab \u{200b}",
    ];
    world.says("U0ANA", &lines.join("\n")).await;
    let asked = world.reads("U0ANA");
    says_all(&asked, &["7 priorities", "<!channel> look & see <b>", "*bold* _it_ ~no~ `code`", "@Jess please"]);
    world.presses("U0ANA", "I'm stuck").await;
    world.says("U0ANA", "<!channel> *refund* <@U0JESS> @here & <https://evil.example|x>").await;
    world.presses("U0ANA", "More than a minute").await;
    world.presses("U0BEN", "Answer in a form").await;
    world.fills("U0BEN", "this shift", "<!channel> & <@U0JESS>\n*bold*");
    world.fills("U0BEN", "What are you stuck on?", "<!everyone> quick & <@U0CLEO>");
    world.fills("U0BEN", "What help do you need?", "<!here> *help*");
    world.sends("U0BEN").await;
    world.presses("U0CLEO", "Nothing stuck").await;
    says_all(
        &world.whole_digest().await,
        &["<!channel> look & see <b>", "*bold* _it_", "*refund*", "<!everyone> quick & <@U0CLEO>"],
    );
    let threads = world.keyed("help:");
    assert!(threads.iter().any(|parent| parent.plain().contains("<!here> *help*")), "{threads:?}");
    // Only the askers are mentioned, in the first replies of their threads.
    world.seconds_pass(10).await;
    let mut pings = world.pings().split_off(before);
    pings.retain(|(_, why)| why != "thread");
    pings.sort();
    let typed_by_people =
        [("U0ANA", "mention"), ("U0BEN", "mention")].map(|(who, why)| (who.to_owned(), why.to_owned()));
    assert_eq!(pings, typed_by_people);
    assert!(world.refused_calls().is_empty(), "{:?}", world.refused_calls());
    // The next day's boxes and form show it verbatim.
    world.until("2026-05-19T06:00").await;
    assert!(
        world.prompt("U0ANA").boxes().contains(&"<!channel> look & see <b>".to_owned()),
        "{:?}",
        world.prompt("U0ANA").boxes()
    );
    says_all(&world.opens_form("U0ANA").await, &["<!channel> look & see <b>", "*bold* _it_"]);
    world.until("2026-05-19T07:00").await;
    assert!(world.refused_calls().is_empty(), "{:?}", world.refused_calls());
}

async fn long_and_many(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    let long = |seed: &str| format!("{seed} {}", "&<".repeat(1_490));
    world.says("U0ANA", &long("priority")).await;
    let lines: Vec<String> = (1..=60).map(|number| format!("& line {number:02} of many")).collect();
    for some in lines.chunks(30) {
        world.says("U0ANA", &some.join("\n")).await;
    }
    world.says("U0ANA", &format!("stuck: {}", long("refund"))).await;
    world.presses("U0ANA", "More than a minute").await;
    world.says("U0BEN", &format!("stuck: {}", long("quick"))).await;
    world.presses("U0BEN", "A minute or less").await;
    world.presses("U0CLEO", "Nothing stuck").await;
    world.seconds_pass(60).await;
    let digest = world.whole_digest().await;
    says_all(&digest, &["line 60 of many"]);
    assert!(digest.matches('&').count() >= 2 * 1_490 + 60, "something was cut away");
    let help = world.help();
    let found = help.join("").matches('&').count();
    assert!(found >= 1_490, "{found} in {:?}", help.iter().map(String::len).collect::<Vec<_>>());
    world.until("2026-05-19T06:00").await;
    world.seconds_pass(10).await;
    let prompt: Vec<_> = world.prompts("U0ANA").into_iter().skip(1).collect();
    let text: Vec<String> = prompt.iter().map(|part| part.plain()).collect();
    says_all(&text.join("\n"), &["In full: ", "51 more in the form."]);
    world.presses("U0ANA", "Answer in a form").await;
    let form = world.form("U0ANA").plain();
    says_all(&form, &["21 more priorities carry over by themselves."]);
    world.sends("U0ANA").await;
    world.until("2026-05-19T07:00").await;
    assert!(world.refused_calls().is_empty(), "{:?}", world.refused_calls());
}
