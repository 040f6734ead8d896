//! The page in a real browser, with no bot that knows it.

use sandbox::Sandbox;
use serde_json::{Value, json};

use crate::browser::{Browser, key};
use crate::support::{Bench, button, input, modal, section};

async fn as_person(bench: &Bench, person: &str, channel: &str) -> Browser {
    Browser::open(&address(&bench.slack, person, channel)).await
}

fn address(slack: &Sandbox, person: &str, channel: &str) -> String {
    format!("{}#as={person}&in={channel}", slack.page_url())
}

#[tokio::test(flavor = "multi_thread")]
async fn people_talk_in_a_channel_and_a_thread() {
    let bench = Bench::start().await;
    let ana = as_person(&bench, "U0ANA", "C0SUPPORT").await;
    ana.sees("#conversation-name", "#support").await;
    ana.fill("#composer", "who knows <b>the</b> & refund tool, @Ben?").await;
    ana.keys(key::SHIFT_ENTER).await;
    ana.keys("it says 403").await;
    ana.keys(key::ENTER).await;
    ana.sees(".message.mine", "who knows <b>the</b> & refund tool, @Ben?\nit says 403").await;
    ana.holds("an empty box again", "return document.getElementById('composer').value === ''").await;

    let ben = as_person(&bench, "U0BEN", "C0GENERAL").await;
    ben.sees("[data-conversation=C0SUPPORT] .badge", "1").await;
    ben.click("[data-conversation=C0SUPPORT]").await;
    ben.sees(".message .mention.me", "@Ben").await;
    ben.misses("[data-conversation=C0SUPPORT] .badge", "").await;
    ben.script("document.querySelector('.message [data-role=reply]').click()").await;
    ben.fill("#thread-composer", "the role is missing").await;
    ben.keys(key::ENTER).await;
    ben.sees("#thread-messages", "the role is missing").await;

    ana.click_words(".replies", "1 reply").await;
    ana.sees("#thread-messages .message", "the role is missing").await;
    assert!(ana.url().await.contains("thread="), "a link opens at the thread");
    ana.keys("thanks").await;
    ana.keys(key::ENTER).await;
    ben.sees("#thread-messages .message", "thanks").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn own_messages_are_edited_and_deleted_by_keyboard_while_others_keep_typing() {
    let bench = Bench::start().await;
    let ana = as_person(&bench, "U0ANA", "C0SUPPORT").await;
    let ben = as_person(&bench, "U0BEN", "C0SUPPORT").await;
    ben.fill("#composer", "half a sent").await;
    ana.fill("#composer", "frist").await;
    ana.keys(key::ENTER).await;
    ana.sees(".message.mine", "frist").await;
    ana.keys(key::UP).await;
    ana.sees(".editor", "Save").await;
    ana.script("document.querySelector('.editor textarea').select()").await;
    ana.keys("first & best").await;
    ana.keys(key::ENTER).await;
    ben.sees(".message", "first & best (edited)").await;
    ben.keys("ence").await;
    ben.holds("what was being typed", "return document.getElementById('composer').value === 'half a sentence'").await;

    ana.script("document.querySelector('.mine [data-role=trash]').focus()").await;
    ana.keys(key::ENTER).await;
    ana.sees("#confirm", "Delete this message?").await;
    ana.keys(key::ESCAPE).await;
    ana.misses("#confirm", "").await;
    ana.script("document.querySelector('.mine [data-role=trash]').focus()").await;
    ana.keys(key::ENTER).await;
    ana.sees("#confirm", "Delete").await;
    ana.keys(key::ENTER).await;
    ben.misses(".message", "first & best").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ticks_stay_and_a_press_that_nobody_heard_is_told() {
    let bench = Bench::start().await;
    let option = |text: &str| json!({"text": {"type": "mrkdwn", "text": text}, "value": text});
    let boxes = json!({"type": "checkboxes", "action_id": "done", "options": [option("one"), option("two")]});
    let blocks = json!([
        section("*Your* priorities"),
        {"type": "actions", "block_id": "ticks", "elements": [boxes]},
        {"type": "actions", "block_id": "more", "elements": [button("go", "Go")]}
    ]);
    bench.ok("chat.postMessage", json!({"channel": "C0SUPPORT", "text": "priorities", "blocks": blocks})).await;
    let mut socket = bench.connect().await;
    let ana = as_person(&bench, "U0ANA", "C0SUPPORT").await;
    ana.sees(".message b", "Your").await;
    ana.click("[data-action=done][value=two]").await;
    let ticked = socket.take_interaction().await;
    assert_eq!(ticked["payload"]["actions"][0]["selected_options"][0]["value"], "two");
    ana.misses(".warning", "").await;
    drop(socket);
    ana.click("[data-action=go]").await;
    ana.sees(".message .warning", "not respond").await;
    ana.holds("the tick", "return document.querySelector('[data-action=done][value=two]').checked").await;
}

fn text_input() -> Value {
    json!({"type": "plain_text_input", "action_id": "text"})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_filled_modal_survives_an_update_and_shows_errors_at_their_field() {
    let bench = Bench::start().await;
    let blocks = json!([{"type": "actions", "block_id": "a", "elements": [button("open", "Open")]}]);
    bench.ok("chat.postMessage", json!({"channel": "C0SUPPORT", "text": "form", "blocks": blocks})).await;
    let mut socket = bench.connect().await;
    let ana = as_person(&bench, "U0ANA", "C0SUPPORT").await;
    ana.click("[data-action=open]").await;
    let press = socket.take_interaction().await;
    let view = modal(json!([input("what", text_input())]));
    let opened = bench.ok("views.open", json!({"trigger_id": press["payload"]["trigger_id"], "view": view})).await;
    ana.sees("#modal-title", "Title").await;
    ana.keys("half a").await;
    let wider = modal(json!([section("something new"), input("what", text_input()), input("why", text_input())]));
    bench.ok("views.update", json!({"view_id": opened["view"]["id"], "view": wider})).await;
    ana.sees("#modal-blocks", "something new").await;
    ana.keys(" thought").await;
    ana.click("#modal-submit").await;
    ana.sees("#modal [data-block=why] .field-error", "required").await;
    ana.holds("the focus at the error", "return document.activeElement.dataset.block === 'why'").await;
    ana.keys("because").await;
    ana.keys(key::ENTER).await;
    let sent = socket.interaction().await;
    assert_eq!(sent["payload"]["view"]["state"]["values"]["what"]["text"]["value"], "half a thought");
    let errors = json!({"response_action": "errors", "errors": {"what": "Say it in one word."}});
    socket.ack(&sent, Some(errors)).await;
    ana.sees("#modal [data-block=what] .field-error", "Say it in one word.").await;
    ana.keys(key::ESCAPE).await;
    ana.misses("#modal", "").await;
    assert!(bench.slack.views("U0ANA").is_empty(), "Escape closes it");
    ana.holds("the focus back", "return document.activeElement.dataset.action === 'open'").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_has_the_lists_behind_a_button() {
    let bench = Bench::start().await;
    bench.slack.says("U0BEN", "C0SUPPORT", "hello").expect("said");
    let ana = as_person(&bench, "U0ANA", "C0GENERAL").await;
    ana.size(390, 844).await;
    ana.misses("#people-list", "Ben").await;
    ana.click("#menu").await;
    ana.click("[data-conversation=C0SUPPORT]").await;
    ana.sees(".message", "hello").await;
    ana.misses("#people-list", "Ben").await;
    ana.holds("no sideways scrolling", "return document.documentElement.scrollWidth <= innerWidth").await;
    ana.click("#menu").await;
    ana.click("[data-person=U0BEN]").await;
    ana.sees("#conversation-note", "as Ben").await;
}
