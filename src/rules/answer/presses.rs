//! Presses as rows of the database, and what an edit does to them.

use super::{Line, Size, What, words};
use crate::rules::id::Ts;
use crate::rules::lines;

impl What {
    /// Its name and its place, as a row of the database holds them.
    pub fn row(&self) -> (&'static str, &str, i64) {
        match self {
            What::ImStuck => ("im_stuck", "", 0),
            What::Nothing => ("nothing", "", 0),
            What::Size { said, line, size: Size::Minute } => ("minute", said.as_str(), *line as i64),
            What::Size { said, line, size: Size::More } => ("more", said.as_str(), *line as i64),
            What::Priority { said, line } => ("priority", said.as_str(), *line as i64),
            What::Stuck { said, line } => ("stuck", said.as_str(), *line as i64),
            What::AddAsPriority { said } => ("add_as_priority", said.as_str(), 0),
            What::AddAsStuck { said } => ("add_as_stuck", said.as_str(), 0),
            What::NeverMind { said } => ("never_mind", said.as_str(), 0),
        }
    }

    /// What such a row says; none for a name that is not known.
    pub fn from_row(name: &str, said: &str, line: i64) -> Option<What> {
        let said = Ts::from(said);
        let line = usize::try_from(line).ok()?;
        Some(match name {
            "im_stuck" => What::ImStuck,
            "nothing" => What::Nothing,
            "minute" => What::Size { said, line, size: Size::Minute },
            "more" => What::Size { said, line, size: Size::More },
            "priority" => What::Priority { said, line },
            "stuck" => What::Stuck { said, line },
            "add_as_priority" => What::AddAsPriority { said },
            "add_as_stuck" => What::AddAsStuck { said },
            "never_mind" => What::NeverMind { said },
            _ => return None,
        })
    }

    /// The message that it speaks of.
    pub fn said(&self) -> Option<&Ts> {
        match self {
            What::ImStuck | What::Nothing => None,
            What::Size { said, .. } | What::Priority { said, .. } | What::Stuck { said, .. } => Some(said),
            What::AddAsPriority { said } | What::AddAsStuck { said } | What::NeverMind { said } => Some(said),
        }
    }

    /// The press after an edit of the message it speaks of, so that it speaks of the same line as before; none when that
    /// line is gone. `before` are the lines of that message as they were filed, `text` is its new text.
    pub fn moved(&self, before: &[Line], text: &str) -> Option<What> {
        let mut what = self.clone();
        let (What::Size { line, .. } | What::Priority { line, .. } | What::Stuck { line, .. }) = &mut what else {
            return Some(what);
        };
        // What was filed as a whole still is, however many lines it has now.
        if before.len() > 1 {
            let old: Vec<(usize, &str)> = before.iter().map(|line| (line.line, line.text.as_str())).collect();
            let new = lines::items(words::stuck_opening(text).unwrap_or(text), lines::APART);
            let found = lines::matched(&old, &new.iter().map(|item| item.text.as_str()).collect::<Vec<_>>());
            *line = found.iter().position(|at| *at == Some(*line))?;
        }
        Some(what)
    }
}
