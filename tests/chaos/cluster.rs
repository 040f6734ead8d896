//! A PostgreSQL of one test's own, which may be stopped and started; scripts/test starts the others' in the same way.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub struct Cluster {
    folder: PathBuf,
    bin: PathBuf,
    port: u16,
}

/// PostgreSQL refuses to run as root.
fn unprivileged(program: &Path, args: &[&str]) -> Output {
    let me = Command::new("id").arg("-u").output().expect("id");
    let mut command = if me.stdout == b"0\n" {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.args(args).current_dir("/").output().expect("it starts")
}

fn newest_bin() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL: scripts/setup installs it");
    let mut versions: Vec<PathBuf> = versions.map(|version| version.expect("a version").path()).collect();
    versions.sort_by_key(|path| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok()));
    versions.pop().expect("a version").join("bin")
}

impl Cluster {
    pub fn start() -> Cluster {
        let made = unprivileged(Path::new("mktemp"), &["-d", "/tmp/unstuck-cluster.XXXXXX"]);
        let folder = PathBuf::from(String::from_utf8(made.stdout).expect("a path").trim());
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
        let cluster = Cluster { folder, bin: newest_bin(), port };
        let data = cluster.data();
        let made = unprivileged(
            &cluster.bin.join("initdb"),
            &["-D", &data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
        );
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        cluster.starts();
        cluster
    }

    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn data(&self) -> String {
        self.folder.join("data").display().to_string()
    }

    pub fn starts(&self) {
        let options = format!("-p {} -k {} -h 127.0.0.1", self.port, self.folder.display());
        let log = self.folder.join("log").display().to_string();
        let done = self.control(&["-l", &log, "-w", "-s", "-o", &options, "start"]);
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        assert!(done.status.success(), "{}{said}", String::from_utf8_lossy(&done.stderr));
    }

    /// As a power cut would: nobody is asked, and the next start recovers from the log.
    pub fn dies(&self) {
        self.control(&["-m", "immediate", "-w", "-s", "stop"]);
    }

    /// As an operator does it: sessions are ended, and told so.
    pub fn stops(&self) {
        self.control(&["-m", "fast", "-w", "-s", "stop"]);
    }

    fn control(&self, args: &[&str]) -> Output {
        let data = self.data();
        unprivileged(&self.bin.join("pg_ctl"), &[&["-D", &data], args].concat())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.dies();
        unprivileged(Path::new("rm"), &["-rf", &self.folder.display().to_string()]);
    }
}
