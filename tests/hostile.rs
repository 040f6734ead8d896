//! Hostile input: whatever comes over a socket, is typed, is written into a form or stands in a teams file is read or refused,
//! and nothing panics. A seeded loop of mutations over real payloads; the same number is the same input.
//!
//! `UNSTUCK_HOSTILE=1000000 cargo test --release hostile -- --nocapture` runs a million inputs and tells the figures.

mod dice;

use crate::databases::{Which, both};
use crate::world::World;
use dice::Dice;
use serde_json::Value;
use std::time::Instant;
use unstuck::config;
use unstuck::rules::answer::{self, Press as Pressed, Said, Size};
use unstuck::rules::id::{Ts, UserId};
use unstuck::rules::message::death;
use unstuck::rules::{duration, form, lines, mentions, pace, people, shift};
use unstuck::slack::client::Address as ApiAddress;
use unstuck::slack::inbound::{self, What};
use unstuck::slack::request::{Address, Delivery};
use unstuck::slack::submission;
use unstuck::slack::view::action::{Action, Modal, field};

/// How many inputs all parsers together are given; that many take some seconds of a debug build.
const INPUTS: u64 = 40_000;

fn inputs() -> u64 {
    std::env::var("UNSTUCK_HOSTILE").map_or(INPUTS, |number| number.parse().expect("a number"))
}

/// Runs a parser over its share of the inputs, in hundredths, and tells how many and how fast.
fn throw(what: &str, share: u64, parse: impl Fn(&mut Dice)) {
    let (began, many) = (Instant::now(), inputs() * share / 100);
    for seed in 0..many {
        let thrown = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| parse(&mut Dice::new(seed))));
        assert!(thrown.is_ok(), "{what}: input {seed} panicked");
    }
    println!("{what}: {many} inputs in {:.1} s, no panic", began.elapsed().as_secs_f64());
}

/// Everything that is done with a payload before the database is asked.
fn take_in(received: &Value) {
    let bot = UserId::from("U0BOT");
    let read = inbound::read(received, &bot);
    assert!(read.seen.len() <= 200);
    match read.what {
        What::Typed { user, text, ts, .. } => {
            assert!(user != bot && !text.contains('\0'));
            type_in(&[(ts, text)], &[]);
        }
        What::Edited { text, .. } => type_in(&[(Ts::from("1.000001"), text)], &[]),
        What::Pressed(press) => {
            same_again(&press.action_id, &press.value);
            if let Some(view) = press.view {
                submit(&view);
            }
        }
        What::Submitted(sent) => submit(&sent.view),
        What::Deleted { .. }
        | What::Closed
        | What::PersonChanged { .. }
        | What::LeftChannel { .. }
        | What::ChannelArchived { .. }
        | What::Uninstalled
        | What::TokensRevoked { .. }
        | What::Ignored(_) => {}
    }
}

fn same_again(id: &str, value: &str) {
    if let Some(action) = Action::read(id, value) {
        assert_eq!(Action::read(action.id(), &action.value()), Some(action));
    }
}

fn submit(view: &inbound::View) {
    let opened = match Modal::read(&view.callback_id, &view.private_metadata) {
        Some(modal) => {
            assert_eq!(Modal::read(modal.callback_id(), &modal.private_metadata()).as_ref(), Some(&modal));
            match modal {
                Modal::Form { opened, .. } => opened,
                Modal::Resolve(_) | Modal::Answer(_) | Modal::Escalate(_) => Vec::new(),
            }
        }
        None => Vec::new(),
    };
    if let Ok(sent) = submission::sent(view, &opened) {
        let inputs: Vec<_> = sent.stucks.into_iter().map(|set| set.input).collect();
        form::stucks(&[], &inputs);
    }
    for block in view.block_ids() {
        let _ = (submission::one_line(view, block), field::read_mark(block), field::read_stuck(block));
    }
}

