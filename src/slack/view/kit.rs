//! A message is written as a small document, and from that one document come both its blocks and its fallback text, so
//! that neither says what the other does not. Text typed by people goes only into elements that never parse it.
//! Blocks are written as JSON, one small function for each element (`element.rs`): slack-morphism has types for them, but
//! its builders would hide the messages behind their construction.

use serde_json::{Value, json};

use super::action::Action;
use super::element::{actions, checkboxes, context};
use super::{emoji, words};
use crate::rules::id::{ChannelId, UserId};

/// A piece of a line.
#[derive(Clone, Debug, PartialEq)]
pub enum Run {
    /// Our words.
    Plain(String),
    Bold(String),
    /// Our words, quieter: `late`.
    Aside(String),
    /// Whatever people typed, names among it.
    Typed {
        text: String,
        bold: bool,
    },
    /// Tells somebody; only for who must act or learn.
    Mention(UserId),
    Channel(ChannelId),
    /// In the reader's own zone, with the day where it is not the obvious one.
    Time {
        at: i64,
        day: bool,
    },
    Link {
        url: String,
        label: String,
    },
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line(pub Vec<Run>);

pub fn line() -> Line {
    Line::default()
}

impl Line {
    fn with(mut self, run: Run) -> Line {
        self.0.push(run);
        self
    }
    pub fn plain(self, text: impl Into<String>) -> Line {
        self.with(Run::Plain(text.into()))
    }
    pub fn bold(self, text: impl Into<String>) -> Line {
        self.with(Run::Bold(text.into()))
    }
    pub fn aside(self, text: impl Into<String>) -> Line {
        self.with(Run::Aside(text.into()))
    }
    pub fn typed(self, text: impl Into<String>) -> Line {
        self.with(Run::Typed { text: text.into(), bold: false })
    }
    pub fn bold_typed(self, text: impl Into<String>) -> Line {
        self.with(Run::Typed { text: text.into(), bold: true })
    }
    pub fn mention(self, user: &UserId) -> Line {
        self.with(Run::Mention(user.clone()))
    }
    pub fn channel(self, channel: &ChannelId) -> Line {
        self.with(Run::Channel(channel.clone()))
    }
    pub fn time(self, at: i64) -> Line {
        self.with(Run::Time { at, day: false })
    }
    /// With the day, unless it falls on the same day as `beside`.
    pub fn time_beside(self, at: i64, beside: i64, zone: &str) -> Line {
        let day = words::civil(at, zone).date() != words::civil(beside, zone).date();
        self.with(Run::Time { at, day })
    }
    pub fn link(self, url: &str, label: &str) -> Line {
        self.with(Run::Link { url: url.to_owned(), label: label.to_owned() })
    }
    pub fn then(mut self, other: Line) -> Line {
        self.0.extend(other.0);
        self
    }

    pub fn fallback(&self, zone: &str) -> String {
        self.0.iter().map(|run| run.fallback(zone)).collect()
    }

    /// What it costs of a message's fallback.
    pub fn size(&self, zone: &str) -> usize {
        words::length(&self.fallback(zone))
    }
}

impl Run {
    fn fallback(&self, zone: &str) -> String {
        match self {
            Run::Plain(text) | Run::Bold(text) | Run::Aside(text) | Run::Typed { text, .. } => words::escape(text),
            Run::Mention(user) => format!("<@{user}>"),
            Run::Channel(channel) => format!("<#{channel}>"),
            Run::Time { at, day: false } => words::clock(*at, zone),
            Run::Time { at, day: true } => words::day_and_clock(*at, zone),
            Run::Link { url, label } => format!("<{}|{}>", words::escape(url), words::escape(label)),
        }
    }

    /// Characters that it shows in blocks.
    fn shown(&self) -> usize {
        match self {
            Run::Plain(text) | Run::Bold(text) | Run::Aside(text) | Run::Typed { text, .. } => words::length(text),
            Run::Link { label, .. } => words::length(label),
            Run::Mention(_) | Run::Channel(_) | Run::Time { .. } => 20,
        }
    }

