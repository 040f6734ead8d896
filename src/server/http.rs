//! The door of HTTP mode: events, interactivity and commands as Slack posts them. Nothing of a body is read before its
//! signature is verified, and Slack is answered only after the commit.

use super::Unstuck;
use super::large::{Large, Place};
use super::listen::{self, Hearing, Room};
use crate::slack::request::{Address, Delivery};
use crate::slack::signature::{Signed, SigningSecret, Unsigned};
use crate::slack::socket::{DEADLINE, Handled};
use crate::slack::view::refusal;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use futures_util::StreamExt;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// Far more than Slack ever sends. A body is refused while it is read.
const BODY: usize = 1 << 20;
/// What Slack sends as a rule is less than this, and needs no place.
const SMALL: usize = 64 << 10;
/// So many bodies at once may be larger. With what all connections may hold besides, this is the
/// most memory that strangers can take: 64 MiB.
const LARGE: usize = 32;
/// For a body to arrive.
const BODY_TIME: Duration = Duration::from_secs(5);
/// Between the moment at which we say that we are not ready and the end of accepting: balancers ask every few seconds.
const LEAVING: Duration = Duration::from_secs(3);
/// For what was taken in and is not done yet.
const DRAIN: Duration = Duration::from_secs(5);

/// Where HTTP mode listens, and how it knows Slack.
pub struct HttpDoor {
    pub listener: TcpListener,
    pub secret: SigningSecret,
}

/// Why a request is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    Unsigned(Unsigned),
    TooLarge,
    /// The body did not come, or not in time.
    Broken,
    /// It was long in coming, and somebody who came later needed its place.
    Crowded,
    /// A content type or an encoding that Slack does not use here.
    Form,
    Unreadable,
    /// Nothing was committed: Slack sends events again, and shows a person that it did not work.
    Failed,
}

