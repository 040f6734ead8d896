//! A support team, the real bot and a Slack, on one clock that stands still until it is moved. The verbs are what people do.

use crate::databases::{self, Database, Which};
use sandbox::{App, Channel, Message, Outcome, RequestUrls, Sandbox, Setup, Submitted, User, View, Workspace};
use serde_json::Value;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use unstuck::clock::Clock;
use unstuck::config;
use unstuck::demo::time::Day;
use unstuck::server::{Door, HttpDoor, Stopped, Unstuck, operate};
use unstuck::slack::client::{Slack, Token};
use unstuck::slack::manifest;
use unstuck::slack::signature::SigningSecret;
use unstuck::store::Db;

pub const ZONE: &str = "America/New_York";
pub const SUPPORT: &str = "C0SUPPORT";

/// Tier 1: Early 06:00 to 14:00 (Ana, Ben, Cleo) and Late 14:00 to 22:00 (Omar); Jess manages, Noor observes; Zed is
/// in the channel and not in the team.
pub const TEAMS: &str = r#"
[[team]]
name = "Tier 1"
channel = "C0SUPPORT"
timezone = "America/New_York"
managers = ["U0JESS"]
observers = ["U0NOOR"]

[[team.shift]]
name = "Early"
starts = "0 6 * * Mon-Fri"
hours = 8
agents = ["U0ANA", "U0BEN", "U0CLEO"]

[[team.shift]]
name = "Late"
starts = "0 14 * * Mon-Fri"
hours = 8
agents = ["U0OMAR"]
"#;

pub struct World {
    pub slack: Sandbox,
    pub bot: Unstuck,
    pub clock: Clock,
    pub database: Database,
    pub day: Day,
    stop: watch::Sender<bool>,
    running: Option<JoinHandle<Stopped>>,
}

/// Monday 18 May 2026, 05:50 in New York.
pub fn monday_morning() -> i64 {
    at("2026-05-18T05:50")
}

/// A wall-clock time of New York as UTC milliseconds.
pub fn at(civil: &str) -> i64 {
    in_zone(civil, ZONE)
}

pub fn in_zone(civil: &str, zone: &str) -> i64 {
    let civil: jiff::civil::DateTime = civil.parse().expect("a civil time");
    civil.in_tz(zone).expect("a zone").timestamp().as_millisecond()
}

pub fn person(id: &str, name: &str, zone: &str) -> User {
    User {
        id: id.to_owned(),
        name: name.to_lowercase(),
        real_name: name.to_owned(),
        display_name: name.to_owned(),
        tz: zone.to_owned(),
        ..User::default()
    }
}

pub fn workspace() -> Workspace {
    let names = ["Ana", "Ben", "Cleo", "Omar", "Jess", "Noor", "Zed"];
    let mut users: Vec<User> =
        names.iter().map(|name| person(&format!("U0{}", name.to_uppercase()), name, ZONE)).collect();
    users.push(User { is_bot: true, ..person("U0BOT", "Unstuck", "UTC") });
    let members = users.iter().map(|user| user.id.clone()).collect();
    let (scopes, events) = manifest::granted();
    let text = str::to_owned;
    Workspace {
        team_id: text(databases::WORKSPACE),
        name: text("Corner Shop"),
        domain: text("corner-shop"),
        app: App {
            app_id: text("A0APP"),
            bot_id: text("B0BOT"),
            bot_user_id: text("U0BOT"),
            name: text("Unstuck"),
            bot_token: text("xoxb-test"),
            app_token: text("xapp-test"),
            signing_secret: text("secret"),
            scopes,
            events,
        },
        users,
        channels: vec![Channel { id: text(SUPPORT), name: text("support"), private: false, archived: false, members }],
    }
}

impl World {
    /// The usual team on a Monday morning.
    pub async fn new(which: Which) -> World {
        World::with(which, TEAMS, monday_morning(), |_| {}).await
    }

