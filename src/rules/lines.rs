//! Lines of a text as items of a list: how a text is split into them, and which line is which after an edit.

use std::collections::{HashMap, HashSet, VecDeque};

/// Beyond this many comparisons, changed lines are paired in order without looking at their words.
const COMPARISONS: usize = 250_000;

const BULLETS: [char; 9] = ['-', '*', '•', '◦', '▪', '·', '–', '—', '☐'];

/// So many lines of one message, or of one form, stand by themselves …
pub const APART: usize = 50;
/// … and so many of one check-in. A list is read on a phone, and each line of it costs rows and
/// room; nobody plans more.
pub const APART_IN_ALL: usize = 100;

/// What stands on a list: a line, or all the lines for which there was no more room, together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub text: String,
    /// How many lines of what was typed it holds.
    pub lines: usize,
}

/// The lines of a text: trimmed, without list marks, blank ones dropped.
pub fn split(text: &str) -> Vec<String> {
    text.lines().map(unmarked).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// The items of a text, one a line as long as there is room for `apart` of them; what is beyond is
/// one more, with all of it.
pub fn items(text: &str, apart: usize) -> Vec<Item> {
    let mut lines = split(text);
    let beyond = lines.split_off(apart.min(lines.len()));
    let mut items: Vec<Item> = lines.into_iter().map(|text| Item { text, lines: 1 }).collect();
    if !beyond.is_empty() {
        items.push(Item { text: beyond.join("\n"), lines: beyond.len() });
    }
    items
}

/// Whether a text is a list: two lines or more, and each of them carries a list mark.
pub fn bulleted(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).peekable();
    let first = lines.next();
    lines.peek().is_some() && first.into_iter().chain(lines).all(|line| unmarked(line) != line)
}

/// A line without the mark that makes it an item of a list: a bullet or a number, then perhaps an empty box.
pub fn unmarked(line: &str) -> &str {
    let line = line.trim();
    let rest = after_mark(line, |c| BULLETS.contains(&c)).or_else(|| after_number(line)).unwrap_or(line);
    after_box(rest).unwrap_or(rest)
}

fn after_mark(line: &str, is_mark: impl Fn(char) -> bool) -> Option<&str> {
    after_space(line.strip_prefix(is_mark)?)
}

fn after_number(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = line.len() - rest.len();
    after_mark(rest, |c| c == '.' || c == ')').filter(|_| (1..=2).contains(&digits))
}

fn after_box(line: &str) -> Option<&str> {
    ["[ ]", "[]", "☐"].iter().find_map(|mark| after_space(line.strip_prefix(mark)?))
}

/// A mark stands apart from what it marks, so that "-5 tickets" and "1.5 hours" stay whole.
fn after_space(rest: &str) -> Option<&str> {
    (rest.is_empty() || rest.starts_with(char::is_whitespace)).then(|| rest.trim_start())
}

/// Which old line each new line is: the same text, else the same place, else none of them. Each old line is used at
/// most once; one that is not in the answer is gone.
pub fn matched<Id: Clone>(old: &[(Id, &str)], new: &[&str]) -> Vec<Option<Id>> {
    let before: Vec<&str> = old.iter().map(|(_, text)| text.trim()).collect();
    let after: Vec<&str> = new.iter().map(|text| text.trim()).collect();
    let mut pairs = Pairs { of_new: vec![None; after.len()], used: vec![false; before.len()] };
    pairs.same_ends(&before, &after);
    pairs.same_text(&before, &after);
    pairs.same_neighbours(&before, &after);
    pairs.same_index();
    pairs.of_new.into_iter().map(|at| at.map(|at| old[at].0.clone())).collect()
}

/// For each new line the index of its old line, and which old lines are spoken for.
struct Pairs {
    of_new: Vec<Option<usize>>,
    used: Vec<bool>,
}

impl Pairs {
    fn pair(&mut self, old: usize, new: usize) {
        self.of_new[new] = Some(old);
        self.used[old] = true;
    }

    /// What stands before and after the edit. This settles every edit of a single line, duplicates or not.
    fn same_ends(&mut self, before: &[&str], after: &[&str]) {
        let head = before.iter().zip(after).take_while(|(a, b)| a == b).count();
        let tail = before[head..].iter().rev().zip(after[head..].iter().rev()).take_while(|(a, b)| a == b).count();
        (0..head).for_each(|at| self.pair(at, at));
        (1..=tail).for_each(|back| self.pair(before.len() - back, after.len() - back));
    }

