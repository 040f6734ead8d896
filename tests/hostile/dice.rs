//! A seeded source of bad input: the same number, the same input.

use crate::world::World;
use sandbox::Kind;
use serde_json::{Map, Value, json};

pub struct Dice(u64);

/// Real payloads of Slack's, as `tests/payloads` has them, with their masked values filled in.
pub fn samples() -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/payloads");
    let files = std::fs::read_dir(folder).expect("the payloads").map(|file| file.expect("a file").path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|kind| kind == "json")).collect();
    files.sort();
    let parse = |path: &std::path::PathBuf| {
        let text = std::fs::read_to_string(path).expect("text");
        filled(serde_json::from_str(&text).expect("JSON"), "")
    };
    let bare: Vec<Value> = files.iter().map(parse).collect();
    let wrap = |payload: &Value| json!({"envelope_id": "e1", "type": "events_api", "payload": payload});
    bare.iter().map(wrap).chain(bare.iter().cloned()).collect()
}

/// The published samples have empty texts: filled in by the names of their fields, so that the readers come further.
fn filled(value: Value, name: &str) -> Value {
    match value {
        Value::String(text) if text.is_empty() => Value::from(match name {
            "ts" | "message_ts" | "action_ts" | "event_ts" | "deleted_ts" => "1779098400.000100",
            "user" | "id" => "U0ANA",
            "channel" | "channel_id" => "D0ANA",
            "channel_type" => "im",
            "event_id" | "trigger_id" => "Ev1",
            "action_id" => "size_more",
            "value" | "private_metadata" => "c1 1779098400.000100 0",
            "callback_id" => "form",
            "text" => "stuck: the refund tool says 403",
            _ => "",
        }),
        Value::Array(items) => items.into_iter().map(|item| filled(item, name)).collect(),
        Value::Object(fields) => {
            let own = |(key, value): (String, Value)| (key.clone(), filled(value, &key));
            let mut fields: Map<String, Value> = fields.into_iter().map(own).collect();
            for of_apps in ["bot_id", "app_id", "bot_profile", "subtype"] {
                fields.remove(of_apps);
            }
            Value::Object(fields)
        }
        other => other,
    }
}

/// What the sandbox itself delivered to this bot, and presses of everything that stands in Ana's direct message.
pub fn live(world: &World) -> Vec<Value> {
    let delivered = world.slack.ledger().into_iter().filter_map(|entry| match entry.kind {
        Kind::Delivered { payload, .. } => Some(payload),
        _ => None,
    });
    let mut found: Vec<Value> = delivered.collect();
    for message in world.everything("U0ANA", &world.dm("U0ANA")) {
        for block in &message.blocks {
            for element in block["elements"].as_array().into_iter().flatten() {
                found.push(json!({
                    "type": "block_actions", "team": {"id": "T0TEST"}, "user": {"id": "U0ANA"}, "trigger_id": "t1",
                    "channel": {"id": message.channel},
                    "container": {"message_ts": message.ts},
                    "actions": [{"action_id": element["action_id"], "block_id": block["block_id"],
                                 "value": element["value"], "action_ts": "1779098400.000100"}],
                }));
            }
        }
    }
    found.push(json!({"type": "event_callback", "team_id": "T0TEST", "api_app_id": "A0APP", "event_id": "Ev2",
        "event": {"type": "message", "channel_type": "im", "user": "U0ANA", "channel": world.dm("U0ANA"), "ts": "1779098401.000100", "text": "a plan"}}));
    found
}

const PIECES: [&str; 44] = [
    "",
    " ",
    "\n",
    "\r\n",
    "- ",
    "• ",
    "1. ",
    "stuck: ",
    "I'm stuck on",
    "nothing stuck",
    "none",
    "n/a",
    "👍",
    "👩‍👩‍👧‍👦",
    "<!channel>",
    "<!here|here>",
    "<@U0JESS>",
    "<@",
    "<",
    ">",
    "<#C0SUPPORT|",
    "<https://a.example|b>",
    "<!date^1^{time}|x>",
    "<!subteam^S1>",
    "&amp;",
    "&amp;lt;",
    "&",
    "\u{202e}",
    "\u{200b}\u{200d}\u{feff}",
    "שלום عالم",
    "e\u{301}\u{301}\u{301}",
    "\u{0}",
    "\u{10ffff}",
    "\u{fffd}",
    ":tada:",
    "::",
    "*_~`",
    "```",
    "%00%ff",
    "'; drop table message; --",
    "\\u0000",
    "{{{{",
    "9223372036854775808",
    "-1",
];

