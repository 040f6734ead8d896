//! The command line: what the operator types. Everything it does stands in the library.

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio::sync::watch;
use unstuck::clock::Clock;
use unstuck::config;
use unstuck::rules::teams::TeamsFile;
use unstuck::server::{Stopped, Unstuck, check};
use unstuck::slack::client::{Slack, Token};
use unstuck::store::{self, Db};
use unstuck::{demo, server};

/// Runs a customer-service team's daily huddle inside Slack, without a meeting.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Play a day: a local Slack with a made-up support team, the real bot against it, and a page to click in
    Demo {
        /// The page's port; another one if it is taken
        #[arg(long, default_value_t = 8000)]
        port: u16,
    },
    /// Run the bot over Socket Mode until it is told to stop (SIGTERM or Ctrl-C)
    Serve {
        #[command(flatten)]
        slack: SlackArgs,
        #[command(flatten)]
        database: DatabaseArgs,
        /// Apply this teams file first (see teams.example.toml)
        #[arg(long, value_name = "FILE")]
        teams: Option<PathBuf>,
        /// Connections to Slack: two on one machine, one each when there are replicas (Slack allows ten in all)
        #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=10))]
        sockets: u8,
    },
    /// Bring the teams in line with a file, and say what changed; what is no longer in it is retired
    Apply {
        /// The teams file (see teams.example.toml)
        file: PathBuf,
        #[command(flatten)]
        database: DatabaseArgs,
        /// Slack's bot token, to know the workspace; not needed when the database holds one workspace
        #[arg(long, env = "SLACK_BOT_TOKEN", hide_env_values = true)]
        bot_token: Option<String>,
        /// Slack's address, if it is not Slack's own
        #[arg(long, env = "SLACK_API_URL", default_value = SLACK)]
        slack_url: String,
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
        database: DatabaseArgs,
    },
}

const SLACK: &str = "https://slack.com/api";

#[derive(Args)]
struct SlackArgs {
    /// The bot token (xoxb-…), from OAuth & Permissions in the app's settings
    #[arg(long, env = "SLACK_BOT_TOKEN", hide_env_values = true)]
    bot_token: Option<String>,
    /// The app-level token (xapp-…) with connections:write, from Basic Information
    #[arg(long, env = "SLACK_APP_TOKEN", hide_env_values = true)]
    app_token: Option<String>,
    /// Slack's address, if it is not Slack's own
    #[arg(long, env = "SLACK_API_URL", default_value = SLACK)]
    slack_url: String,
}

#[derive(Args)]
struct DatabaseArgs {
    /// sqlite://FILE or postgres://…
    #[arg(long = "database", env = "DATABASE_URL", default_value = "sqlite://unstuck.db", hide_env_values = true)]
    url: String,
}

impl SlackArgs {
    fn client(&self) -> anyhow::Result<Slack> {
        let bot = self.bot_token.as_deref().context("SLACK_BOT_TOKEN is not set: copy the token that starts with xoxb- from OAuth & Permissions in the app's settings")?;
        let app = self.app_token.as_deref().context("SLACK_APP_TOKEN is not set: make a token with connections:write (it starts with xapp-) under Basic Information in the app's settings")?;
        Slack::new(&self.slack_url, Token::new(bot), Some(Token::new(app)))
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    server::log_to_stderr();
    match run(cli.command).await {
        Ok(code) => code,
        Err(error) => {
            // One line that says what is wrong and what to do.
            eprintln!("unstuck: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Demo { port } => demo::run(port, until_told()).await.map(|()| ExitCode::SUCCESS),
        Command::Serve { slack, database, teams, sockets } => {
            let file = teams.as_deref().map(read).transpose()?;
            serve(&slack, &database, file, usize::from(sockets)).await
        }
        Command::Apply { file, database, bot_token, slack_url } => {
            let file = read(&file)?;
            let token = bot_token.map(|token| Slack::new(&slack_url, Token::new(token), None)).transpose()?;
            for line in server::apply(&Db::open(&database.url).await?, token.as_ref(), &file).await? {
                println!("{line}");
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Backup { file, database } => {
            store::backup::backup(&database.url, &file).await?;
            println!("the database was copied to {}", file.display());
            Ok(ExitCode::SUCCESS)
        }
        Command::Check { slack, database } => {
            let findings = check::check(slack.client(), Db::open(&database.url).await).await;
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

async fn serve(
    slack: &SlackArgs,
    database: &DatabaseArgs,
    file: Option<TeamsFile>,
    sockets: usize,
) -> anyhow::Result<ExitCode> {
    let client = slack.client()?;
    let clock = clock(&slack.slack_url)?;
    let _alone = store::alone::alone(&database.url)?;
    let db = Db::open(&database.url).await?;
    let bot = Unstuck::open(db, client, clock).await?;
    if let Some(file) = file {
        for line in bot.apply(&file).await? {
            tracing::info!("{line}");
        }
    }
    tracing::info!(workspace = %bot.workspace, sockets, "unstuck is running");
    match bot.run(sockets, until_told()).await {
        Stopped::Asked => Ok(ExitCode::SUCCESS),
        Stopped::LinkDisabled(disabled) => Err(disabled.into()),
    }
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
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
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
        tracing::info!("stopping: what is on its way is finished first");
        told.send_replace(true);
        server::signal().await;
        std::process::exit(130);
    });
    until
}
