//! All that the sandbox knows, in memory, behind one lock that is never held across an await.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use crate::api::faulty::{self, LateCall};
use crate::delivery::{self, Deliveries, Delivery};
use crate::ledger::{Entry, Kind};
use crate::limits::Buckets;
use crate::message::{Message, Names, Teller, Ts};
use crate::response_url::ResponseUrl;
use crate::setup::{App, Channel, User, Workspace};
use crate::views::OpenView;

pub(crate) struct State {
    pub team_id: String,
    pub team_name: String,
    pub domain: String,
    pub app: App,
    pub users: Vec<User>,
    pub channels: Vec<Channel>,
    /// Person by person, the D… they share with the bot.
    pub dms: BTreeMap<String, String>,
    pub messages: BTreeMap<String, BTreeMap<Ts, Message>>,
    pub ephemerals: Vec<Message>,
    /// The stack of modals of each person, the top one last.
    pub views: BTreeMap<String, Vec<OpenView>>,
    pub triggers: BTreeMap<String, Trigger>,
    pub response_urls: BTreeMap<String, ResponseUrl>,
    pub delivery: Deliveries,
    /// Calls that take effect after their client has gone.
    pub late: Vec<LateCall>,
    pub buckets: Buckets,
    /// Set by an uninstall: what every further call is refused with.
    pub revoked: Option<&'static str>,
    pub ledger: Vec<Entry>,
    pub at: i64,
    pub version: u64,
    last_ts: i64,
    next_id: u64,
    random: u64,
    names: Names,
}

/// The right to open one modal within three seconds: real ones, or the sandbox's where deliveries go by hand.
pub(crate) struct Trigger {
    pub user: String,
    issued: Instant,
    issued_at: i64,
    pub used: bool,
    /// Given by an action in a modal: such a trigger may push.
    pub view_id: Option<String>,
}

/// What the DM of this person with the bot is called, open or not.
pub(crate) fn dm_of(user: &str) -> String {
    format!("D{}", user.trim_start_matches(['U', 'W']))
}

pub(crate) const TRIGGER_LIVES: std::time::Duration = std::time::Duration::from_secs(3);

impl State {
    pub fn new(workspace: Workspace) -> State {
        let mut state = State {
            team_id: workspace.team_id,
            team_name: workspace.name,
            domain: workspace.domain,
            app: workspace.app,
            users: workspace.users,
            channels: workspace.channels,
            dms: BTreeMap::new(),
            messages: BTreeMap::new(),
            ephemerals: Vec::new(),
            views: BTreeMap::new(),
            triggers: BTreeMap::new(),
            response_urls: BTreeMap::new(),
            delivery: Deliveries::default(),
            late: Vec::new(),
            buckets: Buckets::default(),
            revoked: None,
            ledger: Vec::new(),
            at: 0,
            version: 0,
            last_ts: 0,
            next_id: 1000,
            random: 0x9E37_79B9_7F4A_7C15,
            names: Names::default(),
        };
        state.add_bot_user();
        state.rename();
        state
    }

    /// The bot is a user of the workspace, listed by the caller or not.
    fn add_bot_user(&mut self) {
        if self.user(&self.app.bot_user_id).is_none() {
            let name = self.app.name.clone();
            self.users.push(User {
                id: self.app.bot_user_id.clone(),
                name: name.to_lowercase().replace(' ', "_"),
                real_name: name,
                tz: "America/Los_Angeles".into(),
                is_bot: true,
                ..User::default()
            });
        }
    }

    /// Call after users or channels changed.
    pub fn rename(&mut self) {
        let users = self.users.iter().map(|user| (user.id.clone(), user.shown().to_owned()));
        let channels = self.channels.iter().map(|channel| (channel.id.clone(), channel.name.clone()));
        self.names = Arc::new(users.chain(channels).collect());
    }

    pub fn names(&self) -> Names {
        self.names.clone()
    }

    pub fn record(&mut self, kind: Kind) {
        self.version += 1;
        self.ledger.push(Entry { seq: self.ledger.len() as u64, at: self.at, kind });
    }

