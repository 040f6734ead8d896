use super::*;
use proptest::prelude::*;
use serde_json::json;

macro_rules! samples {
    ($($name:literal),* $(,)?) => {
        const SAMPLES: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../../tests/payloads/", $name, "Payload.json")))),*];
    };
}

samples!(
    "Message",
    "MessageChanged",
    "MessageDeleted",
    "MessageBot",
    "MessageFileShare",
    "UserChange",
    "MemberLeftChannel",
    "ChannelArchive",
    "AppUninstalled",
    "TokensRevoked",
    "AppHomeOpened",
    "ReactionAdded",
    "BlockAction",
    "ViewSubmission",
    "ViewClosed",
    "SlashCommand",
    "MessageShortcut",
);

fn sample(name: &str) -> Value {
    let (_, text) = SAMPLES.iter().find(|(other, _)| *other == name).expect("a sample of this name");
    serde_json::from_str(text).expect("a sample is JSON")
}

/// A sample with its masked values filled in.
fn filled(name: &str, values: Value) -> Value {
    let mut sample = sample(name);
    for (place, value) in values.as_object().expect("places and values") {
        let (parent, key) = place.rsplit_once('/').expect("a place");
        let parent = sample.pointer_mut(parent).unwrap_or_else(|| panic!("{name} has {place}"));
        parent[key] = value.clone();
    }
    sample
}

fn bot() -> UserId {
    UserId::from("UBOT")
}

fn what(payload: &Value) -> What {
    read(payload, &bot()).what
}

fn typed(values: Value) -> Value {
    let mut all = json!({
        "/event_id": "Ev1", "/team_id": "T1", "/event/user": "UANA", "/event/channel": "DANA", "/event/ts": "1700000000.000100",
        "/event/thread_ts": null, "/event/text": "a &lt;b&gt;", "/event/channel_type": "im",
    });
    all.as_object_mut().expect("an object").extend(values.as_object().expect("an object").clone());
    filled("Message", all)
}

#[test]
fn a_typed_message() {
    let expected = |thread: Option<&str>, text: &str| What::Typed {
        user: "UANA".into(),
        channel: "DANA".into(),
        ts: "1700000000.000100".into(),
        thread_ts: thread.map(Ts::from),
        text: text.into(),
    };
    let read = read(&typed(json!({})), &bot());
    assert_eq!(read.seen, "Ev1");
    assert_eq!(read.what, expected(None, "a <b>"));
    for subtype in ["file_share", "thread_broadcast", "me_message", ""] {
        assert_eq!(what(&typed(json!({"/event/subtype": subtype}))), expected(None, "a <b>"));
    }
    let thread = "1600000000.000100";
    assert_eq!(what(&typed(json!({"/event/thread_ts": thread}))), expected(Some(thread), "a <b>"));
    assert_eq!(what(&typed(json!({"/event/thread_ts": "1700000000.000100"}))), expected(None, "a <b>"));
    assert_eq!(what(&typed(json!({"/event/text": null}))), expected(None, ""));
    let share = filled(
        "MessageFileShare",
        json!({
            "/event/user": "UANA", "/event/channel": "DANA", "/event/ts": "1700000000.000100", "/event/channel_type": "im",
        }),
    );
    assert_eq!(what(&share), expected(None, ""));
}

