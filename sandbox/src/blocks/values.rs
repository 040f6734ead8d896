//! What people have ticked, chosen and typed: `state.values` of messages and views.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// block_id → action_id → the element's state as in payloads, such as `{"type":"checkboxes","selected_options":[…]}`.
pub type Values = BTreeMap<String, BTreeMap<String, Value>>;

#[derive(Clone, Copy)]
pub struct Found<'a> {
    pub block: &'a Value,
    pub element: &'a Value,
}

impl<'a> Found<'a> {
    pub fn block_id(&self) -> &'a str {
        self.block["block_id"].as_str().unwrap_or_default()
    }

    pub fn action_id(&self) -> &'a str {
        self.element["action_id"].as_str().unwrap_or_default()
    }

    pub fn kind(&self) -> &'a str {
        self.element["type"].as_str().unwrap_or_default()
    }

    /// The value of the option with this label.
    pub fn option(&self, label: &str) -> Option<Value> {
        options(self.element).find(|option| option["text"]["text"] == label).map(|option| option["value"].clone())
    }
}

/// Every interactive element, in the order in which it is shown.
pub fn elements(blocks: &[Value]) -> impl Iterator<Item = Found<'_>> {
    blocks.iter().flat_map(|block| {
        let many = if block["type"] == "actions" { block["elements"].as_array() } else { None };
        let one = match block["type"].as_str() {
            Some("section") => Some(&block["accessory"]),
            Some("input") => Some(&block["element"]),
            _ => None,
        };
        let all = many.into_iter().flatten().chain(one);
        all.filter(|element| element["action_id"].is_string()).map(move |element| Found { block, element })
    })
}

pub fn find<'a>(blocks: &'a [Value], block_id: Option<&str>, action_id: &str) -> Option<Found<'a>> {
    elements(blocks)
        .find(|found| found.action_id() == action_id && block_id.is_none_or(|wanted| wanted == found.block_id()))
}

pub fn options(element: &Value) -> impl Iterator<Item = &Value> {
    let own = element["options"].as_array().into_iter().flatten();
    let groups = element["option_groups"].as_array().into_iter().flatten();
    own.chain(groups.flat_map(|group| group["options"].as_array().into_iter().flatten()))
}

/// How the state of each kind of element is written, and from which property it starts.
const STATEFUL: &[(&str, &str, &str)] = &[
    ("plain_text_input", "value", "initial_value"),
    ("number_input", "value", "initial_value"),
    ("email_text_input", "value", "initial_value"),
    ("url_text_input", "value", "initial_value"),
    ("rich_text_input", "rich_text_value", "initial_value"),
    ("checkboxes", "selected_options", "initial_options"),
    ("radio_buttons", "selected_option", "initial_option"),
    ("static_select", "selected_option", "initial_option"),
    ("external_select", "selected_option", "initial_option"),
    ("users_select", "selected_user", "initial_user"),
    ("channels_select", "selected_channel", "initial_channel"),
    ("conversations_select", "selected_conversation", "initial_conversation"),
    ("multi_static_select", "selected_options", "initial_options"),
    ("multi_external_select", "selected_options", "initial_options"),
    ("multi_users_select", "selected_users", "initial_users"),
    ("multi_channels_select", "selected_channels", "initial_channels"),
    ("multi_conversations_select", "selected_conversations", "initial_conversations"),
    ("datepicker", "selected_date", "initial_date"),
    ("timepicker", "selected_time", "initial_time"),
    ("datetimepicker", "selected_date_time", "initial_date_time"),
];

fn stateful(kind: &str) -> Option<(&'static str, &'static str)> {
    STATEFUL.iter().find(|(name, ..)| *name == kind).map(|(_, key, initial)| (*key, *initial))
}

pub fn initial(blocks: &[Value]) -> Values {
    let mut values = Values::new();
    for found in elements(blocks) {
        let Some((key, initial)) = stateful(found.kind()) else { continue };
        let empty = if key.ends_with('s') { json!([]) } else { Value::Null };
        let start = found.element.get(initial).cloned().unwrap_or(empty);
        put(&mut values, found, json!({"type": found.kind(), key: start}));
    }
    values
}

