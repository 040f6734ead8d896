//! What whoever operates the bot asks it: /live, /ready and /metrics.

use super::metrics::Metrics;
use super::{Unstuck, listen};
use crate::rules::trouble::Trouble;
use crate::{read_tx, store};
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, timeout};

/// A bot whose last tick is older misses what falls due.
const STALE: Duration = Duration::from_secs(60);
/// A database that takes longer to say anything is away.
const PATIENCE: Duration = Duration::from_secs(2);
/// The database is asked once in this time at most, however many ask us.
const KEEP: Duration = Duration::from_millis(500);
/// As Prometheus's own library for Rust writes it.
const METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Whether work should be sent to this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ready {
    Yes,
    Stopping,
    /// The last tick is so old.
    Stale(Duration),
    DatabaseAway,
    /// Slack refuses the token.
    TokenRefused,
}

impl fmt::Display for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ready::Yes => write!(f, "ready"),
            Ready::Stopping => write!(f, "not ready: it is stopping"),
            Ready::Stale(age) => write!(f, "not ready: the last tick is {} s old", age.as_secs()),
            Ready::DatabaseAway => write!(f, "not ready: the database does not answer"),
            Ready::TokenRefused => write!(f, "not ready: Slack refuses the bot token, so nothing can be posted"),
        }
    }
}

/// When the database was asked, and whether it answered.
type Asked = Arc<Mutex<Option<(Instant, bool)>>>;

impl Unstuck {
    /// Also tells it to whoever balances the load: 200 or 503.
    pub async fn ready(&self) -> Ready {
        ready(self, &Asked::default()).await
    }
}

async fn ready(bot: &Unstuck, asked: &Asked) -> Ready {
    if bot.vitals.is_stopping() {
        return Ready::Stopping;
    }
    let age = bot.vitals.tick_age(bot.clock.elapsed());
    // The database first: where it is away, no tick can be done either, and that is the lesser news.
    match (answers(bot, asked).await, age > STALE) {
        (false, _) => Ready::DatabaseAway,
        (true, true) => Ready::Stale(age),
        (true, false) if token_is_refused(bot).await => Ready::TokenRefused,
        (true, false) => Ready::Yes,
    }
}

/// Nobody can be told of it in Slack.
async fn token_is_refused(bot: &Unstuck) -> bool {
    let now = bot.clock.now();
    let standing = async { read_tx!(bot.db, &bot.workspace, now, tx => store::trouble::standing(tx).await) };
    let told = timeout(PATIENCE, standing).await;
    matches!(told, Ok(Ok(standing)) if standing.iter().any(|told| told.trouble == Trouble::Token))
}

async fn answers(bot: &Unstuck, asked: &Asked) -> bool {
    let mut asked = asked.lock().await;
    if let Some((at, answered)) = *asked
        && at.elapsed() < KEEP
    {
        return answered;
    }
    let answered = matches!(timeout(PATIENCE, bot.db.ping()).await, Ok(Ok(())));
    *asked = Some((Instant::now(), answered));
    answered
}

/// The three pages of one bot.
pub fn pages(bot: &Unstuck) -> Router {
    let metrics = Arc::new(Metrics::new(bot.clone()));
    let (bot, asked) = (bot.clone(), Asked::default());
    let is_ready = move || {
        let (bot, asked) = (bot.clone(), asked.clone());
        async move {
            let ready = ready(&bot, &asked).await;
            let status = if ready == Ready::Yes { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            (status, format!("{ready}\n"))
        }
    };
    let measured = move || {
        let metrics = metrics.clone();
        async move { scraped(metrics.page().await) }
    };
    Router::new()
        .route("/live", get(|| async { "alive\n" }))
        .route("/ready", get(is_ready))
        .route("/metrics", get(measured))
}

fn scraped(page: Result<String, fmt::Error>) -> Response {
    match page {
        Ok(page) => ([(header::CONTENT_TYPE, METRICS)], page).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The three pages on an address of their own, for as long as the process lives.
pub async fn serve(bot: Unstuck, listener: TcpListener) {
    // Nobody tells it to stop: until the end it says that the bot is stopping.
    let (_never, stop) = watch::channel(false);
    listen::serve(listener, pages(&bot), stop).await;
}