impl Refusal {
    fn word(self) -> &'static str {
        match self {
            Refusal::Unsigned(Unsigned::Headers) => "headers",
            Refusal::Unsigned(Unsigned::Time) => "time",
            Refusal::Unsigned(Unsigned::Signature) => "signature",
            Refusal::TooLarge => "too_large",
            Refusal::Crowded => "crowded",
            Refusal::Broken => "broken",
            Refusal::Form => "form",
            Refusal::Unreadable => "unreadable",
            Refusal::Failed => "failed",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Refusal::Unsigned(_) => StatusCode::UNAUTHORIZED,
            Refusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::Broken | Refusal::Unreadable | Refusal::Crowded => StatusCode::BAD_REQUEST,
            Refusal::Form => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Refusal::Failed => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// What of our work outlives its request; a guard for each.
#[derive(Clone)]
struct Underway(watch::Sender<usize>);

struct One(watch::Sender<usize>);

impl Underway {
    fn begin(&self) -> One {
        self.0.send_modify(|count| *count += 1);
        One(self.0.clone())
    }
}

impl Drop for One {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

impl HttpDoor {
    /// Takes in what Slack posts until `stop` turns true; then it goes on for a moment, because a balancer needs one to
    /// see that we are not ready, and finishes what it took in.
    pub(super) async fn run(self, bot: Unstuck, beside: Router, mut stop: watch::Receiver<bool>) {
        let underway = Underway(watch::Sender::new(0));
        let mut done = underway.0.subscribe();
        let room = Room::for_slack(&bot.vitals);
        let large = Large::new(LARGE);
        let entrance = Entrance { bot: bot.clone(), secret: self.secret, underway, large };
        let router = with_refusals(&bot, entrance.routes().merge(beside));
        let (close, closing) = watch::channel(false);
        let told = async {
            // A sender that is gone is a stop as well.
            let _ = stop.wait_for(|stop| *stop).await;
            sleep(LEAVING).await;
            close.send_replace(true);
        };
        tokio::join!(told, listen::serve(self.listener, router, room, closing));
        if timeout(DRAIN, done.wait_for(|count| *count == 0)).await.is_err() {
            tracing::warn!(event = "work_cut_off", "some work was not done in time; Slack will send it again");
        }
    }
}

/// What is asked for at no address of ours, or in another way than it takes.
pub(super) fn with_refusals(bot: &Unstuck, router: Router) -> Router {
    let refuse = |reason: &'static str, status: StatusCode| {
        let vitals = bot.vitals.clone();
        move || {
            vitals.turns_away(reason);
            std::future::ready(status)
        }
    };
    router
        .fallback(refuse("address", StatusCode::NOT_FOUND))
        .method_not_allowed_fallback(refuse("method", StatusCode::METHOD_NOT_ALLOWED))
}

/// What each request meets.
#[derive(Clone)]
struct Entrance {
    bot: Unstuck,
    secret: SigningSecret,
    underway: Underway,
    large: Large,
}

impl Entrance {
    fn routes(&self) -> Router {
        let mut router = Router::new();
        for address in Address::ALL {
            let entrance = self.clone();
            let take = move |request: Request| async move {
                match entrance.take(address, request).await {
                    Ok(answer) => answer,
                    Err(refusal) => {
                        entrance.bot.vitals.turns_away(refusal.word());
                        refusal.status().into_response()
                    }
                }
            };
            router = router.route(address.path(), post(take));
        }
        router
    }

    async fn take(&self, address: Address, request: Request) -> Result<Response, Refusal> {
        let (head, body) = request.into_parts();
        let body = self.verified(&head.headers, body).await?;
        if let Some(hearing) = head.extensions.get::<Arc<Hearing>>() {
            hearing.is_whole();
        }
        let kinds = head.headers.get_all(header::CONTENT_TYPE).iter().count();
        let takes = kinds == 1 && address.takes(text(&head.headers, "content-type"));
        if !takes || head.headers.contains_key(header::CONTENT_ENCODING) {
            return Err(Refusal::Form);
        }
        if let Ok(again) = text(&head.headers, "x-slack-retry-num").parse::<u8>() {
            tracing::info!(event = "sent_again", address = address.path(), again, "Slack sends something again");
        }
        match address.read(&body).map_err(|_| Refusal::Unreadable)? {
            Delivery::Challenge(challenge) => Ok(Json(json!({ "challenge": challenge })).into_response()),
            Delivery::Command => {
                Ok(Json(json!({ "response_type": "ephemeral", "text": refusal::no_commands() })).into_response())
            }
            Delivery::Payload(payload) => {
                // What has no id of Slack's is known again by its text.
                let envelope = json!({"envelope_id": digest(&body), "type": address.envelope(), "payload": payload});
                self.answered(address, envelope).await
            }
        }
    }

    async fn answered(&self, address: Address, envelope: Value) -> Result<Response, Refusal> {
        let handled = handled(&self.bot, &self.underway, address, envelope).await.ok_or(Refusal::Failed)?;
        if let Some(after) = handled.after {
            let one = self.underway.begin();
            tokio::spawn(async move {
                let _one = one;
                after.await;
            });
        }
        Ok(handled.payload.map_or_else(|| StatusCode::OK.into_response(), |payload| Json(payload).into_response()))
    }

    /// The raw body, if Slack signed it in these minutes. A request whose headers are wrong has no
    /// body read at all.
    async fn verified(&self, headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Refusal> {
        let one = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let now = self.bot.clock.now();
        let signed = Signed::read(one("x-slack-request-timestamp"), one("x-slack-signature"), now);
        let signed = signed.map_err(Refusal::Unsigned)?;
        let length = one("content-length").and_then(|length| length.parse::<usize>().ok());
        if length.is_some_and(|length| length > BODY) {
            return Err(Refusal::TooLarge);
        }
        let body = timeout(BODY_TIME, read(body, &self.large)).await.map_err(|_| Refusal::Broken)??;
        self.secret.verify(&signed, &body).map_err(Refusal::Unsigned)?;
        Ok(body)
    }
}

/// Whoever has more to say than is usual needs a place before it is read on, and gives it to whoever
/// comes later if it takes too long.
async fn read(body: Body, large: &Large) -> Result<Vec<u8>, Refusal> {
    let (mut pieces, mut body, mut place) = (body.into_data_stream(), Vec::new(), None::<Place>);
    loop {
        let next = match &place {
            None => pieces.next().await,
            Some(place) => tokio::select! {
                next = pieces.next() => next,
                () = place.is_wanted() => return Err(Refusal::Crowded),
            },
        };
        let Some(piece) = next else { return Ok(body) };
        let piece = piece.map_err(|_| Refusal::Broken)?;
        if body.len() + piece.len() > BODY {
            return Err(Refusal::TooLarge);
        }
        if place.is_none() && body.len() + piece.len() > SMALL {
            place = large.place().await;
        }
        body.extend_from_slice(&piece);
    }
}

/// In a task of its own, which is never cut off in the middle of a transaction, also when Slack hangs up: what takes too
/// long comes to its end unacknowledged, and what Slack sends again finds it done.
async fn handled(bot: &Unstuck, underway: &Underway, address: Address, envelope: Value) -> Option<Handled> {
    let (bot, one) = (bot.clone(), underway.begin());
    let handling = tokio::spawn(async move {
        let _one = one;
        bot.take_in(&envelope).await
    });
    let why = match timeout(DEADLINE, handling).await {
        Ok(Ok(Ok(handled))) => return Some(handled),
        Ok(Ok(Err(error))) => format!("{error:#}"),
        Ok(Err(_)) => "its handler panicked".to_owned(),
        Err(_) => "it took too long".to_owned(),
    };
    tracing::error!(event = "not_acknowledged", kind = address.path(), why, "not acknowledged");
    None
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn digest(body: &[u8]) -> String {
    Sha256::digest(body).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
