//! The command line: what the operator types. Everything it does stands in the library.

mod arguments;

use anyhow::Context;
use arguments::{PlaceArgs, SLACK, SlackArgs, given};
use axum::Router;
use clap::builder::Resettable;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use rustix::fs::Mode;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio::net::TcpListener;
use tokio::sync::watch;
use unstuck::clock::Clock;
use unstuck::config;
use unstuck::rules::teams::TeamsFile;
use unstuck::server::log::{self, Format};
use unstuck::server::repair::Repair;
use unstuck::server::{Door, HttpDoor, Stopped, Unstuck, check, database, operate};
use unstuck::slack::client::Slack;
use unstuck::slack::signature::SigningSecret;
use unstuck::store::{self, Db};
use unstuck::{demo, server};

/// Runs a customer-service team's daily huddle inside Slack, without a meeting.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// How a line of the log is written; RUST_LOG says how much is logged (as a rule warn,unstuck=info)
    #[arg(long, env = "UNSTUCK_LOG_FORMAT", value_enum, default_value_t, global = true)]
    log_format: Format,
}

#[derive(Subcommand)]
enum Command {
    /// Play a day: a local Slack with a made-up support team, the real bot against it, and a page to click in
    Demo {
        /// The page's port; another one if it is taken
        #[arg(long, default_value_t = 8000)]
        port: u16,
    },
    /// Run the bot until it is told to stop (SIGTERM or Ctrl-C): over Socket Mode, or with --http over HTTP
    Serve {
        #[command(flatten)]
        slack: SlackArgs,
        #[command(flatten)]
        database: DatabaseArgs,
        #[command(flatten)]
        doors: DoorArgs,
        /// Apply this teams file first (see teams.example.toml)
        #[arg(long, env = "UNSTUCK_TEAMS", value_name = "FILE")]
        teams: Option<PathBuf>,
    },
    /// Bring the teams in line with a file, and say what changed; what is no longer in it is retired
    Apply {
        /// The teams file (see teams.example.toml)
        file: PathBuf,
        #[command(flatten)]
        on: WorkspaceArgs,
    },
    /// Messages that could not be posted: list them, or send them again
    Dead {
        #[command(subcommand)]
        what: Dead,
    },
    /// After a restore from a backup: whatever may have been posted since it was made is looked for in Slack before it
    /// is posted. Run it before `serve` is started on the restored database
    Doubt {
        /// When the backup was made: an instant (2026-05-18T06:00:00Z) or a time ago (90m, 2h)
        #[arg(long, value_name = "WHEN")]
        since: String,
        #[command(flatten)]
        on: WorkspaceArgs,
    },
    /// Copy a SQLite database to a new file, also while the bot runs
    Backup {
        /// The file to write; one that exists is not overwritten
        file: PathBuf,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Say in plain words what is wrong with tokens, scopes, channel membership and the database
    Check {
        #[command(flatten)]
        slack: SlackArgs,
        #[command(flatten)]
        signing: SigningArgs,
        #[command(flatten)]
        database: DatabaseArgs,
    },
}

#[derive(Subcommand)]
enum Dead {
    /// One line for each: its key, what it is and for whom, since when, why, and whether it may stand in Slack
    List {
        #[command(flatten)]
        on: WorkspaceArgs,
    },
    /// Send one again, or all that can still be sent; what may stand in Slack already is looked for first
    Retry {
        /// The key, as `unstuck dead list` says it
        #[arg(required_unless_present = "all")]
        key: Option<String>,
        /// Every one whose time is not over
        #[arg(long, conflicts_with = "key")]
        all: bool,
        /// With --all: only this kind of message (prompt, digest, help …)
        #[arg(long, requires = "all")]
        kind: Option<String>,
        #[command(flatten)]
        on: WorkspaceArgs,
    },
}

/// Which database, and which workspace in it.
#[derive(Args)]
struct WorkspaceArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// Slack's bot token, to know the workspace; not needed when the database holds one workspace
    #[arg(long, env = "SLACK_BOT_TOKEN", hide_env_values = true)]
    bot_token: Option<String>,
    #[command(flatten)]
    place: PlaceArgs,
}

impl WorkspaceArgs {
    /// None without a token: then the workspace is the only one in the database.
    fn slack(&self) -> anyhow::Result<Option<Slack>> {
        given(self.bot_token.as_deref()).map(|token| self.place.client(token, None)).transpose()
    }

    /// Does something about messages, in a database that is there already.
    async fn repair(&self, what: impl AsyncFnOnce(Repair) -> anyhow::Result<Vec<String>>) -> anyhow::Result<ExitCode> {
        let (slack, clock) = (self.slack()?, clock(&self.place.slack_url)?);
        let db = database::open_existing(&self.database.url).await?;
        let repaired = async { what(Repair::open(db.clone(), slack.as_ref(), clock).await?).await };
        told(closing(&db, repaired).await?)
    }
}

