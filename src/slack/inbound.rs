//! What Slack sends becomes a closed enum. Fields that are missing or of another kind make a payload uninteresting,
//! never an error: Slack adds to its payloads at any time. The same payloads come over sockets and over HTTP.

use crate::rules::id::{ChannelId, Ts, UserId, derive};
use serde_json::Value;
use std::collections::BTreeMap;

/// Slack's own ids have eleven characters or so.
const ID_LENGTH: usize = 64;
const SEEN_LENGTH: usize = 200;
/// The envelope of an event, and that of an interaction.
pub const EVENTS: &str = "events_api";
pub const INTERACTIVE: &str = "interactive";
/// What kinds of interaction Slack has; an event is none of them.
pub const INTERACTIONS: [&str; 11] = [
    "block_actions",
    "block_suggestion",
    "view_submission",
    "view_closed",
    "shortcut",
    "message_action",
    "interactive_message",
    "dialog_submission",
    "dialog_cancellation",
    "dialog_suggestion",
    "workflow_step_edit",
];

mod event;
mod interaction;
mod plain;
mod whose;

#[cfg(test)]
mod tests;

pub use plain::plain;
pub use whose::{Foreign, Ours, Whose};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbound {
    /// What tells a second delivery of it: its event id, else its trigger id, else its envelope id.
    pub seen: String,
    pub whose: Whose,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A person's direct message to us. Texts are as the person typed them.
    Typed {
        user: UserId,
        channel: ChannelId,
        ts: Ts,
        thread_ts: Option<Ts>,
        text: String,
    },
    Edited {
        user: Option<UserId>,
        channel: ChannelId,
        ts: Ts,
        text: String,
        edited_ts: Ts,
    },
    Deleted {
        /// Who had written it.
        user: Option<UserId>,
        channel: ChannelId,
        ts: Ts,
    },
    Pressed(Box<Press>),
    Submitted(Submission),
    Closed,
    PersonChanged {
        user: UserId,
        name: String,
        zone: String,
        deleted: bool,
    },
    LeftChannel {
        user: UserId,
        channel: ChannelId,
    },
    ChannelArchived {
        channel: ChannelId,
    },
    Uninstalled,
    TokensRevoked {
        bots: Vec<UserId>,
    },
    /// Why it does not concern us.
    Ignored(&'static str),
}

impl What {
    /// The person in whose name it comes to act; None where nobody does.
    pub fn sender(&self) -> Option<&UserId> {
        match self {
            What::Typed { user, .. } => Some(user),
            What::Pressed(press) => Some(&press.user),
            What::Submitted(sent) => Some(&sent.user),
            _ => None,
        }
    }

    /// Whoever makes work with it.
    pub fn acts(&self) -> Option<&UserId> {
        self.sender().or(self.written().map(|(who, _)| who))
    }

    /// Of what was written to us, changed or taken back: who had written it, and when.
    pub fn written(&self) -> Option<(&UserId, &Ts)> {
        match self {
            What::Typed { user, ts, .. } => Some((user, ts)),
            What::Edited { user, ts, .. } | What::Deleted { user, ts, .. } => Some((user.as_ref()?, ts)),
            _ => None,
        }
    }
}

/// An element of a message or of a form was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Press {
    pub user: UserId,
    pub action_id: String,
    pub block_id: String,
    /// A button's value, or the one choice of a menu.
    pub value: String,
    /// All that is chosen now, where several can be.
    pub selected: Vec<String>,
    pub action_ts: Ts,
    pub trigger_id: String,
    pub response_url: Option<String>,
    pub channel: Option<ChannelId>,
    pub message_ts: Option<Ts>,
    pub thread_ts: Option<Ts>,
    pub view: Option<View>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    pub user: UserId,
    pub view: View,
}

/// A modal, with what is filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub id: String,
    pub hash: String,
    pub callback_id: String,
    pub private_metadata: String,
    /// By block id and action id.
    pub values: BTreeMap<(String, String), Input>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    Text(String),
    Choice(Option<String>),
    Choices(Vec<String>),
    Person(Option<UserId>),
}

impl View {
    /// The blocks that hold an input, in the order of their ids.
    pub fn block_ids(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(|(block_id, _)| block_id.as_str())
    }

    /// Whether there is such a field at all.
    pub fn has(&self, block_id: &str, action_id: &str) -> bool {
        self.input(block_id, action_id).is_some()
    }

    /// What is typed into a field; empty when there is no such field.
    pub fn text(&self, block_id: &str, action_id: &str) -> &str {
        match self.input(block_id, action_id) {
            Some(Input::Text(text)) => text,
            _ => "",
        }
    }

    pub fn choice(&self, block_id: &str, action_id: &str) -> Option<&str> {
        match self.input(block_id, action_id) {
            Some(Input::Choice(choice)) => choice.as_deref(),
            _ => None,
        }
    }

    pub fn choices(&self, block_id: &str, action_id: &str) -> &[String] {
        match self.input(block_id, action_id) {
            Some(Input::Choices(choices)) => choices,
            _ => &[],
        }
    }

