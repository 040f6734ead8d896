//! The promises, judged by the ledger and the rows and by nothing that the product says of itself.

use std::collections::{BTreeMap, BTreeSet};

use unstuck::rules::check_in::{DOWN, OFF};
use unstuck::rules::message::{EXPIRED, NOT_OWED};

use crate::database::Database;
use crate::people::Typed;
use crate::plan::TEAM;
use crate::world::{Kept, World, itself};

mod answers;
mod evidence;
mod stucks;
pub use evidence::texts;
use evidence::{CheckIn, Evidence, Row, read};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// A prompt may go out so long after the start of its shift, or half the shift if that is less.
const ASK_WITHIN: i64 = 2 * HOUR;
/// A digest may go out so long after its window has closed.
const DIGEST_WITHIN: i64 = 6 * HOUR;
/// A claim is good for so long, and Slack may take a call later still.
const ON_THE_WIRE: i64 = 60_000 + 90_000;
/// What is older is judged no more.
const RECENT: i64 = 8 * DAY;
/// What falls due is done so soon after, once nothing goes wrong any more.
const SOON: i64 = 5 * MINUTE;
/// Once nothing is owed for them any more, an edit of them without an answer leaves open what they show.
const OVER_AT_ONCE: [&str; 2] = ["reminder:", "question:"];
/// So long a downtime is caught up with.
const LONG: i64 = 3 * HOUR;

pub async fn all(world: &mut World) -> Kept {
    let evidence = read(world).await?;
    owed_once(world, &evidence)?;
    comes_to_an_end(world, &evidence)?;
    shown_once(world, &evidence)?;
    right_hour(world, &evidence)?;
    catch_up(world)?;
    stucks::one_owner(world).await?;
    answers::survive(world, &evidence).await?;
    forget(world)
}

/// P1: by civil dates and jiff, and not by what the product believes.
fn owed_once(world: &World, evidence: &Evidence) -> Kept {
    let mut found = BTreeSet::new();
    for check_in in evidence.check_ins.values() {
        let key = (check_in.shift.clone(), check_in.person.clone(), check_in.date.clone());
        let told = format!("{} {} {}", key.0, key.1, key.2);
        match world.calendar.owed.get(&key) {
            // A replica's clock may be a little ahead.
            None if check_in.starts_at > world.now() - MINUTE => {}
            None => return Err(format!("P1 owed once: a check-in that nobody owes: {told}")),
            Some(start) if *start != check_in.starts_at => {
                return Err(format!(
                    "P1 owed once: {told} started at {start}, and its check-in says {}",
                    check_in.starts_at
                ));
            }
            Some(_) => {}
        }
        if !found.insert(key) {
            return Err(format!("P1 owed once: two check-ins for {told}"));
        }
        let recent = check_in.starts_at > world.now() - RECENT + DAY;
        if recent && check_in.state == "excused" && !is_excused(world, check_in) {
            return Err(format!("P1 owed once: {told} is excused for no reason: {:?}", check_in.reason));
        }
    }
    let missing =
        world.calendar.owed.iter().find(|(key, start)| **start < world.now() - 5 * MINUTE && !found.contains(*key));
    match missing {
        Some(((shift, who, date), start)) => {
            let (late, at) = ((world.now() - start) / MINUTE, world.replicas.iter().flatten());
            let next: Vec<i64> = at.map(|replica| (replica.tick_at - world.now()) / MINUTE).collect();
            Err(format!(
                "P1 owed once: no check-in for {shift} {who} {date}, {late} min after its start (next ticks in {next:?} min)"
            ))
        }
        None => Ok(()),
    }
}

/// They said so, or nothing could be asked while it was time to ask.
fn is_excused(world: &World, check_in: &CheckIn) -> bool {
    match check_in.reason.as_str() {
        OFF => world.people.presses.keys().any(|(action, _, who)| action == "off_today" && *who == check_in.person),
        DOWN => {
            let key = (check_in.shift.clone(), check_in.person.clone(), check_in.date.clone());
            let known = world.calendar.known_since.get(&key).copied().unwrap_or(i64::MIN);
            known > check_in.latest() || world.was_away(check_in.starts_at, check_in.latest())
        }
        _ => false,
    }
}

/// P1: whoever was asked has answered or not when the window closes, and the huddle has its digest or is skipped.
fn comes_to_an_end(world: &World, evidence: &Evidence) -> Kept {
    let over = |at: i64| at < world.now() - SOON;
    for (id, check_in) in evidence.check_ins.iter().filter(|(_, check_in)| over(check_in.closes_at)) {
        if check_in.state == "asked" {
            return Err(format!("P1 owed once: {} of {} is still asked", check_in.person, check_in.date));
        }
        let prompt = format!("prompt:{id}");
        let asked = evidence.rows.keys().any(|key| key.starts_with(&prompt));
        if check_in.state == "missed" && check_in.starts_at > world.now() - RECENT && !asked {
            return Err(format!("P1 owed once: {} of {} is missed without a prompt", check_in.person, check_in.date));
        }
    }
    for (id, (state, digest_at)) in evidence.huddles.iter().filter(|(_, (_, digest_at))| over(*digest_at)) {
        let digest = evidence.rows.contains_key(&format!("digest:{id}"));
        match state.as_str() {
            "posted" if digest || *digest_at < world.now() - RECENT + DAY => {}
            "skipped" => {}
            _ => return Err(format!("P2 shown once: huddle {id} is {state}, its digest is {digest}")),
        }
    }
    Ok(())
}

