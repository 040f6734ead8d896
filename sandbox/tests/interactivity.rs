//! Buttons, boxes, modals and response_url.

use std::collections::BTreeMap;
use std::time::Duration;

use sandbox::{Act, FORM_NO_ANSWER, Outcome, Submitted};
use serde_json::{Value, json};

use crate::support::{Bench, Socket, button, input, modal, section};

const ACKED: Outcome = Outcome { acked: true, warning: None };

/// Posts a message with one button to Ana and presses it; the payload, acknowledged.
async fn pressed(bench: &Bench, socket: &mut Socket) -> Value {
    let blocks = json!([{"type": "actions", "block_id": "row", "elements": [button("go", "Go")]}]);
    bench.ok("chat.postMessage", json!({"channel": "C0SUPPORT", "text": "x", "blocks": blocks})).await;
    let message = bench.slack.history("U0ANA", "C0SUPPORT").pop().expect("a message");
    let act = message.press("Go").expect("a button");
    let (outcome, envelope) = tokio::join!(bench.slack.acts("U0ANA", act), socket.take_interaction());
    assert_eq!(outcome, Ok(ACKED));
    envelope["payload"].clone()
}

/// Opens this modal at Ana; its id.
async fn opened(bench: &Bench, socket: &mut Socket, view: Value) -> String {
    let payload = pressed(bench, socket).await;
    let view = bench.ok("views.open", json!({"trigger_id": payload["trigger_id"], "view": view})).await;
    view["view"]["id"].as_str().expect("an id").to_owned()
}

fn text_input() -> Value {
    json!([input("what", json!({"type": "plain_text_input", "action_id": "text"}))])
}

#[tokio::test]
async fn a_press_tells_where_it_was_and_opens_a_modal_once() {
    let bench = Bench::start().await;
    let mut socket = bench.connect().await;
    let payload = pressed(&bench, &mut socket).await;
    let action = &payload["actions"][0];
    assert_eq!(
        (&action["action_id"], &action["block_id"], &action["type"]),
        (&json!("go"), &json!("row"), &json!("button"))
    );
    assert_eq!(payload["container"]["message_ts"], payload["message"]["ts"]);
    assert_eq!((&payload["channel"]["name"], &payload["user"]["id"]), (&json!("support"), &json!("U0ANA")));
    let trigger = payload["trigger_id"].clone();
    let open = |view: Value| json!({"trigger_id": trigger, "view": view});
    // A refused view does not use up the trigger.
    assert_eq!(bench.error("views.open", open(json!({"type": "modal"}))).await, "invalid_arguments");
    let large: Vec<Value> = (0..90).map(|_| section(&"x".repeat(2_900))).collect();
    assert_eq!(bench.error("views.open", open(modal(json!(large)))).await, "view_too_large");
    bench.ok("views.open", open(modal(text_input()))).await;
    assert_eq!(bench.error("views.open", open(modal(text_input()))).await, "exchanged_trigger_id");
    let other = json!({"trigger_id": "1.2.3", "view": modal(text_input())});
    assert_eq!(bench.error("views.open", other).await, "invalid_trigger_id");
    assert_eq!(bench.slack.views("U0ANA")[0].title(), "Title");
}

#[tokio::test]
async fn a_trigger_lives_three_seconds_of_real_time() {
    let bench = Bench::start().await;
    let mut socket = bench.connect().await;
    let payload = pressed(&bench, &mut socket).await;
    bench.step(3_600_000);
    tokio::time::sleep(Duration::from_millis(3_050)).await;
    let late = json!({"trigger_id": payload["trigger_id"], "view": modal(text_input())});
    assert_eq!(bench.error("views.open", late).await, "expired_trigger_id");
}

#[tokio::test]
async fn nobody_answers_and_the_person_is_warned() {
    let bench = Bench::with(|workspace| workspace.app.events.clear()).await;
    let blocks = json!([{"type": "actions", "elements": [button("go", "Go")]}]);
    bench.ok("chat.postMessage", json!({"channel": "C0SUPPORT", "text": "x", "blocks": blocks})).await;
    let act = bench.slack.history("U0ANA", "C0SUPPORT")[0].press("Go").expect("a button");
    let alone = bench.slack.acts("U0ANA", act.clone()).await.expect("a button");
    assert!(!alone.acked && alone.warning.is_some(), "no socket at all");
    let mut socket = bench.connect().await;
    let silent = bench.slack.acts("U0ANA", act).await.expect("a button");
    assert!(!silent.acked, "three seconds went by");
    assert_eq!(socket.next().await.map(|envelope| envelope["type"].clone()), Some(json!("interactive")));
    assert!(socket.quiet(Duration::from_millis(200)).await, "a press is not sent again");
}

