//! What Slack posts to us over HTTP, once its signature is verified: three addresses, each with a form of its own.

use serde_json::Value;
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
            Address::Interactivity => Ok(Delivery::Payload(object(field(body, "payload")?.as_bytes())?)),
            Address::Commands => field(body, "command").or(field(body, "ssl_check")).map(|_| Delivery::Command),
        }
    }
}

fn event(body: Value) -> Result<Delivery, Unreadable> {
    if body["type"] != "url_verification" {
        return Ok(Delivery::Payload(body));
    }
    body["challenge"].as_str().map(|challenge| Delivery::Challenge(challenge.to_owned())).ok_or(Unreadable)
}

fn object(json: &[u8]) -> Result<Value, Unreadable> {
    serde_json::from_slice(json).ok().filter(Value::is_object).ok_or(Unreadable)
}

fn field(form: &[u8], name: &str) -> Result<String, Unreadable> {
    let found = form_urlencoded::parse(form).find(|(key, _)| key == name);
    found.map(|(_, value)| value.into_owned()).ok_or(Unreadable)
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
        let table: [(Address, &[u8], Result<Delivery, Unreadable>); 12] = [
            (Events, br#"{"type":"url_verification","challenge":"abc"}"#, Ok(Delivery::Challenge("abc".into()))),
            (Events, br#"{"type":"url_verification"}"#, Err(Unreadable)),
            (Events, br#"{"type":"new"}"#, Ok(Delivery::Payload(json!({"type": "new"})))),
            (Events, b"[]", Err(Unreadable)),
            (Events, b"", Err(Unreadable)),
            (Events, b"{\"type\":\"\xff\"}", Err(Unreadable)),
            (Interactivity, b"payload=%7B%22a%22%3A%22b+c%22%7D", Ok(Delivery::Payload(json!({"a": "b c"})))),
            (Interactivity, b"payload=7", Err(Unreadable)),
            (Interactivity, br#"{"type":"block_actions"}"#, Err(Unreadable)),
            (Commands, b"command=%2Funstuck&text=", Ok(Delivery::Command)),
            (Commands, b"ssl_check=1&token=a", Ok(Delivery::Command)),
            (Commands, b"text=a", Err(Unreadable)),
        ];
        for (address, body, read) in table {
            assert_eq!(address.read(body), read, "{address:?} {}", String::from_utf8_lossy(body));
        }
    }
}
