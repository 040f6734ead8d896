//! What was filled into the form: fields by their block ids become what `rules::form` speaks of, or a line at a field.

use super::inbound::View;
use super::view::action::field::{self, INPUT};
use crate::rules::check_in::Mark;
use crate::rules::form::{self, Marked, Problem, Sent, SentStuck, StuckInput};
use crate::rules::id::{PriorityId, StuckId};
use crate::rules::stuck::Size;

/// The form as it was sent, or what to say at which field.
pub fn sent(view: &View, opened: &[(PriorityId, String)]) -> Result<Sent, Vec<(String, String)>> {
    let mut problems: Vec<Problem> = Vec::new();
    let marks = marks(view, &mut problems);
    let last_text = view.has(field::LAST_TEXT, INPUT).then(|| view.text(field::LAST_TEXT, INPUT).trim().to_owned());
    problems.extend(form::length_problem(field::LAST_TEXT, last_text.as_deref().unwrap_or_default()));
    let typed = view.text(field::PRIORITIES, INPUT);
    problems.extend(form::length_problem(field::PRIORITIES, typed));
    let stucks = stucks(view, &mut problems);
    if problems.is_empty() {
        Ok(Sent { marks, last_text, priorities: form::priorities(opened, typed), stucks })
    } else {
        Err(problems.into_iter().map(|problem| (problem.block_id, problem.text)).collect())
    }
}

fn marks(view: &View, problems: &mut Vec<Problem>) -> Vec<Marked> {
    let mut marks = Vec::new();
    for block_id in view.block_ids() {
        let Some(priority) = field::read_mark(block_id) else { continue };
        let mark = view.choice(block_id, INPUT).and_then(Mark::read).unwrap_or(Mark::Carried);
        let asked = field::unstuck(priority);
        let outcome = view.text(&asked, INPUT).trim().to_owned();
        if view.has(&asked, INPUT) {
            problems.extend(form::outcome_problem(&asked, mark == Mark::Done, &outcome));
            problems.extend(form::length_problem(&asked, &outcome));
        }
        marks.push(Marked { priority: PriorityId(priority.to_owned()), mark, outcome });
    }
    marks
}

fn stucks(view: &View, problems: &mut Vec<Problem>) -> Vec<SentStuck> {
    let mut sets: Vec<&str> = Vec::new();
    for block_id in view.block_ids() {
        if let Some((set, _)) = field::read_stuck(block_id)
            && !sets.contains(&set)
        {
            sets.push(set);
        }
    }
    // By their names the tenth would come before the second.
    sets.sort_by_key(|set| set.strip_prefix("new").and_then(|number| number.parse::<usize>().ok()).unwrap_or(0));
    let mut stucks = Vec::new();
    for set in sets {
        let block = |what: &str| field::stuck(set, what);
        let existing = field::read_existing_set(set);
        let input = StuckInput {
            id: existing.map(|(id, _)| StuckId(id.to_owned())),
            what: view.text(&block(field::WHAT), INPUT).to_owned(),
            help: view.text(&block(field::HELP), INPUT).to_owned(),
            helper: view.person(&block(field::HELPER), INPUT).cloned(),
            size: view.choice(&block(field::SIZE), INPUT).and_then(size),
        };
        problems.extend(form::length_problem(&block(field::WHAT), &input.what));
        problems.extend(form::length_problem(&block(field::HELP), &input.help));
        if existing.is_none() {
            problems.extend(form::stuck_problem(&block(field::WHAT), &input));
        }
        stucks.push(SentStuck { shown: existing.map(|(_, print)| print.to_owned()), input });
    }
    stucks
}

fn size(word: &str) -> Option<Size> {
    match word {
        field::MINUTE => Some(Size::Minute),
        field::MORE => Some(Size::More),
        _ => None,
    }
}

/// One line that a modal asks for; None while it is empty.
pub fn one_line(view: &View, block_id: &str) -> Result<String, Vec<(String, String)>> {
    let text = view.text(block_id, INPUT).trim();
    if text.is_empty() {
        return Err(vec![(block_id.to_owned(), "Please write one line.".to_owned())]);
    }
    match form::length_problem(block_id, text) {
        Some(problem) => Err(vec![(problem.block_id, problem.text)]),
        None => Ok(text.to_owned()),
    }
}
