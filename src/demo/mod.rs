//! `unstuck demo`: the sandbox with a made-up support team, the real bot against it over the real protocol, and one clock
//! value for both. Nothing here is known to the bot or to the sandbox.

mod cast;
pub mod others;
pub mod time;

use crate::clock::Clock;
use crate::config;
use crate::rules::shift;
use crate::server::Unstuck;
use crate::slack::client::{Slack, Token};
use crate::store::Db;
use anyhow::Context;
use jiff::tz::TimeZone;
use others::Others;
use sandbox::{Control, Host, Sandbox, Setup};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use time::Day;
use tokio::sync::watch;

/// The shift starts so long after the page can be opened.
const UNTIL_START: i64 = 4_000;
const HALF_AN_HOUR: i64 = 30 * 60_000;
const SOCKETS: usize = 2;

/// Runs until `stop` turns true.
pub async fn run(port: u16, stop: watch::Receiver<bool>) -> anyhow::Result<()> {
    println!("Unstuck demo: a local Slack, a support team, and yesterday (a few seconds) …");
    let folder = tempfile::tempdir().context("no temporary folder for the demo's database")?;
    let demo = Demo::start(port, &format!("sqlite://{}/demo.db", folder.path().display())).await?;
    let (bot, until) = (demo.bot.clone(), stop.clone());
    let running = tokio::spawn(async move { bot.run(SOCKETS, until).await });
    demo.live_yesterday().await?;
    println!("Open  {}", demo.address());
    println!("You are Ana. Answer the bot, look into #support, then be Jess, Ben or Cleo. Ctrl-C ends it.");
    let others = tokio::spawn(demo.others.clone().play(demo.day.clone(), stop));
    running.await.context("the bot stopped unexpectedly")?;
    others.abort();
    demo.sandbox.stop().await;
    Ok(())
}

struct Demo {
    sandbox: Sandbox,
    bot: Unstuck,
    day: Day,
    others: Others,
}

impl Demo {
    async fn start(port: u16, database: &str) -> anyhow::Result<Demo> {
        let zone = shift::zone(cast::ZONE).map_err(|error| anyhow::anyhow!(error))?;
        let clock = Clock::shifted(yesterday_morning(&zone) - Clock::system().now());
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
        Ok(Demo { sandbox, bot, day, others })
    }

    /// Yesterday goes through the same protocol as today: its priorities were asked for and given, its stucks resolved.
    async fn live_yesterday(&self) -> anyhow::Result<()> {
        let morning = yesterday_morning(&shift::zone(cast::ZONE).map_err(|error| anyhow::anyhow!(error))?);
        self.day.until_connected().await?;
        self.others.everybody_plays(true);
        self.day.go_to(morning + 24 * 3_600_000 - UNTIL_START).await?;
        self.others.everybody_plays(false);
        Ok(())
    }

    fn address(&self) -> String {
        let dm = self.sandbox.dm(cast::YOU);
        format!("{}#as={}&in={dm}", self.sandbox.page_url(), cast::YOU)
    }
}

/// A few seconds before the early shift, a day ago.
fn yesterday_morning(zone: &TimeZone) -> i64 {
    let today =
        jiff::Timestamp::from_millisecond(Clock::system().now()).unwrap_or_default().to_zoned(zone.clone()).date();
    let start = today.yesterday().unwrap_or(today).at(6, 0, 0, 0);
    let start = zone.to_ambiguous_zoned(start).compatible().map_or(0, |start| start.timestamp().as_millisecond());
    start - UNTIL_START
}

/// The controls of the page, which need the day, which needs the sandbox, which needs the controls.
#[derive(Clone, Default)]
struct Page(Arc<OnceLock<Day>>);

impl Page {
    fn fill(&self, day: &Day) {
        let _ = self.0.set(day.clone());
    }

    fn host(&self, clock: &Clock) -> Host {
        let clock = clock.clone();
        Host {
            title: "Unstuck demo".to_owned(),
            status: Arc::new(move || cast::told_time(clock.now())),
            controls: vec![
                self.control("half-hour", "Half an hour on", false),
                self.control("next-shift", "Next shift", true),
            ],
        }
    }

    fn control(&self, id: &str, label: &str, to_next_shift: bool) -> Control {
        let day = self.0.clone();
        let press = move || {
            let day = day.clone();
            let moved = async move {
                let Some(day) = day.get() else { return "One moment: yesterday is not over yet.".to_owned() };
                let now = day.now();
                let target = if to_next_shift { cast::next_shift(now) - UNTIL_START / 2 } else { now + HALF_AN_HOUR };
                match day.go_to(target).await {
                    Ok(()) => format!("It is {}.", cast::told_time(day.now())),
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
            workspace: workspace.clone(),
            now: Arc::new(move || clock_of.now()),
            host: Some(page.host(clock)),
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