fn type_in(typed: &[(Ts, String)], presses: &[Pressed]) {
    let said: Vec<Said> = typed
        .iter()
        .zip(0..)
        .map(|((ts, text), run)| Said { ts: ts.clone(), run, text: text.clone(), deleted: false, beyond: false })
        .collect();
    let answer = answer::fold(&said, presses, None, 0);
    assert_eq!(answer, answer::fold(&said, presses, None, 0), "the same lines, the same answer");
    for press in presses {
        for (_, text) in typed {
            let _ = press.what.moved(&answer.lines, text);
        }
    }
    let shown: Vec<&str> = answer.lines.iter().map(|line| line.text.as_str()).collect();
    let old: Vec<(usize, &str)> = shown.iter().copied().enumerate().collect();
    assert_eq!(lines::matched(&old, &shown).len(), shown.len());
}

#[test]
fn row_23_any_payload() {
    let samples = dice::samples();
    throw("payloads", 28, |dice| take_in(&dice.mutated(&samples)));
}

#[test]
fn row_23_any_bytes() {
    let samples = dice::samples();
    throw("bytes", 18, |dice| {
        let bytes = dice.broken(&samples);
        if let Ok(value) = serde_json::from_slice::<Value>(&bytes) {
            take_in(&value);
        }
        // Slack's forms and slash commands come as form fields over HTTP.
        let fields: Vec<(String, String)> =
            url::form_urlencoded::parse(&bytes).map(|(key, value)| (key.into(), value.into())).collect();
        if let Some((_, payload)) = fields.iter().find(|(key, _)| key == "payload") {
            let _ = serde_json::from_str::<Value>(payload).map(|value| take_in(&value));
        }
    });
}

#[test]
fn row_23_anything_typed() {
    throw("typed texts", 26, |dice| {
        let typed: Vec<(Ts, String)> =
            (0..dice.below(4)).map(|_| (Ts::at(dice.below(9) as i64 * 1000), dice.text())).collect();
        let said = |dice: &mut Dice| Ts::at(dice.below(9) as i64 * 1000);
        let presses: Vec<Pressed> = (0..dice.below(5))
            .map(|_| {
                let (said, line, at) = (said(dice), dice.below(4) as usize, said(dice));
                let what = match dice.below(8) {
                    0 => answer::What::ImStuck,
                    1 => answer::What::Nothing,
                    2 => answer::What::Size { said, line, size: Size::Minute },
                    3 => answer::What::Priority { said, line },
                    4 => answer::What::Stuck { said, line },
                    5 => answer::What::AddAsPriority { said },
                    6 => answer::What::AddAsStuck { said },
                    _ => answer::What::NeverMind { said },
                };
                Pressed { at, what }
            })
            .collect();
        type_in(&typed, &presses);
        let text = dice.text();
        // What Slack escapes comes back as it was typed.
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        assert_eq!(inbound::plain(&escaped), text);
        inbound::plain(&text);
        form::priorities(&[], &text);
        let _ = (duration::parse(&text), shift::Pattern::parse(&text), shift::zone(&text), lines::unmarked(&text));
        death(&text, &dice.word());
        let ts = Ts(text);
        assert!(ts >= ts.clone() && ts.ms() == ts.clone().ms());
    });
}

#[test]
fn row_23_any_form() {
    throw("forms", 13, |dice| {
        let view = dice.form();
        take_in(&view);
        same_again(&dice.word(), &dice.text());
        let (callback, metadata) = (dice.word(), dice.text());
        let _ = Modal::read(&callback, &metadata);
    });
}

#[test]
fn row_23_any_teams_file() {
    let example = include_str!("../teams.example.toml");
    throw("teams files", 5, |dice| {
        let text = dice.scribbled(example);
        if let Err(problems) = config::parse(&text) {
            assert!(!problems.is_empty() && problems.iter().all(|problem| !problem.reason.is_empty()));
        }
    });
}

