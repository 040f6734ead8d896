//! The page's files, and the controls of a program that runs the sandbox.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sandbox::{Control, Host, Sandbox, Setup, sample};
use serde_json::{Value, json};

use crate::support::http;

async fn get(address: &str) -> reqwest::Result<reqwest::Response> {
    http().get(address).send().await
}

#[tokio::test]
async fn every_file_of_the_page_is_served() {
    let slack = Sandbox::start(Setup { record: None, ..Setup::new(sample()) }).await.expect("a free port");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("page");
    for file in std::fs::read_dir(folder).expect("the page's folder") {
        let name = file.expect("a file").file_name().into_string().expect("a plain name");
        let address = slack.page_url() + if name == "index.html" { "" } else { &name };
        let response = get(&address).await.expect("an answer");
        assert_eq!(response.status(), 200, "{name}");
    }
}

#[tokio::test]
async fn a_host_shows_its_status_and_its_controls() {
    let pressed = Arc::new(AtomicUsize::new(0));
    let (shown, count) = (pressed.clone(), pressed.clone());
    let press = move || -> futures_util::future::BoxFuture<'static, String> {
        let times = count.fetch_add(1, Ordering::SeqCst) + 1;
        Box::pin(async move { format!("pressed {times}") })
    };
    let host = Host {
        title: "Demo".into(),
        status: Arc::new(move || format!("{} so far", shown.load(Ordering::SeqCst))),
        controls: vec![Control { id: "on".into(), label: "Go on".into(), press: Arc::new(press) }],
    };
    let setup = Setup { host: Some(host), record: None, ..Setup::new(sample()) };
    let slack = Sandbox::start(setup).await.expect("a free port");
    let press = async |id: &str| {
        let request = http().post(slack.page_url() + "sandbox/control").json(&json!({"id": id}));
        request.send().await.expect("an answer").json::<Value>().await.expect("JSON")
    };
    assert_eq!(press("on").await, json!({"message": "pressed 1"}));
    assert!(press("off").await["error"].is_string());
    let state = get(&(slack.page_url() + "sandbox/state?as=U0BEN")).await.expect("an answer");
    let state: Value = state.json().await.expect("JSON");
    let expected = json!({"title": "Demo", "status": "1 so far", "controls": [{"id": "on", "label": "Go on"}]});
    assert_eq!((&state["host"], &state["you"]), (&expected, &json!("U0BEN")));
    slack.stop().await;
    assert!(get(&slack.page_url()).await.is_err(), "it has stopped");
}
