//! Names of things: every id is its own type, and every id of ours is derived from what the thing is,
//! so that two processes that meet the same fact write the same row.

use sha2::{Digest, Sha256};
use std::fmt;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    )*};
}

id! {
    TeamId, ShiftId, HuddleId, CheckInId, PriorityId, StuckId, JournalId,
    /// A Slack user id.
    UserId,
    /// A Slack channel id: a channel, a private channel or a direct message.
    ChannelId,
    /// The key of one Slack message of ours, for ever.
    MessageKey,
}

/// Slack's time of a message or a press: seconds and microseconds, unique within a channel. Never a float.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Ts(pub String);

impl Ts {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same notation for an instant of our own clock (UTC milliseconds), comparable with Slack's.
    pub fn at(ms: i64) -> Ts {
        Ts(format!("{}.{:06}", ms.div_euclid(1000), ms.rem_euclid(1000) * 1000))
    }

    /// UTC milliseconds.
    pub fn ms(&self) -> i64 {
        let (seconds, micros) = self.parts();
        seconds * 1000 + micros / 1000
    }

    fn parts(&self) -> (i64, i64) {
        let (seconds, micros) = self.0.split_once('.').unwrap_or((&self.0, "0"));
        let micros: String = micros.chars().chain("000000".chars()).take(6).collect();
        (seconds.parse().unwrap_or(0), micros.parse().unwrap_or(0))
    }
}

impl Ord for Ts {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.parts().cmp(&other.parts()).then_with(|| self.0.cmp(&other.0))
    }
}
impl PartialOrd for Ts {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl fmt::Display for Ts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl From<&str> for Ts {
    fn from(text: &str) -> Self {
        Ts(text.to_owned())
    }
}

/// An id of ours from what the thing is: 16 characters, opaque to whoever reads it in message metadata.
pub fn derive(kind: &str, parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    hash.update(kind.as_bytes());
    for part in parts {
        hash.update([0]);
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Eight characters that tell whether a text is still the one that was shown.
pub fn fingerprint(text: &str) -> String {
    derive("text", &[text])[..8].to_owned()
}
