//! The workspace of a world: two teams, seven agents, two channels.

use sandbox::{App, Channel, User, Workspace};
use unstuck::slack::manifest;

pub const ZONE: &str = "America/New_York";
pub const WORKSPACE: &str = "T0KILL";
pub const BOT_TOKEN: &str = "xoxb-kill";
pub const APP_TOKEN: &str = "xapp-kill";
pub const BOT: &str = "U0BOT";
pub const MANAGER: &str = "U0JESS";
/// How long each shift's answers are waited for.
pub const COLLECT: i64 = 5 * 60_000;

/// One team: its channel, its agents, and when its shift starts in [`ZONE`].
pub struct Team {
    pub name: &'static str,
    pub channel: &'static str,
    pub agents: &'static [&'static str],
    pub starts: (i8, i8),
}

pub const TEAMS: [Team; 2] = [
    Team { name: "Tier 1", channel: "C0SUPPORT", agents: &["U0ANA", "U0BEN", "U0CLEO", "U0DEE"], starts: (6, 0) },
    Team { name: "Tier 2", channel: "C0SECOND", agents: &["U0EVE", "U0FAY", "U0GUS"], starts: (6, 2) },
];

/// The teams file.
pub fn teams() -> String {
    let team = |team: &Team| {
        let agents: Vec<String> = team.agents.iter().map(|agent| format!("\"{agent}\"")).collect();
        format!(
            "[[team]]\nname = \"{}\"\nchannel = \"{}\"\ntimezone = \"{ZONE}\"\nmanagers = [\"{MANAGER}\"]\n\n\
             [[team.shift]]\nname = \"Early\"\nstarts = \"{} {} * * *\"\nhours = 8\ncollect = \"5m\"\nagents = [{}]\n\n",
            team.name,
            team.channel,
            team.starts.1,
            team.starts.0,
            agents.join(", ")
        )
    };
    TEAMS.iter().map(team).collect()
}

/// When a team's shift starts on a date.
pub fn starts_at(team: &Team, date: jiff::civil::Date) -> i64 {
    instant(date, team.starts.0, team.starts.1)
}

pub fn instant(date: jiff::civil::Date, hour: i8, minute: i8) -> i64 {
    let civil = date.at(hour, minute, 0, 0);
    civil.in_tz(ZONE).map_or(0, |zoned| zoned.timestamp().as_millisecond())
}

pub fn workspace() -> Workspace {
    let text = str::to_owned;
    let people = TEAMS.iter().flat_map(|team| team.agents).chain([&MANAGER]);
    let mut users: Vec<User> = people.map(|id| person(id)).collect();
    users.push(User { is_bot: true, ..person(BOT) });
    let members: Vec<String> = users.iter().map(|user| user.id.clone()).collect();
    let channel = |team: &Team| Channel {
        id: text(team.channel),
        name: team.name.to_lowercase().replace(' ', "-"),
        private: false,
        archived: false,
        members: members.clone(),
    };
    let (scopes, events) = manifest::granted();
    Workspace {
        team_id: text(WORKSPACE),
        name: text("Corner Shop"),
        domain: text("corner-shop"),
        app: App {
            app_id: text("A0APP"),
            bot_id: text("B0BOT"),
            bot_user_id: text(BOT),
            name: text("Unstuck"),
            bot_token: text(BOT_TOKEN),
            app_token: text(APP_TOKEN),
            signing_secret: text("secret"),
            scopes,
            events,
        },
        channels: TEAMS.iter().map(channel).collect(),
        users,
    }
}

fn person(id: &str) -> User {
    let name = id.trim_start_matches("U0");
    let name = format!("{}{}", &name[..1], name[1..].to_lowercase());
    User {
        id: id.to_owned(),
        name: name.to_lowercase(),
        real_name: name.clone(),
        display_name: name,
        tz: ZONE.to_owned(),
        ..User::default()
    }
}
