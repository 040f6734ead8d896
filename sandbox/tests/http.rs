//! Events and interactivity over HTTP, to an app of a few lines.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use sandbox::{Delivery, FORM_NO_ANSWER, Kind, RequestUrls, Submitted, signature};
use serde_json::{Value, json};

use crate::support::{Bench, START, button, input, modal};

#[derive(Clone)]
struct Request {
    headers: HeaderMap,
    body: String,
}

impl Request {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("ASCII"))
    }

    /// The JSON of an event, or of a form's field `payload`.
    fn payload(&self) -> Value {
        let mut fields = form_urlencoded::parse(self.body.as_bytes());
        let field = fields.find(|(name, _)| name == "payload").map(|(_, value)| value.into_owned());
        serde_json::from_str(&field.unwrap_or_else(|| self.body.clone())).expect("JSON")
    }
}

#[derive(Clone)]
enum Says {
    Status(u16),
    Body(String),
    NoRetry,
    Nothing,
}

/// An app that keeps what it gets and says what it is told to; 200 when it is told nothing.
#[derive(Clone, Default)]
struct App {
    got: Arc<Mutex<Vec<Request>>>,
    says: Arc<Mutex<VecDeque<Says>>>,
    challenged: Arc<Mutex<bool>>,
}

impl App {
    async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/slack/events", listener.local_addr().expect("an address"));
        let router = Router::new().route("/slack/events", post(take)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    }

    fn says(&self, what: &[Says]) {
        self.says.lock().expect("one test").extend(what.iter().cloned());
    }

    fn got(&self) -> Vec<Request> {
        self.got.lock().expect("one test").clone()
    }