    fn rich(&self, zone: &str) -> Value {
        match self {
            Run::Plain(text) | Run::Typed { text, bold: false } => json!({"type": "text", "text": text}),
            Run::Bold(text) | Run::Typed { text, bold: true } => {
                json!({"type": "text", "text": text, "style": {"bold": true}})
            }
            Run::Aside(text) => json!({"type": "text", "text": text, "style": {"italic": true}}),
            Run::Mention(user) => json!({"type": "user", "user_id": user}),
            Run::Channel(channel) => json!({"type": "channel", "channel_id": channel}),
            Run::Time { at, day } => json!({
                "type": "date", "timestamp": at.div_euclid(1000), "format": date_format(*day), "fallback": self.fallback(zone),
            }),
            Run::Link { url, label } => json!({"type": "link", "url": url, "text": label}),
        }
    }

    /// Grey lines know no rich text: our own words with their dates and mentions are marked up, the rest stays plain.
    pub(super) fn marked_up(&self, zone: &str) -> String {
        match self {
            Run::Time { at, day } => {
                let seconds = at.div_euclid(1000);
                format!("<!date^{seconds}^{}|{}>", date_format(*day), self.fallback(zone))
            }
            other => other.fallback(zone),
        }
    }

    pub(super) fn is_typed(&self) -> bool {
        matches!(self, Run::Typed { .. })
    }

    pub(super) fn is_words(&self) -> bool {
        matches!(self, Run::Plain(_) | Run::Bold(_) | Run::Aside(_))
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Run::Plain(text) | Run::Bold(text) | Run::Aside(text) | Run::Typed { text, .. } => text.is_empty(),
            _ => false,
        }
    }
}

fn date_format(day: bool) -> &'static str {
    if day { "{date_short_pretty} {time}" } else { "{time}" }
}

#[derive(Clone, Debug)]
pub struct Tick {
    pub value: String,
    pub label: String,
    pub on: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Piece {
    /// `joins` the paragraph before it; `flows` into a reply when there is no room.
    Line {
        line: Line,
        joins: bool,
        flows: bool,
    },
    Grey(Line),
    Row {
        id: String,
        buttons: Vec<Value>,
    },
    Ticks {
        id: String,
        action: &'static str,
        ticks: Vec<Tick>,
        buttons: Vec<Value>,
    },
}

/// A message before it is split into parts.
#[derive(Clone, Debug)]
pub struct Doc {
    pub(super) zone: String,
    pub(super) pieces: Vec<Piece>,
}

impl Doc {
    /// `zone` is where plain-text times are read.
    pub fn new(zone: &str) -> Doc {
        Doc { zone: zone.to_owned(), pieces: Vec::new() }
    }

    /// A paragraph.
    pub fn say(&mut self, line: Line) {
        self.pieces.push(Piece::Line { line, joins: false, flows: false });
    }

    /// One more line of the same paragraph.
    pub fn and(&mut self, line: Line) {
        self.pieces.push(Piece::Line { line, joins: true, flows: false });
    }

    /// A line that may go on in a reply when the message is full.
    pub fn list(&mut self, line: Line) {
        self.pieces.push(Piece::Line { line, joins: true, flows: true });
    }

    pub fn grey(&mut self, line: Line) {
        if line.0.iter().any(|run| !run.is_empty()) {
            self.pieces.push(Piece::Grey(line));
        }
    }

    /// The block id tells the rows of one message apart.
    pub fn row(&mut self, id: impl Into<String>, buttons: impl IntoIterator<Item = Value>) {
        let buttons: Vec<Value> = buttons.into_iter().collect();
        if !buttons.is_empty() {
            self.pieces.push(Piece::Row { id: id.into(), buttons });
        }
    }

    /// Checkboxes say in their block id of what they are, because their values are the lines.
    pub fn ticks(&mut self, action: &Action, ticks: Vec<Tick>, buttons: Vec<Value>) {
        // Slack keeps what a person ticked for as long as the block's id stays: an edit that ticks needs another id.
        let on: String = ticks.iter().map(|tick| if tick.on { '1' } else { '0' }).collect();
        self.pieces.push(Piece::Ticks { id: format!("{}.{on}", action.value()), action: action.id(), ticks, buttons });
    }

