//! A message is written as a small document, and from that one document come both its blocks and its fallback text, so
//! that neither says what the other does not. Text typed by people goes only into elements that never parse it.
//! slack-morphism's block types know neither rich text dates nor checkboxes in actions without loss, so the elements that
//! we use are written here, one function for each.

use serde_json::{Value, json};

use super::action::Action;
use super::words;
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
    fn marked_up(&self, zone: &str) -> String {
        match self {
            Run::Time { at, day } => {
                let seconds = at.div_euclid(1000);
                format!("<!date^{seconds}^{}|{}>", date_format(*day), self.fallback(zone))
            }
            other => other.fallback(zone),
        }
    }

    fn is_typed(&self) -> bool {
        matches!(self, Run::Typed { .. })
    }

    fn is_words(&self) -> bool {
        matches!(self, Run::Plain(_) | Run::Bold(_) | Run::Aside(_))
    }

    fn is_empty(&self) -> bool {
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
        self.pieces.push(Piece::Grey(line));
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
        self.pieces.push(Piece::Ticks { id: action.value(), action: action.id(), ticks, buttons });
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
const IN_ONE_BLOCK: usize = 2_900;

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
                if !head.is_empty() {
                    self.elements.push(Run::Typed { text: head, bold }.rich(zone));
                }
                self.close(out);
                run = Run::Typed { text: tail, bold };
            }
            if self.shown + run.shown() > IN_ONE_BLOCK {
                self.close(out);
            }
            if !run.is_empty() {
                self.shown += run.shown();
                self.elements.push(run.rich(zone));
            }
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

pub fn plain_text(text: &str) -> Value {
    json!({"type": "plain_text", "text": text, "emoji": true})
}

/// A grey line of a message or a modal.
pub fn context(line: &Line, zone: &str) -> Option<Value> {
    let runs: Vec<&Run> = line.0.iter().filter(|run| !run.is_empty()).collect();
    if runs.iter().all(|run| run.is_typed() || run.is_words()) {
        let text: String = runs.iter().map(|run| run.text()).collect();
        return (!text.trim().is_empty()).then(|| json!({"type": "context", "elements": [plain_text(&text)]}));
    }
    // Neighbours of one kind share an element; our words go with whatever stands before them.
    let mut groups: Vec<(bool, Vec<&Run>)> = Vec::new();
    for run in runs {
        match groups.last_mut() {
            Some((typed, group)) if run.is_words() || *typed == run.is_typed() => group.push(run),
            _ => groups.push((run.is_typed(), vec![run])),
        }
    }
    let element = |(typed, group): &(bool, Vec<&Run>)| {
        if *typed {
            let text: String = group.iter().map(|run| run.text()).collect();
            plain_text(text.trim())
        } else {
            let text: String = group.iter().map(|run| run.marked_up(zone)).collect();
            json!({"type": "mrkdwn", "text": text.trim(), "verbatim": true})
        }
    };
    let shown = groups.iter().map(element).filter(|element| element["text"] != "");
    Some(json!({"type": "context", "elements": shown.collect::<Vec<_>>()}))
}

impl Run {
    fn text(&self) -> &str {
        match self {
            Run::Plain(text) | Run::Bold(text) | Run::Aside(text) | Run::Typed { text, .. } => text,
            Run::Link { label, .. } => label,
            Run::Mention(_) | Run::Channel(_) | Run::Time { .. } => "",
        }
    }
}

pub fn actions(block_id: &str, elements: Vec<Value>) -> Value {
    json!({"type": "actions", "block_id": block_id, "elements": elements})
}

pub fn button(label: &str, action: Action) -> Value {
    let mut button = json!({"type": "button", "text": plain_text(label), "action_id": action.id()});
    let value = action.value();
    if !value.is_empty() {
        button["value"] = Value::from(value);
    }
    button
}

/// The one that people want.
pub fn primary(label: &str, action: Action) -> Value {
    let mut button = button(label, action);
    button["style"] = Value::from("primary");
    button
}

pub fn link_button(label: &str, url: &str) -> Value {
    let mut button = button(label, Action::Link);
    button["url"] = Value::from(url);
    button
}

fn checkboxes(action_id: &str, ticks: &[Tick]) -> Value {
    let options: Vec<Value> = ticks.iter().map(|tick| option(&tick.label, &tick.value)).collect();
    let ticked = ticks.iter().filter(|tick| tick.on);
    let initial: Vec<Value> = ticked.map(|tick| option(&tick.label, &tick.value)).collect();
    let mut element = json!({"type": "checkboxes", "action_id": action_id, "options": options});
    if !initial.is_empty() {
        element["initial_options"] = Value::from(initial);
    }
    element
}

pub fn option(label: &str, value: &str) -> Value {
    json!({"text": plain_text(label), "value": value})
}

pub fn radio(action_id: &str, options: &[(&str, &str)], chosen: &str) -> Value {
    let all: Vec<Value> = options.iter().map(|(label, value)| option(label, value)).collect();
    let mut element = json!({"type": "radio_buttons", "action_id": action_id, "options": all});
    if let Some((label, value)) = options.iter().find(|(_, value)| *value == chosen) {
        element["initial_option"] = option(label, value);
    }
    element
}

pub fn text_input(action_id: &str, multiline: bool, initial: &str) -> Value {
    let mut element = json!({"type": "plain_text_input", "action_id": action_id, "multiline": multiline});
    if !initial.is_empty() {
        element["initial_value"] = Value::from(initial);
    }
    element
}

/// `hint` may be empty. Slack requires nothing: our own check answers at the field.
pub fn input(block_id: &str, label: &str, hint: &str, element: Value) -> Value {
    let mut block = json!({"type": "input", "block_id": block_id, "label": plain_text(label), "optional": true, "element": element});
    if !hint.is_empty() {
        block["hint"] = plain_text(hint);
    }
    block
}

/// A heading of a modal: our words.
pub fn heading(text: &str) -> Value {
    json!({"type": "section", "text": {"type": "mrkdwn", "text": format!("*{}*", words::escape(text)), "verbatim": true}})
}

/// Typed text in a modal.
pub fn section(text: &str) -> Value {
    json!({"type": "section", "text": plain_text(&words::cut_raw(text, IN_ONE_BLOCK))})
}

/// A modal; Slack refuses a longer title.
pub fn modal(modal: &super::action::Modal, title: &str, submit: &str, blocks: Vec<Value>) -> Value {
    json!({
        "type": "modal",
        "callback_id": modal.callback_id(),
        "private_metadata": modal.private_metadata(),
        "title": plain_text(&words::cut_raw(title, 24)),
        "submit": plain_text(submit),
        "close": plain_text("Cancel"),
        "blocks": blocks,
    })
}
