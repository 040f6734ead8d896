//! Slack's own clients against the sandbox: slack_sdk and slack_bolt of PyPI, @slack/web-api and @slack/bolt of npm, over
//! Socket Mode and over HTTP.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use sandbox::{Sandbox, Setup, sample};

/// What runs a script: the Python or the Node.js that scripts/setup has installed, or another that has Slack's clients.
pub fn runner(script: &str) -> PathBuf {
    let (name, variable) =
        if script.ends_with(".py") { ("python", "UNSTUCK_PYTHON") } else { ("node", "UNSTUCK_NODE") };
    let in_tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.tools/venv/bin").join(name);
    let wanted = std::env::var_os(variable).map_or(in_tree, PathBuf::from);
    assert!(wanted.exists(), "{} is missing: run scripts/setup, or set {variable}", wanted.display());
    wanted
}

async fn run(script: &str, more: &[&str]) {
    let slack = Sandbox::start(Setup { record: None, ..Setup::new(sample()) }).await.expect("a free port");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/official").join(script);
    let running = tokio::process::Command::new(runner(script))
        .arg(path)
        .arg(slack.page_url().trim_end_matches('/'))
        .args(more)
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
    run("sdk.py", &[]).await;
}

#[tokio::test]
async fn slack_bolt_gets_along_over_socket_mode() {
    run("bolt.py", &[]).await;
}

#[tokio::test]
async fn slack_bolt_gets_along_over_http_and_slack_sdk_verifies_every_signature() {
    run("over_http.py", &[]).await;
}

#[tokio::test]
async fn npm_web_api_gets_along_with_the_web_api() {
    run("web_api.mjs", &[]).await;
}

#[tokio::test]
async fn npm_bolt_gets_along_over_socket_mode() {
    run("bolt.mjs", &["socket"]).await;
}

#[tokio::test]
async fn npm_bolt_gets_along_over_http() {
    run("bolt.mjs", &["http"]).await;
}