    /// The fallback text.
    pub fn fallback(&self) -> String {
        let lines: Vec<String> = self.pieces.iter().filter_map(|piece| piece.fallback(&self.zone)).collect();
        lines.join("\n")
    }

    pub fn blocks(&self) -> Vec<Value> {
        let mut out = Vec::new();
        let mut paragraph = Paragraph::default();
        for piece in &self.pieces {
            if let Piece::Line { line, joins, .. } = piece {
                if !joins {
                    paragraph.close(&mut out);
                }
                paragraph.add(line, &self.zone, &mut out);
            } else {
                paragraph.close(&mut out);
                out.extend(piece.block(&self.zone));
            }
        }
        paragraph.close(&mut out);
        out
    }
}

impl Piece {
    pub(super) fn fallback(&self, zone: &str) -> Option<String> {
        match self {
            Piece::Line { line, .. } | Piece::Grey(line) => Some(line.fallback(zone)),
            Piece::Row { .. } => None,
            Piece::Ticks { ticks, .. } => {
                let mark = |tick: &Tick| if tick.on { '☑' } else { '☐' };
                let shown = ticks.iter().map(|tick| format!("{} {}", mark(tick), words::escape(&tick.label)));
                Some(shown.collect::<Vec<_>>().join("\n"))
            }
        }
    }

    fn block(&self, zone: &str) -> Option<Value> {
        match self {
            Piece::Line { .. } => None,
            Piece::Grey(line) => context(line, zone),
            Piece::Row { id, buttons } => Some(actions(id, buttons.clone())),
            Piece::Ticks { id, action, ticks, buttons } => {
                let mut elements = vec![checkboxes(action, ticks)];
                elements.extend(buttons.iter().cloned());
                Some(actions(id, elements))
            }
        }
    }
}

/// Slack takes more in one rich text block; shorter ones stay clear of every limit that others met.
pub(super) const IN_ONE_BLOCK: usize = 2_900;

/// One rich text block being filled.
#[derive(Default)]
struct Paragraph {
    elements: Vec<Value>,
    shown: usize,
}

impl Paragraph {
    fn add(&mut self, line: &Line, zone: &str, out: &mut Vec<Value>) {
        if !self.elements.is_empty() {
            self.elements.push(json!({"type": "text", "text": "\n"}));
            self.shown += 1;
        }
        for run in line.0.iter().filter(|run| !run.is_empty()) {
            let mut run = run.clone();
            while self.shown + run.shown() > IN_ONE_BLOCK {
                let Run::Typed { text, bold } = &run else { break };
                let (head, tail) = words::split_raw(text, IN_ONE_BLOCK.saturating_sub(self.shown));
                let (head, tail, bold) = (head.to_owned(), tail.to_owned(), *bold);
                self.push(&Run::Typed { text: head, bold }, zone);
                self.close(out);
                run = Run::Typed { text: tail, bold };
            }
            if self.shown + run.shown() > IN_ONE_BLOCK {
                self.close(out);
            }
            self.push(&run, zone);
        }
    }

    fn push(&mut self, run: &Run, zone: &str) {
        self.shown += run.shown();
        match run {
            // Slack hands typed emoji over by name, and draws them only as elements of their own.
            Run::Typed { text, bold } => {
                let of_text = |text: &str| Run::Typed { text: text.to_owned(), bold: *bold }.rich(zone);
                self.elements.extend(emoji::split(text).map(|piece| match piece {
                    emoji::Piece::Text(text) => of_text(text),
                    emoji::Piece::Emoji(name) => json!({"type": "emoji", "name": name}),
                }));
            }
            run if run.is_empty() => {}
            run => self.elements.push(run.rich(zone)),
        }
    }

    fn close(&mut self, out: &mut Vec<Value>) {
        let elements = std::mem::take(&mut self.elements);
        self.shown = 0;
        if !elements.is_empty() {
            out.push(json!({"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}));
        }
    }
}

impl Run {
    pub(super) fn text(&self) -> &str {
        match self {
            Run::Plain(text) | Run::Bold(text) | Run::Aside(text) | Run::Typed { text, .. } => text,
            Run::Link { label, .. } => label,
            Run::Mention(_) | Run::Channel(_) | Run::Time { .. } => "",
        }
    }
}
