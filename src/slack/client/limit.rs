//! What Slack asks for where it limits a method, and how much of that is heeded.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use slack_morphism::errors::SlackClientError;

use crate::rules::pace::longest_wait;
use crate::slack::quoted::quoted;

const SHORTEST: Duration = Duration::from_secs(1);

/// Methods of which it was told that Slack asks for what nobody can mean: each is told of once,
/// until it is answered again. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Limits(Arc<Mutex<BTreeSet<&'static str>>>);

impl Limits {
    /// Reads what was asked for, which the transport brings word for word.
    pub(super) fn heed(&self, method: &'static str, error: SlackClientError) -> SlackClientError {
        let SlackClientError::RateLimitError(mut limit) = error else { return error };
        if let Some(asked) = limit.code.take() {
            let longest = Duration::from_millis(longest_wait(method).unsigned_abs());
            let wait = seconds(&asked).map(Duration::from_secs);
            if wait.is_none_or(|wait| wait > longest) && self.is_new(method) {
                let asked = quoted(&asked);
                tracing::warn!(
                    event = "wait_not_heeded",
                    method,
                    asked,
                    "Slack asks to wait for what nobody can mean: it is asked again sooner"
                );
            }
            limit.retry_after = wait.map(|wait| wait.clamp(SHORTEST, longest));
        }
        SlackClientError::RateLimitError(limit)
    }

    pub(super) fn answered(&self, method: &'static str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(method);
    }

    fn is_new(&self, method: &'static str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(method)
    }
}

/// None where it is no number of seconds; one that is too large for us is a long time all the same.
fn seconds(asked: &str) -> Option<u64> {
    let is_number = !asked.is_empty() && asked.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| asked.parse().unwrap_or(u64::MAX))
}
