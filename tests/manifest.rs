//! `manifest.yml` is what Slack accepts, and asks for what the code uses: no more, no less.
//! The schema is Slack's own (slackapi/manifest-schema, MIT: see beside it).

use serde_json::Value;
use std::collections::BTreeSet;
use unstuck::slack::manifest::{EVENTS, OPTIONAL_SCOPES, SCOPES, granted};

const MANIFEST: &str = include_str!("../manifest.yml");
const SCHEMA: &str = include_str!("manifest/manifest.schema.1.0.0.json");
const CLIENT: &str = concat!(
    include_str!("../src/slack/client.rs"),
    include_str!("../src/slack/client/look.rs"),
    include_str!("../src/slack/client/transport.rs")
);
const INBOUND: &str = include_str!("../src/slack/inbound/event.rs");

/// Which scope each event needs, as Slack's page of the event says.
const NEEDS: [(&str, &str); 5] = [
    ("message.im", "im:history"),
    ("user_change", "users:read"),
    ("member_left_channel", "channels:read"),
    ("channel_archive", "channels:read"),
    ("group_archive", "groups:read"),
];

fn manifest() -> Value {
    serde_saphyr::from_str(MANIFEST).expect("manifest.yml is YAML")
}

fn words(value: &Value) -> BTreeSet<&str> {
    value.as_array().into_iter().flatten().map(|word| word.as_str().expect("a word")).collect()
}

#[test]
fn slack_accepts_it() {
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let manifest = manifest();
    let wrong: Vec<String> =
        schema.iter_errors(&manifest).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    let mut misspelt = manifest;
    misspelt["settings"]["socket_mode"] = Value::Bool(true);
    assert!(!schema.is_valid(&misspelt), "the schema refuses nothing");
}

/// The settings of HTTP mode stand in docs/operating.md, to be put into this file.
#[test]
fn slack_accepts_it_with_the_settings_of_http_mode() {
    let page = include_str!("../docs/operating.md");
    let (_, rest) = page.split_once("```yaml\n").expect("the settings");
    let settings: Value = serde_saphyr::from_str(rest.split("```").next().expect("an end")).expect("YAML");
    let mut manifest = manifest();
    for (name, value) in settings["settings"].as_object().expect("settings") {
        match (manifest["settings"].get_mut(name).and_then(Value::as_object_mut), value.as_object()) {
            (Some(old), Some(new)) => old.extend(new.clone()),
            _ => manifest["settings"][name] = value.clone(),
        }
    }
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    assert!(jsonschema::validator_for(&schema).expect("a schema").is_valid(&manifest), "{manifest}");
    let settings = &manifest["settings"];
    assert!(settings["socket_mode_enabled"] == false && settings["interactivity"]["is_enabled"] == true);
    for (place, path) in [("event_subscriptions", "/slack/events"), ("interactivity", "/slack/interactivity")] {
        let url = settings[place]["request_url"].as_str().expect("an address");
        assert!(url.starts_with("https://") && url.ends_with(path), "{url}");
    }
    assert!(settings["event_subscriptions"]["bot_events"].is_array(), "the events are kept");
}

#[test]
fn it_asks_for_what_the_code_says() {
    let manifest = manifest();
    let scopes = &manifest["oauth_config"]["scopes"];
    let (granted, events) = granted();
    assert_eq!(words(&scopes["bot"]), granted.iter().map(String::as_str).collect());
    assert_eq!(words(&scopes["bot_optional"]), OPTIONAL_SCOPES.into());
    assert_eq!(
        words(&manifest["settings"]["event_subscriptions"]["bot_events"]),
        events.iter().map(String::as_str).collect()
    );
    // Nothing reads commands or shortcuts, so nothing offers them.
    assert!(manifest["features"].get("slash_commands").is_none() && manifest["features"].get("shortcuts").is_none());
    let switches = ["socket_mode_enabled", "/interactivity/is_enabled"];
    assert!(
        switches.iter().all(|path| manifest["settings"].pointer(&format!("/{}", path.trim_start_matches('/')))
            == Some(&Value::Bool(true)))
    );
}

/// The methods that the client names.
fn called() -> BTreeSet<&'static str> {
    let families = ["api", "apps", "auth", "bots", "chat", "conversations", "reactions", "team", "users", "views"];
    let quoted = CLIENT.split('"').skip(1).step_by(2);
    quoted.filter(|text| text.split_once('.').is_some_and(|(family, _)| families.contains(&family))).collect()
}

#[test]
fn every_call_is_allowed_and_every_scope_is_used() {
    let (granted, _) = granted();
    let methods = called();
    assert!(methods.len() > 8, "the client's calls were not found: {methods:?}");
    let mut used = BTreeSet::new();
    for name in methods {
        let method = sandbox::spec::method(name).unwrap_or_else(|| panic!("no specification of {name}"));
        // The app-level token has a scope of its own, connections:write.
        let ours = method.scopes.iter().filter(|scope| granted.contains(scope));
        let ours: Vec<&str> = ours.map(String::as_str).collect();
        assert!(
            method.scopes.is_empty() || !ours.is_empty() || name == "apps.connections.open",
            "{name} needs one of {:?}",
            method.scopes
        );
        used.extend(ours);
    }
    used.extend(NEEDS.map(|(_, scope)| scope));
    for scope in &granted {
        assert!(used.contains(scope.as_str()), "{scope} is asked for and not used");
    }
}

#[test]
fn every_event_that_is_read_is_subscribed_and_the_other_way_round() {
    let body = INBOUND.split_once("pub fn read(").and_then(|(_, rest)| rest.split_once("\n}")).expect("read").0;
    let arms = body
        .lines()
        .filter_map(|line| line.split_once("=>"))
        .flat_map(|(names, _)| names.split('"').skip(1).step_by(2));
    let read: BTreeSet<&str> = arms.collect();
    let subscribed: BTreeSet<&str> = EVENTS.map(|event| event.strip_suffix(".im").unwrap_or(event)).into();
    assert_eq!(read, subscribed);
    for (event, scope) in NEEDS {
        assert!(EVENTS.contains(&event) && SCOPES.iter().any(|(one, _)| *one == scope), "{event} needs {scope}");
    }
}