    /// Any teams file at any time, on a workspace that may be changed first.
    pub async fn with(which: Which, teams: &str, now: i64, change: impl FnOnce(&mut Workspace)) -> World {
        World::on(databases::open(which).await, teams, now, change).await
    }

    /// The same on a database that is there already.
    pub async fn on(database: Database, teams: &str, now: i64, change: impl FnOnce(&mut Workspace)) -> World {
        let clock = Clock::frozen(now);
        let mut workspace = workspace();
        change(&mut workspace);
        let shared = clock.clone();
        let setup = Setup { now: Arc::new(move || shared.now()), ..Setup::new(workspace) };
        let slack = Sandbox::start(setup).await.expect("a sandbox");
        let bot = bot(&slack, &database, &clock.skewed(0)).await;
        let mut world = World {
            day: Day::new(bot.clone(), slack.clone(), None),
            slack,
            bot,
            clock,
            database,
            stop: watch::Sender::new(false),
            running: None,
        };
        world.apply(teams).await;
        world.bot.ask_for_people().await.expect("people");
        world.starts().await;
        world
    }

    pub async fn apply(&self, teams: &str) -> Vec<String> {
        let file = config::parse(teams).expect("a teams file");
        self.bot.apply(&file).await.expect("applied")
    }

    /// The bot starts (again) on the same database.
    pub async fn starts(&mut self) {
        self.starts_off(0).await;
        self.settle().await;
    }

    /// The bot starts with a clock that is off by so many milliseconds; nobody waits until anything is done.
    pub async fn starts_off(&mut self, ms: i64) {
        self.bot = self.replica(ms).await;
        self.day = Day::new(self.bot.clone(), self.slack.clone(), None);
        self.stop = watch::Sender::new(false);
        let (bot, until) = (self.bot.clone(), self.stop.subscribe());
        self.running = Some(tokio::spawn(async move { bot.run(2, until).await }));
        self.day.until_connected().await.expect("connected");
    }

    /// Another bot on the same database, off by so many milliseconds, that does nothing yet.
    pub async fn replica(&self, ms: i64) -> Unstuck {
        bot(&self.slack, &self.database, &self.clock.skewed(ms)).await
    }

    /// The bot starts again on the same database, behind an address to which Slack posts. Gives that address.
    pub async fn starts_over_http(&mut self) -> String {
        self.stops().await;
        self.bot = bot(&self.slack, &self.database, &self.clock).await;
        self.day = Day::new(self.bot.clone(), self.slack.clone(), None);
        self.stop = watch::Sender::new(false);
        let (address, running) = over_http(self.bot.clone(), self.stop.subscribe()).await;
        self.running = Some(running);
        self.slack.saves_request_urls(request_urls(&[&address])).await.expect("it answers the challenge");
        self.settle().await;
        address
    }

    /// Another process of the bot on the same database, behind an address of its own; it goes with the test.
    pub async fn replica_over_http(&self) -> (Unstuck, String) {
        let replica = bot(&self.slack, &self.database, &self.clock).await;
        let (address, _) = over_http(replica.clone(), self.stop.subscribe()).await;
        (replica, address)
    }

    /// A bot of this workspace that nobody runs, on a clock of its own.
    pub async fn idle_bot(&self) -> (Unstuck, Clock) {
        let clock = Clock::frozen(self.clock.now());
        (bot(&self.slack, &self.database, &clock).await, clock)
    }

    /// The database was away, and is there again for whoever opens it.
    pub async fn reopens_the_database(&mut self) {
        self.stops().await;
        self.database.db = Db::open(&self.database.url).await.expect("the database");
    }

    /// The bot is told to stop, and has stopped.
    pub async fn stops(&mut self) {
        self.stop.send_replace(true);
        if let Some(running) = self.running.take() {
            running.await.expect("the bot did not panic");
        }
    }

