//! What the app asks Slack for; `manifest.yml` says the same to Slack, and a test holds the two together.

/// Each scope of the bot, and what it is for.
pub const SCOPES: [(&str, &str); 6] = [
    ("chat:write", "to post and edit its messages"),
    ("im:write", "to find a direct message whose outcome is unknown"),
    ("im:history", "to read what agents type to it"),
    ("users:read", "to know names and time zones"),
    ("channels:read", "to see whether it is in the team's channel"),
    ("groups:read", "to see whether it is in a private channel"),
];

/// What makes it safer: a channel post of unknown outcome is looked for before it is sent again.
pub const OPTIONAL_SCOPES: [&str; 2] = ["channels:history", "groups:history"];

/// The events that `slack::inbound` reads.
pub const EVENTS: [&str; 7] = [
    "message.im",
    "user_change",
    "member_left_channel",
    "channel_archive",
    "group_archive",
    "app_uninstalled",
    "tokens_revoked",
];

/// Everything that the manifest grants, for a Slack of our own.
pub fn granted() -> (Vec<String>, Vec<String>) {
    let scopes = SCOPES.iter().map(|(scope, _)| *scope).chain(OPTIONAL_SCOPES);
    (scopes.map(str::to_owned).collect(), EVENTS.map(str::to_owned).to_vec())
}
