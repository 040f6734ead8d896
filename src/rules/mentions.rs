//! `@U…` of a mention in what was typed becomes a name.

use super::id::UserId;
use std::collections::{BTreeSet, HashMap};

/// So many different people of one text are looked up; whoever is beyond stays as Slack has them.
pub const PEOPLE: usize = 64;
/// The longest text that Slack takes, in characters. Names are put in as long as the text does not
/// outgrow it.
const LONGEST: usize = 40_000;

/// Whom a text mentions, each once, the first ones of it.
pub fn mentioned(text: &str) -> BTreeSet<UserId> {
    let mut people = BTreeSet::new();
    for piece in pieces(text) {
        if let Piece::Person(id) = piece
            && people.len() < PEOPLE
        {
            people.insert(UserId::from(id));
        }
    }
    people
}

/// The text with the names that are known, put in in one pass: a name that looks like a mention is
/// none.
pub fn with_names(text: &str, names: &HashMap<UserId, String>) -> String {
    let mut room = LONGEST.saturating_sub(text.chars().count());
    let mut named = String::with_capacity(text.len());
    for piece in pieces(text) {
        let (Piece::Words(plain) | Piece::Person(plain)) = piece;
        let name = match piece {
            Piece::Person(id) => names.get(&UserId::from(id)),
            Piece::Words(_) => None,
        };
        if matches!(piece, Piece::Person(_)) {
            named.push('@');
        }
        match name.map(|name| (name, name.chars().count().saturating_sub(plain.len()))) {
            Some((name, grows)) if grows <= room => {
                room -= grows;
                named.push_str(name);
            }
            _ => named.push_str(plain),
        }
    }
    named
}

enum Piece<'a> {
    Words(&'a str),
    /// An id, without its `@`.
    Person(&'a str),
}

/// A text in pieces, whose order and words are its own.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if let Some(id) = id_at(rest) {
            rest = &rest[1 + id.len()..];
            return Some(Piece::Person(id));
        }
        let begins = |(at, _): &(usize, &str)| id_at(&rest[*at..]).is_some();
        let end = rest.match_indices('@').find(begins).map_or(rest.len(), |(at, _)| at);
        let (words, after) = rest.split_at(end);
        rest = after;
        (!words.is_empty()).then_some(Piece::Words(words))
    })
}

/// The id of the mention that a text begins with: a letter of Slack's for people, then capitals and
/// digits to the end of the word.
fn id_at(text: &str) -> Option<&str> {
    let word = text.strip_prefix('@')?;
    let end = word.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(word.len());
    let id = &word[..end];
    let plain = id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    (id.len() > 2 && id.len() <= 20 && id.starts_with(['U', 'W']) && plain).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn named(text: &str) -> String {
        let names = [("U01", "Ana"), ("U012", "Ben @U01"), ("W0A9", "Cleo")];
        with_names(text, &names.map(|(id, name)| (UserId::from(id), name.to_owned())).into())
    }

    #[test]
    fn a_mention_is_a_whole_word() {
        for (typed, read) in [
            ("ask @U01", "ask @Ana"),
            ("@U01 or @U012, @U0123", "@Ana or @Ben @U01, @U0123"),
            ("@U01@U01", "@Ana@Ana"),
            ("(@W0A9)", "(@Cleo)"),
            ("a@U01 @u01 @U01x @U01_x @U0", "a@Ana @u01 @U01x @U01_x @U0"),
            ("@", "@"),
            ("@@U01", "@@Ana"),
            ("", ""),
        ] {
            assert_eq!(named(typed), read, "{typed}");
        }
    }

    #[test]
    fn the_longest_text_stays_as_long() {
        let many: String = (0..10_000).map(|at| format!("@U{:02}", at % 100)).collect();
        assert_eq!(mentioned(&many).len(), PEOPLE);
        let names = mentioned(&many).into_iter().map(|id| (id, "n".repeat(80))).collect();
        assert!(with_names(&many, &names).chars().count() <= LONGEST);
    }

    proptest! {
        #[test]
        fn without_names_it_stays_as_it_is(text in "([@UW01aé _]|@U01|.){0,40}") {
            prop_assert_eq!(with_names(&text, &HashMap::new()), text);
        }
    }
}