/// P2: each key once, where it belongs, as it should be now; and nothing else.
fn shown_once(world: &World, evidence: &Evidence) -> Kept {
    for (key, times) in world.mirror.times.iter().filter(|(_, times)| **times > 1) {
        if *times > 1 + world.doubts.of(key) {
            return Err(format!("P2 shown once: {key} was posted {times} times"));
        }
    }
    let mut living: BTreeMap<&str, Vec<&crate::mirror::Live>> = BTreeMap::new();
    for live in world.mirror.live.values().filter(|live| live.posted_at > world.now() - RECENT + DAY) {
        if !evidence.rows.contains_key(&live.key) {
            return Err(format!("P2 shown once: a post without a row: {}", live.key));
        }
        living.entry(live.key.as_str()).or_default().push(live);
    }
    for row in evidence.rows.values().filter(|row| row.due_at > world.now() - RECENT + DAY + HOUR) {
        let lives = living.get(row.key.as_str()).map(Vec::as_slice).unwrap_or_default();
        one_row(world, evidence, row, lives)?;
    }
    Ok(())
}

fn one_row(world: &World, evidence: &Evidence, row: &Row, lives: &[&crate::mirror::Live]) -> Kept {
    let broken = |what: String| Err(format!("P2 shown once: {} {what}", row.key));
    if lives.len() > 1 {
        return broken(format!("stands {} times after the last look", lives.len()));
    }
    match (row.state.as_str(), lives.first()) {
        ("shown", None) => broken("is said to be shown and is not there".to_owned()),
        ("shown", Some(live)) if live.ts != row.ts || live.channel != row.channel => {
            broken(format!("stands at {} {} and its row says {} {}", live.channel, live.ts, row.channel, row.ts))
        }
        ("shown", Some(live)) => {
            // After an edit without an answer that nothing is owed for any more, nobody knows what stands there.
            let known = !row.hash.is_empty() || !OVER_AT_ONCE.iter().any(|kind| row.key.starts_with(kind));
            if row.revs.0 > row.revs.1 || (known && live.hash != row.hash) {
                return broken(format!(
                    "shows revision {} of {}, hash {} for {}",
                    row.revs.1, row.revs.0, live.hash, row.hash
                ));
            }
            placed(world, evidence, row, live)
        }
        ("dead", None) => explained(world, row),
        ("dead", Some(_)) => broken("is dead and stands in Slack".to_owned()),
        ("wanted", None) if row.due_at > world.now() => Ok(()),
        ("wanted", None) if evidence.rows.get(&row.thread_of).is_some_and(|parent| parent.state == "dead") => Ok(()),
        (state, _) => broken(format!("is still {state}")),
    }
}

fn placed(world: &World, evidence: &Evidence, row: &Row, live: &crate::mirror::Live) -> Kept {
    let place = if row.place.starts_with('U') { world.slack.dm(&row.place) } else { row.place.clone() };
    if live.channel != place {
        return Err(format!("P2 shown once: {} stands in {} instead of {place}", row.key, live.channel));
    }
    let parent = evidence.rows.get(&row.thread_of).map(|parent| parent.ts.as_str()).filter(|ts| !ts.is_empty());
    let alone =
        parent.is_none() && (row.thread_of.is_empty() || row.broadcast || !evidence.rows.contains_key(&row.thread_of));
    if !alone && live.thread_ts.as_deref() != parent {
        return Err(format!("P2 shown once: {} stands in thread {:?} instead of {parent:?}", row.key, live.thread_ts));
    }
    Ok(())
}

/// Why a message may never be shown.
fn explained(world: &World, row: &Row) -> Kept {
    let late = row.last_error == EXPIRED
        && (row.key.starts_with("reminder:") || world.was_away(row.due_at, row.due_at + DIGEST_WITHIN));
    if late || NOT_OWED.contains(&row.last_error.as_str()) {
        return Ok(());
    }
    Err(format!("P2 shown once: {} is dead and nothing explains it: {}", row.key, row.last_error))
}