#[test]
fn our_own_messages_and_other_places_do_not_concern_us() {
    for (values, why) in [
        (json!({"/event/bot_id": "B1"}), "written by an app"),
        (json!({"/event/app_id": "A1"}), "written by an app"),
        (json!({"/event/user": "UBOT"}), "written by an app"),
        (json!({"/event/subtype": "bot_message"}), "written by an app"),
        (json!({"/event/channel_type": "channel", "/event/channel": "C1"}), "not a direct message"),
        (json!({"/event/channel_type": null, "/event/channel": "C1"}), "not a direct message"),
        (json!({"/event/channel_type": "mpim"}), "not a direct message"),
        (json!({"/event/subtype": "channel_topic"}), "another kind of message"),
        (json!({"/event/subtype": "message_replied"}), "another kind of message"),
        (json!({"/event/ts": "soon"}), "a message without author, place or time"),
        (json!({"/event/ts": "1.é€"}), "a message without author, place or time"),
        (json!({"/event/user": null}), "a message without author, place or time"),
        (json!({"/event/type": "pin_added"}), "another kind of event"),
    ] {
        assert_eq!(what(&typed(values.clone())), What::Ignored(why), "{values}");
    }
    let bots = json!({"/event/channel_type": "im", "/event/message/bot_id": "B1", "/event/message/text": "new"});
    assert_eq!(what(&filled("MessageChanged", bots)), What::Ignored("written by an app"));
    let bots = json!({"/event/channel_type": "im", "/event/previous_message/user": "UBOT"});
    assert_eq!(what(&filled("MessageDeleted", bots)), What::Ignored("written by an app"));
    assert_eq!(what(&sample("MessageBot")), What::Ignored("written by an app"));
}

fn changed(values: Value) -> What {
    let mut all = json!({
        "/event/channel": "DANA", "/event/channel_type": "im", "/event/ts": "1700000009.000100",
        "/event/message/user": "UANA", "/event/message/ts": "1700000000.000100", "/event/message/text": "new",
        "/event/message/edited/ts": "1700000008.000000", "/event/previous_message/text": "old",
    });
    all.as_object_mut().expect("an object").extend(values.as_object().expect("an object").clone());
    what(&filled("MessageChanged", all))
}

#[test]
fn edits_and_deletions() {
    let edited = |at: &str| What::Edited {
        user: Some("UANA".into()),
        channel: "DANA".into(),
        ts: "1700000000.000100".into(),
        text: "new".into(),
        edited_ts: at.into(),
    };
    let gone = |user: Option<&str>| What::Deleted {
        user: user.map(Into::into),
        channel: "DANA".into(),
        ts: "1700000000.000100".into(),
    };
    assert_eq!(changed(json!({})), edited("1700000008.000000"));
    assert_eq!(changed(json!({"/event/message/edited/ts": null})), edited("1700000009.000100"));
    assert_eq!(changed(json!({"/event/previous_message": null})), edited("1700000008.000000"));
    assert_eq!(changed(json!({"/event/previous_message/text": "new"})), What::Ignored("unchanged"));
    assert_eq!(changed(json!({"/event/message/subtype": "tombstone"})), gone(None));
    let deleted = json!({
        "/event/channel": "DANA", "/event/channel_type": "im", "/event/deleted_ts": "1700000000.000100",
        "/event/previous_message/user": "UANA",
    });
    assert_eq!(what(&filled("MessageDeleted", deleted)), gone(Some("UANA")));
}

#[test]
fn people_channels_and_the_app() {
    let person = |values: Value| {
        let mut all =
            json!({"/event/user/id": "UANA", "/event/user/tz": "Europe/Paris", "/event/user/real_name": "Ana Ruiz"});
        all.as_object_mut().expect("an object").extend(values.as_object().expect("an object").clone());
        what(&filled("UserChange", all))
    };
    let expected = |name: &str, deleted| What::PersonChanged {
        user: "UANA".into(),
        name: name.into(),
        zone: "Europe/Paris".into(),
        deleted,
    };
    assert_eq!(person(json!({})), expected("Ana Ruiz", false));
    assert_eq!(person(json!({"/event/user/profile/display_name": "Ana"})), expected("Ana", false));
    assert_eq!(person(json!({"/event/user/deleted": true})), expected("Ana Ruiz", true));
    let left = filled("MemberLeftChannel", json!({"/event/user": "UANA", "/event/channel": "C1"}));
    assert_eq!(what(&left), What::LeftChannel { user: "UANA".into(), channel: "C1".into() });
    let archived = filled("ChannelArchive", json!({"/event/channel": "C1"}));
    assert_eq!(what(&archived), What::ChannelArchived { channel: "C1".into() });
    assert_eq!(what(&sample("AppUninstalled")), What::Uninstalled);
    let revoked = filled("TokensRevoked", json!({"/event/tokens/bot": ["UBOT"]}));
    assert_eq!(what(&revoked), What::TokensRevoked { bots: vec![bot()] });
    assert_eq!(what(&sample("AppHomeOpened")), What::Ignored("another kind of event"));
}

