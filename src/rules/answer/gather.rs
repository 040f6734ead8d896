//! A check-in has room for so many lines by themselves. What is beyond is one item with its whole
//! text, a priority or a stuck as it was filed, so that nothing is lost and one more line costs no
//! more than those that stand.

use super::{As, Part, Talk};
use crate::rules::lines::APART_IN_ALL;

impl Talk {
    pub(super) fn gather(&mut self, elsewhere: usize) {
        let mut room = APART_IN_ALL.saturating_sub(elsewhere);
        // The item that holds the rest: of the priorities, and of the stucks.
        let mut rests: [Option<(usize, usize)>; 2] = [None, None];
        for message in 0..self.messages.len() {
            for part in 0..self.messages[message].parts.len() {
                let Part { filed, lines, .. } = self.messages[message].parts[part];
                let rest = match filed {
                    As::Priority => &mut rests[0],
                    As::Stuck { .. } => &mut rests[1],
                    As::Unfiled | As::Nothing | As::Dropped | As::Gathered => continue,
                };
                if lines == 1 && room > 0 {
                    room -= 1;
                    continue;
                }
                match *rest {
                    None => *rest = Some((message, part)),
                    Some(to) => self.move_over((message, part), to),
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
