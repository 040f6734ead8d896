//! What the stories of asking and answering look at, besides what `World` has.

use crate::world::{SUPPORT, World, key};
use sandbox::{Kind, Message, Submitted};

impl World {
    /// The prompts of somebody, oldest first, second ones after a snooze included.
    pub fn prompts(&self, who: &str) -> Vec<Message> {
        self.of_kind(who, "prompt:")
    }

    pub fn reminders(&self, who: &str) -> Vec<Message> {
        self.of_kind(who, "reminder:")
    }

    /// What the bot said to typed lines, oldest first.
    pub fn questions(&self, who: &str) -> Vec<Message> {
        self.of_kind(who, "question:")
    }

    pub fn prompt(&self, who: &str) -> Message {
        self.prompts(who).pop().unwrap_or_else(|| panic!("{who} was never asked"))
    }

    fn of_kind(&self, who: &str, kind: &str) -> Vec<Message> {
        let mut found = self.everything(who, &self.dm(who));
        found.retain(|message| key(message).starts_with(kind));
        found
    }

    /// How often the bot has edited a message.
    pub fn edits_so_far(&self) -> usize {
        self.slack.ledger().iter().filter(|entry| entry.call("chat.update").is_some()).count()
    }

    /// Whose device rang, and why, except for direct messages of the bot.
    pub fn pings(&self) -> Vec<(String, String)> {
        let ping = |entry: sandbox::Entry| match entry.kind {
            Kind::Notified { user, why, .. } if why != "dm" => Some((user, why)),
            _ => None,
        };
        self.slack.ledger().into_iter().filter_map(ping).collect()
    }

    /// The digests of #support, oldest first.
    pub fn digests(&self) -> Vec<String> {
        let digests = self.channel().into_iter().filter(|message| key(message).starts_with("digest:"));
        digests.map(|message| message.plain()).collect()
    }

    /// The newest digest and what stands in its thread, as one text.
    pub async fn whole_digest(&self) -> String {
        self.seconds_pass(7).await;
        let digest = self.channel().into_iter().rfind(|message| key(message).starts_with("digest:")).expect("a digest");
        let thread = self.slack.thread("U0JESS", SUPPORT, &digest.ts);
        thread.iter().map(Message::plain).collect::<Vec<_>>().join("\n")
    }

    /// The newest digest once it may be edited again, which is every six seconds.
    pub async fn digest_now(&self) -> String {
        self.seconds_pass(7).await;
        self.digest()
    }

    pub fn help_threads(&self) -> usize {
        self.channel().iter().filter(|message| key(message).starts_with("help:")).count()
    }

    /// Opens the form and returns what it says.
    pub async fn opens_form(&self, who: &str) -> String {
        let label = if self.prompt(who).press("Answer in a form").is_some() { "Answer in a form" } else { "Edit" };
        self.presses_on(who, &self.prompt(who), label).await;
        self.form(who).plain()
    }

    /// What stands in the input whose label contains these words.
    pub fn filled(&self, who: &str, words: &str) -> String {
        let form = self.form(who);
        let (block_id, action_id) = form.input(words).unwrap_or_else(|| panic!("no input {words}"));
        form.values[&block_id][&action_id]["value"].as_str().unwrap_or_default().to_owned()
    }

    /// Sends the form, which must be taken.
    pub async fn sends(&self, who: &str) {
        assert_eq!(self.submits(who).await, Submitted::Closed);
    }

    /// Types in the thread of a message.
    pub async fn replies(&self, who: &str, ts: &str, text: &str) -> String {
        let ts = self.slack.replies(who, &self.dm(who), ts, text).expect("typed");
        self.settle().await;
        self.seconds_pass(3).await;
        ts
    }
}

/// Asserts that a text says all of these.
#[track_caller]
pub fn says_all(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
}

#[track_caller]
pub fn says_none_of(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(!text.contains(part), "`{part}` is in:\n{text}");
    }
}