#[derive(Args)]
struct SigningArgs {
    /// HTTP mode: the signing secret, from Basic Information, App Credentials
    #[arg(long, env = "SLACK_SIGNING_SECRET", hide_env_values = true)]
    signing_secret: Option<String>,
}

#[derive(Args)]
struct DoorArgs {
    /// Take in what Slack posts on this address (such as 0.0.0.0:3000), in place of Socket Mode: /slack/events,
    /// /slack/interactivity and /slack/commands
    #[arg(long, env = "UNSTUCK_HTTP", value_name = "ADDRESS")]
    http: Option<String>,
    #[command(flatten)]
    signing: SigningArgs,
    /// Answer /live, /ready and /metrics on this address (such as 127.0.0.1:9000); without it they stand beside
    /// Slack's on the address of --http, and nowhere over Socket Mode
    #[arg(long, env = "UNSTUCK_HEALTH", value_name = "ADDRESS")]
    health: Option<String>,
    /// Socket Mode: connections to Slack: two on one machine, one each when there are replicas (Slack allows ten in all)
    #[arg(long, env = "UNSTUCK_SOCKETS", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=10))]
    sockets: u8,
}

#[derive(Args)]
struct DatabaseArgs {
    /// sqlite://FILE or postgres://…
    #[arg(long = "database", env = "DATABASE_URL", default_value = "sqlite://unstuck.db", hide_env_values = true)]
    url: String,
}

impl SigningArgs {
    fn secret(&self) -> Option<SigningSecret> {
        SigningSecret::new(self.signing_secret.as_deref()?)
    }
}

/// A variable that is set to nothing is not set, whatever kind of value it holds.
fn without_blanks(command: clap::Command) -> clap::Command {
    let is_blank = |name: &OsStr| std::env::var(name).is_ok_and(|value| value.trim().is_empty());
    let heeded = |arg: clap::Arg| match arg.get_env().is_some_and(is_blank) {
        true => arg.env(Resettable::Reset),
        false => arg,
    };
    command.mut_args(heeded).mut_subcommands(without_blanks)
}

fn main() -> ExitCode {
    // Whatever this process writes, SQLite's own files among it, is for nobody else to read.
    rustix::process::umask(Mode::from_raw_mode(0o077));
    let typed = without_blanks(Cli::command()).get_matches();
    let cli = Cli::from_arg_matches(&typed).unwrap_or_else(|error| error.exit());
    log::to_stderr(cli.log_format);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    let code = runtime.block_on(run(cli.command)).unwrap_or_else(|error| failed(&error));
    // A name that is still being looked up must not hold up the end.
    runtime.shutdown_background();
    code
}

/// One line that says what is wrong and what to do.
fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("unstuck: {}", server::causes(error));
    ExitCode::FAILURE
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Demo { port } => demo::run(port, until_told()).await.map(|()| ExitCode::SUCCESS),
        Command::Serve { slack, database, doors, teams } => {
            let file = teams.as_deref().map(read).transpose()?;
            serve(&slack, &database, &doors, file).await
        }
        Command::Apply { file, on } => {
            let (file, slack) = (read(&file)?, on.slack()?);
            let db = database::open_lasting(&on.database.url).await?;
            told(closing(&db, server::apply(&db, slack.as_ref(), &file)).await?)
        }
        Command::Backup { file, database } => {
            store::backup::backup(&database.url, &file).await?;
            println!("the database was copied to {}", file.display());
            Ok(ExitCode::SUCCESS)
        }
        Command::Dead { what: Dead::List { on } } => on.repair(async |repair| repair.list().await).await,
        Command::Dead { what: Dead::Retry { key: Some(key), on, .. } } => {
            on.repair(async |repair| repair.retry(&key).await).await
        }
        Command::Dead { what: Dead::Retry { key: None, kind, on, .. } } => {
            on.repair(async |repair| repair.retry_all(kind.as_deref()).await).await
        }
        Command::Doubt { since, on } => on.repair(async |repair| repair.doubt(&since).await).await,
        Command::Check { slack, signing, database } => {
            let client = if signing.secret().is_some() { slack.client() } else { slack.client_with_sockets() };
            let findings = check::check(client, signing.secret(), &database.url).await;
            let mut code = ExitCode::SUCCESS;
            for finding in findings {
                println!("{finding}");
                if finding.is_wrong() {
                    code = ExitCode::FAILURE;
                }
            }
            Ok(code)
        }
    }
}

