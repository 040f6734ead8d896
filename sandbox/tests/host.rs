//! The page's files, by which name they are had, and the controls of a program that runs the
//! sandbox.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sandbox::{Control, Host, Sandbox, Setup, sample};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

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

/// What a browser is answered that was led here by a name of somebody else's.
async fn asked_as(slack: &Sandbox, hosts: &[&str], what: &str) -> String {
    let mut stream = tokio::net::TcpStream::connect(slack.address()).await.expect("somebody listens");
    let hosts: String = hosts.iter().map(|host| format!("host: {host}\r\n")).collect();
    let body = json!({"id": "on"}).to_string();
    let about = format!("content-type: application/json\r\ncontent-length: {}\r\nconnection: close", body.len());
    let asked = format!("{what} HTTP/1.1\r\n{hosts}{about}\r\n\r\n{body}");
    stream.write_all(asked.as_bytes()).await.expect("asked");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    answer
}

#[tokio::test]
async fn the_page_answers_to_its_own_name_alone() {
    let pressed = Arc::new(AtomicUsize::new(0));
    let count = pressed.clone();
    let press = move || -> futures_util::future::BoxFuture<'static, String> {
        count.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { String::new() })
    };
    let controls = vec![Control { id: "on".into(), label: "Go on".into(), press: Arc::new(press) }];
    let host = Host { title: "Demo".into(), status: Arc::new(String::new), controls };
    let setup = Setup { host: Some(host), record: None, ..Setup::new(sample()) };
    let slack = Sandbox::start(setup).await.expect("a free port");
    let port = slack.address().port();
    let asks = ["GET /", "GET /app.js", "GET /sandbox/state", "GET /sandbox/changes", "POST /sandbox/control"];
    let strange = [
        format!("evil.example:{port}"),
        "evil.example".to_owned(),
        format!("127.0.0.1.evil.example:{port}"),
        format!("localhost.evil.example:{port}"),
        format!("localhost@evil.example:{port}"),
        format!("evil.example@localhost:{port}"),
        "127.0.0.1:1".to_owned(),
        format!("192.0.2.1:{port}"),
        String::new(),
    ];
    let own = [format!("127.0.0.1:{port}"), format!("LocalHost:{port}"), format!("[::1]:{port}")];
    for ask in asks {
        for host in &strange {
            let answer = asked_as(&slack, &[host], ask).await;
            let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
            // What is no host at all is no request for the server below.
            assert!(head.starts_with("HTTP/1.1 421") || head.starts_with("HTTP/1.1 400"), "{ask} {host}: {answer}");
            assert!(body.lines().count() <= 1, "{ask} {host}: {answer}");
        }
        for hosts in [&[][..], &[own[0].as_str(), "evil.example"]] {
            let answer = asked_as(&slack, hosts, ask).await;
            assert!(answer.starts_with("HTTP/1.1 4"), "{ask} {hosts:?}: {answer}");
        }
        let whole = ask.replace(' ', " http://evil.example");
        assert!(asked_as(&slack, &[&own[0]], &whole).await.starts_with("HTTP/1.1 421"), "{whole}");
    }
    assert_eq!(pressed.load(Ordering::SeqCst), 0, "somebody else moved the time");
    for host in &own {
        for ask in ["GET /", "GET /sandbox/state", "POST /sandbox/control"] {
            assert!(asked_as(&slack, &[host], ask).await.starts_with("HTTP/1.1 200"), "{ask} {host}");
        }
    }
    assert_eq!(pressed.load(Ordering::SeqCst), own.len());
    // What apps call takes a token, and the demo's are no secret.
    let posted = asked_as(&slack, &[&format!("evil.example:{port}")], "POST /api/auth.test").await;
    assert!(posted.starts_with("HTTP/1.1 421"), "{posted}");
    assert!(asked_as(&slack, &["localhost:1"], "POST /api/auth.test").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_page_of_the_world_cannot_act_in_it() {
    let slack = Sandbox::start(Setup { record: None, ..Setup::new(sample()) }).await.expect("a free port");
    let port = slack.address().port();
    let token = "authorization: Bearer xoxb-sandbox\r\n";
    for (said, ours) in [
        ("", true),
        (&format!("origin: http://127.0.0.1:{port}\r\nsec-fetch-site: same-origin\r\n"), true),
        ("origin: https://evil.example\r\n", false),
        ("origin: null\r\n", false),
        ("sec-fetch-site: cross-site\r\n", false),
    ] {
        let host = format!("127.0.0.1:{port}\r\n{token}{said}x: y");
        let answer = asked_as(&slack, &[&host], "POST /api/auth.test").await;
        assert_eq!(answer.starts_with("HTTP/1.1 200"), ours, "{said}: {answer}");
        assert!(ours || answer.starts_with("HTTP/1.1 421"), "{said}: {answer}");
    }
}
