//! The people of a world. Each has a plan for the day's check-in and keeps at it until Slack says that it was taken, as
//! people do; and they help each other in the channel. Every line that they write is unique, so that it can be found again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sandbox::{Message, Sandbox, Submitted};
use tokio::task::JoinSet;

use super::place::{MANAGER, TEAMS};
use crate::chance::Chance;

/// A unique word of an answer, and one of what unstuck somebody: found again in the digest, and in the help thread.
pub const ANSWER: &str = "zqa";
pub const OUTCOME: &str = "zqo";

/// How somebody answers today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plan {
    /// So many lines, each a message of its own; then "Nothing stuck".
    Lines(usize),
    /// A line, a stuck, and how much help it is.
    Stuck {
        more: bool,
    },
    Form {
        stuck: bool,
    },
    Nothing,
    Silent,
}

struct Person {
    id: &'static str,
    plan: Plan,
    typed: usize,
    done: bool,
    /// A press or a form of theirs is under way.
    busy: bool,
}

impl Person {
    /// Has something left to do of the day's plan.
    fn answers(&self) -> bool {
        !self.busy && !self.done && self.plan != Plan::Silent
    }
}

/// What came of a press or a form.
struct Done {
    person: Option<usize>,
    taken: bool,
}

pub struct People {
    slack: Sandbox,
    chance: Chance,
    people: Vec<Person>,
    words: Words,
    under_way: JoinSet<Done>,
    /// When the day began: older messages are not acted on.
    since: String,
}

#[derive(Clone, Default)]
struct Words(Arc<AtomicU64>);

impl Words {
    fn next(&self, kind: &str) -> String {
        format!("{kind}{}", self.0.fetch_add(1, Ordering::SeqCst))
    }
}

impl People {
    pub fn new(slack: Sandbox, chance: Chance) -> People {
        let person = |id: &&'static str| Person { id, plan: Plan::Silent, typed: 0, done: false, busy: false };
        let people = TEAMS.iter().flat_map(|team| team.agents).map(person).collect();
        let (words, under_way) = (Words::default(), JoinSet::new());
        People { slack, chance, people, words, under_way, since: String::new() }
    }

    /// A new day, a new plan for everybody.
    pub fn begin_day(&mut self, now: i64) {
        self.since = format!("{:010}.{:03}000", now / 1000, now % 1000);
        for person in &mut self.people {
            person.plan = match self.chance.below(20) {
                0..6 => Plan::Lines(1 + usize::from(self.chance.in_1000(600))),
                6..12 => Plan::Stuck { more: self.chance.in_1000(750) },
                12..17 => Plan::Form { stuck: self.chance.in_1000(500) },
                17..19 => Plan::Nothing,
                _ => Plan::Silent,
            };
            (person.typed, person.done) = (0, false);
        }
    }

    /// Whether anybody of today's has their prompt.
    pub fn were_asked(&self) -> bool {
        self.people.iter().any(|person| self.is_asked(&self.seen(person.id, &self.slack.dm(person.id))))
    }

    fn is_asked(&self, seen: &[Message]) -> bool {
        seen.iter().any(|message| key(message).starts_with("prompt:"))
    }

    /// A few of them do what they would do next.
    pub fn act(&mut self, times: usize) {
        self.hear();
        for _ in 0..times {
            let all = 0..self.people.len();
            let busy: Vec<usize> = all.clone().filter(|at| self.people[*at].answers()).collect();
            match self.chance.one(&busy).copied() {
                Some(at) if self.chance.in_1000(750) => self.answer(at),
                _ if self.chance.in_1000(250) => {
                    let done: Vec<usize> = all.filter(|at| self.people[*at].done).collect();
                    if let Some(at) = self.chance.one(&done).copied() {
                        self.types(at, "stuck: ");
                    }
                }
                _ => self.help(),
            }
        }
    }

    /// Waits until nobody is waiting for an acknowledgement any more.
    pub async fn rest(&mut self) {
        while let Some(done) = self.under_way.join_next().await {
            self.note(done.ok());
        }
    }

    fn hear(&mut self) {
        while let Some(done) = self.under_way.try_join_next() {
            self.note(done.ok());
        }
    }

    fn note(&mut self, done: Option<Done>) {
        let Some((person, taken)) = done.and_then(|done| Some((done.person?, done.taken))) else { return };
        self.people[person].busy = false;
        self.people[person].done |= taken;
    }

    /// The next step of somebody's plan, if they were asked and have not answered.
    fn answer(&mut self, at: usize) {
        let (id, plan, typed) = (self.people[at].id, self.people[at].plan, self.people[at].typed);
        let seen = self.seen(id, &self.slack.dm(id));
        // Nobody types before they were asked: it would belong to another day.
        if !self.is_asked(&seen) {
            return;
        }
        match plan {
            Plan::Lines(lines) if typed < lines => self.types(at, ""),
            Plan::Stuck { .. } if typed == 0 => self.types(at, ""),
            Plan::Stuck { .. } if typed == 1 => self.types(at, "stuck: "),
            Plan::Stuck { more: true } => self.presses(at, &seen, "More than a minute"),
            Plan::Stuck { more: false } => self.presses(at, &seen, "A minute or less"),
            Plan::Lines(_) | Plan::Nothing => self.presses(at, &seen, "Nothing stuck"),
            Plan::Form { stuck } => self.fills_form(at, &seen, stuck),
            Plan::Silent => {}
        }
    }

