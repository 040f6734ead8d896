//! What a submitted form says against what it showed. A line that is still as it was shown is not written, so that
//! what was typed in the meantime stands.

use crate::rules::answer::Size;
use crate::rules::check_in::Mark;
use crate::rules::id::{PriorityId, StuckId, UserId, fingerprint};
use crate::rules::lines;

/// So many sets of questions about a stuck the form has at most.
pub const STUCK_SETS: usize = 10;
/// The longest text that an input of Slack's takes, in characters.
pub const TEXT_LIMIT: usize = 3_000;

/// What the form says of one row, or of a line that is no row yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change<Id, Content> {
    /// As it was shown: the row is not touched.
    Keep(Id),
    Edit(Id, Content),
    Add(Content),
    Remove(Id),
}

pub type PriorityChange = Change<PriorityId, String>;
pub type StuckChange = Change<StuckId, StuckInput>;

/// A field that cannot be taken as it is, and what to do, as Slack shows it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub block_id: String,
    pub text: String,
}

/// One set of questions about a stuck.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StuckInput {
    /// None for a set that was empty when it was shown.
    pub id: Option<StuckId>,
    pub what: String,
    pub help: String,
    pub helper: Option<UserId>,
    pub size: Option<Size>,
}

/// The box of this shift's priorities, line by line in the order of the box, then what is no longer in it. `opened`
/// holds what the box was filled with: each row and the fingerprint of its text.
pub fn priorities(opened: &[(PriorityId, String)], box_text: &str) -> Vec<PriorityChange> {
    let shown = |text: &str| opened.iter().any(|(_, print)| *print == fingerprint(text));
    // The text of a row that happens to begin with a list mark is still that row.
    let line = |line: &'_ str| if shown(line) { line.to_owned() } else { lines::unmarked(line).to_owned() };
    let texts: Vec<String> = box_text.lines().map(|text| line(text.trim())).filter(|text| !text.is_empty()).collect();
    let prints: Vec<String> = texts.iter().map(|text| fingerprint(text)).collect();

    let old: Vec<(usize, &str)> = opened.iter().map(|(_, print)| print.as_str()).enumerate().collect();
    let new: Vec<&str> = prints.iter().map(String::as_str).collect();
    let found = lines::matched(&old, &new);
    let gone =
        (0..opened.len()).filter(|at| !found.contains(&Some(*at))).map(|at| Change::Remove(opened[at].0.clone()));
    let stands = found.iter().zip(texts).zip(&prints).map(|((at, text), print)| match at.map(|at| &opened[at]) {
        None => Change::Add(text),
        Some((id, shown)) if shown == print => Change::Keep(id.clone()),
        Some((id, _)) => Change::Edit(id.clone(), text),
    });
    stands.chain(gone).collect()
}

/// The same with as many new lines as there is room for by themselves; those beyond are one, with
/// all of them.
pub fn within(changes: Vec<PriorityChange>, room: usize) -> Vec<PriorityChange> {
    let (mut left, mut rest, mut kept) = (room.min(lines::APART), Vec::new(), Vec::new());
    for change in changes {
        match change {
            Change::Add(text) if left == 0 => rest.push(text),
            added @ Change::Add(_) => {
                left -= 1;
                kept.push(added);
            }
            other => kept.push(other),
        }
    }
    if !rest.is_empty() {
        kept.push(Change::Add(rest.join("\n")));
    }
    kept
}

/// What a form that was sent says, against what it showed when it was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    pub marks: Vec<Marked>,
    /// Question 1 in the agent's own words; None where the form listed the lines.
    pub last_text: Option<String>,
    pub priorities: Vec<PriorityChange>,
    pub stucks: Vec<SentStuck>,
}

/// One set of questions about a stuck as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentStuck {
    /// The fingerprint of what the set showed; None for a set that was added.
    pub shown: Option<String>,
    pub input: StuckInput,
}

/// What became of a line of the last shift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked {
    pub priority: PriorityId,
    pub mark: Mark,
    /// What unstuck it, if the line is a stuck that was taken.
    pub outcome: String,
}

/// The sets of questions about stucks, in their order. A row that the form did not show is not spoken of.
pub fn stucks(opened: &[(StuckId, String)], inputs: &[StuckInput]) -> Vec<StuckChange> {
    inputs.iter().filter_map(|input| stuck(opened, input.trimmed())).collect()
}

