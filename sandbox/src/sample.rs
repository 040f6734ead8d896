//! A small made-up workspace, for the binary and for tests.

use crate::setup::{App, Channel, User, Workspace};

/// Five people, three channels and an app that may do all that the sandbox serves.
pub fn sample() -> Workspace {
    let everybody = ["U0ANA", "U0BEN", "U0CLEO", "U0JESS", "U0OMAR"];
    let members = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).chain(["U0BOT".to_owned()]).collect();
    let channel = |id: &str, name: &str, private: bool, members: Vec<String>| Channel {
        id: id.to_owned(),
        name: name.to_owned(),
        private,
        archived: false,
        members,
    };
    Workspace {
        team_id: "T0SANDBOX".into(),
        name: "Sandbox".into(),
        domain: "sandbox".into(),
        app: app(),
        users: vec![
            person("U0ANA", "Ana", "Ana Ortiz", "America/New_York", "Agent"),
            person("U0BEN", "Ben", "Ben Weiss", "America/New_York", "Agent"),
            person("U0CLEO", "Cleo", "Cleo Martin", "Europe/Paris", "Agent"),
            person("U0JESS", "Jess", "Jess Kim", "America/New_York", "Manager"),
            person("U0OMAR", "Omar", "Omar Haddad", "America/Chicago", "Agent"),
        ],
        channels: vec![
            channel("C0GENERAL", "general", false, members(&everybody)),
            channel("C0SUPPORT", "support", false, members(&everybody)),
            channel("C0LEADS", "leads", true, members(&["U0JESS"])),
        ],
    }
}

fn app() -> App {
    let list = |names: &str| names.split_whitespace().map(str::to_owned).collect();
    App {
        app_id: "A0SANDBOX".into(),
        bot_id: "B0SANDBOX".into(),
        bot_user_id: "U0BOT".into(),
        name: "Bot".into(),
        bot_token: "xoxb-sandbox".into(),
        app_token: "xapp-sandbox".into(),
        signing_secret: "sandbox-signing-secret".into(),
        scopes: list(
            "chat:write im:write im:read im:history users:read team:read channels:read groups:read channels:history \
             groups:history",
        ),
        events: list(
            "message.im message.channels message.groups user_change member_joined_channel member_left_channel \
             channel_archive group_archive app_uninstalled tokens_revoked",
        ),
    }
}

fn person(id: &str, name: &str, real_name: &str, tz: &str, title: &str) -> User {
    User {
        id: id.to_owned(),
        name: name.to_lowercase(),
        real_name: real_name.to_owned(),
        display_name: name.to_owned(),
        tz: tz.to_owned(),
        title: title.to_owned(),
        ..User::default()
    }
}