#[test]
fn row_23_any_name_request_or_number() {
    let samples = dice::samples();
    throw("names, requests and numbers", 10, |dice| {
        let text = dice.text();
        let name = people::name(&text);
        assert!(name.chars().count() <= 80 && !name.contains(['\n', '*', '`', '\u{202e}']), "{name:?}");
        assert_eq!(people::name(&name), name, "what may be shown stays as it is");
        let names = mentions::mentioned(&text).into_iter().map(|id| (id, name.clone())).collect();
        assert!(mentions::with_names(&text, &names).len() >= text.len().min(1));
        let items = lines::items(&text, dice.below(4) as usize);
        let whole: Vec<String> = lines::split(&text);
        assert_eq!(items.iter().map(|item| item.lines).sum::<usize>(), whole.len());
        assert_eq!(items.iter().map(|item| item.text.as_str()).collect::<Vec<_>>().join("\n"), whole.join("\n"));
        let bytes = dice.broken(&samples);
        for address in Address::ALL {
            if let Ok(Delivery::Payload(payload)) = address.read(&bytes) {
                // Nothing is a press on the one address and an event on the other.
                assert_eq!(
                    address == Address::Events,
                    payload.get("event").is_some() || payload["type"] == "app_rate_limited"
                );
            }
        }
        let _ = (Address::Events.takes(&text), ApiAddress::new(&text, dice.below(2) == 0).is_ok());
        let now = 1_700_000_000_000;
        let number = |dice: &mut Dice| (dice.below(u64::MAX) as i64).wrapping_mul(dice.below(3) as i64 - 1);
        let (free_at, until) = (number(dice), number(dice));
        let limited = pace::limited(pace::T3, free_at, now, until);
        let furthest = now + pace::FARTHEST + 2 * pace::ahead(pace::T3);
        assert!(limited <= furthest && pace::opens_at(pace::T3, free_at, now) <= furthest, "{free_at} {until}");
        let _ = (pace::take(pace::T3, free_at, now), pace::give_back(pace::T3, free_at, now));
    });
}

#[test]
fn row_23_depth_and_surrogates_are_refused_before_they_are_read() {
    for text in [
        format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000)),
        format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000)),
        r#"{"payload":{"event":{"text":"\ud800"}}}"#.to_owned(),
        r#"{"payload":"#.to_owned(),
    ] {
        assert!(serde_json::from_str::<Value>(&text).is_err());
    }
    let deep = format!("{}1{}", "{\"payload\":".repeat(120), "}".repeat(120));
    take_in(&serde_json::from_str(&deep).expect("within the limit"));
}

both! {
    row_23_the_bot_takes_in_whatever_comes => super::whatever_comes;
    what_is_typed_pings_nobody => super::pings_nobody;
}

/// The whole way, database and all: every payload is answered, none is an error that Slack would send again for ever, and the
/// day goes on.
async fn whatever_comes(which: Which) {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    let samples = dice::live(&world);
    for seed in 0..(inputs() / 200).min(5_000) {
        let payload = Dice::new(seed).mutated(&samples);
        let taken = world.bot.receive(&payload).await;
        assert!(taken.is_ok(), "input {seed}: {:?}: {payload}", taken.err());
    }
    world.says("U0CLEO", "a plan\u{0} with a NUL").await;
    world.presses("U0CLEO", "Nothing stuck").await;
    world.until("2026-05-18T06:20").await;
    assert!(world.digest().contains("Cleo"), "{}", world.digest());
}

/// Whoever types a mention into a plan, a stuck, an answer or a reason rings nobody's phone.
async fn pings_nobody(which: Which) {
    const EVIL: &str = "<!channel> <!here> <@U0JESS> <#C0SUPPORT> @here &lt;!everyone&gt; <https://evil.example|you won> \u{202e}txet \u{200b}";
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.says("U0BEN", &format!("plan {EVIL}")).await;
    world.sends_stuck("U0ANA", &format!("stuck {EVIL}"), &format!("help {EVIL}"), None, "More than a minute").await;
    world.nothing_stuck(&["U0BEN", "U0CLEO"]).await;
    let before = world.rung().len();
    world.one_line("U0BEN", "Escalate", "What should they know?", &format!("why {EVIL}")).await;
    world.resolves("U0BEN", &format!("outcome {EVIL}")).await;
    let rung: Vec<_> = world.rung().split_off(before);
    let ours = |(who, why): &(String, String)| who == "U0JESS" && why == "mention" || who == "U0ANA";
    assert!(rung.iter().all(ours), "only whom Unstuck itself names: {rung:?}");
    let loud = ["here", "channel", "everyone", "group"];
    assert!(world.rung().iter().all(|(_, why)| !loud.contains(&why.as_str())), "{:?}", world.rung());
    let all = world.everything("U0JESS", crate::world::SUPPORT).into_iter().filter(|message| message.by_bot());
    for message in all {
        assert!(!message.text.contains("<!") && !message.text.contains("<https://evil"), "{}", message.text);
    }
}
