//! Who we are to Slack: which payloads are ours, which app is, and whether our token is still good.

use super::Unstuck;
use crate::slack::client::{CallError, Identity, Slack};
use crate::slack::inbound::{Inbound, Ours, What};
use crate::{flows, write_tx};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// What Slack did not say is asked for again this often.
const POLL: i64 = 60_000;
/// So long Slack is waited for before what it sent is acknowledged; it wants that within three
/// seconds.
const PATIENCE: Duration = Duration::from_secs(2);

/// What Slack has told about us.
#[derive(Clone)]
pub(super) struct Us {
    ours: Ours,
    bot_id: String,
    /// An event says that our token is dead, and Slack has not said so yet.
    doubted: Arc<AtomicBool>,
}

impl Us {
    pub(super) fn new(identity: &Identity, slack: &Slack) -> Us {
        let ours = Ours::new(identity, slack.app().clone());
        Us { ours, bot_id: identity.bot_id.clone(), doubted: Arc::default() }
    }
}

impl Unstuck {
    /// What is another app's or another workspace's is counted, and nothing of it is written.
    pub(super) fn is_ours(&self, inbound: &Inbound) -> bool {
        match self.us.ours.foreign(&inbound.whose) {
            Some(foreign) => {
                self.vitals.is_foreign(foreign);
                false
            }
            None => true,
        }
    }

    /// Over a socket Slack says it by itself.
    pub(super) async fn ask_for_app(&self) {
        if self.slack.app().get().is_some() || self.us.bot_id.is_empty() {
            return;
        }
        let asked = timeout(PATIENCE, self.slack.ask_for_app(&self.us.bot_id)).await;
        if let Err(error) = asked.unwrap_or_else(|_| Err(CallError::Ambiguous("no answer".to_owned()))) {
            tracing::warn!(event = "app_not_known", %error, "Slack does not tell which app is ours");
        }
    }

    pub(super) async fn follow_identity(self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            let next = self.clock.now() + POLL;
            tokio::select! {
                () = self.clock.sleep_until(next) => {}
                _ = stop.changed() => return,
            }
            self.ask_for_app().await;
            self.settle_doubt().await;
        }
    }

    /// Whether to act on it. That our token is dead is believed of Slack alone, asked with that
    /// very token: such an event may be of an installation that was replaced since, and come late.
    /// Where Slack does not answer it is asked again each minute; a start asks too, so nothing need
    /// be written for that.
    pub(super) async fn believes(&self, what: &What) -> bool {
        let speaks_of_us = match what {
            What::Uninstalled => true,
            What::TokensRevoked { bots } => bots.contains(&self.bot_user),
            _ => return true,
        };
        if !speaks_of_us {
            return true;
        }
        self.us.doubted.store(true, Ordering::Relaxed);
        let told = timeout(PATIENCE, self.token_is_dead()).await.ok().flatten();
        if told.is_some() {
            self.us.doubted.store(false, Ordering::Relaxed);
        }
        told == Some(true)
    }

    /// None where Slack does not say.
    async fn token_is_dead(&self) -> Option<bool> {
        match self.slack.auth_test().await {
            Ok(_) => {
                tracing::info!(event = "token_works", "an event says that the bot token is dead, and it works");
                Some(false)
            }
            Err(error) if error.is_of_a_dead_token() => Some(true),
            Err(error) => {
                tracing::warn!(event = "token_in_doubt", %error, "an event says that the bot token is dead, and Slack does not tell");
                None
            }
        }
    }

    /// Asks again about the token, where an event spoke of it and Slack did not answer then.
    async fn settle_doubt(&self) {
        if !self.us.doubted.load(Ordering::Relaxed) {
            return;
        }
        let Some(dead) = self.token_is_dead().await else { return };
        if dead {
            let now = self.clock.now();
            let noted = write_tx!(self.db, &self.workspace, now, tx => flows::trouble::token(tx).await);
            if let Err(failure) = noted {
                tracing::error!(event = "token_not_noted", %failure, "Slack refuses the bot token, and that could not be written");
                return;
            }
            tracing::error!(
                event = "token_refused",
                "Slack refuses the bot token: install the app again, and start with its new token"
            );
        }
        self.us.doubted.store(false, Ordering::Relaxed);
    }
}
