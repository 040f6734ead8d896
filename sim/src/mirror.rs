//! What stands in Slack by the ledger alone: which of the bot's messages live, and how often each key was ever posted.

use std::collections::BTreeMap;

use sandbox::{Entry, Kind};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// A message of the bot as it stands now.
#[derive(Clone, Debug)]
pub struct Live {
    pub key: String,
    pub channel: String,
    pub ts: String,
    pub thread_ts: Option<String>,
    /// Text and blocks as they were sent.
    pub shown: String,
    pub hash: String,
    pub posted_at: i64,
    pub pressable: bool,
}

/// One post that Slack took.
#[derive(Clone, Debug)]
pub struct Post {
    pub key: String,
    pub channel: String,
    pub at: i64,
}

#[derive(Default)]
pub struct Mirror {
    /// By channel and ts.
    pub live: BTreeMap<(String, String), Live>,
    /// Every post since the last judgement.
    pub fresh: Vec<Post>,
    /// How often each key was posted.
    pub times: BTreeMap<String, u32>,
    pub seq: u64,
    pub calls: u64,
    pub messages: u64,
    hash: Sha256,
}

impl Mirror {
    /// Takes in what the ledger has gained.
    pub fn read(&mut self, entries: &[Entry], host: &str) {
        for entry in entries {
            self.seq = entry.seq + 1;
            let line = serde_json::to_string(entry).unwrap_or_default().replace(host, "HOST");
            self.hash.update(line.as_bytes());
            match &entry.kind {
                Kind::Called { method, args, answer, .. } => {
                    self.calls += 1;
                    self.called(entry.at, method, args, answer);
                }
                Kind::ExecutedLate { method, args, answer } => self.called(entry.at, method, args, answer),
                Kind::Deleted { channel, ts, .. } => drop(self.live.remove(&(channel.clone(), ts.clone()))),
                _ => {}
            }
        }
    }

    /// Tells one ledger from another.
    pub fn hash(&self) -> String {
        self.hash.clone().finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    fn called(&mut self, at: i64, method: &str, args: &Value, answer: &Value) {
        if answer["ok"] != true {
            return;
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (channel, ts) = (text(&answer["channel"]), text(&answer["ts"]));
        let payload = &args["metadata"]["event_payload"];
        let blocks = args["blocks"].to_string();
        let shown = format!("{} {blocks}", text(&args["text"]));
        let pressable = blocks.contains("\"action_id\"");
        match method {
            "chat.postMessage" => {
                let key = text(&payload["key"]);
                *self.times.entry(key.clone()).or_default() += 1;
                self.messages += 1;
                self.fresh.push(Post { key: key.clone(), channel: channel.clone(), at });
                let thread_ts = args["thread_ts"].as_str().map(str::to_owned);
                let hash = text(&payload["hash"]);
                let place = (channel.clone(), ts.clone());
                let live = Live { key, channel, ts, thread_ts, shown, hash, posted_at: at, pressable };
                self.live.insert(place, live);
            }
            "chat.update" => {
                if let Some(live) = self.live.get_mut(&(channel, ts)) {
                    (live.shown, live.pressable) = (shown, pressable);
                    live.hash = text(&payload["hash"]);
                }
            }
            _ => {}
        }
    }

    /// Living messages in a channel since an instant, newest first.
    pub fn recent<'a>(&'a self, channel: &'a str, since: i64) -> impl Iterator<Item = &'a Live> {
        let from = (channel.to_owned(), format!("{:010}", since / 1000));
        let found = self.live.range(from..).take_while(move |((place, _), _)| place == channel);
        found.map(|(_, live)| live).collect::<Vec<_>>().into_iter().rev()
    }
}

/// A line of the ledger for people.
pub fn line(entry: &Entry, zone: &str) -> String {
    let at = jiff::Timestamp::from_millisecond(entry.at).unwrap_or_default().in_tz(zone);
    let at = at.map_or_else(|_| entry.at.to_string(), |at| at.strftime("%a %d %b %H:%M:%S.%3f %Z").to_string());
    let what = match &entry.kind {
        Kind::Called { method, args, status, answer } => {
            let key = args["metadata"]["event_payload"]["key"].as_str().unwrap_or_default();
            let outcome = match (&answer["ok"], &answer["error"]) {
                (Value::Bool(true), _) => format!("ok {}", answer["ts"].as_str().unwrap_or_default()),
                (_, Value::String(error)) => error.clone(),
                _ => "nothing done".to_owned(),
            };
            let place = args["channel"].as_str().unwrap_or_default();
            format!("bot     {method} {place} {key} -> {status} {outcome}")
        }
        Kind::ExecutedLate { method, args, answer } => {
            let key = args["metadata"]["event_payload"]["key"].as_str().unwrap_or_default();
            format!("slack   executes late {method} {key} -> {}", answer["ts"].as_str().unwrap_or_default())
        }
        Kind::Posted { channel, ts, user, text, .. } => format!("{user} posts {channel} {ts}: {}", head(text)),
        Kind::Edited { channel, ts, user, text } => format!("{user} edits {channel} {ts}: {}", head(text)),
        Kind::Deleted { channel, ts, user } => format!("{user} deletes {channel} {ts}"),
        Kind::Delivered { event_id, attempt, payload, .. } => {
            let kind = payload["type"].as_str().unwrap_or_default();
            let what = payload["event"]["type"].as_str().unwrap_or_default();
            format!("slack   delivers {kind} {what} {} attempt {attempt}", event_id.as_deref().unwrap_or_default())
        }
        Kind::Acted { user, actions } => {
            let action = &actions[0];
            let text = |name: &str| action[name].as_str().unwrap_or_default().to_owned();
            format!("{user} presses {} {}", text("action_id"), text("value"))
        }
        other => head(&format!("{other:?}")),
    };
    format!("{at} {what}")
}

fn head(text: &str) -> String {
    text.chars().take(110).map(|letter| if letter == '\n' { '/' } else { letter }).collect()
}
