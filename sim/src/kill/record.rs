//! The sandbox's ledger, read as it grows: what was posted under which key, and which answers Slack saw acknowledged.

use std::collections::{BTreeMap, BTreeSet};

use sandbox::{Entry, Kind};
use serde_json::Value;

use super::figures::Figures;
use super::people::{ANSWER, OUTCOME, unique_words};
use super::place::BOT;

/// A post of ours that Slack recorded, answered or not. A program that was killed meanwhile took its call's arguments with it; then
/// the key is read off the message.
#[derive(Clone, Debug)]
pub struct Post {
    pub at: i64,
    pub channel: String,
    pub ts: String,
}

#[derive(Default)]
pub struct Record {
    next_seq: u64,
    pub posts: Vec<Post>,
    /// What the calls said of their keys, by channel and ts.
    pub keys: BTreeMap<(String, String), String>,
    /// Who gave an answer that was acknowledged, and its unique word.
    pub answers: BTreeSet<(String, String)>,
    /// What unstuck somebody, acknowledged.
    pub outcomes: BTreeSet<String>,
    /// Envelopes under way: who, and the unique words in them.
    waiting: BTreeMap<String, Vec<Said>>,
}

enum Said {
    Answer(String, String),
    Outcome(String),
}

impl Record {
    pub fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// A new day: what was found stays found.
    pub fn begin_day(&mut self) {
        self.posts.clear();
        self.keys.clear();
        self.answers.clear();
        self.outcomes.clear();
    }

    pub fn read(&mut self, entries: &[Entry], figures: &mut Figures) {
        for entry in entries {
            self.next_seq = entry.seq + 1;
            self.entry(entry, figures);
        }
    }

    fn entry(&mut self, entry: &Entry, figures: &mut Figures) {
        match &entry.kind {
            Kind::Called { method, args, status, answer } => {
                figures.faults += u64::from(*status != 200 || answer["ok"] != true);
                match (method.as_str(), answer["ok"] == true) {
                    ("chat.postMessage", true) => self.called(args, answer),
                    ("conversations.history" | "conversations.replies", _) => figures.looks += 1,
                    _ => {}
                }
            }
            Kind::Posted { channel, ts, user, .. } if user == BOT => {
                figures.posts += 1;
                self.posts.push(Post { at: entry.at, channel: channel.clone(), ts: ts.clone() });
            }
            Kind::Edited { user, .. } if user == BOT => figures.edits += 1,
            Kind::Delivered { envelope_id, payload, .. } => {
                let said = said(payload);
                if !said.is_empty() {
                    self.waiting.insert(envelope_id.clone(), said);
                }
            }
            Kind::Acked { envelope_id, payload } => {
                figures.acks += 1;
                let said = self.waiting.remove(envelope_id).unwrap_or_default();
                // An acknowledgement with errors in it took nothing.
                if payload.is_none() {
                    said.into_iter().for_each(|said| self.took(said));
                }
            }
            Kind::Unacked { .. } => figures.unacked += 1,
            _ => {}
        }
    }

    fn called(&mut self, args: &Value, answer: &Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let place = (text(&answer["channel"]), text(&answer["ts"]));
        self.keys.insert(place, text(&args["metadata"]["event_payload"]["key"]));
    }

    fn took(&mut self, said: Said) {
        match said {
            Said::Answer(who, word) => drop(self.answers.insert((who, word))),
            Said::Outcome(word) => drop(self.outcomes.insert(word)),
        }
    }
}

/// The unique words in what a person typed or sent.
fn said(payload: &Value) -> Vec<Said> {
    let event = &payload["event"];
    let (who, text) = if event["type"] == "message" && event["subtype"].is_null() && event["bot_id"].is_null() {
        (&event["user"], event["text"].as_str().unwrap_or_default().to_owned())
    } else if payload["type"] == "view_submission" {
        (&payload["user"]["id"], payload["view"]["state"]["values"].to_string())
    } else {
        return Vec::new();
    };
    let who = who.as_str().unwrap_or_default();
    let answers = unique_words(&text, ANSWER).map(|word| Said::Answer(who.to_owned(), word.to_owned()));
    let outcomes = unique_words(&text, OUTCOME).map(|word| Said::Outcome(word.to_owned()));
    answers.chain(outcomes).collect()
}