/// P5, and no second prompt that nobody asked for.
fn right_hour(world: &World, evidence: &Evidence) -> Kept {
    let early = world.plan.skew + 2 * MINUTE;
    let late = world.plan.skew + 2 * MINUTE + ON_THE_WIRE;
    for post in &world.posts {
        let subject = post.key.split(':').nth(1).unwrap_or_default();
        if post.key.starts_with("prompt:") {
            let Some(check_in) = evidence.check_ins.get(subject) else { continue };
            if post.key.ends_with(":again") {
                if !check_in.snoozed {
                    return Err(format!("P2 shown once: {} asks again, and nobody snoozed", post.key));
                }
                continue;
            }
            if post.at < check_in.starts_at - early || post.at > check_in.latest() + late {
                let (who, date, by) = (&check_in.person, &check_in.date, post.at - check_in.starts_at);
                return Err(format!("P5 never at a wrong hour: {who} was asked for {date} {by} ms after the start"));
            }
        }
        if post.key.starts_with("digest:") && post.key.matches(':').count() == 1 {
            let Some((_, digest_at)) = evidence.huddles.get(subject) else { continue };
            if post.at > digest_at + DIGEST_WITHIN + late {
                return Err(format!(
                    "P5 never at a wrong hour: {} came {} ms after its window",
                    post.key,
                    post.at - digest_at
                ));
            }
        }
    }
    Ok(())
}

/// P6: after an outage nobody is asked twice at once, and no team gets two digests at once.
fn catch_up(world: &World) -> Kept {
    for back in world.gaps.iter().filter(|gap| gap.down && gap.to - gap.from >= LONG).map(|gap| gap.to) {
        let soon = world.posts.iter().filter(|post| (back..back + MINUTE).contains(&post.at));
        let mut asks: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for post in soon {
            let ask = post.key.starts_with("prompt:") && !post.key.ends_with(":again");
            let digest = post.key.starts_with("digest:") && post.key.matches(':').count() == 1;
            if ask || digest {
                asks.entry(post.channel.as_str()).or_default().insert(&post.key);
            }
        }
        if let Some((channel, keys)) = asks.iter().find(|(_, keys)| keys.len() > 1) {
            return Err(format!("P6 catch-up without a burst: within a minute {channel} got {keys:?}"));
        }
    }
    Ok(())
}

/// What still moves. None: nothing, and nothing will by itself.
pub async fn under_way(world: &World) -> Result<Option<String>, String> {
    let now = world.now();
    let sql = format!(
        "from message as m where workspace = '{TEAM}' and (state in ('sending', 'doubtful') or recheck_at is not null
           or (state = 'wanted' and ts is not null)
           or (state = 'wanted' and due_at <= {now} and not exists (select 1 from message as p
               where p.workspace = m.workspace and p.key = m.thread_of and p.state = 'dead' and p.ts is null)))
         order by key limit 1"
    );
    let rows =
        world.database.rows(&["key", "state", "next_at", "recheck_at", "last_error"], sql).await.map_err(itself)?;
    Ok(rows.first().map(|row| format!("{} is {} ({})", row[0], row[1], row[4])))
}

/// Every table that a payload could change, as one text each.
pub async fn print(database: &Database) -> Result<Vec<(&'static str, String)>, String> {
    let tables: [(&'static str, &[&str]); 10] = [
        (
            "check_in",
            &["id", "state", "reason", "answered_at", "late", "form_sent_at", "snooze_at", "snoozed", "version"],
        ),
        ("away", &["person", "date"]),
        ("said", &["channel", "ts", "check_in", "text", "deleted"]),
        ("pressed", &["check_in", "action_ts", "what", "said_ts", "line"]),
        ("priority", &["id", "text", "gone", "version"]),
        ("listed", &["check_in", "priority", "mark"]),
        ("stuck", &["id", "state", "taker", "due_at", "size", "escalated_by", "logs", "version"]),
        ("journal", &["id"]),
        ("huddle", &["id", "state", "version"]),
        ("message", &["key", "wanted_rev"]),
    ];
    let joins = database.joins();
    let whole = tables.map(|(table, columns)| {
        let cells: Vec<String> = columns.iter().map(|name| format!("coalesce(cast({name} as text), '')")).collect();
        let line = cells.join(" || ' ' || ");
        format!("(select {joins}(line, ' / ') from (select {line} as line from {table} order by 1) as lines)")
    });
    // One statement: a day has several replays, and a month's tables are long.
    let found = database.rows(&whole.each_ref().map(String::as_str), "").await.map_err(itself)?;
    let texts = found.into_iter().next().unwrap_or_default();
    Ok(tables.iter().map(|(table, _)| *table).zip(texts).collect())
}

/// What was judged and can change no more.
fn forget(world: &mut World) -> Kept {
    let old = world.now() - RECENT;
    if let Some(typed) = world.people.typed.iter().find(|typed| typed.at <= old && !typed.is_judged()) {
        return Err(format!(
            "P3 an acknowledged answer survives: what {} typed at {} came to nothing",
            typed.user, typed.ts
        ));
    }
    if let Some(sent) = world.people.sent.iter().find(|sent| sent.at <= old) {
        return Err(format!("P3 an acknowledged answer survives: a form of {} came to nothing", sent.check_in));
    }
    world.mirror.live.retain(|_, live| live.posted_at > old);
    world.posts.retain(|post| post.at > old);
    world.gaps.retain(|gap| gap.to > old);
    world.people.typed.retain(|typed: &Typed| typed.at > old);
    Ok(())
}
