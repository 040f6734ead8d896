//! The workspace that both halves of the proof play in: a corner shop with the bot installed.

use sandbox::{App, Channel, User, Workspace};
use unstuck::slack::manifest;

pub const BOT: &str = "U0BOT";
pub const BOT_TOKEN: &str = "xoxb-sim";
pub const APP_TOKEN: &str = "xapp-sim";

/// Somebody with an id such as `U0ANA`, which gives the name.
pub fn person(id: &str, zone: &str) -> User {
    let name = id[2..].to_owned();
    User {
        id: id.to_owned(),
        name: name.to_lowercase(),
        real_name: name.clone(),
        display_name: name,
        tz: zone.to_owned(),
        ..User::default()
    }
}

/// A workspace of these people and the bot. All are in each channel, which is told by its id and name.
pub fn workspace(team_id: &str, mut users: Vec<User>, channels: &[(&str, &str)]) -> Workspace {
    users.push(User { is_bot: true, ..person(BOT, "UTC") });
    let members: Vec<String> = users.iter().map(|user| user.id.clone()).collect();
    let text = str::to_owned;
    let channel = |(id, name): &(&str, &str)| Channel {
        id: text(id),
        name: text(name),
        private: false,
        archived: false,
        members: members.clone(),
    };
    let (scopes, events) = manifest::granted();
    let app = App {
        app_id: text("A0APP"),
        bot_id: text("B0BOT"),
        bot_user_id: text(BOT),
        name: text("Unstuck"),
        bot_token: text(BOT_TOKEN),
        app_token: text(APP_TOKEN),
        signing_secret: text("secret"),
        scopes,
        events,
    };
    Workspace {
        team_id: text(team_id),
        name: text("Corner Shop"),
        domain: text("corner-shop"),
        app,
        channels: channels.iter().map(channel).collect(),
        users,
    }
}