#[tokio::test]
async fn a_press_may_arrive_twice_with_one_trigger() {
    let bench = Bench::with(|workspace| workspace.app.events.clear()).await;
    let mut socket = bench.connect().await;
    bench.slack.faults().duplicate_envelopes(1);
    let one = pressed(&bench, &mut socket).await;
    let other = socket.take_interaction().await["payload"].clone();
    assert_eq!(one, other);
    bench.slack.settled().await;
}

#[tokio::test]
async fn ticks_stay_and_every_action_carries_the_message_state() {
    let bench = Bench::start().await;
    let mut socket = bench.connect().await;
    let option = |value: &str| json!({"text": {"type": "plain_text", "text": format!("do {value}")}, "value": value});
    let blocks = json!([
        {"type": "actions", "block_id": "boxes", "elements": [{"type": "checkboxes", "action_id": "done", "options": [option("a"), option("b")]}]},
        {"type": "section", "block_id": "who", "text": {"type": "plain_text", "text": "Who?"}, "accessory": {"type": "users_select", "action_id": "user"}},
    ]);
    let posted = bench.ok("chat.postMessage", json!({"channel": "C0SUPPORT", "text": "x", "blocks": blocks})).await;
    let ts = posted["ts"].as_str().expect("a ts");
    let tick = bench.slack.history("U0ANA", "C0SUPPORT")[0].tick(&["do b"]).expect("boxes");
    let (outcome, envelope) = tokio::join!(bench.slack.acts("U0ANA", tick), socket.take_interaction());
    assert_eq!(outcome, Ok(ACKED));
    let chosen = json!([posted["message"]["blocks"][0]["elements"][0]["options"][1]]);
    assert_eq!(envelope["payload"]["actions"][0]["selected_options"], chosen);
    let choose = Act::message("C0SUPPORT", ts, "user").value("U0BEN");
    let (_, envelope) = tokio::join!(bench.slack.acts("U0BEN", choose), socket.take_interaction());
    let values = &envelope["payload"]["state"]["values"];
    assert_eq!(
        (&values["boxes"]["done"]["selected_options"], &values["who"]["user"]["selected_user"]),
        (&chosen, &json!("U0BEN"))
    );
    assert!(bench.slack.history("U0ANA", "C0SUPPORT")[0].plain().contains("☑ do b"));
    let unknown = bench.slack.acts("U0ANA", Act::message("C0SUPPORT", ts, "done").value(json!(["c"]))).await;
    assert!(unknown.is_err());
}

#[tokio::test]
async fn a_submission_is_answered_with_errors_update_push_or_nothing() {
    let bench = Bench::start().await;
    let mut socket = bench.connect().await;
    let view = modal(json!([
        input("what", json!({"type": "plain_text_input", "action_id": "text", "max_length": 5})),
        {"type": "input", "block_id": "size", "optional": true, "label": {"type": "plain_text", "text": "Size"},
            "element": {"type": "radio_buttons", "action_id": "r", "options": [{"text": {"type": "plain_text", "text": "s"}, "value": "s"}]}},
        {"type": "input", "block_id": "day", "optional": true, "label": {"type": "plain_text", "text": "Day"},
            "element": {"type": "datepicker", "action_id": "d"}},
    ]));
    opened(&bench, &mut socket, view).await;
    let slack = &bench.slack;
    let errors = |text: &str| Submitted::Errors(BTreeMap::from([("what".to_owned(), text.to_owned())]));
    assert_eq!(slack.submits("U0ANA").await, Ok(errors("Please complete this required field.")));
    slack.fills("U0ANA", "what", "text", "too long").expect("an input");
    assert_eq!(slack.submits("U0ANA").await, Ok(errors("Must be no more than 5 characters.")));
    slack.fills("U0ANA", "what", "text", "<b>&").expect("an input");
    let answer = |payload: Value| {
        let slack = bench.slack.clone();
        let submitting = tokio::spawn(async move { slack.submits("U0ANA").await });
        async |socket: &mut Socket| {
            let envelope = socket.interaction().await;
            assert_eq!(envelope["accepts_response_payload"], true);
            socket.ack(&envelope, Some(payload)).await;
            (submitting.await.expect("no panic").expect("an open modal"), envelope["payload"].clone())
        }
    };
    let said = answer(json!({"response_action": "errors", "errors": {"what": "no"}}));
    let (submitted, payload) = said(&mut socket).await;
    assert_eq!(submitted, errors("no"));
    let values = &payload["view"]["state"]["values"];
    assert_eq!(values["what"]["text"], json!({"type": "plain_text_input", "value": "<b>&"}), "raw, as typed");
    assert_eq!(values["size"]["r"], json!({"type": "radio_buttons", "selected_option": null}));
    assert_eq!(values["day"]["d"], json!({"type": "datepicker", "selected_date": null}));
    let (submitted, _) = answer(json!({"response_action": "errors", "errors": {"nowhere": "no"}}))(&mut socket).await;
    assert_eq!(submitted, Submitted::Warned(FORM_NO_ANSWER.to_owned()));
    let (submitted, _) = answer(json!({"response_action": "update", "view": modal(text_input())}))(&mut socket).await;
    assert_eq!(submitted, Submitted::Updated);
    assert_eq!(slack.views("U0ANA")[0].values["what"]["text"]["value"], "<b>&", "what was typed stays");
    let (submitted, _) =
        answer(json!({"response_action": "push", "view": modal(json!([section("more")]))}))(&mut socket).await;
    assert_eq!((submitted, slack.views("U0ANA").len()), (Submitted::Updated, 2));
    let (submitted, _) = answer(json!({}))(&mut socket).await;
    assert_eq!((submitted, slack.views("U0ANA").len()), (Submitted::Closed, 1));
    let (submitted, _) = answer(json!({"response_action": "clear"}))(&mut socket).await;
    assert_eq!((submitted, slack.views("U0ANA").len()), (Submitted::Closed, 0));
}

