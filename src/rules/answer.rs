//! The typed conversation as a pure fold: what was typed and pressed, in Slack's own order, is what the answer says.
//! Nothing is remembered between two runs, so repeats, reordering, edits and deletions need no code of their own.

use crate::rules::id::Ts;
use crate::rules::lines::{self, APART, Item};
pub use crate::rules::stuck::Size;
use std::collections::{BTreeMap, BTreeSet};

mod gather;
mod presses;
mod words;

#[cfg(test)]
mod tests;

/// A message typed in the direct message, with its current text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub ts: Ts,
    /// The question of ours that answers it: messages typed in one go share it.
    pub run: i64,
    pub text: String,
    pub deleted: bool,
    /// There was no room left for it: its words are not kept.
    pub beyond: bool,
}

/// So many characters are taken in of what is typed in one check-in, twice the longest text of
/// Slack's …
const CHARACTERS: usize = 80_000;
/// … and so many messages. Whoever types more keeps it in the direct message.
const MESSAGES: usize = 1_000;

/// Whether there is room for a text beside the others of a check-in.
pub fn has_room<'a>(text: &str, others: impl Iterator<Item = &'a str>) -> bool {
    let (mut characters, mut messages) = (text.chars().count(), 1);
    for other in others {
        characters += other.chars().count();
        messages += 1;
    }
    characters <= CHARACTERS && messages <= MESSAGES
}

/// A button of the typed conversation that was pressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Press {
    /// Slack's `action_ts`.
    pub at: Ts,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// "I'm stuck", and "Another stuck" later.
    ImStuck,
    /// "Nothing stuck".
    Nothing,
    Size {
        said: Ts,
        line: usize,
        size: Size,
    },
    /// It's a priority, not a stuck.
    Priority {
        said: Ts,
        line: usize,
    },
    /// It's a stuck, not a priority.
    Stuck {
        said: Ts,
        line: usize,
    },
    AddAsPriority {
        said: Ts,
    },
    AddAsStuck {
        said: Ts,
    },
    NeverMind {
        said: Ts,
    },
}

/// A line of what was typed and what it counts as. (said, line) is its place, by which rows keep their identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub said: Ts,
    /// Its index among the lines of its message.
    pub line: usize,
    pub run: i64,
    pub filed: Filed,
    pub text: String,
    /// How many typed lines it holds: more than one where there was no room for each.
    pub lines: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filed {
    Priority,
    Stuck {
        size: Option<Size>,
    },
    /// Said when nothing was asked: "Add that as".
    Unfiled,
    /// The message said that nothing is stuck.
    Nothing,
}

/// What the next text is taken for (in the run that is going on, more priorities are always welcome).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    Priorities,
    AStuck,
    NothingOpen,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// In the order in which they were typed.
    pub lines: Vec<Line>,
    /// How many lines of a run stand with what was typed before them, because the check-in has no
    /// more room.
    pub gathered: BTreeMap<i64, usize>,
    /// The runs of which something stands nowhere, because there was no room at all.
    pub full: BTreeSet<i64>,
    /// Question 3 was answered with none, and no stuck was raised after it.
    pub nothing: bool,
    pub asking: Asking,
    /// Question 3 has an answer: none, or stucks that all have their size, or the form.
    pub complete: bool,
}

/// `form_sent` is when the form was first sent: what was typed before it stays filed as it was.
/// `elsewhere` is how many lines of the check-in came by the form.
pub fn fold(said: &[Said], presses: &[Press], form_sent: Option<&Ts>, elsewhere: usize) -> Answer {
    let mut talk = heard(said, presses, form_sent);
    talk.gather(elsewhere);
    talk.answer()
}

/// The lines as they are filed, each by itself: what a press speaks of.
pub fn filed(said: &[Said], presses: &[Press], form_sent: Option<&Ts>) -> Vec<Line> {
    heard(said, presses, form_sent).messages.iter().flat_map(Message::lines).collect()
}

fn heard(said: &[Said], presses: &[Press], form_sent: Option<&Ts>) -> Talk {
    let mut talk = Talk::default();
    for (at, step) in steps(said, presses, form_sent).into_iter().enumerate() {
        match step {
            Step::Said(said) => talk.hear(said, at),
            Step::Form => talk.form(at),
            Step::Press(what) => talk.press(what, at),
        }
    }
    talk
}