/// What was entered stays where block_id, action_id and kind are still the same and the choice still exists.
pub fn kept(old: &Values, blocks: &[Value]) -> Values {
    let mut values = initial(blocks);
    for found in elements(blocks) {
        let before = old.get(found.block_id()).and_then(|block| block.get(found.action_id()));
        if let Some(before) = before.filter(|before| before["type"] == found.kind())
            && let Some(still) = still_offered(before, found.element)
        {
            put(&mut values, found, still);
        }
    }
    values
}

fn still_offered(state: &Value, element: &Value) -> Option<Value> {
    let mut state = state.clone();
    let offered = |chosen: &Value| options(element).find(|option| option["value"] == chosen["value"]).cloned();
    if let Some(many) = state["selected_options"].as_array() {
        state["selected_options"] = many.iter().filter_map(offered).collect();
    }
    if state["selected_option"].is_object() {
        state["selected_option"] = offered(&state["selected_option"])?;
    }
    Some(state)
}

pub fn put(values: &mut Values, found: Found<'_>, state: Value) {
    values.entry(found.block_id().to_owned()).or_default().insert(found.action_id().to_owned(), state);
}

pub fn payload(values: &Values) -> Value {
    json!({ "values": values })
}

/// The state of an element after a person entered this: an option's value (or its label), a list of them, a text, an id.
pub fn entered(found: Found<'_>, value: &Value) -> Result<Option<Value>, String> {
    let Some((key, _)) = stateful(found.kind()) else {
        return if matches!(found.kind(), "button" | "overflow" | "workflow_button") {
            Ok(None)
        } else {
            Err(format!("a {} cannot be filled in", found.kind()))
        };
    };
    let entered = match key {
        "selected_options" => {
            let wanted = value.as_array().map(Vec::as_slice).unwrap_or_default();
            let picked: Result<Vec<Value>, String> = wanted.iter().map(|one| pick(found.element, one)).collect();
            // Slack reports them in the order in which they are offered.
            let picked = picked?;
            json!(options(found.element).filter(|option| picked.contains(option)).collect::<Vec<_>>())
        }
        _ if value == "" => Value::Null,
        "selected_option" if value.is_null() => Value::Null,
        "selected_option" => pick(found.element, value)?,
        "value" if value.is_number() => json!(value.to_string()),
        _ => value.clone(),
    };
    Ok(Some(json!({"type": found.kind(), key: entered})))
}

pub fn pick(element: &Value, wanted: &Value) -> Result<Value, String> {
    let all = || options(element);
    let by_value = all().find(|option| option["value"] == *wanted);
    let found = by_value.or_else(|| all().find(|option| option["text"]["text"] == *wanted));
    found.cloned().ok_or_else(|| format!("there is no option {wanted}"))
}

pub fn is_empty(state: &Value) -> bool {
    let Some((key, _)) = state["type"].as_str().and_then(stateful) else { return true };
    match &state[key] {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(many) => many.is_empty(),
        _ => false,
    }
}

/// The text that stands in an element, where it holds a text.
pub fn text(state: &Value) -> Option<&str> {
    state["value"].as_str()
}

/// One entry of `actions` in a block_actions payload.
pub fn action(found: Found<'_>, state: Option<&Value>, chosen: &Value, action_ts: &str) -> Result<Value, String> {
    let element = found.element;
    let mut action = Map::new();
    for key in ["type", "action_id", "text", "value", "style", "url", "placeholder"] {
        if let Some(value) = element.get(key).filter(|_| key != "text" || found.kind() == "button") {
            action.insert(key.to_owned(), value.clone());
        }
    }
    action.insert("block_id".to_owned(), json!(found.block_id()));
    if found.kind() == "overflow" {
        action.insert("selected_option".to_owned(), pick(element, chosen)?);
    }
    for (key, value) in state.and_then(Value::as_object).into_iter().flatten() {
        action.insert(key.clone(), value.clone());
    }
    action.insert("action_ts".to_owned(), json!(action_ts));
    Ok(Value::Object(action))
}
