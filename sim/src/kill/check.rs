//! What must be true once the faults have stopped and time has gone on: the database, the ledger and what stands in Slack agree.

use std::collections::{BTreeMap, BTreeSet};
use unstuck::rules::message::{NOT_OWED, TRUST};

use sandbox::{Message, Sandbox};

use super::facts::{CheckInRow, JournalRow, MessageRow};
use super::people::{ANSWER, OUTCOME, key, unique_words};
use super::place::{MANAGER, TEAMS, Team};
use super::record::{Post, Record};
use super::tomorrow::POEM;

/// Slack's clock runs ahead of a program's by as much as one step of the file at most.
const CLOCKS_APART: i64 = 30_000;
/// What was claimed in time may be sent so much later, when its worker was slow.
const LATE: i64 = TRUST + CLOCKS_APART;
/// A shift of eight hours is asked in its first two.
const GRACE: i64 = 2 * 3_600_000;
const DIGEST_GRACE: i64 = 6 * 3_600_000;
/// Why a message may rightly never be posted, besides the product's own reasons.
const OFF: &str = "off";

pub struct Facts {
    pub now: i64,
    /// Slack shows at once what it has recorded and no call outlives its program, so that a look finds whatever was posted.
    pub looks_find_all: bool,
    pub messages: Vec<MessageRow>,
    pub check_ins: Vec<CheckInRow>,
    pub journal: Vec<JournalRow>,
}

/// All that is wrong, each thing as a line; and how many things were looked at.
pub struct Findings {
    pub wrong: Vec<String>,
    pub checks: u64,
    /// Posts that are gone again, because there was one with their key already.
    pub second_copies: u64,
}

impl Findings {
    fn expect(&mut self, fine: bool, wrong: impl FnOnce() -> String) {
        self.checks += 1;
        if !fine {
            self.wrong.push(wrong());
        }
    }
}

pub fn check(slack: &Sandbox, facts: &Facts, record: &Record) -> Findings {
    let live = Live::read(slack);
    let posts = by_key(record, &live);
    let second_copies = u64::try_from(record.deleted.len()).unwrap_or(0);
    let mut found = Findings { wrong: Vec::new(), checks: 0, second_copies };
    for row in &facts.messages {
        if row.key == POEM {
            let untouched = row.state == "wanted" && row.ts.is_empty() && row.fence == 0;
            found.expect(untouched, || format!("P10 a message of a newer build is {}", row.state));
            continue;
        }
        row_is_shown(&mut found, row, facts, &live);
        if let Some(posts) = posts.get(&row.key) {
            for post in posts {
                let in_time = post.at >= row.due_at && post.at <= row.expires_at.saturating_add(LATE);
                found.expect(in_time, || {
                    format!("P5 {} was posted at {} and not in {}..={}", row.key, post.at, row.due_at, row.expires_at)
                });
            }
        }
    }
    no_orphans(&mut found, facts, &live, &posts);
    for team in &TEAMS {
        asked_once(&mut found, team, facts, &posts);
    }
    answers_are_there(&mut found, facts, record, &live);
    one_owner(&mut found, &facts.journal);
    found.expect(!facts.looks_find_all || second_copies == 0, || {
        format!("P2 {second_copies} messages were posted a second time: {:?} is gone again", record.deleted)
    });
    found
}

type Posts = BTreeMap<String, Vec<Post>>;

/// The posts of the day by key. One that is gone again may have no key known; one that stands without a key is an orphan.
fn by_key(record: &Record, live: &Live) -> Posts {
    let mut keys = record.keys.clone();
    for (key, messages) in &live.0 {
        keys.extend(messages.iter().map(|message| ((message.channel.clone(), message.ts.clone()), key.clone())));
    }
    let mut posts = Posts::new();
    for post in &record.posts {
        let place = (post.channel.clone(), post.ts.clone());
        let Some(key) = keys.get(&place).cloned().or_else(|| (!record.deleted.contains(&place)).then(String::new))
        else {
            continue;
        };
        posts.entry(key).or_default().push(post.clone());
    }
    posts
}

