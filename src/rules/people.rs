//! Who is who in a team, and what somebody is called.

use super::id::{ChannelId, TeamId, UserId};

#[cfg(test)]
mod tests;

/// Slack lets nobody type a longer display name; what an administrator's program sets may be.
const LONGEST_NAME: usize = 80;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Agent,
    Manager,
    Observer,
}

impl Role {
    pub fn word(self) -> &'static str {
        match self {
            Role::Agent => "agent",
            Role::Manager => "manager",
            Role::Observer => "observer",
        }
    }

    pub fn read(word: &str) -> Option<Role> {
        [Role::Agent, Role::Manager, Role::Observer].into_iter().find(|role| role.word() == word)
    }
}

#[derive(Clone, Debug)]
pub struct Team {
    pub id: TeamId,
    pub name: String,
    pub channel: ChannelId,
    /// IANA name.
    pub zone: String,
    pub retired: bool,
}

#[derive(Clone, Debug)]
pub struct Person {
    pub id: UserId,
    pub name: String,
    /// IANA name; empty until Slack has told.
    pub zone: String,
    pub deleted: bool,
}

/// The people of one team and their roles; who is not in here is an outsider.
#[derive(Clone, Debug, Default)]
pub struct Members(pub Vec<(UserId, Role)>);

impl Members {
    pub fn is(&self, person: &UserId, role: Role) -> bool {
        self.0.iter().any(|(who, what)| who == person && *what == role)
    }

    /// Agents and managers do the work; observers read.
    pub fn works(&self, person: &UserId) -> bool {
        self.is(person, Role::Agent) || self.is(person, Role::Manager)
    }

    pub fn managers(&self) -> Vec<UserId> {
        self.0.iter().filter(|(_, role)| *role == Role::Manager).map(|(who, _)| who.clone()).collect()
    }
}

/// A name of Slack's as it may be shown: one line, nothing in it that cannot be seen or that turns
/// the direction of what stands beside it, no sign that Slack takes for markup, and not without
/// end. It is empty if nothing is left of it.
pub fn name(told: &str) -> String {
    let seen: Vec<char> = told.chars().filter(|letter| !is_unseen(*letter)).collect();
    let is_inside = |at: usize| {
        let is_word = |at: Option<usize>| at.and_then(|at| seen.get(at)).is_some_and(|one| one.is_alphanumeric());
        is_word(at.checked_sub(1)) && is_word(Some(at + 1))
    };
    let plain = seen.iter().enumerate().filter_map(|(at, letter)| match letter {
        '*' | '~' | '`' => None,
        // `ana_ruiz` is what a name may be; only around a word it makes Slack write it slanted.
        '_' => is_inside(at).then_some('_'),
        letter if letter.is_control() => Some(' '),
        letter => Some(*letter),
    });
    let plain: String = plain.collect();
    let flat = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    // At the start of a line it would make a quotation of it.
    shortened(flat.trim_start_matches(['>', ' ']))
}

/// Never between a letter and what is put on it.
fn shortened(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= LONGEST_NAME {
        return name.to_owned();
    }
    let mut end = LONGEST_NAME - 1;
    while end > 1 && is_mark(letters[end]) {
        end -= 1;
    }
    let head: String = letters[..end].iter().collect();
    format!("{}…", head.trim_end_matches(['_', ' ']))
}

/// Takes no room of its own, or turns the direction. Emoji made of several are shown as their
/// parts.
fn is_unseen(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Stands on the letter before it.
fn is_mark(letter: char) -> bool {
    matches!(letter,
        '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{fe20}'..='\u{fe2f}' | '\u{1f3fb}'..='\u{1f3ff}')
}