    fn types(&mut self, at: usize, opening: &str) {
        let id = self.people[at].id;
        let line = format!("{opening}sort out {}", self.words.next(ANSWER));
        if self.slack.says(id, &self.slack.dm(id), &line).is_ok() {
            self.people[at].typed += 1;
        }
    }

    fn presses(&mut self, at: usize, seen: &[Message], label: &str) {
        let Some(act) = seen.iter().rev().find_map(|message| message.press(label)) else { return };
        let (slack, id) = (self.slack.clone(), self.people[at].id);
        self.people[at].busy = true;
        self.under_way.spawn(async move {
            let taken = slack.acts(id, act).await.is_ok_and(|outcome| outcome.acked);
            Done { person: Some(at), taken }
        });
    }

    fn fills_form(&mut self, at: usize, seen: &[Message], stuck: bool) {
        let Some(act) = seen.iter().rev().find_map(|message| message.press("Answer in a form")) else { return };
        let (slack, id, words) = (self.slack.clone(), self.people[at].id, self.words.clone());
        self.people[at].busy = true;
        self.under_way.spawn(async move {
            let mut fields = vec![("this shift", format!("close {}\nread {}", words.next(ANSWER), words.next(ANSWER)))];
            if stuck {
                fields.push(("What are you stuck on?", format!("the tool says no {}", words.next(ANSWER))));
                fields.push(("What help do you need?", "somebody with a key".to_owned()));
            }
            Done { person: Some(at), taken: modal(&slack, id, act, &fields).await }
        });
    }

    /// Somebody takes a stuck, gives it back, or says what unstuck it.
    fn help(&mut self) {
        let Some(team) = self.chance.one(&TEAMS) else { return };
        let helper = self.chance.one(team.agents).filter(|_| self.chance.in_1000(850)).copied().unwrap_or(MANAGER);
        let threads = self.seen(helper, team.channel);
        let threads: Vec<&Message> = threads.iter().filter(|message| key(message).starts_with("help:")).collect();
        let Some(thread) = self.chance.one(&threads) else { return };
        let label = *self.chance.one(&["I'll take this", "I'll take this", "Hand back", "Resolve"]).unwrap_or(&"");
        let Some(act) = thread.press(label) else { return };
        let (slack, words) = (self.slack.clone(), self.words.clone());
        self.under_way.spawn(async move {
            if label == "Resolve" {
                let fields = [("What unstuck it?", format!("a new key {}", words.next(OUTCOME)))];
                modal(&slack, helper, act, &fields).await;
            } else {
                // They see by the message whether it went through.
                let _ = slack.acts(helper, act).await;
            }
            Done { person: None, taken: false }
        });
    }

    /// The bot's messages of today in a conversation, oldest first.
    fn seen(&self, who: &str, channel: &str) -> Vec<Message> {
        let mut all = self.slack.history(who, channel);
        all.retain(|message| message.by_bot() && message.ts >= self.since);
        all
    }
}

/// Opens a modal with a press, fills it and sends it, twice if Slack had some trouble. Tells whether it was taken.
async fn modal(slack: &Sandbox, who: &str, act: sandbox::Act, fields: &[(&str, String)]) -> bool {
    // What an earlier attempt left open would be in the way.
    while !slack.views(who).is_empty() {
        slack.closes(who);
    }
    let opened = slack.acts(who, act).await.is_ok_and(|outcome| outcome.acked);
    if !opened || slack.views(who).is_empty() {
        return false;
    }
    for (label, value) in fields {
        let Some((block, action)) = slack.views(who).pop().and_then(|view| view.input(label)) else { return false };
        if slack.fills(who, &block, &action, value.as_str()).is_err() {
            return false;
        }
    }
    for _ in 0..2 {
        match slack.submits(who).await {
            Ok(Submitted::Closed) => return true,
            Ok(Submitted::Warned(_)) => {}
            Ok(Submitted::Errors(_) | Submitted::Updated) | Err(_) => break,
        }
    }
    slack.closes(who);
    false
}

/// The key that the bot keeps in a message's metadata.
pub fn key(message: &Message) -> &str {
    let key = message.metadata.as_ref().and_then(|metadata| metadata["event_payload"]["key"].as_str());
    key.unwrap_or_default()
}

/// The unique words of a text that begin like this.
pub fn unique_words<'a>(text: &'a str, kind: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(|c: char| !c.is_ascii_alphanumeric()).filter(move |word| word.starts_with(kind))
}
