//! What the command line says of Slack: where it is, and the tokens.

use anyhow::Context;
use clap::Args;
use clap::builder::BoolishValueParser;
use unstuck::slack::client::{Address, Slack, Token};

pub const SLACK: &str = "https://slack.com/api";

/// Where Slack is.
#[derive(Args)]
pub struct PlaceArgs {
    /// Slack's address, if it is not Slack's own
    #[arg(long, env = "SLACK_API_URL", default_value = SLACK)]
    pub slack_url: String,
    /// Let the tokens go in the clear to an address that begins with http:// and is not this
    /// machine's
    #[arg(long, env = "UNSTUCK_INSECURE_SLACK_URL", value_parser = BoolishValueParser::new())]
    insecure_slack_url: bool,
}

impl PlaceArgs {
    pub fn client(&self, bot: &str, app: Option<&str>) -> anyhow::Result<Slack> {
        let address = Address::new(&self.slack_url, self.insecure_slack_url)?;
        Slack::at(address, Token::new(bot), app.map(Token::new))
    }
}

#[derive(Args)]
pub struct SlackArgs {
    /// The bot token (xoxb-…), from OAuth & Permissions in the app's settings
    #[arg(long, env = "SLACK_BOT_TOKEN", hide_env_values = true)]
    bot_token: Option<String>,
    /// Socket Mode: the app-level token (xapp-…) with connections:write, from Basic Information
    #[arg(long, env = "SLACK_APP_TOKEN", hide_env_values = true)]
    app_token: Option<String>,
    #[command(flatten)]
    pub place: PlaceArgs,
}

impl SlackArgs {
    pub fn client(&self) -> anyhow::Result<Slack> {
        let bot = given(self.bot_token.as_deref()).context("SLACK_BOT_TOKEN is not set: copy the token that starts with xoxb- from OAuth & Permissions in the app's settings")?;
        self.place.client(bot, given(self.app_token.as_deref()))
    }

    pub fn client_with_sockets(&self) -> anyhow::Result<Slack> {
        let client = self.client()?;
        given(self.app_token.as_deref()).context("SLACK_APP_TOKEN is not set: make a token with connections:write (it starts with xapp-) under Basic Information in the app's settings, or start with --http")?;
        Ok(client)
    }
}

/// What is given, without the blanks around it; blanks alone are nothing.
pub fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}
