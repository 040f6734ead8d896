//! Deliveries by hand: the driver decides what comes when, and whether it was acknowledged.

use sandbox::{Act, Delivery, Kind, Outcome, Parcel, ParcelKind, Submitted, Submitting, Told};
use serde_json::{Value, json};

use crate::support::{Bench, button, input, modal};

async fn bench() -> Bench {
    Bench::started(|setup| setup.delivery = Delivery::ByHand).await
}

fn says(bench: &Bench, text: &str) {
    let dm = bench.slack.dm("U0ANA");
    bench.slack.says("U0ANA", &dm, text).expect("a DM takes words");
}

fn take(bench: &Bench) -> Parcel {
    let first = bench.slack.outbox().first().expect("a parcel").id.clone();
    bench.slack.takes(&first).expect("it is there")
}

/// A message with a button; pressing it gives a parcel.
async fn press(bench: &Bench) -> Parcel {
    let blocks = json!([{"type": "actions", "elements": [button("go", "Go")]}]);
    let posted = bench.ok("chat.postMessage", json!({"channel": "U0ANA", "text": "x", "blocks": blocks})).await;
    let place = (posted["channel"].as_str().expect("a channel"), posted["ts"].as_str().expect("a ts"));
    bench.slack.outbox().iter().for_each(|parcel| drop(bench.slack.takes(&parcel.id)));
    let id =
        bench.slack.begins_act("U0ANA", &Act::message(place.0, place.1, "go")).expect("pressed").expect("a parcel");
    bench.slack.takes(&id).expect("it is there")
}

#[tokio::test]
async fn parcels_are_taken_in_any_order() {
    let bench = bench().await;
    says(&bench, "one");
    says(&bench, "two");
    let texts = |parcels: &[Parcel]| -> Vec<Value> {
        parcels.iter().map(|parcel| parcel.payload()["event"]["text"].clone()).collect()
    };
    let outbox = bench.slack.outbox();
    assert_eq!(texts(&outbox), ["one", "two"]);
    let second = bench.slack.takes(&outbox[1].id).expect("the second");
    assert_eq!(
        (second.kind, second.attempt, second.envelope["type"].as_str()),
        (ParcelKind::Event, 0, Some("events_api"))
    );
    assert_eq!(second.envelope["envelope_id"], second.id);
    assert_eq!(second.payload()["event_id"].as_str(), second.event_id.as_deref());
    assert_eq!(bench.slack.acknowledged(&second.id, None), Some(Told::Nobody));
    assert_eq!(bench.slack.acknowledged(&second.id, None), None, "nobody waits any more");
    assert_eq!(texts(&bench.slack.outbox()), ["one"]);
}

#[tokio::test]
async fn what_failed_falls_due_again_on_the_clock_and_is_lost_in_the_end() {
    let bench = bench().await;
    says(&bench, "hello");
    for (attempt, wait) in [(0, 0), (1, 0), (2, 60_000), (3, 300_000)] {
        if wait > 0 {
            bench.step(wait - 1);
            assert!(bench.slack.outbox().is_empty(), "not before its time");
            assert_eq!(bench.slack.next_due(), Some(bench.now() + 1));
            bench.step(1);
        }
        let parcel = take(&bench);
        assert_eq!((parcel.attempt, &parcel.envelope["retry_attempt"]), (attempt, &json!(attempt)));
        bench.slack.unacknowledged(&parcel.id);
    }
    bench.step(10_000_000);
    assert!(bench.slack.outbox().is_empty() && bench.slack.next_due().is_none());
    assert!(bench.slack.ledger().iter().any(|entry| matches!(entry.kind, Kind::Lost { .. })));
}

#[tokio::test]
async fn a_press_is_sent_once_and_its_trigger_follows_the_clock() {
    let bench = bench().await;
    let parcel = press(&bench).await;
    let warned = Told::Acted(Outcome { acked: false, warning: Some(sandbox::NO_ANSWER.to_owned()) });
    assert_eq!(bench.slack.unacknowledged(&parcel.id), Some(warned));
    bench.step(600_000);
    assert!(bench.slack.outbox().is_empty(), "an interaction is not sent again");
    for (wait, error) in [(2_999, None), (3_000, Some("expired_trigger_id"))] {
        let parcel = press(&bench).await;
        bench.step(wait);
        let args = json!({"trigger_id": parcel.payload()["trigger_id"], "view": modal(json!([]))});
        let answer = bench.call("views.open", args).await;
        assert_eq!(answer["error"].as_str(), error, "{answer}");
        assert_eq!(
            bench.slack.acknowledged(&parcel.id, None),
            Some(Told::Acted(Outcome { acked: true, warning: None }))
        );
    }
}

#[tokio::test]
async fn a_form_does_what_the_acknowledgement_says_when_it_is_told() {
    let bench = bench().await;
    let parcel = press(&bench).await;
    let view = modal(json!([input("what", json!({"type": "plain_text_input", "action_id": "text"}))]));
    bench.ok("views.open", json!({"trigger_id": parcel.payload()["trigger_id"], "view": view})).await;
    let Submitting::Errors(errors) = bench.slack.begins_submit("U0ANA").expect("a form") else { panic!("it is empty") };
    assert!(errors.contains_key("what") && bench.slack.outbox().is_empty());
    bench.slack.fills("U0ANA", "what", "text", "words").expect("filled");
    let submit = || {
        let Submitting::Sent(id) = bench.slack.begins_submit("U0ANA").expect("a form") else { panic!("not sent") };
        bench.slack.takes(&id).expect("a parcel")
    };
    let parcel = submit();
    assert_eq!(parcel.kind, ParcelKind::Submission);
    assert_eq!(parcel.payload()["view"]["state"]["values"]["what"]["text"]["value"], "words");
    let refusal = json!({"response_action": "errors", "errors": {"what": "Not that."}});
    let Some(Told::Submitted(Submitted::Errors(said))) = bench.slack.acknowledged(&parcel.id, Some(refusal)) else {
        panic!("errors")
    };
    assert_eq!(said["what"], "Not that.");
    assert_eq!(bench.slack.views("U0ANA").len(), 1);
    let parcel = submit();
    assert_eq!(
        bench.slack.unacknowledged(&parcel.id),
        Some(Told::Submitted(Submitted::Warned(sandbox::FORM_NO_ANSWER.to_owned())))
    );
    let parcel = submit();
    assert_eq!(bench.slack.acknowledged(&parcel.id, None), Some(Told::Submitted(Submitted::Closed)));
    assert!(bench.slack.views("U0ANA").is_empty());
}

#[tokio::test]
async fn the_same_acts_make_the_same_ledger() {
    let mut ledgers = Vec::new();
    for _ in 0..2 {
        let bench = bench().await;
        for number in 0..20 {
            says(&bench, &number.to_string());
            let parcel = take(&bench);
            if number % 3 == 0 {
                bench.slack.unacknowledged(&parcel.id);
            } else {
                bench.slack.acknowledged(&parcel.id, None);
            }
            bench.step(7_000);
        }
        press(&bench).await;
        // The port is the machine's choice and stands in each response_url.
        let address = bench.slack.address().to_string();
        ledgers.push(serde_json::to_string(&bench.slack.ledger()).expect("JSON").replace(&address, "here"));
    }
    assert_eq!(ledgers[0], ledgers[1]);
}
