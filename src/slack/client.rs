//! The Web API, as far as we use it. slack-morphism's session over our own transport; every call ends in one of a few typed outcomes.
//! Blocks and views go out as JSON; of the answers only what we need is read, so that a block type that is new to us cannot turn a
//! success into an error.

use serde::Deserialize;
use serde_json::{Value, json};
use slack_morphism::ClientResult;
use slack_morphism::prelude::{SlackApiToken, SlackClient};

use crate::rules::id::Ts;
use crate::rules::people;

mod address;
mod app;
mod limit;
mod look;
mod meter;
mod outcome;
mod response_url;
mod transport;
mod upgrade;
mod way;
pub use address::Address;
pub use app::AppId;
use limit::Limits;
pub use look::{Found, Looked};
pub use meter::Meter;
pub use outcome::CallError;
use outcome::classify;
use transport::{Stopwatch, Transport};
pub use upgrade::Stream;

/// The type of the metadata on every message of ours.
pub const EVENT_TYPE: &str = "unstuck_message";

pub type Result<T> = std::result::Result<T, CallError>;

/// A secret: it is sent to Slack and never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    pub fn new(text: impl Into<String>) -> Token {
        Token(text.into())
    }

    /// A token that a request cannot carry is named before anything is sent, and never quoted.
    fn must_be_whole(&self, name: &str) -> anyhow::Result<()> {
        let has = match self.0.chars().find(|letter| !letter.is_ascii_graphic()) {
            None => return Ok(()),
            Some('\n' | '\r') => "a line break",
            Some(letter) if letter.is_whitespace() => "a blank",
            Some(letter) if letter.is_control() => "a control character",
            Some(_) => "a character that no token has",
        };
        anyhow::bail!("{name} has {has} in it: copy the token again, as one word")
    }

    fn api(&self) -> SlackApiToken {
        SlackApiToken::new(self.0.clone().into())
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}

/// One workspace's Slack.
#[derive(Clone, Debug)]
pub struct Slack {
    client: SlackClient<Transport>,
    bot: SlackApiToken,
    app: Option<SlackApiToken>,
    app_id: AppId,
    meter: Meter,
    limits: Limits,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Slack's team id.
    pub workspace: String,
    /// Where the app is installed for a whole organisation, Slack's id of it.
    pub organisation: Option<String>,
    pub name: String,
    pub url: String,
    pub bot_user: String,
    pub bot_id: String,
    pub scopes: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Post<'a> {
    /// A channel, a direct message, or a person.
    pub channel: &'a str,
    pub thread_ts: Option<&'a Ts>,
    pub broadcast: bool,
    pub content: Content<'a>,
}

/// What a message says, and which of our messages it is. The hash comes back from a look and tells what Slack shows.
#[derive(Clone, Copy, Debug)]
pub struct Content<'a> {
    pub text: &'a str,
    pub blocks: &'a Value,
    pub key: &'a str,
    pub hash: &'a str,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Posted {
    pub channel: String,
    pub ts: Ts,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: String,
    pub name: String,
    /// An IANA name, or '' where Slack does not tell.
    pub tz: String,
    pub deleted: bool,
    pub is_bot: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelInfo {
    pub name: String,
    pub is_member: bool,
    pub is_archived: bool,
    pub private: bool,
}

/// An open modal.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct OpenView {
    pub id: String,
    #[serde(default)]
    pub hash: String,
}

#[derive(Deserialize)]
struct Nothing {}

impl Slack {
    pub fn new(base_url: &str, bot_token: Token, app_token: Option<Token>) -> anyhow::Result<Slack> {
        Slack::at(Address::new(base_url, false)?, bot_token, app_token)
    }