    /// Lives on to a wall-clock time of New York, through everything that falls due before.
    pub async fn until(&self, civil: &str) {
        self.day.go_to(at(civil)).await.expect("the day goes on");
    }

    pub async fn minutes_pass(&self, minutes: i64) {
        self.seconds_pass(minutes * 60).await;
    }

    pub async fn seconds_pass(&self, seconds: i64) {
        self.day.go_to(self.clock.now() + seconds * 1000).await.expect("the day goes on");
    }

    /// Everything that is due now is done.
    pub async fn settle(&self) {
        self.day.settle().await.expect("settled");
    }

    pub fn dm(&self, who: &str) -> String {
        self.slack.dm(who)
    }

    /// Lives on, and edits have to wait for an hour then: what stands there stays as it is meanwhile, buttons and all.
    pub async fn until_without_edits(&self, civil: &str) {
        self.slack.faults().storm("chat.update", self.clock.now()..at(civil) + 60_000, 3_600);
        self.until(civil).await;
    }

    /// Types in the direct message; the bot has taken it in when this returns.
    pub async fn types(&self, who: &str, text: &str) -> String {
        let ts = self.slack.says(who, &self.dm(who), text).expect("typed");
        self.settle().await;
        ts
    }

    /// Types, and waits for what the bot says to it.
    pub async fn says(&self, who: &str, text: &str) -> String {
        let ts = self.types(who, text).await;
        self.seconds_pass(3).await;
        ts
    }

    pub async fn edits(&self, who: &str, ts: &str, text: &str) {
        self.slack.edits(who, &self.dm(who), ts, text).expect("edited");
        self.settle().await;
    }

    pub async fn deletes(&self, who: &str, ts: &str) {
        self.slack.deletes(who, &self.dm(who), ts).expect("deleted");
        self.settle().await;
    }

    /// Presses the newest button with this label that this person sees in a conversation, threads included.
    pub async fn presses_in(&self, who: &str, channel: &str, label: &str) -> Outcome {
        let message = self.everything(who, channel).into_iter().rev().find(|message| message.press(label).is_some());
        let message = message.unwrap_or_else(|| panic!("{who} sees no button {label} in {channel}"));
        self.presses_on(who, &message, label).await
    }

    /// Presses a button of one message, also one that was read a while ago.
    pub async fn presses_on(&self, who: &str, message: &Message, label: &str) -> Outcome {
        let act = message.press(label).unwrap_or_else(|| panic!("no button {label} in: {}", message.plain()));
        let outcome = self.slack.acts(who, act).await.expect("pressed");
        self.settle().await;
        outcome
    }

    /// Presses the newest such button in the own direct message.
    pub async fn presses(&self, who: &str, label: &str) {
        let outcome = self.presses_in(who, &self.dm(who), label).await;
        assert!(outcome.acked, "{label} was not acknowledged");
    }

    /// Presses the newest such button in #support.
    pub async fn presses_in_channel(&self, who: &str, label: &str) {
        let outcome = self.presses_in(who, SUPPORT, label).await;
        assert!(outcome.acked, "{label} was not acknowledged");
    }

    /// Leaves exactly these boxes ticked in the newest message that has them.
    pub async fn ticks(&self, who: &str, labels: &[&str]) {
        let act = self.everything(who, &self.dm(who)).into_iter().rev().find_map(|message| message.tick(labels));
        self.slack.acts(who, act.expect("boxes with these labels")).await.expect("ticked");
        self.settle().await;
    }

    /// The modal on top at this person.
    pub fn form(&self, who: &str) -> View {
        self.slack.views(who).pop().unwrap_or_else(|| panic!("{who} has no modal open"))
    }

    /// Fills the input whose label contains these words.
    pub fn fills(&self, who: &str, words: &str, value: impl Into<Value>) {
        let (block_id, action_id) = self.form(who).input(words).unwrap_or_else(|| panic!("no input {words}"));
        self.slack.fills(who, &block_id, &action_id, value).expect("filled");
    }

