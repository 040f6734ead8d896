//! What Slack posts to us over HTTP, once its signature is verified: three addresses, each with a form of its own.

use super::inbound::{EVENTS, INTERACTIONS, INTERACTIVE};
use serde_json::Value;
use std::collections::BTreeMap;
use url::form_urlencoded;

/// One of the addresses that are set in the app's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    Events,
    Interactivity,
    Commands,
}

/// What a verified body holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Delivery {
    /// Slack asks whether the address is ours: this is to be sent back.
    Challenge(String),
    Payload(Value),
    /// Somebody typed a slash command, or Slack looks now and then whether the address answers.
    Command,
}

/// The body is not what Slack sends to this address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not what Slack sends here")]
pub struct Unreadable;

impl Address {
    pub const ALL: [Address; 3] = [Address::Events, Address::Interactivity, Address::Commands];

    /// As it stands in the app's settings, behind our host.
    pub fn path(self) -> &'static str {
        match self {
            Address::Events => "/slack/events",
            Address::Interactivity => "/slack/interactivity",
            Address::Commands => "/slack/commands",
        }
    }

    /// Whether Slack sends this content type to it; parameters such as the charset do not matter.
    pub fn takes(self, content_type: &str) -> bool {
        let wanted = match self {
            Address::Events => "application/json",
            Address::Interactivity | Address::Commands => "application/x-www-form-urlencoded",
        };
        content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(wanted)
    }

    /// Reads a body whose signature was verified.
    pub fn read(self, body: &[u8]) -> Result<Delivery, Unreadable> {
        match self {
            Address::Events => event(object(body)?),
            Address::Interactivity => interaction(body),
            Address::Commands => command(body),
        }
    }

    /// As what its payloads come over a socket.
    pub fn envelope(self) -> &'static str {
        match self {
            Address::Events => EVENTS,
            Address::Interactivity => INTERACTIVE,
            Address::Commands => "slash_commands",
        }
    }
}

/// An event, or one of the two things that Slack says there besides.
fn event(body: Value) -> Result<Delivery, Unreadable> {
    match body["type"].as_str() {
        Some("url_verification") => {
            let challenge = body["challenge"].as_str().map(str::to_owned);
            challenge.map(Delivery::Challenge).ok_or(Unreadable)
        }
        Some("event_callback") if body["event"].is_object() => Ok(Delivery::Payload(body)),
        Some("app_rate_limited") if body.get("event").is_none() => Ok(Delivery::Payload(body)),
        _ => Err(Unreadable),
    }
}

/// One field and nothing beside it. The signature is over the bytes alone: those of an event, in
/// which somebody typed such a field, must not be read as a press at this address.
fn interaction(body: &[u8]) -> Result<Delivery, Unreadable> {
    let alone = body.strip_prefix(b"payload=").is_some_and(|rest| !rest.contains(&b'&'));
    let (_, json) = form_urlencoded::parse(body).next().filter(|_| alone).ok_or(Unreadable)?;
    let payload = object(json.as_bytes())?;
    let is_one = payload["type"].as_str().is_some_and(|kind| INTERACTIONS.contains(&kind));
    if is_one && payload.get("event").is_none() { Ok(Delivery::Payload(payload)) } else { Err(Unreadable) }
}

/// Fields by plain names, each once.
fn command(body: &[u8]) -> Result<Delivery, Unreadable> {
    let mut fields = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(body) {
        let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        if !plain || name == "payload" || fields.insert(name, value).is_some() {
            return Err(Unreadable);
        }
    }
    let named = fields.get("command").is_some_and(|command| command.starts_with('/'));
    if named || fields.contains_key("ssl_check") { Ok(Delivery::Command) } else { Err(Unreadable) }
}

