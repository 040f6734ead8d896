//! What several stories begin with, and what they look at.

use crate::databases::Which;
use crate::world::{SUPPORT, TEAMS, World, key, monday_morning, person};
use sandbox::{Kind, Message, Submitted};

pub const REFUND: &str = "refund tool says 403 for EU orders";

/// The usual team, and Hal, who is in the channel and in no team.
pub async fn with_hal(which: Which) -> World {
    World::with(which, TEAMS, monday_morning(), |workspace| {
        workspace.users.push(person("U0HAL", "Hal", crate::world::ZONE));
        workspace.channels[0].members.push("U0HAL".to_owned());
    })
    .await
}

impl World {
    /// Types a stuck in the direct message and says how much help it is.
    pub async fn is_stuck(&self, who: &str, what: &str, size: &str) {
        self.says(who, &format!("stuck: {what}")).await;
        self.does_in_dm(who, size).await;
    }

    /// Sends the form with one stuck in it.
    pub async fn sends_stuck(&self, who: &str, what: &str, help: &str, helper: Option<&str>, size: &str) {
        let open =
            self.slack.history(who, &self.dm(who)).into_iter().rev().find_map(|message| {
                ["Answer in a form", "Edit"].into_iter().find(|label| message.press(label).is_some())
            });
        self.presses(who, open.expect("a way into the form")).await;
        self.fills(who, "What are you stuck on?", what);
        self.fills(who, "What help do you need?", help);
        if let Some(helper) = helper {
            self.fills(who, "Who could help?", helper);
        }
        self.fills(who, "How much help is it?", size);
        assert_eq!(self.submits(who).await, Submitted::Closed);
    }

    /// Presses a button in the channel; the seconds pass that Slack's limits want between posts and edits.
    pub async fn does(&self, who: &str, label: &str) {
        self.presses_in_channel(who, label).await;
        self.seconds_pass(7).await;
    }

    pub async fn does_in_dm(&self, who: &str, label: &str) {
        self.presses(who, label).await;
        self.seconds_pass(7).await;
    }

    pub async fn nothing_stuck(&self, people: &[&str]) {
        for who in people {
            self.presses(who, "Nothing stuck").await;
        }
        self.seconds_pass(7).await;
    }

    /// Opens a one-line modal by its button in the channel, fills it and sends it.
    pub async fn one_line(&self, who: &str, button: &str, label: &str, text: &str) -> Submitted {
        self.presses_in_channel(who, button).await;
        self.fills(who, label, text);
        let submitted = self.submits(who).await;
        self.seconds_pass(7).await;
        submitted
    }

    pub async fn resolves(&self, who: &str, text: &str) {
        assert_eq!(self.one_line(who, "Resolve", "What unstuck it?", text).await, Submitted::Closed);
    }

    /// The message of the bot that has this key.
    pub fn keyed(&self, start: &str) -> Vec<Message> {
        self.everything("U0JESS", SUPPORT).into_iter().filter(|message| key(message).starts_with(start)).collect()
    }

    pub fn digest_message(&self) -> Message {
        self.channel().into_iter().rev().find(|message| key(message).starts_with("digest:")).expect("a digest")
    }

    pub fn has_digest(&self) -> bool {
        self.channel().iter().any(|message| key(message).starts_with("digest:"))
    }

    /// Whose device rang in the channel, and why, oldest first.
    pub fn rung(&self) -> Vec<(String, String)> {
        let rung = self.slack.ledger().into_iter().filter_map(|entry| match entry.kind {
            Kind::Notified { user, channel, why, .. } if channel == SUPPORT => Some((user, why)),
            _ => None,
        });
        rung.collect()
    }

    /// How many direct messages rang at somebody.
    pub fn rings(&self, who: &str) -> usize {
        let dm = self.dm(who);
        let rung = self.slack.ledger().into_iter().filter(|entry| match &entry.kind {
            Kind::Notified { user, channel, .. } => user == who && *channel == dm,
            _ => false,
        });
        rung.count()
    }

    /// The answers of every API call that was not 200, or not ok.
    pub fn refused_calls(&self) -> Vec<String> {
        let calls = self.slack.ledger().into_iter().filter_map(|entry| match entry.kind {
            Kind::Called { method, status, answer, .. } if status != 200 || answer["ok"] != true => {
                Some(format!("{method} {status} {answer}"))
            }
            _ => None,
        });
        calls.collect()
    }
}

/// Ana has a long stuck with a help thread; Ben and Cleo are not stuck; the digest is out.
pub async fn ana_is_stuck(which: Which) -> World {
    let world = World::new(which).await;
    world.until("2026-05-18T06:00").await;
    world.is_stuck("U0ANA", REFUND, "More than a minute").await;
    world.nothing_stuck(&["U0BEN", "U0CLEO"]).await;
    world
}

/// The same, and Ben has it.
pub async fn ben_has_it(which: Which) -> World {
    let world = ana_is_stuck(which).await;
    world.does("U0BEN", "I'll take this").await;
    world
}