    pub fn person(&self, block_id: &str, action_id: &str) -> Option<&UserId> {
        match self.input(block_id, action_id) {
            Some(Input::Person(person)) => person.as_ref(),
            _ => None,
        }
    }

    fn input(&self, block_id: &str, action_id: &str) -> Option<&Input> {
        self.values.get(&(block_id.to_owned(), action_id.to_owned()))
    }
}

/// Reads an envelope of Socket Mode, or a bare payload as HTTP brings it. `bot` is our own user.
pub fn read(received: &Value, bot: &UserId) -> Inbound {
    match without_nul(received) {
        Some(clean) => read_clean(&clean, bot),
        None => read_clean(received, bot),
    }
}

/// PostgreSQL keeps no NUL in a text, and nobody types one: None where there is none.
fn without_nul(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) => text.contains('\0').then(|| Value::String(text.replace('\0', ""))),
        Value::Array(items) => {
            let clean: Vec<Option<Value>> = items.iter().map(without_nul).collect();
            let any = clean.iter().any(Option::is_some);
            any.then(|| {
                clean.into_iter().zip(items).map(|(clean, item)| clean.unwrap_or_else(|| item.clone())).collect()
            })
        }
        Value::Object(fields) => {
            let clean: Vec<Option<Value>> = fields.values().map(without_nul).collect();
            let any = clean.iter().any(Option::is_some) || fields.keys().any(|key| key.contains('\0'));
            let named = |((key, value), clean): ((&String, &Value), Option<Value>)| {
                (key.replace('\0', ""), clean.unwrap_or_else(|| value.clone()))
            };
            any.then(|| Value::Object(fields.iter().zip(clean).map(named).collect()))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn read_clean(received: &Value, bot: &UserId) -> Inbound {
    let envelope_id = text(received, "/envelope_id");
    let (kind, payload) = match received.get("payload").filter(|payload| payload.is_object()) {
        Some(payload) => (text(received, "/type"), payload),
        None => ("", received),
    };
    let seen = [text(payload, "/event_id"), text(payload, "/trigger_id"), envelope_id];
    Inbound {
        seen: short(seen.into_iter().find(|id| !id.is_empty()).unwrap_or("")),
        whose: whose::read(payload),
        what: what(kind, payload, bot),
    }
}

/// An event is taken only where events come, and an interaction where interactions do: what is
/// signed as the one must not be read as the other. `kind` is the envelope's; a bare payload has
/// none.
fn what(kind: &str, payload: &Value, bot: &UserId) -> What {
    let (events, interactions) = (matches!(kind, "" | EVENTS), matches!(kind, "" | INTERACTIVE));
    let own = text(payload, "/type");
    match (payload.get("event"), own) {
        (Some(event), _) if events && event.is_object() && !INTERACTIONS.contains(&own) => event::read(event, bot),
        (Some(_), _) => What::Ignored("neither an event nor an interaction"),
        (None, "block_actions") if interactions => interaction::pressed(payload),
        (None, "view_submission") if interactions => interaction::submitted(payload),
        (None, "view_closed") if interactions => What::Closed,
        (None, "") => What::Ignored("no payload of Slack's"),
        (None, _) => What::Ignored("another kind of payload"),
    }
}

/// The text at a place, empty when it is missing, null or something else.
fn text<'a>(value: &'a Value, place: &str) -> &'a str {
    value.pointer(place).and_then(Value::as_str).unwrap_or("")
}

/// The first of these places that holds a text.
fn first<'a>(value: &'a Value, places: &[&str]) -> &'a str {
    places.iter().map(|place| text(value, place)).find(|text| !text.is_empty()).unwrap_or("")
}

fn is_true(value: &Value, place: &str) -> bool {
    value.pointer(place).and_then(Value::as_bool).unwrap_or(false)
}

fn some<T: for<'a> From<&'a str>>(text: &str) -> Option<T> {
    (!text.is_empty()).then(|| T::from(text))
}

/// An id of Slack's: a few letters and digits. What is none is as good as missing.
fn id<T: for<'a> From<&'a str>>(text: &str) -> Option<T> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    (text.len() <= ID_LENGTH && text.chars().all(plain)).then(|| some(text)).flatten()
}

/// What tells a payload, in a length that a key of a table may have.
fn short(text: &str) -> String {
    if text.len() <= SEEN_LENGTH { text.to_owned() } else { derive("seen", &[text]) }
}

/// Slack's time, when it is one: digits, a point, digits.
fn time(value: &Value, places: &[&str]) -> Option<Ts> {
    let found = first(value, places);
    let (seconds, rest) = found.split_once('.').unwrap_or((found, "0"));
    let digits = |text: &str| !text.is_empty() && text.len() <= 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(seconds) && digits(rest)).then(|| Ts::from(found))
}

/// Texts of a list, each found at a place within its item.
fn texts(value: &Value, list: &str, place: &str) -> Vec<String> {
    let items = value.pointer(list).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    items.iter().map(|item| text(item, place)).filter(|text| !text.is_empty()).map(str::to_owned).collect()
}
