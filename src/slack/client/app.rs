//! Which app we are. A token tells its workspace and not its app: Slack says that in the first
//! frame of a socket, or when it is asked for the bot.

use super::{Result, Slack};
use serde::Deserialize;
use std::sync::{Arc, OnceLock};

/// Our app's id, once Slack has said it. All clones know it from then on.
#[derive(Clone, Debug, Default)]
pub struct AppId(Arc<OnceLock<String>>);

impl AppId {
    pub fn get(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }

    /// What was heard first stays: an app never changes its id.
    pub fn learn(&self, id: &str) {
        if !id.is_empty() {
            let _ = self.0.set(id.to_owned());
        }
    }
}

impl Slack {
    pub fn app(&self) -> &AppId {
        &self.app_id
    }

    /// Asks to which app the bot with this id belongs.
    pub async fn ask_for_app(&self, bot_id: &str) -> Result<()> {
        #[derive(Deserialize)]
        struct Answer {
            bot: Bot,
        }
        #[derive(Deserialize)]
        struct Bot {
            #[serde(default)]
            app_id: String,
        }
        let answer = self.get::<Answer>("bots.info", &[("bot", Some(bot_id))]).await?;
        self.app_id.learn(&answer.bot.app_id);
        Ok(())
    }
}
