//! Keeps what the app sends, for those who want to check it against something else: Slack's own types, for one.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// Names the folder. One file for each shape of a payload, the first that came.
pub(crate) const VARIABLE: &str = "SANDBOX_RECORD";

/// Fields that hold any text at all: two payloads that differ in nothing else have one shape.
const FREE_TEXT: &[&str] = &[
    "text",
    "value",
    "channel",
    "ts",
    "thread_ts",
    "message_ts",
    "oldest",
    "latest",
    "cursor",
    "user",
    "users",
    "trigger_id",
    "view_id",
    "hash",
    "external_id",
    "block_id",
    "action_id",
    "callback_id",
    "private_metadata",
    "initial_value",
    "alt_text",
    "url",
    "image_url",
    "user_id",
    "channel_id",
    "name",
];

#[derive(Default)]
pub(crate) struct Recorder {
    folder: Option<PathBuf>,
    known: Mutex<BTreeSet<String>>,
}

impl Recorder {
    pub fn new(folder: Option<PathBuf>) -> Recorder {
        Recorder { folder, known: Mutex::default() }
    }

    /// `what` is a method, `response_url`, or whose acknowledgement it is. Only what Slack accepts is kept.
    pub fn keep(&self, what: &str, payload: &Value) {
        let Some(folder) = &self.folder else { return };
        let hash = Sha256::digest(format!("{what} {}", shape("", payload)));
        let digits: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let name = format!("{what}-{digits}.json");
        if !self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone())
            || folder.join(&name).exists()
        {
            return;
        }
        // Tests run in many processes: the name is one of a kind until it is whole.
        let unfinished = folder.join(format!("{}.{}", name, std::process::id()));
        let test = std::env::var("NEXTEST_TEST_NAME").unwrap_or_default();
        let file = json!({"what": what, "test": test, "payload": payload}).to_string();
        let kept = fs::create_dir_all(folder)
            .and_then(|()| fs::write(&unfinished, file))
            .and_then(|()| fs::rename(&unfinished, folder.join(&name)));
        if let Err(error) = kept {
            eprintln!("sandbox: {} could not be kept: {error}", folder.join(name).display());
        }
    }
}

/// The payload without its texts and numbers, and each kind of element of a list once: types see no more of it.
fn shape(name: &str, value: &Value) -> Value {
    match value {
        Value::String(_) if FREE_TEXT.contains(&name) => json!(""),
        Value::Number(_) => json!(0),
        Value::Array(items) => {
            let mut kinds: Vec<Value> = Vec::new();
            for kind in items.iter().map(|item| shape(name, item)) {
                if !kinds.contains(&kind) {
                    kinds.push(kind);
                }
            }
            Value::Array(kinds)
        }
        // What an event of another app is made of is nobody's business but its own.
        Value::Object(_) if name == "event_payload" => json!({}),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.clone(), shape(name, value)));
            Value::Object(fields.collect::<Map<String, Value>>())
        }
        plain => plain.clone(),
    }
}
