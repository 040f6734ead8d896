//! The elements of Block Kit that we use, one function for each.

use serde_json::{Value, json};

use super::action::{Action, Modal};
use super::kit::{IN_ONE_BLOCK, Line, Run, Tick};
use super::words;

pub fn plain_text(text: &str) -> Value {
    json!({"type": "plain_text", "text": text, "emoji": true})
}

/// A grey line of a message or a modal.
pub fn context(line: &Line, zone: &str) -> Option<Value> {
    let runs: Vec<&Run> = line.0.iter().filter(|run| !run.is_empty()).collect();
    if runs.iter().all(|run| run.is_typed() || run.is_words()) {
        let text: String = runs.iter().map(|run| run.text()).collect();
        return (!text.trim().is_empty()).then(|| json!({"type": "context", "elements": [plain_text(&text)]}));
    }
    // Neighbours of one kind share an element; our words go with whatever stands before them.
    let mut groups: Vec<(bool, Vec<&Run>)> = Vec::new();
    for run in runs {
        match groups.last_mut() {
            Some((typed, group)) if run.is_words() || *typed == run.is_typed() => group.push(run),
            _ => groups.push((run.is_typed(), vec![run])),
        }
    }
    let element = |(typed, group): &(bool, Vec<&Run>)| {
        if *typed {
            let text: String = group.iter().map(|run| run.text()).collect();
            plain_text(text.trim())
        } else {
            let text: String = group.iter().map(|run| run.marked_up(zone)).collect();
            json!({"type": "mrkdwn", "text": text.trim(), "verbatim": true})
        }
    };
    let shown = groups.iter().map(element).filter(|element| element["text"] != "");
    Some(json!({"type": "context", "elements": shown.collect::<Vec<_>>()}))
}

pub fn actions(block_id: &str, elements: Vec<Value>) -> Value {
    json!({"type": "actions", "block_id": block_id, "elements": elements})
}

pub fn button(label: &str, action: Action) -> Value {
    let mut button = json!({"type": "button", "text": plain_text(label), "action_id": action.id()});
    let value = action.value();
    if !value.is_empty() {
        button["value"] = Value::from(value);
    }
    button
}

/// The one that people want.
pub fn primary(label: &str, action: Action) -> Value {
    let mut button = button(label, action);
    button["style"] = Value::from("primary");
    button
}

pub fn link_button(label: &str, url: &str) -> Value {
    let mut button = button(label, Action::Link);
    button["url"] = Value::from(url);
    button
}

pub(super) fn checkboxes(action_id: &str, ticks: &[Tick]) -> Value {
    let options: Vec<Value> = ticks.iter().map(|tick| option(&tick.label, &tick.value)).collect();
    let ticked = ticks.iter().filter(|tick| tick.on);
    let initial: Vec<Value> = ticked.map(|tick| option(&tick.label, &tick.value)).collect();
    let mut element = json!({"type": "checkboxes", "action_id": action_id, "options": options});
    if !initial.is_empty() {
        element["initial_options"] = Value::from(initial);
    }
    element
}

pub fn option(label: &str, value: &str) -> Value {
    json!({"text": plain_text(label), "value": value})
}

pub fn radio(action_id: &str, options: &[(&str, &str)], chosen: &str) -> Value {
    let all: Vec<Value> = options.iter().map(|(label, value)| option(label, value)).collect();
    let mut element = json!({"type": "radio_buttons", "action_id": action_id, "options": all});
    if let Some((label, value)) = options.iter().find(|(_, value)| *value == chosen) {
        element["initial_option"] = option(label, value);
    }
    element
}

pub fn text_input(action_id: &str, multiline: bool, initial: &str) -> Value {
    let mut element = json!({"type": "plain_text_input", "action_id": action_id, "multiline": multiline});
    if !initial.is_empty() {
        element["initial_value"] = Value::from(initial);
    }
    element
}

/// `hint` may be empty. Slack requires nothing: our own check answers at the field.
pub fn input(block_id: &str, label: &str, hint: &str, element: Value) -> Value {
    let mut block = json!({"type": "input", "block_id": block_id, "label": plain_text(label), "optional": true, "element": element});
    if !hint.is_empty() {
        block["hint"] = plain_text(hint);
    }
    block
}

/// A heading of a modal: our words.
pub fn heading(text: &str) -> Value {
    json!({"type": "section", "text": {"type": "mrkdwn", "text": format!("*{}*", words::escape(text)), "verbatim": true}})
}

/// Typed text in a modal.
pub fn section(text: &str) -> Value {
    json!({"type": "section", "text": plain_text(&words::cut_raw(text, IN_ONE_BLOCK))})
}

/// A modal; Slack refuses a longer title.
pub fn modal(modal: &Modal, title: &str, submit: &str, blocks: Vec<Value>) -> Value {
    json!({
        "type": "modal",
        "callback_id": modal.callback_id(),
        "private_metadata": modal.private_metadata(),
        "title": plain_text(&words::cut_raw(title, 24)),
        "submit": plain_text(submit),
        "close": plain_text("Cancel"),
        "blocks": blocks,
    })
}