    /// Lines that moved; duplicates are paired in order.
    fn same_text(&mut self, before: &[&str], after: &[&str]) {
        let mut left: HashMap<&str, VecDeque<usize>> = HashMap::new();
        for (at, text) in before.iter().enumerate().filter(|(at, _)| !self.used[*at]) {
            left.entry(text).or_default().push_back(at);
        }
        for (new, text) in after.iter().enumerate() {
            if self.of_new[new].is_none()
                && let Some(old) = left.get_mut(text).and_then(VecDeque::pop_front)
            {
                self.pair(old, new);
            }
        }
    }

    /// Changed lines that stand between the same neighbours as before.
    fn same_neighbours(&mut self, before: &[&str], after: &[&str]) {
        let mut start = 0;
        while start < after.len() {
            if self.of_new[start].is_some() {
                start += 1;
                continue;
            }
            let end = (start..after.len()).find(|at| self.of_new[*at].is_some()).unwrap_or(after.len());
            let from = start.checked_sub(1).and_then(|at| self.of_new[at]).map_or(0, |old| old + 1);
            let to = self.of_new.get(end).copied().flatten().unwrap_or(before.len());
            let gap: Vec<usize> = (from..to).filter(|old| !self.used[*old]).collect();
            let texts: Vec<&str> = gap.iter().map(|old| before[*old]).collect();
            for (old, new) in in_order(&texts, &after[start..end]) {
                self.pair(gap[old], start + new);
            }
            start = end;
        }
    }

    fn same_index(&mut self) {
        for at in 0..self.of_new.len().min(self.used.len()) {
            if self.of_new[at].is_none() && !self.used[at] {
                self.pair(at, at);
            }
        }
    }
}

/// Pairs all of the shorter list with lines of the longer one, in order, so that the pairs share most words.
fn in_order(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    if old.len() == new.len() || old.len() * new.len() > COMPARISONS {
        return (0..old.len().min(new.len())).map(|at| (at, at)).collect();
    }
    if old.len() > new.len() {
        return in_order(new, old).into_iter().map(|(new, old)| (old, new)).collect();
    }
    let (short, long) = (words(old), words(new));
    let slack = long.len() - short.len();
    // best[i][skipped]: most words shared by the lines from i on when that many of the longer list were passed over.
    let mut best = vec![vec![0; slack + 1]; short.len() + 1];
    let shared = |i: usize, skipped: usize| short[i].intersection(&long[i + skipped]).count();
    for i in (0..short.len()).rev() {
        for skipped in (0..=slack).rev() {
            let here = shared(i, skipped) + best[i + 1][skipped];
            let later = if skipped < slack { best[i][skipped + 1] } else { 0 };
            best[i][skipped] = here.max(later);
        }
    }
    let mut skipped = 0;
    let mut pairs = Vec::new();
    for i in 0..short.len() {
        while skipped < slack && best[i][skipped] > shared(i, skipped) + best[i + 1][skipped] {
            skipped += 1;
        }
        pairs.push((i, i + skipped));
    }
    pairs
}

