//! What people end up reading, and the rows that they gave: each message with its kind, place, text
//! and number of posts. How many turns the bot took on the way makes no difference to it.

use sha2::{Digest, Sha256};

use crate::plan::{AGENTS, MANAGER, OUTSIDER};
use crate::world::World;

/// What is kept of each table: no ids, no versions and no instants.
const ROWS: [(&[&str], &str); 8] = [
    (&["person", "date", "shift", "state", "reason", "late", "snoozed", "last_text"], "from check_in"),
    (&["person", "text", "follows", "gone", "position"], "from priority"),
    (
        &["c.person", "c.date", "p.text", "l.mark", "l.position"],
        "from listed l join priority p on p.id = l.priority join check_in c on c.id = l.check_in",
    ),
    (
        &["asker", "what", "help", "helper", "size", "state", "taker", "ended_by", "outcome", "escalated_by"],
        "from stuck",
    ),
    (&["actor", "what", "detail", "other"], "from journal"),
    (&["channel", "run", "text", "deleted"], "from said"),
    (&["date", "state", "reason"], "from huddle"),
    (&["person", "date"], "from away"),
];

/// Tells one reading from another.
pub async fn hash(world: &World) -> anyhow::Result<String> {
    let mut lines = Vec::new();
    for live in world.mirror.live.values() {
        let times = world.mirror.times.get(&live.key).copied().unwrap_or_default();
        let line = format!("{} {} {times} {}", live.key, live.channel, live.shown);
        lines.push(without_ids(&line));
    }
    for who in AGENTS.into_iter().chain([MANAGER, OUTSIDER]) {
        let told = world.slack.ephemerals(who);
        lines.extend(told.iter().map(|line| without_ids(&format!("{who} {}", line.plain()))));
    }
    for (columns, rest) in ROWS {
        let rows = world.database.rows(columns, rest).await?;
        lines.extend(rows.iter().map(|row| format!("{rest} {}", row.join(" "))));
    }
    lines.sort_unstable();
    let hash = Sha256::digest(lines.join("\n"));
    Ok(hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect())
}

/// Ids are made of what a thing is, or of when it came; a link to a message holds the moment of its
/// post. Neither is read by anybody.
fn without_ids(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for part in text.split_inclusive(|letter: char| !letter.is_ascii_alphanumeric()) {
        let word = part.trim_end_matches(|letter: char| !letter.is_ascii_alphanumeric());
        let hex = |text: &str| text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        kept.push_str(if hex(word.strip_prefix('p').unwrap_or(word)) { "#" } else { word });
        kept.push_str(&part[word.len()..]);
    }
    kept
}
