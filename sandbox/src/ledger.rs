//! The record of all that happened, in order, never changed afterwards.

use serde::Serialize;
use serde_json::Value;

#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    pub seq: u64,
    /// The sandbox's clock, UTC milliseconds.
    pub at: i64,
    pub kind: Kind,
}

#[derive(Clone, Debug, Serialize)]
pub enum Kind {
    /// An API call and what it was answered. `args` never hold the token. A status of 0 is a connection that was cut
    /// or an answer that never came.
    Called {
        method: String,
        args: Value,
        status: u16,
        answer: Value,
    },
    /// A call whose client was cut off or refused took effect now, and this is what nobody was answered.
    ExecutedLate {
        method: String,
        args: Value,
        answer: Value,
    },
    Posted {
        channel: String,
        ts: String,
        thread_ts: Option<String>,
        user: String,
        text: String,
    },
    Edited {
        channel: String,
        ts: String,
        user: String,
        text: String,
    },
    Deleted {
        channel: String,
        ts: String,
        user: String,
    },
    /// Somebody's device rang. `why` is `dm`, `mention`, `here`, `channel`, `everyone` or `group`.
    Notified {
        user: String,
        channel: String,
        ts: String,
        why: String,
    },
    Ephemeral {
        channel: String,
        ts: String,
        user: String,
        text: String,
    },
    /// An envelope was put on a connection. `event_id` only for events.
    Delivered {
        envelope_id: String,
        event_id: Option<String>,
        connection: u64,
        attempt: u32,
        payload: Value,
    },
    Acked {
        envelope_id: String,
        payload: Option<Value>,
    },
    /// Three seconds went by, or no socket was there to take it.
    Unacked {
        envelope_id: Option<String>,
        event_id: Option<String>,
    },
    /// An event was not acknowledged after all its retries.
    Lost {
        event_id: String,
    },
    Acted {
        user: String,
        actions: Value,
    },
    ViewOpened {
        user: String,
        view_id: String,
    },
    ViewUpdated {
        user: String,
        view_id: String,
    },
    ViewClosed {
        user: String,
        view_id: String,
    },
    Submitted {
        user: String,
        view_id: String,
        values: Value,
    },
    /// A post to a response_url.
    Responded {
        url: String,
        body: Value,
        status: u16,
    },
    /// A person tried what Slack does not let them do, or was shown a warning.
    Refused {
        user: String,
        what: String,
        why: String,
    },
    Connected {
        connection: u64,
    },
    Disconnected {
        connection: u64,
        why: String,
    },
    /// The workspace itself changed: a user, a channel, the installation.
    Changed {
        what: String,
    },
}

impl Entry {
    /// The arguments and the answer of a call to this method.
    pub fn call(&self, wanted: &str) -> Option<(&Value, &Value)> {
        match &self.kind {
            Kind::Called { method, args, answer, .. } if method == wanted => Some((args, answer)),
            _ => None,
        }
    }
}
