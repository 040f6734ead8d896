//! What a call came to. The library's own words for an error are never shown: they may hold a whole body.

use std::time::Duration;

use slack_morphism::errors::SlackClientError;

use super::transport::TooLong;
use crate::slack::quoted::quoted;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Slack asks to wait, mostly for so long.
    #[error("rate limited")]
    RateLimited(Option<Duration>),
    /// Nothing left this machine: no connection, no name, no TLS.
    #[error("not sent: {0}")]
    Unsent(String),
    /// Slack's code.
    #[error("refused: {0}")]
    Refused(String),
    /// It may or may not have been done: no answer, half an answer, or one that says as much.
    #[error("unknown outcome: {0}")]
    Ambiguous(String),
}

impl CallError {
    /// Slack has said that the token is worth nothing any more; whoever did not answer has not said
    /// so.
    pub fn is_of_a_dead_token(&self) -> bool {
        const DEAD: [&str; 5] = ["account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"];
        matches!(self, CallError::Refused(code) if DEAD.contains(&code.as_str()))
    }
}

/// Slack's codes that leave open whether the call took effect.
const AMBIGUOUS: &[&str] = &["fatal_error", "internal_error", "service_unavailable", "request_timeout"];

pub(super) fn classify(error: SlackClientError) -> CallError {
    match error {
        SlackClientError::RateLimitError(limit) => CallError::RateLimited(limit.retry_after),
        SlackClientError::ApiError(refusal) => code(refusal.code),
        SlackClientError::HttpError(answer) => match answer.status_code.as_u16() {
            429 => CallError::RateLimited(None),
            status => CallError::Ambiguous(format!("http {status}")),
        },
        // Our transport says so, and only where nothing was sent.
        SlackClientError::SystemError(unsent) => {
            CallError::Unsent(unsent.message.unwrap_or_else(|| "no connection".into()))
        }
        SlackClientError::HttpProtocolError(error) => match error.cause {
            Some(cause) if cause.is::<TooLong>() => CallError::Ambiguous(cause.to_string()),
            _ => CallError::Ambiguous("no answer".into()),
        },
        SlackClientError::ProtocolError(_) => CallError::Ambiguous("an answer that cannot be read".into()),
        SlackClientError::EndOfStream(_) | SlackClientError::SocketModeProtocolError(_) => {
            CallError::Ambiguous("the answer broke off".into())
        }
    }
}

fn code(code: String) -> CallError {
    match code.as_str() {
        "ratelimited" | "rate_limited" => CallError::RateLimited(None),
        known if AMBIGUOUS.contains(&known) => CallError::Ambiguous(code),
        _ => CallError::Refused(quoted(&code)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use slack_morphism::errors::*;

    #[test]
    fn every_error_is_one_of_four_outcomes() {
        let api = |code: &str| SlackClientError::ApiError(SlackClientApiError::new(code.into()));
        let http = |status: u16| {
            let status = reqwest::StatusCode::from_u16(status).expect("a status");
            SlackClientError::HttpError(SlackClientHttpError::new(status))
        };
        let json = serde_json::from_str::<u8>("{").expect_err("no number");
        let wait = Some(Duration::from_secs(7));
        let table = [
            (
                SlackClientError::RateLimitError(SlackRateLimitError::new().opt_retry_after(wait)),
                CallError::RateLimited(wait),
            ),
            (api("ratelimited"), CallError::RateLimited(None)),
            (api("rate_limited"), CallError::RateLimited(None)),
            (api("fatal_error"), CallError::Ambiguous("fatal_error".into())),
            (api("internal_error"), CallError::Ambiguous("internal_error".into())),
            (api("service_unavailable"), CallError::Ambiguous("service_unavailable".into())),
            (api("request_timeout"), CallError::Ambiguous("request_timeout".into())),
            (api("is_archived"), CallError::Refused("is_archived".into())),
            (api("token_revoked"), CallError::Refused("token_revoked".into())),
            (http(500), CallError::Ambiguous("http 500".into())),
            (http(503), CallError::Ambiguous("http 503".into())),
            (http(408), CallError::Ambiguous("http 408".into())),
            (http(302), CallError::Ambiguous("http 302".into())),
            (http(404), CallError::Ambiguous("http 404".into())),
            (http(429), CallError::RateLimited(None)),
            (
                SlackClientError::SystemError(SlackClientSystemError::new().with_message("refused".into())),
                CallError::Unsent("refused".into()),
            ),
            (
                SlackClientError::HttpProtocolError(SlackClientHttpProtocolError::new()),
                CallError::Ambiguous("no answer".into()),
            ),
            (map_serde_error(json, Some("secret")), CallError::Ambiguous("an answer that cannot be read".into())),
        ];
        for (error, expected) in table {
            assert_eq!(classify(error), expected);
        }
    }
}
