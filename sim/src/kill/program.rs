//! One process of the real program.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::Context;
use tokio::process::{Child, Command};

use crate::chance::Chance;

/// How it is started: the same for all replicas of a world.
#[derive(Clone)]
pub struct Launch {
    /// One of them at each start: several are builds of different age.
    pub programs: Vec<PathBuf>,
    pub folder: PathBuf,
    pub settings: Vec<(String, String)>,
}

/// A place for one process; it is dead where nobody started it.
pub struct Replica {
    number: usize,
    launch: Launch,
    child: Option<Child>,
    /// It has had a connection to Slack since it was started.
    connected: bool,
}

impl Replica {
    pub fn new(number: usize, launch: Launch) -> Replica {
        Replica { number, launch, child: None, connected: false }
    }

    pub fn log(&self) -> PathBuf {
        self.launch.folder.join(format!("log.{}", self.number))
    }

    pub fn runs(&self) -> bool {
        self.child.is_some()
    }

    pub fn start(&mut self, chance: &mut Chance, args: &[&str]) -> anyhow::Result<()> {
        let program = chance.one(&self.launch.programs).context("there is no program")?;
        let log = File::options().create(true).append(true).open(self.log())?;
        let mut command = Command::new(program);
        command.args(args).current_dir(&self.launch.folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        command.env_clear().envs(self.launch.settings.iter().map(|(name, value)| (name, value))).kill_on_drop(true);
        self.child = Some(command.spawn().context("the program does not start")?);
        self.connected = false;
        Ok(())
    }

    pub fn has_connected(&mut self) {
        self.connected = self.child.is_some();
    }

    pub fn was_connected(&self) -> bool {
        self.connected
    }

    /// What it ended with, if it has ended by itself.
    pub fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        let Some(child) = &mut self.child else { return Ok(None) };
        let status = child.try_wait()?;
        if status.is_some() {
            self.child = None;
        }
        Ok(status)
    }

    /// SIGKILL, and it is gone when this returns.
    pub async fn killed(&mut self) -> anyhow::Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill().await?;
        }
        Ok(())
    }

    /// Sends a signal by its name, such as `STOP`.
    pub async fn told(&self, signal: &str) -> anyhow::Result<()> {
        let Some(id) = self.child.as_ref().and_then(Child::id) else { return Ok(()) };
        let status = Command::new("kill").args([format!("-{signal}"), id.to_string()]).status().await?;
        anyhow::ensure!(status.success(), "no {signal} could be sent to {id}");
        Ok(())
    }

    /// Waits for its end. None: it is still there.
    pub async fn ends_within(&mut self, patience: Duration) -> anyhow::Result<Option<ExitStatus>> {
        let Some(child) = &mut self.child else { return Ok(None) };
        match tokio::time::timeout(patience, child.wait()).await {
            Ok(status) => {
                self.child = None;
                Ok(Some(status?))
            }
            Err(_) => Ok(None),
        }
    }

    /// The last lines that it logged.
    pub fn last_words(&self) -> String {
        last_lines(&self.log(), 15)
    }
}

fn last_lines(path: &Path, count: usize) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}