fn stuck(opened: &[(StuckId, String)], input: StuckInput) -> Option<StuckChange> {
    let shown = |id: &StuckId| opened.iter().find(|(other, _)| other == id).map(|(_, print)| print.as_str());
    match input.id.clone() {
        None if input.what.is_empty() => None,
        None => Some(Change::Add(input)),
        Some(id) if input.what.is_empty() => Some(Change::Remove(id)),
        Some(id) if shown(&id) == Some(&input.fingerprint()) => Some(Change::Keep(id)),
        Some(id) => Some(Change::Edit(id, input)),
    }
}

impl StuckInput {
    /// Tells whether a set is still as it was shown.
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.shown())
    }

    /// All that the boxes of a set hold, as one text.
    pub fn shown(&self) -> String {
        let size = match self.size {
            None => "",
            Some(Size::Minute) => "minute",
            Some(Size::More) => "more",
        };
        let helper = self.helper.as_ref().map_or("", UserId::as_str);
        [self.what.trim(), self.help.trim(), helper, size].join("\0")
    }

    fn trimmed(&self) -> StuckInput {
        StuckInput { what: self.what.trim().to_owned(), help: self.help.trim().to_owned(), ..self.clone() }
    }
}

/// A text that was too long for its box was not shown in it: an empty box leaves it as it is.
pub fn untouched(mut input: StuckInput, what: &str, help: &str) -> StuckInput {
    let too_long = |text: &str| text.chars().count() > TEXT_LIMIT;
    if input.what.trim().is_empty() && too_long(what) {
        input.what = what.to_owned();
    }
    if input.help.trim().is_empty() && too_long(help) {
        input.help = help.to_owned();
    }
    input
}

/// Help is asked for, but not said with what. A size alone says nothing, because it is chosen beforehand.
pub fn stuck_problem(block_id: &str, input: &StuckInput) -> Option<Problem> {
    let label = match (input.help.trim().is_empty(), &input.helper) {
        (false, _) => "What help do you need?",
        (true, Some(_)) => "Who could help?",
        (true, None) => return None,
    };
    let text = format!("Say what you are stuck on, or clear \"{label}\"");
    input.what.trim().is_empty().then(|| Problem { block_id: block_id.to_owned(), text })
}

/// The text is longer than we keep.
pub fn length_problem(block_id: &str, text: &str) -> Option<Problem> {
    let length = text.chars().count();
    let (limit, have) = (thousands(TEXT_LIMIT), thousands(length));
    let text = format!("Use {limit} characters or fewer (you have {have}).");
    (length > TEXT_LIMIT).then(|| Problem { block_id: block_id.to_owned(), text })
}

/// A stuck that was taken is Done when it is said what unstuck it: the asker and the next one need to know.
pub fn outcome_problem(block_id: &str, done: bool, outcome: &str) -> Option<Problem> {
    let text = "Say in one line what unstuck it.".to_owned();
    (done && outcome.trim().is_empty()).then(|| Problem { block_id: block_id.to_owned(), text })
}

