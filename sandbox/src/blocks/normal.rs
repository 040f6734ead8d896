//! Blocks as Slack keeps them: the ids that were left out are made up, text objects say everything.

use serde_json::{Value, json};

/// `fresh` makes ids.
pub fn normalise(blocks: &mut [Value], fresh: &mut dyn FnMut() -> String) {
    for block in blocks {
        ensure(block, "block_id", fresh);
        for place in ["accessory", "element"] {
            if let Some(element) = block.get_mut(place).filter(|element| element["type"] != "image") {
                ensure(element, "action_id", fresh);
            }
        }
        if block["type"] == "actions" {
            for element in block["elements"].as_array_mut().into_iter().flatten() {
                ensure(element, "action_id", fresh);
            }
        }
        complete_texts(block);
    }
}

fn ensure(holder: &mut Value, key: &str, fresh: &mut dyn FnMut() -> String) {
    if let Some(object) = holder.as_object_mut() {
        object.entry(key).or_insert_with(|| json!(fresh()));
    }
}

fn complete_texts(value: &mut Value) {
    match value {
        Value::Object(object) => {
            match object.get("type").and_then(Value::as_str) {
                Some("plain_text") => drop(object.entry("emoji").or_insert(json!(true))),
                Some("mrkdwn") => drop(object.entry("verbatim").or_insert(json!(false))),
                _ => {}
            }
            object.values_mut().for_each(complete_texts);
        }
        Value::Array(items) => items.iter_mut().for_each(complete_texts),
        _ => {}
    }
}
