//! The workspace of a world: two teams, seven agents, two channels.

use sandbox::Workspace;

use crate::shop;
pub use crate::shop::{APP_TOKEN, BOT, BOT_TOKEN};

pub const ZONE: &str = "America/New_York";
pub const WORKSPACE: &str = "T0KILL";
pub const MANAGER: &str = "U0JESS";
/// How long each shift's answers are waited for.
pub const COLLECT: i64 = 5 * 60_000;

/// One team: its channel, its agents, and when its shift starts in [`ZONE`].
pub struct Team {
    pub name: &'static str,
    pub channel: &'static str,
    /// What the channel is called.
    pub room: &'static str,
    pub agents: &'static [&'static str],
    pub starts: (i8, i8),
}

pub const TEAMS: [Team; 2] = [
    Team {
        name: "Tier 1",
        channel: "C0SUPPORT",
        room: "tier-1",
        agents: &["U0ANA", "U0BEN", "U0CLEO", "U0DEE"],
        starts: (6, 0),
    },
    Team { name: "Tier 2", channel: "C0SECOND", room: "tier-2", agents: &["U0EVE", "U0FAY", "U0GUS"], starts: (6, 2) },
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
    let people = TEAMS.iter().flat_map(|team| team.agents).chain([&MANAGER]);
    let channels: Vec<(&str, &str)> = TEAMS.iter().map(|team| (team.channel, team.room)).collect();
    shop::workspace(WORKSPACE, people.map(|id| shop::person(id, ZONE)).collect(), &channels)
}