fn words(lines: &[&str]) -> Vec<HashSet<String>> {
    lines.iter().map(|line| line.split_whitespace().map(str::to_lowercase).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ids(old: &[&str], new: &[&str]) -> Vec<Option<usize>> {
        let old: Vec<(usize, &str)> = old.iter().copied().enumerate().collect();
        matched(&old, new)
    }

    #[test]
    fn which_line_is_which() {
        let [a, b, c] = ["refund backlog", "sale macro", "call Mrs Ortiz"];
        type Case<'a> = (&'a [&'a str], &'a [&'a str], &'a [Option<usize>]);
        let table: &[Case] = &[
            (&[], &[a], &[None]),
            (&[a], &[], &[]),
            (&[a, b], &[" refund backlog ", b], &[Some(0), Some(1)]),
            (&[a, b], &[b, a], &[Some(1), Some(0)]),
            (&[a, b, c], &[a, "sales macro", c], &[Some(0), Some(1), Some(2)]),
            (&[a, b, c], &[a, "new", "sales macro", c], &[Some(0), None, Some(1), Some(2)]),
            (&[a, b, c], &["the refund backlog"], &[Some(0)]),
            (&[a, b, c], &["call Ms Ortiz"], &[Some(2)]),
            (&[a], &["something else"], &[Some(0)]),
            (&[a, b], &[b, b], &[Some(0), Some(1)]),
            (&[a, a], &[a], &[Some(0)]),
            (&[a, b, a], &[b, a], &[Some(1), Some(2)]),
            (&[a, b, c], &[c, "sales macro", a], &[Some(2), Some(1), Some(0)]),
        ];
        for (old, new, expected) in table {
            assert_eq!(&ids(old, new), expected, "{old:?} -> {new:?}");
        }
    }

    #[test]
    fn what_is_beyond_is_one_item_with_all_of_it() {
        let item = |text: &str, lines| Item { text: text.to_owned(), lines };
        assert_eq!(items("- a\n\n- b", 2), [item("a", 1), item("b", 1)]);
        assert_eq!(items("a\nb\nc\n\n* d", 2), [item("a", 1), item("b", 1), item("c\nd", 2)]);
        assert_eq!(items("a\nb", 0), [item("a\nb", 2)]);
        assert_eq!(items("", 2), []);
        let long = "a\n".repeat(20_000);
        let found = items(&long, APART);
        assert_eq!((found.len(), found[APART].lines), (APART + 1, 20_000 - APART));
    }

    #[test]
    fn lists_are_split() {
        assert_eq!(split("clear backlog\r\n\n  write macro \n"), ["clear backlog", "write macro"]);
        let marked = "- a\n* b\n• c\n– d\n1. e\n2) f\n☐ g\n[ ] h\n- [ ] i\n    ◦ j\n-\n12. k";
        assert_eq!(split(marked), ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"]);
        for whole in ["-5 tickets", "1.5 hours", "2026. a year", "[x] done", "*bold* word", "1st thing"] {
            assert_eq!(split(whole), [whole]);
        }
        assert!(bulleted("- a\n\n- b") && bulleted("1. a\n2. b"));
        assert!(!bulleted("- a") && !bulleted("a\n- b") && !bulleted("") && !bulleted("- a\nb"));
    }

    fn lines() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec("[ab]{1,2} [cd]", 0..7)
    }

    fn distinct() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec("[ab]{1,2} [cd]", 1..7)
            .prop_map(|lines| lines.iter().enumerate().map(|(at, line)| format!("{line} {at}")).collect())
    }

    fn text(lines: &[String]) -> Vec<&str> {
        lines.iter().map(String::as_str).collect()
    }

    proptest! {
        #[test]
        fn unchanged_is_the_same(lines in lines()) {
            let expected: Vec<_> = (0..lines.len()).map(Some).collect();
            prop_assert_eq!(ids(&text(&lines), &text(&lines)), expected);
        }

        #[test]
        fn no_id_twice_and_same_text_first(old in lines(), new in lines()) {
            let found = ids(&text(&old), &text(&new));
            prop_assert_eq!(found.len(), new.len());
            let used: Vec<_> = found.iter().flatten().collect();
            prop_assert_eq!(used.iter().collect::<HashSet<_>>().len(), used.len());
            // A text that stands in both is never given to another line while it could be kept.
            for line in &new {
                let count = |lines: &[String]| lines.iter().filter(|other| *other == line).count();
                let kept = found.iter().zip(&new).filter(|(id, new)| *new == line && id.is_some_and(|id| &old[id] == line));
                prop_assert_eq!(kept.count(), count(&old).min(count(&new)));
            }
        }

        #[test]
        fn inserting_keeps_all(old in lines(), at in 0..8usize, line in "[ab] [cd]") {
            let mut new = old.clone();
            new.insert(at.min(old.len()), line);
            let found: HashSet<_> = ids(&text(&old), &text(&new)).into_iter().flatten().collect();
            prop_assert_eq!(found.len(), old.len());
        }

        #[test]
        fn deleting_keeps_the_others(old in distinct(), at in 0..7usize) {
            let mut new = old.clone();
            let at = at % old.len();
            new.remove(at);
            let expected: Vec<_> = (0..old.len()).filter(|id| *id != at).map(Some).collect();
            prop_assert_eq!(ids(&text(&old), &text(&new)), expected);
        }

        #[test]
        fn correcting_keeps_every_id(old in distinct(), at in 0..7usize, line in "[ab] [cd] [0-6]") {
            prop_assume!(!old.contains(&line));
            let mut new = old.clone();
            new[at % old.len()] = line;
            let expected: Vec<_> = (0..old.len()).map(Some).collect();
            prop_assert_eq!(ids(&text(&old), &text(&new)), expected);
        }

        #[test]
        fn swapping_keeps_both(old in distinct(), a in 0..7usize, b in 0..7usize) {
            let (a, b) = (a % old.len(), b % old.len());
            let mut new = old.clone();
            new.swap(a, b);
            let mut expected: Vec<_> = (0..old.len()).map(Some).collect();
            expected.swap(a, b);
            prop_assert_eq!(ids(&text(&old), &text(&new)), expected);
        }

        #[test]
        fn split_never_fails_and_is_stable(text in "(- |\\* |1\\. |x|[\\n\\r é☐\\[\\]]){0,20}") {
            for line in split(&text) {
                prop_assert!(!line.is_empty());
                prop_assert_eq!(line.trim(), &line);
            }
        }
    }
}