    pub async fn submits(&self, who: &str) -> Submitted {
        let submitted = self.slack.submits(who).await.expect("submitted");
        self.settle().await;
        submitted
    }

    /// What stands in a conversation as this person sees it, threads below their parents.
    pub fn everything(&self, who: &str, channel: &str) -> Vec<Message> {
        let mut all = Vec::new();
        for message in self.slack.history(who, channel) {
            let broadcast = message.thread_ts.as_ref().is_some_and(|parent| *parent != message.ts);
            let ts = message.ts.clone();
            all.push(message);
            if !broadcast {
                all.extend(self.slack.thread(who, channel, &ts).into_iter().skip(1));
            }
        }
        all
    }

    /// The bot's newest message in somebody's direct message, as they read it.
    pub fn reads(&self, who: &str) -> String {
        let newest = self.slack.history(who, &self.dm(who)).into_iter().rev().find(Message::by_bot);
        newest.map(|message| message.plain()).unwrap_or_default()
    }

    /// All that the bot has said to somebody, oldest first.
    pub fn told(&self, who: &str) -> Vec<String> {
        let all = self.everything(who, &self.dm(who)).into_iter();
        all.filter(Message::by_bot).map(|message| message.plain()).collect()
    }

    /// The messages of #support that begin a conversation, oldest first.
    pub fn channel(&self) -> Vec<Message> {
        self.slack.history("U0JESS", SUPPORT)
    }

    /// The newest digest.
    pub fn digest(&self) -> String {
        let posts = self.channel().into_iter().rev();
        let digest = posts.map(|message| message.plain()).find(|text| text.contains(" answered"));
        digest.expect("a digest")
    }

    /// The newest help thread: its parent, then its replies.
    pub fn help(&self) -> Vec<String> {
        let is_help = |message: &Message| key(message).starts_with("help:");
        let parent = self.channel().into_iter().rev().find(is_help).expect("a help thread");
        self.slack.thread("U0JESS", SUPPORT, &parent.ts).iter().map(Message::plain).collect()
    }

    /// The private lines that somebody saw, oldest first; waits for the next one if there are fewer than expected.
    pub async fn private(&self, who: &str, expected: usize) -> Vec<String> {
        let mut changed = self.slack.changed();
        loop {
            let lines = self.slack.ephemerals(who);
            if lines.len() >= expected {
                return lines.iter().map(Message::plain).collect();
            }
            let next = tokio::time::timeout(std::time::Duration::from_secs(10), changed.changed()).await;
            assert!(next.is_ok(), "{who} saw {} private lines and not {expected}", lines.len());
        }
    }
}

/// The key that the bot keeps in a message's metadata.
pub fn key(message: &Message) -> String {
    let key = message.metadata.as_ref().and_then(|metadata| metadata["event_payload"]["key"].as_str());
    key.unwrap_or_default().to_owned()
}

/// What the app's settings say when it stands behind these addresses.
pub fn request_urls(addresses: &[&str]) -> RequestUrls {
    let with = |path: &str| addresses.iter().map(|address| format!("{address}{path}")).collect();
    RequestUrls {
        events: with("/slack/events"),
        interactivity: with("/slack/interactivity"),
        commands: with("/slack/commands"),
    }
}

async fn over_http(bot: Unstuck, stop: watch::Receiver<bool>) -> (String, JoinHandle<Stopped>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let door = HttpDoor { listener, secret: SigningSecret::new("secret").expect("a secret") };
    let pages = operate::pages(&bot);
    (address, tokio::spawn(async move { bot.run_behind(Door::Http(door, pages), stop).await }))
}

async fn bot(slack: &Sandbox, database: &Database, clock: &Clock) -> Unstuck {
    let client =
        Slack::new(&slack.api_url(), Token::new("xoxb-test"), Some(Token::new("xapp-test"))).expect("a client");
    Unstuck::open(database.db.clone(), client, clock.clone()).await.expect("the bot")
}
