//! The look for a message of ours in a conversation, page by page. What cannot be read whole is never called an absence.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{EVENT_TYPE, Result, Slack};
use crate::rules::id::Ts;

/// A look reads so many pages at most before it is given up as incomplete.
const PAGES: usize = 20;
const PAGE: &str = "100";

/// A message of ours in Slack's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub ts: Ts,
    pub hash: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Looked {
    /// Oldest first.
    Found(Vec<Found>),
    /// Not there, and everything was read.
    Absent,
    /// Not among what could be read.
    Incomplete,
}

impl Slack {
    /// Looks for a message of ours by its key, among all that was posted since; `latest`: up to then.
    pub async fn find(
        &self,
        channel: &str,
        thread_ts: Option<&Ts>,
        key: &str,
        oldest: &Ts,
        latest: Option<&Ts>,
    ) -> Result<Looked> {
        let method = if thread_ts.is_some() { "conversations.replies" } else { "conversations.history" };
        let (mut found, mut cursor) = (Vec::new(), String::new());
        for _ in 0..PAGES {
            let args = [
                ("channel", Some(channel)),
                ("ts", thread_ts.map(Ts::as_str)),
                ("oldest", Some(oldest.as_str())),
                ("latest", latest.map(Ts::as_str)),
                ("inclusive", Some("true")),
                ("include_all_metadata", Some("true")),
                ("limit", Some(PAGE)),
                ("cursor", Some(cursor.as_str()).filter(|cursor| !cursor.is_empty())),
            ];
            let page: Page = self.get(method, &args).await?;
            found.extend(page.messages.iter().filter_map(|message| ours(message, key)));
            match page.next() {
                Next::Cursor(next) => cursor = next,
                Next::End if found.is_empty() => return Ok(Looked::Absent),
                Next::End => return Ok(oldest_first(found)),
                Next::Unknown => break,
            }
        }
        // What was found is found; only an absence needs the whole history.
        Ok(if found.is_empty() { Looked::Incomplete } else { oldest_first(found) })
    }
}

/// One page of a conversation. Messages stay raw: another app's metadata may have any shape.
#[derive(Debug, Serialize, Deserialize)]
struct Page {
    #[serde(default)]
    messages: Vec<Value>,
    #[serde(default)]
    has_more: bool,
    #[serde(default)]
    response_metadata: Option<PageMetadata>,
}

#[derive(Debug, Serialize, Deserialize)]
struct PageMetadata {
    #[serde(default)]
    next_cursor: String,
}

enum Next {
    Cursor(String),
    End,
    /// There is more and no way to read it.
    Unknown,
}

impl Page {
    fn next(self) -> Next {
        match self.response_metadata.map(|metadata| metadata.next_cursor).filter(|cursor| !cursor.is_empty()) {
            Some(cursor) => Next::Cursor(cursor),
            None if self.has_more => Next::Unknown,
            None => Next::End,
        }
    }
}

fn ours(message: &Value, key: &str) -> Option<Found> {
    let metadata = &message["metadata"];
    let payload = &metadata["event_payload"];
    if metadata["event_type"] != EVENT_TYPE || payload["key"] != key {
        return None;
    }
    let hash = payload["hash"].as_str().unwrap_or_default().to_owned();
    Some(Found { ts: Ts::from(message["ts"].as_str()?), hash })
}

fn oldest_first(mut found: Vec<Found>) -> Looked {
    found.sort_by(|one, other| one.ts.cmp(&other.ts));
    found.dedup();
    Looked::Found(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_page_with_other_apps_metadata_is_read() {
        let page: Page = serde_json::from_value(json!({"ok": true, "has_more": false, "messages": [
            {"ts": "3.0", "metadata": {"event_type": "other", "event_payload": {"key": {"nested": [1]}}}, "blocks": [{"type": "new"}]},
            {"ts": "2.0", "metadata": {"event_type": EVENT_TYPE, "event_payload": {"key": "k", "hash": "h"}}},
            {"ts": "1.0"},
        ]}))
        .expect("a page");
        let found: Vec<Found> = page.messages.iter().filter_map(|message| ours(message, "k")).collect();
        assert_eq!(found, [Found { ts: Ts::from("2.0"), hash: "h".into() }]);
        assert!(matches!(page.next(), Next::End));
    }
}