/// 3214 as people write it: 3,214.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn opened(texts: &[&str]) -> Vec<(PriorityId, String)> {
        texts.iter().enumerate().map(|(at, text)| (PriorityId(format!("p{at}")), fingerprint(text))).collect()
    }

    /// `=0` kept, `~0 x` edited, `+x` added, `-0` removed.
    fn shown(changes: &[PriorityChange]) -> Vec<String> {
        let show = |change: &PriorityChange| match change {
            Change::Keep(id) => format!("={}", &id.0[1..]),
            Change::Edit(id, text) => format!("~{} {text}", &id.0[1..]),
            Change::Add(text) => format!("+{text}"),
            Change::Remove(id) => format!("-{}", &id.0[1..]),
        };
        changes.iter().map(show).collect()
    }

    #[test]
    fn the_box_against_what_it_showed() {
        let table: &[(&[&str], &str, &[&str])] = &[
            (&[], "", &[]),
            (&[], "- a\n- b", &["+a", "+b"]),
            (&["a", "b"], "a\nb", &["=0", "=1"]),
            (&["a", "b"], "b\na\n", &["=1", "=0"]),
            (&["a", "b"], "a\n\nb!", &["=0", "~1 b!"]),
            (&["a", "b"], "a\nx\nb", &["=0", "+x", "=1"]),
            (&["a", "b"], "b", &["=1", "-0"]),
            (&["a", "b"], "", &["-0", "-1"]),
            (&["- a", "b"], "- a\nb", &["=0", "=1"]),
            (&["a"], "- a", &["=0"]),
            (&["a", "a"], "a", &["=0", "-1"]),
        ];
        for (old, text, expected) in table {
            assert_eq!(shown(&priorities(&opened(old), text)), *expected, "{old:?} -> {text:?}");
        }
    }

    fn set(id: Option<&str>, what: &str, help: &str) -> StuckInput {
        StuckInput {
            id: id.map(StuckId::from),
            what: what.into(),
            help: help.into(),
            helper: None,
            size: Some(Size::More),
        }
    }

    #[test]
    fn the_sets_against_what_they_showed() {
        let id = StuckId::from;
        let before = set(Some("s1"), "printer", "admin");
        let opened = [(id("s1"), before.fingerprint())];
        let one = |input: StuckInput| stucks(&opened, &[input]);
        assert_eq!(one(set(Some("s1"), " printer ", "admin\n")), [Change::Keep(id("s1"))]);
        assert_eq!(one(set(Some("s1"), "", "")), [Change::Remove(id("s1"))]);
        assert_eq!(one(set(None, "", "")), []);
        assert_eq!(one(set(None, " x ", "")), [Change::Add(set(None, "x", ""))]);
        for edited in [
            set(Some("s1"), "the printer", "admin"),
            set(Some("s1"), "printer", ""),
            StuckInput { size: Some(Size::Minute), ..before.clone() },
            StuckInput { size: None, ..before.clone() },
            StuckInput { helper: Some("U1".into()), ..before.clone() },
        ] {
            assert_eq!(one(edited.clone()), [Change::Edit(id("s1"), edited)]);
        }
        assert_eq!(stucks(&opened, &[]), [], "what was not shown stays");
    }

    #[test]
    fn problems_say_what_to_do() {
        let text = |problem: Option<Problem>| problem.map(|problem| problem.text);
        let helper = StuckInput { helper: Some("U1".into()), ..set(None, " ", " ") };
        let help = r#"Say what you are stuck on, or clear "What help do you need?""#;
        let person = r#"Say what you are stuck on, or clear "Who could help?""#;
        assert_eq!(text(stuck_problem("b", &set(None, " ", "admin"))).as_deref(), Some(help));
        assert_eq!(text(stuck_problem("b", &helper)).as_deref(), Some(person));
        assert_eq!(stuck_problem("b", &set(None, "", "")), None, "a size alone");
        assert_eq!(stuck_problem("b", &set(None, "x", "admin")), None);
        let long = "Use 3,000 characters or fewer (you have 3,214).";
        assert_eq!(text(length_problem("b", &"é".repeat(3_214))).as_deref(), Some(long));
        assert_eq!(length_problem("b", &"é".repeat(3_000)), None);
        let outcome = outcome_problem("b", true, " ").expect("an outcome is missing");
        assert_eq!((outcome.block_id.as_str(), outcome.text.as_str()), ("b", "Say in one line what unstuck it."));
        assert_eq!(outcome_problem("b", true, "a role"), None);
        assert_eq!(outcome_problem("b", false, ""), None);
        assert_eq!([0, 999, 1_000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
    }

    proptest! {
        #[test]
        fn an_untouched_box_changes_nothing(lines in prop::collection::vec("[-a*]{0,2} ?[ab1.☐]{1,3}", 0..8)) {
            let rows: Vec<String> = lines::split(&lines.join("\n"));
            let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
            let changes = priorities(&opened(&rows), &rows.join("\n"));
            let all_kept = changes.iter().all(|change| matches!(change, Change::Keep(_)));
            prop_assert!(all_kept && changes.len() == rows.len());
        }

        #[test]
        fn every_row_is_spoken_of_once(old in prop::collection::vec("[ab]{1,2}", 0..6), new in "([ab]{0,2}\n){0,6}") {
            let old: Vec<&str> = old.iter().map(String::as_str).collect();
            let changes = priorities(&opened(&old), &new);
            let mut ids: Vec<_> = changes.iter().filter_map(|change| match change {
                Change::Keep(id) | Change::Edit(id, _) | Change::Remove(id) => Some(id.0.clone()),
                Change::Add(_) => None,
            }).collect();
            ids.sort();
            prop_assert_eq!(ids, (0..old.len()).map(|at| format!("p{at}")).collect::<Vec<_>>());
        }
    }
}
