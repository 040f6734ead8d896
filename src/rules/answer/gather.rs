//! A check-in has room for so many priorities by themselves, and for so many stucks. Priorities
//! beyond that are one item with its whole text, so that nothing is lost and one more line costs no
//! more than those that stand. A stuck is never put to another one, which somebody may have in hand
//! or have solved: where there is no room it is not taken in, and its asker is told so.

use super::{As, Part, Talk};
use crate::rules::lines::APART_IN_ALL;

impl Talk {
    pub(super) fn gather(&mut self, elsewhere: usize) {
        let (mut priorities, mut stucks) = (APART_IN_ALL.saturating_sub(elsewhere), APART_IN_ALL);
        // The item that holds the rest.
        let mut rest = None;
        for message in 0..self.messages.len() {
            for part in 0..self.messages[message].parts.len() {
                let Part { filed, lines, .. } = self.messages[message].parts[part];
                match filed {
                    As::Priority if lines == 1 && priorities > 0 => priorities -= 1,
                    As::Priority => match rest {
                        None => rest = Some((message, part)),
                        Some(to) => self.move_over((message, part), to),
                    },
                    As::Stuck { .. } if stucks > 0 => stucks -= 1,
                    As::Stuck { .. } => {
                        self.full.insert(self.messages[message].run);
                        self.messages[message].parts[part].filed = As::Gathered;
                    }
                    As::Unfiled | As::Nothing | As::Dropped | As::Gathered => {}
                }
            }
        }
    }

    fn move_over(&mut self, from: (usize, usize), to: (usize, usize)) {
        let message = &mut self.messages[from.0];
        let part = &mut message.parts[from.1];
        part.filed = As::Gathered;
        let (text, lines) = (std::mem::take(&mut part.text), part.lines);
        if from.0 != to.0 {
            *self.gathered.entry(message.run).or_default() += lines;
        }
        let rest = &mut self.messages[to.0].parts[to.1];
        rest.text.push('\n');
        rest.text.push_str(&text);
        rest.lines += lines;
    }
}
