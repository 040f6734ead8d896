//! The other agents answer by themselves, through the sandbox like people, a few seconds apart.

use super::cast;
use super::script::{self, Move};
use super::time::Day;
use sandbox::{Act, Message, Sandbox};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::watch;

/// Between two things that one person does, and between the first things of two people.
const APART: i64 = 3_000;

#[derive(Clone)]
pub struct Others {
    sandbox: Sandbox,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Also the newcomer's part is played, for yesterday.
    everybody: bool,
    /// Prompts that were noticed: (person, ts).
    noticed: BTreeSet<(String, String)>,
    asked: HashMap<String, usize>,
    /// What is still to be done, by whom, from when on.
    plans: Vec<Plan>,
}

struct Plan {
    person: String,
    at: i64,
    moves: VecDeque<Move>,
}

impl Others {
    pub fn new(sandbox: Sandbox) -> Others {
        Others { sandbox, state: Arc::default() }
    }

    pub fn everybody_plays(&self, everybody: bool) {
        self.state().everybody = everybody;
    }

    /// When somebody does something next.
    pub fn next(&self) -> Option<i64> {
        self.state().plans.iter().map(|plan| plan.at).min()
    }

    /// Does in real time what the jumps do in theirs.
    pub async fn play(self, day: Day, mut stop: watch::Receiver<bool>) {
        let mut changed = self.sandbox.changed();
        while !*stop.borrow() {
            day.others_act().await;
            let next = self.next().unwrap_or(i64::MAX);
            tokio::select! {
                () = day.clock().sleep_until(next) => {}
                _ = changed.changed() => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Notices new prompts and does what is due.
    pub async fn act(&self, now: i64) {
        self.notice(now);
        while let Some((person, step)) = self.take_due(now) {
            self.make(&person, step).await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn notice(&self, now: i64) {
        let asked: Vec<(String, String)> = cast::workspace()
            .users
            .into_iter()
            .filter(|user| !user.is_bot && !script::part(&user.id, 0).is_empty())
            .filter_map(|user| Some((user.id.clone(), self.prompt(&user.id)?.ts)))
            .collect();
        let mut state = self.state();
        let mut first = now;
        for (person, ts) in asked {
            if !state.noticed.insert((person.clone(), ts)) {
                continue;
            }
            let day = *state.asked.entry(person.clone()).and_modify(|days| *days += 1).or_insert(0);
            if person == cast::YOU && !state.everybody {
                continue;
            }
            first += APART;
            let moves = script::part(&person, day).iter().copied().collect();
            state.plans.push(Plan { person, at: first, moves });
        }
    }

    /// The prompt that still asks: the newest message of the bot's with its buttons.
    fn prompt(&self, person: &str) -> Option<Message> {
        let dm = self.sandbox.dm(person);
        let asks = |message: &Message| message.buttons().iter().any(|label| label == "Off today");
        self.sandbox.history(person, &dm).into_iter().rev().find(asks)
    }

    fn take_due(&self, now: i64) -> Option<(String, Move)> {
        let mut state = self.state();
        let plan = state.plans.iter_mut().filter(|plan| plan.at <= now).min_by_key(|plan| plan.at)?;
        let step = plan.moves.pop_front();
        plan.at += match step {
            Some(Move::Wait(minutes)) => minutes * 60_000,
            _ => APART,
        };
        let person = plan.person.clone();
        state.plans.retain(|plan| !plan.moves.is_empty());
        Some((person, step?))
    }

    /// Somebody who finds no such button any more has nothing to press.
    async fn make(&self, person: &str, step: Move) {
        let dm = self.sandbox.dm(person);
        match step {
            Move::Say(text) => {
                if let Err(error) = self.sandbox.says(person, &dm, text) {
                    tracing::warn!(event = "demo_cannot_type", person, %error, "the demo's people cannot type");
                }
            }
            Move::Press(label) => self.press(person, &dm, label).await,
            Move::Tick(count) => {
                let Some(prompt) = self.prompt(person) else { return };
                let labels = prompt.boxes();
                let labels: Vec<&str> = labels.iter().take(count).map(String::as_str).collect();
                if let Some(act) = prompt.tick(&labels) {
                    self.use_it(person, act).await;
                }
            }
            Move::Wait(_) => {}
            Move::Take => self.press(person, cast::CHANNEL, "I'll take this").await,
            Move::Resolve(what) => {
                self.press(person, &dm, "Resolve").await;
                let field = self.sandbox.views(person).last().and_then(|view| view.input("What unstuck it?"));
                let Some((block, action)) = field else { return };
                let sent = match self.sandbox.fills(person, &block, &action, what) {
                    Ok(()) => self.sandbox.submits(person).await.map(|_| ()),
                    Err(refused) => Err(refused),
                };
                if let Err(error) = sent {
                    tracing::warn!(event = "demo_cannot_fill", person, %error, "the demo's people cannot fill in a form");
                }
            }
        }
    }

    async fn press(&self, person: &str, place: &str, label: &str) {
        let newest = self.sandbox.history(person, place).into_iter().rev();
        if let Some(act) = newest.filter_map(|message| message.press(label)).next() {
            self.use_it(person, act).await;
        }
    }

    async fn use_it(&self, person: &str, act: Act) {
        if let Err(error) = self.sandbox.acts(person, act).await {
            tracing::warn!(event = "demo_cannot_press", person, %error, "the demo's people cannot press");
        }
    }
}