#[tokio::test]
async fn slacks_client_itself_refuses_what_does_not_fit_an_input() {
    let bench = Bench::start().await;
    let mut socket = bench.connect().await;
    let number = json!({"type": "number_input", "action_id": "n", "is_decimal_allowed": false, "max_value": "9"});
    let email = json!({"type": "email_text_input", "action_id": "e"});
    opened(&bench, &mut socket, modal(json!([input("number", number), input("email", email)]))).await;
    for (number, email, wrong) in
        [("x", "a@b.c", "number"), ("1.5", "a@b.c", "number"), ("10", "a@b.c", "number"), ("9", "nobody", "email")]
    {
        bench.slack.fills("U0ANA", "number", "n", number).expect("an input");
        bench.slack.fills("U0ANA", "email", "e", email).expect("an input");
        match bench.slack.submits("U0ANA").await {
            Ok(Submitted::Errors(errors)) => assert_eq!(errors.keys().collect::<Vec<_>>(), [wrong]),
            other => panic!("{number} {email}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_submission_that_nobody_takes_leaves_the_modal_open() {
    let bench = Bench::start().await;
    let mut socket = bench.connect().await;
    opened(&bench, &mut socket, modal(json!([section("s")]))).await;
    assert_eq!(bench.slack.submits("U0ANA").await, Ok(Submitted::Warned(FORM_NO_ANSWER.to_owned())));
    assert_eq!(bench.slack.views("U0ANA").len(), 1);
}

#[tokio::test]
async fn views_are_updated_by_hash_and_pushed_three_high() {
    let bench = Bench::start().await;
    let mut socket = bench.connect().await;
    let row = json!([{"type": "actions", "elements": [button("more", "More")]}]);
    let mut first = modal(row.clone());
    first["external_id"] = json!("mine");
    let id = opened(&bench, &mut socket, first.clone()).await;
    let hash = bench.slack.views("U0ANA")[0].hash.clone();
    let update = |hash: &str| json!({"view_id": id, "hash": hash, "view": modal(row.clone())});
    let mut again = first;
    again["external_id"] = json!("mine");
    let payload = pressed(&bench, &mut socket).await;
    let twice = json!({"trigger_id": payload["trigger_id"], "view": again});
    assert_eq!(bench.error("views.open", twice).await, "duplicate_external_id");
    bench.ok("views.update", update(&hash)).await;
    assert_eq!(bench.error("views.update", update(&hash)).await, "hash_conflict");
    assert_eq!(bench.error("views.update", json!({"view_id": "V1", "view": modal(row.clone())})).await, "not_found");
    for height in [2, 3, 4] {
        let act = bench.slack.views("U0ANA").last().and_then(|view| view.press("More")).expect("a button");
        let (_, envelope) = tokio::join!(bench.slack.acts("U0ANA", act), socket.take_interaction());
        assert_eq!(envelope["payload"]["container"]["type"], "view");
        let push = json!({"trigger_id": envelope["payload"]["trigger_id"], "view": modal(row.clone())});
        let answer = bench.call("views.push", push).await;
        assert_eq!(answer["error"] == "push_limit_reached", height == 4, "{answer}");
    }
    assert_eq!(bench.slack.views("U0ANA").len(), 3);
}

#[tokio::test]
async fn closing_is_told_where_the_view_asks_for_it() {
    let bench = Bench::start().await;
    let mut socket = bench.connect().await;
    let mut view = modal(json!([section("s")]));
    view["notify_on_close"] = json!(true);
    opened(&bench, &mut socket, view).await;
    bench.slack.closes("U0ANA");
    let payload = socket.take_interaction().await["payload"].clone();
    assert_eq!((&payload["type"], &payload["is_cleared"]), (&json!("view_closed"), &json!(false)));
    assert!(bench.slack.views("U0ANA").is_empty());
}

#[tokio::test]
async fn a_response_url_answers_five_times_in_thirty_minutes() {
    let bench = Bench::start().await;
    let mut socket = bench.connect().await;
    let slack = &bench.slack;
    let respond = async |payload: &Value, body: Value| {
        let url = payload["response_url"].as_str().expect("an address");
        bench.http.post(url).json(&body).send().await.expect("an answer").status().as_u16()
    };
    let payload = pressed(&bench, &mut socket).await;
    assert_eq!(respond(&payload, json!({"text": "only you"})).await, 200);
    assert_eq!(slack.ephemerals("U0ANA")[0].text, "only you");
    assert_eq!(respond(&payload, json!({"text": "all", "response_type": "in_channel"})).await, 200);
    assert_eq!(slack.history("U0BEN", "C0SUPPORT").last().map(|message| message.text.clone()).as_deref(), Some("all"));
    let parent = payload["message"]["ts"].as_str().expect("a ts");
    let below = json!({"text": "below", "response_type": "in_channel", "replace_original": false, "thread_ts": parent});
    assert_eq!(respond(&payload, below).await, 200);
    assert_eq!(slack.thread("U0BEN", "C0SUPPORT", parent).len(), 2);
    assert_eq!(respond(&payload, json!({"text": "new", "replace_original": true})).await, 200);
    assert_eq!(slack.history("U0BEN", "C0SUPPORT")[0].text, "new");
    assert_eq!(respond(&payload, json!({"delete_original": true})).await, 200);
    assert_eq!(slack.history("U0BEN", "C0SUPPORT")[0].subtype.as_deref(), Some("tombstone"));
    assert_eq!(respond(&payload, json!({"text": "sixth"})).await, 404);
    let late = pressed(&bench, &mut socket).await;
    bench.step(30 * 60_000 + 1);
    assert_eq!(respond(&late, json!({"text": "late"})).await, 404);
}

#[tokio::test]
async fn an_ephemeral_is_acted_on_and_replaced_like_a_message() {
    let bench = Bench::start().await;
    let mut socket = bench.connect().await;
    let blocks = json!([{"type": "actions", "elements": [button("go", "Go")]}]);
    bench
        .ok("chat.postEphemeral", json!({"channel": "C0SUPPORT", "user": "U0ANA", "text": "x", "blocks": blocks}))
        .await;
    let message = bench.slack.ephemerals("U0ANA").pop().expect("an ephemeral");
    assert!(bench.slack.history("U0ANA", "C0SUPPORT").is_empty() && bench.slack.ephemerals("U0BEN").is_empty());
    let act = message.press("Go").expect("a button");
    assert!(bench.slack.acts("U0BEN", act.clone()).await.is_err(), "nobody else sees it");
    let (_, envelope) = tokio::join!(bench.slack.acts("U0ANA", act), socket.take_interaction());
    let payload = &envelope["payload"];
    assert_eq!((&payload["container"]["is_ephemeral"], payload.get("message")), (&json!(true), None));
    let url = payload["response_url"].as_str().expect("an address");
    let replaced = bench.http.post(url).json(&json!({"text": "new", "replace_original": true})).send().await;
    assert!(replaced.is_ok_and(|response| response.status() == 200));
    assert_eq!(
        bench.slack.ephemerals("U0ANA").iter().map(|message| message.text.as_str()).collect::<Vec<_>>(),
        ["new"]
    );
    bench.http.post(url).json(&json!({"delete_original": true})).send().await.expect("an answer");
    assert!(bench.slack.ephemerals("U0ANA").is_empty());
}
