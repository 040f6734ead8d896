//! Who plays: a support team of three shifts.

use crate::rules::shift::{self, Pattern};
use sandbox::{App, Channel, User, Workspace};

pub const ZONE: &str = "America/New_York";
/// The agent whom the newcomer plays: the one who has not answered.
pub const YOU: &str = "U0ANA";
pub const CHANNEL: &str = "C0SUPPORT";

pub const TEAMS: &str = r#"
[[team]]
name = "Tier 1"
channel = "C0SUPPORT"
timezone = "America/New_York"
managers = ["U0JESS"]
observers = ["U0OPS"]

[[team.shift]]
name = "Early"
starts = "0 6 * * *"
hours = 8
agents = ["U0ANA", "U0BEN", "U0CLEO", "U0DEE", "U0ELI"]

[[team.shift]]
name = "Late"
starts = "0 14 * * *"
hours = 8
agents = ["U0OMAR", "U0PIA", "U0RUI"]

[[team.shift]]
name = "Night"
starts = "0 22 * * *"
hours = 8
agents = ["U0SAM", "U0TESS"]
"#;

/// The shifts of the file above.
const STARTS: [(&str, &str); 3] = [("Early", "0 6 * * *"), ("Late", "0 14 * * *"), ("Night", "0 22 * * *")];

/// (id, name, title)
const PEOPLE: [(&str, &str, &str); 12] = [
    ("U0ANA", "Ana", "Agent, Early"),
    ("U0BEN", "Ben", "Agent, Early"),
    ("U0CLEO", "Cleo", "Agent, Early"),
    ("U0DEE", "Dee", "Agent, Early"),
    ("U0ELI", "Eli", "Agent, Early"),
    ("U0OMAR", "Omar", "Agent, Late"),
    ("U0PIA", "Pia", "Agent, Late"),
    ("U0RUI", "Rui", "Agent, Late"),
    ("U0SAM", "Sam", "Agent, Night"),
    ("U0TESS", "Tess", "Agent, Night"),
    ("U0JESS", "Jess", "Manager"),
    ("U0OPS", "Noor", "Only reads along"),
];

pub fn workspace() -> Workspace {
    let text = |text: &str| text.to_owned();
    let mut users: Vec<User> = PEOPLE
        .iter()
        .map(|(id, name, title)| User {
            id: text(id),
            name: name.to_lowercase(),
            real_name: text(name),
            display_name: text(name),
            tz: text(ZONE),
            title: text(title),
            ..User::default()
        })
        .collect();
    users.push(User {
        id: text("U0UNSTUCK"),
        name: text("unstuck"),
        real_name: text("Unstuck"),
        display_name: text("Unstuck"),
        tz: text("UTC"),
        is_bot: true,
        ..User::default()
    });
    let members = users.iter().map(|user| user.id.clone()).collect();
    let (scopes, events) = crate::slack::manifest::granted();
    Workspace {
        team_id: text("T0DEMO"),
        name: text("Corner Shop Support"),
        domain: text("corner-shop"),
        app: App {
            app_id: text("A0UNSTUCK"),
            bot_id: text("B0UNSTUCK"),
            bot_user_id: text("U0UNSTUCK"),
            name: text("Unstuck"),
            bot_token: text("xoxb-demo"),
            app_token: text("xapp-demo"),
            signing_secret: text("demo-signing-secret"),
            scopes,
            events,
        },
        users,
        channels: vec![Channel {
            id: text("C0SUPPORT"),
            name: text("support"),
            private: false,
            archived: false,
            members,
        }],
    }
}

/// What the clock of the demo says, for the bar on the page.
pub fn told_time(now: i64) -> String {
    let now = jiff::Timestamp::from_millisecond(now).unwrap_or_default().to_zoned(zone());
    now.strftime("%A %H:%M, New York").to_string()
}

pub fn zone() -> jiff::tz::TimeZone {
    shift::zone(ZONE).unwrap_or(jiff::tz::TimeZone::UTC)
}

/// When the next of the three shifts starts, and its name.
pub fn next_shift(now: i64) -> (i64, &'static str) {
    // A shift that starts in the next seconds is the one that is being waited for already.
    let starts = STARTS.into_iter().filter_map(|(name, starts)| {
        let pattern = Pattern::parse(starts).ok()?;
        Some((shift::next(&pattern, &zone(), now + 10_000)?.start, name))
    });
    starts.min().unwrap_or((now, STARTS[0].0))
}
