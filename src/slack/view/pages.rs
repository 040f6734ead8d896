//! A document becomes parts: the message and, where it is too long for one, replies in its thread. Nothing is dropped: what
//! is cut in the message goes on in a reply, from where it was cut.

use serde_json::Value;

use super::Part;
use super::kit::{Doc, Line, Piece, Run, line};
use super::words;

/// Characters of fallback, counted after escaping. chat.update refuses more than 4,000.
pub const FULL: usize = 3_800;
/// Blocks; Slack's limit is 50.
pub const BLOCKS: usize = 45;
/// What the grey line costs that points to the replies.
const GOES_ON: &str = "It goes on in the replies below.";
/// The shortest beginning of a typed text that is worth showing.
const SHORTEST: usize = 60;

impl Doc {
    /// The message under its own name, and `more:1`, `more:2` … where it does not fit.
    pub fn parts(self) -> Vec<Part> {
        if self.fits() {
            return vec![self.named("")];
        }
        let (main, rest) = self.shorten();
        let mut parts = vec![main.named("")];
        parts.extend(pages(&main.zone, rest, "more"));
        parts
    }

    /// As one part; the caller knows that it fits.
    pub fn named(&self, name: &str) -> Part {
        Part { name: name.to_owned(), text: self.fallback(), blocks: Value::from(self.blocks()) }
    }

    pub fn size(&self) -> usize {
        words::length(&self.fallback())
    }

    fn fits(&self) -> bool {
        self.size() <= FULL && self.blocks().len() <= BLOCKS
    }

    /// What stays, with the long texts cut to one measure, and what goes on elsewhere.
    fn shorten(mut self) -> (Doc, Vec<Line>) {
        let room = FULL - GOES_ON.len() - 2;
        let has_list = self.pieces.iter().any(|piece| matches!(piece, Piece::Line { flows: true, .. }));
        // A message whose own lines are many keeps room for the first of them.
        let fixed_room = if has_list { room * 2 / 3 } else { room };
        if self.fixed_size(SHORTEST) > fixed_room {
            self.loosen();
        }
        let share = self.largest_share(fixed_room);
        let mut rest = Vec::new();
        let mut left = room.saturating_sub(self.fixed_size(share));
        let mut kept = Doc::new(&self.zone);
        let mut full = false;
        for piece in self.pieces {
            match piece {
                Piece::Line { line, joins, flows: false } => {
                    let (line, tails) = cut(line, share);
                    rest.extend(tails);
                    kept.pieces.push(Piece::Line { line, joins, flows: false });
                }
                Piece::Line { line, joins, flows: true } => {
                    let size = line.size(&kept.zone) + 1;
                    full = full || size > left;
                    if full {
                        rest.push(line);
                    } else {
                        left -= size;
                        kept.pieces.push(Piece::Line { line, joins, flows: true });
                    }
                }
                other => kept.pieces.push(other),
            }
        }
        let last_row = kept.pieces.iter().rposition(|piece| matches!(piece, Piece::Line { .. })).map_or(0, |at| at + 1);
        kept.pieces.insert(last_row, Piece::Grey(line().plain(GOES_ON)));
        (kept, rest)
    }

    /// The last resort: everything after the first line may go on in a reply.
    fn loosen(&mut self) {
        let mut first = true;
        for piece in &mut self.pieces {
            if let Piece::Line { flows, .. } = piece {
                *flows = *flows || !first;
                first = false;
            }
        }
    }

    fn fixed_size(&self, share: usize) -> usize {
        let size = |piece: &Piece| match piece {
            Piece::Line { flows: true, .. } => 0,
            Piece::Line { line, .. } => cut(line.clone(), share).0.size(&self.zone) + 1,
            other => other.fallback(&self.zone).map_or(0, |text| words::length(&text) + 1),
        };
        self.pieces.iter().map(size).sum()
    }

    fn largest_share(&self, room: usize) -> usize {
        let (mut fits, mut too_much) = (SHORTEST, FULL);
        while too_much - fits > 8 {
            let middle = (fits + too_much) / 2;
            if self.fixed_size(middle) <= room {
                fits = middle;
            } else {
                too_much = middle;
            }
        }
        fits
    }
}

/// Every typed run cut to a share; and, for each that was, a line with the rest of it under the same heading.
fn cut(whole: Line, share: usize) -> (Line, Vec<Line>) {
    let mut kept = line();
    let mut tails = Vec::new();
    for run in whole.0 {
        match run {
            Run::Typed { text, bold } if words::escaped_length(&text) > share => {
                let (head, tail) = words::split(&text, share - 2);
                let mut rest = line();
                if let Some(Run::Bold(heading)) = kept.0.last() {
                    rest = rest.bold(heading.clone());
                }
                tails.push(rest.then(typed(format!("{}{tail}", words::CUT), bold)));
                kept.0.push(Run::Typed { text: format!("{head}{}", words::CUT), bold });
            }
            other => kept.0.push(other),
        }
    }
    (kept, tails)
}

fn typed(text: String, bold: bool) -> Line {
    Line(vec![Run::Typed { text, bold }])
}

/// Lines on as many pages as they need, named `{name}:1`, `{name}:2` …; a line that is longer than a page is split.
pub fn pages(zone: &str, lines: Vec<Line>, name: &str) -> Vec<Part> {
    let room = FULL - 100;
    let mut pages: Vec<Doc> = Vec::new();
    let mut left = 0;
    for whole in lines {
        let mut rest = Some(whole);
        while let Some(line) = rest.take() {
            let size = line.size(zone) + 1;
            if size > left && left < room {
                pages.push(Doc::new(zone));
                left = room;
            }
            let (head, tail) = if size <= left { (line, None) } else { split(line, left - 1, zone) };
            left = left.saturating_sub(head.size(zone) + 1);
            if let Some(page) = pages.last_mut() {
                page.and(head);
            }
            rest = tail;
        }
    }
    let named = |(at, page): (usize, &Doc)| page.named(&format!("{name}:{}", at + 1));
    pages.iter().enumerate().map(named).collect()
}

/// A line that fits into this room, and the rest.
fn split(whole: Line, room: usize, zone: &str) -> (Line, Option<Line>) {
    let mut head = line();
    let mut runs = whole.0.into_iter();
    let mut left = room;
    while let Some(run) = runs.next() {
        let size = Line(vec![run.clone()]).size(zone);
        if size <= left {
            left -= size;
            head.0.push(run);
            continue;
        }
        let mut rest = Vec::new();
        match run {
            Run::Typed { text, bold } => {
                let (front, back) = words::split(&text, left);
                if !front.is_empty() {
                    head.0.push(Run::Typed { text: front.to_owned(), bold });
                }
                rest.push(Run::Typed { text: back.to_owned(), bold });
            }
            other => rest.push(other),
        }
        rest.extend(runs);
        // Our own words are never so long that they do not fit on an empty page.
        return if head.0.is_empty() { (Line(rest), None) } else { (head, Some(Line(rest))) };
    }
    (head, None)
}