fn object(json: &[u8]) -> Result<Value, Unreadable> {
    serde_json::from_slice(json).ok().filter(Value::is_object).ok_or(Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_address_takes_its_own_form() {
        let (json, form) = ("application/json; charset=utf-8", "application/x-www-form-urlencoded");
        let takes = |content_type| Address::ALL.map(|address| address.takes(content_type));
        assert_eq!(takes(json), [true, false, false]);
        assert_eq!(takes(form), [false, true, true]);
        assert_eq!(takes("Application/JSON"), [true, false, false]);
        for other in ["", "text/plain", "application/jsonp", "multipart/form-data"] {
            assert_eq!(takes(other), [false; 3], "{other}");
        }
    }

    #[test]
    fn a_body_is_read_as_its_address_says() {
        use Address::{Commands, Events, Interactivity};
        let event = json!({"type": "event_callback", "event": {"type": "message"}});
        let press = json!({"type": "block_actions", "a": "b c"});
        let table: [(Address, &[u8], Result<Delivery, Unreadable>); 11] = [
            (Events, br#"{"type":"url_verification","challenge":"abc"}"#, Ok(Delivery::Challenge("abc".into()))),
            (Events, br#"{"type":"event_callback","event":{"type":"message"}}"#, Ok(Delivery::Payload(event))),
            (Events, br#"{"type":"app_rate_limited"}"#, Ok(Delivery::Payload(json!({"type": "app_rate_limited"})))),
            (
                Interactivity,
                b"payload=%7B%22type%22%3A%22block_actions%22%2C%22a%22%3A%22b+c%22%7D",
                Ok(Delivery::Payload(press)),
            ),
            (Commands, b"command=%2Funstuck&text=", Ok(Delivery::Command)),
            (Commands, b"ssl_check=1&token=a", Ok(Delivery::Command)),
            (Commands, b"text=a", Err(Unreadable)),
            (Commands, b"command=unstuck", Err(Unreadable)),
            (Commands, b"command=%2Fa&command=%2Fb", Err(Unreadable)),
            (Commands, b"command=%2Fa&payload=%7B%7D", Err(Unreadable)),
            (Commands, br#"{"type":"event_callback","text":"&command=/unstuck"}"#, Err(Unreadable)),
        ];
        for (address, body, read) in table {
            assert_eq!(address.read(body), read, "{address:?} {}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn only_an_event_is_one() {
        for body in [
            &b"[]"[..],
            b"",
            b"{}",
            b"{\"type\":\"\xff\"}",
            br#"{"type":"url_verification"}"#,
            br#"{"type":"event_callback"}"#,
            br#"{"type":"event_callback","event":"message"}"#,
            br#"{"event":{"type":"message"}}"#,
            br#"{"type":"block_actions"}"#,
            br#"{"type":"block_actions","event":{"type":"message"}}"#,
            br#"{"type":"view_submission","view":{}}"#,
            br#"{"type":"app_rate_limited","event":{}}"#,
            b"payload=%7B%22type%22%3A%22event_callback%22%2C%22event%22%3A%7B%7D%7D",
        ] {
            assert_eq!(Address::Events.read(body), Err(Unreadable), "{}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn only_one_payload_alone_is_an_interaction() {
        let press = "payload=%7B%22type%22%3A%22block_actions%22%7D";
        assert!(Address::Interactivity.read(press.as_bytes()).is_ok());
        let event = r#"{"type":"event_callback","event":{"text":"&payload=%7B%22type%22%3A%22block_actions%22%7D&"}}"#;
        for body in [
            event.to_owned(),
            format!("{press}&"),
            format!("&{press}"),
            format!("{press}&a=b"),
            format!("a=b&{press}"),
            format!("{press}&{press}"),
            format!("command=%2Fa&text=b&{press}"),
            press.replace("payload", "%70ayload"),
            press.replace("payload", "Payload"),
            press.replace("payload", "payload[]"),
            "payload=7".to_owned(),
            "payload=".to_owned(),
            "payload=%7B%7D".to_owned(),
            "payload=%7B%22type%22%3A%22event_callback%22%2C%22event%22%3A%7B%7D%7D".to_owned(),
            "payload=%7B%22type%22%3A%22block_actions%22%2C%22event%22%3A%7B%7D%7D".to_owned(),
            "payload=%7B%22type%22%3A%22url_verification%22%7D".to_owned(),
            r#"{"type":"block_actions"}"#.to_owned(),
        ] {
            assert_eq!(Address::Interactivity.read(body.as_bytes()), Err(Unreadable), "{body}");
        }
    }
}
