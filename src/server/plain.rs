//! Errors in words that tell the operator what to do.

use crate::slack::client::CallError;

/// An error of Slack in words that tell the operator what to do.
pub fn plain(error: &CallError) -> String {
    match error {
        CallError::Refused(code) => match code.as_str() {
            "invalid_auth" | "not_authed" => {
                "Slack does not know SLACK_BOT_TOKEN: copy it again from OAuth & Permissions in the app's settings"
                    .to_owned()
            }
            "token_revoked" | "account_inactive" => {
                "SLACK_BOT_TOKEN was revoked: install the app again and copy its new token".to_owned()
            }
            "not_allowed_token_type" => {
                "SLACK_BOT_TOKEN is not a bot token: copy the one that starts with xoxb- from OAuth & Permissions in the app's settings"
                    .to_owned()
            }
            code => format!("Slack refused: {code}"),
        },
        CallError::Unsent(why) => {
            format!("Slack cannot be reached ({why}): is SLACK_API_URL right and the network up?")
        }
        CallError::RateLimited(_) => "Slack asks to wait: start again in a minute".to_owned(),
        CallError::Ambiguous(why) if why.starts_with("http 3") || why.starts_with("http 4") => {
            format!("something that is not Slack answers ({why}): is SLACK_API_URL right, and does a proxy let it through?")
        }
        CallError::Ambiguous(why) => format!("Slack did not answer ({why}): start again in a minute"),
    }
}

/// An error and what caused it, each told once: a library's words for an error often hold those of
/// its cause.
pub fn causes(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |told, cause| match told.as_str() {
        "" => cause,
        told if told.contains(&cause) => told.to_owned(),
        told => format!("{told}: {cause}"),
    })
}
