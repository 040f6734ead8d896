//! `unstuck demo`: the sandbox with a made-up support team, the real bot against it over the real protocol, and one clock
//! value for both. Nothing here is known to the bot or to the sandbox.

mod cast;
mod guide;
mod others;
mod script;
pub mod time;

use crate::clock::Clock;
use crate::config;
use crate::server::{Stopped, Unstuck};
use crate::slack::client::{Slack, Token};
use crate::store::Db;
use anyhow::Context;
use others::Others;
use sandbox::{Control, Host, Sandbox, Setup};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use time::Day;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The shift starts so long after the page can be opened.
const UNTIL_START: i64 = 3_000;
const HALF_AN_HOUR: i64 = 30 * 60_000;
const SOCKETS: usize = 2;

/// Runs until `stop` turns true.
pub async fn run(port: u16, stop: watch::Receiver<bool>) -> anyhow::Result<()> {
    println!("Unstuck demo: a local Slack, a support team, and its last two days (a second or two) …");
    let folder = tempfile::tempdir().context("no temporary folder for the demo's database")?;
    let demo = Demo::start(port, &format!("sqlite://{}/demo.db", folder.path().display())).await?;
    let running = demo.begin(stop).await?;
    println!("Open  {}", demo.address());
    println!("You are Ana, whose shift is about to start; the bar on top says what to try. Ctrl-C ends it.");
    running.await.context("the bot stopped unexpectedly")?;
    demo.sandbox.stop().await;
    Ok(())
}

/// The team, its Slack and its bot, on one clock.
pub struct Demo {
    pub sandbox: Sandbox,
    pub day: Day,
    bot: Unstuck,
    others: Others,
}

impl Demo {
    pub async fn start(port: u16, database: &str) -> anyhow::Result<Demo> {
        let clock = Clock::shifted(early_shift(2) - UNTIL_START - Clock::system().now());
        let page = Page::default();
        let workspace = cast::workspace();
        let app = workspace.app.clone();
        let sandbox = listen(port, workspace, &clock, &page).await?;
        let slack = Slack::new(&sandbox.api_url(), Token::new(app.bot_token), Some(Token::new(app.app_token)))?;
        let bot = Unstuck::open(Db::open(database).await?, slack, clock.clone()).await?;
        let teams = config::parse(cast::TEAMS)
            .map_err(|problems| anyhow::anyhow!("the demo's teams: {}", problems[0].reason))?;
        bot.apply(&teams).await?;
        bot.ask_for_people().await?;
        let others = Others::new(sandbox.clone());
        let day = Day::new(bot.clone(), sandbox.clone(), Some(others.clone()));
        page.fill(&day);
        Ok(Demo { sandbox, day, bot, others })
    }

    /// The bot runs, and two days go by through the same protocol as today: priorities were asked for and given, marked
    /// done and not done, and a stuck was resolved.
    pub async fn begin(&self, stop: watch::Receiver<bool>) -> anyhow::Result<JoinHandle<Stopped>> {
        let (bot, until) = (self.bot.clone(), stop.clone());
        let running = tokio::spawn(async move { bot.run(SOCKETS, until).await });
        self.day.until_connected().await?;
        self.others.everybody_plays(true);
        self.day.go_to(early_shift(0) - UNTIL_START).await?;
        self.others.everybody_plays(false);
        tokio::spawn(self.others.clone().play(self.day.clone(), stop));
        Ok(running)
    }

    /// The page, where Ana looks at what the bot writes to her.
    pub fn address(&self) -> String {
        let dm = self.sandbox.dm(cast::YOU);
        format!("{}#as={}&in={dm}", self.sandbox.page_url(), cast::YOU)
    }
}

/// When the early shift started, so many days ago.
fn early_shift(days_ago: i8) -> i64 {
    let zone = cast::zone();
    let today =
        jiff::Timestamp::from_millisecond(Clock::system().now()).unwrap_or_default().to_zoned(zone.clone()).date();
    let date = today.saturating_sub(jiff::Span::new().days(days_ago));
    let start = zone.to_ambiguous_zoned(date.at(6, 0, 0, 0)).compatible();
    start.map_or(0, |start| start.timestamp().as_millisecond())
}

/// The controls of the page, which need the day, which needs the sandbox, which needs the controls.
#[derive(Clone, Default)]
struct Page(Arc<OnceLock<Day>>);

impl Page {
    fn fill(&self, day: &Day) {
        let _ = self.0.set(day.clone());
    }

    fn host(&self, clock: &Clock) -> Host {
        let (clock, day) = (clock.clone(), self.0.clone());
        let status = move || {
            let next = day.get().map(|day| guide::next(day.sandbox(), day.now())).unwrap_or_default();
            format!("{}\n{next}", cast::told_time(clock.now()))
        };
        Host {
            title: "Unstuck demo".to_owned(),
            status: Arc::new(status),
            controls: vec![
                self.control("half-hour", "Half an hour on", |now| {
                    (now + HALF_AN_HOUR, "Half an hour later.".to_owned())
                }),
                self.control("next-shift", "Next shift", |now| {
                    let (start, name) = cast::next_shift(now);
                    (start - UNTIL_START / 2, format!("The {name} shift starts in a moment."))
                }),
            ],
        }
    }

    /// `target` tells, by the time of the press, where the time goes and what is said once it is there.
    fn control(&self, id: &str, label: &str, target: fn(i64) -> (i64, String)) -> Control {
        let day = self.0.clone();
        let press = move || {
            let day = day.clone();
            let moved = async move {
                let Some(day) = day.get() else { return "One moment: yesterday is not over yet.".to_owned() };
                let (target, said) = target(day.now());
                match day.go_to(target).await {
                    Ok(()) => said,
                    Err(error) => format!("The time could not be moved: {error:#}"),
                }
            };
            Box::pin(moved) as futures_util::future::BoxFuture<'static, String>
        };
        Control { id: id.to_owned(), label: label.to_owned(), press: Arc::new(press) }
    }
}

/// Listens on the port, or on any free one if it is taken.
async fn listen(port: u16, workspace: sandbox::Workspace, clock: &Clock, page: &Page) -> anyhow::Result<Sandbox> {
    let setup = |port: u16| {
        let clock_of = clock.clone();
        Setup {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            now: Arc::new(move || clock_of.now()),
            host: Some(page.host(clock)),
            ..Setup::new(workspace.clone())
        }
    };
    match Sandbox::start(setup(port)).await {
        Ok(sandbox) => Ok(sandbox),
        Err(_) => {
            println!("Port {port} is taken; another one it is.");
            Sandbox::start(setup(0)).await.context("no port to listen on")
        }
    }
}

/// How long a look at something that should be so soon may take.
const PATIENCE: Duration = Duration::from_secs(30);
