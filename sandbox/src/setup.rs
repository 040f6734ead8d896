//! What a sandbox is made of: one workspace, one app, people and channels, a clock.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::delivery::Delivery;
use crate::recorder::VARIABLE;

/// UTC milliseconds. It may stand still or jump; nothing in the sandbox waits for it to run.
pub type Now = Arc<dyn Fn() -> i64 + Send + Sync>;

#[derive(Clone)]
pub struct Setup {
    pub address: SocketAddr,
    pub workspace: Workspace,
    pub now: Now,
    pub host: Option<Host>,
    pub delivery: Delivery,
    /// Host and port of whoever speaks TLS in front of it: the app is given addresses there.
    pub front: Option<String>,
    /// A folder that keeps what the app sends and Slack accepts, one file for each shape of a payload.
    pub record: Option<PathBuf>,
}

impl Setup {
    /// Any free port of this machine, the real time, no host, Socket Mode, nobody in front, and
    /// what the environment says of SANDBOX_RECORD.
    pub fn new(workspace: Workspace) -> Setup {
        let record = std::env::var_os(VARIABLE).map(PathBuf::from);
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let delivery = Delivery::default();
        Setup { address, workspace, now: real_time(), host: None, delivery, front: None, record }
    }
}

pub fn real_time() -> Now {
    Arc::new(|| jiff::Timestamp::now().as_millisecond())
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Workspace {
    pub team_id: String,
    pub name: String,
    pub domain: String,
    pub app: App,
    pub users: Vec<User>,
    pub channels: Vec<Channel>,
}

/// The one app that is installed. `events` are its bot event subscriptions, such as `message.im`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct App {
    pub app_id: String,
    pub bot_id: String,
    pub bot_user_id: String,
    pub name: String,
    pub bot_token: String,
    pub app_token: String,
    pub signing_secret: String,
    pub scopes: Vec<String>,
    pub events: Vec<String>,
}

impl App {
    pub fn may(&self, scope: &str) -> bool {
        self.scopes.iter().any(|held| held == scope)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct User {
    pub id: String,
    /// The handle.
    pub name: String,
    pub real_name: String,
    pub display_name: String,
    /// An IANA name.
    pub tz: String,
    pub title: String,
    pub deleted: bool,
    pub is_bot: bool,
}

impl User {
    /// What Slack's clients show: the display name where there is one.
    pub fn shown(&self) -> &str {
        if self.display_name.is_empty() { &self.real_name } else { &self.display_name }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Channel {
    pub id: String,
    pub name: String,
    pub private: bool,
    pub archived: bool,
    pub members: Vec<String>,
}

/// A few controls of the program that runs the sandbox, shown in one marked place of the page.
#[derive(Clone)]
pub struct Host {
    pub title: String,
    pub status: Arc<dyn Fn() -> String + Send + Sync>,
    pub controls: Vec<Control>,
}

#[derive(Clone)]
pub struct Control {
    pub id: String,
    pub label: String,
    /// Returns a line to show.
    pub press: Arc<dyn Fn() -> BoxFuture<'static, String> + Send + Sync>,
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup")
            .field("address", &self.address)
            .field("workspace", &self.workspace)
            .finish_non_exhaustive()
    }
}