/// What of the bot's stands in Slack, by key.
struct Live(BTreeMap<String, Vec<Message>>);

impl Live {
    fn read(slack: &Sandbox) -> Live {
        let mut live = BTreeMap::<String, Vec<Message>>::new();
        let people = TEAMS.iter().flat_map(|team| team.agents).chain([&MANAGER]);
        let dms = people.map(|who| ((*who).to_owned(), slack.dm(who)));
        let channels = TEAMS.iter().map(|team| (MANAGER.to_owned(), team.channel.to_owned()));
        for (who, channel) in channels.chain(dms) {
            for message in slack.history(&who, &channel) {
                let (replies, ts) = (message.reply_count, message.ts.clone());
                let parent = message.thread_ts.as_ref().is_none_or(|parent| *parent == ts);
                let mut found = vec![message];
                if parent && replies > 0 {
                    let not_broadcast = |reply: &Message| reply.subtype.as_deref() != Some("thread_broadcast");
                    found.extend(slack.thread(&who, &channel, &ts).into_iter().skip(1).filter(not_broadcast));
                }
                for message in found.into_iter().filter(|message| message.by_bot() && !message.deleted) {
                    live.entry(key(&message).to_owned()).or_default().push(message);
                }
            }
        }
        Live(live)
    }

    fn of(&self, key: &str) -> &[Message] {
        self.0.get(key).map(Vec::as_slice).unwrap_or_default()
    }

    /// All that stands under keys that begin like this, read by a person.
    fn words(&self, start: &str, kind: &str) -> BTreeSet<String> {
        let found = self.0.iter().filter(|(key, _)| key.starts_with(start)).flat_map(|(_, messages)| messages);
        found.flat_map(|message| unique_words(&message.plain(), kind).map(str::to_owned).collect::<Vec<_>>()).collect()
    }
}

/// P2: shown once, in its place, in its latest revision; nothing is under way or in doubt any more.
fn row_is_shown(found: &mut Findings, row: &MessageRow, facts: &Facts, live: &Live) {
    let copies = live.of(&row.key);
    match row.state.as_str() {
        "shown" => {
            found.expect(copies.len() == 1, || format!("P2 {} stands {} times in Slack", row.key, copies.len()));
            let Some(copy) = copies.first() else { return };
            found.expect(copy.ts == row.ts && copy.channel == row.channel, || {
                format!("P2 {} stands at {} {} and not at {} {}", row.key, copy.channel, copy.ts, row.channel, row.ts)
            });
            let hash = copy.metadata.as_ref().and_then(|metadata| metadata["event_payload"]["hash"].as_str());
            // Nothing is kept of what it shows where an edit had no answer and then nothing more was owed.
            let known = !row.shown_hash.is_empty();
            found.expect(!known || hash == Some(&row.shown_hash), || format!("P2 {} shows something else", row.key));
            found.expect(row.wanted_rev == row.shown_rev, || format!("P2 {} shows an old revision", row.key));
            let parent = live.of(&row.thread_of).first().map(|parent| parent.ts.clone());
            let placed = row.thread_of.is_empty() || parent == copy.thread_ts;
            found.expect(placed, || format!("P2 {} is not in its thread", row.key));
            found.expect(row.recheck_at.is_none(), || format!("P2 {} was not looked at once more", row.key));
        }
        "dead" => {
            // A reminder is worth something until the window closes, which is a few minutes.
            let too_late = row.key.starts_with("reminder:") && row.last_error == "expired";
            let not_owed = row.last_error == OFF || NOT_OWED.contains(&row.last_error.as_str());
            found.expect(too_late || not_owed, || format!("P2 {} is lost: {}", row.key, row.last_error));
            found.expect(copies.is_empty(), || format!("P2 {} is dead and stands in Slack", row.key));
        }
        "wanted" if row.ts.is_empty() && row.due_at > facts.now => {
            found.expect(copies.is_empty(), || format!("P2 {} stands in Slack before it is due", row.key));
        }
        state => found.expect(false, || format!("P2 {} is still {state}: {}", row.key, row.last_error)),
    }
}

