//! What whoever operates the bot asks it: /live, /ready and /metrics.

use super::listen::Room;
use super::metrics::Metrics;
use super::{Unstuck, http, listen};
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
/// In Socket Mode, a bot that had no connection for longer hears nobody.
const DEAF: Duration = Duration::from_secs(60);
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
    /// Socket Mode has none.
    NoConnection,
}

impl fmt::Display for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ready::Yes => write!(f, "ready"),
            Ready::Stopping => write!(f, "not ready: it is stopping"),
            Ready::Stale(age) => write!(f, "not ready: the last tick is {} s old", age.as_secs()),
            Ready::DatabaseAway => write!(f, "not ready: the database does not answer"),
            Ready::TokenRefused => write!(f, "not ready: Slack refuses the bot token, so nothing can be posted"),
            Ready::NoConnection => write!(f, "not ready: no connection to Slack"),
        }
    }
}

/// When the database was asked, and what it said.
type Asked = Arc<Mutex<Option<(Instant, Said)>>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Nothing,
    TokenRefused,
    Well,
}

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
    let elapsed = bot.clock.elapsed();
    let age = bot.vitals.tick_age(elapsed);
    // The database first: where it is away, no tick can be done either, and that is the lesser news.
    match said(bot, asked).await {
        Said::Nothing => Ready::DatabaseAway,
        _ if age > STALE => Ready::Stale(age),
        Said::TokenRefused => Ready::TokenRefused,
        Said::Well if bot.vitals.cut_off(elapsed) > DEAF => Ready::NoConnection,
        Said::Well => Ready::Yes,
    }
}

/// Nobody can be told of it in Slack.
async fn token_is_refused(bot: &Unstuck) -> bool {
    let now = bot.clock.now();
    let standing = async { read_tx!(bot.db, &bot.workspace, now, tx => store::trouble::standing(tx).await) };
    let told = timeout(PATIENCE, standing).await;
    matches!(told, Ok(Ok(standing)) if standing.iter().any(|told| told.trouble == Trouble::Token))
}

async fn said(bot: &Unstuck, asked: &Asked) -> Said {
    let mut asked = asked.lock().await;
    if let Some((at, said)) = *asked
        && at.elapsed() < KEEP
    {
        return said;
    }
    let said = match timeout(PATIENCE, bot.db.ping()).await {
        Ok(Ok(())) if token_is_refused(bot).await => Said::TokenRefused,
        Ok(Ok(())) => Said::Well,
        Ok(Err(_)) | Err(_) => Said::Nothing,
    };
    *asked = Some((Instant::now(), said));
    said
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
    let router = http::with_refusals(&bot, pages(&bot));
    listen::serve(listener, router, Room::for_pages(&bot.vitals), stop).await;
}