#[test]
fn a_press_in_a_message() {
    let payload = filled(
        "BlockAction",
        json!({
            "/user/id": "UANA", "/team/id": "T1", "/trigger_id": "1.2.abc", "/channel/id": "DANA", "/response_url": "https://hooks.example/1",
            "/container/message_ts": "1700000000.000100", "/container/thread_ts": "1600000000.000100", "/view": null,
            "/actions": [{"type": "button", "action_id": "nothing", "block_id": "b", "value": "ci1", "action_ts": "1700000001.123456"}],
        }),
    );
    let envelope =
        json!({"type": "interactive", "envelope_id": "e1", "accepts_response_payload": true, "payload": payload});
    let read = read(&envelope, &bot());
    assert_eq!(read.seen, "1.2.abc");
    let expected = Press {
        user: "UANA".into(),
        action_id: "nothing".into(),
        block_id: "b".into(),
        value: "ci1".into(),
        selected: vec![],
        action_ts: "1700000001.123456".into(),
        trigger_id: "1.2.abc".into(),
        response_url: Some("https://hooks.example/1".into()),
        channel: Some("DANA".into()),
        message_ts: Some("1700000000.000100".into()),
        thread_ts: Some("1600000000.000100".into()),
        view: None,
    };
    assert_eq!(read.what, What::Pressed(Box::new(expected)));
}

#[test]
fn what_is_chosen() {
    let pressed = |element: Value| {
        let mut action = json!({"action_id": "a", "action_ts": "1700000001.123456"});
        action.as_object_mut().expect("an object").extend(element.as_object().expect("an object").clone());
        match what(&json!({"type": "block_actions", "user": {"id": "U1"}, "actions": [action]})) {
            What::Pressed(press) => (press.value, press.selected),
            other => panic!("{other:?}"),
        }
    };
    let ticks = json!({"type": "checkboxes", "selected_options": [{"value": "p1"}, {"value": "p2"}]});
    assert_eq!(pressed(ticks), (String::new(), vec!["p1".into(), "p2".into()]));
    assert_eq!(pressed(json!({"type": "checkboxes", "selected_options": []})), (String::new(), vec![]));
    assert_eq!(pressed(json!({"selected_option": {"value": "more"}})), ("more".into(), vec![]));
    assert_eq!(pressed(json!({"selected_user": "U2"})), ("U2".into(), vec![]));
}

#[test]
fn a_submitted_form() {
    let payload = filled(
        "ViewSubmission",
        json!({
            "/user/id": "UANA", "/trigger_id": "1.2.abc", "/view/id": "V1", "/view/hash": "h", "/view/callback_id": "check_in",
            "/view/private_metadata": "ci1", "/view/state": {"values": {
                "b1": {"text": {"type": "plain_text_input", "value": "a <b>\nc"}},
                "b2": {"text": {"type": "plain_text_input", "value": null}},
                "b3": {"size": {"type": "radio_buttons", "selected_option": {"value": "more"}}},
                "b4": {"size": {"type": "static_select", "selected_option": null}},
                "b5": {"who": {"type": "users_select", "selected_user": "UBEN"}},
                "b6": {"all": {"type": "checkboxes", "selected_options": [{"value": "x"}]}},
                "b7": {"new": {"type": "hologram", "value": "?"}},
                "b8": 8,
            }},
        }),
    );
    let What::Submitted(Submission { user, view }) = what(&payload) else { panic!("a submission") };
    let named = [user.as_str(), &view.id, &view.hash, &view.callback_id, &view.private_metadata];
    assert_eq!(named, ["UANA", "V1", "h", "check_in", "ci1"]);
    assert_eq!((view.text("b1", "text"), view.text("b2", "text"), view.text("b9", "text")), ("a <b>\nc", "", ""));
    assert_eq!((view.choice("b3", "size"), view.choice("b4", "size")), (Some("more"), None));
    assert_eq!(view.person("b5", "who"), Some(&UserId::from("UBEN")));
    assert_eq!(view.choices("b6", "all"), ["x"]);
    assert_eq!(view.values.len(), 6);
}