fn no_orphans(found: &mut Findings, facts: &Facts, live: &Live, posts: &Posts) {
    let known: BTreeSet<&str> = facts.messages.iter().map(|row| row.key.as_str()).collect();
    let keys = live.0.keys().chain(posts.keys());
    for key in keys {
        found.expect(known.contains(key.as_str()), || format!("P2 {key:?} stands in Slack and not in the database"));
    }
}

/// P1 and P5: each agent has one check-in of the day, was asked once in the grace of the shift, and the digest came in its time.
fn asked_once(found: &mut Findings, team: &Team, facts: &Facts, posts: &Posts) {
    for agent in team.agents {
        let theirs: Vec<&CheckInRow> = facts.check_ins.iter().filter(|row| row.person == *agent).collect();
        found.expect(theirs.len() == 1, || format!("P1 {agent} has {} check-ins today", theirs.len()));
        let Some(row) = theirs.first() else { continue };
        let asked = matches!(row.state.as_str(), "answered" | "missed");
        found.expect(asked, || format!("P1 {agent}'s check-in is {}", row.state));
        let prompts = posts.get(&format!("prompt:{}", row.id)).map(Vec::as_slice).unwrap_or_default();
        found.expect(!prompts.is_empty(), || format!("P1 {agent} was not asked"));
        for prompt in prompts {
            let latest = row.starts_at + GRACE + LATE;
            let in_time = prompt.at >= row.starts_at && prompt.at <= latest;
            found.expect(in_time, || {
                format!("P5 {agent} was asked at {}, the shift began at {}", prompt.at, row.starts_at)
            });
        }
        found.expect(row.huddle_state == "posted", || format!("P2 the huddle of {agent} is {}", row.huddle_state));
        let digests = posts.get(&format!("digest:{}", row.huddle)).map(Vec::as_slice).unwrap_or_default();
        found.expect(!digests.is_empty(), || format!("P2 the digest of {agent}'s huddle was not posted"));
        for digest in digests {
            let latest = row.digest_at + DIGEST_GRACE + LATE;
            let in_time = digest.at >= row.starts_at && digest.at <= latest;
            found.expect(in_time, || format!("P5 a digest came at {}, wanted at {}", digest.at, row.digest_at));
        }
    }
}

/// P3: an acknowledged line stands in the digest of its writer's huddle, and what unstuck somebody in a help thread.
fn answers_are_there(found: &mut Findings, facts: &Facts, record: &Record, live: &Live) {
    for row in &facts.check_ins {
        let digest = live.words(&format!("digest:{}", row.huddle), ANSWER);
        for (_, word) in record.answers.iter().filter(|(who, _)| *who == row.person) {
            found.expect(digest.contains(word), || format!("P3 {}'s answer {word} is not in the digest", row.person));
        }
    }
    let helped = live.words("help:", OUTCOME);
    for word in &record.outcomes {
        found.expect(helped.contains(word), || format!("P3 the outcome {word} is in no help thread"));
    }
}

/// P4: nobody takes what somebody else has, or what is theirs already.
fn one_owner(found: &mut Findings, journal: &[JournalRow]) {
    let mut owners = BTreeMap::<&str, &str>::new();
    for entry in journal {
        match entry.what.as_str() {
            "taken" => {
                let before = owners.insert(&entry.subject, &entry.actor);
                let twice = || format!("P4 {} was taken by {} while {before:?} had it", entry.subject, entry.actor);
                found.expect(before.is_none(), twice);
            }
            "handed back" | "resolved" | "answered" | "withdrawn" | "reopened" => {
                owners.remove(entry.subject.as_str());
            }
            _ => {}
        }
    }
}