/// What a command comes to; however that is, the database is closed behind it.
async fn closing<T>(db: &Db, command: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let done = command.await;
    db.close().await;
    done
}

fn told(lines: Vec<String>) -> anyhow::Result<ExitCode> {
    lines.iter().for_each(|line| println!("{line}"));
    Ok(ExitCode::SUCCESS)
}

async fn serve(
    slack: &SlackArgs,
    database: &DatabaseArgs,
    doors: &DoorArgs,
    file: Option<TeamsFile>,
) -> anyhow::Result<ExitCode> {
    let client = if doors.http.is_some() { slack.client()? } else { slack.client_with_sockets()? };
    let http = doors.http().await?;
    let health = doors.health().await?;
    let clock = clock(&slack.place.slack_url)?;
    let _alone = store::alone::alone(&database.url)?;
    let db = server::database::open(&database.url).await?;
    let served = async {
        let bot = Unstuck::open(db.clone(), client, clock).await?;
        if let Some(file) = file {
            for change in bot.apply(&file).await? {
                tracing::info!(event = "teams_changed", change, "the teams file changed something");
            }
        }
        let (mode, door) = match http {
            // Where the pages have an address of their own they are not shown on the one that the world can reach.
            Some(http) if health.is_some() => ("http", Door::Http(http, Router::new())),
            Some(http) => ("http", Door::Http(http, operate::pages(&bot))),
            None => ("sockets", Door::Sockets(usize::from(doors.sockets))),
        };
        if let Some(listener) = health {
            tokio::spawn(operate::serve(bot.clone(), listener));
        }
        tracing::info!(event = "running", workspace = %bot.workspace, mode, "unstuck is running");
        match bot.run_behind(door, until_told()).await {
            Stopped::Asked => Ok(ExitCode::SUCCESS),
            Stopped::Refused(refused) => Err(refused.into()),
        }
    };
    closing(&db, served).await
}

impl DoorArgs {
    async fn http(&self) -> anyhow::Result<Option<HttpDoor>> {
        let Some(address) = &self.http else { return Ok(None) };
        let secret = self.signing.secret().context("SLACK_SIGNING_SECRET is not set: copy the signing secret from Basic Information → App Credentials in the app's settings")?;
        Ok(Some(HttpDoor { listener: listener(address, "--http").await?, secret }))
    }

    async fn health(&self) -> anyhow::Result<Option<TcpListener>> {
        match &self.health {
            Some(address) => listener(address, "--health").await.map(Some),
            None => Ok(None),
        }
    }
}

async fn listener(address: &str, flag: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await.map_err(|error| match error.kind() {
        ErrorKind::InvalidInput => {
            anyhow::anyhow!("{flag}: {address} is no address with a port, as in {flag} 127.0.0.1:9000")
        }
        _ => anyhow::anyhow!("{flag}: cannot listen on {address}: {error}"),
    })?;
    tracing::info!(event = "listening", flag, address = %listener.local_addr()?, "listening");
    Ok(listener)
}

/// Real time; a test's binary reads its offset from a file, which is refused while it speaks to the real Slack.
fn clock(slack_url: &str) -> anyhow::Result<Clock> {
    let Some(path) = std::env::var_os("UNSTUCK_CLOCK") else { return Ok(Clock::system()) };
    anyhow::ensure!(
        !slack_url.starts_with(SLACK),
        "UNSTUCK_CLOCK moves the time and is for tests: unset it to run against Slack"
    );
    Clock::from_file(PathBuf::from(path)).context("UNSTUCK_CLOCK does not name a file that can be read")
}

/// Reads a teams file whole; a bad one is refused with every problem and its line, and nothing of it is applied.
fn read(path: &Path) -> anyhow::Result<TeamsFile> {
    let name = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
        ErrorKind::InvalidData | ErrorKind::IsADirectory => {
            anyhow::anyhow!("cannot read {name}: this is no teams file, which is text like teams.example.toml")
        }
        _ => anyhow::anyhow!("cannot read {name}: {error}"),
    })?;
    config::parse(&text).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(|one| format!("{name}:{}: {}", one.line, one.reason)).collect();
        anyhow::anyhow!("nothing of the teams file was applied\n{}", lines.join("\n"))
    })
}

/// Turns true at SIGTERM or Ctrl-C; a second one exits at once, because nothing committed can be lost.
fn until_told() -> watch::Receiver<bool> {
    let (told, until) = watch::channel(false);
    tokio::spawn(async move {
        server::signal().await;
        tracing::info!(event = "stopping", "stopping: what is on its way is finished first");
        told.send_replace(true);
        server::signal().await;
        std::process::exit(130);
    });
    until
}
