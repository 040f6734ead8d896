//! The real program in a folder of its own, as an operator starts it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use sandbox::{Sandbox, Setup, Workspace};
use unstuck::clock::Clock;

use crate::teams::Team;
use crate::world;

/// What the program reads from its environment: a test sets what it wants of it, and nothing else is set.
const SETTINGS: [&str; 23] = [
    "DATABASE_URL",
    "SLACK_API_URL",
    "SLACK_BOT_TOKEN",
    "SLACK_APP_TOKEN",
    "SLACK_SIGNING_SECRET",
    "UNSTUCK_HTTP",
    "UNSTUCK_HEALTH",
    "UNSTUCK_SOCKETS",
    "UNSTUCK_TEAMS",
    "UNSTUCK_LOG_FORMAT",
    "UNSTUCK_CLOCK",
    "RUST_LOG",
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "UNSTUCK_INSECURE_SLACK_URL",
];

pub struct Program {
    pub folder: tempfile::TempDir,
    settings: Vec<(String, String)>,
}

/// What a run that ended by itself came to.
pub struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// A run that goes on; it is killed when it is dropped.
pub struct Running {
    child: Child,
    out: PathBuf,
    err: PathBuf,
}

impl Program {
    /// With an empty SQLite database and without Slack.
    pub fn new() -> Program {
        let folder = tempfile::tempdir().expect("a folder");
        let database = format!("sqlite://{}/unstuck.db", folder.path().display());
        Program { folder, settings: Vec::new() }.set("DATABASE_URL", database)
    }

    /// With the tokens of this Slack.
    pub fn on(slack: &Sandbox) -> Program {
        let tokens = world::workspace().app;
        let program = Program::new().set("SLACK_API_URL", slack.api_url());
        program.set("SLACK_BOT_TOKEN", tokens.bot_token).set("SLACK_APP_TOKEN", tokens.app_token)
    }

    pub fn set(mut self, name: &str, value: impl Into<String>) -> Program {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.to_owned(), value.into()));
        self
    }

    pub fn unset(mut self, name: &str) -> Program {
        self.settings.retain(|(known, _)| known != name);
        self
    }

    pub fn writes(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).expect("written");
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_unstuck"));
        command.args(args).current_dir(self.folder.path()).stdin(Stdio::null());
        for name in SETTINGS {
            command.env_remove(name);
        }
        // The operator of a service has no backtraces switched on.
        command.env_remove("RUST_BACKTRACE").envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs it to its end; the sandbox goes on meanwhile.
    pub async fn run(&self, args: &[&str]) -> Ended {
        let mut running = self.start(args);
        let status = running.ends_within(Duration::from_secs(30)).await;
        Ended { code: status.code().unwrap_or(-1), out: running.out(), err: running.err() }
    }

    pub fn start(&self, args: &[&str]) -> Running {
        self.spawn(self.command(args))
    }

    /// Under a shell's line, which ends with `exec "$0" "$@"`.
    pub fn start_under(&self, line: &str, args: &[&str]) -> Running {
        let program = self.command(args);
        let mut command = Command::new("sh");
        command.arg("-c").arg(line).arg(program.get_program()).args(program.get_args());
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        for (name, value) in program.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        self.spawn(command)
    }

    fn spawn(&self, mut command: Command) -> Running {
        let (out, err) = (self.folder.path().join("out"), self.folder.path().join("err"));
        let file = |path| std::fs::File::create(path).expect("a file");
        let child = command.stdout(file(&out)).stderr(file(&err)).spawn().expect("it starts");
        Running { child, out, err }
    }
}

impl Running {
    pub fn out(&self) -> String {
        std::fs::read_to_string(&self.out).expect("what it said")
    }

    pub fn err(&self) -> String {
        std::fs::read_to_string(&self.err).expect("what it logged")
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }

    pub fn told(&mut self, signal: &str) {
        let done = Command::new("kill").args([signal, &self.child.id().to_string()]).status().expect("kill");
        assert!(done.success(), "it is not there any more");
    }

    pub async fn ends_within(&mut self, patience: Duration) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("its state") {
                return status;
            }
            assert!(began.elapsed() < patience, "it does not end\n{}{}", self.out(), self.err());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until something can be seen, while the program runs on.
    pub async fn until<T>(&mut self, what: &str, mut seen: impl FnMut(&Running) -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            if let Some(seen) = seen(self) {
                return seen;
            }
            let ended = self.child.try_wait().expect("its state");
            let late = began.elapsed() > Duration::from_secs(40);
            let last = self.err().lines().rev().take(20).collect::<Vec<_>>().join("\n");
            assert!(ended.is_none() && !late, "{what} does not come ({ended:?})\n{}{last}", self.out());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already, or nobody looks at it any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A Slack in real time.
pub async fn slack(change: impl FnOnce(&mut Workspace)) -> Sandbox {
    let mut workspace = world::workspace();
    change(&mut workspace);
    Sandbox::start(Setup::new(workspace)).await.expect("a sandbox")
}

/// The usual team with one shift of Ana's that starts in so many seconds, and the instant of its start.
pub fn teams_starting_in(seconds: i64) -> (String, i64) {
    let start = (Clock::system().now() / 1000 + seconds) * 1000;
    let civil = jiff::Timestamp::from_millisecond(start).expect("a time").to_zoned(jiff::tz::TimeZone::UTC);
    let cron = format!("{} {} {} * * *", civil.second(), civil.minute(), civil.hour());
    let teams = Team { zone: "UTC", shift: "Now", starts: &cron, ..Team::default() }.to_string();
    (teams, start)
}

/// A page of this machine, as a browser would get it.
pub fn get(address: &str) -> String {
    let rest = address.strip_prefix("http://").expect("a plain address");
    let (host, path) = rest.split_once('/').expect("a path");
    let path = path.split('#').next().unwrap_or_default();
    let mut stream = TcpStream::connect(host).expect("somebody listens");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a deadline");
    write!(stream, "GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").expect("asked");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}