enum Step<'a> {
    Said(&'a Said),
    Form,
    Press(&'a What),
}

/// Everything once, in the order in which it happened.
fn steps<'a>(said: &'a [Said], presses: &'a [Press], form_sent: Option<&'a Ts>) -> Vec<Step<'a>> {
    let mut messages: BTreeMap<&Ts, &Said> = BTreeMap::new();
    for message in said {
        let weight = |said: &Said| (said.deleted, said.text.clone(), said.run);
        let kept = messages.entry(&message.ts).or_insert(message);
        if weight(message) > weight(kept) {
            *kept = message;
        }
    }
    // A press about a message never comes before it, whatever two clocks of Slack say.
    let mut presses: Vec<_> =
        presses.iter().map(|p| (p.what.said().map_or(&p.at, |said| said.max(&p.at)), p)).collect();
    presses.sort_by_key(|(at, press)| (*at, &press.at, &press.what));
    presses.dedup_by(|a, b| a.1 == b.1);

    let mut steps: Vec<(&Ts, Step)> = messages.into_iter().map(|(ts, said)| (ts, Step::Said(said))).collect();
    steps.extend(form_sent.map(|at| (at, Step::Form)));
    steps.extend(presses.into_iter().map(|(at, press)| (at, Step::Press(&press.what))));
    steps.sort_by_key(|(at, _)| *at);
    steps.into_iter().map(|(_, step)| step).collect()
}

/// The conversation so far. Steps are numbered, so that "later" has a meaning.
#[derive(Default)]
struct Talk {
    messages: Vec<Message>,
    /// "I'm stuck" was pressed, and its text has not come yet.
    awaited: bool,
    /// The last step that said none.
    none: Option<usize>,
    form: Option<usize>,
    /// The run in which a priority was typed last.
    run: Option<i64>,
    /// See [`Answer::gathered`] and [`Answer::full`].
    gathered: BTreeMap<i64, usize>,
    full: BTreeSet<i64>,
}

struct Message {
    said: Ts,
    run: i64,
    /// Without the opening that said what it is.
    body: String,
    parts: Vec<Part>,
}

struct Part {
    text: String,
    lines: usize,
    filed: As,
}

#[derive(Clone, Copy, PartialEq)]
enum As {
    Priority,
    Stuck {
        size: Option<Size>,
        raised: usize,
    },
    Unfiled,
    Nothing,
    /// Never mind.
    Dropped,
    /// It stands with what was typed before it.
    Gathered,
}

impl Talk {
    fn hear(&mut self, said: &Said, at: usize) {
        if said.deleted {
            // It did answer the question when it was there; what was typed after it must not become the stuck.
            self.awaited = false;
            return;
        }
        if said.beyond {
            self.full.insert(said.run);
            return;
        }
        let opening = words::stuck_opening(&said.text);
        let body = opening.unwrap_or(&said.text).trim();
        let mut message = Message { said: said.ts.clone(), run: said.run, body: body.to_owned(), parts: Vec::new() };
        if body.is_empty() {
            // "I'm stuck" alone is as good as the button; a picture without words is no text at all.
            self.awaited |= opening.is_some();
            return;
        }
        if words::is_none(body) {
            message.file(As::Nothing);
            self.say_none(at);
        } else if self.awaited || opening.is_some() {
            message.file(As::Stuck { size: None, raised: at });
            self.awaited = false;
        } else if self.asking() == Asking::NothingOpen && self.run != Some(said.run) {
            message.file(As::Unfiled);
        } else {
            message.file(As::Priority);
            self.run = Some(said.run);
        }
        self.messages.push(message);
    }

    fn form(&mut self, at: usize) {
        self.form = Some(at);
        self.awaited = false;
        self.run = None;
    }

    fn say_none(&mut self, at: usize) {
        self.none = Some(at);
        self.awaited = false;
    }

