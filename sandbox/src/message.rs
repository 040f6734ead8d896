//! One message: as it is kept, as the API tells it, and as a person reads it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};

use crate::blocks::plain;
use crate::blocks::values::{self, Values};
use crate::interactivity::Act;

/// Seconds, a point, six digits: a key, never a number.
pub type Ts = String;

/// What `<@U…>` and `<#C…>` are called.
pub type Names = Arc<BTreeMap<String, String>>;

/// Who posts where another app does.
pub(crate) struct OtherApp {
    pub app_id: &'static str,
    pub bot_id: &'static str,
    pub user: &'static str,
}

pub(crate) const OTHER_APP: OtherApp = OtherApp { app_id: "A0OTHERAPP", bot_id: "B0OTHERAPP", user: "U0OTHERAPP" };

#[derive(Clone, Debug, Default, Serialize)]
pub struct Message {
    pub channel: String,
    pub ts: Ts,
    pub thread_ts: Option<Ts>,
    pub user: String,
    pub bot_id: Option<String>,
    pub text: String,
    pub blocks: Vec<Value>,
    pub metadata: Option<Value>,
    pub edited: Option<Ts>,
    pub deleted: bool,
    pub subtype: Option<String>,
    pub ephemeral_to: Option<String>,
    pub reply_count: usize,
    /// What is ticked, chosen or typed in the message's own elements, as Slack's client keeps it.
    pub ticks: Values,
    /// When, by the sandbox's clock; the ts may run ahead of it.
    #[serde(skip)]
    pub(crate) posted_at: i64,
    /// Another app's.
    #[serde(skip)]
    pub(crate) foreign: bool,
    #[serde(skip)]
    pub(crate) names: Names,
}

impl Message {
    /// What a person reads: the blocks line by line, or the text where there are none.
    pub fn plain(&self) -> String {
        if self.blocks.is_empty() {
            plain::mrkdwn(&self.text, &self.names)
        } else {
            plain::blocks(&self.blocks, &self.ticks, &self.names)
        }
    }

    pub fn by_bot(&self) -> bool {
        self.bot_id.is_some()
    }

    pub(crate) fn by_this_app(&self) -> bool {
        self.by_bot() && !self.foreign
    }

    /// The labels of its buttons, in order.
    pub fn buttons(&self) -> Vec<String> {
        values::elements(&self.blocks)
            .filter(|found| found.element["type"] == "button")
            .filter_map(|found| found.element["text"]["text"].as_str().map(str::to_owned))
            .collect()
    }

    /// The labels of what can be ticked in it, in order.
    pub fn boxes(&self) -> Vec<String> {
        values::elements(&self.blocks)
            .filter(|found| found.element["type"] == "checkboxes")
            .flat_map(|found| values::options(found.element))
            .filter_map(|option| option["text"]["text"].as_str().map(str::to_owned))
            .collect()
    }

    /// A press of the button with this label.
    pub fn press(&self, label: &str) -> Option<Act> {
        let found = values::elements(&self.blocks)
            .find(|found| found.element["type"] == "button" && found.element["text"]["text"] == label)?;
        Some(Act::message(&self.channel, &self.ts, found.action_id()).block(found.block_id()))
    }

    /// The act that leaves exactly these options ticked in its checkboxes (the first group that offers them all).
    pub fn tick(&self, labels: &[&str]) -> Option<Act> {
        values::elements(&self.blocks).filter(|found| found.element["type"] == "checkboxes").find_map(|found| {
            let chosen: Option<Vec<Value>> = labels.iter().map(|label| found.option(label)).collect();
            let act = Act::message(&self.channel, &self.ts, found.action_id()).block(found.block_id());
            Some(act.value(Value::Array(chosen?)))
        })
    }

    /// Choosing this label in a select, a radio group or an overflow menu.
    pub fn choose(&self, label: &str) -> Option<Act> {
        values::elements(&self.blocks).filter(|found| found.element["type"] != "checkboxes").find_map(|found| {
            let act = Act::message(&self.channel, &self.ts, found.action_id()).block(found.block_id());
            Some(act.value(found.option(label)?))
        })
    }

    pub(crate) fn is_reply(&self) -> bool {
        self.thread_ts.as_ref().is_some_and(|parent| *parent != self.ts)
    }

    /// Whether somebody has replied to it, once.
    pub(crate) fn has_thread(&self) -> bool {
        self.thread_ts.as_ref() == Some(&self.ts)
    }

    /// Whether it stands in the channel itself and not only in a thread.
    pub(crate) fn in_channel(&self) -> bool {
        !self.is_reply() || self.subtype.as_deref() == Some("thread_broadcast")
    }

    /// As the Web API and events tell it. `whole` also shows the payload of the metadata.
    pub(crate) fn json(&self, place: &Teller, whole: bool) -> Value {
        let mut told =
            json!({"type": "message", "user": self.user, "ts": self.ts, "text": self.text, "team": place.team_id});
        if let Some(bot_id) = self.bot_id.as_ref().filter(|_| self.foreign) {
            told["bot_id"] = json!(bot_id);
            told["app_id"] = json!(OTHER_APP.app_id);
        } else if let Some(bot_id) = &self.bot_id {
            told["bot_id"] = json!(bot_id);
            told["app_id"] = json!(place.app_id);
            told["bot_profile"] = json!({"id": bot_id, "app_id": place.app_id, "name": place.app_name,
                "deleted": false, "updated": 0, "team_id": place.team_id, "icons": {}});
        } else {
            told["client_msg_id"] =
                json!(format!("00000000-0000-4000-8000-{:0>12}", self.ts.replace('.', "").split_off(4)));
        }
        if !self.blocks.is_empty() {
            told["blocks"] = Value::Array(self.blocks.clone());
        }
        if let Some(subtype) = &self.subtype {
            told["subtype"] = json!(subtype);
        }
        if let Some(thread_ts) = &self.thread_ts {
            told["thread_ts"] = json!(thread_ts);
        }
        if let Some(edited) = &self.edited {
            told["edited"] = json!({"user": self.user, "ts": edited});
        }
        if let Some(metadata) = &self.metadata {
            told["metadata"] = if whole { metadata.clone() } else { json!({"event_type": metadata["event_type"]}) };
        }
        told
    }
}

/// Who tells of messages: what stands in every one of them.
pub(crate) struct Teller {
    pub team_id: String,
    pub app_id: String,
    pub app_name: String,
}