    async fn until(&self, number: usize) -> Vec<Request> {
        for _ in 0..2_000 {
            if self.got().len() >= number {
                return self.got();
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        panic!("{} of {number} came", self.got().len());
    }
}

async fn take(State(app): State<App>, headers: HeaderMap, body: String) -> axum::response::Response {
    let request = Request { headers, body };
    if request.body.contains("url_verification") {
        *app.challenged.lock().expect("one test") = true;
        return request.payload()["challenge"].as_str().expect("a challenge").to_owned().into_response();
    }
    app.got.lock().expect("one test").push(request);
    let says = app.says.lock().expect("one test").pop_front();
    match says.unwrap_or(Says::Status(200)) {
        Says::Status(status) => StatusCode::from_u16(status).expect("a status").into_response(),
        Says::Body(body) => body.into_response(),
        Says::NoRetry => (StatusCode::BAD_REQUEST, [("x-slack-no-retry", "1")]).into_response(),
        Says::Nothing => std::future::pending().await,
    }
}

async fn bench() -> (Bench, App) {
    let (bench, app) = (Bench::start().await, App::default());
    let url = app.start().await;
    bench.slack.saves_request_urls(RequestUrls::all(&url)).await.expect("it answers the challenge");
    assert!(*app.challenged.lock().expect("one test"));
    (bench, app)
}

fn says(bench: &Bench, text: &str) {
    let dm = bench.slack.dm("U0ANA");
    bench.slack.says("U0ANA", &dm, text).expect("a DM takes words");
}

#[tokio::test]
async fn a_url_that_does_not_answer_the_challenge_is_refused() {
    let bench = Bench::start().await;
    let app = Router::new()
        .route("/silent", post(async || "hello"))
        .route("/wrong", post(async || StatusCode::NOT_FOUND))
        .route("/json", post(async |body: String| body));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    for (path, works) in [("/silent", false), ("/wrong", false), ("/json", true)] {
        let saved = bench.slack.saves_request_urls(RequestUrls::all(&format!("{base}{path}"))).await;
        assert_eq!(saved.is_ok(), works, "{saved:?}");
    }
    let nobody = bench.slack.saves_request_urls(RequestUrls::all("http://127.0.0.1:1/")).await;
    assert!(nobody.expect_err("nobody listens").to_string().ends_with("connection_failed"));
    assert!(bench.slack.saves_request_urls(RequestUrls::all("https://example.com/")).await.is_err());
}

#[tokio::test]
async fn events_are_signed_json_and_come_again_until_they_are_taken() {
    let (bench, app) = bench().await;
    app.says(&[Says::Status(503), Says::Status(500), Says::Status(302), Says::Status(200)]);
    says(&bench, "hello & <bye>");
    for (number, wait) in [(2, 0), (3, 60_000), (4, 300_000)] {
        bench.step(wait);
        app.until(number).await;
        bench.slack.settled().await;
    }
    let got = app.got();
    for (number, request) in got.iter().enumerate() {
        let timestamp: i64 = request.header("x-slack-request-timestamp").parse().expect("seconds");
        let signed = signature("sandbox-signing-secret", timestamp, request.body.as_bytes());
        assert_eq!(request.header("x-slack-signature"), signed);
        assert_eq!(request.header("content-type"), "application/json");
        let retry = if number == 0 { String::new() } else { number.to_string() };
        let reason = if number == 0 { "" } else { "http_error" };
        assert_eq!(
            (request.header("x-slack-retry-num"), request.header("x-slack-retry-reason")),
            (retry.as_str(), reason)
        );
        assert_eq!(request.payload()["event_id"], got[0].payload()["event_id"]);
    }
    let first: i64 = got[0].header("x-slack-request-timestamp").parse().expect("seconds");
    assert_eq!(first, START / 1000, "it is the sandbox's clock");
    assert_eq!(
        (&got[0].payload()["type"], &got[0].payload()["event"]["type"]),
        (&json!("event_callback"), &json!("message"))
    );
    bench.step(10_000_000);
    says(&bench, "again");
    assert_eq!(app.until(5).await.len(), 5);
}

#[tokio::test]
async fn an_app_may_wish_for_no_retry() {
    let (bench, app) = bench().await;
    app.says(&[Says::NoRetry]);
    says(&bench, "hello");
    app.until(1).await;
    bench.slack.settled().await;
    bench.step(10_000_000);
    assert_eq!((bench.slack.busy(), app.got().len()), (0, 1));
    assert!(bench.slack.ledger().iter().any(|entry| matches!(entry.kind, Kind::Lost { .. })));
}

#[tokio::test]
async fn an_app_that_says_nothing_has_three_seconds() {
    let (bench, app) = bench().await;
    app.says(&[Says::Nothing]);
    says(&bench, "hello");
    let got = app.until(1).await;
    assert_eq!(got.len(), 1);
    tokio::time::sleep(Duration::from_millis(2_700)).await;
    assert_eq!(app.got().len(), 1);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(app.until(2).await[1].header("x-slack-retry-reason"), "http_timeout");
}

#[tokio::test]
async fn presses_and_forms_are_a_field_of_a_form_and_are_answered_in_the_response() {
    let (bench, app) = bench().await;
    let blocks = json!([{"type": "actions", "elements": [button("go", "Go")]}]);
    bench.ok("chat.postMessage", json!({"channel": "U0ANA", "text": "x", "blocks": blocks})).await;
    bench.slack.settled().await;
    let dm = bench.slack.dm("U0ANA");
    let press = || bench.slack.history("U0ANA", &dm)[0].press("Go").expect("a button");
    assert!(bench.slack.acts("U0ANA", press()).await.expect("pressed").acked);
    let pressed = app.got().pop().expect("a request");
    assert_eq!(pressed.header("content-type"), "application/x-www-form-urlencoded");
    assert_eq!(
        pressed.header("x-slack-signature"),
        signature("sandbox-signing-secret", START / 1000, pressed.body.as_bytes())
    );
    app.says(&[Says::Status(500)]);
    assert!(!bench.slack.acts("U0ANA", press()).await.expect("pressed").acked);
    bench.slack.settled().await;
    assert_eq!(app.got().len(), 3, "the bot's own post and two presses: a press is not sent again");

    let view = modal(json!([input("what", json!({"type": "plain_text_input", "action_id": "text"}))]));
    bench.ok("views.open", json!({"trigger_id": pressed.payload()["trigger_id"], "view": view})).await;
    bench.slack.fills("U0ANA", "what", "text", "words").expect("filled");
    let errors = json!({"response_action": "errors", "errors": {"what": "Not that."}}).to_string();
    app.says(&[Says::Body(errors), Says::Status(503), Says::Body(String::new())]);
    let Submitted::Errors(said) = bench.slack.submits("U0ANA").await.expect("submitted") else { panic!("no errors") };
    assert_eq!(said["what"], "Not that.");
    assert_eq!(bench.slack.submits("U0ANA").await, Ok(Submitted::Warned(FORM_NO_ANSWER.to_owned())));
    assert_eq!(bench.slack.submits("U0ANA").await, Ok(Submitted::Closed));
}

#[tokio::test]
async fn one_event_may_come_to_two_replicas_at_once_and_an_acknowledgement_get_lost() {
    let (bench, one) = bench().await;
    let other = App::default();
    let mut urls = RequestUrls::all(&one.start().await);
    urls.events.push(other.start().await);
    bench.slack.saves_request_urls(urls).await.expect("both answer");
    bench.slack.faults().duplicate_envelopes(1);
    says(&bench, "hello");
    let (first, second) = (one.until(1).await, other.until(1).await);
    assert_eq!(first[0].payload(), second[0].payload());
    let mut retries = [first[0].header("x-slack-retry-num"), second[0].header("x-slack-retry-num")];
    retries.sort_unstable();
    assert_eq!(retries, ["", "1"]);
    bench.slack.settled().await;
    bench.slack.faults().lose_acks(1);
    says(&bench, "again");
    for _ in 0..1_000 {
        if one.got().len() + other.got().len() == 4 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(one.got().len() + other.got().len(), 4);
}

#[tokio::test]
async fn nobody_may_be_there_when_it_begins() {
    let urls = RequestUrls::all("http://127.0.0.1:1/slack/events");
    let bench = Bench::started(|setup| setup.delivery = Delivery::Http(urls)).await;
    says(&bench, "anybody?");
    bench.slack.settled().await;
    let app = App::default();
    bench.slack.saves_request_urls(RequestUrls::all(&app.start().await)).await.expect("it answers");
    bench.step(60_000);
    let got = app.until(1).await;
    assert_eq!((got[0].header("x-slack-retry-num"), got[0].header("x-slack-retry-reason")), ("2", "connection_failed"));
}

#[test]
fn the_signature_is_that_of_slacks_documentation() {
    let body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V\
                &channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=\
                &response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN\
                &trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    assert_eq!(
        signature("8f742231b10e8888abcd99yyyzzz85a5", 1_531_420_618, body.as_bytes()),
        "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    );
}
