//! What people do: they type, correct themselves, press whatever they see, fill forms. Words are unique, so that each can be found again.

use std::collections::BTreeMap;

use sandbox::{Sandbox, Submitting};

use crate::chance::Chance;
use crate::mirror::{Live, Mirror};
use crate::plan::{AGENTS, CHANNEL, MANAGER, OUTSIDER};

const HOUR: i64 = 3_600_000;

/// What somebody is about to do.
#[derive(Clone, Debug)]
pub enum Intent {
    /// Types priorities, and says afterwards whether anything is stuck.
    Answer(&'static str),
    /// Says that nothing is stuck, or what is.
    Close(&'static str),
    SayStuck(&'static str),
    /// Presses a button with this label where there is one.
    Press(&'static str, &'static str),
    /// Presses anything in the own direct message, or in the channel.
    PressAny(&'static str, bool),
    /// Corrects or deletes what was typed last.
    Amend(&'static str),
    OpenForm(&'static str),
    Fill(&'static str),
    /// Says something in a thread of the channel.
    Chat(&'static str),
}

/// A message that somebody typed to the bot.
#[derive(Clone, Debug)]
pub struct Typed {
    pub user: &'static str,
    pub channel: String,
    pub ts: String,
    pub text: String,
    pub at: i64,
    pub deleted: bool,
    /// Events about it that the bot has not acknowledged.
    pub open: i64,
    /// When the bot acknowledged the last of them.
    pub heard_at: i64,
    /// It was judged.
    pub checked: bool,
}

impl Typed {
    pub fn is_judged(&self) -> bool {
        // What the bot has not acknowledged Slack sends again, or gives up after some minutes.
        self.checked || self.deleted || self.open > 0
    }
}

/// Words that came with a form which was acknowledged.
#[derive(Clone, Debug)]
pub struct Sent {
    pub check_in: String,
    pub words: Vec<String>,
    pub at: i64,
}

#[derive(Default)]
pub struct People {
    pub agenda: BTreeMap<(i64, u64), Intent>,
    pub typed: Vec<Typed>,
    /// Forms under way, by their parcel.
    pub sending: BTreeMap<String, (&'static str, Sent)>,
    pub sent: Vec<Sent>,
    /// How often each button of each thing was pressed, and each modal about it sent, by whom: (action, value, user).
    pub presses: BTreeMap<(String, String, String), u32>,
    pub acts: u64,
    words: u64,
    steps: u64,
}

impl People {
    pub fn plan(&mut self, at: i64, intent: Intent) {
        self.steps += 1;
        self.agenda.insert((at, self.steps), intent);
    }

    pub fn next(&self) -> Option<i64> {
        self.agenda.keys().next().map(|(at, _)| *at)
    }

    pub fn due(&mut self, now: i64) -> Option<Intent> {
        let first = *self.agenda.keys().next().filter(|(at, _)| *at <= now)?;
        self.agenda.remove(&first)
    }

    fn word(&mut self) -> String {
        self.words += 1;
        format!("w{:06}", self.words)
    }

    /// A shift starts: what its agent, the manager and a stranger will do that day.
    pub fn day(&mut self, who: &str, start: i64, collect: i64, chance: &mut Chance) {
        let Some(who) = AGENTS.into_iter().find(|agent| *agent == who) else { return };
        let when = |chance: &mut Chance, until: i64| start + chance.between(1_000, until.max(2_000));
        match chance.below(20) {
            0..=12 => {
                let at = when(chance, collect * 3 / 2);
                self.plan(at, Intent::Answer(who));
            }
            13..=15 => {
                let at = when(chance, collect);
                self.plan(at, Intent::OpenForm(who));
            }
            16 => {
                let at = when(chance, collect);
                self.plan(at, Intent::Press(who, "Off today"));
            }
            17 => {
                let at = when(chance, collect);
                self.plan(at, Intent::Press(who, "Snooze 30 min"));
                let at = at + chance.between(60_000, HOUR);
                self.plan(at, Intent::Answer(who));
            }
            _ => {}
        }
        for _ in 0..chance.below(3) {
            let at = when(chance, 4 * HOUR);
            self.plan(at, Intent::PressAny(who, chance.below(2) == 0));
        }
        if chance.below(3) == 0 {
            let at = when(chance, 3 * HOUR);
            self.plan(at, Intent::Amend(who));
        }
        if chance.below(4) == 0 {
            let at = when(chance, 5 * HOUR);
            self.plan(at, Intent::OpenForm(who));
        }
        let other = [MANAGER, OUTSIDER, MANAGER][chance.below(3)];
        let at = when(chance, 6 * HOUR);
        self.plan(at, if chance.below(4) == 0 { Intent::Chat(other) } else { Intent::PressAny(other, true) });
    }
}

/// The eyes and hands of people.
pub struct Hands<'a> {
    pub slack: &'a Sandbox,
    pub mirror: &'a Mirror,
    pub people: &'a mut People,
    pub chance: &'a mut Chance,
    pub now: i64,
}

impl Hands<'_> {
    pub fn act(&mut self, intent: Intent) {
        self.people.acts += 1;
        match intent {
            Intent::Answer(who) => self.answer(who),
            Intent::Close(who) => self.close(who),
            Intent::SayStuck(who) => self.say_stuck(who),
            Intent::Press(who, label) => self.press(who, label),
            Intent::PressAny(who, channel) => self.press_any(who, channel),
            Intent::Amend(who) => self.amend(who),
            Intent::OpenForm(who) => self.open_form(who),
            Intent::Fill(who) => self.fill(who),
            Intent::Chat(who) => self.chat(who),
        }
    }

    fn later(&mut self, from: i64, to: i64, intent: Intent) {
        let at = self.now + self.chance.between(from, to);
        self.people.plan(at, intent);
    }

    fn types(&mut self, who: &'static str, text: &str) {
        let channel = self.slack.dm(who);
        let Ok(ts) = self.slack.says(who, &channel, text) else { return };
        let text = text.to_owned();
        let typed =
            Typed { user: who, channel, ts, text, at: self.now, deleted: false, open: 1, heard_at: 0, checked: false };
        self.people.typed.push(typed);
    }

    fn prompted(&self, who: &str) -> bool {
        let channel = self.slack.dm(who);
        self.mirror.recent(&channel, self.now - 12 * HOUR).any(|live| live.key.starts_with("prompt:"))
    }

    fn answer(&mut self, who: &'static str) {
        if !self.prompted(who) && self.chance.below(5) > 0 {
            return;
        }
        for _ in 0..=self.chance.below(2) {
            let lines: Vec<String> =
                (0..=self.chance.below(3)).map(|_| format!("{} do this", self.people.word())).collect();
            self.types(who, &lines.join("\n"));
        }
        self.later(2_000, 180_000, Intent::Close(who));
    }

    fn close(&mut self, who: &'static str) {
        match self.chance.below(6) {
            0 => self.types(who, "none"),
            1..=3 => self.press(who, "Nothing stuck"),
            _ => {
                self.press(who, "I'm stuck");
                self.later(3_000, 60_000, Intent::SayStuck(who));
            }
        }
    }

    fn say_stuck(&mut self, who: &'static str) {
        let text = format!("{} does not work", self.people.word());
        self.types(who, &text);
        let label = if self.chance.below(2) == 0 { "A minute or less" } else { "More than a minute" };
        self.later(4_000, 60_000, Intent::Press(who, label));
    }

    fn press(&mut self, who: &'static str, label: &str) {
        let channel = self.slack.dm(who);
        let found = self.mirror.recent(&channel, self.now - 24 * HOUR).find(|live| live.shown.contains(label)).cloned();
        if let Some(live) = found {
            self.press_on(who, &live, label);
        }
    }

    fn press_on(&mut self, who: &str, live: &Live, label: &str) {
        let Some(message) = self.read(who, live) else { return };
        let Some(act) = message.press(label) else { return };
        if let Ok(Some(id)) = self.slack.begins_act(who, &act) {
            self.pressed(who, &id);
        }
    }

    fn pressed(&mut self, who: &str, id: &str) {
        let Some(parcel) = self.slack.outbox().into_iter().find(|parcel| parcel.id == id) else { return };
        let action = &parcel.payload()["actions"][0];
        let text = |name: &str| action[name].as_str().unwrap_or_default().to_owned();
        *self.people.presses.entry((text("action_id"), text("value"), who.to_owned())).or_default() += 1;
        if text("action_id") == "form" || ["resolve", "answer", "escalate"].contains(&text("action_id").as_str()) {
            let who = AGENTS.into_iter().chain([MANAGER, OUTSIDER]).find(|one| *one == who);
            if let Some(who) = who {
                self.later(2_000, 240_000, Intent::Fill(who));
            }
        }
    }

    /// A message as this person sees it.
    fn read(&self, who: &str, live: &Live) -> Option<sandbox::Message> {
        let root = live.thread_ts.as_ref().unwrap_or(&live.ts);
        self.slack.thread(who, &live.channel, root).into_iter().find(|message| message.ts == live.ts)
    }

    fn press_any(&mut self, who: &'static str, channel: bool) {
        let place = if channel { CHANNEL.to_owned() } else { self.slack.dm(who) };
        let seen: Vec<&Live> =
            self.mirror.recent(&place, self.now - 36 * HOUR).filter(|live| live.pressable).take(12).collect();
        let Some(live) = self.chance.one(&seen).map(|live| (*live).clone()) else { return };
        let Some(message) = self.read(who, &live) else { return };
        let boxes = message.boxes();
        if !boxes.is_empty() && self.chance.below(2) == 0 {
            let ticked: Vec<&str> = boxes.iter().filter(|_| self.chance.below(2) == 0).map(String::as_str).collect();
            if let Some(act) = message.tick(&ticked)
                && let Ok(Some(id)) = self.slack.begins_act(who, &act)
            {
                self.pressed(who, &id);
            }
            return;
        }
        let labels: Vec<String> = message.buttons();
        let Some(label) = self.chance.one(&labels).cloned() else { return };
        self.press_on(who, &live, &label);
        // An impatient finger.
        if self.chance.below(6) == 0 {
            self.press_on(who, &live, &label);
        }
    }

    fn amend(&mut self, who: &'static str) {
        let day = self.now - 12 * HOUR;
        let mine: Vec<usize> = self
            .people
            .typed
            .iter()
            .enumerate()
            .rev()
            .take(40)
            .filter(|(_, typed)| typed.user == who && !typed.deleted && typed.at > day)
            .map(|(at, _)| at)
            .collect();
        let Some(at) = self.chance.one(&mine).copied() else { return };
        let word = self.people.word();
        let typed = &mut self.people.typed[at];
        typed.open += 1;
        if self.chance.below(3) == 0 {
            typed.deleted = true;
            if self.slack.deletes(who, &typed.channel, &typed.ts).is_err() {
                typed.open -= 1;
            }
            return;
        }
        typed.text = match self.chance.below(3) {
            0 => format!("{}\n{word} as well", typed.text),
            1 => format!("{word} first\n{}", typed.text),
            _ => format!("{word} instead"),
        };
        if self.slack.edits(who, &typed.channel, &typed.ts, &typed.text).is_err() {
            typed.open -= 1;
        }
    }

    fn open_form(&mut self, who: &'static str) {
        let label = ["Answer in a form", "Edit", "Answer now"][self.chance.below(3)];
        let channel = self.slack.dm(who);
        let labels = [label, "Answer in a form", "Edit"];
        let found = labels.iter().find_map(|label| {
            let live = self.mirror.recent(&channel, self.now - 24 * HOUR).find(|live| live.shown.contains(label))?;
            Some((live.clone(), *label))
        });
        if let Some((live, label)) = found {
            self.press_on(who, &live, label);
        }
    }

    fn fill(&mut self, who: &'static str) {
        let Some(view) = self.slack.views(who).pop() else { return };
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let form = view.view["callback_id"] == "form";
        let mut words = Vec::new();
        for block in view.blocks().iter().filter(|block| block["type"] == "input") {
            let (block_id, action_id) = (text(&block["block_id"]), text(&block["element"]["action_id"]));
            let state = view.values.get(&block_id).and_then(|block| block.get(&action_id));
            let before = state.map(|state| text(&state["value"])).unwrap_or_default();
            let fill = match block_id.as_str() {
                "priorities" => true,
                "outcome" | "answer" | "why" => true,
                "last_text" => self.chance.below(3) == 0,
                part if part.starts_with("unstuck:") => self.chance.below(2) == 0,
                part if part.starts_with("stuck:") && part.ends_with(":what") => {
                    before.is_empty() && self.chance.below(3) == 0
                }
                _ => false,
            };
            if !fill {
                continue;
            }
            let word = self.people.word();
            let after = match (form && block_id == "priorities", before.is_empty()) {
                (true, false) => format!("{before}\n{word} in a form"),
                _ => format!("{word} in a form"),
            };
            if self.slack.fills(who, &block_id, &action_id, after).is_ok() && form && block_id == "priorities" {
                words.push(word);
            }
        }
        let metadata = text(&view.view["private_metadata"]);
        let check_in = metadata.split(' ').next().unwrap_or_default().to_owned();
        match self.slack.begins_submit(who) {
            Ok(Submitting::Sent(id)) => {
                if !form {
                    // A modal whose answer was lost stays open, and may be sent again.
                    let what = (format!("{} sent", text(&view.view["callback_id"])), metadata, who.to_owned());
                    *self.people.presses.entry(what).or_default() += 1;
                }
                let sent = Sent { check_in, words, at: self.now };
                self.people.sending.insert(id, (who, sent));
            }
            _ => self.slack.closes(who),
        }
    }

    fn chat(&mut self, who: &'static str) {
        let found = self.mirror.recent(CHANNEL, self.now - 36 * HOUR).find(|live| live.key.starts_with("help:"));
        let Some(live) = found.cloned() else { return };
        let word = self.people.word();
        let root = live.thread_ts.as_ref().unwrap_or(&live.ts);
        // Nothing is owed for it: people talk in threads.
        let _ = self.slack.replies(who, CHANNEL, root, &format!("{word} have you tried?"));
    }
}
