//! Slash commands: a person types one, the app may answer in its acknowledgement or through the response_url.

use serde_json::json;

use crate::Sandbox;
use crate::delivery::{self, Asked, Told};
use crate::interactivity::{self, Outcome, Sent};
use crate::ledger::Kind;
use crate::people::{self, Refused, Result};
use crate::response_url;
use crate::state::State;

pub(crate) fn no_answer(command: &str) -> String {
    format!("{command} failed with the error \"operation_timeout\"")
}

fn begin(state: &mut State, user: &str, channel: &str, command: &str, text: &str) -> Result<Sent> {
    people::is_there(state, user)?;
    if !state.may_see(user, channel) {
        return Err(Refused("you cannot see this conversation".to_owned()));
    }
    if !command.starts_with('/') || command.contains(' ') {
        return Err(Refused(format!("{command} is not a command")));
    }
    let id = response_url::issue_for_command(state, user, channel);
    let later = response_url::issue_for_command(state, user, channel);
    let payload = json!({
        "token": "sandbox-verification-token", "team_id": state.team_id, "team_domain": state.domain,
        "channel_id": channel, "channel_name": state.channel_name(channel), "user_id": user,
        "user_name": state.user(user).map(|user| user.name.clone()).unwrap_or_default(),
        "command": command, "text": text, "api_app_id": state.app.app_id, "is_enterprise_install": "false",
        "response_url": response_url::address(state, &later), "trigger_id": state.new_trigger(user, None),
    });
    state.record(Kind::Acted {
        user: user.to_owned(),
        actions: json!([{"type": "command", "command": command, "text": text}]),
    });
    let asked = Asked::Command { user: user.to_owned(), command: command.to_owned(), response_url: id };
    Ok(delivery::send_interaction(state, payload, asked))
}

impl Sandbox {
    /// Types a command such as `/weather` with its text, and waits for the acknowledgement like `acts`.
    pub async fn commands(&self, user: &str, channel: &str, command: &str, text: &str) -> Result<Outcome> {
        let sent = self.inner.with(|state| {
            let begun = begin(state, user, channel, command, text);
            people::noted(state, user, "command", begun)
        })?;
        let asked =
            || Asked::Command { user: user.to_owned(), command: command.to_owned(), response_url: String::new() };
        match interactivity::come(&self.inner, sent, asked).await {
            Told::Acted(outcome) => Ok(outcome),
            Told::Submitted(_) | Told::Nobody => Err(Refused("the sandbox has stopped".to_owned())),
        }
    }

    /// `commands` without the waiting: the id of the parcel in the outbox.
    pub fn begins_command(&self, user: &str, channel: &str, command: &str, text: &str) -> Result<Option<String>> {
        self.inner.with(|state| {
            let begun = begin(state, user, channel, command, text);
            people::noted(state, user, "command", begun).map(|sent| sent.map(|(id, _)| id))
        })
    }
}
