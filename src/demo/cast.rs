//! Who plays: a support team of three shifts, and what its people say.

use crate::rules::shift::{self, Pattern};
use sandbox::{App, Channel, User, Workspace};

pub const ZONE: &str = "America/New_York";
/// The agent whom the newcomer plays: the one who has not answered.
pub const YOU: &str = "U0ANA";

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

/// (id, name, title)
const PEOPLE: [(&str, &str, &str); 12] = [
    ("U0ANA", "Ana", "Agent, Early · you"),
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
    ("U0OPS", "Noor", "Operations, reads along"),
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
    let zone = shift::zone(ZONE).unwrap_or(jiff::tz::TimeZone::UTC);
    let now = jiff::Timestamp::from_millisecond(now).unwrap_or_default().to_zoned(zone);
    now.strftime("%A %H:%M, New York").to_string()
}

/// When the next of the three shifts starts.
pub fn next_shift(now: i64) -> i64 {
    let zone = shift::zone(ZONE).unwrap_or(jiff::tz::TimeZone::UTC);
    // A shift that starts in the next seconds is the one that is being waited for already.
    let starts = ["0 6 * * *", "0 14 * * *", "0 22 * * *"].into_iter().filter_map(|starts| {
        let pattern = Pattern::parse(starts).ok()?;
        Some(shift::next(&pattern, &zone, now + 10_000)?.start)
    });
    starts.min().unwrap_or(now)
}

/// One thing that somebody does when they are asked.
#[derive(Clone, Copy, Debug)]
pub enum Move {
    /// Tick these lines of the last shift (as many as there are, from the first).
    Tick(usize),
    Say(&'static str),
    Press(&'static str),
}

use Move::{Press, Say, Tick};

/// What each of them answers, day by day (yesterday, today, then again from the beginning).
pub fn part(person: &str, day: usize) -> &'static [Move] {
    let yesterday = day.is_multiple_of(2);
    match (person, yesterday) {
        ("U0ANA", true) => {
            &[Say("Clear the refund backlog\nMacro for late parcels\nCall back Mrs Ortiz"), Press("Nothing stuck")]
        }
        ("U0BEN", true) => &[Say("Chat 9 to 12"), Say("Review 20 refunds"), Press("Nothing stuck")],
        ("U0CLEO", true) => &[Say("Callback list\nHelp article on returns\nTidy the tags"), Press("Nothing stuck")],
        ("U0DEE", true) => &[Say("Phones\nParcels to Norway"), Press("Nothing stuck")],
        ("U0ELI", true) => &[Say("E-mail queue under 50"), Press("Nothing stuck")],
        ("U0BEN", false) => &[Tick(2), Say("Chat 9 to 12\nReview 20 more refunds"), Press("Nothing stuck")],
        ("U0CLEO", false) => &[
            Tick(1),
            Say("Callback list, second half"),
            Press("I'm stuck"),
            Say("Refund tool says 403 for EU orders, need someone with admin"),
            Press("More than a minute"),
        ],
        ("U0DEE", false) => &[
            Tick(2),
            Say("Phones until lunch"),
            Press("I'm stuck"),
            Say("Which macro for a lost parcel in Norway?"),
            Press("A minute or less"),
        ],
        ("U0ELI", false) => &[Tick(1), Press("Nothing stuck"), Say("E-mail queue under 30")],
        ("U0OMAR", _) => &[Say("Chat until six\nHand-over notes for Night"), Press("Nothing stuck")],
        ("U0PIA", true) => &[Say("Marketplace returns"), Press("Nothing stuck")],
        ("U0PIA", false) => &[Tick(1), Say("Marketplace claims"), Press("Nothing stuck")],
        ("U0RUI", _) => &[Press("Nothing stuck")],
        ("U0SAM", _) => &[Say("Night mails, oldest first"), Press("Nothing stuck")],
        ("U0TESS", true) => &[Say("Bounce list\nWeekend report"), Press("Nothing stuck")],
        ("U0TESS", false) => &[Tick(1), Press("Nothing stuck")],
        _ => &[],
    }
}