    pub fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    pub fn channel(&self, id: &str) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.id == id)
    }

    pub fn channel_mut(&mut self, id: &str) -> Option<&mut Channel> {
        self.channels.iter_mut().find(|channel| channel.id == id)
    }

    /// The DM of this person with the bot, opened on demand.
    pub fn dm(&mut self, user: &str) -> String {
        if let Some(dm) = self.dms.get(user) {
            return dm.clone();
        }
        let dm = dm_of(user);
        self.dms.insert(user.to_owned(), dm.clone());
        self.version += 1;
        dm
    }

    pub fn dm_partner(&self, dm: &str) -> Option<&str> {
        self.dms.iter().find(|(_, id)| *id == dm).map(|(user, _)| user.as_str())
    }

    /// What people and the bot may see of a place, by their membership.
    pub fn may_see(&self, user: &str, channel: &str) -> bool {
        match (self.dm_partner(channel), self.channel(channel)) {
            (Some(partner), _) => user == partner || user == self.app.bot_user_id,
            (None, Some(channel)) => !channel.private || channel.members.iter().any(|member| member == user),
            (None, None) => false,
        }
    }

    pub fn is_member(&self, user: &str, channel: &str) -> bool {
        match (self.dm_partner(channel), self.channel(channel)) {
            (Some(partner), _) => user == partner || user == self.app.bot_user_id,
            (None, Some(channel)) => channel.members.iter().any(|member| member == user),
            (None, None) => false,
        }
    }

    /// `im`, `group` or `channel`, as events call it.
    pub fn channel_type(&self, channel: &str) -> &'static str {
        match self.channel(channel) {
            None => "im",
            Some(channel) if channel.private => "group",
            Some(_) => "channel",
        }
    }

    pub fn channel_name(&self, channel: &str) -> String {
        self.channel(channel).map_or_else(|| "directmessage".to_owned(), |channel| channel.name.clone())
    }

    /// Unique, and later than every one before it, however the clock stands or jumps.
    pub fn next_ts(&mut self) -> Ts {
        self.last_ts = (self.at * 1000).max(self.last_ts + 1);
        format!("{:010}.{:06}", self.last_ts / 1_000_000, self.last_ts % 1_000_000)
    }

    pub fn next_id(&mut self, prefix: &str) -> String {
        self.next_id += 1;
        format!("{prefix}0{:08X}", self.next_id.wrapping_mul(2_654_435_761) & 0xFFFF_FFFF)
    }

    /// For block_id and action_id that were left out.
    pub fn short_id(&mut self) -> String {
        self.next_id("").chars().skip(1).take(5).collect()
    }

    /// Repeatable chance (xorshift): which connection gets an envelope must not follow a pattern, yet runs should repeat.
    pub fn random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }

    pub fn new_trigger(&mut self, user: &str, view_id: Option<String>) -> String {
        let (high, low) = (self.random(), self.random());
        let id = format!("{}.{}.{high:016x}{low:016x}", self.at, self.ledger.len());
        let trigger =
            Trigger { user: user.to_owned(), issued: Instant::now(), issued_at: self.at, used: false, view_id };
        self.triggers.insert(id.clone(), trigger);
        id
    }

    pub fn has_expired(&self, trigger: &Trigger) -> bool {
        match self.delivery.means {
            Delivery::SocketMode | Delivery::Http(_) => trigger.issued.elapsed() >= TRIGGER_LIVES,
            Delivery::ByHand => self.at - trigger.issued_at >= TRIGGER_LIVES.as_millis() as i64,
        }
    }

    /// What an acknowledgement that never came is called.
    pub fn timeout(&self) -> &'static str {
        match self.delivery.means {
            Delivery::Http(_) => "http_timeout",
            Delivery::SocketMode | Delivery::ByHand => "timeout",
        }
    }

    /// Does what fell due until now, one thing after the other, each at its own time.
    pub fn catch_up(&mut self, now: i64) {
        while let Some(due) = self.due().filter(|due| *due <= now) {
            self.at = due.max(self.at);
            // Where both are due, the call was there first.
            if self.late.iter().any(|late| late.due <= due) {
                faulty::execute_late(self);
            } else {
                delivery::retry(self);
            }
        }
        self.at = now;
    }

    /// When the next thing happens by itself.
    pub fn due(&self) -> Option<i64> {
        self.delivery.due().into_iter().chain(self.late.iter().map(|late| late.due)).min()
    }

    pub fn message(&self, channel: &str, ts: &str) -> Option<&Message> {
        self.messages.get(channel)?.get(ts)
    }

    /// Whether the history shows it already.
    pub fn is_listed(&self, message: &Message) -> bool {
        let lag = self.delivery.faults.as_ref().map_or(0, crate::faults::Faults::lag);
        lag == 0 || self.at - message.posted_at >= lag
    }

    pub fn message_mut(&mut self, channel: &str, ts: &str) -> Option<&mut Message> {
        self.messages.get_mut(channel)?.get_mut(ts)
    }

    /// A copy for the outside, with its replies counted and the names that it mentions.
    pub fn show(&self, message: &Message) -> Message {
        let mut shown = message.clone();
        shown.reply_count = self.reply_count(message);
        shown.names = self.names();
        shown
    }

    pub fn reply_count(&self, message: &Message) -> usize {
        if !message.has_thread() {
            return 0;
        }
        self.replies(&message.channel, &message.ts).count()
    }

    pub fn replies<'a>(&'a self, channel: &str, parent: &'a str) -> impl Iterator<Item = &'a Message> {
        // Replies are later than their parent.
        let later = self.messages.get(channel).into_iter().flat_map(move |all| all.range(parent.to_owned()..));
        later
            .map(|(_, message)| message)
            .filter(move |message| message.is_reply() && message.thread_ts.as_deref() == Some(parent))
    }

    pub fn teller(&self) -> Teller {
        Teller { team_id: self.team_id.clone(), app_id: self.app.app_id.clone(), app_name: self.app.name.clone() }
    }
}
