//! Slack's own description of each method, read from the files in `specs/methods`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

pub struct Method {
    pub name: &'static str,
    pub json: bool,
    pub scopes: Vec<String>,
    pub tier: String,
    pub required: Vec<String>,
    pub properties: BTreeMap<String, Property>,
    pub errors: Vec<String>,
}

/// What an argument may be when it comes as JSON; in a form everything is a string.
pub struct Property {
    pub types: Vec<String>,
}

const FILES: &[(&str, &str)] = &[
    ("api.test", include_str!("../specs/methods/api.test.json")),
    ("apps.connections.open", include_str!("../specs/methods/apps.connections.open.json")),
    ("auth.test", include_str!("../specs/methods/auth.test.json")),
    ("blocks.validate", include_str!("../specs/methods/blocks.validate.json")),
    ("bots.info", include_str!("../specs/methods/bots.info.json")),
    ("chat.delete", include_str!("../specs/methods/chat.delete.json")),
    ("chat.getPermalink", include_str!("../specs/methods/chat.getPermalink.json")),
    ("chat.postEphemeral", include_str!("../specs/methods/chat.postEphemeral.json")),
    ("chat.postMessage", include_str!("../specs/methods/chat.postMessage.json")),
    ("chat.update", include_str!("../specs/methods/chat.update.json")),
    ("conversations.history", include_str!("../specs/methods/conversations.history.json")),
    ("conversations.info", include_str!("../specs/methods/conversations.info.json")),
    ("conversations.list", include_str!("../specs/methods/conversations.list.json")),
    ("conversations.members", include_str!("../specs/methods/conversations.members.json")),
    ("conversations.open", include_str!("../specs/methods/conversations.open.json")),
    ("conversations.replies", include_str!("../specs/methods/conversations.replies.json")),
    ("team.info", include_str!("../specs/methods/team.info.json")),
    ("users.conversations", include_str!("../specs/methods/users.conversations.json")),
    ("users.info", include_str!("../specs/methods/users.info.json")),
    ("users.list", include_str!("../specs/methods/users.list.json")),
    ("views.open", include_str!("../specs/methods/views.open.json")),
    ("views.push", include_str!("../specs/methods/views.push.json")),
    ("views.update", include_str!("../specs/methods/views.update.json")),
];

static METHODS: LazyLock<BTreeMap<&'static str, Method>> =
    LazyLock::new(|| FILES.iter().map(|(name, file)| (*name, read(name, file))).collect());

pub fn method(name: &str) -> Option<&'static Method> {
    METHODS.get(name)
}

fn read(name: &'static str, file: &str) -> Method {
    let spec: Value = serde_json::from_str(file).expect("the files in specs/ are valid JSON");
    let strings = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
    };
    let properties = spec["args"]["properties"].as_object().into_iter().flatten();
    Method {
        name,
        json: spec["json_input_supported"] == true,
        scopes: strings(&spec["scope"]["bot"]),
        tier: spec["rate_limits"].as_str().unwrap_or_default().to_owned(),
        required: strings(&spec["args"]["required"]),
        properties: properties.map(|(name, property)| (name.clone(), read_property(property))).collect(),
        errors: spec["errors"].as_object().into_iter().flatten().map(|(code, _)| code.clone()).collect(),
    }
}

fn read_property(property: &Value) -> Property {
    let of = |value: &Value| value["type"].as_str().map(str::to_owned);
    let any = property["anyOf"].as_array().into_iter().flatten().filter_map(of);
    Property { types: of(property).into_iter().chain(any).collect() }
}