    pub fn at(address: Address, bot_token: Token, app_token: Option<Token>) -> anyhow::Result<Slack> {
        bot_token.must_be_whole("SLACK_BOT_TOKEN")?;
        app_token.iter().try_for_each(|token| token.must_be_whole("SLACK_APP_TOKEN"))?;
        let transport = Transport::new(address)?;
        let (bot, app) = (bot_token.api(), app_token.as_ref().map(Token::api));
        let (client, app_id, limits) = (SlackClient::new(transport), AppId::default(), Limits::default());
        Ok(Slack { client, bot, app, app_id, meter: Meter::new(), limits })
    }

    /// Whether there is an app-level token.
    pub fn opens_sockets(&self) -> bool {
        self.app.is_some()
    }

    /// How the calls went, of this client and its clones.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Who this token speaks as, and what it may do.
    pub async fn auth_test(&self) -> Result<Identity> {
        #[derive(Deserialize)]
        struct Answer {
            team_id: String,
            team: String,
            url: String,
            user_id: String,
            #[serde(default)]
            bot_id: String,
            enterprise_id: Option<String>,
            #[serde(default)]
            is_enterprise_install: bool,
        }
        let told = self.timed("auth.test", self.client.http_api.connector.auth_test::<Answer>(&self.bot)).await;
        let (answer, scopes) = told?;
        let Answer { team_id, team, url, user_id, bot_id, .. } = answer;
        let organisation = answer.enterprise_id.filter(|_| answer.is_enterprise_install);
        Ok(Identity { workspace: team_id, organisation, name: team, url, bot_user: user_id, bot_id, scopes })
    }

    pub async fn post(&self, post: Post<'_>) -> Result<Posted> {
        let mut body = post.content.body(post.channel);
        if let Some(thread_ts) = post.thread_ts {
            body["thread_ts"] = json!(thread_ts);
            body["reply_broadcast"] = json!(post.broadcast);
        }
        body["unfurl_links"] = json!(false);
        body["unfurl_media"] = json!(false);
        self.call("chat.postMessage", &body).await
    }

    /// Text and blocks always go together: an edit with text alone removes the blocks.
    pub async fn update(&self, channel: &str, ts: &Ts, content: Content<'_>) -> Result<Posted> {
        let mut body = content.body(channel);
        body["ts"] = json!(ts);
        self.call("chat.update", &body).await
    }

    pub async fn delete(&self, channel: &str, ts: &Ts) -> Result<()> {
        self.call::<Nothing>("chat.delete", &json!({"channel": channel, "ts": ts})).await.map(drop)
    }

    pub async fn permalink(&self, channel: &str, ts: &Ts) -> Result<String> {
        #[derive(Deserialize)]
        struct Answer {
            permalink: String,
        }
        let args = [("channel", Some(channel)), ("message_ts", Some(ts.as_str()))];
        Ok(self.get::<Answer>("chat.getPermalink", &args).await?.permalink)
    }

    /// The direct message with a person; opening one that is open changes nothing.
    pub async fn open_dm(&self, user: &str) -> Result<String> {
        #[derive(Deserialize)]
        struct Answer {
            channel: Channel,
        }
        #[derive(Deserialize)]
        struct Channel {
            id: String,
        }
        Ok(self.call::<Answer>("conversations.open", &json!({"users": user})).await?.channel.id)
    }

    pub async fn open_view(&self, trigger_id: &str, view: &Value) -> Result<OpenView> {
        self.view("views.open", &json!({"trigger_id": trigger_id, "view": view})).await
    }

    /// With the hash of what is to be replaced, Slack refuses to overwrite what changed meanwhile.
    pub async fn update_view(&self, view_id: &str, hash: Option<&str>, view: &Value) -> Result<OpenView> {
        let mut body = json!({"view_id": view_id, "view": view});
        if let Some(hash) = hash {
            body["hash"] = json!(hash);
        }
        self.view("views.update", &body).await
    }

    async fn view(&self, method: &'static str, body: &Value) -> Result<OpenView> {
        #[derive(Deserialize)]
        struct Answer {
            view: OpenView,
        }
        Ok(self.call::<Answer>(method, body).await?.view)
    }

