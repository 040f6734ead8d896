//! Presses of buttons and menus, and submitted modals.

use super::{Input, Press, Submission, View, What, first, id, some, text, texts, time};
use serde_json::Value;
use std::collections::BTreeMap;

/// Where the one thing that was chosen stands, by the kind of element.
const CHOSEN: [&str; 8] = [
    "/value",
    "/selected_option/value",
    "/selected_user",
    "/selected_conversation",
    "/selected_channel",
    "/selected_date",
    "/selected_time",
    "/selected_date_time",
];

pub fn pressed(payload: &Value) -> What {
    press(payload)
        .map_or(What::Ignored("a press without person, action or time"), |press| What::Pressed(Box::new(press)))
}

fn press(payload: &Value) -> Option<Press> {
    let action = payload.pointer("/actions/0")?;
    let message_ts = time(payload, &["/container/message_ts", "/message/ts"]);
    Some(Press {
        user: id(text(payload, "/user/id"))?,
        action_id: some(text(action, "/action_id"))?,
        block_id: text(action, "/block_id").to_owned(),
        value: first(action, &CHOSEN).to_owned(),
        selected: chosen(action),
        action_ts: time(action, &["/action_ts"])?,
        trigger_id: text(payload, "/trigger_id").to_owned(),
        response_url: some(text(payload, "/response_url")),
        channel: id(first(payload, &["/channel/id", "/container/channel_id"])),
        thread_ts: time(payload, &["/container/thread_ts", "/message/thread_ts"])
            .filter(|ts| Some(ts) != message_ts.as_ref()),
        message_ts,
        view: payload.get("view").and_then(view),
    })
}

fn chosen(element: &Value) -> Vec<String> {
    let options = texts(element, "/selected_options", "/value").into_iter();
    options.chain(texts(element, "/selected_users", "")).collect()
}

pub fn submitted(payload: &Value) -> What {
    let submission = || Some(Submission { user: id(text(payload, "/user/id"))?, view: view(payload.get("view")?)? });
    submission().map_or(What::Ignored("a form without person or id"), What::Submitted)
}

fn view(view: &Value) -> Option<View> {
    Some(View {
        id: some(text(view, "/id"))?,
        hash: text(view, "/hash").to_owned(),
        callback_id: text(view, "/callback_id").to_owned(),
        private_metadata: text(view, "/private_metadata").to_owned(),
        values: values(view),
    })
}

fn values(view: &Value) -> BTreeMap<(String, String), Input> {
    let mut values = BTreeMap::new();
    let blocks = view.pointer("/state/values").and_then(Value::as_object);
    for (block_id, actions) in blocks.into_iter().flatten() {
        for (action_id, element) in actions.as_object().into_iter().flatten() {
            if let Some(input) = input(element) {
                values.insert((block_id.clone(), action_id.clone()), input);
            }
        }
    }
    values
}

fn input(element: &Value) -> Option<Input> {
    Some(match text(element, "/type") {
        "plain_text_input" | "email_text_input" | "url_text_input" | "number_input" => {
            Input::Text(text(element, "/value").to_owned())
        }
        "users_select" => Input::Person(id(text(element, "/selected_user"))),
        "checkboxes" | "multi_static_select" | "multi_users_select" => Input::Choices(chosen(element)),
        "radio_buttons"
        | "static_select"
        | "datepicker"
        | "timepicker"
        | "conversations_select"
        | "channels_select" => Input::Choice(some(first(element, &CHOSEN))),
        _ => return None,
    })
}