const WORDS: [&str; 26] = [
    "form",
    "resolve",
    "answer",
    "escalate",
    "take",
    "tick",
    "size_minute",
    "its_stuck",
    "never_mind",
    "mark:",
    "mark:p1",
    "stuck:new1:what",
    "stuck:new1:size",
    "stuck:s1.00000000:what",
    "stuck:new99999999999999999999:help",
    "stuck::",
    "unstuck:p1",
    "priorities",
    "last_text",
    "outcome",
    "U0ANA",
    "C0SUPPORT",
    "c1 18446744073709551615 a:b,c:d",
    "c1 1 p1:0,p2:1",
    "is_archived",
    "done",
];

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, most: u64) -> u64 {
        self.next() % most.max(1)
    }

    fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len() as u64) as usize]
    }

    pub fn word(&mut self) -> String {
        if self.below(3) == 0 { self.text().chars().take(40).collect() } else { self.one(&WORDS).to_owned() }
    }

    /// Mostly short, now and then 40,000 characters.
    pub fn text(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..self.below(9) {
            match self.below(12) {
                0 => text.extend(char::from_u32(self.below(0x11_0000) as u32)),
                1 => text.push_str("parcel lost"),
                _ => text.push_str(self.one(&PIECES)),
            }
        }
        if self.below(400) == 0 {
            let piece = if text.is_empty() { "a" } else { &text };
            return piece.repeat(40_000 / piece.len().max(1)).chars().take(40_000).collect();
        }
        text
    }

    fn json(&mut self, depth: u64) -> Value {
        match self.below(if depth == 0 { 6 } else { 9 }) {
            0 => Value::Null,
            1 => Value::Bool(self.below(2) == 0),
            2 => json!(self.next() as i64),
            3 => json!(f64::from_bits(self.next())),
            4 => Value::from(self.word()),
            5 => Value::from(self.text()),
            6 | 7 => (0..self.below(4)).map(|_| self.json(depth - 1)).collect(),
            _ => Value::Object((0..self.below(4)).map(|_| (self.word(), self.json(depth - 1))).collect()),
        }
    }

    /// A real payload with some of its values changed, taken away, doubled or moved.
    pub fn mutated(&mut self, samples: &[Value]) -> Value {
        if self.below(20) == 0 {
            return self.json(6);
        }
        let mut value = samples[self.below(samples.len() as u64) as usize].clone();
        let chance = 4 + self.below(120);
        self.change(&mut value, chance, 0);
        value
    }

    fn change(&mut self, value: &mut Value, chance: u64, depth: usize) {
        if depth > 1 && self.below(chance) == 0 {
            *value = self.json(3);
            return;
        }
        match value {
            Value::Array(items) => {
                if self.below(chance) == 0 {
                    items.extend(items.clone());
                }
                items.iter_mut().for_each(|item| self.change(item, chance, depth + 1));
            }
            Value::Object(fields) => {
                let keys: Vec<String> = fields.keys().cloned().collect();
                for key in keys {
                    match self.below(chance * 4) {
                        0 => drop(fields.remove(&key)),
                        1 => drop(fields.insert(self.word(), json!({}))),
                        _ => {}
                    }
                }
                fields.values_mut().for_each(|inner| self.change(inner, chance, depth + 1));
            }
            Value::String(text) if self.below(chance) == 0 => *text = self.text(),
            _ => {}
        }
    }

    /// The bytes of a payload, some of them changed, and the whole sometimes as a form field.
    pub fn broken(&mut self, samples: &[Value]) -> Vec<u8> {
        let text = self.mutated(samples).to_string();
        let mut bytes = match self.below(4) {
            0 => {
                url::form_urlencoded::Serializer::new(String::new()).append_pair("payload", &text).finish().into_bytes()
            }
            _ => text.into_bytes(),
        };
        for _ in 0..self.below(5) {
            let at = self.below(bytes.len() as u64 + 1) as usize;
            match self.below(4) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, self.next() as u8),
                2 if at < bytes.len() => bytes[at] = self.next() as u8,
                _ => bytes.splice(at..at, br#"\ud800"#.iter().copied()).for_each(drop),
            }
        }
        bytes
    }

    /// A submitted form with any blocks and any values.
    pub fn form(&mut self) -> Value {
        let mut values = Map::new();
        for _ in 0..self.below(8) {
            let kind = ["plain_text_input", "radio_buttons", "users_select", "checkboxes", "datepicker", "unknown"];
            let kind = self.one(&kind).to_owned();
            let input = match self.below(4) {
                0 => self.json(3),
                _ => json!({"type": kind, "value": self.text(), "selected_user": self.word(),
                            "selected_option": {"value": self.word()}, "selected_options": [{"value": self.word()}]}),
            };
            values.insert(self.word(), json!({"input": input}));
        }
        json!({"type": "view_submission", "user": {"id": "U0ANA"}, "trigger_id": self.word(), "view": {
            "id": self.word(), "hash": self.word(), "callback_id": self.word(), "private_metadata": self.word(),
            "state": {"values": values}}})
    }

    /// A text with some of its letters and lines changed.
    pub fn scribbled(&mut self, text: &str) -> String {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        for _ in 0..1 + self.below(4) {
            let at = self.below(lines.len() as u64) as usize;
            match self.below(6) {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, self.text()),
                2 => lines.insert(at, lines[at].clone()),
                3 => {
                    let from = self.text();
                    lines[at] = lines[at].split(" = ").next().unwrap_or_default().to_owned() + " = " + &from;
                }
                4 => {
                    lines[at] = lines[at].split(" = ").next().unwrap_or_default().to_owned()
                        + " = "
                        + &format!("{:?}", self.text())
                }
                _ => {
                    let number = self.next() as i64;
                    lines[at] = lines[at].split(" = ").next().unwrap_or_default().to_owned() + &format!(" = {number}");
                }
            }
            if lines.is_empty() {
                lines.push(String::new());
            }
        }
        lines.join("\n")
    }
}