    pub async fn user(&self, id: &str) -> Result<Person> {
        #[derive(Deserialize)]
        struct Answer {
            user: User,
        }
        #[derive(Deserialize)]
        struct User {
            id: String,
            #[serde(default)]
            name: String,
            #[serde(default)]
            real_name: String,
            #[serde(default)]
            tz: Option<String>,
            #[serde(default)]
            deleted: bool,
            #[serde(default)]
            is_bot: bool,
            #[serde(default)]
            profile: Profile,
        }
        #[derive(Default, Deserialize)]
        struct Profile {
            #[serde(default)]
            display_name: String,
        }
        let user = self.get::<Answer>("users.info", &[("user", Some(id))]).await?.user;
        let names = [user.profile.display_name, user.real_name, user.name];
        let name = names.into_iter().find(|name| !people::name(name).is_empty()).unwrap_or_else(|| user.id.clone());
        Ok(Person { id: user.id, name, tz: user.tz.unwrap_or_default(), deleted: user.deleted, is_bot: user.is_bot })
    }

    pub async fn channel(&self, id: &str) -> Result<ChannelInfo> {
        #[derive(Deserialize)]
        struct Answer {
            channel: Channel,
        }
        #[derive(Deserialize)]
        struct Channel {
            #[serde(default)]
            name: String,
            #[serde(default)]
            is_member: bool,
            #[serde(default)]
            is_archived: bool,
            #[serde(default)]
            is_private: bool,
        }
        let channel = self.get::<Answer>("conversations.info", &[("channel", Some(id))]).await?.channel;
        let Channel { name, is_member, is_archived, is_private } = channel;
        Ok(ChannelInfo { name, is_member, is_archived, private: is_private })
    }

    /// A fresh address for one socket, with the app-level token.
    pub async fn open_connection(&self) -> Result<String> {
        #[derive(Deserialize)]
        struct Answer {
            url: String,
        }
        let app = self.app.as_ref().ok_or_else(|| CallError::Refused("no app-level token is set".into()))?;
        let session = self.client.open_session(app);
        let (method, nothing) = ("apps.connections.open", json!({}));
        let opened = session.http_session_api.http_post::<_, Answer>(method, &nothing, None);
        Ok(self.timed(method, opened).await?.url)
    }

    async fn call<T>(&self, method: &'static str, body: &Value) -> Result<T>
    where
        T: for<'de> Deserialize<'de> + Send,
    {
        let session = self.client.open_session(&self.bot);
        self.timed(method, session.http_session_api.http_post(method, body, None)).await
    }

    /// Methods that read a query or a form and no JSON.
    async fn get<T>(&self, method: &'static str, args: &[(&str, Option<&str>)]) -> Result<T>
    where
        T: for<'de> Deserialize<'de> + Send,
    {
        let session = self.client.open_session(&self.bot);
        let args: Vec<(&str, Option<&str>)> = args.to_vec();
        self.timed(method, session.http_session_api.http_get(method, &args, None)).await
    }

    async fn timed<T>(&self, method: &'static str, call: impl Future<Output = ClientResult<T>>) -> Result<T> {
        let began = Stopwatch::start();
        let answer = call.await.map_err(|error| classify(self.limits.heed(method, error)));
        if answer.is_ok() {
            self.limits.answered(method);
        }
        self.meter.note(method, began.elapsed(), &answer);
        answer
    }
}

impl Content<'_> {
    /// `parse` none and no `link_names`: typed text must not ping or link, on posts and on edits alike.
    fn body(&self, channel: &str) -> Value {
        json!({
            "channel": channel,
            "text": self.text,
            "blocks": self.blocks,
            "parse": "none",
            "metadata": {"event_type": EVENT_TYPE, "event_payload": {"key": self.key, "hash": self.hash}},
        })
    }
}

#[cfg(test)]
mod tests;