#[test]
fn what_we_do_not_ask_for() {
    let closed = filled("ViewClosed", json!({"/type": "view_closed"}));
    let read = read(&json!({"envelope_id": "e1", "payload": closed}), &bot());
    assert_eq!((read.seen.as_str(), read.what), ("e1", What::Closed));
    assert_eq!(what(&sample("SlashCommand")), What::Ignored("no payload of Slack's"));
    assert_eq!(
        what(&filled("MessageShortcut", json!({"/type": "message_action"}))),
        What::Ignored("another kind of payload")
    );
    assert_eq!(what(&json!({"type": "hello", "num_connections": 1})), What::Ignored("another kind of payload"));
}

#[test]
fn what_comes_as_the_one_is_not_read_as_the_other() {
    let event = typed(json!({}));
    let press = json!({"type": "block_actions", "user": {"id": "U1"},
        "actions": [{"action_id": "a", "action_ts": "1700000001.123456"}]});
    let both = |first: &Value, event: &Value| {
        let mut both = first.clone();
        both["event"] = event["event"].clone();
        both
    };
    let kind = |envelope: &str, payload: &Value| match what(&json!({"type": envelope, "payload": payload})) {
        What::Typed { .. } => "typed",
        What::Pressed(_) => "pressed",
        _ => "",
    };
    for (payload, as_event, as_interaction) in [
        (&event, "typed", ""),
        (&press, "", "pressed"),
        (&both(&press, &event), "", ""),
        (&both(&press, &json!({"event": null})), "", ""),
    ] {
        assert_eq!((kind("events_api", payload), kind("interactive", payload)), (as_event, as_interaction));
        assert_eq!(kind("slash_commands", payload), "");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ -~é]{0,8}".prop_map(Value::from),
        prop::sample::select(vec!["message", "im", "block_actions", "view_submission", "1.2", "message_changed"])
            .prop_map(Value::from),
    ];
    let key = prop::sample::select(vec![
        "type",
        "payload",
        "event",
        "user",
        "id",
        "channel",
        "channel_type",
        "ts",
        "text",
        "subtype",
        "message",
        "actions",
        "action_id",
        "action_ts",
        "view",
        "state",
        "values",
        "tokens",
        "bot",
        "0",
        "selected_options",
    ]);
    leaf.prop_recursive(5, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..6)
                .prop_map(|all| Value::Object(all.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())),
        ]
    })
}

/// Replaces one value, found by walking down as the numbers say.
fn mutate(value: &mut Value, path: &[usize], new: Value) {
    let size = value.as_object().map(|map| map.len()).or(value.as_array().map(Vec::len)).unwrap_or(0);
    match (path.split_first(), &mut *value) {
        (Some((at, rest)), Value::Object(map)) if size > 0 => {
            map.values_mut().nth(at % size).into_iter().for_each(|inner| mutate(inner, rest, new.clone()));
        }
        (Some((at, rest)), Value::Array(list)) if size > 0 => mutate(&mut list[at % size], rest, new),
        (_, value) => *value = new,
    }
}

proptest! {
    #[test]
    fn anything_is_read(json in any_json()) {
        read(&json, &bot());
    }

    #[test]
    fn mutated_samples_are_read(
        which in 0..SAMPLES.len(),
        kind in prop::sample::select(vec!["block_actions", "view_submission", "view_closed", ""]),
        changes in prop::collection::vec((prop::collection::vec(0..64usize, 1..6), any_json()), 0..6),
    ) {
        let mut payload = sample(SAMPLES[which].0);
        payload["type"] = kind.into();
        for (path, new) in changes {
            mutate(&mut payload, &path, new);
        }
        if let What::Typed { ts, .. } = read(&payload, &bot()).what {
            ts.ms();
        }
    }
}
