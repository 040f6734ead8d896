//! Slack's own clients against the sandbox: PyPI slack_sdk and slack_bolt, over Socket Mode.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use sandbox::{Sandbox, Setup, sample};

fn python() -> Result<PathBuf, String> {
    let in_tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.tools/venv/bin/python");
    let wanted = std::env::var_os("UNSTUCK_PYTHON").map_or(in_tree, PathBuf::from);
    if wanted.exists() {
        return Ok(wanted);
    }
    Err(format!(
        "{} is missing: run scripts/setup, or set UNSTUCK_PYTHON to a Python that has sandbox/tests/official/requirements.txt",
        wanted.display()
    ))
}

async fn run(script: &str) {
    let python = python().unwrap_or_else(|why| panic!("{why}"));
    let slack = Sandbox::start(Setup::new(sample())).await.expect("a free port");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/official").join(script);
    let running = tokio::process::Command::new(python)
        .arg("-u")
        .arg(script)
        .arg(slack.page_url().trim_end_matches('/'))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output =
        tokio::time::timeout(Duration::from_secs(60), running).await.expect("done in a minute").expect("it starts");
    let (told, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{told}\n{wrong}");
    slack.stop().await;
}

#[tokio::test]
async fn slack_sdk_gets_along_with_the_web_api() {
    run("sdk.py").await;
}

#[tokio::test]
async fn slack_bolt_gets_along_over_socket_mode() {
    run("bolt.py").await;
}