    fn press(&mut self, what: &What, at: usize) {
        let Some(said) = what.said() else {
            return if *what == What::Nothing { self.say_none(at) } else { self.awaited = true };
        };
        let Some(message) = self.messages.iter_mut().find(|message| message.said == *said) else { return };
        if message.parts.iter().any(|part| part.filed == As::Nothing) {
            return;
        }
        let stuck = As::Stuck { size: None, raised: at };
        match *what {
            What::ImStuck | What::Nothing => {}
            What::Size { line, size, .. } => message.size(line, size),
            What::Priority { line, .. } => message.refile(line, As::Priority),
            What::Stuck { line, .. } => message.refile(line, stuck),
            What::AddAsPriority { .. } if !message.all(As::is_priority) => message.file(As::Priority),
            What::AddAsStuck { .. } if !message.all(As::is_stuck) => message.file(stuck),
            What::AddAsPriority { .. } | What::AddAsStuck { .. } => {}
            What::NeverMind { .. } => message.file(As::Dropped),
        }
    }

    fn parts(&self) -> impl Iterator<Item = &Part> {
        self.messages.iter().flat_map(|message| &message.parts)
    }

    fn stucks(&self) -> impl Iterator<Item = (Option<Size>, usize)> {
        self.parts().filter_map(|part| match part.filed {
            As::Stuck { size, raised } => Some((size, raised)),
            _ => None,
        })
    }

    /// A step that closes question 3, unless a stuck that still stands was raised after it.
    fn closed_by(&self, step: Option<usize>) -> bool {
        step.is_some_and(|step| self.stucks().all(|(_, raised)| raised < step))
    }

    fn all_sized(&self) -> bool {
        self.stucks().all(|(size, _)| size.is_some())
    }

    fn asking(&self) -> Asking {
        if self.awaited {
            return Asking::AStuck;
        }
        let given = self.form.is_some() || self.stucks().next().is_some();
        let closed = self.closed_by(self.none) || self.closed_by(self.form) || (given && self.all_sized());
        // After "Nothing stuck" alone, question 2 is still open.
        let open = !closed || !(given || self.parts().any(|part| part.filed.is_priority()));
        if open { Asking::Priorities } else { Asking::NothingOpen }
    }

    fn answer(self) -> Answer {
        let nothing = self.closed_by(self.none);
        let sized = self.stucks().next().is_some() && self.all_sized();
        Answer {
            nothing,
            asking: self.asking(),
            complete: nothing || sized || self.form.is_some(),
            lines: self.messages.iter().flat_map(Message::lines).collect(),
            gathered: self.gathered,
            full: self.full,
        }
    }
}

impl Message {
    /// Files the whole message: priorities split by line, a stuck never does unless its lines are a list.
    fn file(&mut self, filed: As) {
        let items = lines::items(&self.body, APART);
        let apart = filed.is_priority() || (filed.is_stuck() && lines::bulleted(&self.body));
        let whole = || Item { text: self.body.clone(), lines: 1 };
        let items = if apart || (items.len() == 1 && filed.is_stuck()) { items } else { vec![whole()] };
        self.parts = items.into_iter().map(|Item { text, lines }| Part { text, lines, filed }).collect();
    }

    /// Files one line. What was not split before, being one stuck or unfiled, is filed as a whole.
    fn refile(&mut self, line: usize, filed: As) {
        let same = |part: &Part| std::mem::discriminant(&part.filed) == std::mem::discriminant(&filed);
        let single = self.parts.len() == 1;
        match self.parts.get_mut(line) {
            None => {}
            Some(part) if same(part) => {}
            Some(_) if single => self.file(filed),
            Some(part) => part.filed = filed,
        }
    }

    fn size(&mut self, line: usize, chosen: Size) {
        if let Some(Part { filed: As::Stuck { size, .. }, .. }) = self.parts.get_mut(line) {
            *size = Some(chosen);
        }
    }

    fn all(&self, test: fn(&As) -> bool) -> bool {
        !self.parts.is_empty() && self.parts.iter().all(|part| test(&part.filed))
    }

    fn lines(&self) -> impl Iterator<Item = Line> {
        self.parts.iter().enumerate().filter_map(|(line, part)| {
            let filed = match part.filed {
                As::Priority => Filed::Priority,
                As::Stuck { size, .. } => Filed::Stuck { size },
                As::Unfiled => Filed::Unfiled,
                As::Nothing => Filed::Nothing,
                As::Dropped | As::Gathered => return None,
            };
            let (said, text) = (self.said.clone(), part.text.clone());
            Some(Line { said, line, run: self.run, filed, text, lines: part.lines })
        })
    }
}

impl As {
    fn is_priority(&self) -> bool {
        matches!(self, As::Priority)
    }

    fn is_stuck(&self) -> bool {
        matches!(self, As::Stuck { .. })
    }
}
